"""From plain bytes to durable objects: a few buffers that are filled, encrypted, hashed and stored all at once.

What flows. The intake fills a buffer and submits it; a lane takes it, has it encrypted, stores the object, and gives the
buffer back. While one buffer is being filled others are encrypted and synced, so the slowest of reading, encrypting and
writing sets the pace, not their sum. Memory is bounded by the number of buffers, whatever is taken in: whoever fills
waits for a free one.

What fails. The first error of any lane comes out of the next `buffer` or `drain`. Chunks that were stored and that no seal
names are `unnamed`: whoever lets an intake fail deletes them, and after a kill `EvidenceStore.sweep` does.
"""

import hashlib
import mmap
import queue
from collections import deque
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from msgspec import Struct

from comity.acts.matters import StoredObject
from comity.adapters.objects.age_cipher import sealed_limit
from comity.casework.ports.evidence import EvidenceStore, ItemCipher
from comity.evidence.items.segment_index import ChunkReference
from comity.evidence.recognising.recognise import HEAD
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

CHUNK = 8 << 20
"""Plain bytes of a chunk. Measured: from 4 to 16 MiB the speed is the same, and memory grows with it."""

LEAST_CHUNK = 2 * HEAD
"""What decides an item's format must lie in one chunk."""


class PipelineTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the machine may be used.

    `chunk` is in plain bytes. `lanes` chunks are encrypted, written or synced at once, besides the one being filled.
    """

    chunk: int = CHUNK
    lanes: int = 4

    def __post_init__(self) -> None:
        if self.chunk < LEAST_CHUNK or self.lanes < 1:
            raise ValueError(f"a chunk has at least {LEAST_CHUNK} bytes, and there is a lane")


class ChunkPipeline:
    """Turns filled buffers into stored chunks, in order. For one filling thread; a context manager that ends its lanes."""

    def __init__(self, store: EvidenceStore, cipher: ItemCipher, recipient: str, terms: PipelineTerms) -> None:
        self.chunk = terms.chunk
        self._store = store
        self._cipher = cipher
        self._recipient = recipient
        self._free: queue.LifoQueue[_Slot] = queue.LifoQueue()
        # One buffer is filled while every lane has one.
        for _ in range(terms.lanes + 1):
            self._free.put(_Slot(terms.chunk))
        self._lanes = ThreadPoolExecutor(terms.lanes, "comity-chunk")
        self._waiting: deque[Future[ChunkReference]] = deque()
        self._done: list[ChunkReference] = []
        self._unnamed: set[Digest] = set()
        self._current: _Slot | None = None

    def buffer(self) -> memoryview:
        """The buffer to fill next; the same one until it is submitted. Waits until one is free."""
        if self._current is None:
            self._current = self._free.get()
            while self._waiting and self._waiting[0].done():
                self._done.append(self._waiting.popleft().result())
        return self._current.plain

    def submit(self, size: int) -> None:
        """Hand over the current buffer with its first `size` bytes; it becomes the next chunk."""
        if self._current is None:
            raise ValueError("a buffer is submitted once")
        self._waiting.append(self._lanes.submit(self._store_chunk, self._current, size))
        self._current = None

    def drain(self) -> tuple[ChunkReference, ...]:
        """All chunks submitted since the last drain, in order, once each of them is durable."""
        while self._waiting:
            self._done.append(self._waiting.popleft().result())
        chunks = tuple(self._done)
        self._done.clear()
        return chunks

    def name(self, objects: Collection[StoredObject]) -> None:
        """A seal names these from here on. Called while nothing is submitted that was not drained."""
        self._unnamed.difference_update(each.digest for each in objects)

    def unnamed(self) -> frozenset[Digest]:
        """Chunks that are stored and in no seal; complete once the pipeline is closed."""
        return frozenset(self._unnamed)

    def close(self) -> None:
        """End the lanes; chunks not yet begun are dropped."""
        self._lanes.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _store_chunk(self, slot: "_Slot", size: int) -> ChunkReference:
        """What a lane does: one chunk from plain bytes to a durable object."""
        try:
            sealed = slot.sealed[: self._cipher.encrypt_into(slot.plain[:size], self._recipient, slot.sealed)]
            digest = hashlib.sha256(sealed).hexdigest()
            self._unnamed.add(digest)
            require_stored(self._store.put(sealed, digest), digest, len(sealed))
        finally:
            self._free.put(slot)
        return ChunkReference(bytes.fromhex(digest), len(sealed), size)


def require_stored(stored: StoredObject, digest: Digest, size: int) -> None:
    """The store says that it keeps what it was given. Raises `BrokenInputError` (store-damaged): nothing rests on its word."""
    if (stored.digest, stored.size) != (digest, size):
        raise BrokenInputError(
            ErrorCode.STORE_DAMAGED,
            "the store says that it keeps something else than it was given",
            found=f"{stored.digest}, {stored.size} bytes",
            expected=f"{digest}, {size} bytes",
        )


class _Slot:
    """Room for a chunk in both its forms; what was never used takes no memory."""

    def __init__(self, chunk: int) -> None:
        self.plain = memoryview(mmap.mmap(-1, chunk))
        self.sealed = memoryview(mmap.mmap(-1, sealed_limit(chunk)))
