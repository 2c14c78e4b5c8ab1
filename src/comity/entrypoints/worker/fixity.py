"""Re-verification of the evidence store in a thread of its own: as slow as was set, for as long as the worker lives."""

import logging
import threading
import time

from django.db import Error, connection

from comity.bootstrap.care import verifying
from comity.bootstrap.running import Node
from comity.casework.fixity import verify_next_batch
from comity.vocabulary.errors import BrokenInputError

log = logging.getLogger("comity.fixity")

_PAUSE = 30.0
"""Seconds until it is looked again whether there is anything to do, and until a store or a database is back."""

_PATIENCE = 5.0


class Fixity:
    """Call `turn` now and then; it returns at once. `stop` ends what is being read; it is taken up there next time."""

    def __init__(self, node: Node) -> None:
        self._work = verifying(node.settings, node.bench, node.records.exhibits, node.alarms)
        self._thread: threading.Thread | None = None
        self._not_before = 0.0

    def turn(self) -> None:
        """Takes up the work in a thread of its own, if it is wanted, its time has come and it is not under way."""
        if self._work is None or (self._thread is not None and self._thread.is_alive()):
            return
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + _PAUSE
        self._thread = threading.Thread(target=self._verify, name="fixity", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits for a moment, so that what was read is noted."""
        if self._work is not None:
            self._work.stop()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _verify(self) -> None:
        """One batch after the other, until there is nothing to do; another worker that is at it is left alone."""
        if self._work is None:
            return
        try:
            with self._work.verifier.journal.claim() as mine:
                while mine:
                    said = verify_next_batch(self._work.verifier)
                    if said is None:
                        break
                    log.info("%d stored objects were read again, %d bytes", said.objects, said.size)
        except (BrokenInputError, Error) as error:
            log.info("re-verification waits: %s", getattr(error, "code", type(error).__name__))
        finally:
            connection.close()
