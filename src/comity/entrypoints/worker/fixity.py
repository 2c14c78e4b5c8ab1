"""Re-verification of the evidence store in a thread of its own: as slow as was set, for as long as the worker lives."""

import logging
from functools import partial

from comity.bootstrap.care import verifying
from comity.bootstrap.running import Node
from comity.casework.upkeep.fixity import Verifier, verify_next_batch
from comity.entrypoints.worker.errand import Errand

log = logging.getLogger("comity.fixity")

_PAUSE = 30.0
"""Seconds until it is looked again whether there is anything to do, and until a store or a database is back."""

_PATIENCE = 5.0


class Fixity:
    """Call `turn` now and then; it returns at once. `stop` ends what is being read; it is taken up there next time."""

    def __init__(self, node: Node) -> None:
        self._work = verifying(node.settings, node.bench, node.records.exhibits, node.alarms)
        self._errand = Errand("fixity", _PAUSE, log)

    def turn(self) -> None:
        """Takes up the work, if it is wanted."""
        if self._work is not None:
            self._errand.begin(partial(_verify, self._work.verifier))

    def stop(self) -> None:
        """Waits for a moment, so that what was read is noted."""
        if self._work is not None:
            self._work.stop()
        self._errand.wait(_PATIENCE)


def _verify(verifier: Verifier) -> None:
    """One batch after the other, until there is nothing to do; another worker that is at it is left alone."""
    with verifier.journal.claim() as mine:
        while mine and (said := verify_next_batch(verifier)):
            log.info("%d stored objects were read again, %d bytes", said.objects, said.size)
