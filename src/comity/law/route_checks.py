"""Whether the routes of an instrument file, and what closes or conditions them, can be asked about a question."""

from collections.abc import Iterator

from comity.law.fields import starts_at_body
from comity.law.instruments import InstrumentFile
from comity.law.positions import Where
from comity.law.predicates import ADMISSIBLE, SPANS
from comity.law.questions import Question
from comity.law.rows import Test
from comity.law.rule_checks import Footing, faults_of_test
from comity.law.shapes import Fault

_QUESTION = Footing(body=Question, opening=None)


def route_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Every route is of one measure and paced by clocks of the file; every test looks at the question."""
    yield from _way_faults(file)
    yield from _bar_faults(file)
    for name, tested in (("prerequisite", "when"), ("safeguard", "when"), ("ground", "question")):
        for position, row in enumerate(getattr(file, name)):
            yield from _tests_faults(file, getattr(row, tested), (name, position, tested))


def _way_faults(file: InstrumentFile) -> Iterator[Fault]:
    clocks = {clock.id for clock in file.clock if clock.limit}
    for position, route in enumerate(file.route):
        where: Where = ("route", position)
        if len(route.measures) != 1:
            yield (*where, "measures"), "a route is of exactly one measure"
        elif not any(not test.measures or route.measures[0] in test.measures for test in file.party_test):
            yield (*where, "measures"), f"no party test says between which States {route.measures[0]!r} is there"
        for pace in route.paces:
            for name in set(pace.clocks) - clocks:
                yield (*where, "paces"), f"the file has no clock with a length {name!r}"
            yield from _tests_faults(file, pace.when, (*where, "paces"))


def _bar_faults(file: InstrumentFile) -> Iterator[Fault]:
    for position, bar in enumerate(file.bar):
        where: Where = ("bar", position)
        yield from _tests_faults(file, (*bar.when, *bar.unless), where)
        if bar.asks and bar.asks not in Question.__struct_fields__:
            yield (*where, "asks"), f"a question has no field {bar.asks!r}"
        if not bar.when and not bar.reservation:
            yield where, "a bar takes tests in when, or a reservation"


def _tests_faults(file: InstrumentFile, tests: tuple[Test, ...], where: Where) -> Iterator[Fault]:
    for test in tests:
        if test.must in SPANS | ADMISSIBLE:
            yield (*where, "must"), f"a question cannot be tested by {test.must.value!r}"
        elif not starts_at_body(test.field):
            yield (*where, "field"), f"{test.field!r} is no field of a question"
        else:
            yield from faults_of_test(file, _QUESTION, test, where)
