"""One job for each peer, queued with what it is to deliver, and never missed by a worker."""

import asyncio
import threading
from datetime import timedelta

import psycopg
import pytest

from comity.casework.ports.delivery import KeptReceipt

NAMES = "SELECT task_name, args->>'peer', queueing_lock, lock, status::text FROM procrastinate_jobs ORDER BY id"


def jobs(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(NAMES).fetchall()


def waiting(url: str) -> list[str]:
    return sorted(peer for _, peer, _, _, status in jobs(url) if status == "todo")


def fetch(connection: psycopg.Connection) -> str | None:
    """What a worker does to get a job: the peer of the one it got."""
    row = connection.execute("SELECT args->>'peer' FROM procrastinate_fetch_job_v2(NULL, NULL)").fetchone()
    return row[0] if row else None


@pytest.fixture
def worker(records, node_url):
    assert records is not None
    with psycopg.connect(node_url, autocommit=True) as connection:
        yield connection


def test_however_many_acts_there_is_one_job_for_each_peer(records, make, node_url):
    for _ in range(3):
        make.file(records, *(make.act(make.case()) for _ in range(5)), to=("de", "provider"))
    assert jobs(node_url) == [
        ("comity.deliver", peer, f"deliver:{peer}", f"deliver:{peer}", "todo") for peer in ("de", "provider")
    ]


def test_without_deliveries_no_job_is_queued(records, make, node_url):
    make.file(records, make.act(make.case()))
    assert jobs(node_url) == []


def test_a_job_comes_with_the_commit_and_goes_with_the_rollback(records, make, node_url, worker):
    def fail_at_the_end() -> None:
        with records.transaction() as change:
            act = make.act(make.case())
            change.write([act], [make.view(act.case)], [_delivery(act)], [])
            change.append([make.entry(act.id)], make.sign)
            change.finish()
            assert fetch(worker) is None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()
    assert jobs(node_url) == []
    make.file(records, make.act(make.case()), to=("de",))
    assert fetch(worker) == "de"


def test_a_running_job_does_not_serve_for_what_came_after_it_began(records, make, node_url, worker):
    make.file(records, make.act(make.case()), to=("de",))
    assert fetch(worker) == "de"
    make.file(records, make.act(make.case()), to=("de",))
    assert waiting(node_url) == ["de"]
    # The second waits for the first to end.
    assert fetch(worker) is None
    worker.execute("SELECT procrastinate_finish_job_v1(min(id), 'succeeded', true) FROM procrastinate_jobs")
    assert fetch(worker) == "de"


def test_a_waiting_job_that_a_change_relies_on_cannot_begin_before_its_commit(records, make, node_url, worker):
    make.file(records, make.act(make.case()), to=("de",))
    with records.transaction() as change:
        act = make.act(make.case())
        change.write([act], [make.view(act.case)], [_delivery(act)], [])
        change.append([make.entry(act.id)], make.sign)
        change.finish()
        # It would see the first act only, and nobody would come for the second.
        assert fetch(worker) is None
    assert waiting(node_url) == ["de"]
    assert fetch(worker) == "de"


def test_a_worker_that_passed_over_a_job_is_told_to_look_again(records, make, node_url):
    make.file(records, make.act(make.case()), to=("de",))
    with psycopg.connect(node_url, autocommit=True) as listener:
        listener.execute('LISTEN "procrastinate_queue_v1#comity"')
        make.file(records, make.act(make.case()), to=("de",))
        told = list(listener.notifies(timeout=60, stop_after=1))
    assert len(told) == 1


def test_changes_that_queue_for_the_same_peers_do_not_fail_each_other(records, make, node_url):
    from django.db import connection

    failures: list[BaseException] = []

    def run(peers: tuple[str, ...], seed: int) -> None:
        try:
            for _ in range(10):
                made = [make.act(make.case(), sealed=b"%d" % seed)]
                make.file(records, *made, to=peers)
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread
            failures.append(error)
        finally:
            connection.close()

    orders = [("de", "provider", "oversight"), ("oversight", "provider", "de")]
    threads = [threading.Thread(target=run, args=(order, number)) for number, order in enumerate(orders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert waiting(node_url) == ["de", "oversight", "provider"]
    assert records.ledger.head().size == 20


def test_acts_lost_by_a_peer_are_queued_for_it_again(records, make, node_url, worker):
    act = make.act(make.case())
    make.file(records, act, to=("de",))
    assert fetch(worker) == "de"
    records.outbox.delivered("de", [KeptReceipt(b"r", (act.id,), "comity/de", 7)], make.now)
    records.outbox.resend("de", "comity/de", 5, make.now)
    assert waiting(node_url) == ["de"]


def test_a_task_without_arguments_is_queued_once(records, node_url):
    from comity.adapters.postgres.jobs import Task, queue_once

    assert records is not None
    for _ in range(3):
        queue_once(Task.CHECKPOINT)
    assert [(name, status) for name, *_, status in jobs(node_url)] == [("comity.checkpoint", "todo")]


def test_the_job_of_a_dead_worker_is_forgotten_and_that_of_a_live_one_is_not(records, make, node_url, worker):
    from comity.adapters.postgres.jobs import forget_abandoned, queue_deliveries

    make.file(records, make.act(make.case()), to=("de", "provider"))
    silent, lively = (
        worker.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds],
        ).fetchone()
        for seconds in (60, 1)
    )
    for (number,) in (silent, lively):
        worker.execute("SELECT procrastinate_fetch_job_v2(NULL, %s)", [number])
    assert forget_abandoned(30) == 1
    queue_deliveries(["de", "provider"])
    # The dead worker's peer can be served again; the live one's next job waits for it.
    assert fetch(worker) == "de"
    assert fetch(worker) is None
    assert waiting(node_url) == ["provider"]
    worker.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def test_a_worker_runs_each_bound_task(records, make, node_url):
    from django.db import connection

    from comity.adapters.postgres.jobs import QUEUE, Task, TaskFunctions, queue_once, worker_app

    make.file(records, make.act(make.case()), to=("de",))
    for task in (Task.CHECKPOINT, Task.CLOCKS, Task.SWEEP):
        queue_once(task)
    done: list[str] = []

    def saw_deliveries(peer: str) -> None:
        done.append(f"deliver {peer} {len(records.outbox.pending(peer, 9, make.now + timedelta(days=1)))}")
        connection.close()

    app = worker_app(
        TaskFunctions(
            deliver=saw_deliveries,
            checkpoint=lambda: done.append("checkpoint"),
            clocks=lambda: done.append("clocks"),
            sweep=lambda: done.append("sweep"),
        )
    )

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE], wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="always"
            )

    asyncio.run(work())
    assert sorted(done) == ["checkpoint", "clocks", "deliver de 1", "sweep"]
    assert jobs(node_url) == []


def _delivery(act):
    from comity.casework.ports.delivery import Delivery

    return Delivery(act.id, "de")
