"""A mini-federation from seeds that everybody can read: real keys, seals, approvals, ledgers, receipts and dossiers.

`pt` asks, `de` grants, `provider` holds, `oversight` witnesses. Loaded by the conftest beside it.
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from comity.acts import bodies as b
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import LeftOut, Portion, Removed, StoredObject, Withheld
from comity.acts.payload import Author, Payload, act_id, write_payload
from comity.acts.receipt_format import Receipt, ReceivedAct
from comity.acts.redaction_bodies import ItemRedacted
from comity.acts.rules import NEEDS_APPROVAL
from comity.evidence.archive import bag
from comity.evidence.archive.write import ArchiveWriter
from comity.evidence.checks.verdicts import Report
from comity.evidence.checks.verify import verify_dossier
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import (
    ActDirection,
    ActLine,
    ActOnFile,
    DossierHeader,
    DossierItem,
    ExhibitSeal,
    KeptOut,
    LedgerPlace,
)
from comity.evidence.dossier.provenance import provenance
from comity.evidence.dossier.story import ClockRow, Story, index_text, tell
from comity.evidence.dossier.write import DerivedContents, DossierContents, write_dossier
from comity.evidence.items.descriptors import ItemDescriptor, frame, unframe
from comity.evidence.items.exhibit_seal import BoundSegment, binding_root, item_leaf
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, sign_checkpoint
from comity.ledger.cosignatures import cosign
from comity.ledger.entries import Entry, class_commitment
from comity.ledger.origins import log_key, log_origin, witness_key
from comity.ledger.tree import StoredTree
from comity.trust.anchors import PinnedWitness, TrustAnchor, WitnessPolicy, trust_anchor
from comity.trust.directory_format import (
    AuthorityEntry,
    AuthorityKind,
    DatedCertificate,
    DatedKey,
    OfficeEntry,
    OfficerEntry,
)
from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.trust.directory_tuf import verify_directory
from comity.trust.keys import SealKey, SigningKey, seal_certificate
from comity.trust.receipts import seal_receipt
from comity.trust.seals import read_sealed, seal, write_sealed
from comity.trust.software_authenticator import UnsafeSoftwareAuthenticator
from comity.vocabulary.categories import DataCategory, OfficeKind, RemovalKind, RemovalReason, Urgency
from comity.vocabulary.wire import b64url, encode

T = TypeVar("T")

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READ = datetime(2026, 9, 1, tzinfo=UTC)
PLACES = {"pt": "PT", "de": "DE", "provider": "DE", "oversight": "PT"}
CASE = "c0" * 16


def seed(*names: object) -> bytes:
    return hashlib.sha256(" ".join(map(str, names)).encode()).digest()


def device(realm: str, officer: str) -> UnsafeSoftwareAuthenticator:
    rp_id = f"approve.{officer.split('.', maxsplit=1)[0]}.example"
    return UnsafeSoftwareAuthenticator(seed(realm, officer), rp_id=rp_id, origin=f"https://{rp_id}")


def _certificate_of(made: bytes, name: str) -> bytes:
    until = datetime(2029, 1, 1, tzinfo=UTC)
    return seal_certificate(made, name, not_before=FOUNDED, not_after=until, serial=1)


def _entry(realm: str, name: str) -> AuthorityEntry:
    officers = tuple(
        OfficerEntry(
            id=f"{name}.{who}",
            offices=("desk", "court"),
            credentials=(device(realm, f"{name}.{who}").credential(valid_from=FOUNDED),),
        )
        for who in ("costa", "silva")
    )
    return AuthorityEntry(
        id=name,
        name=f"Authority {name}",
        country=PLACES[name],
        kinds=(AuthorityKind.PROVIDER if name == "provider" else AuthorityKind.STATE,),
        endpoint=f"https://{name}.example/exchange",
        time_zone="Europe/Lisbon",
        calendar=PLACES[name],
        languages=("en",),
        offices=(OfficeEntry(id="desk", kind=OfficeKind.PROSECUTOR), OfficeEntry(id="court", kind=OfficeKind.JUDGE)),
        officers=officers,
        seal_certificates=(
            DatedCertificate(der=b64url(_certificate_of(seed(realm, name, "seal"), name)), valid_from=FOUNDED),
        ),
        ledger_keys=(DatedKey(public=b64url(SigningKey(seed(realm, name, "ledger")).public), valid_from=FOUNDED),),
        witness_keys=(DatedKey(public=b64url(SigningKey(seed(realm, name, "witness")).public), valid_from=FOUNDED),),
    )


@dataclass
class Node:
    """One authority's ledger and files."""

    name: str
    entries: list[Entry] = field(default_factory=list)
    lines: list[ActLine] = field(default_factory=list)

    def tree(self) -> StoredTree:
        return StoredTree([entry.leaf_hash() for entry in self.entries])


class Exhibit:
    """Items of one hold as `pt` holds them; contents are made, not stored. `given` of them, from `first` on, were handed over.

    A hold that is disclosed in parts has an exhibit for each, with its `portion`; all `granted` items have contents.
    """

    def __init__(
        self,
        name: str,
        total: int,
        given: int,
        *,
        content: Callable[[int], bytes],
        first: int = 0,
        granted: int = 0,
        portion: Portion | None = None,
    ) -> None:
        self.hold_exhibit = seed("hold", name)[:16].hex()
        self.exhibit = seed("exhibit", name, *([first] if first else []))[:16].hex()
        self.portion = portion
        self.reopened: tuple[Withheld, ...] = ()
        last, granted = first + given, granted or first + given
        self.contents = [content(number) for number in range(first, last)]
        self._items: list[DossierItem] = []
        self.kept_out: tuple[KeptOut, ...] = ()
        described = [
            self._describe(name, number, content(number) if number < granted else b"-") for number in range(total)
        ]
        halves = (described[: total // 2], described[total // 2 :])
        trees = [StoredTree([item_leaf(salt, framed) for framed, salt in half]) for half in halves]
        self.segments = tuple(BoundSegment(tree.root(), tree.size) for tree in trees)
        self.root = binding_root(self.segments)
        for number in range(first, last):
            segment, leaf = (0, number) if number < len(halves[0]) else (1, number - len(halves[0]))
            framed, salt = described[number]
            path = trees[segment].inclusion_path(leaf)
            self._items.append(DossierItem(number - first, framed, salt, segment, leaf, path))

    @staticmethod
    def _describe(name: str, number: int, content: bytes) -> tuple[bytes, bytes]:
        descriptor = ItemDescriptor(
            name=f"mailbox/{number:05}.eml" if number else "mailbox/\u202egnp.exe\x1b[31m/../../passwd",
            size=len(content),
            sha256=hashlib.sha256(content).digest(),
            media_type="message/rfc822",
            category=DataCategory.CONTENT,
            first=BEGAN - timedelta(days=30 - number % 20),
            last=BEGAN - timedelta(days=30 - number % 20),
        )
        return frame(descriptor), seed("salt", name, number)

    @property
    def seal(self) -> ExhibitSeal:
        size = sum(map(len, self.contents))
        return ExhibitSeal(
            self.exhibit, self.hold_exhibit, self.root.hex(), self.segments, len(self._items), size, self.kept_out
        )

    def keep_out(self, number: int) -> None:
        """The item is not shown in the dossier any more; those behind it get the number before."""
        gone = self._items.pop(number)
        del self.contents[number]
        self._items = [msgspec.structs.replace(each, number=at) for at, each in enumerate(self._items)]
        self.kept_out += (KeptOut(gone.leaf_hash().hex(), gone.segment, gone.leaf, gone.path),)

    def items(self) -> Iterator[DossierItem]:
        return iter(self._items)

    def content(self, number: int) -> Iterator[bytes]:
        yield from (self.contents[number][:7], self.contents[number][7:])


class Federation:
    """Four authorities under one root, and the acts they exchange. `realm` makes another federation, keys and all."""

    def __init__(self, realm: str = "real") -> None:
        self.realm = realm
        founder = DirectoryFounder(derived_seeds(seed(realm, "root"), ("pt", "de")))
        entries = [_entry(realm, name) for name in PLACES]
        self.edition = founder.found(
            entries, expires=datetime(2026, 6, 1, tzinfo=UTC), root_expires=datetime(2030, 1, 1, tzinfo=UTC)
        )
        self.directory = verify_directory(self.edition.files, root=self.edition.root, at=BEGAN)
        self.nodes = {name: Node(name) for name in PLACES}
        self.sealed: dict[str, bytes] = {}
        self.receipts: dict[tuple[str, str], bytes] = {}
        self.rotations: dict[str, bytes] = {}
        self.exhibits: dict[str, Exhibit] = {}
        self.derived: dict[str, bytes] = {}
        self.left_out: tuple[LeftOut, ...] = ()
        self.now = BEGAN
        self.twists: dict[type, dict[str, object]] = {}
        self.approve_instead = ""
        self._keys: dict[tuple[str, str], int] = {}
        self._nonce = 0

    def key_seed(self, name: str, kind: str) -> bytes:
        """The seed of a node's present key of that kind; the first has no number."""
        number = self._keys.get((name, kind), 0)
        return seed(self.realm, name, kind, number) if number else seed(self.realm, name, kind)

    def seal_key(self, name: str) -> SealKey:
        made = self.key_seed(name, "seal")
        return SealKey(made, _certificate_of(made, name))

    def rotate(self, name: str, kind: str) -> str:
        """Replaces a node's key by an act under the old seal; the act is among the rotations of every dossier."""
        self.now += timedelta(minutes=1)
        old_seal = self.seal_key(name)
        self._keys[name, kind] = self._keys.get((name, kind), 0) + 1
        fresh = self.key_seed(name, kind)
        certificate = b64url(_certificate_of(fresh, name)) if kind == "seal" else ""
        body = b.KeyRotated(kind, b64url(SigningKey(fresh).public), self.now, certificate)
        act, sealed = self.sealed_act(name, body, sealer=old_seal)
        self.rotations[act] = sealed
        return act

    def sealed_act(
        self,
        issuer: str,
        body: b.AnyBody,
        *,
        to: tuple[str, ...] = (),
        re: tuple[str, ...] = (),
        author: str = "costa",
        approver: str | None = "silva",
        office: str = "desk",
        at: datetime | None = None,
        directory: int = 1,
        sealer: SealKey | None = None,
    ) -> tuple[str, bytes]:
        """An act's id and its sealed bytes; approved where its kind needs it, in that office."""
        self._nonce += 1
        kind = ActType(body.__struct_config__.tag)
        payload = write_payload(
            Payload(
                v=1,
                issuer=issuer,
                to=to,
                case=CASE,
                nonce=seed(self.realm, "nonce", self._nonce)[:16].hex(),
                at=at or self.now,
                directory=directory,
                re=re,
                act=ActClass(kind, "CETS185", Urgency.URGENT),
                seals=("EdDSA",),
                author=Author(f"{issuer}.{author}", "desk"),
                body=body,
            )
        )
        name, approvals = act_id(payload), ()
        if approver and kind in NEEDS_APPROVAL:
            officer = f"{issuer}.{approver}"
            approved = self.approve_instead or name
            approvals = (device(self.realm, officer).approve(approved, "approve", officer=officer, office=office),)
        key = sealer or self.seal_key(issuer)
        return name, write_sealed(seal(payload, key, at=at or self.now, approvals=approvals))

    def act(self, issuer: str, body: b.AnyBody, *, enclosing: tuple[str, ...] = (), **about: object) -> str:
        """Seals an act, files it at its issuer and its addressees, and keeps their receipts."""
        self.now += timedelta(minutes=1)
        about |= self.twists.get(type(body), {})
        name, sealed = self.sealed_act(issuer, body, **about)  # type: ignore[arg-type]
        self.sealed[name] = sealed
        self._file(issuer, name, ActDirection.ISSUED)
        for peer in about.get("to", ()):  # type: ignore[attr-defined]
            for other in enclosing:
                if all(line.act != other for line in self.nodes[peer].lines):
                    self._file(peer, other, ActDirection.ENCLOSED)
            self._file(peer, name, ActDirection.RECEIVED)
            self.receipts[name, peer] = self.receipt(name, peer, issuer)
        return name

    def _file(self, name: str, act: str, direction: ActDirection) -> None:
        node = self.nodes[name]
        number = len(node.entries)
        entry = Entry(act, _class_of(self.sealed[act]), seed(name, "salt", number), seed(name, "class", number))
        node.entries.append(entry)
        node.lines.append(ActLine(act, direction, self.now))

    def on_file(self, name: str) -> list[ActOnFile]:
        """The acts that a node has, as its dossier has them."""
        opened = [(line, read_sealed(self.sealed[line.act])) for line in self.nodes[name].lines]
        return [ActOnFile(line.act, act.payload, line.direction, line.filed_at, act.sealed_at) for line, act in opened]

    def receipt(self, act: str, receiver: str, sender: str) -> bytes:
        node = self.nodes[receiver]
        index = next(place for place, entry in enumerate(node.entries) if entry.act == act)
        entry, tree = node.entries[index], node.tree()
        commitment = class_commitment(entry.class_salt, entry.act_class).hex()
        receipt = Receipt(
            receiver=receiver,
            sender=sender,
            received_at=self.now,
            first=index,
            acts=(ReceivedAct(act, entry.salt.hex(), commitment),),
            checkpoint=self.head(receiver, tree).encode(),
            proof=tuple(node.hex() for node in tree.range_proof(index, 1)),
        )
        return encode(seal_receipt(receipt, self.seal_key(receiver), at=self.now))

    def head(self, name: str, tree: StoredTree) -> SignedCheckpoint:
        key = SigningKey(self.key_seed(name, "ledger"))
        origin = log_origin(name)
        return sign_checkpoint(Checkpoint(origin, tree.size, tree.root()), log_key(origin, key.public), key.sign)

    def witnessed(self, name: str, witnesses: tuple[str, ...] = ("oversight", "de"), at: datetime | None = None) -> str:
        """The head of a ledger with cosignatures."""
        signed = self.head(name, self.nodes[name].tree())
        lines = []
        for witness in witnesses:
            key = SigningKey(self.key_seed(witness, "witness"))
            seconds = int((at or self.now).timestamp())
            lines.append(cosign(signed.checkpoint, witness_key(witness, key.public), key.sign, seconds))
        return signed.with_signatures(tuple(lines)).encode()

    def anchor(self, threshold: int = 2) -> TrustAnchor:
        pinned = tuple(
            PinnedWitness(f"comity/{name}/witness", b64url(SigningKey(seed(self.realm, name, "witness")).public))
            for name in ("oversight", "de")
        )
        return trust_anchor(self.edition.root, WitnessPolicy(threshold, pinned))

    def places(self, name: str) -> tuple[LedgerPlace, ...]:
        node = self.nodes[name]
        tree = node.tree()
        return tuple(
            LedgerPlace(
                entry.act,
                index,
                entry.salt.hex(),
                class_commitment(entry.class_salt, entry.act_class).hex(),
                tuple(each.hex() for each in tree.inclusion_path(index)),
            )
            for index, entry in enumerate(node.entries)
        )

    def redact(
        self, exhibit: str, number: int, *, provisional: bool = False, copy: bytes = b"", **twist: object
    ) -> str:
        """`pt` makes a redacted copy of an item of one of its exhibits; gives the copy's name."""
        item = list(self.exhibits[exhibit].items())[number]
        copy = copy or f"[removed: third-party] {len(self.derived)}\n".encode()
        derived = seed("derived", len(self.derived))[:16].hex()
        body = ItemRedacted(
            exhibit=exhibit,
            item=item.leaf_hash().hex(),
            original=unframe(item.frame).sha256.hex(),
            derived=derived,
            digest=hashlib.sha256(copy).hexdigest(),
            size=len(copy),
            media_type="text/plain",
            stored=StoredObject(seed("stored", derived).hex(), 300),
            removed=(Removed(RemovalKind.WORDS, RemovalReason.THIRD_PARTY, 1),),
            provisional=provisional,
        )
        self.act("pt", msgspec.structs.replace(body, **twist))
        self.derived[derived] = copy
        if provisional:
            self.exhibits[exhibit].keep_out(number)
        return derived

    def export_act(self, digest: str, issuer: str = "pt") -> bytes:
        """The act that vouches for a payload manifest."""
        return self.sealed_act(issuer, b.DossierExported(digest, "trial", self.left_out), at=self.now)[1]

    def header(self, name: str = "pt") -> DossierHeader:
        return DossierHeader(
            v=1,
            case=CASE,
            authority=name,
            exported_at=self.now,
            acts=tuple(self.nodes[name].lines),
            exhibits=tuple(self.exhibits) if name == "pt" else (),
            directories=(1,),
            rotations=tuple(self.rotations),
            derived=tuple(self.derived) if name == "pt" else (),
        )

    def story(self, name: str = "pt", **more: object) -> Story:
        header = self.header(name)
        acts = {line.act: self.sealed[line.act] for line in header.acts}
        root = hashlib.sha256(self.edition.root).hexdigest()
        clock = ClockRow(
            "preservation at least 60 days",
            BEGAN,
            BEGAN + timedelta(days=60),
            "running",
            "Budapest Convention Art 29(7)",
        )
        exhibits = self.exhibits if name == "pt" else {}
        return tell(header, acts, self.directory, exhibits, root_digest=root, purpose="trial", clocks=(clock,), **more)

    def contents(self, name: str = "pt", pages: bytes = b"%PDF-1.7 not looked at by the checks") -> DossierContents:
        self.now += timedelta(minutes=1)
        header = self.header(name)
        acts = {line.act: self.sealed[line.act] for line in header.acts}
        story = self.story(name)
        exhibits = self.exhibits if name == "pt" else {}
        return DossierContents(
            header=header,
            acts=acts,
            receipts={
                key: sealed for key, sealed in self.receipts.items() if key[0] in acts and _issuer(acts, key[0]) == name
            },
            rotations=self.rotations,
            directories={1: self.edition.files},
            checkpoint=self.witnessed(name),
            places=self.places(name),
            exhibits=exhibits,
            pages=pages,
            index=index_text(story),
            provenance=provenance(story, acts, exhibits),
            derived={each: DerivedContents(len(self.derived[each]), (self.derived[each],)) for each in header.derived},
        )

    def dossier(self, name: str = "pt") -> bytes:
        target = io.BytesIO()
        write_dossier(target, self.contents(name), lambda digest: self.export_act(digest, name))
        return target.getvalue()

    def pack(self, files: Mapping[str, bytes], *, vouch: bool = True) -> bytes:
        """Packs files as an exporter would; unless it vouches for them, the export act stays what it is in `files`."""
        payload = {path: hashlib.sha256(data).digest() for path, data in files.items() if bag.is_payload(path)}
        manifest = b"".join(bag.manifest(sorted(payload.items())))
        header = msgspec.json.decode(files[layout.HEADER], type=DossierHeader)
        facts = bag.BagFacts(
            header.authority,
            header.case,
            header.exported_at,
            sum(len(data) for path, data in files.items() if bag.is_payload(path)),
            len(payload),
        )
        packed = {path: data for path, data in files.items() if bag.is_payload(path)}
        tags = {bag.DECLARATION: bag.DECLARATION_BYTES, bag.INFORMATION: bag.information(facts), bag.MANIFEST: manifest}
        if vouch:
            tags[layout.EXPORT_ACT] = self.export_act(hashlib.sha256(manifest).hexdigest(), header.authority)
        elif layout.EXPORT_ACT in files:
            tags[layout.EXPORT_ACT] = files[layout.EXPORT_ACT]
        digests = {path: hashlib.sha256(data).digest() for path, data in tags.items()}
        tags[bag.TAG_MANIFEST] = b"".join(bag.manifest(sorted(digests.items())))
        return zipped({bag.BASE + path: data for path, data in (packed | tags).items()})

    def verify(self, dossier: bytes, anchor: TrustAnchor | None = None) -> Report:
        return verify_dossier(io.BytesIO(dossier), anchor or self.anchor(), READ)


def _class_of(sealed: bytes) -> ActClass:
    return _payload(sealed).act


def _issuer(acts: Mapping[str, bytes], name: str) -> str:
    return _payload(acts[name]).issuer


def _payload(sealed: bytes) -> Payload:
    return read_sealed(sealed).payload


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A canonical archive of these files."""
    target = io.BytesIO()
    archive = ArchiveWriter(target)
    for name in sorted(files):
        archive.add(name, len(files[name]), (files[name],))
    archive.finish()
    return target.getvalue()
