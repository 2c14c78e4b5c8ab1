"""Taking data in: every byte is read once, hashed, described, committed, encrypted and durable, in bounded memory.

What flows. A source's bytes are read straight into the buffer of the next chunk, hashed there and left there; the
pipeline encrypts and stores buffers while the next one fills. A source of a known form (mailbox, log) is cut into parts
on the way, each an item of its own. An archive is an item, whole; then what it holds is taken in as sources of their own.
What ends an item is its descriptor. At least every `seal_after` seconds, and
before too many items wait, everything so far is sealed: chunks first, then the index, then the act.

What fails. Until a segment's act is made, nothing refers to what was written for it: an intake that fails deletes it, and
one that is killed leaves it to a sweep. Whoever starts it again hands in the segments already sealed. A source that was finished in them
is passed over: their marks are kept on disk meanwhile (`KnownMarks`). One that was not is compared with its hash so far, then read again, and stored from where it is not yet
safe. A source that changed in between is taken as a new one, beside what was sealed of it. A stream can't be read twice: it
is compared while it comes again, and refused where it differs. One that breaks off is sealed as far as it came.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from zoneinfo import ZoneInfo

from msgspec import Struct

from comity.adapters.objects.chunk_pipeline import ChunkPipeline, PipelineTerms
from comity.adapters.objects.known_marks import KEY, KnownMarks
from comity.adapters.objects.packing import ChunkPacker
from comity.adapters.objects.segment_sealing import SegmentSealer, read_index
from comity.adapters.objects.sources import LeftOut, MemberError, Source, left_out_mark
from comity.adapters.objects.taking import OpenItem, Taking
from comity.adapters.objects.unpacking import Archive, Around, open_archive, whole_mark
from comity.adapters.objects.unpacking_limits import UnpackingLimits
from comity.casework.ports.evidence import EvidenceStore, ItemCipher, ProgressListener, SegmentListener
from comity.casework.ports.node import Randomness
from comity.evidence.items.descriptors import ItemDescriptor, frame
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import Intake, IntakeTerms, Progress
from comity.evidence.items.recognised import ItemFormat, Recognised
from comity.evidence.items.segment_index import OpenSource
from comity.evidence.recognising.recognise import HEAD, Cutter, cutter_of, recogniser_of, sniff
from comity.evidence.recognising.timestamps import zone_named
from comity.vocabulary.categories import SkipReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

SEAL_AFTER = 50.0
"""Seconds until what was taken in is sealed: below the minute that is promised, by the time the sealing itself takes."""

SEAL_ITEMS = 32_768
"""Items and names left out after which is sealed at once: bounds memory, and the length of proofs."""

SEAL_BYTES = 1 << 26
"""Bytes of descriptors and names left out after which is sealed at once: well below what an index may have."""

_BLOCK = 1 << 20


class IntakeRules(Struct, frozen=True):
    """How an intake seals and uses the machine.

    `unsafe_describe` lets a rehearsal tell lies: it rewrites each descriptor before it is committed to.
    """

    seal_after: float = SEAL_AFTER
    seal_items: int = SEAL_ITEMS
    seal_bytes: int = SEAL_BYTES
    pipeline: PipelineTerms = PipelineTerms()
    monotonic: Callable[[], float] = time.monotonic
    unpacking: UnpackingLimits = UnpackingLimits()
    unsafe_describe: Callable[[ItemDescriptor], ItemDescriptor] | None = None


def take_in(
    sources: Iterable[Source],
    left_out: LeftOut,
    *,
    store: EvidenceStore,
    cipher: ItemCipher,
    randomness: Randomness,
    identity: str,
    on_segment: SegmentListener,
    terms: IntakeTerms,
    rules: IntakeRules,
    resume: Sequence[SegmentSeal] = (),
    on_progress: ProgressListener | None = None,
) -> Intake:
    """Take in every source; all of it is sealed and durable when this returns. Closes each source."""

    def announce(seal: SegmentSeal) -> None:
        pipeline.name(seal.objects)
        on_segment(seal)

    sealer = SegmentSealer(
        store,
        cipher,
        randomness,
        identity,
        on_segment=announce,
        left_out=left_out,
        zone=terms.zone,
        most_items=rules.seal_items,
        most_bytes=rules.seal_bytes,
    )
    pipeline = ChunkPipeline(store, cipher, cipher.recipient_of(identity), rules.pipeline)
    with store.scratch() as file, store.writing(), _nothing_unnamed_left(store, pipeline), pipeline:
        left_out.known = known = KnownMarks(file, randomness.take(KEY))
        unfinished: dict[bytes, OpenSource] = {}
        for seal in resume:
            index = read_index(store, cipher, identity, seal)
            sealer.take_up(seal, index)
            known.add(index.finished)
            known.add(left_out_mark(entry.name, entry.reason) for entry in index.left_out)
            if index.unfinished is not None:
                unfinished[index.unfinished.mark] = index.unfinished
        packer, earlier = ChunkPacker(pipeline, sealer.next_chunk), _Earlier(known, unfinished, bool(resume))
        run = _Run(packer, sealer, left_out, terms, rules, earlier=earlier, on_progress=on_progress)
        run.take_all(sources)
        return run.finish()


def _known_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, or None for none. Raises `BrokenInputError` (malformed) where nobody knows it."""
    zone = zone_named(name)
    if name and zone is None:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "there is no time zone of that name",
            found=name,
            expected="a name of the IANA time zone database",
            do="state the zone that the source's times are in, such as Europe/Lisbon",
        )
    return zone


@contextmanager
def _nothing_unnamed_left(store: EvidenceStore, pipeline: ChunkPipeline) -> Iterator[None]:
    """An intake that fails takes away what it stored since its last seal: on a full disk others need the room."""
    try:
        yield
    except BrokenInputError:
        store.delete(pipeline.unnamed())
        raise


class _Earlier(Struct, frozen=True):
    """What earlier attempts have sealed, by the marks of sources: all of them, or as far as each says."""

    finished: KnownMarks
    unfinished: Mapping[bytes, OpenSource]
    anything: bool

    def of(self, source: Source) -> OpenSource | None:
        """How far a source is sealed. Raises `BrokenInputError` (id-differs) for a stream where something else is."""
        found = self.unfinished.get(source.mark)
        if self.anything and found is None and not source.known_by_mark:
            raise BrokenInputError(
                ErrorCode.ID_DIFFERS,
                "something else was begun under this order",
                found=f"a stream named {source.name}",
                expected="the source of the segments that are sealed",
                do="name the source as before, and give the same stream from its beginning",
            )
        return found


class _Run:
    """One intake under way."""

    def __init__(
        self,
        packer: ChunkPacker,
        sealer: SegmentSealer,
        left_out: LeftOut,
        terms: IntakeTerms,
        rules: IntakeRules,
        *,
        earlier: _Earlier,
        on_progress: ProgressListener | None,
    ) -> None:
        self._known = earlier
        self._packer = packer
        self._sealer = sealer
        self._left_out = left_out
        left_out.on_added = self._seal_if_full
        self._on_progress = on_progress
        self._files = self._size = self._earlier = 0
        self._terms = terms
        self._zone = _known_zone(terms.zone)
        self._rules = rules
        self._sealed_at = rules.monotonic()
        self._taking: Taking | None = None
        self._read: OpenSource | None = None
        self._scratch = memoryview(b"")

    def take_all(self, sources: Iterable[Source], around: Around | None = None) -> None:
        """Take in every source, from the file system or out of an archive, and close it."""
        for source in sources:
            try:
                if source.mark not in self._known.finished:
                    self._take(source, around)
                elif around is None:
                    self._pass_over(source)
                else:
                    self._pass_through(source, around)
            finally:
                source.close()

    def _pass_over(self, source: Source) -> None:
        """An earlier attempt has sealed all of the source, and all that it holds."""
        self._files += 1
        self._size += source.size
        self._earlier += source.size

    def _pass_through(self, source: Source, around: Around) -> None:
        """One has sealed all of a member: it and what it holds are only read, for what they take of what may be unpacked."""
        try:
            _, archive = self._read_again(source, around)
        except MemberError as error:
            self._left_out.add_error(source.name, error)
            return
        if archive is not None:
            self._take_members(archive)

    def _take(self, source: Source, around: Around | None) -> None:
        """Take one source in, whole or in parts, and what it holds. A file that cannot be read is left out from where it broke."""
        try:
            size = self._take_with_members(source, around)
            changed = source.changed(size)
        except OSError as error:
            if not source.known_by_mark:
                raise self._broken_off(error) from None
            self._taking = None
            self._left_out.add_error(source.name, error)
            if isinstance(error, MemberError):
                # It breaks off there each time.
                self._sealer.finish_source(source.mark)
            return
        self._files += around is None
        if source.known_by_mark:
            self._sealer.finish_source(source.mark)
        if changed:
            self._left_out.add(source.name, SkipReason.CHANGED_WHILE_READ)
        self._look_up()

    def _take_with_members(self, source: Source, around: Around | None) -> int:
        """Bytes of the source."""
        known = self._known
        if whole_mark(source.mark) in known.finished:
            size, archive = self._read_again(source, around)
        else:
            self._taking = taking = Taking(source, known.of(source), around, self._zone)
            archive = self._take_form(taking)
            size, self._taking = taking.size, None
            self._read = None if source.known_by_mark else taking.safe()
        if around is None:
            self._size += size
        if archive is not None:
            self._sealer.finish_source(whole_mark(source.mark))
            self._take_members(archive)
        return size

    def _take_members(self, archive: Archive) -> None:
        with closing(archive):
            self.take_all(archive.members(), archive.around)

    def _read_again(self, source: Source, around: Around | None) -> tuple[int, Archive | None]:
        """The size of a source that an earlier attempt has taken in whole, and the archive it was then, its hash made once more."""
        digest = hashlib.sha256()
        size, room = 0, self._scratch_room()
        while not source.ended:
            self._look_up()
            read = source.readinto(room) or 0
            digest.update(room[:read])
            size += read
        if whole_mark(source.mark) not in self._known.finished:
            return size, None
        return size, self._opened(source, size, digest.digest(), around)

    def finish(self) -> Intake:
        """Seal the rest and bind all segments. Raises `BrokenInputError` (not-found) where there is nothing to bind."""
        if not self._sealer.items:
            counts = ", ".join(f"{each.entries} {each.reason}" for each in self._left_out.counts())
            raise BrokenInputError(
                ErrorCode.NOT_FOUND,
                "there is nothing at that place that can be taken in",
                found=f"left out: {counts}" if counts else "no file",
                expected="at least one ordinary file that this node may read",
                do="name the folder with the files, or give this node's user the right to read them",
            )
        self._seal()
        root, segments = self._sealer.bind()
        return Intake(
            root=root.hex(),
            segments=segments,
            items=self._sealer.items,
            size=self._sealer.size,
            left_out=self._left_out.sealed(),
            examples=tuple(self._left_out.examples),
            zone=self._terms.zone,
        )

    def _broken_off(self, error: OSError) -> BrokenInputError:
        """What came of a stream is sealed: to be compared when it comes again."""
        self._seal()
        return BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the stream broke off, and nothing is confirmed",
            found=str(error),
            expected="its end, as whoever sends it says it",
            do="give it again from its beginning: what is sealed is compared, and taking in goes on behind it",
        )

    def _take_form(self, taking: Taking) -> Archive | None:
        """Look at the head, then take the source as its form wants it; the archive it is, if it can be unpacked."""
        view, size = self._fill_head(taking.source)
        head = bytes(view[: min(size, HEAD)])
        complete = taking.source.ended and size < HEAD
        item_format, media_type = sniff(head, complete=complete, zone=self._zone)
        cutter = cutter_of(item_format, head, self._zone)
        if cutter is not None:
            self._take_parts(taking, cutter, bytes(view[:size]))
            return None
        recogniser = recogniser_of(item_format, media_type, head, complete=complete, zone=self._zone)
        if recogniser.wants_more:
            recogniser.feed(bytes(view[len(head) : size]))
        item = taking.begin(taking.source.name)
        taking.took(item, view, size, self._packer)
        while not taking.source.ended:
            self._look_up()
            view = taking.limit(self._packer.room(1))
            size = taking.source.readinto(view) or 0
            if recogniser.wants_more:
                recogniser.feed(bytes(view[:size]))
            taking.took(item, view, size, self._packer)
        facts = recogniser.finish()
        archive = None
        if facts.format is ItemFormat.ARCHIVE:
            archive = self._opened(taking.source, item.size, item.digest.digest(), taking.around)
        with ExitStack() as unless_described:
            if archive is not None:
                unless_described.callback(archive.close)
            self._describe(taking, item, facts, unpacked=archive is not None)
            unless_described.pop_all()
        return archive

    def _opened(self, source: Source, size: int, sha256: bytes, around: Around | None) -> Archive | None:
        limits = self._rules.unpacking
        return open_archive(source, size, sha256, around=around, limits=limits, left_out=self._left_out)

    def _take_parts(self, taking: Taking, cutter: Cutter, block: bytes) -> None:
        """Cut a source into parts, each an item."""
        self._take_pieces(taking, cutter, cutter.feed(block))
        while not taking.source.ended:
            self._look_up()
            room = self._scratch_room()
            size = taking.source.readinto(room) or 0
            self._take_pieces(taking, cutter, cutter.feed(bytes(room[:size])))
        self._take_pieces(taking, cutter, cutter.finish())
        self._end_part(taking)

    def _take_pieces(self, taking: Taking, cutter: Cutter, pieces: list[tuple[str | None, bytes]]) -> None:
        for part, piece in pieces:
            if part is not None:
                self._end_part(taking)
                taking.begin_part(f"{taking.source.name}/{part}")
                taking.took_opening(cutter.opening(part), self._packer)
            taking.took_piece(piece, self._packer)

    def _end_part(self, taking: Taking) -> None:
        if taking.item is not None:
            self._describe(taking, taking.item, taking.recognised())

    def _scratch_room(self) -> memoryview:
        self._scratch = self._scratch or memoryview(bytearray(_BLOCK))
        return self._scratch

    def _fill_head(self, source: Source) -> tuple[memoryview, int]:
        """Room in the current chunk that begins with the source's first `HEAD` bytes or all of it; how much was read."""
        view = self._packer.room(HEAD)
        size = 0
        while size < HEAD and not source.ended:
            read = source.readinto(view[size:])
            if read is None:
                # Sealing hands this room over: what is in it moves to the next.
                begun = bytes(view[:size])
                self._look_up()
                view = self._packer.room(HEAD)
                view[:size] = begun
            size += read or 0
        return view, size

    def _describe(self, taking: Taking, item: OpenItem, facts: Recognised, *, unpacked: bool = False) -> None:
        """End an item with its descriptor. One that an earlier attempt has sealed is not added again."""
        if not taking.end():
            return
        descriptor = ItemDescriptor(
            name=item.name,
            size=item.size,
            sha256=item.digest.digest(),
            media_type=facts.media_type,
            category=facts.category or self._terms.category,
            first=facts.first,
            last=facts.last,
            source=self._terms.source,
            targets=facts.targets,
            more_targets=facts.more_targets,
            members=facts.members,
            unpacked=unpacked,
            out_of=taking.around.sha256 if taking.around else None,
            zone=self._terms.zone if facts.assumed else "",
            file_time=taking.source.file_time,
        )
        if self._rules.unsafe_describe is not None:
            descriptor = self._rules.unsafe_describe(descriptor)
        self._sealer.add(frame(descriptor), item.size, item.spans)
        self._seal_if_full()

    def _look_up(self) -> None:
        """Between blocks: tell how far it is, and seal when it is time."""
        if self._on_progress is not None:
            # Of what lies in an archive, the file system says nothing beforehand: the archive's own bytes are counted.
            taken = self._taking.size if self._taking and self._taking.around is None else 0
            self._on_progress(Progress(self._sealer.items, self._size + taken, self._files, self._earlier))
        if self._rules.monotonic() - self._sealed_at >= self._rules.seal_after:
            self._seal()

    def _seal_if_full(self) -> None:
        if self._sealer.is_full:
            self._seal()

    def _seal(self) -> None:
        self._sealer.seal(self._packer, self._taking.safe() if self._taking else self._read)
        self._sealed_at = self._rules.monotonic()
