"""One run of one clock: what starts it, what each later act does to it, and where it stands.

Rules of the run, in the order they are applied:
1. The period is counted from the start (see `comity.law.periods`); a length the act states is weighed with the law's.
2. Acts are taken in the order of their instants; only those up to the instant asked about.
3. An act that meets the limit meets it when it comes at or before the legal end; later it is noted, and the limit stays
   lapsed. An act that ends the clock ends it at any time.
4. Holding and extending count only at or before the legal end: what has lapsed is not revived.
5. While a clock is suspended it has no end; on resuming, the start moves on by the time it stood still, so that
   suspending never shortens a period. Restarting counts anew from the act.
6. What is still running after its legal end has lapsed, or, for a minimum or a wait, has passed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct

from comity.law.calendars import Calendar, instant_in_words
from comity.law.durations import Duration, in_words, parse_duration
from comity.law.instruments import (
    ClockRule,
    Counting,
    Event,
    Start,
)
from comity.law.matters import FactValue
from comity.law.periods import Counted, Period, count, instant_in_words_exact
from comity.law.terms import (
    Choice,
    ClockKind,
    EventKind,
)


class ClockStatus(StrEnum):
    """Where a clock stands. Append only."""

    RUNNING = "running"
    MET = "met"
    LAPSED = "lapsed"
    PASSED = "passed"
    SUSPENDED = "suspended"
    HELD = "held"
    ENDED = "ended"


class Counter(Struct, frozen=True):
    """How this clock's periods are counted: the rule, the way of counting (None for a duty without number), the place.

    `within` counts the clock that this one never outlasts.
    """

    rule: ClockRule
    counting: Counting | None
    calendar: Calendar
    within: "Counter | None" = None

    def end(self, start: datetime, length: Duration, called: str) -> Counted | None:
        """When a period of that length from that start ends; None where the law states no number."""
        if self.counting is None or length == Duration():
            return None
        period = Period(length=length, unit=self.rule.unit, called=called, backwards=self.rule.backwards)
        own = count(start, period, self.counting, self.calendar)
        bound = self.within.end(start, length, called) if self.within else None
        return own if bound is None or own.legal_due <= bound.legal_due else self._bounded(own, bound)

    def _bounded(self, own: Counted, bound: Counted) -> Counted:
        where = self.within.calendar.name if self.within else ""
        ends = f"ends {instant_in_words(bound.legal_due, self.calendar)}"
        return Counted(
            target_due=min(own.target_due, bound.legal_due),
            legal_due=bound.legal_due,
            trace=(*own.trace, f"{ends}: not after {self.rule.not_after}, which is counted in {where}"),
            verified=own.verified and bound.verified,
        )


class Run(Struct, frozen=True):
    """A clock at one point of its story. `since` is the start that counts; `due` is None while it has no end.

    `late_at` is when it was done after all, although too late. `before` is the end there was when the clock was suspended; `set_by_act` says that an act set the end itself.
    """

    counter: Counter
    since: datetime
    length: Duration
    called: str
    due: Counted | None
    status: ClockStatus = ClockStatus.RUNNING
    settled_at: datetime | None = None
    late_at: datetime | None = None
    stopped_at: datetime | None = None
    before: Counted | None = None
    set_by_act: bool = False
    then: str = ""
    trace: tuple[str, ...] = ()
    counts: Mapping[int, int] = msgspec.field(default_factory=dict)

    def noted(self, line: str, **changes: object) -> "Run":
        """The run with one more line in its trace."""
        return msgspec.structs.replace(self, trace=(*self.trace, line), **changes)

    def ending(self) -> "Run":
        """The run with its new end in the trace."""
        return self.noted(self.due.trace[-1]) if self.due else self


class Happening(Struct, frozen=True):
    """An act that an event rule is about: the rule's position, when it counts, and the act's facts.

    `on_paper` says of an answer on paper whose word it is.
    """

    position: int
    event: Event
    at: datetime
    facts: Mapping[str, FactValue]
    on_paper: str = ""


OPEN = frozenset({ClockStatus.RUNNING, ClockStatus.SUSPENDED, ClockStatus.HELD})
"""States in which a clock can still change."""

_PASSING = frozenset({ClockKind.MIN, ClockKind.WAIT})


def begin(counter: Counter, start: Start, at: datetime, facts: Mapping[str, FactValue]) -> Run:
    """Step 1."""
    stated = facts.get(counter.rule.end_field) if counter.rule.end_field else None
    if isinstance(stated, datetime):
        return _until_stated(counter, at, stated, start.called)
    length = _length(counter, at, facts, start.called)
    due = counter.end(at, length, start.called)
    trace = due.trace if due else (f"no number: {counter.rule.text}", _from(counter, at, start.called))
    return Run(counter=counter, since=at, length=length, called=start.called, due=due, trace=trace)


def _until_stated(counter: Counter, at: datetime, stated: datetime, called: str) -> Run:
    """A run whose end the starting act states itself: nothing is counted."""
    utc = stated.astimezone(UTC)
    trace = (_from(counter, at, called), f"ends when the act says: {instant_in_words(utc, counter.calendar)}")
    due = Counted(target_due=utc, legal_due=utc, trace=trace, verified=True)
    return Run(counter=counter, since=at, length=Duration(), called=called, due=due, set_by_act=True, trace=trace)


def _length(counter: Counter, at: datetime, facts: Mapping[str, FactValue], called: str) -> Duration:
    """The law's length, or the act's own, whichever the rule lets count: they are weighed by where they end."""
    rule = counter.rule
    own = _own_length(facts.get(rule.limit_field)) if rule.limit_field else None
    law = parse_duration(rule.limit) if rule.limit else None
    if own is None or law is None:
        return own or law or Duration()
    ends = {length: counter.end(at, length, called) for length in (law, own)}
    first, second = ends[law], ends[own]
    own_is_longer = first is not None and second is not None and second.legal_due > first.legal_due
    return own if own_is_longer is (rule.choice is Choice.LONGER) else law


def stand(counter: Counter, day: date | None) -> Run:
    """A duty or a date that no act starts: until the end of the day it names, if it names one."""
    now = datetime.min.replace(tzinfo=UTC)
    if day is None:
        trace: tuple[str, ...] = (f"no number: {counter.rule.text}",)
        return Run(counter=counter, since=now, length=Duration(), called="", due=None, trace=trace)
    end = counter.calendar.midnight(day + timedelta(days=1)).astimezone(UTC)
    trace = (f"ends with the day the law names: {instant_in_words(end, counter.calendar)}",)
    due = Counted(target_due=end, legal_due=end, trace=trace, verified=True)
    return Run(counter=counter, since=now, length=Duration(), called="", due=due, trace=trace)


def _from(counter: Counter, at: datetime, called: str) -> str:
    return f"from {instant_in_words_exact(at, counter.calendar)} ({called})"


def _own_length(value: FactValue) -> Duration | None:
    """Whole days as a number, or a duration as text; None for anything that is no length."""
    if isinstance(value, int):
        return Duration(days=value) if value > 0 else None
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None


def happen(run: Run, happening: Happening) -> Run:
    """Steps 3 to 5: the run after one act."""
    if run.status not in OPEN and happening.event.does not in _LATE:
        return run
    return _DOES[happening.event.does](run, happening)


def settle(run: Run, at: datetime) -> Run:
    """Step 6."""
    if run.status is not ClockStatus.RUNNING or run.due is None or at <= run.due.legal_due:
        return run
    if run.counter.rule.kind in _PASSING:
        return run.noted("that time has passed", status=ClockStatus.PASSED, settled_at=run.due.legal_due)
    return run.noted("nothing that meets it came in time", status=ClockStatus.LAPSED, settled_at=run.due.legal_due)


def _in_time(run: Run, at: datetime) -> bool:
    return run.due is None or at <= run.due.legal_due


def _meets(run: Run, happening: Happening) -> Run:
    when = _when(run, happening)
    if run.status not in OPEN:
        return run
    if not _in_time(run, happening.at):
        late = settle(run, happening.at)
        return late.noted(f"done too late, by {when}", late_at=happening.at)
    return run.noted(f"met by {when}", status=ClockStatus.MET, settled_at=happening.at, then=happening.event.then)


def _ends(run: Run, happening: Happening) -> Run:
    if run.status in (ClockStatus.MET, ClockStatus.ENDED):
        return run
    late = settle(run, happening.at) if run.status in OPEN else run
    after = ", after it had lapsed" if late.status is ClockStatus.LAPSED else ""
    return late.noted(
        f"ended by {_when(run, happening)}{after}",
        status=ClockStatus.ENDED,
        settled_at=happening.at,
        then=happening.event.then,
    )


def _holds(run: Run, happening: Happening) -> Run:
    if not _in_time(run, happening.at):
        return run.noted(f"without effect, because it came late: {_when(run, happening)}")
    return run.noted(f"held by {_when(run, happening)}", status=ClockStatus.HELD, due=None, then=happening.event.then)


def _suspends(run: Run, happening: Happening) -> Run:
    if run.status is not ClockStatus.RUNNING or not _in_time(run, happening.at):
        return run
    return run.noted(
        f"suspended by {_when(run, happening)}",
        status=ClockStatus.SUSPENDED,
        stopped_at=happening.at,
        before=run.due,
        due=None,
        then=happening.event.then,
    )


def _resumes(run: Run, happening: Happening) -> Run:
    if run.status is not ClockStatus.SUSPENDED or run.stopped_at is None:
        return run
    stood = max(happening.at - run.stopped_at, timedelta())
    moved = run.since + stood
    due = _resumed(run, moved, stood)
    return run.noted(
        f"resumed by {_when(run, happening)}",
        status=ClockStatus.RUNNING,
        stopped_at=None,
        before=None,
        since=moved,
        due=due,
        then=happening.event.then,
    ).ending()


def _resumed(run: Run, moved: datetime, stood: timedelta) -> Counted | None:
    """The end after a suspension: counted anew from the moved start, and neither end before the one there was.

    A start that moves to a later date may end sooner: a month from 29 January ends with a shorter February.
    """
    before = run.before
    if before is not None and run.set_by_act:
        return msgspec.structs.replace(before, target_due=before.target_due + stood, legal_due=before.legal_due + stood)
    due = run.counter.end(moved, run.length, f"{run.called}, and the time it stood still")
    if before is None or due is None:
        return due
    later = before if due.legal_due < before.legal_due else due
    return msgspec.structs.replace(later, target_due=max(before.target_due, due.target_due))


def _extends(run: Run, happening: Happening) -> Run:
    event = happening.event
    done = run.counts.get(happening.position, 0)
    if run.status is not ClockStatus.RUNNING or run.due is None or not _in_time(run, happening.at):
        return run.noted(f"without effect, because it came late: {_when(run, happening)}")
    if event.times and done >= event.times:
        return run.noted(
            f"without effect, because it may be extended only {event.times} times: {_when(run, happening)}"
        )
    length = run.length.longer_by(parse_duration(event.by)) if event.by else run.length
    due = run.counter.end(run.since, length, run.called) if event.by else _until(run.due, happening)
    by = f" by {in_words(parse_duration(event.by))}" if event.by else ""
    return run.noted(
        f"extended{by} by {_when(run, happening)}",
        length=length,
        due=due,
        set_by_act=not event.by,
        then=event.then,
        counts={**run.counts, happening.position: done + 1},
    ).ending()


def _until(due: Counted, happening: Happening) -> Counted:
    """The end an act sets; the end there was, where the act says no instant."""
    until = happening.facts.get(happening.event.to_field)
    if not isinstance(until, datetime):
        return due
    utc = until.astimezone(UTC)
    said = f"ends when the act says: {utc:%Y-%m-%d %H:%M} UTC"
    return Counted(target_due=utc, legal_due=utc, trace=(said,), verified=due.verified)


def _restarts(run: Run, happening: Happening) -> Run:
    if not _in_time(run, happening.at):
        return run.noted(f"without effect, because it came late: {_when(run, happening)}")
    due = run.counter.end(happening.at, run.length, happening.event.then or run.called)
    return run.noted(
        f"restarted by {_when(run, happening)}", status=ClockStatus.RUNNING, since=happening.at, due=due
    ).ending()


def _when(run: Run, happening: Happening) -> str:
    """E.g. `the act disclosure-requested of 3 December 2026 09:00 UTC: kept until the decision`."""
    then = f": {happening.event.then}" if happening.event.then else ""
    at = instant_in_words_exact(happening.at, run.counter.calendar)
    paper = f" ({happening.on_paper})" if happening.on_paper else ""
    return f"the act {happening.event.act.value} of {at}{paper}{then}"


_LATE = frozenset({EventKind.ENDS})
_DOES: Mapping[EventKind, Callable[[Run, Happening], Run]] = {
    EventKind.MEETS: _meets,
    EventKind.ENDS: _ends,
    EventKind.HOLDS: _holds,
    EventKind.SUSPENDS: _suspends,
    EventKind.RESUMES: _resumes,
    EventKind.EXTENDS: _extends,
    EventKind.RESTARTS: _restarts,
}
