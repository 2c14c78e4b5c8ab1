"""After a restore: this node's own acts are asked back of its peers, in a thread of its own, until all have answered."""

import logging

from comity.bootstrap.running import Node, filed_acts
from comity.casework.upkeep.reissue import fetch_back, lost_since
from comity.entrypoints.worker.errand import Errand
from comity.ledger.standing import Current

log = logging.getLogger("comity.restore")

_AGAIN = 10.0
"""Seconds between two rounds: peers that were silent may answer, and what an act answers may have come again."""

_ROUNDS = 360
"""Rounds until what may not follow by then is left to people; an hour, or the whole of it again at the next start."""


class Recovering:
    """Call `turn` now and then; it returns at once."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._errand = Errand("recovery", _AGAIN, log)
        self._rounds = _ROUNDS

    def turn(self) -> None:
        """The next round, if one is wanted and the node signs."""
        if self._rounds > 0 and isinstance(self._node.bench.sign_head.standing, Current):
            self._errand.begin(self._round)

    def _round(self) -> None:
        self._rounds -= 1
        bench = self._node.bench
        since = lost_since(bench, filed_acts(self._node))
        if since is None:
            self._rounds = 0
            return
        back = fetch_back(bench, since)
        if not back.left and not back.silent:
            self._rounds = 0
        elif not self._rounds:
            log.warning("%d own acts are not back; %d peers did not answer", len(back.left), len(back.silent))
        self._node.wake()
