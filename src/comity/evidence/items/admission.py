"""Whether a received item may be looked at: the checks that need its description, and those that need its content.

Quarantine answers with a code and a count only, so the order of the checks is also the order of what a sender may learn.
"""

from collections.abc import Sequence

from comity.evidence.items.descriptors import ItemDescriptor, unframe
from comity.evidence.items.exhibit_seal import BoundSegment, check_item
from comity.evidence.items.manifest import ManifestItem
from comity.evidence.items.recognised import Recognised, disagreement_of
from comity.evidence.items.scope import HeldUpScope, Scope
from comity.vocabulary.categories import QuarantineCode
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def described(item: ManifestItem) -> ItemDescriptor | None:
    """The item's descriptor, or None where its frame holds none that can be read."""
    try:
        return unframe(item.frame)
    except BrokenInputError:
        return None


def refuse_by_description(
    item: ManifestItem,
    descriptor: ItemDescriptor | None,
    segments: Sequence[BoundSegment],
    scope: Scope,
    held_up: HeldUpScope,
) -> QuarantineCode | None:
    """Why the item is put aside, as far as that shows without its content. `segments` are proven to be the hold's.

    1. The item was held: its leaf is in a segment of the hold, at the place its path says.
    2. Its descriptor can be read.
    3. By its descriptor it is in the granted scope, and not in what its giver says is held up.
    """
    # 1
    if not _was_held(item, segments):
        return QuarantineCode.NOT_UNDER_HOLD
    # 2
    if descriptor is None:
        return QuarantineCode.DESCRIPTOR_DIFFERS
    # 3
    fits = scope.contains(descriptor) and not held_up.contains(descriptor)
    return None if fits else QuarantineCode.OUT_OF_SCOPE


def refuse_by_content(
    descriptor: ItemDescriptor, recognised: Recognised, size: int, sha256: bytes
) -> QuarantineCode | None:
    """Why the item is put aside once its content was seen: the descriptor that put it in scope says something else."""
    differs = disagreement_of(descriptor, recognised, size, sha256)
    return QuarantineCode.DESCRIPTOR_DIFFERS if differs else None


def _was_held(item: ManifestItem, segments: Sequence[BoundSegment]) -> bool:
    if item.segment >= len(segments):
        return False
    try:
        check_item(item.leaf_hash(), item.leaf, item.path, segments[item.segment])
    except BrokenInputError as error:
        if error.code is not ErrorCode.BAD_PROOF:
            raise
        return False
    return True
