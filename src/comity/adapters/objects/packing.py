"""Laying the bytes of items into chunks, one behind the other, and reading them back."""

from collections.abc import Iterator, Sequence

from comity.acts.matters import StoredObject
from comity.adapters.objects.chunk_pipeline import ChunkPipeline
from comity.casework.ports.evidence import Buffer, EvidenceStore, ItemCipher
from comity.evidence.items.segment_index import ChunkReference, Span
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class ChunkPacker:
    """Packs bytes into the chunks of one exhibit; `first` is the number of the next chunk."""

    def __init__(self, pipeline: ChunkPipeline, first: int = 0) -> None:
        self._pipeline = pipeline
        self._number = first
        self._at = 0

    def room(self, least: int) -> memoryview:
        """What is left of the current chunk, at least that many bytes: to be filled, then told to `took`."""
        if self._pipeline.chunk - self._at < least:
            self.flush()
        return self._pipeline.buffer()[self._at :]

    def took(self, size: int, spans: list[Span]) -> None:
        """The first `size` bytes of the room belong to an item whose spans these are."""
        if not size:
            return
        last = spans[-1] if spans else None
        if last is not None and last.chunk == self._number and last.offset + last.length == self._at:
            spans[-1] = Span(last.chunk, last.offset, last.length + size)
        else:
            spans.append(Span(self._number, self._at, size))
        self._at += size
        if self._at == self._pipeline.chunk:
            self.flush()

    def write(self, data: Buffer, spans: list[Span]) -> None:
        """Pack bytes that are at hand, over as many chunks as it takes."""
        rest = memoryview(data)
        while rest:
            room = self.room(1)
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            self.took(size, spans)
            rest = rest[size:]

    def flush(self) -> None:
        """End the current chunk, however full it is."""
        if self._at:
            self._pipeline.submit(self._at)
            self._number += 1
            self._at = 0

    def drain(self) -> tuple[ChunkReference, ...]:
        """End the current chunk; all chunks since the last drain, once they are durable."""
        self.flush()
        return self._pipeline.drain()


class ChunkReader:
    """Reads the spans of items from an exhibit's chunks. Keeps the chunk read last, so order of place is the fast one."""

    def __init__(
        self, store: EvidenceStore, cipher: ItemCipher, identity: str, objects: Sequence[StoredObject]
    ) -> None:
        self._store = store
        self._cipher = cipher
        self._identity = identity
        self._objects = objects
        self._number = -1
        self._plain: Buffer = b""

    def chunk(self, number: int) -> Buffer:
        """A chunk's plain bytes. Raises `BrokenInputError` (malformed, not-found, store-damaged, cannot-decrypt)."""
        if number != self._number:
            if not 0 <= number < len(self._objects):
                raise BrokenInputError(
                    ErrorCode.MALFORMED, "an item lies in a chunk that the exhibit does not have", found=str(number)
                )
            self._number = -1
            self._plain = b""
            self._plain = self._cipher.decrypt(self._store.read(self._objects[number]), self._identity)
            self._number = number
        return self._plain

    def pieces(self, spans: Sequence[Span]) -> Iterator[memoryview]:
        """An item's content, piece by piece."""
        for span in spans:
            plain = self.chunk(span.chunk)
            end = span.offset + span.length
            if end > len(plain):
                raise BrokenInputError(
                    ErrorCode.MALFORMED, "an item reaches beyond its chunk", found=str(end), expected=str(len(plain))
                )
            yield memoryview(plain)[span.offset : end]
