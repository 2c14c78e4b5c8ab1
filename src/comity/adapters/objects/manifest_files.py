"""Manifests as encrypted objects: written and read record by record, in bounded memory."""

import hashlib
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from comity.acts.matters import StoredObject
from comity.casework.ports.evidence import EvidenceStore, ItemCipher, ObjectReader
from comity.evidence.items.manifest import ManifestReader, ManifestRecord, encode_record
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_AHEAD = 16
"""Batches of records, each from some 64 kB, that are read ahead of whoever takes them."""

_PATIENCE = 0.2
"""Seconds after which a reader whose taker may be gone looks whether it is."""


def write_manifest(
    records: Iterator[ManifestRecord], store: EvidenceStore, cipher: ItemCipher, recipient: str
) -> StoredObject:
    """The records as one encrypted object, durable when this returns. What `records` raises comes through."""
    writer = store.begin()
    try:
        cipher.encrypt_from(map(encode_record, records), recipient, writer.write)
        return writer.commit()
    finally:
        writer.abort()


def read_manifest(
    stored: StoredObject, store: EvidenceStore, cipher: ItemCipher, identity: str
) -> Iterator[ManifestRecord]:
    """Every record in order. That the manifest was whole is known only when the iterator ends.

    Raises `BrokenInputError` (not-found, store-damaged, cannot-decrypt, malformed, oversized, unknown-type).
    """
    if store.size(stored.digest) != stored.size:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "the exhibit's manifest is not there as it was announced",
            expected=f"{stored.digest}, {stored.size} bytes",
        )
    # The library pushes what it decrypts; a thread of its own lets the caller pull.
    handover = _Handover()
    executor = ThreadPoolExecutor(1, "comity-manifest")
    reading = executor.submit(_push, stored, store, cipher, identity, handover)
    executor.shutdown(wait=False)
    try:
        while (batch := handover.get()) is not None:
            yield from batch
        reading.result()
    finally:
        # Never joined here: the garbage collector may close what was left half read, in any thread and under any lock of its.
        handover.stop()


class _TakerGoneError(Exception):
    """Nobody wants the rest of a manifest."""


class _Handover:
    """Batches of records between the thread that reads and the one that takes; None ends them."""

    def __init__(self) -> None:
        self._batches: queue.Queue[Sequence[ManifestRecord] | None] = queue.Queue(_AHEAD)
        self._stopped = threading.Event()

    def get(self) -> Sequence[ManifestRecord] | None:
        return self._batches.get()

    def put(self, batch: Sequence[ManifestRecord] | None) -> None:
        """Raises `_TakerGoneError` once the taker has stopped."""
        while not self._stopped.is_set():
            try:
                self._batches.put(batch, timeout=_PATIENCE)
            except queue.Full:
                continue
            return
        raise _TakerGoneError

    def stop(self) -> None:
        self._stopped.set()


def _push(stored: StoredObject, store: EvidenceStore, cipher: ItemCipher, identity: str, handover: _Handover) -> None:
    reader = ManifestReader()

    def take(data: bytes) -> None:
        records = reader.feed(data)
        if records:
            handover.put(records)

    try:
        source = _Hashed(store.open_range(stored.digest))
        try:
            cipher.decrypt_to(source.read, identity, take)
        finally:
            source.close()
        reader.finish()
        if source.digest.hexdigest() != stored.digest:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED, "a stored object is not what its name says", expected=stored.digest
            )
    finally:
        handover.put(None)


class _Hashed:
    """An object being read, and the hash of what was read."""

    def __init__(self, inner: ObjectReader) -> None:
        self._inner = inner
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._inner.read(size)
        self.digest.update(data)
        return data

    def close(self) -> None:
        self._inner.close()
