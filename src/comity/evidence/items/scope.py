"""Whether an item falls into what an order asks for, decided from its descriptor alone. When in doubt, it does not."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from msgspec import Struct

from comity.acts.matters import ScopePart, Withheld
from comity.evidence.items.descriptors import ItemDescriptor
from comity.vocabulary.categories import WithheldReason
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Aim, Target


class Scope:
    """The parts of an order, made ready to judge many items: the cost per item hardly grows with the names listed."""

    def __init__(self, parts: Iterable[ScopePart]) -> None:
        self._parts = [_Part(part) for part in parts]

    def contains(self, item: ItemDescriptor) -> bool:
        """Whether the item falls into at least one part."""
        for part in self._parts:  # noqa: SIM110 - a million items pass through here: a generator costs as much as judging
            if part.contains(item):
                return True
        return False


def is_in_part(item: ItemDescriptor, part: ScopePart) -> bool:
    """Whether the item meets every criterion of the part.

    1. Its category is one the part names; a part that names none contains nothing.
    2. Where the part has a period, all of the item lies inside it: an item whose time is unknown does not, nor one that
       only overlaps.
    3. Where the part has names, the item's name or one of its leading folders is among them, character for character.
    4. Where the part has identifiers, one that the item names is among them, or an address inside a range among them. What
       names nobody is of nobody here; nor is what names more than its descriptor lists, unless a listed one is among them.
    5. An archive whose members are items of their own is named itself, and not by a folder: each of them falls into the part
       or not, and the archive would bring all of them.
    """
    return _Part(part).contains(item)


def reason_to_withhold(item: ItemDescriptor, granted: Scope, refused: Scope) -> WithheldReason | None:
    """Why the item is not handed over, or None when it is. What is granted in one part is not refused in another."""
    if granted.contains(item):
        return None
    return WithheldReason.REFUSED if refused.contains(item) else WithheldReason.OUT_OF_SCOPE


class HeldUp(Struct, frozen=True):
    """Parts of an order of which nothing may go: `targets` are theirs, `free` those of the parts that may.

    What falls into one of them stays, unless it names an identifier of what may go, and none of what may not. A range of IP
    addresses stands for each address inside.
    """

    parts: tuple[ScopePart, ...] = ()
    targets: tuple[Target, ...] = ()
    free: tuple[Target, ...] = ()


class HeldUpScope:
    """What is held up, made ready to judge many items."""

    def __init__(self, held_up: HeldUp) -> None:
        self._scope = Scope(held_up.parts)
        self._any = bool(held_up.parts)
        self._aim = Aim(held_up.targets)
        self._free = Aim(held_up.free)

    def contains(self, item: ItemDescriptor) -> bool:
        """Whether the item has to stay. When in doubt, it has: so has an archive of which a member may have to."""
        if item.unpacked:
            return self._any
        return self._scope.contains(item) and not self._is_of_another(item)

    def _is_of_another(self, item: ItemDescriptor) -> bool:
        if item.more_targets or any(map(self._aim.meets, item.targets)):
            return False
        return any(map(self._free.covers, item.targets))


class Given(Struct, frozen=True):
    """What a hand-over gave: these parts, but what fell into those held up, and the items, by their leaves, a review withheld."""

    parts: tuple[ScopePart, ...]
    held_up: HeldUp = HeldUp()
    withheld: AbstractSet[bytes] = frozenset()


class Past:
    """What several hand-overs gave, made ready to judge many items."""

    def __init__(self, given: Iterable[Given]) -> None:
        self._given = [(Scope(each.parts), HeldUpScope(each.held_up), each.withheld) for each in given]

    def contains(self, item: ItemDescriptor, leaf: bytes = b"") -> bool:
        """Whether one of them gave the item; its leaf needs to be named where a review may have withheld it."""
        return any(
            parts.contains(item) and not held_up.contains(item) and leaf not in withheld
            for parts, held_up, withheld in self._given
        )


class EarlierDisclosure(Struct, frozen=True):
    """An earlier order's disclosure from a hold: what it granted and refused, and all that was `given` by then.

    `reviewed` are the items of it that its custodian withheld, by their leaves, and why.
    """

    granted: tuple[ScopePart, ...]
    refused: tuple[ScopePart, ...]
    given: tuple[Given, ...]
    reviewed: Mapping[bytes, WithheldReason] = {}


class ReopenedCount:
    """Counts items handed over now that an earlier disclosure withheld, by the reason it had."""

    def __init__(self, earlier: EarlierDisclosure) -> None:
        self._granted, self._refused = map(Scope, (earlier.granted, earlier.refused))
        self._given = Past(earlier.given)
        self._reviewed = earlier.reviewed
        self._withheld = WithheldCount()

    def add(self, item: ItemDescriptor, leaf: bytes) -> None:
        """One more item is handed over; it counts unless it was given before, or granted and only not given yet."""
        if self._given.contains(item, leaf):
            return
        reason = self._reviewed.get(leaf) or reason_to_withhold(item, self._granted, self._refused)
        if reason is not None:
            self._withheld.add(reason)

    def counts(self) -> tuple[Withheld, ...]:
        """Every reason that occurred."""
        return self._withheld.counts()


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


class Names:
    """Names of items and of their leading folders, made ready to be looked up: matched whole, character for character."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.rstrip("/") for name in names) - {""}
        # Only where a listed name could end is a name looked up: a name of nothing but slashes costs no more.
        self._lengths = sorted({len(name) for name in self._names})

    def leading(self, name: str) -> Iterator[str]:
        """Those that the item's name is, or lies below; the shortest first, without a slash at their ends."""
        for length in self._lengths:
            if length > len(name):
                return
            if name[length : length + 1] in ("", "/") and name[:length] in self._names:
                yield name[:length]


class _Part:
    """One part; the steps are those of `is_in_part`."""

    def __init__(self, part: ScopePart) -> None:
        self._categories = frozenset(part.categories)
        self._period = part.period
        self._names = Names(part.names) if part.names else None
        self._aim = Aim(part.targets) if part.targets else None

    def contains(self, item: ItemDescriptor) -> bool:
        """Whether the item meets every criterion."""
        # 1
        if item.category not in self._categories:
            return False
        # 2
        if self._period is not None and not _is_inside(item, self._period):
            return False
        # 3
        if self._names is not None and next(self._names.leading(item.name), None) is None:
            return False
        # 4
        if self._aim is not None and not any(map(self._aim.covers, item.targets)):
            return False
        # 5
        return not item.unpacked or (self._names is not None and item.name in self._names.leading(item.name))


def _is_inside(item: ItemDescriptor, period: Period) -> bool:
    if item.first is None or item.last is None:
        return False
    return period.contains(item.first) and period.contains(item.last)
