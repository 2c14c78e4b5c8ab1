"""Sealing an act and opening a sealed one: JWS General JSON (RFC 7515 section 7.2.1) as in `comity.acts.seal_format`.

Personal approvals stand in the protected header of the first seal; the payload names the seals it must carry, and the
first seal covers the approvals, so nothing can be dropped, added or swapped on the way.
"""

from datetime import datetime

from msgspec import Struct

from comity.acts.payload import Payload, act_id, read_payload
from comity.acts.seal_format import SEALED_LIMIT, Approval, SealedAct
from comity.trust.directory import Directory
from comity.trust.jws import OpenedSignature, Sealer, SealFinding, judge_signature, make_signature, open_signature
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import b64url, decode, encode, from_b64url

MOST_SEALS = 4
MOST_APPROVALS = 16


class OpenedSeal(Struct, frozen=True):
    """A sealed act, decoded and not yet judged. `payload_bytes` are the bytes that were approved, sealed and hashed."""

    id: ActId
    payload_bytes: bytes
    payload: Payload
    signatures: tuple[OpenedSignature, ...]
    sealed: SealedAct

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The personal approvals, in the order they were given to the sealer."""
        return self.signatures[0].header.approvals

    @property
    def sealed_at(self) -> datetime:
        """When the first seal says it was made."""
        return self.signatures[0].header.sig_t


def seal(
    payload: bytes,
    sealer: Sealer,
    *more: Sealer,
    at: datetime,
    approvals: tuple[Approval, ...] = (),
    stated: Payload | None = None,
) -> SealedAct:
    """The act under its seals: one sealer for each algorithm the payload names, in its order.

    `stated` is what these payload bytes were read as, where the caller has read them already.

    Raises `BrokenInputError`: SEAL_SET_DIFFERS when the sealers are others than the payload names, BAD_SEAL when `at` is
    before the act's own time, MALFORMED when the bytes are no payload.
    """
    sealers = (sealer, *more)
    stated = stated or read_payload(payload)
    _check_set(tuple(one.algorithm.value for one in sealers), stated.seals)
    if at < stated.at:
        raise BrokenInputError(
            ErrorCode.BAD_SEAL, "an act is sealed before its time", found=at.isoformat(), expected=stated.at.isoformat()
        )
    text = b64url(payload)
    first = make_signature(text, sealer, at=at, approvals=approvals)
    return SealedAct(payload=text, signatures=(first, *(make_signature(text, one, at=at) for one in more)))


def write_sealed(sealed: SealedAct) -> bytes:
    """The one encoding of a sealed act: what travels, what is kept, what `read_sealed` takes."""
    return encode(sealed)


def read_sealed(data: bytes) -> OpenedSeal:
    """The sealed act in these bytes; nothing in it is believed yet.

    Steps:
        1. At most `SEALED_LIMIT` bytes of JSON of exactly the form, no key twice, no field unknown.
        2. The bytes are the one encoding of that content: a sealed act cannot exist in two versions.
        3. The payload is canonical base64url of a payload.
        4. There are one to `MOST_SEALS` signatures, each with a decodable protected header.
        5. Approvals stand in the first header only, at most `MOST_APPROVALS`.

    Raises `BrokenInputError`: OVERSIZED, MALFORMED, DUPLICATE_KEY, UNKNOWN_TYPE, SEAL_SET_DIFFERS.
    """
    # 1.
    sealed = decode(data, SealedAct, limit=SEALED_LIMIT)
    # 2.
    if write_sealed(sealed) != data:
        raise BrokenInputError(ErrorCode.MALFORMED, "a sealed act was written anew, in another encoding")
    # 3.
    payload_bytes = from_b64url(sealed.payload)
    payload = read_payload(payload_bytes)
    # 4.
    if not 1 <= len(sealed.signatures) <= MOST_SEALS:
        raise BrokenInputError(
            ErrorCode.SEAL_SET_DIFFERS, "an act has no seal or too many", found=str(len(sealed.signatures))
        )
    signatures = tuple(open_signature(one) for one in sealed.signatures)
    # 5.
    if len(signatures[0].header.approvals) > MOST_APPROVALS or any(one.header.approvals for one in signatures[1:]):
        raise BrokenInputError(ErrorCode.MALFORMED, "approvals stand in the first seal, and not too many")
    return OpenedSeal(
        id=act_id(payload_bytes), payload_bytes=payload_bytes, payload=payload, signatures=signatures, sealed=sealed
    )


def verify_seals(opened: OpenedSeal, directory: Directory, *, at: datetime) -> tuple[SealFinding, ...]:
    """One finding for each seal of the act, when every one of them verifies.

    `at` is the instant by which the act is known to have existed: when it was received, or a witnessed time.

    Steps:
        1. The signatures' algorithms are exactly `payload.seals`, in order, each once; else SEAL_SET_DIFFERS.
        2. The directory knows the issuer; else UNKNOWN_SENDER.
        3. Each signature is judged by the steps of `comity.trust.jws.judge_signature`: BAD_SEAL, KEY_NOT_VALID.
    """
    payload = opened.payload
    # 1.
    _check_set(tuple(one.header.alg for one in opened.signatures), payload.seals)
    # 2.
    if not directory.knows(payload.issuer):
        raise BrokenInputError(ErrorCode.UNKNOWN_SENDER, "the directory lists no such issuer", found=payload.issuer)
    # 3.
    return tuple(
        judge_signature(one, opened.sealed.payload, directory, authority=payload.issuer, stated_at=payload.at, at=at)
        for one in opened.signatures
    )


def _check_set(found: tuple[str, ...], named: tuple[str, ...]) -> None:
    if found != named or len(set(named)) != len(named) or not named:
        raise BrokenInputError(
            ErrorCode.SEAL_SET_DIFFERS,
            "the seals are others than the act names",
            found=", ".join(found)[:80],
            expected=", ".join(named)[:80],
        )
