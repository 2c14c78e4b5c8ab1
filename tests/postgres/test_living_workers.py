"""Jobs of dead workers: forgotten at once by a worker that is alone, and left to others while any of them lives."""

import threading

import psycopg
import pytest

DOING = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"


@pytest.fixture
def abandoned(records, make, node_url):
    """A job that somebody was at."""
    make.file(records, make.act(make.case()), to=("de",))
    with psycopg.connect(node_url, autocommit=True) as connection:
        connection.execute("SELECT procrastinate_fetch_job_v2(NULL, NULL)")
        yield lambda: connection.execute(DOING).fetchone()[0]
        connection.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture
def another_process():
    """A worker in a session of its own, until it is told to end."""
    from django.db import connection

    from comity.adapters.postgres.jobs import join_workers

    joined, end = threading.Event(), threading.Event()

    def live() -> None:
        join_workers()
        joined.set()
        end.wait()
        connection.close()

    thread = threading.Thread(target=live)

    def start() -> None:
        thread.start()
        joined.wait(60)

    yield start
    end.set()
    if thread.ident is not None:
        thread.join()


def test_a_worker_that_is_alone_forgets_every_abandoned_job_at_once(abandoned):
    from django.db import connection

    from comity.adapters.postgres.jobs import join_workers

    assert abandoned() == 1
    assert join_workers() == 1
    assert abandoned() == 0
    connection.close()


def test_a_worker_beside_another_leaves_its_jobs_alone(records, make, node_url, another_process):
    from django.db import connection

    from comity.adapters.postgres.jobs import join_workers

    another_process()
    make.file(records, make.act(make.case()), to=("de",))
    with psycopg.connect(node_url, autocommit=True) as worker:
        worker.execute("SELECT procrastinate_fetch_job_v2(NULL, NULL)")
        assert join_workers() == 0
        assert worker.execute(DOING).fetchone()[0] == 1
        worker.execute("DELETE FROM procrastinate_jobs")
    connection.close()


def test_a_session_joins_once(abandoned):
    from django.db import connection

    from comity.adapters.postgres.jobs import join_workers

    assert abandoned() == join_workers() == 1
    assert join_workers() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone()[0] == 1
    connection.close()
