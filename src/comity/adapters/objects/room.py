"""The evidence room over one store and one cipher: what the use cases call (see `EvidenceRoom`)."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from os import PathLike
from pathlib import Path

from comity.acts.matters import ScopePart, StoredObject
from comity.acts.quarantine_bodies import ScreenSet
from comity.adapters.objects.disclosure import DisclosureOrder, disclose
from comity.adapters.objects.foreign import judge
from comity.adapters.objects.intake import IntakeRules, take_in
from comity.adapters.objects.manifest_files import read_manifest
from comity.adapters.objects.packing import ChunkReader
from comity.adapters.objects.private_copy import KEY, PrivateCopy
from comity.adapters.objects.reception import ReceptionTerms, receive
from comity.adapters.objects.segment_sealing import read_sealed
from comity.adapters.objects.sources import LeftOut, Source, StreamSource, extent_of, walk
from comity.casework.ports.evidence import ByteStream, EvidenceStore, ItemCipher, ProgressListener, SegmentListener
from comity.casework.ports.node import Randomness
from comity.evidence.checks.verdicts import Report
from comity.evidence.items.descriptors import ItemDescriptor, unframe
from comity.evidence.items.exhibit_seal import BoundSegment, SegmentSeal
from comity.evidence.items.exhibits import (
    Disclosed,
    Extent,
    HeldExhibit,
    HeldItem,
    Intake,
    IntakeTerms,
    ListedItem,
    PackedExhibit,
    Received,
    SecondLook,
)
from comity.evidence.items.manifest import ManifestHeader, ManifestItem
from comity.evidence.items.scope import EarlierDisclosure, Given, HeldUp
from comity.vocabulary.categories import WithheldReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest, ExhibitId


class ObjectsEvidenceRoom:
    """See `EvidenceRoom`. `rules` say how an intake seals and how much of the machine may be used.

    `unsafe_extra` is for rehearsals of over-delivery only: items it names are handed over although no part covers them.
    """

    def __init__(
        self,
        store: EvidenceStore,
        cipher: ItemCipher,
        randomness: Randomness,
        rules: IntakeRules = IntakeRules(),  # noqa: B008  # frozen
        *,
        unsafe_extra: Callable[[ItemDescriptor], bool] | None = None,
    ) -> None:
        self._store = store
        self._cipher = cipher
        self._randomness = randomness
        self._rules = rules
        self._unsafe_extra = unsafe_extra

    def new_identity(self) -> str:
        """A fresh identity for one exhibit."""
        return self._cipher.new_identity()

    def recipient_of(self, identity: str) -> str:
        """The public half."""
        return self._cipher.recipient_of(identity)

    def take_in(
        self,
        place: PathLike[str],
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal] = (),
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        """Take in a folder or a file."""
        left_out = LeftOut()
        sources = walk(place, left_out)
        return self._take_in(
            sources, left_out, identity, on_segment, terms=terms, resume=resume, on_progress=on_progress
        )

    def extent(self, place: PathLike[str]) -> Extent:
        """How much is there."""
        return extent_of(place)

    def take_in_stream(
        self,
        name: str,
        stream: ByteStream,
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal] = (),
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        """Take in a stream."""
        sources = [StreamSource(name, stream)]
        return self._take_in(
            sources, LeftOut(), identity, on_segment, terms=terms, resume=resume, on_progress=on_progress
        )

    def _take_in(
        self,
        sources: Iterable[Source],
        left_out: LeftOut,
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal],
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        return take_in(
            sources,
            left_out,
            store=self._store,
            cipher=self._cipher,
            randomness=self._randomness,
            identity=identity,
            on_segment=on_segment,
            terms=terms,
            rules=self._rules,
            resume=resume,
            on_progress=on_progress,
        )

    def disclose(
        self,
        held: HeldExhibit,
        identity: str,
        *,
        granted: Sequence[ScopePart],
        refused: Sequence[ScopePart],
        before: Sequence[Given] = (),
        later: Sequence[ScopePart] = (),
        held_up: HeldUp = HeldUp(),  # noqa: B008  # frozen
        earlier: EarlierDisclosure | None = None,
        reviewed: Mapping[bytes, WithheldReason] = {},
        exhibit: ExhibitId,
        new_identity: str,
    ) -> Disclosed:
        """Assemble a new exhibit from a hold."""
        return disclose(
            held,
            identity,
            DisclosureOrder(granted, refused, before, later, held_up, earlier, reviewed, self._unsafe_extra),
            exhibit=exhibit,
            new_identity=new_identity,
            store=self._store,
            cipher=self._cipher,
            terms=self._rules.pipeline,
        )

    def held_items(self, held: HeldExhibit, identity: str, first: int = 0) -> Iterator[HeldItem]:
        """The items of a hold from that place on."""
        place = 0
        for seal in held.seals:
            if place + seal.items > first:
                index, _ = read_sealed(self._store, self._cipher, identity, seal)
                for at, entry in enumerate(index.items[max(0, first - place) :], max(place, first)):
                    yield HeldItem(at, entry.leaf(), unframe(entry.frame))
            place += seal.items

    def receive(
        self,
        packed: PackedExhibit,
        identity: str,
        *,
        hold_exhibit: ExhibitId,
        hold_root: Digest,
        scope: Sequence[ScopePart],
        clean_identity: str,
        quarantine_exhibit: ExhibitId,
        quarantine_recipient: str,
        screens: Sequence[ScreenSet] = (),
        second_look: SecondLook | None = None,
        held_up: HeldUp = HeldUp(),  # noqa: B008  # frozen
    ) -> Received:
        """Check every item of a transferred exhibit."""
        terms = ReceptionTerms(
            hold_exhibit,
            hold_root,
            scope,
            clean_identity,
            quarantine_exhibit,
            quarantine_recipient,
            screens,
            second_look,
            held_up,
        )
        return receive(packed, identity, terms, store=self._store, cipher=self._cipher, pipeline=self._rules.pipeline)

    def each_item(self, packed: PackedExhibit, identity: str) -> Iterator[ListedItem]:
        """Every item's description."""
        for record in self.records(packed, identity):
            yield ListedItem(record.leaf_hash().hex(), unframe(record.frame), record)

    def records(self, packed: PackedExhibit, identity: str) -> Iterator[ManifestItem]:
        """Every item's record."""
        for record in read_manifest(packed.manifest, self._store, self._cipher, identity):
            if isinstance(record, ManifestItem):
                yield record

    def segments(self, packed: PackedExhibit, identity: str) -> tuple[BoundSegment, ...]:
        """The segments in the manifest's head."""
        for record in read_manifest(packed.manifest, self._store, self._cipher, identity):
            if isinstance(record, ManifestHeader):
                return record.segments
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "a manifest has no head")

    def find_item(self, packed: PackedExhibit, identity: str, item: Digest) -> ListedItem:
        """One item's description."""
        for listed in self.each_item(packed, identity):
            if listed.item == item:
                return listed
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the exhibit has no such item", expected=item)

    def read_item(self, packed: PackedExhibit, identity: str, item: ListedItem) -> Iterator[bytes]:
        """One item's content."""
        return self.reader(packed, identity).read(item)

    @contextmanager
    def judged(self, place: PathLike[str]) -> Iterator["RoomJudgedCopy"]:
        """A private copy of what others packed, and the verdict on it."""
        with self._store.scratch() as file:
            copy = PrivateCopy(Path(place), file, self._randomness.take(KEY))
            kind, report = judge(copy)
            yield RoomJudgedCopy(kind, report, copy.extent, partial(self._take_in, copy.sources(), copy.left_out))

    def put_alone(self, content: bytes, identity: str) -> StoredObject:
        """Content that stands for itself."""
        sealed = self._cipher.encrypt(content, self._cipher.recipient_of(identity))
        return self._store.put(sealed, hashlib.sha256(sealed).hexdigest())

    def read_alone(self, stored: StoredObject, identity: str) -> bytes:
        """The content that was put alone."""
        return bytes(self._cipher.decrypt(self._store.read(stored), identity))

    def reader(self, packed: PackedExhibit, identity: str) -> "PackedReader":
        """A reader of many items."""
        return PackedReader(ChunkReader(self._store, self._cipher, identity, packed.objects))


class RoomJudgedCopy:
    """See `JudgedCopy`."""

    def __init__(self, kind: str, report: Report, extent: Extent, intake: Callable[..., Intake]) -> None:
        self.kind = kind
        self.report = report
        self.extent = extent
        self._intake = intake

    def take_in(
        self,
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal] = (),
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        """Take in exactly what was judged."""
        return self._intake(identity, on_segment, terms=terms, resume=resume, on_progress=on_progress)


class PackedReader:
    """See `ExhibitReader`."""

    def __init__(self, chunks: ChunkReader) -> None:
        self._chunks = chunks

    def read(self, item: ListedItem) -> Iterator[bytes]:
        """One item's content in pieces."""
        digest = hashlib.sha256()
        held_back = b""
        for piece in self._chunks.pieces(item.record.spans):
            if held_back:
                yield held_back
            held_back = bytes(piece)
            digest.update(held_back)
        if digest.digest() != item.descriptor.sha256:
            raise BrokenInputError(ErrorCode.STORE_DAMAGED, "an item's content is not what its descriptor says")
        if held_back:
            yield held_back
