"""The bodies of the acts about what leaves a holder's hands otherwise than by a hand-over: copied out, or given back.

The rule of `comity.acts.bodies` holds: fields are appended, with defaults; none is renamed or removed.
"""

from typing import Annotated

from msgspec import Meta

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId, Slug

Words = Annotated[str, Meta(min_length=1, max_length=300)]


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


CustodyBody = ItemCopied | ExhibitReturned
"""Every body of this module."""
