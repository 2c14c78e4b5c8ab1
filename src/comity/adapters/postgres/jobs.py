"""Background work: which tasks there are, and how one is queued. What they do is bound by the worker's entrypoint.

What flows. A transaction that queues deliveries also queues one job for each *peer*, never for each act: the job empties
the outbox towards that peer. While such a job waits, no second one is queued (its queueing lock); while one runs, the
next one waits for it (its lock).

Why a waiting job is locked. "One waits already" is only good enough if that job starts after our commit: one that a
worker takes before it would not see our deliveries, and nobody would come for them. So the waiting job's row is held
until we commit, workers pass over it meanwhile, and they are told to look again at the moment of the commit.

A dead worker. The job of a worker that was killed stays "doing" and, by its lock, keeps every other for that peer waiting.
Such jobs are forgotten: what they had to do is still in the outbox. Each process with a worker holds a shared lock in a
session of its own, and lets go of it by dying. One that finds itself the only one knows that all those jobs are nobody's;
where others are alive, jobs are forgotten once their worker gave no sign for a while.

Retries. A task that puts deliveries back never leaves a job scheduled for later under the peer's lock: that job would
keep fresh deliveries waiting until its time. It ends, and `sweep` queues a job when something is due again.
"""

from collections.abc import Callable, Collection
from enum import StrEnum

import procrastinate
from django.db import connection, transaction
from msgspec import Struct
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.db_cleanup import DjangoApp
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued

from comity.adapters.postgres.connection import operation
from comity.vocabulary.identifiers import AuthorityId

QUEUE = "comity"

_POOL_WAIT_S = 3.0
"""Longest wait for a connection: a worker gives up soon and begins anew, for a pool tries ever more seldom."""


_WORKERS = (0x636F6D69, 0x74790001)
"""The advisory lock of living workers; those of cases have one number, not two."""

_JOINED = """
SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid, objid) = (%s, %s)
"""


class Task(StrEnum):
    """Names of tasks. Append only: jobs in a queue carry them."""

    DELIVER = "comity.deliver"
    CHECKPOINT = "comity.checkpoint"
    CLOCKS = "comity.clocks"
    SWEEP = "comity.sweep"


class TaskFunctions(Struct, frozen=True):
    """What the tasks do. Each may run twice and must bear it: a killed worker's job is run again.

    `deliver` empties the outbox towards one peer; `checkpoint` publishes and has witnessed; `clocks` does what is due;
    `sweep` queues deliveries that are due again and ends what waited too long.
    """

    deliver: Callable[[AuthorityId], None]
    checkpoint: Callable[[], None]
    clocks: Callable[[], None]
    sweep: Callable[[], None]


def worker_app(functions: TaskFunctions) -> procrastinate.App:
    """The app a worker runs, over a pool of connections of its own, with the tasks bound to these functions."""
    connector = procrastinate.PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=2, timeout=_POOL_WAIT_S)
    app = DjangoApp(connector=connector)

    def deliver(peer: AuthorityId) -> None:
        functions.deliver(peer)

    app.task(name=Task.DELIVER.value, queue=QUEUE)(deliver)
    for name, function in (
        (Task.CHECKPOINT, functions.checkpoint),
        (Task.CLOCKS, functions.clocks),
        (Task.SWEEP, functions.sweep),
    ):
        app.task(name=name.value, queue=QUEUE, queueing_lock=name.value, lock=name.value)(function)
    return app


def queue_deliveries(peers: Collection[AuthorityId]) -> None:
    """A job for each of these peers waits when the present transaction commits, and will see what it wrote.

    Without a transaction under way it makes its own.
    """
    if not peers:
        return
    with operation(), transaction.atomic(savepoint=False):
        wanted = {_lock(peer): peer for peer in sorted(peers)}
        while wanted:
            for held in _hold_waiting(list(wanted)):
                del wanted[held]
            for lock in [lock for lock, peer in wanted.items() if _queued(peer)]:
                del wanted[lock]


def queue_once(task: Task) -> None:
    """A job of this task waits, or one waited already."""
    with operation(), transaction.atomic():
        _queue(django_app.configure_task(task.value, queue=QUEUE, queueing_lock=task.value, lock=task.value))


def join_workers() -> int:
    """This thread's session counts as a living worker's for as long as it lasts; how many abandoned jobs were forgotten.

    Changes nothing when the session has joined before. If no other has, every job that somebody was at is nobody's.
    """
    with operation(), connection.cursor() as cursor:
        cursor.execute(_JOINED, _WORKERS)
        if cursor.fetchone() is not None:
            return 0
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _WORKERS)
        row = cursor.fetchone()
        alone = row is not None and row[0]
        forgotten = 0
        if alone:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'doing'")
            forgotten = int(cursor.rowcount)
        # Waits for the moment that another needs to see that it is alone.
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", _WORKERS)
        if alone:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _WORKERS)
    return forgotten


def forget_abandoned(silent_s: float) -> int:
    """Jobs whose worker has given no sign for so many seconds are gone, with their locks; how many they were.

    A worker gives a sign every `update_heartbeat_interval` seconds (10 unless it was started otherwise). One that was
    only slow goes on: then two do the same, which every task bears.
    """
    with operation(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE status = 'doing' AND (worker_id IS NULL OR worker_id IN ("
            "SELECT id FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => %s)))",
            [silent_s],
        )
        return int(cursor.rowcount)


def _lock(peer: AuthorityId) -> str:
    return f"deliver:{peer}"


def _queued(peer: AuthorityId) -> bool:
    lock = _lock(peer)
    deferrer = django_app.configure_task(Task.DELIVER.value, queue=QUEUE, queueing_lock=lock, lock=lock)
    return _queue(deferrer, peer=peer)


def _queue(deferrer: procrastinate.jobs.JobDeferrer, **arguments: str) -> bool:
    """Whether a new job was queued; a savepoint keeps the transaction alive when one waits already."""
    try:
        with transaction.atomic():
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def _hold_waiting(locks: list[str]) -> list[str]:
    """Those of the queueing locks that a waiting job has; the jobs stay waiting until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(%s)"
            " ORDER BY id FOR SHARE",
            [locks],
        )
        held = [lock for (lock,) in cursor.fetchall()]
        if held:
            # What procrastinate's own trigger sends for a new job; delivered when this transaction commits.
            cursor.execute(
                "SELECT pg_notify(channel, json_build_object('type', 'job_inserted', 'job_id', 0)::text)"
                " FROM unnest(%s::text[]) AS channel",
                [["procrastinate_any_queue_v1", f"procrastinate_queue_v1#{QUEUE}"]],
            )
    return held
