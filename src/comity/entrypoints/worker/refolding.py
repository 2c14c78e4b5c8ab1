"""Looking at every case again after a change of the law, in a thread of its own: nothing waits for it."""

import logging
import time
from functools import partial

from comity.bootstrap.running import Node
from comity.casework.bench.workbench import Workbench
from comity.casework.upkeep.refold import refold
from comity.entrypoints.worker.errand import Errand

log = logging.getLogger("comity.law")

_PAUSE = 60.0
"""Seconds between two looks: a process that was started before the change may still open cases under the old law."""


class Refolding:
    """Call `turn` now and then; it returns at once."""

    def __init__(self, node: Node) -> None:
        self._work = partial(_refold, node.bench)
        self._errand = Errand("refolding", _PAUSE, log)

    def turn(self) -> None:
        """Looks, and does what there is to do."""
        self._errand.begin(self._work)


def _refold(bench: Workbench) -> None:
    begun = time.monotonic()
    if done := refold(bench):
        took = time.monotonic() - begun
        log.info("%d cases were read again under the law %s in %.1f seconds", done, bench.law.version[:12], took)
