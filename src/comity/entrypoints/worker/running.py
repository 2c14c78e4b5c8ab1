"""A worker: the schedule in one thread, the job queue in another. Alone in a process, or beside the web server.

What fails. When the database goes away the queue ends, and is begun anew every second until it is back; the schedule
waits in the same way, and has a cluster of the node's own started again. A worker that is killed leaves its jobs
behind; the next one to start forgets them at once, or, where others are alive, they do after a while. Should a thread die
of anything else, the whole process is told to end: half a worker looks well and does nothing.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from procrastinate.exceptions import ProcrastinateException

from comity.adapters.postgres.jobs import QUEUE, worker_app
from comity.bootstrap.running import Node
from comity.entrypoints.worker.schedule import SILENT, Schedule
from comity.entrypoints.worker.tasks import tasks

log = logging.getLogger("comity.worker")

_POLL = 5.0
"""Seconds after which the queue looks for jobs by itself, should a notification have been lost."""

_HEARTBEAT = 2.0
"""Seconds between signs of life; several fit into `SILENT`, so that a busy machine does not make a worker look dead."""

_RETRY = 1.0
_PATIENCE = 10.0

AWAY = (ProcrastinateException, psycopg.Error, OSError, asyncio.CancelledError)
"""What an outage of the database looks like to the queue, its own tasks being cancelled included."""


class Worker:
    """Start it once; `stop` returns when both threads have ended.

    `revive` is called while the database is away: it starts a cluster of the node's own, and does nothing otherwise.
    """

    def __init__(self, node: Node, *, concurrency: int = 3, revive: Callable[[], None] | None = None) -> None:
        self._schedule = Schedule(node, revive)
        self._node = node
        self._concurrency = concurrency
        self._stopping = threading.Event()
        self._cancel: Callable[[], object] | None = None
        self._threads = [
            threading.Thread(target=self._alive, args=(run,), name=name, daemon=True)
            for name, run in (("schedule", self._schedule.run), ("queue", self._run_queue))
        ]

    def start(self) -> None:
        """Both threads run when it returns."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Jobs under way are finished; what waits stays in the queue."""
        self._stopping.set()
        self._schedule.stop()
        if self._cancel is not None:
            # Its loop may have ended by itself a moment ago.
            with contextlib.suppress(RuntimeError):
                self._cancel()
        for thread in self._threads:
            thread.join(timeout=_PATIENCE)

    def _alive(self, run: Callable[[], None]) -> None:
        try:
            run()
        finally:
            if not self._stopping.is_set():
                log.critical("a thread of the worker died; the process ends, to be started anew")
                os.kill(os.getpid(), signal.SIGTERM)

    def _run_queue(self) -> None:
        """The queue's loop, begun anew whenever it ended."""
        self._schedule.joined.wait()
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
            except AWAY as error:
                if not self._stopping.is_set():
                    log.warning("the job queue waits for the database: %s", type(error).__name__)
            self._stopping.wait(_RETRY)

    async def _work(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        # Each thread keeps a database connection: no more threads than jobs at a time.
        loop.set_default_executor(ThreadPoolExecutor(self._concurrency, "job"))
        app = worker_app(tasks(self._node))
        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=self._concurrency,
                wait=True,
                fetch_job_polling_interval=_POLL,
                install_signal_handlers=False,
                delete_jobs="always",
                update_heartbeat_interval=_HEARTBEAT,
                stalled_worker_timeout=SILENT,
            )
