"""Acts between two nodes that are real processes, pt and de: how many, how soon, how many bytes; and an idle node's memory.

Used by `tools/bench.py`. Officers' approvals are made beforehand: a person's hand is no part of the figure.
"""

import http.client
import json
import random
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psycopg

from comity.acts import bodies as b
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.seal_format import Approval
from comity.adapters.law_files import OWN_LAW
from comity.casework.desk.draft import APPROVE
from comity.config import SETTINGS_FILE
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.federation import Federation, free_ports
from comity.entrypoints.demo.officers import Credentials
from comity.law.packaged import packaged_files
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind
from comity.vocabulary.wire import b64url

INSTRUMENT = "CETS185"
DRAFTER, APPROVER, OFFICE = "pt.silva", "pt.costa", "contact-point"
BODY_BYTES = 1500
_CHANGED = "budapest.toml"
NODES = (PT, DE)
BATCH, CONNECTIONS = 100, 2
"""Approvals in one request, and how many clients send such requests side by side."""
AUTUMN = Period(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))

_DONE = "SELECT count(*) FROM comity_delivery WHERE receipt_id IS NOT NULL"
_DONE_ONE = "SELECT receipt_id IS NOT NULL FROM comity_delivery WHERE act_id = %s"

_WORDS = """
invoice account transfer mailbox payment supplier building company redirected copied forwarded address server login record
subscriber message attachment director signature contract order delivery amount bank branch office customer evidence
witness statement report complaint investigation prosecutor court proceedings suspect victim damage euro during after
before because which the and of to from with was were had been between several first second later
"""


class Client:
    """JSON over one connection to a node that stays open."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: object) -> object:
        """The answer; raises `SystemExit` for any status but 200."""
        self._connection.request("POST", path, msgspec.json.encode(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"POST {path} was answered with HTTP {answer.status}: {content[:600].decode()}")
        return json.loads(content)


class Drafted(msgspec.Struct):
    """A draft with its approval, ready to be posted."""

    draft: ActId
    approval: Approval


class Pair:
    """Two nodes at work. `say` takes lines of progress."""

    def __init__(self, federation: Federation, say: Callable[[str], None]) -> None:
        self.federation = federation
        self._say = say
        self._source = random.Random(29)  # noqa: S311 - figures, not secrets
        self._number = 0
        self._token = {name: self._token_of(name) for name in (DRAFTER, APPROVER)}

    def _token_of(self, name: str) -> str:
        self.federation.officer(name)
        return (self.federation.folder / "officers" / f"{name}.token").read_text()

    def client(self, name: str) -> Client:
        """A connection of that officer's."""
        return Client(self.federation.endpoints[PT].url, self._token[name])

    def drafts(self, count: int, body: Callable[[random.Random, int], b.PreservationRequested]) -> list[Drafted]:
        """Drafts of as many cases, each with the approval of a second officer."""
        seed = (self.federation.folder / "officers" / "seed").read_bytes()
        authenticator = Credentials(seed, AUTUMN.start).authenticator(PT, APPROVER)
        made = []
        client = self.client(DRAFTER)
        said = time.monotonic()
        for done in range(count):
            self._number += 1
            words = {"instrument": INSTRUMENT, "body": body(self._source, self._number), "office": OFFICE, "to": [DE]}
            answer = client.post("/api/drafts", words)
            draft = str(answer["draft"]) if isinstance(answer, dict) else ""
            approval = authenticator.approve(draft, APPROVE, officer=APPROVER, office=OFFICE)
            made.append(Drafted(draft, approval))
            if time.monotonic() > said + 10:
                said = time.monotonic()
                self._say(f"  {done + 1:,} of {count:,} drafts made and approvals signed")
        return made

    def approve(self, client: Client, drafts: Sequence[Drafted]) -> None:
        """Posts these approvals; every one must be taken."""
        outcomes = client.post("/api/approvals", drafts)
        refused = [each for each in outcomes if not each.get("approved")] if isinstance(outcomes, list) else [outcomes]
        if refused:
            raise SystemExit(f"an approval was refused: {json.dumps(refused[0])[:600]}")

    @contextmanager
    def records(self) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        """A look into pt's database."""
        with psycopg.connect(self.federation.endpoints[PT].database, autocommit=True) as connection:
            yield connection

    def throughput(self, count: int, batch: int = BATCH, connections: int = CONNECTIONS) -> float:
        """Acts a second from the first approval posted until the last act has its receipt at pt."""
        self._say(f"  {count:,} drafts, each of a case of its own (not timed)")
        waiting = self.drafts(count, usual_body)
        clients = [self.client(APPROVER) for _ in range(connections)]
        portions = [waiting[at : at + batch] for at in range(0, count, batch)]
        lanes = [portions[lane::connections] for lane in range(connections)]

        def post(lane: int) -> None:
            for portion in lanes[lane]:
                self.approve(clients[lane], portion)

        with self.records() as look, ThreadPoolExecutor(connections) as pool:
            before = _count(look)
            begun = said = time.monotonic()
            posts = [pool.submit(post, lane) for lane in range(connections)]
            while (done := _count(look) - before) < count:
                time.sleep(0.05)
                if time.monotonic() > said + 5:
                    said = time.monotonic()
                    self._say(f"  {done:,} of {count:,} receipted after {said - begun:.0f} s")
            spent = time.monotonic() - begun
            for each in posts:
                each.result()
        return count / spent

    def one_at_a_time(
        self, count: int, body: Callable[[random.Random, int], b.PreservationRequested], pause: float = 0.25
    ) -> list[float]:
        """Seconds from posting an approval to the receipt at pt, one act after the other on an idle pair."""
        waiting = self.drafts(count, body)
        client = self.client(APPROVER)
        spent = []
        with self.records() as look:
            for each in waiting:
                time.sleep(pause)
                begun = time.perf_counter()
                self.approve(client, [each])
                while not _receipted(look, each.draft):
                    time.sleep(0.001)
                spent.append(time.perf_counter() - begun)
        return spent

    def wire_bytes(self, count: int, body: Callable[[random.Random, int], b.PreservationRequested]) -> int:
        """Bytes of one act on its way and of its answer, HTTP headers included: the median of several, over a relay."""
        federation = self.federation
        endpoint = federation.endpoints[DE]
        hidden = free_ports(1)[0]
        settings = endpoint.folder / SETTINGS_FILE
        usual = settings.read_text()
        federation.kill(DE)
        settings.write_text(re.sub(r"(?m)^listen_port = \d+$", f"listen_port = {hidden}", usual))
        relay = CountingRelay(endpoint.port, hidden)
        try:
            federation.start(NODES)
            self.one_at_a_time(count, body)
            found = relay.of("/exchange/envelopes")
        finally:
            relay.close()
            settings.write_text(usual)
            federation.kill(DE)
            federation.start(NODES)
        return round(statistics.median(there + back for there, back in found))


def usual_body(source: random.Random, number: int) -> b.PreservationRequested:
    """A preservation request as one writes it, of `BODY_BYTES` bytes."""
    return _sized(number, lambda count: " ".join(source.choices(_WORDS.split(), k=count))[:count])


def dense_body(source: random.Random, number: int) -> b.PreservationRequested:
    """One of the same size whose text no compression makes smaller than three quarters."""
    return _sized(number, lambda count: b64url(source.randbytes(count))[:count])


def _sized(number: int, text: Callable[[int], str]) -> b.PreservationRequested:
    def body(facts: str) -> b.PreservationRequested:
        target = Target(TargetKind.EMAIL, f"box{number}@example.org")
        return b.PreservationRequested(
            measure="expedited-preservation",
            requesting=Contact("Ministerio Publico (bench)", "contact-point", DRAFTER, phone="351210000001"),
            offence=Offence("computer-related-fraud", "Penal code (bench) section 221", max_penalty_years=5),
            facts=facts,
            data=DataSought((target,), (DataCategory.CONTENT, DataCategory.TRAFFIC), AUTUMN),
            link_to_offence="The mailbox was the destination of the redirected invoices.",
            custodian=PROVIDER,
            necessity="The provider deletes access logs after seven days.",
            intends_mutual_assistance=True,
        )

    room = BODY_BYTES - len(msgspec.json.encode(body("")))
    return body(text(room))


def _count(look: "psycopg.Connection[tuple[object, ...]]") -> int:
    row = look.execute(_DONE).fetchone()
    return int(str(row[0])) if row else 0


def _receipted(look: "psycopg.Connection[tuple[object, ...]]", act: ActId) -> bool:
    row = look.execute(_DONE_ONE, [bytes.fromhex(act)]).fetchone()
    return bool(row and row[0])


def own_clocks(federation: Federation) -> None:
    """The nodes, not yet started, will go by the machine's clock: one that can be moved costs a look at a file each time."""
    for authority in NODES:
        settings = federation.endpoints[authority].folder / SETTINGS_FILE
        settings.write_text(re.sub(r"(?m)^unsafe_clock_offset_file = .*\n", "", settings.read_text()))


class CountingRelay:
    """Stands where the directory says a node is, passes everything on, and counts the bytes of each exchange.

    An exchange begins when the caller sends after having been answered, so it is a request with its answer.
    """

    def __init__(self, listen: int, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", listen))
        self._lock = threading.Lock()
        self.exchanges: list[tuple[str, list[int]]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def of(self, path: str) -> list[tuple[int, int]]:
        """Bytes to the node and back, of every exchange whose request names that path."""
        with self._lock:
            return [(sizes[0], sizes[1]) for line, sizes in self.exchanges if path in line and sizes[1]]

    def close(self) -> None:
        """Takes no more callers."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            try:
                node = socket.create_connection(("127.0.0.1", self._to))
            except OSError:  # the node is not up yet: whoever calls tries again
                caller.close()
                continue
            state: list[list[int]] = []
            for source, sink, way in ((caller, node, 0), (node, caller, 1)):
                threading.Thread(target=self._pass, args=(source, sink, way, state), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, way: int, state: list[list[int]]) -> None:
        try:
            while portion := source.recv(1 << 16):
                with self._lock:
                    self._note(portion, way, state)
                sink.sendall(portion)
        except OSError:
            pass
        finally:
            for each in (source, sink):
                each.close()

    def _note(self, portion: bytes, way: int, state: list[list[int]]) -> None:
        if way == 0 and (not state or state[-1][1]):
            state.append([0, 0])
            self.exchanges.append((portion.split(b"\r\n", 1)[0].decode("latin-1"), state[-1]))
        state[-1][way] += len(portion)


def read_again(federation: Federation, authority: AuthorityId) -> tuple[int, float]:
    """The node is started under a law with another limit: how many cases it then reads again, and in how many seconds."""
    node = federation.endpoints[authority].folder
    log, read = node / "node.log", re.compile(r"(\d+) cases were read again under the law \w+ in ([0-9.]+) seconds")
    federation.kill(authority)
    (node / OWN_LAW).mkdir()
    (node / OWN_LAW / _CHANGED).write_bytes(packaged_files()[_CHANGED].replace(b'limit = "P60D"', b'limit = "P61D"'))
    federation.start([authority])
    while not (found := read.search(log.read_text())):
        if not federation.alive(authority):
            raise SystemExit(f"{authority} ended: see {log}")
        time.sleep(0.1)
    return int(found[1]), float(found[2])


def resident(pid: int) -> float:
    """Megabytes (10^6) of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024 / 1e6


def idle_memory(federation: Federation, authority: AuthorityId, seconds: float) -> float:
    """What a node that was just started, and has nothing to do, holds after so long."""
    federation.kill(authority)
    federation.start([authority])
    time.sleep(seconds)
    return resident(federation.pid(authority))
