"""Receiving an exhibit: every item is checked before anyone may look at it, and what fails is put aside unseen.

What flows. The manifest is read record by record; each item's proof, scope, hash, time and category are checked against
its content. What fails is encrypted to the quarantine's recipient, whose identity this process does not have.

The chunks as they came are under a key that the receiver holds, so an item put aside would still lie open in them. So
where anything failed, the accepted items are packed anew under a clean identity, and the exhibit as it came is named as
superseded: the caller destroys its key and its objects. For the same reason the content of the chunks must be that of
the listed items, each byte once and in order: there is no room for something that no record speaks of.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from comity.acts.matters import ScopePart
from comity.acts.quarantine_bodies import ScreenSet
from comity.adapters.objects.chunk_pipeline import ChunkPipeline, PipelineTerms
from comity.adapters.objects.manifest_files import read_manifest, write_manifest
from comity.adapters.objects.packing import ChunkPacker, ChunkReader
from comity.casework.ports.evidence import EvidenceStore, ItemCipher
from comity.evidence.items.admission import described, refuse_by_content, refuse_by_description
from comity.evidence.items.exhibit_seal import BoundSegment, LeafPlaces, check_segments
from comity.evidence.items.exhibits import PackedExhibit, QuarantineCount, Received, SecondLook
from comity.evidence.items.manifest import ManifestEnd, ManifestHeader, ManifestItem, ManifestRecord
from comity.evidence.items.scope import HeldUp, HeldUpScope, Scope
from comity.evidence.items.screening import Screen
from comity.evidence.items.segment_index import Span
from comity.evidence.recognising.recognise import Recognition
from comity.evidence.recognising.timestamps import zone_named
from comity.vocabulary.categories import QuarantineCode
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest, ExhibitId


class ReceptionTerms(Struct, frozen=True):
    """What the exhibit is checked against, and where what passes and what fails goes if anything fails.

    `second_look` is there for what lay aside before: what of it may pass at all. The rest stays, for the reason it had.
    """

    hold_exhibit: ExhibitId
    hold_root: Digest
    scope: Sequence[ScopePart]
    clean_identity: str
    quarantine_exhibit: ExhibitId
    quarantine_recipient: str
    screens: Sequence[ScreenSet] = ()
    second_look: SecondLook | None = None
    held_up: HeldUp = HeldUp()


def receive(
    packed: PackedExhibit,
    identity: str,
    terms: ReceptionTerms,
    *,
    store: EvidenceStore,
    cipher: ItemCipher,
    pipeline: PipelineTerms,
) -> Received:
    """Check every item of an exhibit whose objects have all been transferred.

    1. The manifest is whole, speaks of this exhibit and this hold, and its segments lead to the hold's root.
    2. No item is listed twice; the items' places are exactly the chunks' content.
    3. Each item was held, is in scope, is what its descriptor says, and meets no screen; any other is put aside.
    4. The counts are those announced.
    5. If any was put aside: the others are packed anew, and those are encrypted to the quarantine.

    Raises `BrokenInputError` where 1, 2 or 4 fail or an object cannot be read: then nothing is accepted.
    """
    with store.writing():
        # 1 to 4
        inspection = _Inspection(packed, identity, terms, store, cipher)
        inspection.run()
        if not inspection.counts:
            return Received(accepted=packed, repacked=False)
        # 5
        repacking = _Repacking(packed, identity, inspection.verdicts, store=store, cipher=cipher, terms=pipeline)
        return Received(
            accepted=repacking.run(packed.exhibit, cipher.recipient_of(terms.clean_identity), accepted=True),
            repacked=True,
            quarantined=repacking.run(terms.quarantine_exhibit, terms.quarantine_recipient, accepted=False),
            counts=tuple(QuarantineCount(code, inspection.counts[code]) for code in _CODES if inspection.counts[code]),
            superseded=(packed.manifest, *packed.objects),
        )


_CODES = tuple(QuarantineCode)
_ACCEPTED = 255


class _Inspection:
    """The first reading: a verdict for every item, one byte each in the order of the manifest."""

    def __init__(
        self, packed: PackedExhibit, identity: str, terms: ReceptionTerms, store: EvidenceStore, cipher: ItemCipher
    ) -> None:
        self._packed = packed
        self._terms = terms
        self._records = read_manifest(packed.manifest, store, cipher, identity)
        self._reader = ChunkReader(store, cipher, identity, packed.objects)
        self._tiles = _Tiles(self._reader, len(packed.objects))
        self._scope = Scope(terms.scope)
        self._held_up = HeldUpScope(terms.held_up)
        self._screen = Screen(terms.screens)
        self._segments: tuple[BoundSegment, ...] = ()
        self._listed = LeafPlaces()
        self._size = 0
        self.verdicts = bytearray()
        self.counts: Counter[QuarantineCode] = Counter()

    def run(self) -> None:
        """Read everything. Raises `BrokenInputError` where the exhibit as a whole is not what was announced."""
        for record in self._records:
            if isinstance(record, ManifestHeader):
                self._check_header(record)
            elif isinstance(record, ManifestItem):
                self._check_item(record)
            else:
                self._check_end(record)

    def _check_header(self, header: ManifestHeader) -> None:
        if (header.exhibit, header.hold_exhibit) != (self._packed.exhibit, self._terms.hold_exhibit):
            raise BrokenInputError(
                ErrorCode.ID_DIFFERS,
                "the manifest is of another exhibit or another hold",
                found=f"{header.exhibit} from {header.hold_exhibit}",
                expected=f"{self._packed.exhibit} from {self._terms.hold_exhibit}",
            )
        check_segments(header.segments, bytes.fromhex(self._terms.hold_root))
        self._segments = header.segments

    def _check_item(self, item: ManifestItem) -> None:
        if not self._listed.add(item.segment, item.leaf):
            raise BrokenInputError(ErrorCode.MALFORMED, "the manifest lists an item twice")
        again = self._terms.second_look
        self._tiles.lay(item.spans)
        self._size += sum(span.length for span in item.spans)
        code = self._refusal(item) if again is None else self._refusal_again(item, again)
        self.verdicts.append(_ACCEPTED if code is None else _CODES.index(code))
        if code is not None:
            self.counts[code] += 1

    def _refusal(self, item: ManifestItem) -> QuarantineCode | None:
        descriptor = described(item)
        code = refuse_by_description(item, descriptor, self._segments, self._scope, self._held_up)
        if code is not None or descriptor is None:
            return code
        digest, recognition, size = hashlib.sha256(), Recognition(zone_named(descriptor.zone)), 0
        for piece in self._reader.pieces(item.spans):
            digest.update(piece)
            recognition.feed(piece)
            size += len(piece)
        code = refuse_by_content(descriptor, recognition.finish(), size, digest.digest())
        if code is None and self._screen.meets(descriptor):
            return QuarantineCode.PRIVILEGED
        return code

    def _refusal_again(self, item: ManifestItem, terms: SecondLook) -> QuarantineCode | None:
        """The code that it was put aside for, unless it is one that may pass, and does."""
        asked = not terms.items or item.leaf_hash().hex() in terms.items
        code = self._refusal(item) if asked else QuarantineCode.OUT_OF_SCOPE
        return code and (item.code or code)

    def _check_end(self, end: ManifestEnd) -> None:
        self._tiles.finish()
        found = (end.items, end.size, end.objects())
        if found != (self._packed.items, self._packed.size, self._packed.objects) or end.size != self._size:
            raise BrokenInputError(
                ErrorCode.ID_DIFFERS,
                "the manifest counts something else than was announced",
                found=f"{end.items} items, {end.size} bytes, {len(end.chunks)} chunks",
                expected=f"{self._packed.items} items, {self._packed.size} bytes, {len(self._packed.objects)} chunks",
            )


class _Tiles:
    """Watches that the spans cover the chunks from the first byte to the last, none twice and none left out."""

    def __init__(self, reader: ChunkReader, chunks: int) -> None:
        self._reader = reader
        self._chunks = chunks
        self._chunk = 0
        self._at = 0

    def lay(self, spans: Sequence[Span]) -> None:
        """The next item's spans."""
        for span in spans:
            if self._at and self._at == len(self._reader.chunk(self._chunk)):
                self._chunk += 1
                self._at = 0
            if (span.chunk, span.offset) != (self._chunk, self._at) or not span.length:
                raise BrokenInputError(
                    ErrorCode.MALFORMED,
                    "an item does not lie where the one before it ends",
                    found=f"chunk {span.chunk}, byte {span.offset}",
                    expected=f"chunk {self._chunk}, byte {self._at}",
                )
            self._at += span.length
            if self._at > len(self._reader.chunk(self._chunk)):
                raise BrokenInputError(ErrorCode.MALFORMED, "an item reaches beyond its chunk")

    def finish(self) -> None:
        """There is nothing behind the last item."""
        whole = self._chunks == self._chunk + 1 and self._at == len(self._reader.chunk(self._chunk))
        if not whole and (self._chunks or self._at):
            raise BrokenInputError(ErrorCode.MALFORMED, "the chunks hold more than the manifest lists")


class _Repacking:
    """The second reading: the items with a verdict of one kind become an exhibit of their own."""

    def __init__(
        self,
        packed: PackedExhibit,
        identity: str,
        verdicts: bytearray,
        *,
        store: EvidenceStore,
        cipher: ItemCipher,
        terms: PipelineTerms,
    ) -> None:
        self._packed = packed
        self._identity = identity
        self._verdicts = verdicts
        self._store = store
        self._cipher = cipher
        self._terms = terms
        self._end = ManifestEnd(0, 0, ())

    def run(self, exhibit: ExhibitId, recipient: str, *, accepted: bool) -> PackedExhibit:
        """Pack the accepted items, or those put aside with the code of each. Durable when this returns."""
        with ChunkPipeline(self._store, self._cipher, recipient, self._terms) as pipeline:
            records = self._records(exhibit, ChunkPacker(pipeline), accepted=accepted)
            manifest = write_manifest(records, self._store, self._cipher, recipient)
        return PackedExhibit(exhibit, manifest, self._end.objects(), self._end.items, self._end.size)

    def _records(self, exhibit: ExhibitId, packer: ChunkPacker, *, accepted: bool) -> Iterator[ManifestRecord]:
        reader = ChunkReader(self._store, self._cipher, self._identity, self._packed.objects)
        verdicts = iter(self._verdicts)
        items = size = 0
        for record in read_manifest(self._packed.manifest, self._store, self._cipher, self._identity):
            if isinstance(record, ManifestHeader):
                yield structs.replace(record, exhibit=exhibit)
            elif isinstance(record, ManifestItem) and ((verdict := next(verdicts)) == _ACCEPTED) == accepted:
                spans: list[Span] = []
                for piece in reader.pieces(record.spans):
                    packer.write(piece, spans)
                    size += len(piece)
                items += 1
                code = None if accepted else _CODES[verdict]
                yield structs.replace(record, spans=tuple(spans), code=code)
        self._end = ManifestEnd(items, size, packer.drain())
        yield self._end
