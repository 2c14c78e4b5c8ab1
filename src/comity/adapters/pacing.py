"""A set rate of bytes per second, and an end to it on demand."""

import threading
import time

from comity.casework.ports.fixity import Pace

_SLACK = 1.0
"""Seconds of reading that may be caught up after a pause; beyond them, time that passed is lost."""


class EvenPace(Pace):
    """So many bytes a second, evenly; for one thread. `stop` ends every wait at once, also one that has not begun."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._due = time.monotonic()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """From now on the work is to be stopped."""
        self._stopping.set()

    def take(self, count: int) -> bool:
        """See the port."""
        now = time.monotonic()
        self._due = max(self._due, now - _SLACK) + count / self._rate
        if self._due > now:
            return not self._stopping.wait(self._due - now)
        return not self._stopping.is_set()
