"""What is inside an envelope: who sends what to whom, and how it becomes few bytes.

A sealed act travels as the bytes its seals cover, not as the JSON around them: base64url hides from deflate that two acts
say the same, and costs a third where they do not. The JSON is written again on arrival, byte for byte, because a node
keeps sealed acts only in the one form `comity.vocabulary.wire.encode` gives them; any other form is refused on sending.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from comity.acts.classes import ActClass
from comity.acts.payload import PAYLOAD_LIMIT, act_id
from comity.acts.seal_format import SealedAct, SealSignature
from comity.exchange.compression import deflate, inflate
from comity.exchange.dictionaries import BUNDLE_DICTIONARY
from comity.trust.seals import write_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import b64url, from_b64url

ACTS_LIMIT = 512
"""Acts in one bundle, and as many enclosed ones."""

BUNDLE_LIMIT = 8 << 20
"""Bytes of one bundle before deflation; larger than any single act can be."""

REPLY_KEY_BYTES = 32

_SEALS_LIMIT = 4


class Bundle(Struct, frozen=True, forbid_unknown_fields=True):
    """Acts on their way from one authority to another.

    `acts` are sealed acts as JSON (`comity.acts.seal_format.SealedAct`), in the order they are to be taken. `enclosed` are
    sealed acts of third parties that an act's body names in `encloses`: evidence that travels along, not addressed to the
    recipient and without effect of its own. `reply_key` is 32 fresh random bytes; the answer comes back under it.
    """

    sender: AuthorityId
    recipient: AuthorityId
    sent_at: Instant
    reply_key: bytes
    acts: tuple[bytes, ...]
    enclosed: tuple[bytes, ...] = ()


class ActHead(Struct, frozen=True):
    """The little that delivery must know of an act. Says nothing about whether the act is genuine or even readable."""

    act: ActId
    issuer: str = ""
    to: tuple[str, ...] = ()
    encloses: frozenset[ActId] = frozenset()


class _Encloses(Struct, frozen=True):
    encloses: tuple[str, ...] = ()


class _PayloadHead(Struct, frozen=True):
    """Unknown fields pass on purpose: a newer kind of act must not sink the batch it came in."""

    issuer: str
    to: tuple[str, ...]
    body: _Encloses


class _PayloadClass(Struct, frozen=True):
    act: ActClass


class _CarriedSeal(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    protected: bytes
    signature: bytes


class _CarriedAct(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    payload: bytes
    seals: Annotated[tuple[_CarriedSeal, ...], Meta(max_length=_SEALS_LIMIT)]


_CarriedActs = Annotated[tuple[_CarriedAct, ...], Meta(max_length=ACTS_LIMIT)]
"""Lengths stand before the elements in msgpack, so a count too large is refused before anything is built from it."""


class _CarriedBundle(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Append only, with defaults: the order of the fields is the format."""

    sender: AuthorityId
    recipient: AuthorityId
    sent_at: Instant
    reply_key: Annotated[bytes, Meta(min_length=REPLY_KEY_BYTES, max_length=REPLY_KEY_BYTES)]
    acts: Annotated[_CarriedActs, Meta(min_length=1)]
    enclosed: _CarriedActs


def pack(bundle: Bundle) -> bytes:
    """The bundle in few bytes. Acts that stand twice are sent once.

    Raises `BrokenInputError`: malformed for an act in another form than nodes keep, oversized beyond the limits, and
    whatever `unpack` would raise at the other end.
    """
    carried = _CarriedBundle(
        bundle.sender,
        bundle.recipient,
        bundle.sent_at,
        bundle.reply_key,
        tuple(_unwrap(act) for act in dict.fromkeys(bundle.acts)),
        tuple(_unwrap(act) for act in dict.fromkeys(bundle.enclosed)),
    )
    plain = msgspec.msgpack.encode(carried)
    _read(plain)
    return deflate(plain, BUNDLE_DICTIONARY)


def unpack(pressed: bytes) -> Bundle:
    """The bundle in these bytes, every act in it once.

    Raises `BrokenInputError`: oversized, or malformed for anything but exactly one bundle that keeps its own rules.
    """
    # 1. Size, and nothing after the end, before a single value is built.
    carried = _read(inflate(pressed, BUNDLE_DICTIONARY, limit=BUNDLE_LIMIT))
    # 2. Each act once; an act that is sent is not also enclosed.
    acts = _once(carried.acts)
    enclosed = _once(carried.enclosed)
    return Bundle(
        sender=carried.sender,
        recipient=carried.recipient,
        sent_at=carried.sent_at,
        reply_key=carried.reply_key,
        acts=tuple(map(_wrap, acts.values())),
        enclosed=tuple(_wrap(act) for name, act in enclosed.items() if name not in acts),
    )


def head(payload: bytes) -> ActHead:
    """What delivery must know of the act with this payload; all empty when the payload cannot be read."""
    try:
        found = msgspec.json.decode(payload, type=_PayloadHead)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ActHead(act_id(payload))
    return ActHead(act_id(payload), found.issuer, found.to, frozenset(found.body.encloses))


def class_of(payload: bytes) -> ActClass:
    """The class of one of this node's own acts, from its payload; a few microseconds, for receipts of whole batches.

    Raises `BrokenInputError` (malformed) for what is no payload.
    """
    try:
        return msgspec.json.decode(payload, type=_PayloadClass).act
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "these are no bytes of an act", found=str(error)) from None


def sealed_payload(sealed: bytes) -> bytes:
    """The payload bytes inside a sealed act's JSON. Raises `BrokenInputError` (malformed); verifies nothing."""
    return from_b64url(_decoded(sealed).payload)


def _read(plain: bytes) -> _CarriedBundle:
    if len(plain) > BUNDLE_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "the bundle is too large",
            found=f"{len(plain)} bytes",
            expected=f"at most {BUNDLE_LIMIT}",
        )
    try:
        carried = msgspec.msgpack.decode(plain, type=_CarriedBundle)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no bundle", found=str(error)) from None
    if msgspec.msgpack.encode(carried) != plain:
        raise BrokenInputError(ErrorCode.MALFORMED, "the bundle is not in its one encoding")
    _refuse_large(carried)
    _refuse_unnamed(carried)
    return carried


def _refuse_large(carried: _CarriedBundle) -> None:
    """Whoever sends again after this halves the envelope, until the one act that is too large stands alone."""
    longest = max(len(act.payload) for act in (*carried.acts, *carried.enclosed))
    if longest > PAYLOAD_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "an act is too large",
            found=f"{longest} bytes of payload",
            expected=f"at most {PAYLOAD_LIMIT}",
        )


def _refuse_unnamed(carried: _CarriedBundle) -> None:
    """What no act names is no evidence of anything: it would be kept only because somebody put it there."""
    named: set[ActId] = set()
    for act in carried.acts:
        named |= head(act.payload).encloses
    strangers = {act_id(act.payload) for act in carried.enclosed} - named
    if strangers:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "acts are enclosed that no act of the bundle names",
            found=f"{len(strangers)}, the first {min(strangers)}",
            expected="every enclosed act named in an act's encloses",
        )


def _once(acts: tuple[_CarriedAct, ...]) -> dict[ActId, _CarriedAct]:
    """By id, in the order given; of two acts with one id (the same words sealed twice) the first stays."""
    kept: dict[ActId, _CarriedAct] = {}
    for act in acts:
        kept.setdefault(act_id(act.payload), act)
    return kept


def _unwrap(sealed: bytes) -> _CarriedAct:
    act = _decoded(sealed)
    if write_sealed(act) != sealed:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "a sealed act is not in the form nodes keep",
            expected="its JSON without spaces, fields in the order of the format, each once",
        )
    seals = tuple(_CarriedSeal(from_b64url(seal.protected), from_b64url(seal.signature)) for seal in act.signatures)
    return _CarriedAct(from_b64url(act.payload), seals)


def _decoded(sealed: bytes) -> SealedAct:
    try:
        return msgspec.json.decode(sealed, type=SealedAct)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no sealed act", found=str(error)) from None


def _wrap(act: _CarriedAct) -> bytes:
    seals = tuple(SealSignature(b64url(seal.protected), b64url(seal.signature)) for seal in act.seals)
    return write_sealed(SealedAct(b64url(act.payload), seals))
