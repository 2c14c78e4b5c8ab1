"""What every evidence store does on the machine's own disk: objects being written, transfers, and the lock of a sweep.

A file is written under a name nobody reads, mode 0600, synced, and then given to the store behind, before anyone is told.
So a crash at any instant leaves either the whole object or a remainder that `sweep` removes.

```
<root>/incoming/…           writes under way
<root>/transfers/abcd…      objects under transfer, as far as they came
<root>/lock                 held shared by writers, exclusively by a sweep
```
"""

import errno
import fcntl
import hashlib
import itertools
import os
import re
import secrets
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from comity.acts.matters import StoredObject
from comity.adapters.private_files import sync_folder
from comity.casework.ports.evidence import Buffer, ObjectLock, ObjectReader
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_BLOCK = 1 << 20
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class StagedStore(ABC):
    """The part of an `EvidenceStore` that is the same wherever the objects lie in the end."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._transfers = root / "transfers"
        with clear_errors():
            for folder in (root, self._incoming, self._transfers):
                make_folder(folder)

    @property
    @abstractmethod
    def remnants(self) -> str:
        """What may be left of an object that was deleted."""

    @property
    def lock(self) -> ObjectLock | None:
        """None: a disk locks nothing."""
        return None

    @abstractmethod
    def open_range(self, digest: Digest, start: int = 0) -> ObjectReader:
        """The object's bytes from `start` on."""

    @abstractmethod
    def size(self, digest: Digest) -> int | None:
        """Bytes of the object, or None."""

    @abstractmethod
    def digests(self) -> Iterator[Digest]:
        """Every object."""

    @abstractmethod
    def _publish(self, path: Path, digest: Digest) -> None:
        """Make a synced file the object of that name, durably; the file is gone then."""

    @abstractmethod
    def _remove(self, digests: list[Digest]) -> int:
        """Remove objects, durably; how many there were."""

    def scratch(self) -> BinaryIO:
        """A file without a name."""
        with clear_errors():
            return tempfile.TemporaryFile(dir=self._incoming)

    def begin(self) -> "StagedWriter":
        """Start an object whose bytes come piece by piece."""
        return StagedWriter(self._incoming, self._publish)

    def put(self, data: Buffer, digest: Digest | None = None) -> StoredObject:
        """Write one object, durably."""
        writer = StagedWriter(self._incoming, self._publish, digest)
        try:
            writer.write(data)
            return writer.commit()
        finally:
            writer.abort()

    def read(self, stored: StoredObject) -> bytes:
        """The whole object, its size and hash checked."""
        reader = self.open_range(stored.digest)
        try:
            # One byte more than there should be tells whether there is more.
            data = reader.read(stored.size + 1)
        finally:
            reader.close()
        if len(data) != stored.size or hashlib.sha256(data).hexdigest() != stored.digest:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED, "a stored object is not what its name says", expected=stored.digest
            )
        return data

    def delete(self, digests: Iterable[Digest]) -> int:
        """Remove objects, durably."""
        doomed = list(digests)
        count = self._remove(doomed)
        begun = [path for path in (self._transfers / digest for digest in doomed) if path.exists()]
        with clear_errors():
            for path in begun:
                path.unlink(missing_ok=True)
            if begun:
                sync_folder(self._transfers)
        return count

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold off `sweep`."""
        with self._locked(fcntl.LOCK_SH):
            yield

    def sweep(self, is_referenced: Callable[[Digest], bool]) -> int:
        """Remove what nothing refers to."""
        with self._locked(fcntl.LOCK_EX):
            doomed = [digest for digest in self.digests() if not is_referenced(digest)]
            remains = list(self._incoming.iterdir())
            remains += [path for path in self._transfers.iterdir() if not is_referenced(path.name)]
            for path in remains:
                path.unlink()
            for folder in {path.parent for path in remains}:
                sync_folder(folder)
            return self.delete(doomed) + len(remains)

    def resume_at(self, expected: StoredObject) -> int:
        """Bytes of this object that a transfer has already brought."""
        if self.size(expected.digest) is not None:
            return expected.size
        try:
            return min((self._transfers / expected.digest).stat().st_size, expected.size)
        except FileNotFoundError:
            return 0

    def append(self, expected: StoredObject, offset: int, data: Buffer) -> None:
        """Take the next bytes of a transfer."""
        at = self.resume_at(expected)
        if offset != at:
            raise BrokenInputError(
                ErrorCode.OUT_OF_ORDER,
                "a transfer goes on at another place",
                found=f"byte {offset}",
                expected=f"byte {at}",
            )
        if offset + len(data) > expected.size:
            raise BrokenInputError(
                ErrorCode.OVERSIZED, "a transfer brings more than was announced", expected=f"{expected.size} bytes"
            )
        flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with clear_errors():
            fd = os.open(self._transfers / expected.digest, flags, 0o600)
            try:
                os.lseek(fd, offset, os.SEEK_SET)
                _write_all(fd, data)
            finally:
                os.close(fd)

    def finish(self, expected: StoredObject) -> None:
        """Check a transferred object and make it visible."""
        if self.size(expected.digest) is not None:
            return
        part = self._transfers / expected.digest
        try:
            fd = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND, "nothing of this object was transferred", expected=expected.digest
            ) from None
        try:
            size, digest = _hash_of(fd)
            if (size, digest) != (expected.size, expected.digest):
                part.unlink()
                raise BrokenInputError(
                    ErrorCode.ID_DIFFERS,
                    "the transferred object is another one",
                    found=f"{size} bytes, {digest}",
                    expected=f"{expected.size} bytes, {expected.digest}",
                    do="transfer it again from its start",
                )
            with clear_errors():
                os.fsync(fd)
        finally:
            os.close(fd)
        self._publish(part, expected.digest)

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        fd = os.open(self._root / "lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                # A writer waits for the end of a sweep, which is short; a sweep does not wait for writers.
                fcntl.flock(fd, kind | (fcntl.LOCK_NB if kind == fcntl.LOCK_EX else 0))
            except BlockingIOError:
                raise BrokenInputError(
                    ErrorCode.UNAVAILABLE, "the evidence store is being written", do="sweep it later"
                ) from None
            yield
        finally:
            os.close(fd)


class StagedWriter:
    """One object on its way into a store."""

    _numbers = itertools.count()

    def __init__(self, folder: Path, publish: Callable[[Path, Digest], None], digest: Digest | None = None) -> None:
        self._publish = publish
        self._known = digest
        self._hash = hashlib.sha256()
        self._size = 0
        self._path: Path | None = folder / f"{os.getpid()}-{next(self._numbers)}-{secrets.token_hex(8)}"
        with clear_errors():
            self._fd = os.open(self._path, _NEW_FILE, 0o600)

    def write(self, data: Buffer) -> None:
        """Take more bytes."""
        with clear_errors():
            _write_all(self._fd, data)
        self._size += len(data)
        if self._known is None:
            self._hash.update(data)

    def commit(self) -> StoredObject:
        """Make the object durable, then visible."""
        if self._path is None:
            raise ValueError("an object is committed once")
        digest = self._hash.hexdigest() if self._known is None else self._known
        with clear_errors():
            os.fsync(self._fd)
        self._publish(self._path, digest)
        self._path = None
        os.close(self._fd)
        return StoredObject(digest, self._size)

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
            os.close(self._fd)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what the file system says into the errors of the port."""
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "unknown")
        if error.errno in _FULL:
            raise BrokenInputError(
                ErrorCode.STORE_FULL,
                "the evidence store is full",
                found=name,
                do="make room, then go on: what was confirmed is kept, what was not is taken again",
            ) from None
        raise BrokenInputError(ErrorCode.UNAVAILABLE, "the evidence store cannot be written", found=name) from None


def unreadable(error: OSError) -> BrokenInputError:
    """The error of the port for what the disk says while it is read."""
    return BrokenInputError(
        ErrorCode.STORE_DAMAGED,
        "a stored object cannot be read",
        found=errno.errorcode.get(error.errno or 0, "unknown"),
    )


def make_folder(folder: Path) -> None:
    """A folder that only its owner can enter, durable in its parent. Does nothing when it exists."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folder(folder.parent)


def _write_all(fd: int, data: Buffer) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _hash_of(fd: int) -> tuple[int, Digest]:
    digest = hashlib.sha256()
    size = 0
    while block := os.read(fd, _BLOCK):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()


def require_digest(digest: Digest) -> Digest:
    """The digest, if it is one: nothing else is ever a name. Raises `BrokenInputError` (malformed)."""
    if not _DIGEST.match(digest):
        raise BrokenInputError(ErrorCode.MALFORMED, "an object's name is no SHA-256 in lower-case hexadecimal")
    return digest


def is_digest(name: str) -> bool:
    """Whether a file or key of that name is an object."""
    return bool(_DIGEST.match(name))
