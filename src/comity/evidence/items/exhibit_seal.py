"""The commitment to an exhibit's items: segments sealed while the intake runs, and one root that binds them at the end.

Every item is a leaf: a 256-bit random salt of its own, then its descriptor's frame. The leaves of a segment stand in
random order, so that a leaf's place and its neighbours reveal nothing about an item that was not disclosed. The
segments' roots are the leaves of the binding tree, each with its count and number, so that a proof also fixes how many
items there were. All hashing is that of RFC 6962.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.matters import StoredObject
from comity.ledger.proofs import verify_inclusion
from comity.ledger.tree import leaf_hash, leaf_hashes, root_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

SALT_SIZE = 32
"""Bytes of an item's salt."""

ORDER_BYTES = 16
"""Random bytes that put one item of a segment in its place."""

_SEGMENT_TAG = b"comity-segment-v1\x00"

_RUN = 512
"""Places of leaves that are noted together."""

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=(1 << 62))]
HashPath = Annotated[tuple[Hash, ...], Meta(max_length=64)]


class SegmentSeal(Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed stretch of an intake: what its act says, and which objects must be kept for it.

    `number` counts from 0 and is the segment's place in the binding tree. `root` is over its items; a segment without
    items (a stretch of one large item) has the empty root. `size` is in bytes of plain content. `objects` are the
    chunks written in this stretch, in order, and `objects_root` is the RFC 6962 root over their digests. `index` is the
    encrypted list of its items.
    """

    number: int
    root: Digest
    items: int
    size: int
    objects_root: Digest
    objects: tuple[StoredObject, ...]
    index: StoredObject


class BoundSegment(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A segment as the binding tree has it: the root over its items, and how many they are."""

    root: Hash
    items: Count


class LeafPlaces:
    """Places of leaves, a bit each: ten million of them take a few megabytes, and far places claimed by a liar no more each."""

    def __init__(self) -> None:
        self._runs: dict[tuple[int, int], int] = {}

    def add(self, segment: int, leaf: int) -> bool:
        """Whether the place is a new one."""
        run, bit = (segment, leaf // _RUN), 1 << leaf % _RUN
        seen = self._runs.get(run, 0)
        self._runs[run] = seen | bit
        return not seen & bit


def item_leaf(salt: bytes, frame: bytes) -> bytes:
    """RFC 6962 hash of an item's leaf: salt, then descriptor frame. Raises `BrokenInputError` for another salt length."""
    if len(salt) != SALT_SIZE:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "an item's salt has another length", found=f"{len(salt)} bytes", expected="32 bytes"
        )
    return leaf_hash(salt + frame)


def arrangement(count: int, randomness: bytes) -> list[int]:
    """A uniformly random order of `count` things, from `ORDER_BYTES` random bytes for each."""
    if len(randomness) != count * ORDER_BYTES:
        raise ValueError("the order of a segment needs its exact measure of random bytes")
    keys = [randomness[at : at + ORDER_BYTES] for at in range(0, len(randomness), ORDER_BYTES)]
    return sorted(range(count), key=keys.__getitem__)


def objects_root(objects: Sequence[StoredObject]) -> bytes:
    """RFC 6962 root over the objects' digests (raw bytes), in the order given."""
    return root_of(leaf_hashes(bytes.fromhex(stored.digest) for stored in objects))


def segment_leaf(number: int, segment: BoundSegment) -> bytes:
    """RFC 6962 hash of a segment's leaf in the binding tree: tag, root, count and number, each of fixed length."""
    return leaf_hash(_SEGMENT_TAG + segment.root + segment.items.to_bytes(8) + number.to_bytes(8))


def binding_leaves(segments: Sequence[BoundSegment]) -> list[bytes]:
    """Leaf hashes of the binding tree, in order of the segments' numbers."""
    return [segment_leaf(number, segment) for number, segment in enumerate(segments)]


def binding_root(segments: Sequence[BoundSegment]) -> bytes:
    """The one root of a hold: RFC 6962 over all its segments, in order of their numbers."""
    return root_of(binding_leaves(segments))


def check_segments(segments: Sequence[BoundSegment], hold_root: bytes) -> None:
    """Prove that these are exactly the hold's segments. Raises `BrokenInputError` (bad-proof)."""
    found = binding_root(segments)
    if found != hold_root:
        raise BrokenInputError(
            ErrorCode.BAD_PROOF,
            "the segments do not lead to the hold's root",
            found=found.hex(),
            expected=hold_root.hex(),
        )


def check_item(leaf: bytes, index: int, path: Sequence[bytes], segment: BoundSegment) -> None:
    """Prove that a leaf is the item at `index` of a segment already proven. Raises `BrokenInputError` (bad-proof)."""
    verify_inclusion(leaf, index, segment.items, path, segment.root)
