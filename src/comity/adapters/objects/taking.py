"""One source being taken in: which item its bytes belong to, and how far it is safe if the intake breaks off."""

import hashlib
from datetime import tzinfo

from comity.adapters.objects.packing import ChunkPacker
from comity.adapters.objects.sources import Source
from comity.adapters.objects.unpacking import Around
from comity.evidence.items.recognised import Recognised
from comity.evidence.items.segment_index import OpenSource, Span
from comity.evidence.recognising.recognise import Recognition
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class OpenItem:
    """An item that is not described yet: hash, size and places of its bytes so far."""

    def __init__(self, name: str, spans: list[Span]) -> None:
        self.name = name
        self.digest = hashlib.sha256()
        self.size = 0
        self.spans = spans


class Taking:
    """One source under way.

    `earlier` says what an earlier attempt has sealed of it. Those bytes are read, hashed and recognised again, because
    a hash cannot be taken up half-way, but neither packed nor added again. `around` is the archive that the source lies in; times that say no zone are
    in `zone`.
    """

    def __init__(self, source: Source, earlier: OpenSource | None, around: Around | None, zone: tzinfo | None) -> None:
        self.source = source
        self.around = around
        self._zone = zone
        self.size = 0
        self.item: OpenItem | None = None
        self._items = 0
        self._digest = hashlib.sha256()
        self._recognition: Recognition | None = None
        known = earlier is not None and source.begins_with(earlier.size, earlier.prefix)
        self._earlier = earlier if known else None

    def begin(self, name: str) -> OpenItem:
        """Begin the source's only item."""
        is_begun = self._earlier is not None and self._items == self._earlier.items
        self.item = OpenItem(name, list(self._earlier.spans) if self._earlier and is_begun else [])
        # The source is the item: one hash serves for both.
        self._digest = self.item.digest
        return self.item

    def begin_part(self, name: str) -> None:
        """Begin one of several items."""
        whole = self._digest
        self.begin(name)
        self._digest = whole
        self._recognition = Recognition(self._zone)

    def limit(self, room: memoryview) -> memoryview:
        """The room, cut so that a read ends where what is safe already ends."""
        return room[: self._safe_ahead()] if self._safe_ahead() else room

    def took(self, item: OpenItem, view: memoryview, size: int, packer: ChunkPacker) -> None:
        """The first `size` bytes of the view, which is the packer's room, are the item's next."""
        self._require_open(size)
        item.digest.update(view[:size])
        item.size += size
        skipped = min(size, self._safe_ahead())
        self.size += size
        if not skipped:
            packer.took(size, item.spans)
        elif skipped < size:
            packer.write(bytes(view[skipped:size]), item.spans)

    def took_opening(self, opening: bytes, packer: ChunkPacker) -> None:
        """The part begun last begins with these bytes, which the source holds elsewhere: they belong to the item alone."""
        item, recognition = self.item, self._recognition
        if item is None or recognition is None:
            raise ValueError("an opening belongs to a part")
        item.digest.update(opening)
        item.size += len(opening)
        recognition.feed(opening)
        # A part that an earlier attempt has begun was begun with them.
        if not self._safe_ahead():
            packer.write(opening, item.spans)

    def took_piece(self, piece: bytes, packer: ChunkPacker) -> None:
        """These bytes are the next of the part begun last."""
        item, recognition = self.item, self._recognition
        if item is None or recognition is None:
            raise ValueError("a piece belongs to a part")
        self._require_open(len(piece))
        self._digest.update(piece)
        item.digest.update(piece)
        item.size += len(piece)
        recognition.feed(piece)
        skipped = min(len(piece), self._safe_ahead())
        self.size += len(piece)
        packer.write(memoryview(piece)[skipped:], item.spans)

    def recognised(self) -> Recognised:
        """The facts of the part begun last."""
        if self._recognition is None:
            raise ValueError("only a part is recognised as it comes")
        return self._recognition.finish()

    def end(self) -> bool:
        """End the item; whether it is new: none is before all that an earlier attempt has sealed came again."""
        self.item = None
        self._items += 1
        return self._earlier is None or (self._items > self._earlier.items and not self._safe_ahead())

    def safe(self) -> OpenSource:
        """How far the source is safe once everything packed is sealed."""
        if self._earlier is not None and self._safe_ahead():
            return self._earlier
        spans = tuple(self.item.spans) if self.item else ()
        return OpenSource(self.source.mark, self._items, self.size, self._digest.digest(), spans)

    def _require_open(self, size: int) -> None:
        """The item may have so many more bytes. Raises `BrokenInputError` (id-differs) where it was sealed with its end."""
        earlier = self._earlier
        if earlier is not None and self._items < earlier.items and self.size + size > earlier.size:
            raise BrokenInputError(
                ErrorCode.ID_DIFFERS,
                "the stream goes on behind the end that it had",
                found=f"at least {self.size + size} bytes",
                expected=f"{earlier.size} bytes, as they are sealed",
                do="give the stream as it was; take in what is new under an order of its own",
            )

    def _safe_ahead(self) -> int:
        return max(0, self._earlier.size - self.size) if self._earlier else 0
