"""A bucket's lock on objects: until it ends nobody deletes them, neither who has the node's account nor the account's owner.

A lock is set before anyone is told that an object is stored, and renewed while something refers to the object. In a bucket
that locks, every write makes a version: an object is gone when no version of it and no mark of its deletion is left.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from comity.adapters.objects.bucket_requests import BucketRequests, object_key
from comity.casework.ports.evidence import ObjectLock
from comity.vocabulary.identifiers import Digest
from comity.vocabulary.instants import Instant

_AT_ONCE = 4


class BucketLock(ObjectLock):
    """See `ObjectLock`. The time is the machine's, never a rehearsal's: it is compared with the bucket's."""

    def __init__(self, requests: BucketRequests, lasts: timedelta) -> None:
        self._requests = requests
        self._lasts = lasts

    def offered(self) -> bool:
        """Whether object lock is on for the bucket."""
        return self._requests.locks()

    def until(self, digest: Digest) -> Instant | None:
        """The end of the lock, if that is still to come."""
        until = self._requests.locked_until(object_key(digest))
        return until if until is not None and until > datetime.now(UTC) else None

    def set(self, digest: Digest) -> None:
        """The object's newest version is locked as long as a lock lasts, from now on."""
        self._requests.lock(object_key(digest), datetime.now(UTC) + self._lasts)

    def renew(self, digest: Digest) -> None:
        """A request to look, and one more where less than half of it is left."""
        until = self.until(digest)
        if until is None or until - datetime.now(UTC) < self._lasts / 2:
            self.set(digest)

    def remove(self, digests: Iterable[Digest]) -> int:
        """Objects that are gone without a trace; those that are locked stay as they are."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return sum(pool.map(self._remove, digests))

    def _remove(self, digest: Digest) -> bool:
        key = object_key(digest)
        if self.until(digest) is not None:
            return False
        here = self._requests.versions(key)
        for version in here:
            self._requests.delete(key, version)
        # Asked again: that a deletion was answered says nothing of what is there.
        return bool(here) and not self._requests.versions(key)
