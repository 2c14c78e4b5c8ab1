"""Fetching an object that a hand-over names: who may, from which byte on, and how a broken connection goes on.

Objects are content-addressed ciphertext, so what a ticket protects is not their words but the holder's resources and the
knowledge that they exist. A ticket is a JWS in compact form (RFC 7515 section 7.1), sealed by the puller, good for one
object for a few minutes; the holder keeps no session. A ticket that is overheard gives ciphertext the listener cannot
read, for the rest of those minutes.
"""

import re
from datetime import datetime

from msgspec import Struct

from comity.acts.bodies import ExhibitHandedOver
from comity.acts.matters import StoredObject
from comity.acts.payload import Payload
from comity.acts.review_bodies import ReviewAnswered
from comity.exchange.tickets import judge_ticket, read_ticket, seal_ticket
from comity.trust.directory import Directory
from comity.trust.jws import Sealer
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest
from comity.vocabulary.instants import Instant

_RANGE = re.compile(r"bytes=(0|[1-9][0-9]{0,18})-\Z")


class PullTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """The puller's statement to the holder: under this hand-over I fetch this object, now.

    `ticket` says what kind of statement it is, so that nothing else under the same seal key can be read as one.
    """

    ticket: str
    puller: AuthorityId
    holder: AuthorityId
    hand_over: ActId
    object: Digest
    at: Instant


_TICKET = "comity-pull-v1"


def issue_ticket(
    sealer: Sealer, *, puller: AuthorityId, holder: AuthorityId, hand_over: ActId, wanted: Digest, at: datetime
) -> str:
    """A ticket for one object, sealed by the puller's seal key, for the request's Authorization header."""
    return seal_ticket(sealer, PullTicket(_TICKET, puller, holder, hand_over, wanted, at), at=at)


def verify_ticket(text: str, *, directory: Directory, holder: AuthorityId, wanted: Digest, at: datetime) -> PullTicket:
    """The ticket, when the puller it names sealed it for this holder, this object and this time.

    1. It is a compact JWS of at most `TICKET_LIMIT` characters around a ticket, and carries no approvals.
    2. It names this holder, and the object that is asked for.
    3. `at` lies within `TICKET_LIFE` of its time.
    4. The directory knows the puller, and the seal verifies with a key of the puller that is still valid.

    Whether the hand-over gives the puller that object is `authorised`'s to say. Raises `BrokenInputError`: oversized,
    malformed, duplicate-key (1), not-addressed (2), key-not-valid (3, 4), unknown-sender, bad-seal (4).
    """
    # 1
    ticket, opened = read_ticket(text, PullTicket)
    if ticket.ticket != _TICKET:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no pull ticket", expected=_TICKET)
    # 2
    if (ticket.holder, ticket.object) != (holder, wanted):
        raise BrokenInputError(
            ErrorCode.NOT_ADDRESSED,
            "the ticket is for another holder or object",
            found=f"{ticket.object} at {ticket.holder}",
            expected=f"{wanted} at {holder}",
        )
    # 3, 4
    judge_ticket(opened, directory=directory, asker=ticket.puller, stated_at=ticket.at, at=at)
    return ticket


def authorised(ticket: PullTicket, hand_over: ActId, payload: Payload) -> StoredObject:
    """The object as the hand-over names it, when that act lets this puller fetch it from this holder.

    `payload` is the verified act `hand_over`. Raises `BrokenInputError` (not-allowed) saying nothing about which
    objects there are.
    """
    given = _given(payload)
    fits = ticket.hand_over == hand_over and payload.issuer == ticket.holder and ticket.puller in payload.to
    if not fits or ticket.object not in given:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "the act does not give this object to this puller",
            found=f"{ticket.puller}, {ticket.hand_over}",
            expected="an addressee of the hand-over, and an object it names",
        )
    return given[ticket.object]


def range_start(header: str | None, size: int) -> int:
    """The first byte that is asked for. No header means the whole object; the only form served is `bytes=N-`.

    Raises `BrokenInputError`: malformed (HTTP 400) for any other form, not-found (HTTP 416) for a start outside.
    """
    if header is None:
        return 0
    found = _RANGE.match(header)
    if found is None:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "this range is not served",
            found=header[:80],
            expected="bytes=N-, one range to the end",
        )
    start = int(found[1])
    if start >= size:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "the range starts outside the object", found=str(start), expected=f"below {size}"
        )
    return start


def content_range(start: int, size: int) -> str:
    """The Content-Range header's value for an answer from `start` to the object's end (RFC 9110 section 14.4)."""
    return f"bytes {start}-{size - 1}/{size}"


def next_byte(have: int, size: int) -> int | None:
    """Which byte to ask for next when the first `have` of an object are stored; None when all are, and to be checked.

    More than all: what is stored is not this object, and it is asked for from the start.
    """
    if have == size:
        return None
    return have if have < size else 0


def _given(payload: Payload) -> dict[Digest, StoredObject]:
    match payload.body:
        case ExhibitHandedOver(manifest=manifest, objects=objects):
            return {stored.digest: stored for stored in (manifest, *objects)}
        case ReviewAnswered(openings=openings):
            return {openings.digest: openings}
        case _:
            return {}
