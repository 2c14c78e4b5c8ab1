"""After a restore: this node's own acts are asked back of its peers, in a thread of its own, until all have answered."""

import logging
import threading
import time

from django.db import Error, connection

from comity.bootstrap.running import Node, filed_acts
from comity.casework.reissue import fetch_back, lost_since
from comity.ledger.standing import Current
from comity.vocabulary.errors import BrokenInputError

log = logging.getLogger("comity.restore")

_AGAIN = 10.0
"""Seconds between two rounds: peers that were silent may answer, and what an act answers may have come again."""

_ROUNDS = 360
"""Rounds until what may not follow by then is left to people; an hour, or the whole of it again at the next start."""


class Recovering:
    """Call `turn` now and then; it returns at once."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._thread: threading.Thread | None = None
        self._not_before = 0.0
        self._rounds = _ROUNDS

    def turn(self) -> None:
        """The next round, if one is wanted, its time has come and none is under way."""
        busy = self._thread is not None and self._thread.is_alive()
        signs = isinstance(self._node.bench.sign_head.standing, Current)
        if self._rounds <= 0 or busy or not signs or time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + _AGAIN
        self._thread = threading.Thread(target=self._round, name="recovering", daemon=True)
        self._thread.start()

    def _round(self) -> None:
        self._rounds -= 1
        bench = self._node.bench
        try:
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
        except (BrokenInputError, Error) as error:
            log.info("asking for own acts waits: %s", getattr(error, "code", type(error).__name__))
        finally:
            connection.close()
