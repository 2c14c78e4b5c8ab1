"""The schedule: cheap looks at what is due, and jobs queued for it. Several workers may run it over one database.

Looking costs one indexed query; a job is queued only when there is something to do, and never twice (queueing locks).
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error, close_old_connections

from comity.adapters.postgres.jobs import Task, forget_abandoned, join_workers, queue_deliveries, queue_once
from comity.bootstrap.running import Node, undelivered
from comity.casework.upkeep.alarm_watch import watch
from comity.casework.upkeep.directory_seen import name_directory
from comity.casework.upkeep.directory_watch import follow_directory
from comity.entrypoints.worker.fixity import Fixity
from comity.entrypoints.worker.recovering import Recovering
from comity.entrypoints.worker.refolding import Refolding
from comity.entrypoints.worker.stamps import Stamps
from comity.entrypoints.worker.tidying import Tidying
from comity.ledger.standing import Current
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

log = logging.getLogger("comity.worker")

TICK = 1.0
"""Seconds between looks when nothing wakes the schedule."""

SILENT = 10.0
"""Seconds after the last sign of life at which a worker counts as dead, and its jobs as nobody's."""


_WATCH = 5.0
"""Seconds between two looks for what people must know."""


class Schedule:
    """Runs in a thread of its own until `stop`. `revive` is called in every turn that finds the database away."""

    def __init__(self, node: Node, revive: Callable[[], None] | None = None) -> None:
        self._node = node
        self._revive = revive
        self.joined = threading.Event()
        """Set once this process counts as a living worker: only then may it take jobs."""
        self._stopping = threading.Event()
        self._next_checkpoint = 0.0
        self._next_forgetting = 0.0
        self._next_watch = 0.0
        self._named: Digest | None = None
        self._tidying = Tidying(node)
        self._fixity = Fixity(node)
        self._stamps = Stamps(node)
        self._recovering = Recovering(node)
        self._refolding = Refolding(node)

    def run(self) -> None:
        """Looks again and again; a database that is away is waited for."""
        while not self._stopping.is_set():
            looks = (
                self._abandoned,
                self._directory,
                self._duties,
                self._deliveries,
                self._checkpoint,
                self._alarms,
                self._tidying.look,
            )
            if all(self._database_answered(look) for look in looks):
                self._tidying.turn()
                self._fixity.turn()
                self._stamps.turn()
                self._recovering.turn()
                self._refolding.turn()
            else:
                self._tidying.begin()
                self._next_forgetting = 0.0
                self._start_database()
                # At most one turn in a tick, however often the node is woken.
                self._stopping.wait(TICK)
            self._node.work.wait(TICK)
            self._node.work.clear()

    def stop(self) -> None:
        """Ends `run` at its next turn."""
        self._stopping.set()
        self.joined.set()
        self._node.work.set()
        self._fixity.stop()

    def _database_answered(self, look: Callable[[], None]) -> bool:
        """Looks; what is broken otherwise is said, and keeps none of the other looks from being made."""
        try:
            look()
        except BrokenInputError as error:
            log.warning("the schedule waits: %s", error.code)
            answered = error.code is not ErrorCode.UNAVAILABLE
        except Error as error:
            log.warning("the schedule waits for the database: %s", type(error).__name__)
            answered = False
        else:
            return True
        close_old_connections()
        return answered

    def _start_database(self) -> None:
        if self._revive is None:
            return
        try:
            self._revive()
        except BrokenInputError as error:
            log.warning("the node's own database does not start: %s", error.found)

    def _abandoned(self) -> None:
        if time.monotonic() >= self._next_forgetting:
            forgotten = join_workers() + forget_abandoned(SILENT)
            self.joined.set()
            if forgotten:
                log.info("%d jobs of dead workers forgotten; what they had to do is found again", forgotten)
            self._next_forgetting = time.monotonic() + SILENT / 5

    def _directory(self) -> None:
        """A newer version is in force from here on, and named in the ledger as soon as anything may be signed."""
        bench = self._node.bench
        follow_directory(bench, self._node.versions)
        present = bench.directory().digest
        if present != self._named and isinstance(bench.sign_head.standing, Current):
            name_directory(bench)
            self._named = present

    def _duties(self) -> None:
        bench = self._node.bench
        bench.directory.refresh()
        now = bench.clock.now()
        if bench.records.cases.due(now) or bench.records.cases.overdue(now):
            queue_once(Task.CLOCKS)

    def _alarms(self) -> None:
        """What has gone wrong for too long is told, at a pace that no outage can quicken."""
        if time.monotonic() >= self._next_watch:
            self._next_watch = time.monotonic() + _WATCH
            watch(self._node.bench, self._node.alarms, undelivered(self._node))

    def _deliveries(self) -> None:
        peers = self._node.bench.records.outbox.peers_with_work(self._node.bench.clock.now())
        if peers:
            queue_deliveries(peers)

    def _checkpoint(self) -> None:
        if time.monotonic() >= self._next_checkpoint:
            self._next_checkpoint = time.monotonic() + self._node.settings.checkpoint_seconds
            queue_once(Task.CHECKPOINT)
