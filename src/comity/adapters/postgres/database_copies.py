"""Copies of one node's database, for backup and restore: made and put back by the node's own role.

A copy holds what the tables hold: case content only under the keys of its cases, which are kept elsewhere and are not in
it. The job queue's rows are left out: after a restore nothing is running, and the sweep queues what the outbox holds. So are
officers' tokens: one that was revoked since must not come back, and new ones are made in a moment.
"""

import os
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from comity.adapters.postgres.cluster_account import Account, run_as
from comity.adapters.postgres.embedded import programs
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_LEFT_EMPTY = ("procrastinate_*", "comity_officertoken")

_LEAVING = 5.0
"""Seconds in which the server is to notice that a process has ended: it lists its connection until then."""

_OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""


def dump_database(url: str, to: Path) -> None:
    """A consistent copy of the database is in the file when it returns, synced and readable by its owner only.

    The node may go on working meanwhile. Raises `BrokenInputError` (unavailable) when the copy was not made.
    """
    without = [f"--exclude-table-data={each}" for each in _LEFT_EMPTY]
    whole = ["--format=custom", "--no-owner", "--no-privileges", *without]
    _run(url, "pg_dump", [*whole, "--file", to], "the database was not copied")


def restore_database(url: str, source: Path) -> None:
    """The database holds exactly what the copy holds when it returns, or what it held before if this raises.

    No process of the node may run. Raises `BrokenInputError`: unavailable, or not-allowed while others are connected.
    """
    _require_alone(url)
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        script = Path(folder) / "restore.sql"
        _run(
            None, "pg_restore", ["--no-owner", "--no-privileges", "--file", script, source], "the copy is not readable"
        )
        afresh = ["-c", "DROP SCHEMA public CASCADE", "-c", "CREATE SCHEMA public"]
        strict = ["--no-psqlrc", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1", "--output", os.devnull]
        _run(url, "psql", [*strict, *afresh, "-f", script], "the copy was not put back")


def _require_alone(url: str) -> None:
    """Nobody else is connected. The database's own processes, which are nobody's, do not count; who just left is waited for."""
    deadline = time.monotonic() + _LEAVING
    with psycopg.connect(url, autocommit=True) as connection:
        while others := connection.execute(_OTHERS).fetchall():
            if time.monotonic() >= deadline:
                raise BrokenInputError(
                    ErrorCode.NOT_ALLOWED,
                    "the database is in use",
                    found=f"{len(others)} other connections",
                    do="Stop every process of the node first.",
                )
            time.sleep(_LEAVING / 50)


def _run(url: str | None, program: str, arguments: list[object], failure: str) -> None:
    secret: dict[str, str] = {}
    target: list[str] = []
    if url is not None:
        parts = conninfo_to_dict(url)
        # Not among the arguments, which every user of the machine can list.
        secret = {"PGPASSWORD": str(parts.pop("password", None) or "")}
        target = ["--no-password", "--dbname", make_conninfo("", **parts)]
    me = Account("", os.geteuid(), os.getegid())
    done = run_as(me, [programs() / program, *target, *arguments], cwd=Path("/"), more=secret)
    if done.returncode:
        raise BrokenInputError(ErrorCode.UNAVAILABLE, failure, found=done.stdout.strip())
