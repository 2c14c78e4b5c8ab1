"""Asking for time stamps in a thread of its own: however slow an authority is, nothing waits for it."""

import logging
from functools import partial

from comity.bootstrap.care import stamping
from comity.bootstrap.running import Node
from comity.casework.upkeep.timestamp import Stamping, stamp_newest
from comity.entrypoints.worker.errand import Errand

log = logging.getLogger("comity.timestamps")

_PAUSE = 15.0
"""Seconds between two looks, and until an authority that failed is asked again."""


class Stamps:
    """Call `turn` now and then; it returns at once."""

    def __init__(self, node: Node) -> None:
        self._work = stamping(node.settings, node.bench, node.alarms)
        self._errand = Errand("stamping", _PAUSE, log)

    def turn(self) -> None:
        """Asks, if that is wanted."""
        if self._work is not None:
            self._errand.begin(partial(_ask, self._work))


def _ask(work: Stamping) -> None:
    """Another worker that is at it is left alone."""
    with work.heads.claim() as mine:
        for token in stamp_newest(work) if mine else ():
            log.info("the ledger was stamped at %s by %s", token.at.isoformat(), token.authority)
