"""The format of an instrument file: everything the engine knows about law is a value of these structs.

A file holds one instrument: its head, where its facts were read, the measures it offers, and flat lists of provisions
(what a request must say, who is competent, which clock runs, what may be refused, ...). Every provision carries its
article, its source and whether the operative text was read (`verified`); every provision may be dated (`since`,
`until`), so that an old question is answered under the law of its day. A provision that names no `measures` belongs to
every measure of its instrument, and one that names no `act` is about the act that opens the measure.

The next editor breaks instrument files by renaming a field or an enum value. Fields are appended, with defaults.
"""

from datetime import date

from msgspec import field

from comity.acts.classes import ActType
from comity.law.figure_rows import FigureRule
from comity.law.retention_rows import RetentionRule
from comity.law.route_rows import Bar, Prerequisite, Route, Safeguard
from comity.law.rows import Code, Country, Provision, Row, Source, Test, Text, Value
from comity.law.terms import (
    Choice,
    ClockKind,
    ClockUnit,
    CompetenceRole,
    CountingStep,
    DayHours,
    DaysRule,
    EventKind,
    HoursRule,
    Must,
    Nature,
    NoteKind,
    PartyTestKind,
    Scope,
    Severity,
    Side,
    Weekday,
)
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.identifiers import InstrumentId


class Requirement(Provision, frozen=True, kw_only=True):
    """What a field of an act must be. Met when `otherwise` holds instead; asked only when all of `when` hold.

    `each` names a list of the body: the rule is then asked of every element, with field paths relative to it.
    `receiving` is the severity at the receiving side where it differs.
    """

    field: Text
    must: Must
    message: Text
    who: Code
    act: ActType | None = None
    values: tuple[Value, ...] = ()
    list: str = ""
    to_field: str = ""
    each: str = ""
    when: tuple[Test, ...] = ()
    otherwise: tuple[Test, ...] = ()
    severity: Severity = Severity.BLOCKS
    receiving: Severity | None = None
    sides: tuple[Side, ...] = (Side.SENDING, Side.RECEIVING)

    def test(self) -> Test:
        """The rule's own test, apart from when it is asked."""
        return Test(field=self.field, must=self.must, values=self.values, list=self.list, to_field=self.to_field)


class Competence(Provision, frozen=True, kw_only=True):
    """Which offices may draft or approve an act, for which categories of data (none named: for any)."""

    role: CompetenceRole
    offices: tuple[OfficeKind, ...]
    message: Text
    who: Code
    act: ActType | None = None
    categories: tuple[DataCategory, ...] = ()
    when: tuple[Test, ...] = ()
    severity: Severity = Severity.BLOCKS
    receiving: Severity | None = None


class PartyTest(Provision, frozen=True, kw_only=True):
    """What must hold of the states concerned when a measure is opened."""

    test: PartyTestKind
    message: Text
    who: Code
    severity: Severity = Severity.BLOCKS


class Ground(Provision, frozen=True, kw_only=True):
    """A ground on which a request may be refused. `reservation` names the article a refusing state must have reserved.

    `when` tests the act that opened the measure; the ground is not there when all of `barred_when` hold of it. `question`
    tests what is known before there is such an act.
    """

    code: Code
    text: Text
    reservation: str = ""
    when: tuple[Test, ...] = ()
    barred_when: tuple[Test, ...] = ()
    question: tuple[Test, ...] = ()


class ConditionRule(Provision, frozen=True, kw_only=True):
    """A condition that a supplying state may attach to material."""

    code: Code
    text: Text
    tells_supplier_on_opening: bool = False


class Purpose(Provision, frozen=True, kw_only=True):
    """A purpose an officer may state when opening an item. `onward`: it passes the material on to another State.

    Not available while a condition of `barred_by` is attached, unless one of `lifted_by` is attached too; where `needs`
    names conditions, one of them must be attached in any case.
    """

    code: Code
    text: Text
    barred_by: tuple[Code, ...] = ()
    lifted_by: tuple[Code, ...] = ()
    needs: tuple[Code, ...] = ()
    onward: bool = False


class MarkRule(Provision, frozen=True, kw_only=True):
    """A coded circumstance that overseers count, put on an act's class when all of `when` hold."""

    mark: Code
    when: tuple[Test, ...]
    act: ActType | None = None


class Effect(Provision, frozen=True, kw_only=True):
    """What follows in law from an act or from a limit that lapsed, and for whom."""

    code: Code
    text: Text
    who: Code
    act: ActType | None = None


class WithheldFields(Provision, frozen=True, kw_only=True):
    """Fields of an act that offices of some kinds must never be shown."""

    act: ActType
    fields: tuple[Text, ...]
    hidden_from: tuple[OfficeKind, ...]
    message: Text
    who: Code


class Note(Provision, frozen=True, kw_only=True):
    """What bears on a measure without being a rule: scope, an interpretive note, a side letter, a declaration.

    `country` is the state that made it, where one did: it then bears only on what goes to or comes from there.
    """

    text: Text
    kind: NoteKind = NoteKind.SCOPE
    country: Country | None = None


class Start(Row, frozen=True, kw_only=True):
    """What starts a clock. `at` is `issued`, `received`, or the field of the act that holds the instant."""

    act: ActType
    called: Text
    at: Text = "issued"
    when: tuple[Test, ...] = ()


class Event(Row, frozen=True, kw_only=True):
    """What an act does to a clock that was started. `then` says in words how things stand afterwards.

    `by` lengthens an extension, or the extension runs to the instant in `to_field`; `times` bounds how often it counts.
    """

    act: ActType
    does: EventKind
    then: str = ""
    at: Text = "issued"
    when: tuple[Test, ...] = ()
    scope: Scope = Scope.ANSWERING
    by: str = ""
    to_field: str = ""
    times: int = 0


class ClockRule(Provision, frozen=True, kw_only=True):
    """A time limit, or a duty without a number.

    `limit` is an ISO 8601 duration, empty for a duty without a number; `limit_field` names a field of the starting act
    with a length of its own (whole days, or an ISO 8601 duration), and `choice` says which of both counts; `end_field` names
    a field with the instant at which the act itself says that it ends (of several, the last). `acting` is
    the side whose zone and holidays count. `by_date` and `yearly` (`--MM-DD`) are limits that no act starts. `only_if`
    says what must have happened besides, where no act can show it. A limit that no act starts and that is not
    `in_cases` binds states or institutions at large: it is told of the instrument, never of a case. `not_after`
    names a clock of the file that this one never outlasts, wherever each is counted: what one side may still do, the other
    must still be held to. `forbids` are kinds of act that must not be done while the clock is open: running, suspended or held.
    """

    kind: ClockKind
    who: Code
    acting: Side
    text: Text
    limit: str = ""
    limit_field: str = ""
    choice: Choice = Choice.SHORTER
    unit: ClockUnit = ClockUnit.CALENDAR
    counting: str = ""
    backwards: bool = False
    by_date: date | None = None
    yearly: str = ""
    only_if: str = ""
    renewable: bool = False
    in_cases: bool = True
    not_after: Code | None = None
    forbids: tuple[ActType, ...] = ()
    end_field: str = ""
    consequence: str = ""
    starts: tuple[Start, ...] = ()
    events: tuple[Event, ...] = ()


class Basis(Row, frozen=True, kw_only=True):
    """Why a step of counting is done, or not done, as it is."""

    on: CountingStep
    rule: Text
    article: Text
    source: Text
    verified: bool
    text: Text


class Counting(Row, frozen=True, kw_only=True):
    """A way of counting periods. `moves`: a last day that is free moves to the next working day (never for hours).

    `least_working_days` are contained in every period of that many days or more. `part_month_days` is the length of a
    month of which a period states a part. `day_hours` says what a change of clocks does to calendar days.
    """

    id: Code
    title: Text
    hours: HoursRule
    days: DaysRule
    moves: bool
    weekend: tuple[Weekday, ...]
    basis: tuple[Basis, ...]
    least_working_days: int = 0
    part_month_days: int = 0
    day_hours: DayHours = DayHours.AS_THEY_COME


class ListedCode(Row, frozen=True, kw_only=True):
    """One code of a list, e.g. an offence."""

    code: Code
    article: Text
    text: Text


class CodeList(Provision, frozen=True, kw_only=True):
    """A closed list of codes that rules refer to; the codes of the lists in `includes` are its codes too."""

    codes: tuple[ListedCode, ...]
    includes: tuple[str, ...] = ()


class Measure(Provision, frozen=True, kw_only=True):
    """Something the instrument allows to be asked. `category_field` is where its opening act states categories of data.

    A measure that is not of an ordinary nature names the clocks by which it ends (`sunset`) and is looked at again (`review`).
    One by which data are preserved does too, or says why the instrument gives none (`no_sunset`, `no_review`).
    """

    title: Text
    opens: ActType | None = None
    acts: tuple[ActType, ...] = ()
    categories: tuple[DataCategory, ...] = ()
    category_field: str = ""
    nature: Nature = Nature.ORDINARY
    sunset: str = ""
    review: str = ""
    no_sunset: str = ""
    no_review: str = ""


class Application(Row, frozen=True, kw_only=True):
    """From when to when the instrument applies; without `start` it is not in force, unless it is `since_unknown`."""

    article: Text
    source: Text
    verified: bool
    start: date | None = None
    end: date | None = None
    note: str = ""
    since_unknown: bool = False


class Head(Row, frozen=True, kw_only=True):
    """What the instrument is. `cited_as` stands before an article; `edition` dates this file, `as_of` its facts."""

    id: InstrumentId
    title: Text
    cited_as: Text
    edition: date
    as_of: date
    application: Application


class Reservation(Row, frozen=True, kw_only=True):
    """A reservation or declaration of one party to one article."""

    article: Text
    text: str = ""
    since: date | None = None
    until: date | None = None


class Territory(Row, frozen=True, kw_only=True):
    """Whether an instrument extends to a part of a state (ISO 3166 code of that part), and from when."""

    code: Text
    extends: bool
    source: Text
    verified: bool
    since: date | None = None
    text: str = ""


class Party(Row, frozen=True, kw_only=True):
    """The status of one state; signature, consent and entry into force are never inferred from each other.

    `flags` are those of the depositary's chart; they say that there are reservations, not which. `since_unknown`: bound,
    but since when is not known here.
    """

    iso: Country
    name: str = ""
    signed: date | None = None
    consent: date | None = None
    in_force: date | None = None
    ended: date | None = None
    mode: str = ""
    flags: str = ""
    note: str = ""
    reservations: tuple[Reservation, ...] = ()
    territories: tuple[Territory, ...] = ()
    since_unknown: bool = False


class Parties(Row, frozen=True, kw_only=True):
    """Who has signed, consented and is bound. `reservation_flag` is the flag of states that reserved some article.

    `territory_flag` is that of states that declared to which of their territories it extends. A table that is not
    `complete` says nothing about states it does not list.
    """

    as_of: date
    article: Text
    source: Text
    verified: bool
    flag_legend: str = ""
    reservation_flag: str = ""
    territory_flag: str = ""
    complete: bool = True
    rows: tuple[Party, ...] = ()


class InstrumentFile(Row, frozen=True, kw_only=True):
    """One file: one instrument."""

    instrument: Head
    sources: dict[str, Source]
    actors: dict[Code, str]
    facts: dict[str, str] = field(default_factory=dict)
    parties: Parties | None = None
    measure: tuple[Measure, ...] = ()
    list: tuple[CodeList, ...] = ()
    require: tuple[Requirement, ...] = ()
    competence: tuple[Competence, ...] = ()
    party_test: tuple[PartyTest, ...] = ()
    ground: tuple[Ground, ...] = ()
    condition: tuple[ConditionRule, ...] = ()
    purpose: tuple[Purpose, ...] = ()
    mark: tuple[MarkRule, ...] = ()
    effect: tuple[Effect, ...] = ()
    withheld: tuple[WithheldFields, ...] = ()
    clock: tuple[ClockRule, ...] = ()
    counting: tuple[Counting, ...] = ()
    note: tuple[Note, ...] = ()
    route: tuple[Route, ...] = ()
    bar: tuple[Bar, ...] = ()
    prerequisite: tuple[Prerequisite, ...] = ()
    safeguard: tuple[Safeguard, ...] = ()
    retention: tuple[RetentionRule, ...] = ()
    figure: tuple[FigureRule, ...] = ()


class PartyFile(Row, frozen=True, kw_only=True):
    """A companion file: the parties of an instrument that stands in another file."""

    parties_of: InstrumentId
    sources: dict[str, Source]
    parties: Parties
