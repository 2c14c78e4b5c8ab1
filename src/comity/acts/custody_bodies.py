"""The bodies of the acts about what is done with an exhibit beside handing it over: opened, copied out, given or kept back.

The rule of `comity.acts.bodies` holds: fields are appended, with defaults; none is renamed or removed.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from comity.acts.body import AboutOrder, Body
from comity.acts.classes import ActType
from comity.vocabulary.categories import REVIEWED, WithheldReason
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId, Slug

Words = Annotated[str, Meta(min_length=1, max_length=300)]

LISTED_AT_ONCE = 10_000
"""The most items that one act lists: with the 64 digits of each it stays well below what an act may have in bytes."""


def require_ascending(listed: Sequence[Digest]) -> None:
    """Raises `ValueError` for items out of the order of their hashes, and for one that is listed twice."""
    if list(listed) != sorted(set(listed)):
        raise ValueError("items are listed in the order of their hashes, each once")


class ItemOpened(Body, frozen=True, tag=ActType.ITEM_OPENED.value):
    """An officer looked at an item. `item` is the item's leaf hash under its hold root, so the supplier knows it too.

    `derived` names the redacted copy that was looked at instead of the original; `names`, that it was the table of who is who.
    Of several originals looked at together `listed` are the leaf hashes, ascending, and `item` is the RFC 6962 root over them.
    """

    exhibit: ExhibitId
    item: Digest
    purpose: str
    reasons: str
    derived: ExhibitId | None = None
    names: bool = False
    listed: Annotated[tuple[Digest, ...], Meta(min_length=2, max_length=LISTED_AT_ONCE)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Raises `ValueError` for several items that are no originals, out of order or listed twice."""
        if self.listed is UNSET:
            return
        if self.derived is not None or self.names:
            raise ValueError("a redacted copy is looked at by itself")
        require_ascending(self.listed)

    @property
    def leaves(self) -> tuple[Digest, ...]:
        """The leaf hash of each item that was looked at, ascending."""
        return (self.item,) if self.listed is UNSET else self.listed


class OpeningRefused(Body, frozen=True, tag=ActType.OPENING_REFUSED.value):
    """An officer wanted to look and was refused, with the code of the refusal."""

    exhibit: ExhibitId
    purpose: str
    code: str


class ItemCopied(Body, frozen=True, tag=ActType.ITEM_COPIED.value):
    """The content of an item was given out of the node, onto a medium, to somebody who answers for it from then on.

    `item` is the original's leaf hash; the copy is of `size` bytes with the SHA-256 `digest`. The act that it answers is the
    opening, with its purpose. What becomes of the copy no node can show.
    """

    exhibit: ExhibitId
    item: Digest
    digest: Digest
    size: int
    medium: Words
    holder: Words


class ExhibitReturned(Body, frozen=True, tag=ActType.EXHIBIT_RETURNED.value):
    """A taker gives an exhibit back to whoever handed it over: from this act on it is the giver's alone again.

    `hand_over` is the giver's act, `objects_root` and `items` what the taker had received by it. Nothing of it is left at the taker:
    `objects` is how many stored objects were deleted with their keys.
    """

    exhibit: ExhibitId
    hand_over: ActId
    objects_root: Digest
    items: int
    reason: Slug
    objects: int


class MatchReviewed(AboutOrder, frozen=True, tag=ActType.MATCH_REVIEWED.value):
    """A custodian looked through what an order matches in the hold `exhibit` and withholds these items from it, for `reason`.

    Without a reason they go with it after all. `listed` are their leaf hashes, ascending; `root` is the RFC 6962 root over
    them. The node says this to itself: of it, whoever ordered is told how many items were withheld for which reason.
    """

    exhibit: ExhibitId
    root: Digest
    listed: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=LISTED_AT_ONCE)]
    reason: WithheldReason | None
    reasons: str

    def __post_init__(self) -> None:
        """Raises `ValueError` for a reason that is no custodian's to give, and for items out of order or listed twice."""
        if self.reason is not None and self.reason not in REVIEWED:
            raise ValueError("what follows from the order itself is no custodian's reason")
        require_ascending(self.listed)


CustodyBody = ItemOpened | OpeningRefused | ItemCopied | ExhibitReturned | MatchReviewed
"""Every body of this module."""
