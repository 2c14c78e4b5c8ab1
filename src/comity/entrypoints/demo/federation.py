"""A federation of four nodes on this machine, for the demo, the kill tests and the benchmarks.

One embedded PostgreSQL and four processes, each with its own database, role, keys, folder and port.

Everything that was started is stopped again, also after an error; what is killed can be started again.
"""

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from msgspec import Struct

from comity.bootstrap.founding import make_node
from comity.bootstrap.rehearsing import DirectoryFiles, EmbeddedCluster
from comity.entrypoints.demo.cast import AUTHORITIES, OFFICERS, WITHOUT_NODE, plan_of
from comity.entrypoints.demo.officers import Client, Credentials, Officer
from comity.ledger.origins import witness_key
from comity.trust.anchors import PinnedWitness, WitnessPolicy, trust_anchor, write_anchor
from comity.trust.directory_format import AuthorityEntry
from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.vocabulary.identifiers import AuthorityId, OfficerId
from comity.vocabulary.wire import b64url, from_b64url

_START_LIMIT = 240.0
_LIFE = timedelta(days=365)


class Endpoint(Struct, frozen=True):
    """Where a node is, and what its process needs to reach its database."""

    authority: AuthorityId
    folder: Path
    port: int
    database: str

    @property
    def url(self) -> str:
        """Its HTTP address."""
        return f"http://127.0.0.1:{self.port}"


class Federation:
    """Make it with `found`, or `reopen` one that is there; use it as a context to have it stopped at the end."""

    def __init__(self, folder: Path, cluster: EmbeddedCluster, endpoints: Mapping[AuthorityId, Endpoint]) -> None:
        self.folder = folder
        self.cluster = cluster
        self.endpoints = endpoints
        self._processes: dict[AuthorityId, subprocess.Popen[bytes]] = {}
        self._credentials = Credentials((folder / "officers" / "seed").read_bytes(), _since(folder))

    @classmethod
    def found(cls, folder: Path, *, checkpoint_seconds: int = 2) -> "Federation":
        """Four fresh nodes, the directory that lists them and a partner without one, and a trust anchor for readers of dossiers."""
        folder.mkdir(parents=True, exist_ok=True)
        officers = folder / "officers"
        officers.mkdir(mode=0o700)
        now = datetime.now(UTC)
        (officers / "seed").write_bytes(secrets.token_bytes(32))
        (officers / "since").write_text(now.isoformat())
        (folder / "clock-offset").write_text("0")
        credentials = Credentials((officers / "seed").read_bytes(), _since(folder))
        cluster = EmbeddedCluster(folder / "postgres")
        cluster.start()
        ports = free_ports(len(AUTHORITIES))
        entries: list[AuthorityEntry] = []
        endpoints: dict[AuthorityId, Endpoint] = {}
        for authority, port in zip(AUTHORITIES, ports, strict=True):
            plan = plan_of(authority, port, credentials, checkpoint_seconds=checkpoint_seconds)
            entries.append(make_node(folder / authority, plan, now))
            database = cluster.create_database(f"comity_{authority}", f"comity_{authority}")
            endpoints[authority] = Endpoint(authority, folder / authority, port, database)
        _publish(folder, [*entries, WITHOUT_NODE], now)
        return cls(folder, cluster, endpoints)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, authorities: Sequence[AuthorityId] = AUTHORITIES) -> None:
        """The database and these nodes answer when this returns."""
        self.cluster.start()
        for authority in authorities:
            if authority not in self._processes or self._processes[authority].poll() is not None:
                self._processes[authority] = self._launch(self.endpoints[authority])
        for authority in authorities:
            self._await(authority)

    def stop(self) -> None:
        """No process of the federation is left when this returns."""
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        self.cluster.stop()

    def kill(self, authority: AuthorityId) -> None:
        """The node's process ends by SIGKILL: it gets no chance to say goodbye."""
        process = self._processes[authority]
        process.kill()
        process.wait()

    def kill_database(self) -> None:
        """The PostgreSQL server's first process ends by SIGKILL."""
        pid = self.cluster.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            while self.cluster.is_running():
                time.sleep(0.02)

    def pid(self, authority: AuthorityId) -> int:
        """The node's process."""
        return self._processes[authority].pid

    def alive(self, authority: AuthorityId) -> bool:
        """Whether the node's process runs."""
        return authority in self._processes and self._processes[authority].poll() is None

    def officer(self, name: OfficerId) -> Officer:
        """An officer with a token for their node."""
        authority = name.split(".", 1)[0]
        office = OFFICERS[authority][name]
        path = self.folder / "officers" / f"{name}.token"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(self._command(authority, "node", "token", str(self.folder / authority), name).strip())
        client = Client(self.endpoints[authority].url, path.read_text())
        return Officer(client, authority, name, office.value, self._credentials)

    def advance_clock(self, by: timedelta) -> None:
        """All nodes' clocks go forward: for rehearsing limits of days."""
        path = self.folder / "clock-offset"
        shifted = int(path.read_text()) + int(by.total_seconds())
        fresh = path.with_suffix(".new")
        fresh.write_text(str(shifted))
        fresh.replace(path)

    def _command(self, authority: AuthorityId, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "comity.entrypoints.cli.main", *arguments],
            env=self._environment(authority),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"comity {arguments[0]} {arguments[1]} failed: {done.stderr[-2000:]}")
        return done.stdout

    def _launch(self, endpoint: Endpoint) -> subprocess.Popen[bytes]:
        log = (endpoint.folder / "node.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "comity.entrypoints.cli.main", "node", "serve", str(endpoint.folder)],
                env=self._environment(endpoint.authority),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self, authority: AuthorityId) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMITY_")}
        return {**kept, "COMITY_DATABASE": self.endpoints[authority].database}

    def _await(self, authority: AuthorityId) -> None:
        deadline = time.monotonic() + _START_LIMIT
        endpoint = self.endpoints[authority]
        while time.monotonic() < deadline:
            if self._processes[authority].poll() is not None:
                break
            if _answers(endpoint.port):
                return
            time.sleep(0.1)
        tail = (endpoint.folder / "node.log").read_text("utf-8", "replace")[-3000:]
        raise RuntimeError(f"the node {authority} does not answer; its log ends:\n{tail}")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def _since(folder: Path) -> datetime:
    return datetime.fromisoformat((folder / "officers" / "since").read_text()) - timedelta(minutes=1)


def _publish(folder: Path, entries: Sequence[AuthorityEntry], now: datetime) -> None:
    """Founds the directory, gives it to every node, and writes the anchor that readers of dossiers trust."""
    countries = sorted({entry.country.lower() for entry in entries})
    founder = DirectoryFounder(derived_seeds(secrets.token_bytes(32), countries))
    edition = founder.found(entries, expires=now + _LIFE, root_expires=now + 5 * _LIFE)
    published = folder / "directory"
    for name, data in edition.files.items():
        path = published / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for entry in entries:
        files = DirectoryFiles(folder / entry.id / "directory")
        files.pin(edition.root)
        files.take(published, now)
    pinned = tuple(
        PinnedWitness(witness_key(entry.id, raw).name, b64url(raw))
        for entry in entries
        for raw in (from_b64url(key.public) for key in entry.witness_keys[:1])
    )
    (folder / "trust.json").write_bytes(write_anchor(trust_anchor(edition.root, WitnessPolicy(1, pinned))))


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
