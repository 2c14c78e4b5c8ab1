"""Asking for time stamps in a thread of its own: however slow an authority is, nothing waits for it."""

import logging
import threading
import time

from django.db import Error, connection

from comity.bootstrap.care import stamping
from comity.bootstrap.running import Node
from comity.casework.timestamp import stamp_newest
from comity.vocabulary.errors import BrokenInputError

log = logging.getLogger("comity.timestamps")

_PAUSE = 15.0
"""Seconds between two looks, and until an authority that failed is asked again."""


class Stamps:
    """Call `turn` now and then; it returns at once."""

    def __init__(self, node: Node) -> None:
        self._work = stamping(node.settings, node.bench, node.alarms)
        self._thread: threading.Thread | None = None
        self._not_before = 0.0

    def turn(self) -> None:
        """Asks in a thread of its own, if that is wanted, its time has come and nobody is at it."""
        if self._work is None or (self._thread is not None and self._thread.is_alive()):
            return
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + _PAUSE
        self._thread = threading.Thread(target=self._ask, name="stamps", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        if self._work is None:
            return
        try:
            with self._work.heads.claim() as mine:
                for token in stamp_newest(self._work) if mine else ():
                    log.info("the ledger was stamped at %s by %s", token.at.isoformat(), token.authority)
        except (BrokenInputError, Error) as error:
            log.info("time stamps wait: %s", getattr(error, "code", type(error).__name__))
        finally:
            connection.close()
