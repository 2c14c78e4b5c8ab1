"""Sealing: the items described since the last seal become a segment, whose objects are durable before anyone hears of it."""

import hashlib
from collections.abc import Sequence

from comity.acts.matters import StoredObject
from comity.adapters.objects.chunk_pipeline import require_stored
from comity.adapters.objects.packing import ChunkPacker
from comity.adapters.objects.sources import LeftOut
from comity.casework.ports.evidence import EvidenceStore, ItemCipher, SegmentListener
from comity.casework.ports.node import Randomness
from comity.evidence.items.exhibit_seal import (
    ORDER_BYTES,
    SALT_SIZE,
    BoundSegment,
    SegmentSeal,
    arrangement,
    binding_root,
    objects_root,
)
from comity.evidence.items.segment_index import (
    ROW_HEIGHT,
    VERSION,
    ChunkReference,
    IndexedItem,
    OpenSource,
    SegmentIndex,
    Span,
    decode_index,
    encode_index,
)
from comity.ledger.tree import RowTree, StoredTree, leaf_hashes
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class SegmentSealer:
    """Collects described items and seals them. `identity` is the exhibit's.

    A segment is full with `most_items` items and names left out together, or with `most_bytes` bytes of both; as much again of
    names is all that it takes.
    """

    def __init__(
        self,
        store: EvidenceStore,
        cipher: ItemCipher,
        randomness: Randomness,
        identity: str,
        *,
        on_segment: SegmentListener,
        left_out: LeftOut,
        zone: str,
        most_items: int,
        most_bytes: int,
    ) -> None:
        self._store = store
        self._cipher = cipher
        self._randomness = randomness
        self._identity = identity
        self._recipient = cipher.recipient_of(identity)
        self._on_segment = on_segment
        self._left_out = left_out
        self._zone = zone
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._frames: list[bytes] = []
        self._frames_size = 0
        self._spans: list[tuple[Span, ...]] = []
        self._finished: list[bytes] = []
        self._size = 0
        self._bound: list[BoundSegment] = []
        self._chunks = 0
        self.items = 0
        self.size = 0

    def take_up(self, seal: SegmentSeal, index: SegmentIndex) -> None:
        """Go on behind a segment that an earlier intake sealed. In order of their numbers."""
        if seal.number != len(self._bound):
            raise BrokenInputError(
                ErrorCode.OUT_OF_ORDER,
                "the sealed segments of an exhibit have a gap",
                found=str(seal.number),
                expected=str(len(self._bound)),
            )
        if index.zone != self._zone:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "what is sealed of the exhibit assumes another time zone",
                found=self._zone or "none",
                expected=index.zone or "none",
                do="go on with the zone that the intake was begun with",
            )
        self._bound.append(BoundSegment(bytes.fromhex(seal.root), seal.items))
        self._left_out.take_up(index.left_out)
        self._chunks += len(index.chunks)
        self.items += seal.items
        self.size += seal.size

    @property
    def next_chunk(self) -> int:
        """Number of the exhibit's next chunk."""
        return self._chunks

    @property
    def is_full(self) -> bool:
        """Whether what waits to be sealed is enough for a segment."""
        waiting = len(self._frames) + self._left_out.waiting
        return waiting >= self._most_items or self._frames_size + self._left_out.waiting_size >= self._most_bytes

    def add(self, frame: bytes, size: int, spans: Sequence[Span]) -> None:
        """One more item, packed and described."""
        self._frames.append(frame)
        self._frames_size += len(frame)
        self._spans.append(tuple(spans))
        self._size += size
        self.items += 1
        self.size += size

    def finish_source(self, mark: bytes) -> None:
        """All items of a source have been added."""
        self._finished.append(mark)

    def seal(self, packer: ChunkPacker, unfinished: OpenSource | None) -> None:
        """Seal what was added, in one segment, or further ones where more names wait than one takes.

        Does nothing where nothing was stored, described or, beside what was, or to fill a segment, left out.

        1. Every chunk is durable.
        2. Each item gets a salt of its own and a random place.
        3. The index is encrypted and durable.
        4. The listener makes the act.
        """
        # 1
        chunks = packer.drain()
        if chunks or self._frames:
            self._seal_one(chunks, unfinished)
        while self._left_out.waiting and (self.items or self.is_full):
            self._seal_one((), unfinished)

    def _seal_one(self, chunks: tuple[ChunkReference, ...], unfinished: OpenSource | None) -> None:
        # 2
        count = len(self._frames)
        order = arrangement(count, self._randomness.take(count * ORDER_BYTES))
        salts = self._randomness.take(count * SALT_SIZE)
        items = tuple(
            IndexedItem(self._frames[old], salts[new * SALT_SIZE : (new + 1) * SALT_SIZE], self._spans[old])
            for new, old in enumerate(order)
        )
        tree = StoredTree(segment_leaves(items))
        # 3
        finished, row = tuple(self._finished), tree.row(ROW_HEIGHT)
        left_out = self._left_out.seal(self._randomness, self._most_items, self._most_bytes)
        index = SegmentIndex(
            VERSION, len(self._bound), self._chunks, chunks, items, finished, unfinished, row, left_out, self._zone
        )
        sealed = self._cipher.encrypt(encode_index(index), self._recipient)
        digest = hashlib.sha256(sealed).hexdigest()
        stored = self._store.put(sealed, digest)
        require_stored(stored, digest, len(sealed))
        # 4
        self._announce(tree.root(), chunks, stored)

    def _announce(self, root: bytes, chunks: tuple[ChunkReference, ...], index: StoredObject) -> None:
        objects = tuple(StoredObject(chunk.digest.hex(), chunk.size) for chunk in chunks)
        number, items, size = len(self._bound), len(self._frames), self._size
        self._bound.append(BoundSegment(root, items))
        self._chunks += len(chunks)
        self._size = self._frames_size = 0
        for waiting in (self._frames, self._spans, self._finished):
            waiting.clear()
        self._on_segment(
            SegmentSeal(
                number=number,
                root=root.hex(),
                items=items,
                size=size,
                objects_root=objects_root(objects).hex(),
                objects=objects,
                index=index,
            )
        )

    def bind(self) -> tuple[bytes, int]:
        """The root over all segments sealed, and how many they are."""
        return binding_root(self._bound), len(self._bound)


def segment_leaves(items: Sequence[IndexedItem]) -> list[bytes]:
    """RFC 6962 leaf hashes of a segment's items in their order: those of `item_leaf`, for many at once."""
    return leaf_hashes(item.salt + item.frame for item in items)


def read_index(store: EvidenceStore, cipher: ItemCipher, identity: str, seal: SegmentSeal) -> SegmentIndex:
    """A sealed segment's index, proven to be the one that was sealed (see `read_sealed`)."""
    return read_sealed(store, cipher, identity, seal)[0]


def read_sealed(
    store: EvidenceStore, cipher: ItemCipher, identity: str, seal: SegmentSeal
) -> tuple[SegmentIndex, RowTree | StoredTree]:
    """A sealed segment's index, proven to be the one that was sealed, and the tree over its items.

    1. It is the stored object that the seal names, by its hash; it lists as many items as the act says.
    2. It lists the chunks that the act commits to.
    3. The tree's kept row leads to the act's root; below it, an item is proven when a path is made for it.

    Raises `BrokenInputError` (store-damaged, besides those of reading).
    """
    # 1
    index = decode_index(cipher.decrypt(store.read(seal.index), identity))
    fits = index.number == seal.number and len(index.items) == seal.items
    # 2
    fits = fits and [(chunk.digest.hex(), chunk.size) for chunk in index.chunks] == [
        (stored.digest, stored.size) for stored in seal.objects
    ]
    # 3
    if not fits or (tree := _tree(index)).root().hex() != seal.root:
        raise BrokenInputError(
            ErrorCode.STORE_DAMAGED, "a segment's index is not the one that was sealed", found=f"segment {seal.number}"
        )
    return index, tree


def _tree(index: SegmentIndex) -> RowTree | StoredTree:
    items = index.items
    if not index.row:
        return StoredTree(segment_leaves(items))
    return RowTree(len(items), index.row, ROW_HEIGHT, lambda first, end: segment_leaves(items[first:end]))
