"""Whether measures that listen or break open stand apart, end, and are looked at again.

1. A measure of another nature than ordinary names a clock by which it ends and one by which it is reviewed, both of it.
2. So does one by which data are preserved; where the instrument gives none, it says so in words, which are shown.
3. A demand for decryption names who must approve it: it is guarded, whatever opens it.
4. An aim leads to measures of its own nature only, so that nothing implies a demand that was not made.
"""

from collections.abc import Iterator, Mapping

from comity.acts.classes import ActType
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


PRESERVING = frozenset({ActType.PRESERVATION_REQUESTED, ActType.PRESERVATION_ORDERED})
"""The acts that open a measure by which data are preserved."""


def nature_faults(file: InstrumentFile) -> Iterator[Fault]:
    """What is wrong, by the rules above."""
    clocks = {clock.id: clock for clock in file.clock}
    for position, measure in enumerate(file.measure):
        where: Where = ("measure", position)
        for name in ("sunset", "review"):
            yield from _end_faults(clocks, measure, name, where)
        if measure.nature is Nature.DECRYPTION and not _guarded(file, measure):
            yield where, "a demand for decryption names who approves it: a competence of its own"
    yield from _aim_faults(file)


def _end_faults(clocks: Mapping[str, ClockRule], measure: Measure, name: str, where: Where) -> Iterator[Fault]:
    """Rules 1 and 2."""
    named, why_none = getattr(measure, name), getattr(measure, f"no_{name}")
    listens, preserves = measure.nature is not Nature.ORDINARY, measure.opens in PRESERVING
    if not (listens or preserves):
        if named or why_none:
            yield where, f"names a {name}, but no nature that needs one"
    elif listens or not why_none:
        yield from _clock_faults(clocks, measure, name, where)
    if why_none and (named or listens):
        yield (*where, f"no_{name}"), f"says why there is no {name}, where one is named or needed"


def _clock_faults(clocks: Mapping[str, ClockRule], measure: Measure, name: str, where: Where) -> Iterator[Fault]:
    """That it is a clock of the measure."""
    clock = clocks.get(getattr(measure, name))
    if clock is None:
        kind = f"of the nature {measure.nature.value!r}" if measure.nature is not Nature.ORDINARY else "that preserves"
        yield (*where, name), f"a measure {kind} names a clock of the file as its {name}"
    elif clock.measures and measure.id not in clock.measures:
        yield (*where, name), f"the clock {clock.id!r} is not of this measure"


def _guarded(file: InstrumentFile, measure: Measure) -> bool:
    """Rule 3."""
    return any(
        rule.role is CompetenceRole.APPROVE and measure.id in rule.measures and not rule.categories
        for rule in file.competence
    )


def _aim_faults(file: InstrumentFile) -> Iterator[Fault]:
    """Rule 4."""
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
