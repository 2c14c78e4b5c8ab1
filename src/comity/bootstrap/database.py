"""The database of a node's processes: a server by URL, or an embedded one that the first process starts and the last stops.

Every process that uses the embedded server holds a shared lock on a file beside the cluster, and lets go of it by ending,
however it ends. Whoever can take that lock alone is the last one out. The server is stopped then, but only if it is the
one that a process of this node started: its process number is in the file. A server that somebody else started runs on.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.adapters.postgres.embedded import EmbeddedCluster
from comity.adapters.postgres.login import logs_in, password_of
from comity.adapters.postgres.schema import migrate
from comity.adapters.postgres.settings import configure
from comity.adapters.private_files import exclusive, read_private, replace_private
from comity.config import EMBEDDED, NodeSettings

FOLDER = "postgres"
"""The cluster's folder, in the node's."""

NAME = "comity"
"""The node's database and its role in the cluster of its own."""

_PASSWORD_FILE = "database-password"  # noqa: S105  # the name of a file
_PASSWORD_LIMIT = 256


@contextmanager
def node_database(settings: NodeSettings) -> Iterator[str]:
    """The URL of the node's database, which answers and has the tables of this version.

    Raises `BrokenInputError` (unavailable) when it can't be reached.
    """
    if settings.database != EMBEDDED:
        _prepare(settings.database)
        yield settings.database
        return
    cluster = EmbeddedCluster(settings.folder / FOLDER)
    with _in_use(cluster):
        url = _own_database(cluster, settings.keys_folder / _PASSWORD_FILE)
        _prepare(url)
        yield url


def has_database(settings: NodeSettings) -> bool:
    """Whether the node was ever opened over its own cluster; a server by URL is taken to be there."""
    return settings.database != EMBEDDED or EmbeddedCluster(settings.folder / FOLDER).data.exists()


def start_again(settings: NodeSettings) -> None:
    """A server of the node's own runs when this returns, also if it was killed; a server by URL is somebody else's care.

    Raises `BrokenInputError` (unavailable) when it does not start.
    """
    cluster = EmbeddedCluster(settings.folder / FOLDER)
    if settings.database != EMBEDDED or cluster.is_running():
        return
    cluster.start()
    with _users(cluster).open("a+", encoding="ascii") as users:
        _write(users.fileno(), str(cluster.pid()))


def _prepare(url: str) -> None:
    configure(url)
    migrate()


@contextmanager
def _in_use(cluster: EmbeddedCluster) -> Iterator[None]:
    """The server runs inside; at the end it is stopped by the last process, if one of them started it."""
    cluster.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _users(cluster).open("a+", encoding="ascii") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while the last one out is stopping the server
        if not cluster.is_running():
            cluster.start()
            _write(users.fileno(), str(cluster.pid()))
        try:
            yield
        finally:
            if _last_one_out(users.fileno()) and _read(users.fileno()) == str(cluster.pid()):
                cluster.stop()


def _users(cluster: EmbeddedCluster) -> Path:
    return cluster.folder.parent / f"{FOLDER}.users"


def _last_one_out(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode("ascii"), 0)


def _read(handle: int) -> str:
    return os.pread(handle, 32, 0).decode("ascii")


def _own_database(cluster: EmbeddedCluster, kept: Path) -> str:
    """The URL with the password that is kept with the node's keys; both are made anew where the password opens nothing.

    One process at a time: a second one would take the first one's new password from it.
    """
    with exclusive(kept.with_name(f"{kept.name}.lock")):
        if kept.exists():
            url = cluster.url(NAME, NAME, read_private(kept, limit=_PASSWORD_LIMIT).decode("ascii"))
            if logs_in(url):
                return url
        url = cluster.create_database(NAME, NAME)
        replace_private(kept, password_of(url).encode("ascii"))
        return url
