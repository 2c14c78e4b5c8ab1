"""Work beside the schedule: in a thread of its own, so that nothing waits for it, and never twice at a time."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error, connection

from comity.vocabulary.errors import BrokenInputError


class Errand:
    """For one thread that begins the work now and then. `pause`: seconds from one beginning to the next.

    A database that is away and input that is broken end the work, to be begun again: the log says what waits, and for
    what code. Anything else ends the thread.
    """

    def __init__(self, name: str, pause: float, log: logging.Logger) -> None:
        self._name = name
        self._pause = pause
        self._log = log
        self._thread: threading.Thread | None = None
        self._not_before = 0.0

    def begin(self, work: Callable[[], None]) -> None:
        """The work runs now, unless it is under way or its pause is not over."""
        if self.busy or time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + self._pause
        self._thread = threading.Thread(target=self._run, args=(work,), name=self._name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether it is under way."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, patience: float) -> None:
        """Until it is over, or for so many seconds."""
        if self._thread is not None:
            self._thread.join(patience)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (BrokenInputError, Error) as error:
            self._log.info("%s waits: %s", self._name, getattr(error, "code", type(error).__name__))
        finally:
            connection.close()
