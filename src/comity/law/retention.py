"""How long a case is kept: every rule that bears on it, of its instruments and of the office, with its date and citation.

A rule of an instrument has the date of the clock it names, or none: then the law states no number, and none is made up. An
office's own rule counts from the opening or the closing of the case. What the acts of the case set is the case's own
(`comity.casework.bench.retention_standing` puts all together).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from comity.law.answers import Citation, cite_own
from comity.law.clock_run import ClockStatus
from comity.law.clocks import ClockState
from comity.law.corpus import Law
from comity.law.durations import parse_duration
from comity.law.retention_rows import CountedFrom, OwnRetention, RetentionKind, RetentionRule

_KEEPS = frozenset({ClockStatus.RUNNING, ClockStatus.HELD, ClockStatus.SUSPENDED})
_ENDS = frozenset({ClockStatus.RUNNING, ClockStatus.LAPSED})


class Origin(StrEnum):
    """Whose rule it is: an instrument's, the office's own, or one set for the case by an act of the office."""

    LAW = "law"
    OFFICE = "office-rule"
    CASE = "case-rule"


class Limit(Struct, frozen=True):
    """One rule on keeping as it bears on a case.

    `due` is the date before which nothing is disposed of, beyond which nothing is kept, or by which somebody looks again.
    None: as long as its clock is held, or, for a review, that the law states no number and the office has set none.
    `act` is the act that set it or that extended it, where one did.
    """

    rule: str
    kind: RetentionKind
    origin: Origin
    text: str
    citation: Citation
    due: datetime | None
    act: str = ""


class Life(Struct, frozen=True):
    """What of a case the rules on keeping look at: its matters by instrument and measure, and the turns of its life."""

    measures: frozenset[tuple[str, str]]
    opened_at: datetime
    closed_at: datetime | None = None
    reviewed_at: datetime | None = None

    @property
    def instruments(self) -> frozenset[str]:
        """The instruments of its matters."""
        return frozenset(instrument for instrument, _ in self.measures)


def limits(law: Law, life: Life, clocks: Sequence[ClockState], at: datetime) -> tuple[Limit, ...]:
    """Every limit by law and by the office's own files; `clocks` are those of the case that bind this node's side."""
    return (*_by_law(law, life, clocks, at), *_by_office(law, life, at))


def _by_law(law: Law, life: Life, clocks: Sequence[ClockState], at: datetime) -> Iterator[Limit]:
    for name in sorted(life.instruments & law.instruments.keys()):
        instrument = law.instruments[name]
        for rule in instrument.file.retention:
            if not rule.holds_on(at.date()) or not _is_of(rule, name, life):
                continue
            for due in _dates(rule, name, clocks):
                yield Limit(rule.id, rule.kind, Origin.LAW, rule.text, instrument.cite(rule), due)


def _is_of(rule: RetentionRule, instrument: str, life: Life) -> bool:
    return not rule.measures or any((instrument, measure) in life.measures for measure in rule.measures)


def _dates(rule: RetentionRule, instrument: str, clocks: Sequence[ClockState]) -> Iterator[datetime | None]:
    """The end of every clock by which the rule keeps now or ends keeping; None for what has no end yet, or no number."""
    if not rule.clock:
        yield None
        return
    wanted = _KEEPS if rule.kind is RetentionKind.AT_LEAST else _ENDS
    for clock in clocks:
        if (clock.instrument, clock.id) == (instrument, rule.clock) and clock.state in wanted:
            yield clock.legal_due


def _by_office(law: Law, life: Life, at: datetime) -> Iterator[Limit]:
    for office in law.offices.values():
        for row in office.retention:
            if row.holds_on(at.date()) and row.is_about(life.instruments):
                due = _counted(row, life)
                if due is not None:
                    yield Limit(row.id, row.kind, Origin.OFFICE, row.text, cite_own(office, row), due)


def _counted(row: OwnRetention, life: Life) -> datetime | None:
    """None while the case has not come to where the rule begins to count."""
    start = life.opened_at if row.counted_from is CountedFrom.OPENED else life.closed_at
    if start is not None and row.kind is RetentionKind.REVIEW and life.reviewed_at is not None:
        start = max(start, life.reviewed_at)
    return None if start is None else parse_duration(row.length).after(start)
