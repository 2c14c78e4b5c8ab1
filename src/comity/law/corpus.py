"""The law as the engine asks it: every instrument's rules by measure and by act, with their tests already compiled.

A `Law` is made once, by the loader, and never changes. Its `version` is the digest of the files it was read from; every
answer carries it, so that an old decision can be recomputed under the law of its day.
"""

from collections.abc import Callable, Mapping
from datetime import date

from msgspec import Struct

from comity.acts.classes import ActType
from comity.law.admissibility import Admitted
from comity.law.answers import Citation, Finding, cite
from comity.law.courts import CourtFile
from comity.law.fields import Reader
from comity.law.instruments import (
    ClockRule,
    Competence,
    Counting,
    Effect,
    Ground,
    Head,
    InstrumentFile,
    MarkRule,
    Measure,
    Note,
    Parties,
    Party,
    PartyTest,
    Requirement,
    WithheldFields,
)
from comity.law.matters import Check, FactValue
from comity.law.retention_rows import OfficeFile, RetentionRule
from comity.law.route_rows import Bar, Prerequisite, Route, Safeguard
from comity.law.rows import Provision
from comity.law.terms import (
    Side,
)

FactCheck = Callable[[Mapping[str, FactValue]], bool]
"""A compiled test of the small facts kept of a past act."""


class AskedRequirement(Struct, frozen=True):
    """A requirement ready to be asked. `found` is the finding at each side; `each` reads the list it is asked of."""

    rule: Requirement
    holds: Check
    asked: Check
    found: Mapping[Side, Finding]
    each: Reader | None


class AskedCompetence(Struct, frozen=True):
    """A competence rule ready to be asked."""

    rule: Competence
    asked: Check
    found: Mapping[Side, Finding]


class AskedPartyTest(Struct, frozen=True):
    """A test of the states concerned, with its finding."""

    rule: PartyTest
    found: Finding


class AskedWithheld(Struct, frozen=True):
    """Fields to be kept from some offices, with the finding for an act that would show them."""

    rule: WithheldFields
    found: Finding


class AskedMark(Struct, frozen=True):
    """A mark, with its test of the body alone: marks are put on a class before there is a whole act."""

    rule: MarkRule
    asked: Callable[[object], bool]


class AskedRules(Struct, frozen=True):
    """Everything that is asked of one kind of act under one measure."""

    requirements: tuple[AskedRequirement, ...]
    competences: tuple[AskedCompetence, ...]
    withheld: tuple[AskedWithheld, ...]
    marks: tuple[AskedMark, ...]


class AskedMeasure(Struct, frozen=True):
    """A measure with its rules. `categories` reads the categories its opening act states."""

    rule: Measure
    acts: frozenset[ActType]
    categories: Reader | None
    by_act: Mapping[ActType, AskedRules]
    party_tests: tuple[AskedPartyTest, ...]
    admits: Admitted
    effects: tuple[Effect, ...]
    clocks: tuple[ClockRule, ...]
    notes: tuple[Note, ...]
    retention: tuple[RetentionRule, ...] = ()


class AskedClock(Struct, frozen=True):
    """A clock ready to be run: one test for each of its starts and events, in their order; the clock it never outlasts.

    `consequence` is what follows when it lapses, in words.
    """

    rule: ClockRule
    starts: tuple[FactCheck, ...]
    events: tuple[FactCheck, ...]
    consequence: str = ""
    within: "AskedClock | None" = None


QuestionCheck = Callable[[object], bool]
"""A compiled test of a question."""


class AskedBar(Struct, frozen=True):
    """What closes a route, ready to be asked of a question. `others` are its tests of fields other than the one it asks."""

    rule: Bar
    others: QuestionCheck
    when: QuestionCheck
    unless: tuple[QuestionCheck, ...]


class AskedWay(Struct, frozen=True):
    """A route ready to be asked: everything about it that depends on the question, each with its test."""

    rule: Route
    measure: AskedMeasure
    paces: tuple[QuestionCheck, ...]
    bars: tuple[AskedBar, ...]
    prerequisites: tuple[tuple[Prerequisite, QuestionCheck], ...]
    safeguards: tuple[tuple[Safeguard, QuestionCheck], ...]
    grounds: tuple[tuple[Ground, QuestionCheck], ...]


class Instrument(Struct, frozen=True):
    """One instrument, ready to be asked. `kept` are the fields of each act that clocks look at.

    `started_by` are the clocks that an act of a type may start, `standing` those that no act starts: each in the file's order.
    """

    file: InstrumentFile
    parties: Mapping[str, Party]
    party_table: Parties | None
    measures: Mapping[str, AskedMeasure]
    clocks: tuple[AskedClock, ...]
    started_by: Mapping[ActType, tuple[AskedClock, ...]]
    standing: tuple[AskedClock, ...]
    kept: Mapping[ActType, Mapping[str, Reader]]
    countings: Mapping[str, Counting]
    ways: tuple[AskedWay, ...]

    @property
    def head(self) -> Head:
        """What the instrument is."""
        return self.file.instrument

    def cite(self, provision: Provision) -> Citation:
        """The citation of one of its provisions."""
        return cite(self.head, provision)

    def cite_application(self) -> Citation:
        """The citation of what says from when the instrument applies."""
        span = self.head.application
        return Citation(
            instrument=self.head.id,
            cited_as=self.head.cited_as,
            article=span.article,
            source=span.source,
            verified=span.verified,
        )

    def knows(self, country: str) -> bool:
        """Whether the party table says anything about that state, be it that it is no party."""
        return country in self.parties or self.party_table is None or self.party_table.complete

    def applies(self, day: date) -> bool:
        """Whether the instrument is in force that day."""
        span = self.head.application
        begun = span.since_unknown or (span.start is not None and span.start <= day)
        return begun and (span.end is None or day < span.end)

    def binds(self, country: str, day: date) -> bool:
        """Whether it is in force for that state that day; signature and consent do not bind."""
        party = self.parties.get(country)
        if party is None or not self.applies(day):
            return False
        begun = party.since_unknown or (party.in_force is not None and party.in_force <= day)
        return begun and (party.ended is None or day < party.ended)


class Law(Struct, frozen=True):
    """Every instrument a node knows, what is known of courts by their State, and offices' own rules on keeping by whose they are.

    `version` is the digest of all files.
    """

    version: str
    instruments: Mapping[str, Instrument]
    courts: Mapping[str, CourtFile] = {}
    offices: Mapping[str, OfficeFile] = {}

    def measure(self, instrument: str, measure: str | None) -> AskedMeasure | None:
        """The measure, if the law knows it."""
        found = self.instruments.get(instrument)
        return found.measures.get(measure) if found and measure else None
