"""When acts are sent, sent again, waited for and given up: rules as data, and what follows from them.

Nothing here sends anything. A worker asks what to do and does it; a simulation asks the same questions under its own
clock and its own jitter. One peer has one outbox, emptied by one job at a time in the order in which acts were sealed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from comity.acts.receipt_format import ActRejected
from comity.exchange.bundle import ACTS_LIMIT, BUNDLE_LIMIT
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.instants import Instant


class UrgencyRules(Struct, frozen=True):
    """For acts of one urgency: the longest pause between attempts, and how long undelivered until people must know."""

    longest_pause: timedelta
    alarm_after: timedelta


class DeliveryRules(Struct, frozen=True):
    """The rules of one node. Sizes in bytes before deflation.

    `growth` is the factor from one pause to the next; of each pause, `jitter_share` is left to chance, so that peers who
    failed together do not come back together. `predecessor_wait` is how long an act is kept that answers an act which
    has not arrived.
    """

    acts_per_envelope: int = ACTS_LIMIT
    bytes_per_envelope: int = BUNDLE_LIMIT - (1 << 20)
    first_pause: timedelta = timedelta(seconds=1)
    growth: float = 2.0
    jitter_share: float = 0.5
    ordinary: UrgencyRules = UrgencyRules(timedelta(minutes=5), timedelta(hours=4))
    urgent: UrgencyRules = UrgencyRules(timedelta(minutes=2), timedelta(minutes=30))
    emergency: UrgencyRules = UrgencyRules(timedelta(seconds=15), timedelta(minutes=2))
    predecessor_wait: timedelta = timedelta(hours=24)
    tolerated_skew: timedelta = timedelta(minutes=5)

    def for_urgency(self, urgency: Urgency) -> UrgencyRules:
        """The rules for acts of that urgency."""
        return {Urgency.ORDINARY: self.ordinary, Urgency.URGENT: self.urgent, Urgency.EMERGENCY: self.emergency}[
            urgency
        ]


RULES = DeliveryRules()


class QueuedAct(Struct, frozen=True):
    """An act in a peer's outbox. `size` is in bytes as sealed, what it encloses included; `enclosed` counts those acts."""

    act: ActId
    size: int
    urgency: Urgency
    queued_at: Instant
    enclosed: int = 0


class UndeliveredAlarm(Struct, frozen=True):
    """People must reach the peer another way: this act has been undelivered for longer than its urgency allows."""

    act: ActId
    urgency: Urgency
    queued_at: Instant
    overdue: timedelta


class ClockSkew(Struct, frozen=True):
    """A finding, not a fault: the sender's clock and ours differ by more than is tolerated.

    `skew` is positive when the sender's clock is behind, or the bundle took that long. Legal clocks run by our time.
    """

    sender: AuthorityId
    sent_at: Instant
    received_at: Instant
    skew: timedelta


class Remedy(StrEnum):
    """What a sender does with an act that was not taken."""

    SEND_AGAIN = "send-again"
    TELL_OFFICER = "tell-officer"
    TELL_OPERATOR = "tell-operator"


def next_batch(
    outbox: Iterable[QueuedAct], *, refusals: int = 0, rules: DeliveryRules = RULES
) -> tuple[QueuedAct, ...]:
    """The acts for the next envelope: a prefix of the outbox within the rules, and never none while there is one.

    No act overtakes another: an urgent one would arrive before what it answers, and wait there. `refusals` counts the
    envelopes that the peer refused as a whole since it last took one; each halves the batch, so that an act that spoils
    its envelope soon stands alone. When one act alone is refused, the caller sets it aside and tells the operator.
    """
    most = max(1, rules.acts_per_envelope >> min(refusals, 16))
    batch: list[QueuedAct] = []
    size = enclosed = 0
    for queued in outbox:
        size += queued.size
        enclosed += queued.enclosed
        full = len(batch) >= most or size > rules.bytes_per_envelope or enclosed > ACTS_LIMIT
        if batch and full:
            break
        batch.append(queued)
    return tuple(batch)


def pause_after(failures: int, urgency: Urgency, *, jitter: float, rules: DeliveryRules = RULES) -> timedelta:
    """How long to wait after that many failed attempts in a row (from 1).

    `urgency` is the highest in the outbox; `jitter` is a random number from 0 to 1 that the caller draws.
    """
    if failures < 1 or not 0 <= jitter <= 1:
        raise ValueError("failures count from 1 and jitter lies between 0 and 1")
    longest = rules.for_urgency(urgency).longest_pause
    # The exponent is bounded because a float power overflows after a week of failures.
    doublings = min(failures - 1, 63)
    pause = min(longest.total_seconds(), rules.first_pause.total_seconds() * rules.growth**doublings)
    return timedelta(seconds=pause * (1 - rules.jitter_share * jitter))


def next_attempt(
    failures: int, at: datetime, *, jitter: float, urgency: Urgency = Urgency.ORDINARY, rules: DeliveryRules = RULES
) -> datetime:
    """When to try again after an attempt that failed at `at`; see `pause_after`."""
    return at + pause_after(failures, urgency, jitter=jitter, rules=rules)


def alarm(queued: QueuedAct, at: datetime, rules: DeliveryRules = RULES) -> UndeliveredAlarm | None:
    """The alarm for an act that is still undelivered, or None while there is time."""
    overdue = at - queued.queued_at - rules.for_urgency(queued.urgency).alarm_after
    if overdue < timedelta(0):
        return None
    return UndeliveredAlarm(queued.act, queued.urgency, queued.queued_at, overdue)


def waiting_deadline(arrived_at: datetime, rules: DeliveryRules = RULES) -> datetime:
    """When an act that answers one which has not arrived is given up."""
    return arrived_at + rules.predecessor_wait


def given_up(act: ActId, missing: ActId, *, deadline: datetime, at: datetime) -> ActRejected | None:
    """The rejection of an act whose predecessor never came, or None while it may wait. Sent again, it starts anew."""
    if at < deadline:
        return None
    what = f"the act it answers did not arrive in time: {missing}"
    return ActRejected(act, ErrorCode.PREDECESSOR_MISSING, what, retry=True)


def clock_skew(
    sender: AuthorityId, sent_at: datetime, received_at: datetime, rules: DeliveryRules = RULES
) -> ClockSkew | None:
    """The finding when two clocks differ by more than is tolerated, else None. The acts are taken either way."""
    skew = received_at - sent_at
    if abs(skew) <= rules.tolerated_skew:
        return None
    return ClockSkew(sender, sent_at, received_at, skew)


def retryable(code: ErrorCode) -> bool:
    """Whether sending the same bytes again can help, because what was lacking comes by itself."""
    return _REMEDIES.get(code) is Remedy.SEND_AGAIN


def rejection(act: ActId, error: BrokenInputError) -> ActRejected:
    """What to answer about an act that an error kept out. Says what was wrong, never what the act said."""
    return ActRejected(act, error.code, error.what, retry=retryable(error.code))


def remedy(rejected: ActRejected) -> Remedy:
    """What a sender does about a rejection.

    Sending again needs both sides to think it can help: a peer that asks for a badly sealed act again and again is not
    obeyed, and one that says an act will never do is believed.
    """
    own = _REMEDIES.get(rejected.code, Remedy.TELL_OPERATOR)
    if own is Remedy.SEND_AGAIN and not rejected.retry:
        return Remedy.TELL_OPERATOR
    return own


_AGAIN = (
    # The receiver lacks something that comes by itself: a directory version, a rotated key, a predecessor, room, a part.
    ErrorCode.DIRECTORY_UNKNOWN,
    ErrorCode.DIRECTORY_EXPIRED,
    ErrorCode.KEY_NOT_VALID,
    ErrorCode.UNKNOWN_SENDER,
    ErrorCode.CANNOT_DECRYPT,
    ErrorCode.PREDECESSOR_MISSING,
    ErrorCode.STORE_FULL,
    ErrorCode.BEHIND_WITNESSES,
    ErrorCode.UNAVAILABLE,
)
_FOR_OFFICERS = (
    # The act itself will not do; another must be drafted.
    ErrorCode.NOT_COMPETENT,
    ErrorCode.LAW_UNMET,
    ErrorCode.OUT_OF_ORDER,
    ErrorCode.NOT_ADDRESSED,
    ErrorCode.NOT_ALLOWED,
    ErrorCode.NOT_FOUND,
    ErrorCode.BAD_APPROVAL,
    ErrorCode.KEY_DESTROYED,
)
_FOR_OPERATORS = (
    # A node that seals acts cannot produce these: something is broken, or somebody is.
    ErrorCode.OVERSIZED,
    ErrorCode.MALFORMED,
    ErrorCode.DUPLICATE_KEY,
    ErrorCode.UNKNOWN_TYPE,
    ErrorCode.BAD_SEAL,
    ErrorCode.SEAL_SET_DIFFERS,
    ErrorCode.BAD_PROOF,
    ErrorCode.BAD_CHECKPOINT,
    ErrorCode.BAD_DIRECTORY,
    ErrorCode.FORK,
    ErrorCode.ID_DIFFERS,
    ErrorCode.STORE_DAMAGED,
    ErrorCode.MARKS_DIFFER,
)
_REMEDIES = {
    **dict.fromkeys(_AGAIN, Remedy.SEND_AGAIN),
    **dict.fromkeys(_FOR_OFFICERS, Remedy.TELL_OFFICER),
    **dict.fromkeys(_FOR_OPERATORS, Remedy.TELL_OPERATOR),
}
