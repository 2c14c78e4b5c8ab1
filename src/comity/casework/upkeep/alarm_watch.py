"""Alarm watch: what people must know although nobody asked is looked for, told once, and taken back when it is over.

Looked for are acts that a peer has not got for longer than their urgency allows (`comity.exchange.delivery.alarm`): one
alarm for each peer, because one call over the number in the directory is what is to be done about all of them; and a
directory that expires soon, or has (`comity.casework.upkeep.directory_watch`); a case that is kept too long or to be looked at
(`comity.casework.bench.retention_standing`); a limit of the law that ends soon, is due or has passed
(`comity.casework.desk.limits_due`). A clock that differs from a peer's is found by whoever delivers to it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.desk.limits_due import LIMIT_ALARMS, alarm_of
from comity.casework.ports.alarms import Alarm, AlarmBoard, AlarmCode, end, sound
from comity.casework.upkeep.directory_watch import SOON, Freshness, directory_standing
from comity.exchange.delivery import RULES, QueuedAct, alarm
from comity.vocabulary.categories import Urgency
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId

_OF_CASES = (AlarmCode.RETENTION_OVER, AlarmCode.RETENTION_REVIEW_DUE, AlarmCode.COPIES_UNANSWERED)
_MOST_CASES = 1000
"""Alarms of one kind beyond which more of them tell nobody anything."""


class Undelivered(Struct, frozen=True):
    """Acts of one urgency that a peer was offered in vain: how many, and the oldest with the code of its last failure."""

    peer: AuthorityId
    urgency: Urgency
    count: int
    act: ActId
    case: CaseId
    filed_at: datetime
    code: str


class UndeliveredActs(Protocol):
    """What lies in the outbox after at least one attempt that failed, or for people to send (code `by-hand`)."""

    def by_peer(self) -> Sequence[Undelivered]:
        """One for each peer and urgency there is, by peer. Costs one look at what is pending."""
        ...


def watch(bench: Workbench, board: AlarmBoard, outbox: UndeliveredActs) -> None:
    """Everything is looked at once. Raises `BrokenInputError(UNAVAILABLE)` without a database."""
    now = bench.clock.now()
    _keep(board, (AlarmCode.UNDELIVERED,), _undelivered(outbox.by_peer(), now))
    _keep(board, (AlarmCode.DIRECTORY_EXPIRES_SOON, AlarmCode.DIRECTORY_EXPIRED), _directory(bench, now))
    _keep(board, _OF_CASES, _cases(bench, now))
    _keep(board, LIMIT_ALARMS, _limits(bench, now))


def tell_skew(board: AlarmBoard, peer: AuthorityId, skew: timedelta, at: datetime) -> None:
    """A finding about the clocks of two nodes: it stands until they agree again."""
    if abs(skew) > RULES.tolerated_skew:
        sound(board, Alarm(AlarmCode.CLOCK_SKEW, peer, at, f"{skew.total_seconds():.0f} seconds"))
    else:
        end(board, AlarmCode.CLOCK_SKEW, peer)


def _undelivered(waiting: Iterable[Undelivered], now: datetime) -> list[Alarm]:
    """By peer: the first that is overdue stands for all."""
    alarms: dict[AuthorityId, Alarm] = {}
    for each in waiting:
        overdue = alarm(QueuedAct(each.act, 0, each.urgency, each.filed_at), now)
        if overdue is not None and each.peer not in alarms:
            detail = f"{each.count} {each.urgency} acts, the oldest {each.act} in case {each.case}: {each.code}"
            alarms[each.peer] = Alarm(AlarmCode.UNDELIVERED, each.peer, now - overdue.overdue, detail)
    return list(alarms.values())


def _cases(bench: Workbench, now: datetime) -> list[Alarm]:
    """Cases that a rule on keeping, or an answer that does not come, makes a matter for people: one alarm for each."""
    wanting = bench.records.cases.wanting(now, _MOST_CASES)
    return [Alarm(each.code, case, each.at, each.at.isoformat()) for case, each in wanting]


def _limits(bench: Workbench, now: datetime) -> list[Alarm]:
    """Limits of the law that end soon, are due or have passed: one alarm for each."""
    lead = bench.own_rules.clock_lead
    limited = bench.records.cases.limited(now + lead, _MOST_CASES)
    told = (alarm_of(case, due, now, lead) for case, dues in limited for due in dues)
    return [each for each in told if each is not None]


def _directory(bench: Workbench, now: datetime) -> list[Alarm]:
    standing = directory_standing(bench, now)
    told = f"{standing.expires.isoformat()}"
    subject = f"version {standing.version}"
    match standing.freshness:
        case Freshness.FRESH:
            return []
        case Freshness.EXPIRES_SOON:
            return [Alarm(AlarmCode.DIRECTORY_EXPIRES_SOON, subject, standing.expires - SOON, told)]
        case Freshness.EXPIRED:
            return [Alarm(AlarmCode.DIRECTORY_EXPIRED, subject, standing.expires, told)]


def _keep(board: AlarmBoard, codes: Sequence[AlarmCode], alarms: Sequence[Alarm]) -> None:
    """Of these codes exactly these alarms stand."""
    for each in alarms:
        sound(board, each)
    present = {(each.code, each.subject) for each in alarms}
    for old in board.standing():
        if old.code in codes and (old.code, old.subject) not in present:
            end(board, old.code, old.subject)
