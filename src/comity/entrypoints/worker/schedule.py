"""The schedule: cheap looks at what is due, and jobs queued for it. Several workers may run it over one database.

Looking costs one indexed query; a job is queued only when there is something to do, and never twice (queueing locks).
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

from comity.adapters.postgres.jobs import Task, queue_deliveries, queue_once
from comity.bootstrap import Node
from comity.vocabulary.errors import BrokenInputError

log = logging.getLogger("comity.worker")

TICK = 1.0
"""Seconds between looks when nothing wakes the schedule."""


class Schedule:
    """Runs in a thread of its own until `stop`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._stopping = threading.Event()
        self._next_checkpoint = 0.0

    def run(self) -> None:
        """Looks again and again; a database that is away is waited for."""
        while not self._stopping.is_set():
            self._node.work.wait(TICK)
            self._node.work.clear()
            for look in (self._duties, self._deliveries, self._checkpoint):
                self._look(look)

    def stop(self) -> None:
        """Ends `run` at its next turn."""
        self._stopping.set()
        self._node.work.set()

    def _look(self, look: Callable[[], None]) -> None:
        try:
            look()
        except BrokenInputError as error:
            log.warning("the schedule waits: %s", error.code)
            close_old_connections()

    def _duties(self) -> None:
        bench = self._node.bench
        bench.directory.refresh()
        if bench.records.cases.due(bench.clock.now()):
            queue_once(Task.CLOCKS)

    def _deliveries(self) -> None:
        peers = self._node.bench.records.outbox.peers_with_work(self._node.bench.clock.now())
        if peers:
            queue_deliveries(peers)

    def _checkpoint(self) -> None:
        if time.monotonic() >= self._next_checkpoint:
            self._next_checkpoint = time.monotonic() + self._node.settings.checkpoint_seconds
            queue_once(Task.CHECKPOINT)
