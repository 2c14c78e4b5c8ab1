"""What the law says about a measure or an article, laid out rule by rule for people: each with citation, source, verified."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from comity.law.answers import Citation
from comity.law.corpus import AskedMeasure, Instrument, Law
from comity.law.durations import in_words, parse_duration
from comity.law.instruments import ClockRule, Measure, Note
from comity.law.rows import Provision
from comity.law.terms import (
    ClockUnit,
    Nature,
    NoteKind,
)


class LineKind(StrEnum):
    """What a line of an explanation is about. Append only."""

    APPLICATION = "application"
    MEASURE = "measure"
    PARTIES = "parties"
    REQUIREMENT = "requirement"
    CODE = "code"
    COMPETENCE = "competence"
    WITHHELD = "withheld"
    GROUND = "ground"
    CONDITION = "condition"
    PURPOSE = "purpose"
    CLOCK = "clock"
    EFFECT = "effect"
    MARK = "mark"
    NOTE = "note"
    ROUTE = "route"
    BAR = "bar"
    PREREQUISITE = "prerequisite"
    SAFEGUARD = "safeguard"
    RETENTION = "retention"


class Line(Struct, frozen=True):
    """One rule in words. `in_force` is as of the day asked about."""

    kind: LineKind
    id: str
    text: str
    citation: Citation
    source: str
    in_force: bool


class MeasureExplained(Struct, frozen=True):
    """One measure: its rules, in the order of `LineKind`."""

    id: str
    title: str
    opened_by: str
    lines: tuple[Line, ...]


class Explanation(Struct, frozen=True):
    """What was found for a question. `unverified` counts the lines whose text nobody read; `law` is the version asked."""

    instrument: str
    title: str
    edition: str
    as_of: str
    asked: str
    at: datetime
    applies: bool
    measures: tuple[MeasureExplained, ...]
    unverified: int
    law: str


_ARTICLE_WORDS = ("article ", "art. ", "art ")


def explain(law: Law, instrument: str, asked: str, *, at: datetime) -> Explanation | None:
    """The measure of that name, or every rule at that article (its paragraphs too), or all of it when empty.

    None when the law knows no such instrument. An explanation without measures means that nothing was found in it.
    """
    found = law.instruments.get(instrument)
    if found is None:
        return None
    measures = tuple(_explained(found, measure, asked, at) for measure in found.measures.values())
    with_lines = tuple(measure for measure in measures if measure.lines)
    return Explanation(
        instrument=found.head.id,
        title=found.head.title,
        edition=found.head.edition.isoformat(),
        as_of=found.head.as_of.isoformat(),
        asked=asked,
        at=at,
        applies=found.applies(at.date()),
        measures=with_lines,
        unverified=sum(not line.citation.verified for measure in with_lines for line in measure.lines),
        law=law.version,
    )


def _explained(instrument: Instrument, measure: AskedMeasure, asked: str, at: datetime) -> MeasureExplained:
    whole = not asked or measure.rule.id == asked
    lines = tuple(
        line for line in _lines(instrument, measure, at) if whole or _at_article(line.citation.article, asked)
    )
    opened_by = measure.rule.opens.value if measure.rule.opens else ""
    return MeasureExplained(id=measure.rule.id, title=measure.rule.title, opened_by=opened_by, lines=lines)


def _at_article(article: str, asked: str) -> bool:
    """Whether the article is the one asked for, or lies in it: its text goes on with a bracket or a separator only."""
    plain, wanted = _plain(article), _plain(asked)
    rest = plain.removeprefix(wanted)
    return rest != plain and not rest[:1].isalnum()


def _plain(article: str) -> str:
    text = article.strip().lower()
    for word in _ARTICLE_WORDS:
        text = text.removeprefix(word)
    return text


def _lines(instrument: Instrument, measure: AskedMeasure, at: datetime) -> Iterator[Line]:
    """Every rule of the measure; the instrument's own standing first."""
    yield _application(instrument, at)
    for kind, row, text in (*_rows(measure), *_route_rows(instrument, measure)):
        yield Line(
            kind=kind,
            id=row.id,
            text=text,
            citation=instrument.cite(row),
            source=instrument.file.sources[row.source].title,
            in_force=row.holds_on(at.date()),
        )
    yield from _codes(instrument, measure, at)


def _codes(instrument: Instrument, measure: AskedMeasure, at: datetime) -> Iterator[Line]:
    """Every code of the lists that the measure's requirements refer to."""
    rules = [asked.rule for rules in measure.by_act.values() for asked in rules.requirements]
    used = {test.list for rule in rules for test in (rule.test(), *rule.when, *rule.otherwise)}
    for codes in reversed(instrument.file.list):
        if codes.id not in used:
            continue
        used |= set(codes.includes)
        for listed in codes.codes:
            yield Line(
                kind=LineKind.CODE,
                id=listed.code,
                text=f"{codes.id}: {listed.text}",
                citation=msgspec.structs.replace(instrument.cite(codes), article=listed.article),
                source=instrument.file.sources[codes.source].title,
                in_force=codes.holds_on(at.date()),
            )


def _application(instrument: Instrument, at: datetime) -> Line:
    span = instrument.head.application
    unsaid = "in force, since when is not known here" if span.since_unknown else "not in force"
    since = f"in force since {span.start.isoformat()}" if span.start else unsaid
    until = f" until {span.end.isoformat()}" if span.end else ""
    note = f"; {span.note}" if span.note else ""
    return Line(
        kind=LineKind.APPLICATION,
        id=instrument.head.id,
        text=f"{since}{until}{note}",
        citation=instrument.cite_application(),
        source=instrument.file.sources[span.source].title,
        in_force=instrument.applies(at.date()),
    )


def _rows(measure: AskedMeasure) -> Iterator[tuple[LineKind, Provision, str]]:
    yield LineKind.MEASURE, measure.rule, measure_in_words(measure.rule)
    for test in measure.party_tests:
        yield LineKind.PARTIES, test.rule, test.rule.message
    for rules in measure.by_act.values():
        for requirement in rules.requirements:
            yield LineKind.REQUIREMENT, requirement.rule, requirement.rule.message
        for competence in rules.competences:
            rule = competence.rule
            data = f", for {', '.join(rule.categories)} data" if rule.categories else ""
            yield LineKind.COMPETENCE, rule, f"{rule.role.value}: {', '.join(rule.offices)}{data}; {rule.message}"
        for withheld in rules.withheld:
            hidden = f"{', '.join(withheld.rule.fields)} hidden from {', '.join(withheld.rule.hidden_from)}"
            yield LineKind.WITHHELD, withheld.rule, f"{hidden}; {withheld.rule.message}"
        for mark in rules.marks:
            yield LineKind.MARK, mark.rule, f"counted by overseers as {mark.rule.mark}"
    yield from _consequences(measure)


def _consequences(measure: AskedMeasure) -> Iterator[tuple[LineKind, Provision, str]]:
    for ground in measure.admits.grounds:
        needs = f" (needs a reservation to {ground.rule.reservation})" if ground.rule.reservation else ""
        yield LineKind.GROUND, ground.rule, f"{ground.rule.code}: {ground.rule.text}{needs}"
    for condition in measure.admits.conditions:
        yield LineKind.CONDITION, condition, f"{condition.code}: {condition.text}"
    for purpose in measure.admits.purposes:
        yield LineKind.PURPOSE, purpose, f"{purpose.code}: {purpose.text}"
    for clock in measure.clocks:
        yield LineKind.CLOCK, clock, clock_in_words(clock)
    for effect in measure.effects:
        yield LineKind.EFFECT, effect, f"{effect.code}: {effect.text}"
    for rule in measure.retention:
        yield LineKind.RETENTION, rule, f"{rule.kind.value}: {rule.text}" + (f" ({rule.clock})" if rule.clock else "")
    for note in measure.notes:
        yield LineKind.NOTE, note, note_in_words(note)


def _route_rows(instrument: Instrument, measure: AskedMeasure) -> Iterator[tuple[LineKind, Provision, str]]:
    for way in instrument.ways:
        if way.measure is not measure:
            continue
        rule = way.rule
        aims = ", ".join(aim.value for aim in rule.aims)
        yield LineKind.ROUTE, rule, f"{rule.title}; for: {aims}; over: {rule.channel.value}; {rule.connection_text}"
        for bar in way.bars:
            reserved = f" (where {bar.rule.reservation} is reserved)" if bar.rule.reservation else ""
            yield LineKind.BAR, bar.rule, f"{bar.rule.message}{reserved}"
        for prerequisite, _ in way.prerequisites:
            yield LineKind.PREREQUISITE, prerequisite, f"{prerequisite.kind.value}: {prerequisite.text}"
        for safeguard, _ in way.safeguards:
            yield LineKind.SAFEGUARD, safeguard, safeguard.text


def measure_in_words(measure: Measure) -> str:
    """The title; and of an intrusive measure its nature and the clocks by which it ends and is reviewed, or why there are none."""
    ends = f"ends by {measure.sunset}" if measure.sunset else measure.no_sunset
    reviewed = f"is reviewed by {measure.review}" if measure.review else measure.no_review
    said = [each for each in (ends, reviewed) if each]
    nature = "" if measure.nature is Nature.ORDINARY else f"; {measure.nature.value}"
    return f"{measure.title}{nature}: {', '.join(said)}" if said else measure.title


def note_in_words(note: Note) -> str:
    """The note, and what it is and whose, where it is more than a remark on scope."""
    whose = f" of {note.country}" if note.country else ""
    return note.text if note.kind is NoteKind.SCOPE else f"{note.kind.value}{whose}: {note.text}"


def clock_in_words(clock: ClockRule) -> str:
    """The limit, what starts it, the duty, what follows when it lapses, and what it forbids until then."""
    working = clock.unit is ClockUnit.WORKING_DAYS
    length = in_words(parse_duration(clock.limit), working_days=working) if clock.limit else ""
    day = clock.by_date.isoformat() if clock.by_date else clock.yearly
    own = f" or what {clock.limit_field} says, the {clock.choice.value}" if clock.limit_field else ""
    day = day or (f"until {clock.end_field}" if clock.end_field and not length else "")
    called = " or ".join(start.called for start in clock.starts)
    start = f", from: {called}" if called else ""
    limit = f"{clock.kind.value} {length or day or '(no number)'}{own}{start}"
    only_if = f"; only if {clock.only_if}" if clock.only_if else ""
    after = f"; else: {clock.consequence}" if clock.consequence else ""
    forbids = f"; until then not: {', '.join(clock.forbids)}" if clock.forbids else ""
    return f"{limit}: {clock.text}{only_if}{after}{forbids}"
