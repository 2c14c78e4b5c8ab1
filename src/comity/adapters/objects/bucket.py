"""An evidence store in a bucket of the S3 protocol: every object a key, written whole or not at all.

What is on its way lies on the node's own disk first (`comity.adapters.objects.staging`): pieces of an object, and
transfers until their hash is checked. The bucket sees ciphertext under a hash, never a key and no name. Each request is
retried with growing pauses; large objects go up in parts; each part carries its SHA-256, which the server compares.

What deletion means here is the bucket's to say. Where it locks objects for this node (`comity.adapters.objects.bucket_lock`), they
stay until their lock ends. Where it keeps versions or locks of its own, old bytes stay until its own rule lets go of them. Either
way a certificate of disposal says so, and it is the key's destruction that counts.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

from obstore.exceptions import BaseError, GenericError
from obstore.store import S3Store

from comity.acts.matters import StoredObject
from comity.adapters.objects.bucket_lock import BucketLock
from comity.adapters.objects.bucket_requests import OBJECTS, RETRIES, BucketRequests, BucketTerms, Tries, object_key
from comity.adapters.objects.staging import StagedStore, is_digest, require_digest
from comity.casework.ports.evidence import Buffer, ObjectLock
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

_PART = 8 << 20
"""Bytes of a part of a large object, and of one request for a range."""

_AT_ONCE = 4
_UPLOADS = 3
_ORPHANED = timedelta(days=2)
"""An upload in parts is not one that is still under way after so long: that of the largest object takes hours."""

_SIZE_LIMIT = 10_000 * _PART
"""Ten thousand parts are the most that the protocol allows."""


class BucketEvidenceStore(StagedStore):
    """Keeps objects in a bucket, and what is on its way there in a folder. See `EvidenceStore`."""

    def __init__(self, staging: Path, terms: BucketTerms) -> None:
        super().__init__(staging)
        self._bucket = S3Store(
            terms.bucket,
            prefix=terms.prefix or None,
            endpoint=terms.endpoint,
            region=terms.region,
            access_key_id=terms.account,
            secret_access_key=terms.secret,
            checksum_algorithm="SHA256",
            client_options={"allow_http": terms.endpoint.startswith("http://"), "timeout": "60s"},
            retry_config={"max_retries": RETRIES, "retry_timeout": terms.patience},
        )
        self._patience = terms.patience
        self._requests = BucketRequests(terms)
        self._lock = BucketLock(self._requests, terms.lock) if terms.lock else None

    @property
    def remnants(self) -> str:
        """What a bucket keeps that has versions of its own; where it locks, no version is left behind."""
        return "" if self._lock else "older versions of deleted objects, encrypted, where the bucket keeps them"

    @property
    def lock(self) -> ObjectLock | None:
        """The bucket's, where the terms want one."""
        return self._lock

    def put(self, data: Buffer, digest: Digest | None = None) -> StoredObject:
        """Write one object, durably: straight from memory."""
        name = require_digest(hashlib.sha256(data).hexdigest() if digest is None else digest)
        self._upload(bytes(data), name)
        return StoredObject(name, len(data))

    def open_range(self, digest: Digest, start: int = 0) -> "BucketReader":
        """The object's bytes from `start` on."""
        size = self.size(digest)
        if size is None:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such object", expected=digest)
        return BucketReader(self._bucket, digest, start, size)

    def size(self, digest: Digest) -> int | None:
        """Bytes of the object, or None."""
        try:
            with _clear_errors(digest):
                return int(self._bucket.head(object_key(require_digest(digest)))["size"])
        except BrokenInputError as error:
            if error.code is ErrorCode.NOT_FOUND:
                return None
            raise

    def digests(self) -> Iterator[Digest]:
        """Every object."""
        with _clear_errors(""):
            for paths in self._listing():
                yield from filter(is_digest, (path.rpartition("/")[2] for path in paths))

    def _listing(self) -> Iterator[list[str]]:
        """Every path of an object, portion by portion. A listing that breaks off goes on behind the last that came."""
        last: str | None = None
        tries, whole = Tries(self._patience), False
        while not whole:
            try:
                for portion in self._bucket.list(OBJECTS, offset=last):
                    paths = [str(each["path"]) for each in portion]
                    yield paths
                    last, tries = paths[-1], Tries(self._patience)
                whole = True
            except GenericError:
                if not tries.again():
                    raise

    def finish(self, expected: StoredObject) -> None:
        """Check a transferred object and make it visible. One that a kill left without its lock has it now."""
        super().finish(expected)
        if self._lock is not None:
            self._lock.renew(expected.digest)

    def sweep(self, is_referenced: Callable[[Digest], bool]) -> int:
        """Remove what nothing refers to, and the parts of uploads that a kill broke off."""
        return super().sweep(is_referenced) + self._end_orphaned_uploads()

    def _end_orphaned_uploads(self) -> int:
        """Whoever writes there, on this machine or another, has long ended an upload that is so old by the server's clock."""
        orphans = [each for each in self._requests.uploads(f"{OBJECTS}/") if each.age > _ORPHANED]
        for upload in orphans:
            self._requests.abort(upload)
        return len(orphans)

    def _remove(self, digests: list[Digest]) -> int:
        if self._lock is not None:
            return self._lock.remove(digests)
        here = [digest for digest in digests if self.size(digest) is not None]
        with _clear_errors(""):
            if here:
                self._bucket.delete([object_key(digest) for digest in here])
        left = [digest for digest in here if self.size(digest) is not None]
        if left:
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE,
                "the bucket keeps objects that were to be deleted",
                found=f"{len(left)} of {len(here)}",
                do="see whether the bucket locks objects, and whether the account may delete them",
            )
        return len(here)

    def _publish(self, path: Path, digest: Digest) -> None:
        """Upload a synced file and remove it."""
        if path.stat().st_size > _SIZE_LIMIT:
            raise BrokenInputError(
                ErrorCode.OVERSIZED,
                "an object is larger than the bucket takes",
                expected=f"at most {_SIZE_LIMIT} bytes",
            )
        self._upload(path, digest)
        path.unlink()

    def _upload(self, source: bytes | Path, digest: Digest) -> None:
        """All of it is there, and locked where the bucket is to lock, when this returns.

        Where the answer to the end of an upload in parts is lost, the server no longer knows that upload when it is asked
        again. Nothing is certain then, so all of it goes up once more.
        """
        key = object_key(require_digest(digest))
        for _ in range(_UPLOADS):
            with _clear_errors(digest), suppress(FileNotFoundError):
                self._bucket.put(key, source, chunk_size=_PART, max_concurrency=_AT_ONCE)
                if self._lock is not None:
                    self._lock.set(digest)
                return
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the bucket does not know what was just sent to it",
            found=digest,
            do="see whether there is a bucket of that name, and whether something ends its uploads",
        )


class BucketReader:
    """One object of a bucket being read, range by range; closes itself at the end of a `with` block."""

    def __init__(self, bucket: S3Store, digest: Digest, start: int, size: int) -> None:
        self._bucket = bucket
        self._digest = digest
        self._at = start
        self._size = size
        self._ahead = b""

    def read(self, size: int) -> bytes:
        """At most that many of the next bytes; fewer only at the end."""
        pieces: list[bytes] = []
        while size and (self._ahead or self._fetch()):
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Let go of the object."""
        self._ahead, self._at = b"", self._size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fetch(self) -> bool:
        length = min(_PART, self._size - self._at)
        if length <= 0:
            return False
        with _clear_errors(self._digest):
            self._ahead = bytes(self._bucket.get_range(object_key(self._digest), start=self._at, length=length))
        self._at += length
        return True


_SAID: Mapping[str, str] = {
    "UnauthenticatedError": "the account is not known there",
    "PermissionDeniedError": "the account may not do this",
}


@contextmanager
def _clear_errors(digest: Digest) -> Iterator[None]:
    """Turn what the library says into the errors of the port. Its own words name requests and places, so they stay here."""
    try:
        yield
    except FileNotFoundError:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such object", expected=digest) from None
    except (BaseError, OSError) as error:
        kind = type(error).__name__
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the bucket does not do what it was asked",
            found=_SAID.get(kind, kind),
            do="see whether its server answers, and whether the settings name it rightly",
        ) from None
