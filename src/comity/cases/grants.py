"""What a decision or an order lets be handed over, and whether something keeps within it."""

from collections.abc import Sequence

from comity.acts.matters import ScopePart
from comity.cases.state import Matter
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Aim


def granted_parts(matter: Matter) -> tuple[ScopePart, ...]:
    """The parts of what was asked in the matter that were granted; none while nothing is decided."""
    labels = {decision.label for decision in matter.decisions if decision.granted}
    return tuple(part for part in matter.asked if part.label in labels)


def beyond(parts: Sequence[ScopePart], granted: Sequence[ScopePart]) -> tuple[str, ...]:
    """Labels of those parts that no granted part covers; empty when all keep within the grant.

    A part keeps within another when everything in it is in the other as well: its kinds of data are among the other's,
    its time lies within the other's, its names are the other's or lie below them, and its identifiers are among the other's.
    """
    return tuple(part.label for part in parts if not any(_within(part, other) for other in granted))


def _within(part: ScopePart, other: ScopePart) -> bool:
    return (
        set(part.categories) <= set(other.categories)
        and _inside(part.period, other.period)
        and (not other.names or (bool(part.names) and all(_below(name, other.names) for name in part.names)))
        and (not other.targets or (bool(part.targets) and all(map(Aim(other.targets).covers, part.targets or ()))))
    )


def _inside(period: Period | None, other: Period | None) -> bool:
    if other is None:
        return True
    return period is not None and other.start <= period.start and period.end <= other.end


def _below(name: str, folders: Sequence[str]) -> bool:
    return any(name.rstrip("/") == each.rstrip("/") or name.startswith(f"{each.rstrip('/')}/") for each in folders)
