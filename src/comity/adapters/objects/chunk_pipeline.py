"""From plain bytes to durable objects: a few buffers that are filled, encrypted, hashed and stored all at once.

What flows. The intake fills a buffer and submits it; a lane takes it, has it encrypted, stores the object, and gives the
buffer back. While one buffer is being filled others are encrypted and synced, so the slowest of reading, encrypting and
writing sets the pace, not their sum. Memory is bounded by the number of buffers, whatever is taken in: whoever fills
waits for a free one.

The library holds the interpreter while it encrypts. So from the third chunk on other processes do that, which share the
buffers; what is small is done in place, without the cost of starting one.

What fails. The first error of any lane comes out of the next `buffer` or `drain`. Chunks that were stored and that no seal
names are `unnamed`: whoever lets an intake fail deletes them, and after a kill `EvidenceStore.sweep` does.
"""

import hashlib
import mmap
import os
import queue
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Self

from msgspec import Struct

from comity.acts.matters import StoredObject
from comity.adapters.objects.age_cipher import sealed_limit
from comity.casework.evidence_ports import Buffer, EvidenceStore, ItemCipher
from comity.evidence.recognise import HEAD
from comity.evidence.segment_index import ChunkReference
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

CHUNK = 8 << 20
"""Plain bytes of a chunk. Measured: from 4 to 16 MiB the speed is the same, and memory grows with it."""

LEAST_CHUNK = 2 * HEAD
"""What decides an item's format must lie in one chunk."""

_IN_PLACE = 2
"""Chunks encrypted in this process before others are started."""


class PipelineTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the machine may be used.

    `chunk` is in plain bytes. `lanes` chunks are encrypted, written or synced at once, besides the one being filled;
    `processes` of them are encrypted in other processes, none where that is 0.
    """

    chunk: int = CHUNK
    lanes: int = 4
    processes: int = 2

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
        self._slot_size = _pages(terms.chunk + sealed_limit(terms.chunk))
        # One buffer is filled while every lane has one.
        slots = terms.lanes + 1
        self._memory = _SharedMemory(self._slot_size * slots)
        self._uses_processes = cipher.works_in_other_processes and self._memory.descriptor >= 0 and terms.processes > 0
        self._idle: queue.LifoQueue[_CipherProcess | None] = queue.LifoQueue()
        self._free: queue.Queue[int] = queue.Queue()
        for slot in range(slots):
            self._free.put(slot)
        for _ in range(terms.processes):
            self._idle.put(None)
        self._lanes = ThreadPoolExecutor(terms.lanes, "comity-chunk")
        self._waiting: deque[Future[ChunkReference]] = deque()
        self._done: list[ChunkReference] = []
        self._unnamed: set[Digest] = set()
        self._submitted = 0
        self._current: int | None = None

    def buffer(self) -> memoryview:
        """The buffer to fill next; the same one until it is submitted. Waits until one is free."""
        if self._current is None:
            self._current = self._free.get()
            while self._waiting and self._waiting[0].done():
                self._done.append(self._waiting.popleft().result())
        return self._memory.part(self._current * self._slot_size, self.chunk)

    def submit(self, size: int) -> None:
        """Hand over the current buffer with its first `size` bytes; it becomes the next chunk."""
        if self._current is None:
            raise ValueError("a buffer is submitted once")
        self._waiting.append(self._lanes.submit(self._store_chunk, self._submitted, self._current, size))
        self._submitted += 1
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
        while not self._idle.empty():
            if (process := self._idle.get()) is not None:
                process.close()
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _store_chunk(self, number: int, slot: int, size: int) -> ChunkReference:
        """What a lane does: one chunk from plain bytes to a durable object."""
        start = slot * self._slot_size
        try:
            if self._uses_processes and number >= _IN_PLACE:
                sealed, digest = self._encrypt_elsewhere(start, size)
            else:
                sealed = self._cipher.encrypt(self._memory.part(start, size), self._recipient)
                digest = hashlib.sha256(sealed).hexdigest()
            stored = self._store.put(sealed, digest)
            self._unnamed.add(stored.digest)
        finally:
            self._free.put(slot)
        return ChunkReference(bytes.fromhex(stored.digest), stored.size, size)

    def _encrypt_elsewhere(self, start: int, size: int) -> tuple[Buffer, str]:
        """The object that another process makes of a part of the memory, and its hash. Waits until one is idle."""
        at = start + self.chunk
        process = self._idle.get()
        try:
            process = process or _CipherProcess(self._memory, self._recipient)
            written, digest = process.encrypt(start, size, at)
        finally:
            self._idle.put(process)
        return self._memory.part(at, written), digest


class _SharedMemory:
    """Memory without a name, which a child process can be given. Falls back to memory of this process only."""

    def __init__(self, size: int) -> None:
        create: Callable[[str], int] | None = getattr(os, "memfd_create", None)
        self.descriptor = create("comity-intake") if create else -1
        if self.descriptor >= 0:
            os.ftruncate(self.descriptor, size)
        self.size = size
        self._map = mmap.mmap(self.descriptor, size)

    def part(self, start: int, size: int) -> memoryview:
        """A view of a part."""
        return memoryview(self._map)[start : start + size]

    def close(self) -> None:
        """Give the memory back; a view that someone still holds keeps it until they let go."""
        with suppress(BufferError):
            self._map.close()
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class _CipherProcess:
    """A `cipher_worker`: one request at a time."""

    def __init__(self, memory: _SharedMemory, recipient: str) -> None:
        numbers = (str(memory.descriptor), str(memory.size))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "comity.adapters.objects.cipher_worker", *numbers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(memory.descriptor,),
            text=True,
            encoding="ascii",
        )
        self._greeting = f"{recipient}\n"

    def encrypt(self, plain: int, size: int, sealed: int) -> tuple[int, str]:
        """Size and SHA-256 of the object it made of the bytes at `plain` and put at `sealed`."""
        answer = self._ask(f"{self._greeting}{plain} {size} {sealed}\n")
        self._greeting = ""
        if not answer:
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE, "a process that encrypts has ended", do="start the intake again"
            )
        written, digest = answer.split()
        return int(written), digest

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, line: str) -> str:
        if self._process.stdin is None or self._process.stdout is None:
            return ""
        with suppress(BrokenPipeError):
            self._process.stdin.write(line)
            self._process.stdin.flush()
        return self._process.stdout.readline()


def _pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
