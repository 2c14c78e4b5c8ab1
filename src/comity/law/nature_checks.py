"""Whether measures that listen or break open stand apart, end, and are looked at again.

1. A measure of another nature than ordinary names a clock by which it ends and one by which it is reviewed, both of it.
2. A demand for decryption names who must approve it: it is guarded, whatever opens it.
3. An aim leads to measures of its own nature only, so that nothing implies a demand that was not made.
"""

from collections.abc import Iterator, Mapping

from comity.law.instruments import ClockRule, InstrumentFile, Measure
from comity.law.positions import Where
from comity.law.shapes import Fault
from comity.law.terms import Aim, CompetenceRole, Nature

NATURES: Mapping[Aim, Nature] = {
    Aim.COLLECT_AS_IT_ARISES: Nature.REAL_TIME,
    Aim.INTERCEPT: Nature.INTERCEPTION,
    Aim.DECRYPT: Nature.DECRYPTION,
}
"""The nature of the measures an aim leads to; every other aim leads to ordinary ones."""


def nature_faults(file: InstrumentFile) -> Iterator[Fault]:
    """What is wrong, by the rules above."""
    clocks = {clock.id: clock for clock in file.clock}
    for position, measure in enumerate(file.measure):
        where: Where = ("measure", position)
        if measure.nature is not Nature.ORDINARY:
            for name in ("sunset", "review"):
                yield from _clock_faults(clocks, measure, name, where)
        elif measure.sunset or measure.review:
            yield where, "names a sunset or a review, but no nature that needs one"
        if measure.nature is Nature.DECRYPTION and not _guarded(file, measure):
            yield where, "a demand for decryption names who approves it: a competence of its own"
    yield from _aim_faults(file)


def _clock_faults(clocks: Mapping[str, ClockRule], measure: Measure, name: str, where: Where) -> Iterator[Fault]:
    """Rule 1."""
    clock = clocks.get(getattr(measure, name))
    if clock is None:
        yield (
            (*where, name),
            f"a measure of the nature {measure.nature.value!r} names a clock of the file as its {name}",
        )
    elif clock.measures and measure.id not in clock.measures:
        yield (*where, name), f"the clock {clock.id!r} is not of this measure"


def _guarded(file: InstrumentFile, measure: Measure) -> bool:
    """Rule 2."""
    return any(
        rule.role is CompetenceRole.APPROVE and measure.id in rule.measures and not rule.categories
        for rule in file.competence
    )


def _aim_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Rule 3."""
    natures = {measure.id: measure.nature for measure in file.measure}
    for position, route in enumerate(file.route):
        for aim in route.aims:
            wanted = NATURES.get(aim, Nature.ORDINARY)
            for name in route.measures:
                if natures.get(name, wanted) is not wanted:
                    yield (
                        ("route", position, "aims"),
                        f"the aim {aim.value!r} leads to measures of the nature {wanted.value!r}, and {name!r} is of another",
                    )
