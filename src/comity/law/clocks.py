"""Every time limit and every duty without a number that the acts of a case have set going, and where each stands.

A clock is started by an act, at the instant the law names: when it was issued, when its addressee received it, or an
instant the act itself states. Acts that answer the starting act, at any distance, then meet, end, hold, suspend, resume,
extend or restart it; which act does what is data of the instrument. Counting is done where the side works whose limit
it is, in its zone and by its holidays. Where the law says "promptly" there is a duty and no number, and none is made up.

What is shown is always as of one instant, so an old question has an old answer: acts after it do not count, and the
rules are those that held when the clock was started.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec
from msgspec import Struct

from comity.acts.classes import ActType
from comity.law.answers import Citation
from comity.law.calendars import Calendar
from comity.law.clock_run import ClockStatus, Counter, Happening, Run, begin, happen, settle, stand
from comity.law.corpus import AskedClock, Instrument, Law
from comity.law.history import PastAct, Thread, thread
from comity.law.instruments import (
    ClockRule,
    Event,
    Start,
)
from comity.law.terms import (
    ClockKind,
    Scope,
    Side,
)
from comity.vocabulary.identifiers import ActId

Calendars = Mapping[Side, Calendar]
"""Where each side of a measure works."""

CalendarsOf = Callable[[ActId | None], Calendars]
"""Where each side works, by the act that started the clock: a case may hold measures in both directions."""


class ClockState(Struct, frozen=True):
    """One clock as of an instant. Instants are UTC; a due time is None where the law states no number or none runs.

    `target_due` is the strict reading and `legal_due` the one a breach is told by; `alarm_due` is the stricter of both.
    `verified` says whether the limit and every step of counting it were read in the text; `citation` is the limit's own.
    `started_by` is None for what no act starts; `late_at` is when a lapsed limit was met after all.
    `forbids` holds while the clock is open.
    """

    id: str
    instrument: str
    measure: str | None
    citation: Citation
    kind: ClockKind
    text: str
    started_by: str | None
    started_at: datetime | None
    target_due: datetime | None
    legal_due: datetime | None
    state: ClockStatus
    settled_at: datetime | None
    then: str
    consequence: str
    consequence_text: str
    who: str
    who_text: str
    acting: Side
    only_if: str
    trace: tuple[str, ...]
    verified: bool
    law: str
    late_at: datetime | None = None
    forbids: tuple[ActType, ...] = ()

    @property
    def alarm_due(self) -> datetime | None:
        """The earlier of target and legal end."""
        ends = [end for end in (self.target_due, self.legal_due) if end is not None]
        return min(ends) if ends else None


def one_way(sending: Calendar, receiving: Calendar) -> CalendarsOf:
    """Where each side works in a case whose measures all go in one direction."""
    calendars = {Side.SENDING: sending, Side.RECEIVING: receiving}
    return lambda _act: calendars


def clocks(law: Law, history: Sequence[PastAct], *, at: datetime, calendars: CalendarsOf) -> tuple[ClockState, ...]:
    """Every clock of a case as of an instant, in the order of its acts; duties that no act starts come last.

    Args:
        law: the law to ask.
        history: the acts of one case, each once, in any order that puts none before what it answers.
        at: the instant to look at; acts issued after it do not count.
        calendars: the zone and holidays of each side.
    """
    case = thread([past for past in history if past.at <= at])
    return tuple(_states(law, case, at, calendars))


def _states(law: Law, case: Thread, at: datetime, calendars: CalendarsOf) -> Iterator[ClockState]:
    for past in case.acts:
        instrument = law.instruments.get(past.instrument)
        for clock in instrument.started_by.get(past.type, ()) if instrument else ():
            start = _started(clock, past, case, at)
            if instrument and start:
                where = calendars(past.act)
                yield _state(law, instrument, clock, past=past, start=start, case=case, at=at, calendars=where)
    for name in dict.fromkeys(past.instrument for past in case.acts):
        instrument = law.instruments.get(name)
        for clock in instrument.standing if instrument else ():
            if instrument and clock.rule.in_cases and clock.rule.holds_on(at.date()):
                yield _standing(law, instrument, clock, at, calendars(None))


def _started(clock: AskedClock, past: PastAct, case: Thread, at: datetime) -> tuple[Start, datetime] | None:
    """The start that this act makes for the clock, and its instant."""
    rule = clock.rule
    if rule.measures and case.measures[past.act] not in rule.measures:
        return None
    for start, asked in zip(rule.starts, clock.starts, strict=True):
        if start.act is past.type and asked(past.facts):
            instant = _instant(start, past)
            if instant is not None and instant <= at and rule.holds_on(instant.date()):
                return start, instant
    return None


def _instant(row: Start | Event, past: PastAct) -> datetime | None:
    """When the act counts, as the row says."""
    if row.at == "issued":
        return past.at
    if row.at == "received":
        return past.received_at
    found = past.facts.get(row.at)
    return found if isinstance(found, datetime) else None


def _happenings(clock: AskedClock, past: PastAct, case: Thread, at: datetime) -> list[Happening]:
    """What later acts do to the clock, in the order of their instants, up to the instant asked about."""
    answering = {act.act for act in case.answering(past.act)}
    found = [
        Happening(position=position, event=event, at=instant, facts=act.facts, on_paper=act.on_paper)
        for act in case.acts
        for position, (event, asked) in enumerate(zip(clock.rule.events, clock.events, strict=True))
        if event.act is act.type
        and act.act != past.act
        and (event.scope is Scope.CASE or act.act in answering)
        and asked(act.facts)
        and (instant := _instant(event, act)) is not None
        and instant <= at
    ]
    return sorted(found, key=lambda happening: happening.at)


def _state(
    law: Law,
    instrument: Instrument,
    clock: AskedClock,
    *,
    past: PastAct,
    start: tuple[Start, datetime],
    case: Thread,
    at: datetime,
    calendars: Calendars,
) -> ClockState:
    """One clock that an act started."""
    row, instant = start
    if past.on_paper:
        row = msgspec.structs.replace(row, called=f"{row.called}, {past.on_paper}")
    if row.at == "received" and past.receipt_presumed:
        called = f"{row.called}, presumed at its issue: it cannot have come before, and when it came is not known here"
        row = msgspec.structs.replace(row, called=called)
    run = begin(_counter(instrument, clock, calendars), row, instant, past.facts)
    for happening in _happenings(clock, past, case, at):
        run = happen(run, happening)
    return _shown(law, instrument, clock, settle(run, at), started_by=past.act, measure=case.measures[past.act])


def _standing(law: Law, instrument: Instrument, clock: AskedClock, at: datetime, calendars: Calendars) -> ClockState:
    """A duty or a date that no act starts: it stands for as long as the instrument does."""
    counter = _counter(instrument, clock, calendars)
    day = _named_day(clock.rule, counter.calendar.local(at).date())
    run = settle(stand(counter, day), at)
    return _shown(law, instrument, clock, run)


def _named_day(rule: ClockRule, today: date) -> date | None:
    """The day a limit names; for a yearly one, the next time it comes."""
    if rule.yearly:
        month, day = (int(part) for part in rule.yearly.removeprefix("--").split("-"))
        this_year = date(today.year, month, day)
        return this_year if this_year >= today else date(today.year + 1, month, day)
    return rule.by_date


def _counter(instrument: Instrument, clock: AskedClock, calendars: Calendars) -> Counter:
    """How to count, and where; no way of counting where the law states no number."""
    return Counter(
        rule=clock.rule,
        counting=instrument.countings.get(clock.rule.counting),
        calendar=calendars[clock.rule.acting],
        within=_counter(instrument, clock.within, calendars) if clock.within else None,
    )


def _shown(
    law: Law,
    instrument: Instrument,
    clock: AskedClock,
    run: Run,
    *,
    started_by: str | None = None,
    measure: str | None = None,
) -> ClockState:
    """The run as an answer."""
    rule, due = clock.rule, run.due
    return ClockState(
        id=rule.id,
        instrument=instrument.head.id,
        measure=measure,
        citation=instrument.cite(rule),
        kind=rule.kind,
        text=rule.text,
        started_by=started_by,
        started_at=run.since.astimezone(UTC) if started_by else None,
        target_due=due.target_due if due else None,
        legal_due=due.legal_due if due else None,
        state=run.status,
        settled_at=run.settled_at.astimezone(UTC) if run.settled_at else None,
        then=run.then,
        consequence=rule.consequence,
        consequence_text=clock.consequence,
        who=rule.who,
        who_text=instrument.file.actors[rule.who],
        acting=rule.acting,
        only_if=rule.only_if,
        trace=run.trace,
        verified=rule.verified and (due is None or due.verified),
        law=law.version,
        late_at=run.late_at.astimezone(UTC) if run.late_at else None,
        forbids=rule.forbids,
    )
