"""A peer that does whatever it likes: it has a node's own keys at hand, makes envelopes itself and posts them raw.

Every layer can be tampered with: the words of an act, its seals, the bundle, the envelope, the request. What comes back
is shown as it came: the HTTP status, the error's body, or the opened answer.
"""

import hashlib
import http.client
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from comity.acts import bodies as b
from comity.acts.classes import ActClass
from comity.acts.payload import Author, Payload, act_id, type_of, write_payload
from comity.acts.receipt_format import DeliveryAnswer, Receipt
from comity.acts.seal_format import Approval, SealedAct, SealSignature
from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.keys.node_key_format import KeyKind, public_of
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.cases.house import house_case
from comity.entrypoints.demo.cast import OFFICERS
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.exchange import bundle as packing
from comity.exchange.answers import open_answer
from comity.exchange.bundle import REPLY_KEY_BYTES, Bundle
from comity.exchange.compression import deflate
from comity.exchange.dictionaries import BUNDLE_DICTIONARY
from comity.exchange.envelope import MAGIC, VERSION, SealedEnvelope
from comity.exchange.hpke import HpkeCipher, HybridPublicKey, Purpose, binding
from comity.trust.directory import Directory
from comity.trust.jws import make_signature
from comity.trust.keys import SealKey
from comity.vocabulary.categories import OfficeKind, Urgency
from comity.vocabulary.wire import b64url, decode, from_b64url

EXCHANGE = "/exchange/envelopes"
_TIMEOUT = 60


@dataclass(frozen=True)
class Said:
    """What the node answered: `answer` for an envelope it opened, `error` for one it refused."""

    status: int
    answer: DeliveryAnswer | None = None
    error: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The error's code, or that of the one act that was rejected."""
        if self.answer is None:
            return self.error["code"]
        (rejected,) = self.answer.rejected
        return str(rejected.code)

    @property
    def what(self) -> str:
        """The error in words, or the words about the one act that was rejected."""
        if self.answer is None:
            return self.error["what"]
        (rejected,) = self.answer.rejected
        return rejected.what

    @property
    def receipted(self) -> tuple[str, ...]:
        """The acts that receipts were given for, in the order of the leaves."""
        return tuple(each.act for receipt in self.receipts for each in receipt.acts)

    @property
    def leaves(self) -> dict[str, int]:
        """Where each receipted act stands in the receiver's ledger."""
        return {each.act: receipt.first + place for receipt in self.receipts for place, each in enumerate(receipt.acts)}

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts, decoded."""
        assert self.answer is not None, self.error
        return tuple(decode(from_b64url(each.sealed.payload), Receipt, limit=1 << 22) for each in self.answer.receipts)


@dataclass
class HostilePeer:
    """Acts as the node `me` towards any other, with its keys and without its manners."""

    federation: Federation
    me: str
    agreement: dict[str, bytes]
    cipher: HpkeCipher = field(default_factory=HpkeCipher)
    _directory: Directory | None = None

    def now(self) -> datetime:
        """The time by the federation's clock, which tests move."""
        offset = int((self.federation.folder / "clock-offset").read_text())
        return datetime.now(UTC) + timedelta(seconds=offset)

    @property
    def directory(self) -> Directory:
        """The directory as founded; rotations by act are not in it."""
        if self._directory is None:
            files = DirectoryFiles(self.federation.endpoints[self.me].folder / "directory")
            self._directory = files.newest(datetime.now(UTC))
        return self._directory

    def in_force(self) -> Directory:
        """The directory with the rotations that have reached this node."""
        officer = next(name for name in OFFICERS[self.me] if OFFICERS[self.me][name] is not OfficeKind.POLICE)
        client = self.federation.officer(officer).client
        directory = self.directory
        for authority in directory.authorities:
            try:
                lines = client.get(f"/api/cases/{house_case(authority)}")["timeline"]
            except NodeRefusedError:
                continue
            for line in lines if isinstance(lines, list) else ():
                if line["type"] == "key-rotated":
                    said: Any = client.get(f"/api/acts/{line['act']}")["payload"]
                    body = msgspec.convert(said["body"], b.KeyRotated)
                    sealed_at = datetime.fromisoformat(said["at"])
                    directory = directory.with_rotation(authority, body, line["act"], sealed_at)
        return directory

    def key_folder(self) -> FileNodeKeys:
        """The node's own private keys."""
        return FileNodeKeys(self.federation.endpoints[self.me].folder / "keys")

    def seal_key(self) -> SealKey:
        """The seal key in force: the founding directory's, or that of a test which rotated it."""
        keys, certificate = self.key_folder(), self.directory.current_seal_certificate(self.me, self.now())
        if public_of(KeyKind.SEAL, keys.load().seal) != certificate.public_bytes:
            certificate = self.in_force().current_seal_certificate(self.me, self.now())
        private = keys.private(KeyKind.SEAL, certificate.public_bytes)
        assert private is not None
        return SealKey(private, certificate.der)

    # Acts ------------------------------------------------------------------------------------------------------------

    def payload(
        self,
        body: b.AnyBody,
        *,
        instrument: str,
        to: Sequence[str],
        case: str = "",
        re: Sequence[str] = (),
        author: tuple[str, str] | None = None,
        at: datetime | None = None,
        seals: tuple[str, ...] = ("EdDSA",),
        marks: tuple[str, ...] = (),
        urgency: Urgency = Urgency.URGENT,
    ) -> Payload:
        """A payload as a node would compose it, unless told otherwise."""
        return Payload(
            v=1,
            issuer=self.me,
            to=tuple(to),
            case=case or secrets.token_hex(16),
            nonce=secrets.token_hex(16),
            at=at or self.now(),
            directory=self.directory.version,
            re=tuple(re),
            act=ActClass(type_of(body), instrument, urgency, marks),
            seals=seals,
            author=Author(*author) if author else None,
            body=body,
        )

    def approval(self, payload: bytes, officer: str, office: str) -> Approval:
        """An officer's approval of these exact bytes."""
        device = self.federation._credentials.authenticator(self.me, officer)
        return device.approve(act_id(payload), "approve", officer=officer, office=office)

    def seal(
        self,
        payload: bytes | Payload,
        approvals: Sequence[Approval] = (),
        *,
        key: SealKey | None = None,
        at: datetime | None = None,
    ) -> SealedAct:
        """The act under one seal. Nothing is checked: any bytes are sealed, by any key, for any time."""
        data = payload if isinstance(payload, bytes) else write_payload(payload)
        text = b64url(data)
        made = make_signature(text, key or self.seal_key(), at=at or self.now(), approvals=tuple(approvals))
        return SealedAct(text, (made,))

    # Envelopes -------------------------------------------------------------------------------------------------------

    def bundle(self, to: str, *, sender: str = "", sent_at: datetime | None = None, recipient: str = "") -> Bundle:
        """An empty bundle: who, to whom, when, and the reply key."""
        key = secrets.token_bytes(REPLY_KEY_BYTES)
        return Bundle(sender or self.me, recipient or to, sent_at or self.now(), key, ())

    def send(
        self,
        to: str,
        *acts: SealedAct,
        enclosed: Sequence[SealedAct] = (),
        sender: str = "",
        recipient: str = "",
        sent_at: datetime | None = None,
        key: bytes = b"",
    ) -> Said:
        """Posts the acts, as they are and in this order, in one envelope to a node, under `key` if one is given."""
        bundle = self.bundle(to, sender=sender, sent_at=sent_at, recipient=recipient)
        return self.post_plain(to, bundle, pack_unchecked(bundle, acts, enclosed), key)

    def post_plain(self, to: str, bundle: Bundle, plain: bytes, key: bytes = b"") -> Said:
        """Posts these bytes as the content of an envelope, deflated and encrypted as they must be."""
        return self.post(to, bundle, self.envelope(to, deflate(plain, BUNDLE_DICTIONARY), key))

    def agreement_key(self, to: str) -> bytes:
        """The node's public agreement key: the founding directory's, until a test puts a newer one into `agreement`."""
        return self.agreement.get(to) or self.directory.agreement_key(to, self.now())

    def envelope(self, to: str, pressed: bytes, raw_key: bytes = b"") -> bytes:
        """An envelope to the node around any content."""
        key = HybridPublicKey(raw_key or self.agreement_key(to))
        info = binding(Purpose.ENVELOPE, to, key, MAGIC + bytes([VERSION]))
        return MAGIC + bytes([VERSION]) + key.key_id + self.cipher.encrypt(pressed, key, info)

    def post(self, to: str, bundle: Bundle, envelope: bytes, *, length: int | None = None) -> Said:
        """Posts these bytes; `length` is what the request says of itself."""
        status, body = post_raw(self.federation.endpoints[to].port, envelope, length=length)
        if status != http.client.OK:
            return Said(status, error=json.loads(body))
        sealed = SealedEnvelope(envelope, hashlib.sha256(envelope).hexdigest())
        return Said(status, open_answer(body, bundle=bundle, envelope=sealed, at=bundle.sent_at))


def pack_unchecked(bundle: Bundle, acts: Sequence[SealedAct], enclosed: Sequence[SealedAct] = ()) -> bytes:
    """A bundle's bytes before deflation, whatever is in it."""
    carried = packing._CarriedBundle(
        bundle.sender,
        bundle.recipient,
        bundle.sent_at,
        bundle.reply_key,
        tuple(map(_carried, acts)),
        tuple(map(_carried, enclosed)),
    )
    return msgspec.msgpack.encode(carried)


def _carried(act: SealedAct) -> Any:
    seals = tuple(packing._CarriedSeal(from_b64url(s.protected), from_b64url(s.signature)) for s in act.signatures)
    return packing._CarriedAct(from_b64url(act.payload), seals)


def named(act: SealedAct) -> str:
    """The act's id."""
    return act_id(from_b64url(act.payload))


def with_signature(act: SealedAct, signature: bytes) -> SealedAct:
    """The act with another signature value under the same header."""
    (first, *rest) = act.signatures
    return SealedAct(act.payload, (SealSignature(first.protected, b64url(signature)), *rest))


def post_raw(port: int, body: bytes, *, length: int | None = None) -> tuple[int, bytes]:
    """Status and body of one POST to the exchange; `length` is the Content-Length it claims."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.putrequest("POST", EXCHANGE)
        connection.putheader("Content-Type", "application/octet-stream")
        connection.putheader("Content-Length", str(len(body) if length is None else length))
        connection.endheaders()
        try:
            connection.send(body)
            if length is not None and length > len(body):
                connection.sock.shutdown(1)
        except OSError:
            pass  # the server may answer, and close, before it has read everything
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def eventually(done: Callable[[], Any], what: str, patience: float = 240) -> Any:
    """What `done` gives as soon as it is something."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = done()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {patience} seconds")
