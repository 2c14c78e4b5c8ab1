"""Tidying: what a kill or an outage has cut short is finished, and what it has left over is removed.

A disposal that was cut short is finished as soon as it is seen: a certificate in the ledger always comes true. After every
start, and after every time the database was away, every case is looked through for what a kill or a restored backup has
left over, and then objects that nothing refers to are swept, in two looks with a good while between them
(`comity.casework.upkeep.sweeping`). Both read every case once. All of it is done in a thread of their own, while the node goes on working.
"""

import logging
import math
import time
from collections.abc import Callable
from functools import partial

from django.db import Error

from comity.bootstrap.running import Node, books
from comity.casework.upkeep.evidence_lock import watch_lock
from comity.casework.upkeep.restore import clear_destroyed, finish_disposals
from comity.casework.upkeep.sweeping import first_look, second_look
from comity.entrypoints.worker.errand import Errand
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import CaseId, Digest

log = logging.getLogger("comity.worker")

_INTERVALS = 5
"""Checkpoint intervals between two looks, and until one that could not be taken is taken again."""

_LOOKS = 2.0
"""Seconds between two looks for disposals that are half done: one that is under way is left to whoever is at it."""

_ROUND = 24 * 3600.0
"""Seconds between two times that everything is looked through where the store locks objects: what is deleted goes later there."""

Step = Callable[[], "Step | None"]
"""What is done at one turn; what follows it, after a while."""


class Tidying:
    """Call `turn` now and then; it returns at once. `begin` when something may have been cut short."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._pause = _INTERVALS * float(node.settings.checkpoint_seconds)
        self._errand = Errand("tidying", 0.0, log)
        self._next: Step | None = None
        self._following: Step | None = None
        self._not_before = 0.0
        self._next_look = 0.0
        self._half_disposed: frozenset[CaseId] = frozenset()
        self._cut_short: frozenset[CaseId] = frozenset()
        self.begin()

    def begin(self) -> None:
        """Everything is looked through from the start, once, soon."""
        self._plan(self._look_through)
        self._next_round = time.monotonic() + (_ROUND if self._node.bench.store.lock else math.inf)

    def look(self) -> None:
        """A disposal that is seen half done in two looks, with a while between them, is finished at the next turn."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOKS
        seen = frozenset(self._node.bench.records.cases.half_disposed())
        lasting, self._half_disposed = seen & self._half_disposed, seen
        self._cut_short = lasting

    def turn(self) -> None:
        """Takes the next step, if its time has come and no other is under way."""
        if self._errand.busy:
            return
        # What was begun again meanwhile goes before what would have followed.
        following, self._following = self._following, None
        if following is not None and self._next is None:
            self._plan(following)
        if self._next is None and time.monotonic() >= self._next_round:
            self.begin()
        if self._cut_short:
            # Objects it was cut short at deleting are swept afterwards.
            self.begin()
            step: Step = self._finish_disposals
        elif self._next is not None and time.monotonic() >= self._not_before:
            step, self._next = self._next, None
        else:
            return
        self._errand.begin(partial(self._take, step))

    def _plan(self, step: Step) -> None:
        self._not_before = time.monotonic() + self._pause
        self._next = step

    def _take(self, step: Step) -> None:
        try:
            self._following = step()
        except (BrokenInputError, Error):
            self._following = step
            raise

    def _finish_disposals(self) -> None:
        cases, self._cut_short = self._cut_short, frozenset()
        log.info("%d disposals that were cut short are finished", finish_disposals(self._node.bench, cases))

    def _look_through(self) -> Step | None:
        cleared = clear_destroyed(self._node.bench)
        if cleared:
            log.info("%d disposed cases that something was left of are cleared", cleared)
        return self._look_first()

    def _look_first(self) -> Step | None:
        strays = first_look(self._node.bench, books(self._node))
        if strays is None:
            return self._look_first
        if strays:
            return partial(self._look_again, strays)
        watch_lock(self._node.bench, self._node.alarms, 0)
        return None

    def _look_again(self, strays: frozenset[Digest]) -> Step | None:
        swept = second_look(self._node.bench, books(self._node), strays)
        if swept.waits:
            return self._look_first
        log.info("%d objects and remainders that nothing referred to were removed", swept.removed)
        watch_lock(self._node.bench, self._node.alarms, swept.locked)
        return None
