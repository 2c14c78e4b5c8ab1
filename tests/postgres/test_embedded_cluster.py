"""A server in a folder: who gets in, what survives a kill, where it may stand."""

import os
import signal
import stat
import subprocess
import tempfile
import threading
from pathlib import Path

import psycopg
import pytest

from comity.adapters.postgres import embedded
from comity.adapters.postgres.cluster_account import server_account
from comity.adapters.postgres.cluster_processes import processes
from comity.adapters.postgres.embedded import EmbeddedCluster, programs, temporary_cluster
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NEEDLE = "needle-7f3a-in-a-statement"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs a server as another account")


def kill(cluster: EmbeddedCluster) -> None:
    pid = cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def second_cluster():
    with temporary_cluster() as cluster:
        yield cluster


@pytest.fixture
def own_cluster(second_cluster):
    """A server that a test may kill; it begins without a node's database."""
    second_cluster.start()
    second_cluster.drop_database("node")
    return second_cluster


def test_a_role_cannot_reach_another_nodes_database(cluster):
    url = cluster.create_database("alpha", "alpha")
    cluster.create_database("beta", "beta")
    psycopg.connect(url).close()
    for database in ("beta", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url.replace("/alpha?", f"/{database}?"))


def test_a_role_may_not_make_roles_or_databases_or_read_the_servers_files(cluster):
    url = cluster.create_database("alpha", "alpha")
    for statement in (
        "CREATE ROLE other",
        "CREATE DATABASE other",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT * FROM pg_authid",
        "ALTER ROLE beta PASSWORD 'x'",
    ):
        with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_a_wrong_or_empty_or_outdated_password_is_refused(cluster):
    old = cluster.create_database("alpha", "alpha")
    new = cluster.create_database("alpha", "alpha")
    psycopg.connect(new).close()
    for url in (old, cluster.url("alpha", "alpha", "wrong"), cluster.url("alpha", "alpha", "")):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url)


def test_the_server_stores_scram_verifiers_and_never_sees_the_password(cluster):
    cluster.create_database("alpha", "alpha")
    with psycopg.connect(cluster.superuser_url()) as connection:
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'alpha'").fetchone()
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$")


def test_nobody_is_the_superuser_by_password_or_from_another_account(cluster):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.url("postgres", "postgres", "any"), user="alpha")
    url = cluster.superuser_url()
    if os.geteuid() == 0:
        assert _as_nobody(lambda: psycopg.connect(url)) == "OperationalError"


def test_only_a_socket_listens_and_only_its_owner_reaches_it(cluster):
    with psycopg.connect(cluster.superuser_url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
    for folder in (cluster.folder, cluster.data, cluster.socket_folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
def test_roots_server_runs_as_another_account_that_owns_its_folder_only(cluster):
    assert cluster.data.stat().st_uid != 0
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in processes(cluster.data)} == {cluster.data.stat().st_uid}


def test_what_was_committed_survives_a_kill_and_what_was_not_is_gone(own_cluster):
    url = own_cluster.create_database("node", "node")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    open_session = psycopg.connect(url)
    open_session.execute("INSERT INTO kept VALUES (2)")
    for _ in range(3):
        kill(own_cluster)
        own_cluster.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]
    open_session.close()


def test_a_lock_file_that_names_a_living_stranger_does_not_keep_the_server_down(own_cluster):
    lock = own_cluster.data / "postmaster.pid"
    text = lock.read_text()
    kill(own_cluster)
    lock.write_text(text.replace(text.split("\n", 1)[0], str(os.getpid()), 1))
    assert own_cluster.pid() is None
    own_cluster.start()
    assert own_cluster.is_running()


def test_a_killed_session_does_not_take_the_server_with_it(own_cluster):
    url = own_cluster.create_database("node", "node")
    with psycopg.connect(url) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    own_cluster.start()
    psycopg.connect(url).close()


def test_many_starts_at_once_make_one_server(own_cluster):
    own_cluster.stop()
    assert not own_cluster.is_running()
    starts = [threading.Thread(target=EmbeddedCluster(own_cluster.folder).start) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    pid = own_cluster.pid()
    own_cluster.start()
    assert own_cluster.pid() == pid
    assert not [name for name in own_cluster.folder.iterdir() if name.name == "data.new"]


def test_a_path_too_long_for_a_socket_gets_a_short_private_one():
    with tempfile.TemporaryDirectory() as short:
        deep = Path(short) / ("x" * 90) / ("y" * 90)
        deep.mkdir(parents=True)
        with temporary_cluster(deep) as cluster:
            url = cluster.create_database("node", "node")
            psycopg.connect(url).close()
            assert stat.S_IMODE(cluster.socket_folder.stat().st_mode) == 0o700
            assert deep not in cluster.socket_folder.parents
        assert not cluster.socket_folder.exists()


@as_root
def test_below_a_folder_closed_to_all_the_account_passes_and_the_world_does_not():
    with tempfile.TemporaryDirectory() as closed:
        inner = Path(closed) / "inner"
        inner.mkdir(mode=0o700)
        with temporary_cluster(inner) as cluster:
            psycopg.connect(cluster.create_database("node", "node")).close()
            for folder in (Path(closed), inner):
                assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0
            assert _as_nobody(lambda: list(inner.iterdir())) == "PermissionError"


@as_root
def test_an_ordinary_user_runs_a_server_as_itself():
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 65534, 65534)

        def whole_life() -> None:
            cluster = EmbeddedCluster(Path(folder) / "postgres")
            cluster.start()
            try:
                url = cluster.create_database("node", "node")
                with psycopg.connect(url) as connection:
                    connection.execute("CREATE TABLE kept (number int)")
                kill(cluster)
                cluster.start()
                with psycopg.connect(url) as connection:
                    connection.execute("SELECT number FROM kept")
            finally:
                cluster.stop()

        assert _as_nobody(whole_life) == ""
        assert (Path(folder) / "postgres" / "data").stat().st_uid == 65534


@as_root
def test_a_folder_of_somebody_else_is_refused_to_an_ordinary_user(cluster):
    assert _as_nobody(lambda: server_account(cluster.folder.parent, "any")) == "BrokenInputError"


def test_a_folder_of_another_version_is_refused(own_cluster):
    own_cluster.stop()
    version = own_cluster.data / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(BrokenInputError) as refused:
        own_cluster.start()
    assert refused.value.code is ErrorCode.STORE_DAMAGED
    version.write_text(f"{embedded.VERSION}\n")


def test_a_server_that_cannot_start_says_what_its_log_said(own_cluster, monkeypatch):
    own_cluster.stop()
    monkeypatch.setattr(embedded, "server_settings", lambda _: "nonsense = here\n")
    with pytest.raises(BrokenInputError) as refused:
        own_cluster.start()
    assert refused.value.code is ErrorCode.UNAVAILABLE
    assert "nonsense" in refused.value.found


def test_no_statement_parameter_or_key_value_gets_into_the_log(own_cluster):
    url = own_cluster.create_database("node", "node")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (word text PRIMARY KEY, number int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [NEEDLE])
        for statement, parameters in (
            ("INSERT INTO kept VALUES (%s)", [NEEDLE]),
            ("SELECT %s::text::int", [NEEDLE]),
            (f"SELECT nothing FROM kept WHERE word = '{NEEDLE}'", None),  # noqa: S608 - the needle must be in the statement
            (f"DO $$ BEGIN RAISE WARNING '{NEEDLE}'; RAISE '{NEEDLE}'; END $$", None),
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement, parameters)
    own_cluster.stop()
    assert NEEDLE not in own_cluster.log.read_text()


def test_a_base_backup_is_whole_and_holds_what_was_committed(own_cluster):
    url = own_cluster.create_database("node", "node")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [NEEDLE])
    to = own_cluster.folder.parent / "backup"
    own_cluster.base_backup(to)
    assert any(NEEDLE.encode() in file.read_bytes() for file in to.rglob("*") if file.is_file())
    own_cluster.stop()
    for path in (to, *to.rglob("*")):
        os.chown(path, own_cluster.data.stat().st_uid, own_cluster.data.stat().st_gid)
    own_cluster.data.rename(own_cluster.folder / "data.old")
    to.rename(own_cluster.data)
    own_cluster.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [(NEEDLE,)]


def test_stopping_leaves_no_process_and_may_be_repeated(own_cluster):
    psycopg.connect(own_cluster.create_database("node", "node")).close()
    own_cluster.stop()
    own_cluster.stop()
    assert list(processes(own_cluster.data)) == []
    assert own_cluster.pid() is None


def test_dropping_a_database_ends_its_sessions(own_cluster):
    url = own_cluster.create_database("node", "node")
    with psycopg.connect(url) as connection:
        own_cluster.drop_database("node")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def _as_nobody(action) -> str:
    """Runs the action in a child process of the account nobody; the name of what it raised, or nothing."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        raised = ""
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.environ.pop("XDG_RUNTIME_DIR", None)
            action()
        except BaseException as error:  # noqa: BLE001 - the child reports whatever happened
            raised = type(error).__name__
        os.write(write, raised.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return answer.read()


def test_the_programs_are_those_of_the_version_whose_files_a_cluster_holds():
    said = subprocess.run([programs() / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    assert f" {embedded.VERSION}." in said
