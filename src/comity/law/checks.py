"""Whether an instrument file is whole in itself: every reference leads somewhere, every rule can be applied.

Returns every fault at once, each with the way to the value it is about.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from comity.law.clock_checks import clock_faults, counting_faults
from comity.law.fields import BODIES, UnknownFieldError, starts_at_body, type_at
from comity.law.instruments import InstrumentFile, Requirement
from comity.law.nature_checks import nature_faults
from comity.law.office_checks import retention_faults
from comity.law.positions import Where
from comity.law.predicates import ADMISSIBLE
from comity.law.route_checks import route_faults
from comity.law.rows import Provision, Test
from comity.law.rule_checks import Footing, acts_of, codes_of, faults_of_test, footings
from comity.law.shapes import Fault
from comity.vocabulary.categories import DataCategory

PROVISION_LISTS = (
    "measure",
    "list",
    "require",
    "competence",
    "party_test",
    "ground",
    "condition",
    "purpose",
    "mark",
    "effect",
    "withheld",
    "clock",
    "note",
    "route",
    "bar",
    "prerequisite",
    "safeguard",
    "retention",
    "figure",
)
"""The lists of an instrument file whose rows are provisions."""


def provisions(file: InstrumentFile) -> Iterator[tuple[Where, Provision]]:
    """Every provision of a file, with the way to it."""
    for name in PROVISION_LISTS:
        for position, row in enumerate(getattr(file, name)):
            yield (name, position), row


def file_faults(file: InstrumentFile) -> tuple[Fault, ...]:
    """Everything that is wrong with a file that has the right shape."""
    return (
        *_identity_faults(file),
        *_reference_faults(file),
        *_measure_faults(file),
        *nature_faults(file),
        *_requirement_faults(file),
        *_other_rule_faults(file),
        *_shown_faults(file),
        *_list_faults(file),
        *_code_faults(file),
        *_party_faults(file),
        *clock_faults(file),
        *counting_faults(file),
        *route_faults(file),
        *retention_faults(file),
    )


def _identity_faults(file: InstrumentFile) -> Iterator[Fault]:
    seen: set[str] = set()
    for where, provision in provisions(file):
        if provision.id in seen:
            yield (*where, "id"), f"the id {provision.id!r} is used twice"
        seen.add(provision.id)
        if provision.since and provision.until and provision.until <= provision.since:
            yield (*where, "until"), "ends before it begins"


def _reference_faults(file: InstrumentFile) -> Iterator[Fault]:
    known = {measure.id for measure in file.measure}
    for where, provision in provisions(file):
        if provision.source not in file.sources:
            yield (*where, "source"), f"the file has no source {provision.source!r}"
        for name in set(provision.measures) - known:
            yield (*where, "measures"), f"the file has no measure {name!r}"
        who = getattr(provision, "who", None)
        if who is not None and who not in file.actors:
            yield (*where, "who"), f"the file names no actor {who!r}"
    if file.instrument.application.source not in file.sources:
        yield ("instrument", "application", "source"), f"the file has no source {file.instrument.application.source!r}"


def _measure_faults(file: InstrumentFile) -> Iterator[Fault]:
    for position, measure in enumerate(file.measure):
        where: Where = ("measure", position)
        if measure.category_field:
            body = BODIES.get(measure.opens) if measure.opens else None
            try:
                found = type_at(body, measure.category_field, file.facts) if body else None
            except UnknownFieldError as error:
                yield (*where, "category_field"), str(error)
                continue
            if codes_of(found) is not DataCategory:
                yield (*where, "category_field"), f"{measure.category_field!r} holds no categories of data"
        elif measure.categories and measure.opens:
            yield where, "names categories but no category_field to look for them"


def _requirement_faults(file: InstrumentFile) -> Iterator[Fault]:
    for position, rule in enumerate(file.require):
        where: Where = ("require", position)
        for footing in footings(file, rule.measures, rule.act, where):
            if isinstance(footing, Footing):
                yield from _tests_faults(file, footing, rule, where)
            else:
                yield footing


def _tests_faults(file: InstrumentFile, footing: Footing, rule: Requirement, where: Where) -> Iterator[Fault]:
    yield from faults_of_test(file, footing, rule.test(), where, rule.each)
    for test in rule.otherwise:
        yield from faults_of_test(file, footing, test, (*where, "otherwise"), rule.each)
    for test in rule.when:
        yield from _condition_faults(file, footing, test, (*where, "when"), rule.each)


def _other_rule_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Competences, marks and grounds: what they depend on."""
    for position, competence in enumerate(file.competence):
        where: Where = ("competence", position)
        yield from _when_faults(
            file, footings(file, competence.measures, competence.act, where), competence.when, where
        )
    for position, mark in enumerate(file.mark):
        where = ("mark", position)
        yield from _when_faults(file, footings(file, mark.measures, mark.act, where), mark.when, where)
        for test in mark.when:
            if not starts_at_body(test.field) or test.to_field:
                yield (*where, "when"), f"a mark depends on the body alone, not on {test.field!r}"
    for position, ground in enumerate(file.ground):
        where = ("ground", position)
        tests = (*ground.when, *ground.barred_when)
        if tests:
            yield from _when_faults(file, footings(file, ground.measures, None, where), tests, where)


def _shown_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Withheld fields exist, and effects follow from acts of some measure."""
    for position, withheld in enumerate(file.withheld):
        where: Where = ("withheld", position)
        for footing in footings(file, withheld.measures, withheld.act, where):
            if isinstance(footing, Footing):
                for name in set(withheld.fields) - set(footing.body.__struct_fields__):
                    yield (*where, "fields"), f"there is no field {name!r} in {footing.body.__name__}"
            else:
                yield footing
    acts = {act for measure in file.measure for act in acts_of(measure)}
    for position, effect in enumerate(file.effect):
        if effect.act and effect.act not in acts:
            yield ("effect", position, "act"), f"the act {effect.act.value!r} is none of any measure"


def _list_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Lists include lists that stand before them, so that none can include itself."""
    before: set[str] = set()
    for position, codes in enumerate(file.list):
        for name in set(codes.includes) - before:
            yield ("list", position, "includes"), f"no list {name!r} stands before this one"
        before.add(codes.id)


def _when_faults(
    file: InstrumentFile, found: Iterable[Footing | Fault], tests: tuple[Test, ...], where: Where
) -> Iterator[Fault]:
    for footing in found:
        if not isinstance(footing, Footing):
            yield footing
            continue
        for test in tests:
            yield from _condition_faults(file, footing, test, (*where, "when"))


def _condition_faults(
    file: InstrumentFile, footing: Footing, test: Test, where: Where, each: str = ""
) -> Iterator[Fault]:
    if test.must in ADMISSIBLE:
        yield (*where, "must"), f"no rule can depend on {test.must.value!r}"
        return
    yield from faults_of_test(file, footing, test, where, each)


def _code_faults(file: InstrumentFile) -> Iterator[Fault]:
    conditions = {condition.code for condition in file.condition}
    for position, purpose in enumerate(file.purpose):
        for code in {*purpose.barred_by, *purpose.lifted_by, *purpose.needs} - conditions:
            yield ("purpose", position), f"the file has no condition {code!r}"
    for name in ("ground", "condition", "purpose"):
        counts = Counter(
            (row.code, measure, row.since)
            for row in getattr(file, name)
            for measure in row.measures or [every.id for every in file.measure]
        )
        for (code, measure, _since), number in counts.items():
            if number > 1:
                yield (name,), f"the {name} {code!r} stands twice for the measure {measure!r}"


def _party_faults(file: InstrumentFile) -> Iterator[Fault]:
    if file.parties is None:
        return
    if file.parties.source not in file.sources:
        yield ("parties", "source"), f"the file has no source {file.parties.source!r}"
    seen: set[str] = set()
    for position, party in enumerate(file.parties.rows):
        if party.iso in seen:
            yield ("parties", "rows", position), f"the party {party.iso!r} stands twice"
        seen.add(party.iso)
