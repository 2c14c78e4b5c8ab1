"""A worker: the schedule in one thread, the job queue in another. Alone in a process, or beside the web server."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from comity.adapters.postgres.jobs import QUEUE, worker_app
from comity.bootstrap import Node
from comity.entrypoints.worker.schedule import Schedule
from comity.entrypoints.worker.tasks import tasks

log = logging.getLogger("comity.worker")

_POLL = 5.0
"""Seconds after which the queue looks for jobs by itself, should a notification have been lost."""

_RETRY = 1.0


class Worker:
    """Start it once; `stop` returns when both threads have ended."""

    def __init__(self, node: Node, *, concurrency: int = 3) -> None:
        self._schedule = Schedule(node)
        self._node = node
        self._concurrency = concurrency
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._threads = [
            threading.Thread(target=self._schedule.run, name="schedule", daemon=True),
            threading.Thread(target=self._run_queue, name="queue", daemon=True),
        ]

    def start(self) -> None:
        """Both threads run when it returns."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Jobs under way are finished; what waits stays in the queue."""
        self._stopping.set()
        self._schedule.stop()
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        for thread in self._threads:
            thread.join(timeout=10)

    def _run_queue(self) -> None:
        """The queue's loop, begun anew whenever the database went away."""
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
            except asyncio.CancelledError:
                return
            except OSError as error:
                log.warning("the job queue waits for the database: %s", type(error).__name__)
            self._stopping.wait(_RETRY)

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Each thread keeps a database connection: no more threads than jobs at a time.
        self._loop.set_default_executor(ThreadPoolExecutor(self._concurrency, "job"))
        app = worker_app(tasks(self._node))
        async with app.open_async():
            self._task = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._concurrency,
                    wait=True,
                    fetch_job_polling_interval=_POLL,
                    install_signal_handlers=False,
                    delete_jobs="always",
                )
            )
            await self._task
