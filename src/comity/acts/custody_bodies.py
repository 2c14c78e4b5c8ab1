"""The bodies of the acts about what stays behind of a hand-over, or leaves otherwise: kept back, copied out, given back.

The rule of `comity.acts.bodies` holds: fields are appended, with defaults; none is renamed or removed.
"""

from typing import Annotated

from msgspec import Meta

from comity.acts.body import AboutOrder, Body
from comity.acts.classes import ActType
from comity.vocabulary.categories import REVIEWED, WithheldReason
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId, Slug

Words = Annotated[str, Meta(min_length=1, max_length=300)]

LISTED_AT_ONCE = 10_000
"""The most items that one act lists: with the 64 digits of each it stays well below what an act may have in bytes."""


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
        if list(self.listed) != sorted(set(self.listed)):
            raise ValueError("items are listed in the order of their hashes, each once")


CustodyBody = ItemCopied | ExhibitReturned | MatchReviewed
"""Every body of this module."""
