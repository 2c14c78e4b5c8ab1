"""The thread's connection: found dead before it is used, its errors in the words of this project.

Every process keeps one connection for each thread (Django's), for good. When PostgreSQL was killed and came back, the
next operation sees the closed socket before it sends anything, and connects anew; nothing needs to be restarted.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from django.db import Error, IntegrityError, InterfaceError, OperationalError, connection
from psycopg.errors import DiskFull
from psycopg.rows import TupleRow

from comity.vocabulary.errors import BrokenInputError, ErrorCode


@contextmanager
def operation() -> Iterator[None]:
    """What happens inside reaches the database over a live connection, or raises `BrokenInputError`.

    Unavailable: it cannot be reached, or ended the transaction (deadlock, timeout); whether a commit that was under way
    took effect is then unknown, and asking again is safe. Store-full: its disk is. Out-of-order: the change contradicts
    what is stored. Inside a transaction this adds nothing: the outermost operation speaks.
    """
    if connection.in_atomic_block:
        yield
        return
    _drop_if_dead()
    try:
        with connection.wrap_database_errors:
            yield
    except IntegrityError as error:
        raise BrokenInputError(
            ErrorCode.OUT_OF_ORDER, "the change contradicts what is stored", found=_named(error)
        ) from error
    except (OperationalError, InterfaceError) as error:
        if not connection.is_usable():
            connection.close()
        full = isinstance(error.__cause__, DiskFull)
        raise BrokenInputError(
            ErrorCode.STORE_FULL if full else ErrorCode.UNAVAILABLE,
            "the database's disk is full" if full else "the database cannot do this now",
            found=_named(error),
            do="Free some space." if full else "Try again; if it lasts, look whether the database server runs.",
        ) from error


def session() -> "psycopg.Connection[TupleRow]":
    """The psycopg connection of this thread, opened if need be."""
    connection.ensure_connection()
    return cast("psycopg.Connection[TupleRow]", connection.connection)


def bulk_cursor() -> "psycopg.Cursor[TupleRow]":
    """A cursor that sends parameters beside the query and not in it: arrays of bytes travel in binary."""
    return psycopg.Cursor(session())


def _drop_if_dead() -> None:
    """Closes a connection whose server has gone: its socket is readable though nothing was asked."""
    open_session = cast("psycopg.Connection | None", connection.connection)
    if open_session is None:
        return
    if open_session.closed:
        connection.close()
        return
    waiting = select.poll()
    waiting.register(open_session.fileno(), select.POLLIN)
    if waiting.poll(0) and not connection.is_usable():
        connection.close()


def _named(error: Error) -> str:
    """The kind of error without its text, which may quote values."""
    cause = error.__cause__
    if isinstance(cause, psycopg.Error) and cause.sqlstate:
        constraint = cause.diag.constraint_name
        return f"{type(cause).__name__} ({cause.sqlstate}){f' of {constraint}' if constraint else ''}"
    return type(cause or error).__name__
