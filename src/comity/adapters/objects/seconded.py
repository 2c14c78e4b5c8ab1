"""A store with a second one behind it: written and read in the first alone, deleted in both.

What is in the first comes into the second by re-verification (`comity.casework.upkeep.fixity`), which also takes away what a
deletion could not reach there. So the second may be slow, far off, or away, and no work waits for it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from comity.acts.matters import StoredObject
from comity.casework.ports.evidence import Buffer, EvidenceStore, ObjectLock, ObjectReader, ObjectWriter
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import Digest

log = logging.getLogger("comity.objects")


class SecondedStore(EvidenceStore):
    """See `EvidenceStore`; `first` and `second` may each be of any kind."""

    def __init__(self, first: EvidenceStore, second: EvidenceStore) -> None:
        self.first = first
        self.second = second

    @property
    def remnants(self) -> str:
        """What may be left in either; what the second keeps until it can be reached goes with the next round."""
        left = dict.fromkeys(each.remnants for each in (self.first, self.second) if each.remnants)
        return "; ".join((*left, "copies in a second store until its next round of re-verification"))

    @property
    def lock(self) -> ObjectLock | None:
        """That of the first; what is in the second is never the only copy."""
        return self.first.lock

    def delete(self, digests: Iterable[Digest]) -> int:
        """Gone from the first when it returns, and from the second if that can be reached."""
        doomed = list(digests)
        count = self.first.delete(doomed)
        self._forget(doomed)
        return count

    def sweep(self, is_referenced: Callable[[Digest], bool]) -> int:
        """See the port; in the second, the end of a round of re-verification does the same."""
        return self.first.sweep(is_referenced)

    def put(self, data: Buffer, digest: Digest | None = None) -> StoredObject:
        """See the port."""
        return self.first.put(data, digest)

    def scratch(self) -> BinaryIO:
        """See the port."""
        return self.first.scratch()

    def begin(self) -> ObjectWriter:
        """See the port."""
        return self.first.begin()

    def read(self, stored: StoredObject) -> bytes:
        """See the port."""
        return self.first.read(stored)

    def open_range(self, digest: Digest, start: int = 0) -> ObjectReader:
        """See the port."""
        return self.first.open_range(digest, start)

    def size(self, digest: Digest) -> int | None:
        """See the port."""
        return self.first.size(digest)

    def digests(self) -> Iterator[Digest]:
        """See the port."""
        return self.first.digests()

    def writing(self) -> AbstractContextManager[None]:
        """See the port."""
        return self.first.writing()

    def resume_at(self, expected: StoredObject) -> int:
        """See the port."""
        return self.first.resume_at(expected)

    def append(self, expected: StoredObject, offset: int, data: Buffer) -> None:
        """See the port."""
        self.first.append(expected, offset, data)

    def finish(self, expected: StoredObject) -> None:
        """See the port."""
        self.first.finish(expected)

    def _forget(self, doomed: list[Digest]) -> None:
        try:
            self.second.delete(doomed)
        except BrokenInputError as error:
            log.warning("%d objects are still in the second store: %s", len(doomed), error.code)
