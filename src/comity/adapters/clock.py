"""The node's time: the machine's clock in UTC, and for rehearsals one that runs ahead of it."""

import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comity.casework.ports.node import Clock
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_SECONDS = re.compile(rb"-?[0-9]{1,9}\n?\Z")
_log = logging.getLogger(__name__)


class _NeverBack:
    """The latest of all instants it was shown; safe for threads."""

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=UTC)
        self._guard = threading.Lock()

    def after(self, instant: datetime) -> datetime:
        """The instant, or the latest one shown before when that is later."""
        with self._guard:
            self._last = max(self._last, instant)
            return self._last


class SystemClock(Clock):
    """The machine's clock in UTC, to the microsecond. Stands still for as long as the machine's clock is set back."""

    def __init__(self) -> None:
        self._order = _NeverBack()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._order.after(datetime.now(UTC))


class UnsafeShiftedClock(Clock):
    """Another clock, moved by the whole seconds written in a small file. For rehearsals and tests only.

    Unsafe: whoever can write the file decides when legal time limits end. The file is read again when it changes, so that
    every process of a rehearsal moves together; without a file nothing is added. A smaller number makes time stand still
    until the other clock has caught up: time never goes back within a process.
    """

    def __init__(self, base: Clock, offset_file: Path) -> None:
        self._base = base
        self._path = offset_file
        self._seen: tuple[int, int, int] | None = None
        self._offset = timedelta()
        self._order = _NeverBack()
        _log.warning("UNSAFE: the clock of this node is moved by the seconds in %s; for rehearsals only", offset_file)

    def now(self) -> datetime:
        """See `Clock.now`. Raises `BrokenInputError(MALFORMED)` when the file holds no whole number of seconds."""
        return self._order.after(self._base.now() + self._shift())

    def _shift(self) -> timedelta:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen = None
            return timedelta()
        seen = (status.st_mtime_ns, status.st_size, status.st_ino)
        if seen != self._seen:
            self._offset = _parse(self._path.read_bytes())
            self._seen = seen
        return self._offset


def _parse(content: bytes) -> timedelta:
    if not _SECONDS.match(content):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the file with the clock's offset can't be read",
            found=repr(content[:40]),
            expected="a whole number of seconds",
            do="write the file under another name and rename it over this one",
        )
    return timedelta(seconds=int(content))
