"""Whether the clocks and the ways of counting of an instrument file can be run."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime

from comity.law.durations import parse_duration
from comity.law.fields import BODIES, UnknownFieldError, type_at
from comity.law.instruments import ClockRule, Event, InstrumentFile, Start
from comity.law.positions import Where
from comity.law.predicates import ADMISSIBLE, SPANS
from comity.law.rows import Test
from comity.law.rule_checks import Footing, faults_of_test
from comity.law.shapes import Fault
from comity.law.terms import (
    ClockKind,
    EventKind,
)

WITHOUT_NUMBER = frozenset({ClockKind.QUALITATIVE, ClockKind.AVAILABILITY})
"""Clocks that have no number, because the law states none."""

AT_ACT = ("issued", "received")
"""Instants every act has; any other name is a field of the act's body."""

_AROUND = ("issuer.", "addressees[].", "opening.")
_COMMON_YEAR = 2001
_YEARLY = re.compile(r"--(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")


def clock_faults(file: InstrumentFile) -> Iterator[Fault]:
    """What is wrong with the clocks: lengths, counting, consequences, and the acts that start and change them."""
    for position, clock in enumerate(file.clock):
        where: Where = ("clock", position)
        yield from _length_faults(clock, where)
        yield from _counting_reference(file, clock, where)
        yield from _bound_faults(file, clock, where)
        if clock.consequence and clock.consequence not in {effect.code for effect in file.effect}:
            yield (*where, "consequence"), f"the file has no effect {clock.consequence!r}"
        for act in clock.forbids:
            if act not in BODIES:
                yield (*where, "forbids"), f"the act {act.value!r} has no body"
        for start in clock.starts:
            yield from _start_faults(file, clock, start, (*where, "starts"))
        for event in clock.events:
            yield from _event_faults(file, event, (*where, "events"))


def _length_faults(clock: ClockRule, where: Where) -> Iterator[Fault]:
    lengths = [name for name in ("limit", "by_date", "yearly") if getattr(clock, name)]
    if clock.kind in WITHOUT_NUMBER:
        if lengths or clock.limit_field or clock.end_field:
            yield where, f"a clock of kind {clock.kind.value!r} has no number: the law states none"
    elif len(lengths) > 1 or not (lengths or clock.limit_field or clock.end_field):
        yield where, "takes one of limit, by_date and yearly, or a limit_field or end_field"
    if clock.limit:
        yield from _duration_faults(clock.limit, (*where, "limit"))
    if clock.yearly and not _is_day_of_every_year(clock.yearly):
        yield (*where, "yearly"), f"{clock.yearly!r} is no day of every year, written --MM-DD"
    if (clock.limit or clock.limit_field or clock.end_field) and not clock.starts:
        yield where, "has a length but nothing that starts it"


def _is_day_of_every_year(text: str) -> bool:
    match = _YEARLY.match(text)
    return match is not None and int(match[2]) <= monthrange(_COMMON_YEAR, int(match[1]))[1]


def _duration_faults(text: str, where: Where) -> Iterator[Fault]:
    try:
        parse_duration(text)
    except ValueError as error:
        yield where, str(error)


def _counting_reference(file: InstrumentFile, clock: ClockRule, where: Where) -> Iterator[Fault]:
    needs = clock.kind not in WITHOUT_NUMBER and (clock.limit or clock.limit_field or not clock.end_field)
    if needs and clock.counting not in {counting.id for counting in file.counting}:
        yield (*where, "counting"), f"the file has no way of counting {clock.counting!r}"


def _bound_faults(file: InstrumentFile, clock: ClockRule, where: Where) -> Iterator[Fault]:
    """A clock is bounded by another one that starts as it does and is bounded by none."""
    if clock.not_after is None:
        return
    bound = next((each for each in file.clock if each.id == clock.not_after), None)
    if bound is None or bound is clock:
        yield (*where, "not_after"), f"the file has no other clock {clock.not_after!r}"
    elif bound.not_after or not bound.limit or bound.starts != clock.starts:
        yield (*where, "not_after"), f"{clock.not_after!r} has no limit of its own from the same start"


def _start_faults(file: InstrumentFile, clock: ClockRule, start: Start, where: Where) -> Iterator[Fault]:
    yield from _instant_faults(file, start, where)
    if clock.limit_field:
        yield from _field_faults(file, start, clock.limit_field, (int, str), (*where, "limit_field"))
    if clock.end_field:
        yield from _field_faults(file, start, clock.end_field, (datetime,), (*where, "end_field"))


def _event_faults(file: InstrumentFile, event: Event, where: Where) -> Iterator[Fault]:
    yield from _instant_faults(file, event, where)
    extends = event.does is EventKind.EXTENDS
    if extends == (bool(event.by) == bool(event.to_field)):
        yield where, "an extension, and nothing else, takes either by or to_field"
    if event.by:
        yield from _duration_faults(event.by, (*where, "by"))
    if event.to_field:
        yield from _field_faults(file, event, event.to_field, (datetime,), (*where, "to_field"))


def _instant_faults(file: InstrumentFile, row: Start | Event, where: Where) -> Iterator[Fault]:
    if row.act not in BODIES:
        yield (*where, "act"), f"the act {row.act.value!r} has no body"
        return
    if row.at not in AT_ACT:
        yield from _field_faults(file, row, row.at, (datetime,), (*where, "at"))
    for test in row.when:
        yield from _condition_faults(file, row, test, (*where, "when"))


def _condition_faults(file: InstrumentFile, row: Start | Event, test: Test, where: Where) -> Iterator[Fault]:
    """A clock is run from the small facts kept of an act, so its conditions look at the act's own fields."""
    if test.must in SPANS | ADMISSIBLE:
        yield (*where, "must"), f"a clock cannot depend on {test.must.value!r}"
        return
    if test.field.startswith(_AROUND):
        yield (*where, "field"), f"a clock cannot depend on {test.field!r}, which no act says"
        return
    yield from faults_of_test(file, Footing(body=BODIES[row.act], opening=None), test, where)


def _field_faults(
    file: InstrumentFile, row: Start | Event, path: str, kinds: tuple[type, ...], where: Where
) -> Iterator[Fault]:
    try:
        found = type_at(BODIES[row.act], path, file.facts)
    except UnknownFieldError as error:
        yield where, str(error)
        return
    if found not in kinds:
        yield where, f"{path!r} is not of the kind {' or '.join(kind.__name__ for kind in kinds)}"


def counting_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Ways of counting stand once, and their bases were read somewhere that is named."""
    seen: set[str] = set()
    for position, counting in enumerate(file.counting):
        where: Where = ("counting", position)
        if counting.id in seen:
            yield (*where, "id"), f"the way of counting {counting.id!r} stands twice"
        seen.add(counting.id)
        for basis in counting.basis:
            if basis.source not in file.sources:
                yield (*where, "basis"), f"the file has no source {basis.source!r}"
