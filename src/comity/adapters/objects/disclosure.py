"""Handing over part of a hold: exactly the granted items, packed anew under a key of their own, each with its proof.

What flows. Segment by segment the index is read and proven, every item is judged by its descriptor, and the content of
the granted ones is copied from the hold's chunks into new ones while the manifest's records go out. One segment and a few
chunks are in memory, however large the hold is. Nothing of an item that is withheld goes along: not its salt, its place,
nor its share of a chunk; what is counted of it is the reason. The act names every chunk, so what is very large goes in
larger ones, and what would be too many all the same is refused beforehand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from comity.acts.matters import ScopePart
from comity.acts.payload import PAYLOAD_LIMIT
from comity.adapters.objects.chunk_pipeline import ChunkPipeline, PipelineTerms
from comity.adapters.objects.manifest_files import write_manifest
from comity.adapters.objects.packing import ChunkPacker, ChunkReader
from comity.adapters.objects.segment_sealing import read_sealed
from comity.casework.ports.evidence import EvidenceStore, ItemCipher
from comity.evidence.items.descriptors import ItemDescriptor, unframe
from comity.evidence.items.exhibit_seal import BoundSegment, SegmentSeal, binding_root
from comity.evidence.items.exhibits import Disclosed, HeldExhibit, PackedExhibit
from comity.evidence.items.manifest import VERSION, ManifestEnd, ManifestHeader, ManifestItem, ManifestRecord
from comity.evidence.items.scope import (
    EarlierDisclosure,
    Given,
    HeldUp,
    HeldUpScope,
    Past,
    ReopenedCount,
    Scope,
    WithheldCount,
    reason_to_withhold,
)
from comity.evidence.items.segment_index import IndexedItem, SegmentIndex, Span
from comity.ledger.tree import RowTree, StoredTree
from comity.vocabulary.categories import WithheldReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ExhibitId

MOST_OBJECTS = (PAYLOAD_LIMIT - (64 << 10)) // 94
"""Chunks that the act of a hand-over has room to name, 94 bytes of JSON for each, beside 64 KiB for all else that it says."""

MOST_CHUNK = 32 << 20
"""Plain bytes of the largest chunk that is made: memory grows with it, at the taker's too. Measured: 174 MB in all."""


class DisclosureOrder(Struct, frozen=True):
    """What is handed over: the granted parts, without what `before` was; refused parts only count, and so do `later` ones.

    What is `held_up` counts as later too, whatever else it falls into.
    Items that a custodian's review withholds are `reviewed`, by their leaves, whichever part they are in. What the `earlier`
    disclosure withheld and this one hands over counts as reopened.
    `unsafe_extra` lets a rehearsal hand over more: items for which it says so, although no part covers them.
    """

    granted: Sequence[ScopePart]
    refused: Sequence[ScopePart] = ()
    before: Sequence[Given] = ()
    later: Sequence[ScopePart] = ()
    held_up: HeldUp = HeldUp()
    earlier: EarlierDisclosure | None = None
    reviewed: Mapping[bytes, WithheldReason] = {}
    unsafe_extra: Callable[[ItemDescriptor], bool] | None = None


def disclose(
    held: HeldExhibit,
    identity: str,
    order: DisclosureOrder,
    *,
    exhibit: ExhibitId,
    new_identity: str,
    store: EvidenceStore,
    cipher: ItemCipher,
    terms: PipelineTerms,
) -> Disclosed:
    """Assemble the exhibit; all of it is durable when this returns.

    Raises `BrokenInputError` (oversized), before anything is stored, where it would be more than one act can hand over.
    """
    recipient = cipher.recipient_of(new_identity)
    fitting = _fitting(held, identity, order, store=store, cipher=cipher, terms=terms)
    with store.writing(), ChunkPipeline(store, cipher, recipient, fitting) as pipeline:
        choice = _Choice(order)
        assembly = _Assembly(held, identity, choice, ChunkPacker(pipeline), store=store, cipher=cipher)
        manifest = write_manifest(assembly.records(exhibit), store, cipher, recipient)
    end = assembly.end
    return Disclosed(
        PackedExhibit(exhibit, manifest, end.objects(), end.items, end.size),
        held.exhibit,
        binding_root(bound_segments(held.seals)).hex(),
        choice.withheld.counts(),
        before=choice.before,
        later=choice.later,
        reopened=choice.reopened.counts() if choice.reopened else (),
    )


def bound_segments(seals: Sequence[SegmentSeal]) -> tuple[BoundSegment, ...]:
    """The segments as the binding tree has them. Raises `BrokenInputError` (out-of-order) for a gap in their numbers."""
    if [seal.number for seal in seals] != list(range(len(seals))):
        raise BrokenInputError(ErrorCode.OUT_OF_ORDER, "the sealed segments of an exhibit have a gap")
    return tuple(BoundSegment(bytes.fromhex(seal.root), seal.items) for seal in seals)


def _fitting(
    held: HeldExhibit,
    identity: str,
    order: DisclosureOrder,
    *,
    store: EvidenceStore,
    cipher: ItemCipher,
    terms: PipelineTerms,
) -> PipelineTerms:
    """Terms by which the act can name every chunk: larger chunks in fewer lanes, where the usual ones would be too many.

    What is handed over is added up beforehand only where all that is held would be too much.
    """
    if sum(seal.size for seal in held.seals) <= MOST_OBJECTS * terms.chunk:
        return terms
    choice = _Choice(order)
    indexes = (read_sealed(store, cipher, identity, seal)[0] for seal in held.seals if seal.items)
    chosen = (entry for index in indexes for entry in index.items if choice.hands_over(entry))
    size = sum(span.length for entry in chosen for span in entry.spans)
    while size > MOST_OBJECTS * terms.chunk and terms.chunk < MOST_CHUNK:
        terms = PipelineTerms(terms.chunk * 2, max(terms.lanes // 2, 1))
    if size > MOST_OBJECTS * terms.chunk:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "that is more than one act can hand over; nothing of it was assembled",
            found=f"{size} bytes",
            expected=f"at most {MOST_OBJECTS * terms.chunk} bytes",
            do="hand it over part by part (--part); a part that is larger itself needs an order that cuts it, by time or by names",
        )
    return terms


class _Choice:
    """Which items a disclosure hands over, and what it counts of the others."""

    def __init__(self, order: DisclosureOrder) -> None:
        self._granted = Scope(order.granted)
        self._refused = Scope(order.refused)
        self._before = Past(order.before)
        self._held_up = HeldUpScope(order.held_up)
        self._later = Scope(order.later)
        self._reviewed = order.reviewed
        self._extra = order.unsafe_extra
        self.before = 0
        self.later = 0
        self.withheld = WithheldCount()
        self.reopened = ReopenedCount(order.earlier) if order.earlier else None

    def hands_over(self, entry: IndexedItem) -> bool:
        """Whether the item goes; what it is counted as where it does not."""
        descriptor = unframe(entry.frame)
        if self._extra is not None and self._extra(descriptor):
            return True
        reviewed = self._reviewed.get(entry.leaf()) if self._reviewed else None
        if reviewed is not None:
            self.withheld.add(reviewed)
            return False
        if self._before.contains(descriptor):
            self.before += 1
            return False
        if self._held_up.contains(descriptor):
            self.later += 1
            return False
        reason = reason_to_withhold(descriptor, self._granted, self._refused)
        if reason is None:
            return True
        if self._later.contains(descriptor):
            self.later += 1
        else:
            self.withheld.add(reason)
        return False


class _Assembly:
    """One disclosure under way."""

    def __init__(
        self,
        held: HeldExhibit,
        identity: str,
        choice: _Choice,
        packer: ChunkPacker,
        *,
        store: EvidenceStore,
        cipher: ItemCipher,
    ) -> None:
        self._held = held
        self._identity = identity
        self._choice = choice
        self._packer = packer
        self._store = store
        self._cipher = cipher
        objects = [stored for seal in held.seals for stored in seal.objects]
        self._reader = ChunkReader(store, cipher, identity, objects)
        self._items = 0
        self._size = 0
        self.end = ManifestEnd(0, 0, ())

    def records(self, exhibit: ExhibitId) -> Iterator[ManifestRecord]:
        """The manifest's records, while the chunks they speak of are packed."""
        yield ManifestHeader(VERSION, exhibit, self._held.exhibit, bound_segments(self._held.seals))
        for seal in self._held.seals:
            if seal.items:
                yield from self._segment(*read_sealed(self._store, self._cipher, self._identity, seal))
        self.end = ManifestEnd(self._items, self._size, self._packer.drain())
        yield self.end

    def _segment(self, index: SegmentIndex, tree: RowTree | StoredTree) -> Iterator[ManifestRecord]:
        chosen = [(leaf, entry) for leaf, entry in enumerate(index.items) if self._choice.hands_over(entry)]
        # In the order in which they lie, so that each chunk is opened once.
        for leaf, entry in sorted(chosen, key=_place):
            spans: list[Span] = []
            for piece in self._reader.pieces(entry.spans):
                self._packer.write(piece, spans)
                self._size += len(piece)
            self._items += 1
            if self._choice.reopened is not None:
                self._choice.reopened.add(unframe(entry.frame), entry.leaf())
            path = tree.inclusion_path(leaf)
            yield ManifestItem(entry.frame, entry.salt, index.number, leaf, path, tuple(spans))


def _place(chosen: tuple[int, IndexedItem]) -> tuple[int, int]:
    spans = chosen[1].spans
    return (spans[0].chunk, spans[0].offset) if spans else (-1, 0)
