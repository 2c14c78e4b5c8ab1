"""Lists come a page at a time: how much of one is asked for, where the next begins, and what a place in a list looks like.

A cursor is a place and no number: what is added or taken away meanwhile shifts nothing. A page may hold fewer lines than
were asked for, or none, and still say where to go on: what the officer may not read is passed over.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

PAGE_LIMIT = 1000
"""The most lines one answer holds, whatever is asked for."""

LOOKED_AT = 1000
"""Rows looked at for one page."""

_PORTION = 100
"""Rows read at once."""

_PLACE = re.compile(r"([0-9]{1,18})\.((?:[0-9a-f]{32}){1,2})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Line = TypeVar("_Line")

Cursor = Annotated[str, Meta(max_length=100, pattern=r"^[0-9a-f.]*\Z", description="`next` of the page before")]
Limit = Annotated[int, Meta(ge=1, le=PAGE_LIMIT, description="lines at most")]


class Paging(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a list: at most `limit` lines after the place that the page before named."""

    after: Cursor = ""
    limit: Limit = 100


class Place(Struct, frozen=True):
    """A place in a list that is ordered by an instant, and by names within one."""

    at: datetime
    name: str


def cursor_of(place: Place) -> str:
    """The place as text; to the microsecond, as it is stored."""
    return f"{(place.at - _EPOCH) // timedelta(microseconds=1)}.{place.name}"


def place_of(cursor: str) -> Place | None:
    """The place in a cursor; None for the beginning. Raises `BrokenInputError(MALFORMED)`."""
    if not cursor:
        return None
    found = _PLACE.fullmatch(cursor)
    try:
        at = _EPOCH + timedelta(microseconds=int(found[1])) if found else None
    except OverflowError:
        at = None
    if found is None or at is None:
        raise no_cursor(cursor)
    return Place(at, found[2])


def page_of(
    paging: Paging, rows: Callable[[Place | None, int], Iterable[tuple[Place, _Line | None]]]
) -> tuple[tuple[_Line, ...], str | None]:
    """The lines of a page, and where the next begins; None on the last.

    `rows` gives at most so many rows after a place, each with its line, or with None where it is passed over. At most
    `LOOKED_AT` rows are looked at for one page, however few of them are lines of it.
    """
    lines: list[_Line] = []
    place, looked_at, portion = place_of(paging.after), 0, min(paging.limit, _PORTION)
    while looked_at < LOOKED_AT:
        before = looked_at
        for here, line in rows(place, portion):
            place, looked_at = here, looked_at + 1
            if line is not None:
                lines.append(line)
            if len(lines) == paging.limit:
                return tuple(lines), cursor_of(here)
        if looked_at - before < portion:
            return tuple(lines), None
    return tuple(lines), cursor_of(place) if place else None


def number_of(cursor: str) -> int | None:
    """The number in a cursor of a list that is ordered by one; None for the beginning. Raises `BrokenInputError(MALFORMED)`."""
    if not cursor:
        return None
    if not cursor.isascii() or not cursor.isdigit() or int(cursor) >= 1 << 62:
        raise no_cursor(cursor)
    return int(cursor)


def no_cursor(found: str) -> BrokenInputError:
    """The error for a cursor that no list here gave."""
    return BrokenInputError(
        ErrorCode.MALFORMED, "that is no place in this list", found=found[:100], expected="`next` of the page before"
    )
