"""Whether the rules of an instrument file refer to fields that exist, and test them in a way that makes sense.

Everything is checked when a file is loaded, so that nothing can be wrong when a case depends on it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from typing import get_args, get_origin

from msgspec import Struct

from comity.acts.classes import ActType
from comity.law.durations import parse_duration
from comity.law.fields import BODIES, UnknownFieldError, element_type, plain, type_at
from comity.law.instruments import InstrumentFile, Measure
from comity.law.positions import Where
from comity.law.predicates import ADMISSIBLE, CHOICES, LENGTHS, NUMBERS, SPANS
from comity.law.rows import Test
from comity.law.shapes import Fault
from comity.law.terms import (
    Must,
)

_CODES_ARE_TEXT = (str, object)


class Footing(Struct, frozen=True):
    """What a rule stands on: the struct its paths start at, and that of the act which opened the measure."""

    body: type[Struct]
    opening: type[Struct] | None


def footings(
    file: InstrumentFile, measures: Iterable[str], act: ActType | None, where: Where
) -> Iterator[Footing | Fault]:
    """The bodies a rule is asked of: those of its act, or of the acts that open its measures; a fault where there is none."""
    named = set(measures)
    found = False
    for measure in file.measure:
        kind = act or measure.opens
        if (named and measure.id not in named) or (not named and kind not in acts_of(measure)):
            continue
        found = True
        if kind is None:
            yield where, f"names no act, and no act opens the measure {measure.id!r}"
        elif kind not in acts_of(measure):
            yield where, f"the act {kind.value!r} is none of the measure {measure.id!r}"
        elif kind not in BODIES:
            yield where, f"the act {kind.value!r} has no body to test"
        else:
            yield Footing(body=BODIES[kind], opening=BODIES.get(measure.opens) if measure.opens else None)
    if not found and not named:
        yield where, "no measure of the file has an act that this could be about"


def acts_of(measure: Measure) -> tuple[ActType, ...]:
    """Every act of a measure, the one that opens it first."""
    return (measure.opens, *measure.acts) if measure.opens else measure.acts


def faults_of_test(file: InstrumentFile, footing: Footing, test: Test, where: Where, each: str = "") -> Iterator[Fault]:
    """What is wrong with one test: its path, the type at its end, its values."""
    try:
        body = element_type(footing.body, each) if each else footing.body
        at = type_at(body, test.field, file.facts, footing.opening, footing.body)
    except UnknownFieldError as error:
        yield (*where, "field"), str(error)
        return
    yield from _value_faults(file, test, at, where)
    if test.must in SPANS:
        yield from _span_faults(file, footing, test, at, where)


def _value_faults(file: InstrumentFile, test: Test, at: object, where: Where) -> Iterator[Fault]:
    if test.must in (Must.BE_TRUE, Must.BE_FALSE) and at not in (bool, object):
        yield (*where, "must"), f"{test.field!r} is not true or false"
    if test.must in NUMBERS:
        yield from _number_faults(test, at, where)
    if test.must in CHOICES:
        yield from _choice_faults(file, test, at, where)
    elif test.list:
        yield (*where, "list"), f"a list means nothing to {test.must.value!r}"
    if test.must in ADMISSIBLE and codes_of(at) not in _CODES_ARE_TEXT:
        yield (*where, "must"), f"{test.field!r} does not hold codes"


def _number_faults(test: Test, at: object, where: Where) -> Iterator[Fault]:
    if at not in (int, object):
        yield (*where, "must"), f"{test.field!r} is not a whole number"
    if len(test.values) != 1 or type(test.values[0]) is not int:
        yield (*where, "values"), f"{test.must.value!r} takes one whole number"


def _choice_faults(file: InstrumentFile, test: Test, at: object, where: Where) -> Iterator[Fault]:
    if bool(test.list) == bool(test.values):
        yield where, f"{test.must.value!r} takes either values or a list"
    if test.list and test.list not in {codes.id for codes in file.list}:
        yield (*where, "list"), f"the file has no list {test.list!r}"
    many = test.must in (Must.ALL_BE_AMONG, Must.HAVE_ONE_OF)
    holds_many = get_origin(at) is tuple or "[]" in test.field
    if at is not object and many != holds_many:
        yield (*where, "must"), f"{test.field!r} holds {'one code' if many else 'a list of codes'}"
    kind = codes_of(at)
    if isinstance(kind, type) and issubclass(kind, Enum):
        known = {str(member.value) for member in kind}
        for value in test.values:
            if value not in known:
                yield (*where, "values"), f"{value!r} is no {kind.__name__}; known are {', '.join(sorted(known))}"


def codes_of(at: object) -> object:
    """The type of one code, for a field that holds one or a list of them."""
    return plain(get_args(at)[0]) if get_origin(at) is tuple else at


def _span_faults(file: InstrumentFile, footing: Footing, test: Test, begins: object, where: Where) -> Iterator[Fault]:
    try:
        ends = type_at(footing.body, test.to_field, file.facts, footing.opening) if test.to_field else None
        if {begins, ends} - {datetime, object}:
            yield (*where, "to_field"), f"{test.must.value!r} takes two instants, in field and to_field"
    except UnknownFieldError as error:
        yield (*where, "to_field"), str(error)
    if test.must not in LENGTHS:
        return
    try:
        parse_duration(str(test.values[0]) if len(test.values) == 1 else "").whole_days()
    except ValueError as error:
        yield (*where, "values"), f"{test.must.value!r} takes one duration in days: {error}"
