"""Which processes belong to a cluster, told by where they run and not by a number in a file.

The server's processes all have the data folder as their working directory. A number in a stale lock file says nothing:
after a kill it may name a process that is dead but not reaped, or another program altogether.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from comity.vocabulary.errors import BrokenInputError, ErrorCode

_PROC = Path("/proc")
_PAUSE_S = 0.05
_GIVE_UP = 6


def postmaster(data: Path) -> int | None:
    """The number of the server's first process, if it is alive and works in this data folder."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if works_in(pid, data) else None


def works_in(pid: int, data: Path) -> bool:
    """Whether the process is alive and has the folder as its working directory; a dead one not yet reaped has none."""
    try:
        return (_PROC / str(pid) / "cwd").samefile(data)
    except OSError:
        return False


def processes(data: Path) -> Iterator[int]:
    """Numbers of all processes that work in the folder."""
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and works_in(int(entry.name), data):
            yield int(entry.name)


def await_end(data: Path, *, patience_s: float) -> None:
    """No process works in the folder any more when this returns.

    After a server was killed its sessions end by themselves within moments. Those that do not are told to after
    `patience_s` seconds, and forced after twice that; the next start recovers from the write-ahead log either way.

    Raises:
        BrokenInputError: unavailable when some outlive even that (a disk that does not answer).
    """
    begun = time.monotonic()
    told: set[tuple[int, int]] = set()
    while left := list(processes(data)):
        waited = time.monotonic() - begun
        if waited > _GIVE_UP * patience_s:
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE, "processes of the database server do not end", found=f"{sorted(left)}"
            )
        if waited > patience_s:
            how = signal.SIGKILL if waited > 2 * patience_s else signal.SIGQUIT
            for pid in left:
                if (pid, how) not in told:
                    _signal(pid, how)
                    told.add((pid, how))
        time.sleep(_PAUSE_S)


def _signal(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
