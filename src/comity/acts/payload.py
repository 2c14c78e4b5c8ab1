"""The payload of an act: who says what to whom, in which case, when, on which legal basis, answering what.

An act's id is the SHA-256 of its payload bytes as they are. Nothing is ever re-encoded: two encodings of the same
content are two acts, and a re-serialised copy is not the act that was approved and sealed.
"""

import hashlib
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass, ActType
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, Hex32, OfficeId, OfficerId
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import decode, encode

PAYLOAD_LIMIT = 1 << 20
"""Bytes. An act carries words and hashes, never evidence: one mebibyte is far more than any form needs."""


class Author(Struct, frozen=True, forbid_unknown_fields=True):
    """The officer who drafted the act, and the office held while doing so. Absent for acts of the node itself."""

    officer: OfficerId
    office: OfficeId


class Payload(Struct, frozen=True, forbid_unknown_fields=True):
    """One act before its seal. `seals` is the exact set of seal algorithms (JWS `alg` names) it must carry.

    `directory` and `law` are the versions that the issuer's node judged it by; None where no node made it, as in a draft looked
    at before it is anyone's.
    """

    v: Annotated[int, Meta(ge=1, le=1)]
    issuer: AuthorityId
    to: tuple[AuthorityId, ...]
    case: CaseId
    nonce: Hex32
    at: Instant
    directory: int
    re: tuple[ActId, ...]
    act: ActClass
    seals: tuple[str, ...]
    author: Author | None
    body: AnyBody
    law: Digest | None = None

    def __post_init__(self) -> None:
        if type_of(self.body) is not self.act.type:
            raise ValueError("the class names another type than the body has")


def type_of(body: AnyBody) -> ActType:
    """The act type a body is for: its tag."""
    return ActType(str(body.__struct_config__.tag))


def act_id(payload: bytes) -> ActId:
    """The id of the act whose payload bytes these are."""
    return hashlib.sha256(payload).hexdigest()


def read_payload(data: bytes) -> Payload:
    """The payload in these bytes; raises `BrokenInputError` (see `comity.vocabulary.wire.decode`)."""
    payload = decode(data, Payload, limit=PAYLOAD_LIMIT)
    if payload.at.utcoffset() is None or payload.issuer in payload.to or len(set(payload.to)) != len(payload.to):
        raise BrokenInputError(ErrorCode.MALFORMED, "an act's addressees are others than its issuer, each once")
    return payload


def write_payload(payload: Payload) -> bytes:
    """The bytes to approve, seal and hash."""
    return encode(payload)
