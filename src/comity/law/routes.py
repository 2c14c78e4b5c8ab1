"""Which ways there are: every route the law knows for an aim, the open ones ranked, the closed ones with every reason.

Steps:
1. A route is looked at when it serves the aim; the points against it are collected (`comity.law.route_standing`).
2. It is closed by any point that closes it; uncertain while a point must be established; open otherwise. An instrument
   that is not in force is shown and explained, and never offered.
3. Open routes are ranked: what needs nobody's answer; what the law wants done at once; what ends sooner by the law's own
   limits, counted from the day of the question; last what has neither number nor haste. Then by their channels.
4. Each route says what it takes and what protects the person: from the same rules by which the act is checked later.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum, StrEnum, auto

from msgspec import Struct

from comity.law.admissibility import Reserved
from comity.law.answers import Citation
from comity.law.calendars import Calendar, no_holidays
from comity.law.corpus import AskedRules, AskedWay, Instrument, Law
from comity.law.durations import parse_duration
from comity.law.explain import clock_in_words, note_in_words
from comity.law.periods import Period, count
from comity.law.questions import Question
from comity.law.route_standing import Point, Weight, competences, points
from comity.law.rows import Provision
from comity.law.terms import Channel, Nature, PrerequisiteKind, Severity, Side


class _Group(IntEnum):
    """Groups of open routes, the fastest first."""

    NOBODY_ASKED = auto()
    AT_ONCE = auto()
    BY_A_LIMIT = auto()
    NO_LIMIT = auto()


class Standing(StrEnum):
    """Whether a route is there to be taken. Append only."""

    OPEN = "open"
    UNCERTAIN = "uncertain"
    CLOSED = "closed"


class Said(Struct, frozen=True):
    """Something a route takes, brings or allows: the rule's id, in words, its citation."""

    id: str
    text: str
    citation: Citation


class Needed(Struct, frozen=True):
    """A prerequisite. `met` is None where the question does not tell."""

    id: str
    kind: PrerequisiteKind
    text: str
    citation: Citation
    met: bool | None = None


class Content(Struct, frozen=True):
    """What the act that opens the route must say: the field, in words; `conditional` where it depends on other fields."""

    id: str
    field: str
    text: str
    citation: Citation
    severity: Severity
    conditional: bool


class Way(Struct, frozen=True):
    """One route for the question. `by` is when it ends by the law's own limits, None where the law states no number.

    `opened_by` is the type of act that opens it, empty where none is needed. `verified` says whether everything that
    makes it open or closed was read.
    """

    id: str
    instrument: str
    measure: str
    title: str
    standing: Standing
    channel: Channel
    opened_by: str
    citation: Citation
    by: datetime | None
    expeditious: bool
    points: tuple[Point, ...]
    prerequisites: tuple[Needed, ...]
    contents: tuple[Content, ...]
    clocks: tuple[Said, ...]
    refusals: tuple[Said, ...]
    safeguards: tuple[Said, ...]
    notes: tuple[Said, ...]
    verified: bool
    nature: Nature

    def reasons(self) -> tuple[Point, ...]:
        """Why it is closed."""
        return tuple(point for point in self.points if point.weight is Weight.CLOSES)


class Routes(Struct, frozen=True):
    """The answer: open routes, the one that ends soonest first; those with something to establish; closed ones."""

    question: Question
    open: tuple[Way, ...]
    uncertain: tuple[Way, ...]
    closed: tuple[Way, ...]
    law: str


_PLACE = Calendar(zone="UTC", holidays=no_holidays, name="no holidays looked at")
_CHANNELS = tuple(Channel)


def routes(law: Law, question: Question) -> Routes:
    """Every route the law at hand knows for the question, in the order of the steps above."""
    found: dict[Standing, list[Way]] = {standing: [] for standing in Standing}
    for instrument in law.instruments.values():
        for asked in instrument.ways:
            if question.aim in asked.rule.aims and asked.rule.holds_on(question.on):
                way = _way(instrument, asked, question)
                found[way.standing].append(way)
    ranked = {standing: tuple(sorted(ways, key=_rank)) for standing, ways in found.items()}
    return Routes(
        question=question,
        open=ranked[Standing.OPEN],
        uncertain=ranked[Standing.UNCERTAIN],
        closed=ranked[Standing.CLOSED],
        law=law.version,
    )


def _rank(way: Way) -> tuple[int, float, int, str]:
    """Step 3."""
    if way.channel is Channel.OWN:
        group = _Group.NOBODY_ASKED
    elif way.expeditious and way.by is None:
        group = _Group.AT_ONCE
    else:
        group = _Group.BY_A_LIMIT if way.by else _Group.NO_LIMIT
    return group, way.by.timestamp() if way.by else 0.0, _CHANNELS.index(way.channel), way.id


def _way(instrument: Instrument, asked: AskedWay, question: Question) -> Way:
    """Steps 2 and 4."""
    found = points(instrument, asked, question)
    opens = asked.measure.rule.opens
    rules = asked.measure.by_act.get(opens) if opens else None
    day = question.on
    return Way(
        id=asked.rule.id,
        instrument=instrument.head.id,
        measure=asked.measure.rule.id,
        title=asked.rule.title,
        standing=_standing(found),
        channel=asked.rule.channel,
        opened_by=opens.value if opens else "",
        citation=instrument.cite(asked.rule),
        by=_by(instrument, asked, question),
        expeditious=asked.rule.expeditious,
        points=found,
        prerequisites=tuple(_prerequisites(instrument, asked, question)),
        contents=tuple(_contents(instrument, rules, question)),
        clocks=tuple(_said(instrument, c, clock_in_words(c)) for c in asked.measure.clocks if c.holds_on(day)),
        refusals=tuple(_refusals(instrument, asked, question)),
        safeguards=tuple(
            _said(instrument, row, row.text) for row, test in asked.safeguards if row.holds_on(day) and test(question)
        ),
        notes=tuple(_notes(instrument, asked, question)),
        verified=_verified(instrument, asked, found),
        nature=asked.measure.rule.nature,
    )


def _standing(found: tuple[Point, ...]) -> Standing:
    weights = {point.weight for point in found}
    if Weight.CLOSES in weights:
        return Standing.CLOSED
    return Standing.UNCERTAIN if Weight.TO_ESTABLISH in weights else Standing.OPEN


def _verified(instrument: Instrument, asked: AskedWay, found: tuple[Point, ...]) -> bool:
    tested = bool(asked.measure.party_tests) and instrument.party_table is not None
    table = not tested or (instrument.party_table is not None and instrument.party_table.verified)
    rows = asked.rule.verified and asked.measure.rule.verified and instrument.head.application.verified
    return rows and table and all(point.verified for point in found)


def _by(instrument: Instrument, asked: AskedWay, question: Question) -> datetime | None:
    """When the clocks of the first pace that fits end, one after the other, counted from the day's beginning in UTC."""
    pace = next(
        (pace for pace, test in zip(asked.rule.paces, asked.paces, strict=True) if test(question)),
        None,
    )
    if pace is None:
        return None
    at = datetime(question.on.year, question.on.month, question.on.day, tzinfo=UTC)
    rules = {clock.rule.id: clock.rule for clock in instrument.clocks}
    for name in pace.clocks:
        rule = rules[name]
        period = Period(length=parse_duration(rule.limit), unit=rule.unit, called=rule.id)
        at = count(at, period, instrument.countings[rule.counting], _PLACE).legal_due
    return at


def _said(instrument: Instrument, row: Provision, text: str) -> Said:
    return Said(id=row.id, text=text, citation=instrument.cite(row))


def _prerequisites(instrument: Instrument, asked: AskedWay, question: Question) -> Iterator[Needed]:
    for competence in competences(asked, question):
        rule = competence.rule
        met = question.issuing in rule.offices if question.issuing else None
        yield Needed(rule.id, PrerequisiteKind.COMPETENCE, rule.message, instrument.cite(rule), met)
    for row, test in asked.prerequisites:
        if row.holds_on(question.on) and test(question):
            yield Needed(row.id, row.kind, row.text, instrument.cite(row))


def _contents(instrument: Instrument, rules: AskedRules | None, question: Question) -> Iterator[Content]:
    for requirement in rules.requirements if rules else ():
        rule = requirement.rule
        if rule.holds_on(question.on) and Side.SENDING in rule.sides:
            field = f"{rule.each}[].{rule.field}" if rule.each else rule.field
            yield Content(rule.id, field, rule.message, instrument.cite(rule), rule.severity, bool(rule.when))


def _refusals(instrument: Instrument, asked: AskedWay, question: Question) -> Iterator[Said]:
    """Grounds the state asked may have: those in point that it need not have reserved, has, or may have."""
    for ground, test in asked.grounds:
        made = asked.measure.admits.reserved(ground.reservation, question.requested, question.on)
        if made is Reserved.NO or not ground.holds_on(question.on) or not test(question):
            continue
        doubt = " (whether the state has reserved this is not known here)" if made is Reserved.UNKNOWN else ""
        yield _said(instrument, ground, f"{ground.code}: {ground.text}{doubt}")


def _notes(instrument: Instrument, asked: AskedWay, question: Question) -> Iterator[Said]:
    states = (None, question.requesting, question.requested)
    for note in asked.measure.notes:
        if note.country in states and note.holds_on(question.on):
            yield _said(instrument, note, note_in_words(note))
