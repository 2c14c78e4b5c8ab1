"""A small federation for these tests: real keys, real acts, real ledgers, nothing random.

Tests get it as one object, because test modules do not import each other.
"""

import hashlib
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from comity.acts.bodies import (
    CaseClosed,
    ExhibitHandedOver,
    PreservationConfirmed,
    PreservationRequested,
)
from comity.acts.classes import ActClass, ActType
from comity.acts.custody_bodies import ItemOpened
from comity.acts.matters import Contact, DataSought, Offence, StoredObject
from comity.acts.payload import Author, Payload, act_id, write_payload
from comity.acts.receipt_format import DeliveryAnswer
from comity.acts.review_bodies import ReviewAnswered
from comity.acts.seal_format import Approval
from comity.exchange.bundle import Bundle, sealed_payload
from comity.exchange.envelope import open_envelope, seal_envelope
from comity.exchange.hpke import HpkeCipher, HybridPrivateKey, key_ring
from comity.exchange.receipts import make_receipt
from comity.ledger.checkpoints import Checkpoint, sign_checkpoint
from comity.ledger.entries import Entry
from comity.ledger.origins import log_key, log_origin
from comity.ledger.tree import StoredTree
from comity.trust.directory import Directory, DirectoryVersion, IndexedAuthority
from comity.trust.directory_format import AuthorityEntry, AuthorityKind, DatedCertificate, DatedKey
from comity.trust.keys import SealKey, SigningKey, seal_certificate
from comity.trust.seals import seal, write_sealed
from comity.vocabulary.categories import DataCategory, Urgency
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind
from comity.vocabulary.wire import b64url

AT = datetime(2026, 3, 4, 9, 12, 33, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)

FACTS = (
    "Between 24 and 27 February 2026 several residents of Lisbon received messages that appeared to come from their "
    "bank and led them to a copy of its site. Within hours about 118,000 euro left eleven accounts for wallets opened "
    "the same week. The login records of the bank show that the copy was administered from the account named here, "
    "created on 21 February and used daily since. The account holder has begun to delete mail; two victims saw sent "
    "items vanish on 3 March."
)


class Party:
    def __init__(self, name: str) -> None:
        self.name = name
        seeds = {use: hashlib.sha256(f"{name} {use}".encode()).digest() for use in ("seal", "ledger", "agreement")}
        der = seal_certificate(seeds["seal"], name, not_before=START, not_after=END, serial=7)
        self.sealer = SealKey(seeds["seal"], der)
        self.ledger_key = SigningKey(seeds["ledger"])
        self.agreement = HybridPrivateKey(seeds["agreement"] * 3)
        self.keys = key_ring([self.agreement])
        self.entries: list[Entry] = []

    def entry(self) -> AuthorityEntry:
        return AuthorityEntry(
            id=self.name,
            name=self.name.upper(),
            country="PT",
            kinds=(AuthorityKind.STATE,),
            endpoint=f"https://{self.name}.example",
            time_zone="Europe/Lisbon",
            calendar="PT",
            languages=("pt",),
            seal_certificates=(DatedCertificate(der=b64url(self.sealer.certificate), valid_from=START),),
            ledger_keys=(DatedKey(public=b64url(self.ledger_key.public), valid_from=START),),
            agreement_keys=(DatedKey(public=b64url(self.agreement.public.raw), valid_from=START),),
        )


class Federation:
    at = AT
    cipher = HpkeCipher()
    act_class = ActClass(ActType.CASE_CLOSED, "CETS185", Urgency.URGENT)

    def __init__(self) -> None:
        self.random = random.Random(5)
        self.pt, self.de, self.provider = Party("pt"), Party("de"), Party("provider")
        version = DirectoryVersion(
            number=3, digest=self.noise(32).hex(), expires=END, root=1, timestamp=1, roles={"pt": 1}
        )
        self.directory = Directory(
            version, {party.name: IndexedAuthority(party.entry()) for party in (self.pt, self.de, self.provider)}
        )

    def noise(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def payload(self, issuer: str = "pt", to: tuple[str, ...] = ("de",), body=None, author=None) -> Payload:
        body = body or CaseClosed(reason="done")
        return Payload(
            v=1,
            issuer=issuer,
            to=to,
            case=self.noise(16).hex(),
            nonce=self.noise(16).hex(),
            at=AT,
            directory=3,
            re=(),
            act=ActClass(ActType(body.__struct_config__.tag), "CETS185", Urgency.URGENT),
            seals=("EdDSA",),
            author=author,
            body=body,
        )

    def act(self, issuer: str = "pt", to: tuple[str, ...] = ("de",), body=None, **more) -> bytes:
        """A sealed act."""
        payload = write_payload(self.payload(issuer, to, body, more.pop("author", None)))
        sealer = getattr(self, issuer).sealer
        return write_sealed(seal(payload, sealer, at=AT + timedelta(seconds=40), **more))

    def id_of(self, sealed: bytes) -> str:
        return act_id(sealed_payload(sealed))

    def confirmation(self, *encloses: str) -> PreservationConfirmed:
        return PreservationConfirmed(
            exhibit=self.noise(16).hex(),
            root=self.noise(32).hex(),
            items=4,
            size=9000,
            effected_at=AT,
            at_least_until=AT + timedelta(days=60),
            encloses=encloses,
        )

    def hand_over(self, *objects: StoredObject) -> ExhibitHandedOver:
        return ExhibitHandedOver(
            exhibit=self.noise(16).hex(),
            hold_exhibit=self.noise(16).hex(),
            hold_root=self.noise(32).hex(),
            items=1,
            size=10,
            manifest=StoredObject(self.noise(32).hex(), 300),
            objects=objects,
            withheld=(),
            key="",
            order=self.noise(32).hex(),
        )

    def review(self, openings: StoredObject) -> ReviewAnswered:
        return ReviewAnswered(mark="urgent", size=9, openings=openings, key="", acts=2)

    def looked(self) -> ItemOpened:
        return ItemOpened(exhibit=self.noise(16).hex(), item=self.noise(32).hex(), purpose="analysis", reasons="")

    def request_body(self) -> PreservationRequested:
        """About 1.5 kB of JSON, written as an officer would; no two tell the same story."""
        words = FACTS.split()
        self.random.shuffle(words)
        return PreservationRequested(
            measure="expedited-preservation",
            requesting=Contact(
                organisation="Procuradoria-Geral da Republica",
                office="contact-point",
                person="Marta Costa",
                phone="+351213921900",
                email="ponto.contacto@pgr.example.pt",
                zone="Europe/Lisbon",
            ),
            offence=Offence("computer-related-fraud", "Artigo 221 do Codigo Penal; artigos 3 e 6 da Lei 109/2009", 8),
            facts=" ".join(words),
            data=DataSought(
                targets=(
                    Target(TargetKind.EMAIL, "r.almeida1987@mail.example.de"),
                    Target(TargetKind.IPV4, "198.51.100.23"),
                ),
                categories=(DataCategory.TRAFFIC, DataCategory.CONTENT),
                period=Period(datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)),
                description="Mailbox with attachments, and the access log",
            ),
            link_to_offence="The copy of the bank's site was administered from this account, and mail confirmed the proceeds.",
            custodian="provider",
            location="Data centre of the provider in Frankfurt am Main",
            necessity="Deletion has begun; the provider keeps access logs for no more than seven days.",
            intends_mutual_assistance=True,
        )

    def approval(self) -> Approval:
        """About 600 bytes, in the shape of a security key's assertion."""
        fields = {
            "type": "webauthn.get",
            "challenge": b64url(self.noise(32)),
            "origin": "https://approve.pt.comity.example",
            "crossOrigin": False,
        }
        client_data = json.dumps(fields, separators=(",", ":")).encode()
        authenticator_data = hashlib.sha256(b"approve.pt.comity.example").digest() + b"\x05" + (77).to_bytes(4)
        return Approval(
            officer="pt.silva",
            office="prosecutor",
            purpose="approve",
            credential=b64url(self.noise(64)),
            authenticator_data=b64url(authenticator_data),
            client_data=b64url(client_data),
            signature=b64url(self.noise(71)),
        )

    def author(self) -> Author:
        return Author("pt.costa", "contact-point")

    def bundle(self, *acts: bytes, enclosed: tuple[bytes, ...] = (), **changed) -> Bundle:
        fields = {
            "sender": "pt",
            "recipient": "de",
            "sent_at": AT,
            "reply_key": self.noise(32),
            "acts": acts or (self.act(),),
            "enclosed": enclosed,
        }
        return Bundle(**(fields | changed))

    def post(self, bundle: Bundle):
        """The bundle's envelope for `de`."""
        return seal_envelope(bundle, recipient_key=self.de.agreement.public, cipher=self.cipher)

    def arrive(self, data: bytes, me: str = "de"):
        """What the node `me` finds in an envelope."""
        return open_envelope(data, recipient=me, keys=getattr(self, me).keys, cipher=self.cipher)

    def file(self, party: Party, *acts: bytes) -> int:
        """Enter acts into a party's ledger; the place of the first."""
        first = len(party.entries)
        party.entries += [Entry(self.id_of(act), self.act_class, self.noise(32), self.noise(32)) for act in acts]
        return first

    def tree(self, party: Party) -> StoredTree:
        return StoredTree([entry.leaf_hash() for entry in party.entries])

    def checkpoint(self, party: Party, *, origin: str = "", key: SigningKey | None = None, size: int = 0, root=b""):
        """A signed head of the party's ledger, as a note; anything about it may be forged."""
        key = key or party.ledger_key
        origin = origin or log_origin(party.name)
        head = Checkpoint(origin, size or len(party.entries), root or self.tree(party).root())
        return sign_checkpoint(head, log_key(origin, key.public), key.sign).encode()

    def receipt(self, party: Party, first: int, count: int, **changed):
        """A sealed receipt for leaves of the party's ledger."""
        return self.given(party, first, count, **changed).sealed

    def given(self, party: Party, first: int, count: int, **changed):
        """The same with the salts that open the classes."""
        fields = {
            "receiver": party.name,
            "sender": "pt",
            "received_at": AT + timedelta(seconds=50),
            "first": first,
            "entries": party.entries[first : first + count],
            "checkpoint": self.checkpoint(party),
            "proof": self.tree(party).range_proof(first, count),
            "key": party.sealer,
        }
        return make_receipt(**(fields | changed))

    def answer(self, *receipts, waiting=(), rejected=()) -> DeliveryAnswer:
        return DeliveryAnswer(tuple(receipts), tuple(waiting), tuple(rejected))


@pytest.fixture
def world() -> Federation:
    return Federation()


@pytest.fixture(scope="session")
def still_world() -> Federation:
    """The same for properties that are tried many times; nothing may be changed in it."""
    return Federation()
