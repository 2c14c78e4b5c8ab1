"""A real node, `provider`, over a real PostgreSQL; `de`, `pt` and `oversight` are played by hand with real keys.

One process has one database, so there is one real node. It is made once with a history (a hold, a hand-over, a disposed
case, a review), kept as a template, and every test gets a copy of its own: folder, keys, store and database.
"""

import dataclasses
import hashlib
import importlib.util
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from comity.acts import bodies as b
from comity.acts.classes import ActClass
from comity.acts.matters import DataSought, ScopePart
from comity.acts.payload import Author, Payload, act_id, type_of, write_payload
from comity.acts.receipt_format import DeliveryAnswer
from comity.acts.review_bodies import ReviewRequested
from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.keys.keyring import Keyring
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.adapters.postgres.embedded import EmbeddedCluster
from comity.bootstrap.founding import make_node
from comity.bootstrap.running import Node, open_node
from comity.casework.custody.dispose import CloseCase, DisposeCase, close, dispose
from comity.casework.custody.hand_over import Release, release
from comity.casework.custody.hold import TakeIn, take_into_hold
from comity.casework.ports.access import OfficerRef
from comity.casework.post.receive import receive
from comity.casework.post.send import deliver
from comity.casework.upkeep.checkpoint import checkpoint
from comity.casework.upkeep.duties import perform
from comity.casework.upkeep.standing import take_stand
from comity.config import load_settings
from comity.entrypoints.demo.cast import plan_of
from comity.entrypoints.demo.officers import Credentials
from comity.exchange.answers import open_answer, seal_answer
from comity.exchange.bundle import Bundle, class_of, sealed_payload
from comity.exchange.envelope import open_envelope, seal_envelope
from comity.exchange.hpke import HpkeCipher, HybridPublicKey
from comity.exchange.receipts import make_receipt
from comity.ledger.checkpoints import Checkpoint, sign_checkpoint
from comity.ledger.cosignatures import cosign
from comity.ledger.entries import Entry
from comity.ledger.origins import authority_of, epoch_of, log_key, log_origin, witness_key
from comity.ledger.tree import StoredTree
from comity.ledger.witness import Accepted, Conflict, Epochs, WitnessState, consider_epoch, read_add_checkpoint
from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.trust.seals import seal, write_sealed
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

ME = "provider"
PLAYED = ("de", "pt", "oversight")
DRAFTERS = {"de": "de.weber", "pt": "pt.silva"}
BUDAPEST = "CETS185"


class Played:
    """An authority played by hand: it issues acts, keeps a ledger, answers with receipts, and witnesses."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.down = False
        self.entries: list[Entry] = []
        self.acts: dict[str, bytes] = {}
        self.cosigned: dict[str, tuple[int, bytes, str]] = {}
        self.heads: dict[str, dict[int, bytes]] = {}
        self.origin = log_origin(name)
        self.arrivals = 0
        self._drawn = 0

    @property
    def keys(self) -> Keyring:
        folder = FileNodeKeys(self.world.folder / self.name / "keys")
        return Keyring(folder, self.name, self.world.directory, self.world.now)

    def random(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_128(f"{self.name} {self._drawn}".encode()).digest(count)

    def act(
        self, case: str, body: b.AnyBody, *, re=(), approver: str = "", to=(ME,), instrument: str = "", law=None
    ) -> bytes:
        """A sealed act, with an approval where an approver is named."""
        now = self.world.now()
        payload = write_payload(
            Payload(
                v=1,
                issuer=self.name,
                to=to,
                case=case,
                nonce=self.random(16).hex(),
                at=now,
                directory=self.world.directory().version,
                re=tuple(re),
                act=ActClass(type_of(body), instrument or (BUDAPEST if approver else "node"), Urgency.URGENT),
                seals=("EdDSA",),
                author=Author(DRAFTERS[self.name], OfficeKind.CONTACT_POINT.value) if approver else None,
                body=body,
                law=law,
            )
        )
        approvals = ()
        if approver:
            device = self.world.credentials.authenticator(self.name, approver)
            office = "judge" if approver == "de.richter" else "contact-point"
            approvals = (device.approve(act_id(payload), "approve", officer=approver, office=office),)
        sealed = write_sealed(seal(payload, self.keys.seal_key(), at=now, approvals=approvals))
        self.acts[act_id(payload)] = sealed
        return sealed

    def send(self, *acts: bytes) -> DeliveryAnswer:
        """What the real node answers to these acts."""
        bench = self.world.node.bench
        key = HybridPublicKey(self.world.directory().agreement_key(ME, self.world.now()))
        bundle = Bundle(self.name, ME, self.world.now(), self.random(32), acts, ())
        envelope = seal_envelope(bundle, recipient_key=key, cipher=HpkeCipher())
        return open_answer(receive(bench, envelope.data), bundle=bundle, envelope=envelope, at=self.world.now())

    def file(self, sealed: bytes) -> int:
        """Its own place in this ledger; the same act twice has one."""
        name = act_id(sealed_payload(sealed))
        known = next((place for place, entry in enumerate(self.entries) if entry.act == name), None)
        if known is not None:
            return known
        self.entries.append(Entry(name, class_of(sealed_payload(sealed)), self.random(32), self.random(32)))
        self.acts[name] = sealed
        return len(self.entries) - 1

    def answer(self, envelope: bytes) -> bytes:
        """Opens, files and receipts what the real node sends."""
        if self.down:
            raise BrokenInputError(ErrorCode.UNAVAILABLE, "the peer is down")
        opened = open_envelope(envelope, recipient=self.name, keys=self.keys.agreement_keys(), cipher=HpkeCipher())
        self.arrivals += len(opened.bundle.acts)
        places = [self.file(sealed) for sealed in opened.bundle.acts]
        tree = StoredTree([entry.leaf_hash() for entry in self.entries])
        key = self.keys.ledger_key()
        head = sign_checkpoint(
            Checkpoint(self.origin, tree.size, tree.root()), log_key(self.origin, key.public), key.sign
        ).encode()
        receipts = tuple(
            make_receipt(
                receiver=self.name,
                sender=ME,
                received_at=self.world.now(),
                first=place,
                entries=self.entries[place : place + 1],
                checkpoint=head,
                proof=tree.range_proof(place, 1),
                key=self.keys.seal_key(),
            )
            for place in places
        )
        return seal_answer(DeliveryAnswer(receipts, (), ()), envelope=opened, salt=self.random(32))

    def restore(self, size: int) -> bytes:
        """Its ledger comes back from a backup with so many leaves; the act that says so."""
        lost = len(self.entries)
        root = StoredTree([entry.leaf_hash() for entry in self.entries]).root()
        del self.entries[size:]
        self.origin = log_origin(self.name, 2)
        return self.act(self.world.house(self.name), b.LedgerRestored(size, lost, root.hex()))

    def witness(self, request: bytes) -> tuple[int, bytes]:
        """The answer to add-checkpoint, by the rules of the real witness."""
        if self.down:
            raise BrokenInputError(ErrorCode.UNAVAILABLE, "the witness is down")
        asked = read_add_checkpoint(request)
        head = asked.signed.checkpoint
        known = self.cosigned.get(head.origin)
        state = WitnessState(known[0], known[1]) if known else None
        keys = [log_key(head.origin, raw) for _, raw in self.world.directory().ledger_keys(authority_of(head.origin))]
        decided = consider_epoch(state, self._other_epochs(head), asked, keys)
        if isinstance(decided, Conflict):
            return 409, decided.body().encode()
        if not isinstance(decided, Accepted):
            return decided.status, decided.what.encode()
        key = self.keys.witness_key()
        line = cosign(head, witness_key(self.name, key.public), key.sign, int(self.world.now().timestamp()))
        self.cosigned[head.origin] = (head.size, head.root, asked.signed.with_signatures((line,)).encode())
        self.heads.setdefault(head.origin, {})[head.size] = head.root
        return 200, line.line().encode()

    def _other_epochs(self, head: Checkpoint) -> Epochs:
        owner, epoch = authority_of(head.origin), epoch_of(head.origin)
        heads = [self.heads.get(log_origin(owner, each), {}) for each in range(epoch - 1, 0, -1)]
        fitting = [
            max(size for size in each if size <= head.size) for each in heads if any(s <= head.size for s in each)
        ]
        ties = tuple(
            WitnessState(size, each[size])
            for size, each in zip(fitting, [h for h in heads if any(s <= head.size for s in h)], strict=True)
        )
        later = any(log_origin(owner, epoch + more) in self.heads for more in range(1, 5))
        return Epochs(ties, any(heads), later)


class HandPlayedPeers:
    """The port to other nodes, answered in this process."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def _at(self, endpoint: str) -> Played:
        directory = self._world.directory()
        name = next(each for each in directory.authorities if directory.authority(each).endpoint == endpoint)
        return self._world.played[name]

    def post_envelope(self, endpoint: str, envelope: bytes) -> bytes:
        return self._at(endpoint).answer(envelope)

    def add_checkpoint(self, endpoint: str, request: bytes) -> tuple[int, bytes]:
        return self._at(endpoint).witness(request)

    def seen_checkpoint(self, endpoint: str, origin: str) -> str | None:
        peer = self._at(endpoint)
        if peer.down:
            raise BrokenInputError(ErrorCode.UNAVAILABLE, "the witness is down")
        known = peer.cosigned.get(origin)
        return known[2] if known else None

    def pull(self, *_: object):
        raise BrokenInputError(ErrorCode.UNAVAILABLE, "nothing is pulled here")


class World:
    """The federation of a test. `folder` holds a folder for each authority."""

    def __init__(self, folder: Path, url: str, since: datetime) -> None:
        self.folder = folder
        self.url = url
        self.credentials = Credentials(b"operations" * 4, since - timedelta(minutes=1))
        self.played = {name: Played(self, name) for name in PLAYED}
        self.cases: dict[str, str] = {}
        self.known: dict[str, str] = {}

    def open(self) -> Node:
        """The real node, opened anew: as a start of its process does it, up to the stand it takes."""
        settings = load_settings(self.folder / ME)
        node = open_node(settings, self.url)
        bench = dataclasses.replace(node.bench, peers=HandPlayedPeers(self))
        self.node = dataclasses.replace(node, bench=bench)
        return self.node

    def stand(self):
        return take_stand(self.node.bench, self.node.settings.witnesses, self.node.mark)

    def directory(self):
        return self.node.bench.directory()

    def now(self) -> datetime:
        return self.node.bench.clock.now()

    def house(self, name: str) -> str:
        from comity.cases.house import house_case

        return house_case(name)

    @property
    def officer(self) -> OfficerRef:
        return OfficerRef("provider.lee", ME, {OfficeKind.PROVIDER_DESK.value: OfficeKind.PROVIDER_DESK})

    # What happens ---------------------------------------------------------------------------------------------------

    def order(self, case: str, email: str = "suspect@mail.example", law: str | None = None) -> str:
        """`de` orders a preservation; the act's id."""
        sought = DataSought(
            targets=(Target(TargetKind.EMAIL, email),),
            categories=(DataCategory.CONTENT, DataCategory.TRAFFIC),
            period=Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)),
        )
        body = b.PreservationOrdered("custodian-preservation", sought, 90, "The logs are overwritten after seven days.")
        return self.deliver_to_us("de", case, body, approver="de.brandt", law=law)

    def deliver_to_us(self, sender: str, case: str, body: b.AnyBody, **more) -> str:
        """The act's id, once the node has receipted it."""
        sealed = self.played[sender].act(case, body, **more)
        answer = self.played[sender].send(sealed)
        assert not answer.rejected, answer.rejected
        assert answer.receipts or answer.waiting
        return act_id(sealed_payload(sealed))

    def hold(self, order: str):
        """The node takes a small folder in under the order, and confirms."""
        source = self.folder / "source"
        if not source.exists():
            source.mkdir()
            for name in ("letter.txt", "ledger.csv", "photo.bin"):
                (source / name).write_bytes(hashlib.shake_128(name.encode()).digest(5000))
        return take_into_hold(self.node.bench, self.officer, TakeIn(order, str(source), "provider-desk"))

    def disclose(self, case: str, hold: str) -> str:
        """`de` orders a disclosure from the hold, the node hands over, `de` says that it received; the hand-over."""
        part = ScopePart("everything", tuple(DataCategory))
        body = b.DisclosureOrdered("production-order", hold, (part,))
        order = self.deliver_to_us("de", case, body, approver="de.richter", re=[hold])
        given = release(self.node.bench, self.officer, Release(order, "provider-desk"))
        return given.act

    def send_out(self) -> None:
        """Every outbox is emptied as far as it can be."""
        bench = self.node.bench
        for peer in bench.records.outbox.peers_with_work(bench.clock.now()):
            deliver(bench, peer)

    def publish(self):
        """A checkpoint, padded and witnessed."""
        settings = self.node.settings
        return checkpoint(
            self.node.bench,
            mark=self.node.mark,
            multiple=settings.padding_multiple,
            witnesses=settings.witnesses,
            threshold=settings.witness_threshold,
        )

    def close_and_dispose(self, case: str):
        bench = self.node.bench
        close(bench, self.officer, CloseCase(case, "provider-desk", "done"))
        return dispose(bench, self.officer, DisposeCase(case, "provider-desk", "retention-over"))

    def check(self, *, deep: bool = True):
        from comity.bootstrap.running import books
        from comity.casework.upkeep.check import check

        return check(self.node.bench, books(self.node), deep=deep)

    def execute(self, query: str, *arguments: object) -> int:
        """One statement on the node's tables behind its back; how many rows it changed."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, arguments).rowcount

    def value(self, query: str, *arguments: object):
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query, arguments).fetchone()
            return row and row[0]

    def objects(self) -> list[Path]:
        return sorted(path for path in (self.folder / ME / "evidence" / "objects").rglob("*") if path.is_file())


def wrong(results) -> dict[int, tuple[str, ...]]:
    """The checks that found something, by number."""
    return {each.number: each.problems for each in results if not each.ok}


@pytest.fixture(scope="session")
def what_is_wrong():
    return wrong


def made_world(folder: Path, url: str) -> World:
    """Four authorities, their directory, and the real node with a history."""
    now = datetime.now(UTC)
    (folder / "clock-offset").write_text("0")
    world = World(folder, url, now)
    names = (ME, *PLAYED)
    plans = {name: plan_of(name, 18000 + place, world.credentials) for place, name in enumerate(names)}
    entries = [make_node(folder / name, plan, now) for name, plan in plans.items()]
    founder = DirectoryFounder(derived_seeds(bytes(32), sorted({each.country.lower() for each in entries})))
    edition = founder.found(entries, expires=now + timedelta(days=365), root_expires=now + timedelta(days=900))
    published = folder / "directory"
    for name, data in edition.files.items():
        (published / name).parent.mkdir(parents=True, exist_ok=True)
        (published / name).write_bytes(data)
    files = DirectoryFiles(folder / ME / "directory")
    files.pin(edition.root)
    files.take(published, now)
    world.open()
    world.stand()
    return world


def live(world: World) -> None:
    """A hold and a hand-over, a disposed case, a review, a witnessed checkpoint."""
    case, gone = "a1" * 16, "d1" * 16
    order = world.order(case)
    taken = world.hold(order)
    world.publish()
    hand_over = world.disclose(case, taken.act)
    world.send_out()
    given = world.played["de"].acts[hand_over]
    body = msgspec.json.decode(sealed_payload(given), type=Payload).body
    from comity.evidence.items.exhibit_seal import objects_root

    received = b.ExhibitReceived(
        body.exhibit, hand_over, body.manifest.digest, objects_root(body.objects).hex(), body.items, opened=False
    )
    world.deliver_to_us("de", case, received, re=[hand_over], instrument=BUDAPEST)
    other = world.order(gone, "gone@mail.example")
    world.hold(other)
    world.send_out()
    world.close_and_dispose(gone)
    world.publish()
    size, root, _ = world.played["oversight"].cosigned[log_origin(ME)]
    review = ReviewRequested("without-validation", size, root.hex())
    asked = world.deliver_to_us("oversight", "e1" * 16, review)
    perform(world.node.bench, "e1" * 16)
    world.send_out()
    world.publish()
    world.cases = {"held": case, "gone": gone, "review": "e1" * 16}
    world.known = {"order": order, "hold": taken.act, "hand-over": hand_over, "review": asked}


@pytest.fixture(scope="module")
def template(cluster: EmbeddedCluster, django_over, tmp_path_factory) -> Iterator[World]:
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS node WITH (FORCE)")
        server.execute("DROP DATABASE IF EXISTS kept WITH (FORCE)")
    url = cluster.create_database("node", "node")
    with django_over(url):
        from django.db import connection

        from comity.adapters.postgres.schema import migrate

        migrate()
        world = made_world(tmp_path_factory.mktemp("template"), url)
        live(world)
        world.node.bench.case_keys.close()
        connection.close()
        with psycopg.connect(cluster.superuser_url(), autocommit=True) as server:
            server.execute("CREATE DATABASE kept TEMPLATE node OWNER node")
        yield world


@pytest.fixture
def world(template: World, cluster: EmbeddedCluster, tmp_path: Path) -> Iterator[World]:
    """The node with its history, in a folder and a database of this test's own."""
    from django.db import connection

    connection.close()
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS node WITH (FORCE)"))
        server.execute("CREATE DATABASE node TEMPLATE kept OWNER node")
    folder = tmp_path / "world"
    shutil.copytree(template.folder, folder)
    copy = World(folder, template.url, template.now())
    copy.credentials = template.credentials
    copy.cases, copy.known = template.cases, template.known
    for name, played in template.played.items():
        mine = copy.played[name]
        mine.entries, mine.acts, mine.cosigned = list(played.entries), dict(played.acts), dict(played.cosigned)
        mine.heads = {origin: dict(heads) for origin, heads in played.heads.items()}
        mine._drawn = played._drawn
    copy.open()
    copy.stand()
    yield copy
    copy.node.bench.case_keys.close()
    connection.close()


@pytest.fixture
def found(world, what_is_wrong):
    """The numbers of the checks that found something;"""

    def look(planted: int | None = 1, *, deep: bool = True) -> set[int]:
        assert planted != 0, "nothing was planted"
        return set(what_is_wrong(world.check(deep=deep)))

    return look


@pytest.fixture(scope="session")
def desk_server():
    """The module beside this file: the node behind its web server. Tests are no packages."""
    spec = importlib.util.spec_from_file_location("operations_desk_server", Path(__file__).with_name("desk_server.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def desk(world, desk_server):
    """The node answers officers over HTTP while the test runs."""
    with desk_server.serving(world) as serving:
        yield serving


@pytest.fixture
def refused_draft(world, desk_server):
    """A refusal of a request of `pt`, drafted by provider.lee and approved by nobody yet."""
    return desk_server.refuse(world)
