"""Tickets: a node's own word, sealed, that it asks a holder for something now. The holder keeps no session.

A ticket is a JWS in compact form (RFC 7515 section 7.1) under the asker's seal key. What kind of statement it is stands in
it, so that nothing else under the same key can be read as one.
"""

from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from comity.acts.seal_format import SealSignature
from comity.trust.directory import Directory
from comity.trust.jws import OpenedSignature, Sealer, judge_signature, make_signature, open_signature
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import b64url, decode, encode, from_b64url

TICKET_LIMIT = 2 << 10
"""Characters of a ticket; it travels in an HTTP header."""

TICKET_LIFE = timedelta(minutes=5)
"""From a ticket's time, in both directions: nodes' clocks may differ by as much (`comity.exchange.delivery`)."""

_S = TypeVar("_S", bound=Struct)


class OpenedTicket(Struct, frozen=True):
    """The seal around a statement, decoded and not yet judged."""

    payload: str
    signature: OpenedSignature


def seal_ticket(sealer: Sealer, statement: Struct, *, at: datetime) -> str:
    """The statement under the asker's seal key, for a header of the request."""
    payload = b64url(encode(statement))
    signature = make_signature(payload, sealer, at=at)
    return f"{signature.protected}.{payload}.{signature.signature}"


def read_ticket(text: str, shape: type[_S]) -> tuple[_S, OpenedTicket]:
    """The statement in a ticket of at most `TICKET_LIMIT` characters that carries no approvals.

    Raises `BrokenInputError`: oversized, malformed, duplicate-key.
    """
    if len(text) > TICKET_LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, "the ticket is too large", found=f"{len(text)} characters")
    protected, payload, signature = _parts(text)
    statement = decode(from_b64url(payload), shape, limit=TICKET_LIMIT)
    opened = open_signature(SealSignature(protected, signature))
    if opened.header.approvals:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no ticket", found="approvals", expected="none")
    return statement, OpenedTicket(payload, opened)


def judge_ticket(
    opened: OpenedTicket, *, directory: Directory, asker: AuthorityId, stated_at: datetime, at: datetime
) -> None:
    """1. `at` lies within `TICKET_LIFE` of the ticket's time. 2. The asker, whom the directory knows, sealed it, by a valid key.

    Raises `BrokenInputError`: key-not-valid (1, 2), unknown-sender, bad-seal (2).
    """
    # 1
    if abs(at - stated_at) > TICKET_LIFE:
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID,
            "the ticket is not valid at this time",
            found=stated_at.isoformat(),
            expected=f"within {TICKET_LIFE} of {at.isoformat()}",
            do="issue another ticket; when that fails too, compare the clocks",
        )
    # 2
    if not directory.knows(asker):
        raise BrokenInputError(ErrorCode.UNKNOWN_SENDER, "the directory lists no such authority", found=asker)
    finding = judge_signature(opened.signature, opened.payload, directory, authority=asker, stated_at=stated_at, at=at)
    if not finding.still_valid:
        raise BrokenInputError(ErrorCode.KEY_NOT_VALID, "the ticket's seal key has ended", found=finding.x5t)


def _parts(text: str) -> tuple[str, str, str]:
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - a compact JWS has three parts
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no compact JWS", found=f"{len(parts)} parts", expected="3")
    return parts[0], parts[1], parts[2]
