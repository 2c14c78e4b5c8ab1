"""Whether an item falls into what an order asks for, decided from its descriptor alone. When in doubt, it does not."""

from collections.abc import Sequence

from comity.acts.matters import ScopePart, Withheld
from comity.evidence.descriptors import ItemDescriptor
from comity.vocabulary.categories import WithheldReason
from comity.vocabulary.instants import Period


def is_in_part(item: ItemDescriptor, part: ScopePart) -> bool:
    """Whether the item meets every criterion of the part.

    1. Its category is one the part names; a part that names none contains nothing.
    2. Where the part has a period, all of the item lies inside it: an item whose time is unknown does not, nor one that
       only overlaps.
    3. Where the part has names, the item's name or one of its leading folders is among them, character for character.
    """
    # 1
    if item.category not in part.categories:
        return False
    # 2
    if part.period is not None and not _is_inside(item, part.period):
        return False
    # 3
    return not part.names or _is_named(item.name, part.names)


def is_in_scope(item: ItemDescriptor, parts: Sequence[ScopePart]) -> bool:
    """Whether the item falls into at least one part."""
    return any(is_in_part(item, part) for part in parts)


def reason_to_withhold(
    item: ItemDescriptor, granted: Sequence[ScopePart], refused: Sequence[ScopePart]
) -> WithheldReason | None:
    """Why the item is not handed over, or None when it is. What is granted in one part is not refused in another."""
    if is_in_scope(item, granted):
        return None
    return WithheldReason.REFUSED if is_in_scope(item, refused) else WithheldReason.OUT_OF_SCOPE


class WithheldCount:
    """Counts withheld items by reason, and nothing else about them."""

    def __init__(self) -> None:
        self._items: dict[WithheldReason, int] = {}

    def add(self, reason: WithheldReason) -> None:
        """One more item is withheld for this reason."""
        self._items[reason] = self._items.get(reason, 0) + 1

    def counts(self) -> tuple[Withheld, ...]:
        """Every reason that occurred, in the order of the vocabulary."""
        return tuple(Withheld(reason, self._items[reason]) for reason in WithheldReason if reason in self._items)


def _is_inside(item: ItemDescriptor, period: Period) -> bool:
    if item.first is None or item.last is None:
        return False
    return period.contains(item.first) and period.contains(item.last)


def _is_named(name: str, names: Sequence[str]) -> bool:
    return any(name == wanted or name.startswith(wanted.rstrip("/") + "/") for wanted in names if wanted)
