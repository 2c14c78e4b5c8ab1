"""Facts that start and change clocks, as a person writes them in a file: for reckoning without a node and without acts.

instrument = "..."                      # of every act that names none of its own
sending = { country = "..", zone = ".." }    # whose holidays and zone count where that side must act
receiving = { country = "..", zone = ".." }

[[happened]]
act = "preservation-confirmed"          # an act type
at = 2026-11-23T10:00:00Z               # when it was issued
received = 2026-11-23T10:02:00Z         # when its addressee got it; left out: the same
answers = [1]                           # the acts it answers, by their numbers from 1
measure = "..."                         # for the act that opens a measure
says = { "data.categories" = ["content"] }   # the fields that clocks look at, by their paths
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct, field

from comity.acts.classes import ActType
from comity.law.calendars import Calendar, calendar_of, no_holidays
from comity.law.clocks import CalendarsOf, one_way
from comity.law.corpus import Law
from comity.law.history import PastAct
from comity.law.matters import FactValue
from comity.law.positions import Where
from comity.law.shapes import Fault


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a file of facts."""


class Place(_Table, frozen=True, kw_only=True):
    """Where a side works: the country of its holidays (ISO 3166, or with a subdivision, `DE-BY`), and its zone."""

    country: str = ""
    zone: str = "UTC"

    def calendar(self) -> Calendar:
        """The calendar; without a country there are no holidays, and its name says so. Raises `BrokenInputError`."""
        if not self.country:
            return Calendar(zone=self.zone, holidays=no_holidays, name="no holidays looked at")
        country, _, subdivision = self.country.partition("-")
        return calendar_of(country, self.zone, subdivision)


class Trigger(_Table, frozen=True, kw_only=True):
    """One thing that happened."""

    act: ActType
    at: datetime
    received: datetime | None = None
    answers: tuple[int, ...] = ()
    instrument: str = ""
    measure: str | None = None
    says: dict[str, object] = field(default_factory=dict)


class TriggerFile(_Table, frozen=True, kw_only=True):
    """A whole file. `at` is the instant to look at, where the file says one."""

    instrument: str
    happened: tuple[Trigger, ...]
    at: datetime | None = None
    name: str = "the case of the file"
    sending: Place = Place()
    receiving: Place = Place()

    def calendars(self) -> CalendarsOf:
        """Where each side works. Raises `BrokenInputError` for a country whose holidays are not known."""
        return one_way(self.sending.calendar(), self.receiving.calendar())


def act_number(number: int) -> str:
    """The id that stands for an act of such a file, by its number from 1."""
    return f"{number:064x}"


def trigger_faults(law: Law, file: TriggerFile) -> Iterator[Fault]:
    """What is wrong with the facts that has nothing to do with their shape."""
    for position, one in enumerate(file.happened):
        where: Where = ("happened", position)
        name = one.instrument or file.instrument
        instrument = law.instruments.get(name)
        if instrument is None:
            yield (
                (*where, "instrument"),
                f"no instrument {name!r} is known; known are {', '.join(sorted(law.instruments))}",
            )
            continue
        if one.measure is not None and one.measure not in instrument.measures:
            yield (*where, "measure"), f"no measure {one.measure!r}; known are {', '.join(instrument.measures)}"
        if one.at.tzinfo is None or (one.received and one.received.tzinfo is None):
            yield (*where, "at"), "an instant says its zone, e.g. 2026-11-23T10:00:00Z"
        for number in one.answers:
            if not 1 <= number <= position:
                yield (*where, "answers"), f"no act {number} stands before this one"
        yield from _said_faults(instrument.kept.get(one.act, {}), one, (*where, "says"))


def _said_faults(known: Mapping[str, object], one: Trigger, where: Where) -> Iterator[Fault]:
    for path, value in one.says.items():
        if path not in known:
            looked = ", ".join(sorted(known)) or "none"
            yield where, f"no clock looks at {path!r} of such an act; looked at are: {looked}"
        if not isinstance(value, str | int | datetime) and not _codes(value):
            yield where, f"{path!r} takes a text, a whole number, true or false, an instant, or a list of codes"


def _codes(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _fact(value: object) -> FactValue:
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return value if isinstance(value, str | int | datetime) else None


def triggered(law: Law, file: TriggerFile) -> tuple[PastAct, ...]:
    """The history these facts make. The file must have no faults."""
    return tuple(_past(law, file, number, one) for number, one in enumerate(file.happened, 1))


def _past(law: Law, file: TriggerFile, number: int, one: Trigger) -> PastAct:
    name = one.instrument or file.instrument
    kept = law.instruments[name].kept.get(one.act, {})
    facts: Mapping[str, FactValue] = {path: _fact(one.says.get(path)) for path in sorted(kept)}
    return PastAct(
        act=act_number(number),
        type=one.act,
        instrument=name,
        measure=one.measure,
        at=one.at,
        received_at=one.received or one.at,
        re=tuple(act_number(answered) for answered in one.answers),
        facts=facts,
    )
