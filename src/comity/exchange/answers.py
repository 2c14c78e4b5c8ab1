"""The answer to one envelope, readable only by whoever sealed that envelope (essay: `comity.exchange.envelope`)."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta, Struct

from comity.acts.receipt_format import ActRejected, DeliveryAnswer, GivenReceipt, SealedReceipt
from comity.exchange.bundle import ACTS_LIMIT, Bundle
from comity.exchange.compression import deflate, inflate
from comity.exchange.dictionaries import ANSWER_DICTIONARY
from comity.exchange.envelope import OpenedEnvelope, SealedEnvelope
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest
from comity.vocabulary.wire import b64url, from_b64url, tagged_hash

MAGIC = b"CMTA"
VERSION = 1
SALT_BYTES = 32
HEADER_BYTES = len(MAGIC) + 1 + SALT_BYTES

ANSWER_LIMIT = 4 << 20
"""Bytes of an answer, before and after inflation: 512 acts with a receipt, a proof and ten witnesses each fit twice."""

REPLY_KEY_LIFE = timedelta(minutes=10)
"""How long an answer may take. After that the POST counts as lost, and the acts are sent anew under another key."""

_TAG_BYTES = 16
_KEY_BYTES = 32
_NONCE_BYTES = 12
_HASH_BYTES = 32
_WHAT_LIMIT = 500

_CarriedId = Annotated[bytes, Meta(min_length=_HASH_BYTES, max_length=_HASH_BYTES)]
_KNOWN_CODES = frozenset(ErrorCode)
_Many = Meta(max_length=ACTS_LIMIT)


class _CarriedReceipt(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    payload: bytes
    protected: bytes
    signature: bytes
    class_salts: Annotated[tuple[_CarriedId, ...], _Many]


class _CarriedRejection(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """`code` is open here: a newer peer's code must not make its whole answer unreadable."""

    act: _CarriedId
    code: Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,62}\Z")]
    what: Annotated[str, Meta(max_length=_WHAT_LIMIT)]
    retry: bool


class _CarriedAnswer(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Append only, with defaults: the order of the fields is the format. Counts are refused before elements are built."""

    receipts: Annotated[tuple[_CarriedReceipt, ...], _Many]
    waiting: Annotated[tuple[_CarriedId, ...], _Many]
    rejected: Annotated[tuple[_CarriedRejection, ...], _Many]


class _AnswerKey(Struct, frozen=True):
    key: bytes
    nonce: bytes


def seal_answer(answer: DeliveryAnswer, *, envelope: OpenedEnvelope, salt: bytes) -> bytes:
    """The answer's bytes, for the HTTP response to this envelope and nothing else.

    `salt` is 32 bytes that were never used before, not even for another answer to the same envelope. Raises
    `BrokenInputError` (malformed, oversized) for an answer that cannot be carried.
    """
    if len(salt) != SALT_BYTES:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a salt has another length", found=f"{len(salt)} bytes", expected=f"{SALT_BYTES} bytes"
        )
    plain = msgspec.msgpack.encode(_carry(answer))
    _read(plain)
    derived = _answer_key(envelope.bundle, envelope.digest, salt)
    header = MAGIC + bytes([VERSION]) + salt
    return header + ChaCha20Poly1305(derived.key).encrypt(derived.nonce, deflate(plain, ANSWER_DICTIONARY), header)


def open_answer(data: bytes, *, bundle: Bundle, envelope: SealedEnvelope, at: datetime) -> DeliveryAnswer:
    """The peer's answer to an envelope that this node sealed from this bundle.

    1. It came within `REPLY_KEY_LIFE` of the bundle's `sent_at`, both by this node's clock.
    2. Its size is possible, and it is an answer of the one version this node reads.
    3. It decrypts under the key of exactly this envelope, for the way back.
    4. It inflates within `ANSWER_LIMIT` to exactly one answer in its one encoding.

    What the answer claims is proven by its receipts (`comity.exchange.receipts`), not by having been decrypted. Raises
    `BrokenInputError`: key-not-valid (1), oversized (2, 4), malformed (2, 4), cannot-decrypt (3).
    """
    # 1
    if at - bundle.sent_at > REPLY_KEY_LIFE:
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID,
            "the reply key has expired",
            found=f"an answer after {at - bundle.sent_at}",
            expected=f"within {REPLY_KEY_LIFE}",
            do="send the acts again in a new envelope",
        )
    # 2
    _require_form(data)
    # 3
    derived = _answer_key(bundle, envelope.digest, data[HEADER_BYTES - SALT_BYTES : HEADER_BYTES])
    try:
        pressed = ChaCha20Poly1305(derived.key).decrypt(derived.nonce, data[HEADER_BYTES:], data[:HEADER_BYTES])
    except InvalidTag:
        raise BrokenInputError(
            ErrorCode.CANNOT_DECRYPT,
            "the answer does not open",
            found=f"{len(data)} bytes",
            expected="an unaltered answer to this very envelope",
        ) from None
    # 4
    return _release(_read(inflate(pressed, ANSWER_DICTIONARY, limit=ANSWER_LIMIT)))


def _answer_key(bundle: Bundle, envelope: Digest, salt: bytes) -> _AnswerKey:
    """Key separation by HKDF (RFC 5869): another envelope, party, direction or answer has an unrelated key and nonce."""
    ways = (bundle.recipient.encode(), bundle.sender.encode())
    info = tagged_hash("comity-answer-v1", MAGIC + bytes([VERSION]), bytes.fromhex(envelope), *ways)
    derived = HKDF(hashes.SHA256(), _KEY_BYTES + _NONCE_BYTES, salt=salt, info=info).derive(bundle.reply_key)
    return _AnswerKey(derived[:_KEY_BYTES], derived[_KEY_BYTES:])


def _require_form(data: bytes) -> None:
    if len(data) > ANSWER_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "the answer is too large",
            found=f"{len(data)} bytes",
            expected=f"at most {ANSWER_LIMIT}",
        )
    if len(data) <= HEADER_BYTES + _TAG_BYTES or data[: len(MAGIC)] != MAGIC or data[len(MAGIC)] != VERSION:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "this is no answer this node reads",
            found=f"{len(data)} bytes, {data[: len(MAGIC) + 1].hex()}",
            expected=(MAGIC + bytes([VERSION])).hex(),
        )


def _read(plain: bytes) -> _CarriedAnswer:
    if len(plain) > ANSWER_LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, "the answer is too large", found=f"{len(plain)} bytes")
    try:
        carried = msgspec.msgpack.decode(plain, type=_CarriedAnswer)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no answer", found=str(error)) from None
    if msgspec.msgpack.encode(carried) != plain:
        raise BrokenInputError(ErrorCode.MALFORMED, "the answer is not in its one encoding")
    return carried


def _carry(answer: DeliveryAnswer) -> _CarriedAnswer:
    """As with acts: raw bytes instead of base64url and hexadecimal, which deflate cannot undo."""
    return _CarriedAnswer(
        tuple(
            _CarriedReceipt(
                from_b64url(r.sealed.payload),
                from_b64url(r.sealed.protected),
                from_b64url(r.sealed.signature),
                tuple(map(bytes.fromhex, r.class_salts)),
            )
            for r in answer.receipts
        ),
        tuple(map(bytes.fromhex, answer.waiting)),
        tuple(_CarriedRejection(bytes.fromhex(r.act), r.code, r.what[:_WHAT_LIMIT], r.retry) for r in answer.rejected),
    )


def _release(carried: _CarriedAnswer) -> DeliveryAnswer:
    return DeliveryAnswer(
        tuple(
            GivenReceipt(
                SealedReceipt(b64url(r.payload), b64url(r.protected), b64url(r.signature)),
                tuple(salt.hex() for salt in r.class_salts),
            )
            for r in carried.receipts
        ),
        tuple(act.hex() for act in carried.waiting),
        tuple(map(_rejection, carried.rejected)),
    )


def _rejection(carried: _CarriedRejection) -> ActRejected:
    if carried.code in _KNOWN_CODES:
        return ActRejected(carried.act.hex(), ErrorCode(carried.code), carried.what, carried.retry)
    what = f"{carried.code}, a code not known here: {carried.what}"
    return ActRejected(carried.act.hex(), ErrorCode.UNKNOWN_TYPE, what, retry=False)
