"""A node's own PostgreSQL: started by the first process that needs it, stopped by the last, never under somebody's feet."""

import subprocess
import sys

import pytest

from comity.adapters.postgres.embedded import EmbeddedCluster
from comity.adapters.postgres.login import logs_in
from comity.bootstrap import database

HOLD = """
import sys
from pathlib import Path
from comity.adapters.postgres.embedded import EmbeddedCluster
from comity.bootstrap.database import _in_use
with _in_use(EmbeddedCluster(Path(sys.argv[1]))):
    print("in", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    one = EmbeddedCluster(tmp_path_factory.mktemp("node") / "postgres")
    yield one
    one.stop()


@pytest.fixture
def user(cluster):
    """A process that uses the cluster until it is told, or made, to end."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(cluster.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "in\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    cluster.stop()


def leave(process):
    process.communicate("\n", timeout=240)


def test_the_first_starts_it_and_the_last_out_stops_it(cluster, user):
    one, two = user(), user()
    leave(one)
    assert cluster.is_running()
    leave(two)
    assert not cluster.is_running()


def test_who_came_later_stops_it_when_the_starter_was_killed(cluster, user):
    one, two = user(), user()
    one.kill()
    one.wait()
    leave(two)
    assert not cluster.is_running()


def test_a_server_that_somebody_else_started_runs_on(cluster, user):
    cluster.start()
    leave(user())
    assert cluster.is_running()


def test_one_that_was_left_running_by_a_killed_node_is_stopped_by_the_next(cluster, user):
    one = user()
    one.kill()
    one.wait()
    assert cluster.is_running()
    leave(user())
    assert not cluster.is_running()


def test_the_password_is_kept_closed_and_used_again(cluster, tmp_path):
    cluster.start()
    kept = tmp_path / "database-password"
    url = database._own_database(cluster, kept)
    assert logs_in(url)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert database._own_database(cluster, kept) == url


@pytest.mark.parametrize("lost", ["forgotten", "of another cluster"])
def test_a_password_that_opens_nothing_is_made_anew(cluster, tmp_path, lost):
    cluster.start()
    kept = tmp_path / "database-password"
    database._own_database(cluster, kept)
    kept.unlink()
    if lost != "forgotten":
        kept.touch(mode=0o600)
        kept.write_text("another")
    assert logs_in(database._own_database(cluster, kept))


def test_the_password_is_not_in_the_file_that_says_who_uses_the_server(cluster, tmp_path):
    cluster.start()
    kept = tmp_path / "database-password"
    database._own_database(cluster, kept)
    written = [path for path in cluster.folder.parent.iterdir() if path.is_file()]
    assert not [path for path in written if kept.read_bytes() in path.read_bytes()]
