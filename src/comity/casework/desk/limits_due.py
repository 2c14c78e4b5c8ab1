"""Limits of the law that people are told about: which those of a case are, and the alarm that each is at an instant.

Nothing lapses in silence. A limit that this node must meet is told of before it ends, from its stricter end on, and once it
has passed; one that others must meet, once it has passed and something follows from it. A minimum whose end has a
consequence is told of ahead on both sides: whoever relies on data being held must act before. An alarm ends when the limit
is met, also too late, is held, ended or suspended, or the case is closed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from comity.cases.state import CaseState, Phase
from comity.casework.bench.retention_standing import binds
from comity.casework.ports.alarms import Alarm, AlarmCode
from comity.casework.ports.case import LimitDue
from comity.law.clock_run import ClockStatus
from comity.law.clocks import ClockState
from comity.law.terms import ClockKind
from comity.vocabulary.identifiers import AuthorityId, CaseId
from comity.vocabulary.instants import rfc3339

LIMIT_ALARMS = (AlarmCode.CLOCK_DUE_SOON, AlarmCode.CLOCK_DUE, AlarmCode.CLOCK_PASSED)

_WANTING = frozenset({ClockStatus.RUNNING, ClockStatus.LAPSED, ClockStatus.PASSED})
_ENDING_BY_THEMSELVES = frozenset({ClockKind.MIN, ClockKind.WAIT})


def limits_due(me: AuthorityId, state: CaseState, found: Sequence[ClockState]) -> tuple[LimitDue, ...]:
    """The limits of the case that people of this node are told about; `found` are its clocks after its latest act.

    What passes with time is told by the dates, so the answer holds until the next act.
    """
    return tuple(_limits(me, state, found)) if state.phase is Phase.OPEN else ()


def _limits(me: AuthorityId, state: CaseState, found: Sequence[ClockState]) -> Iterator[LimitDue]:
    for each in found:
        strict, legal, act = each.alarm_due, each.legal_due, each.started_by
        if act is None or strict is None or legal is None or not _wanted(each):
            continue
        ahead = binds(me, state, each) or each.kind is ClockKind.MIN
        if ahead or each.consequence:
            yield LimitDue(act, each.id, strict, legal, each.consequence, ahead)


def _wanted(clock: ClockState) -> bool:
    """Not what was done after all, nor what depends on something that no act shows, nor a wait from which nothing follows."""
    open_still = clock.state in _WANTING and clock.late_at is None and not clock.only_if
    return open_still and (clock.kind not in _ENDING_BY_THEMSELVES or bool(clock.consequence))


def alarm_of(case: CaseId, due: LimitDue, now: datetime, lead: timedelta) -> Alarm | None:
    """What people are told of the limit now; None while it is too early."""
    subject = f"case {case}: {due.clock} of act {due.act}"
    end = f"due {rfc3339(due.legal)}"
    if now > due.legal:
        follows = f"{end}; what follows: {due.consequence}" if due.consequence else end
        return Alarm(AlarmCode.CLOCK_PASSED, subject, due.legal, follows)
    if not due.ahead or now < due.strict - lead:
        return None
    if now < due.strict:
        return Alarm(AlarmCode.CLOCK_DUE_SOON, subject, due.strict - lead, end)
    return Alarm(AlarmCode.CLOCK_DUE, subject, due.strict, end)
