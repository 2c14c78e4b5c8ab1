"""An evidence store in a folder: every object a file, durable before it is visible.

A file is written under a name nobody reads, mode 0600, synced, renamed to its digest, and the folder synced, in that
order, before anyone is told. So a crash at any instant leaves either the whole object or a remainder that `sweep`
removes.

```
<root>/objects/ab/abcd…     the objects, in 256 folders by the first two digits
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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from comity.acts.matters import StoredObject
from comity.casework.evidence_ports import Buffer
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_BLOCK = 1 << 20
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class LocalEvidenceStore:
    """Keeps objects in a folder of a local file system that honours `fsync` and atomic rename. See `EvidenceStore`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = root / "objects"
        self._incoming = root / "incoming"
        self._transfers = root / "transfers"
        with _clear_errors():
            for folder in (root, self._objects, self._incoming, self._transfers):
                _make_folder(folder)

    def put(self, data: Buffer, digest: Digest | None = None) -> StoredObject:
        """Write one object, durably."""
        writer = LocalWriter(self._incoming, self._publish, digest)
        try:
            writer.write(data)
            return writer.commit()
        finally:
            writer.abort()

    def begin(self) -> "LocalWriter":
        """Start an object whose bytes come piece by piece."""
        return LocalWriter(self._incoming, self._publish)

    def read(self, stored: StoredObject) -> bytes:
        """The whole object, its size and hash checked."""
        with self.open_range(stored.digest) as reader:
            # One byte more than there should be tells whether there is more.
            data = reader.read(stored.size + 1)
        if len(data) != stored.size or hashlib.sha256(data).hexdigest() != stored.digest:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED, "a stored object is not what its name says", expected=stored.digest
            )
        return data

    def open_range(self, digest: Digest, start: int = 0) -> "LocalReader":
        """The object's bytes from `start` on."""
        try:
            fd = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such object", expected=digest) from None
        except OSError as error:
            raise _unreadable(error) from None
        os.lseek(fd, start, os.SEEK_SET)
        return LocalReader(fd)

    def size(self, digest: Digest) -> int | None:
        """Bytes of the object, or None."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, digests: Iterable[Digest]) -> int:
        """Remove objects, durably."""
        count = 0
        folders: set[Path] = set()
        with _clear_errors():
            for digest in digests:
                for path in (self._path(digest), self._transfers / digest):
                    with suppress(FileNotFoundError):
                        path.unlink()
                        count += path.parent != self._transfers
                        folders.add(path.parent)
            for folder in folders:
                _sync_folder(folder)
        return count

    def digests(self) -> Iterator[Digest]:
        """Every object."""
        for folder in self._objects.iterdir():
            with os.scandir(folder) as entries:
                yield from (entry.name for entry in entries if _DIGEST.match(entry.name))

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
                _sync_folder(folder)
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
        with _clear_errors():
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
            with _clear_errors():
                os.fsync(fd)
        finally:
            os.close(fd)
        self._publish(part, expected.digest)

    def _path(self, digest: Digest) -> Path:
        if not _DIGEST.match(digest):
            raise BrokenInputError(ErrorCode.MALFORMED, "an object's name is no SHA-256 in lower-case hexadecimal")
        return self._objects / digest[:2] / digest

    def _publish(self, path: Path, digest: Digest) -> None:
        """Give a synced file its name, durably."""
        target = self._path(digest)
        with _clear_errors():
            _make_folder(target.parent)
            path.rename(target)
            _sync_folder(target.parent)

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


class LocalWriter:
    """One object on its way into a `LocalEvidenceStore`."""

    _numbers = itertools.count()

    def __init__(self, folder: Path, publish: Callable[[Path, Digest], None], digest: Digest | None = None) -> None:
        self._publish = publish
        self._known = digest
        self._hash = hashlib.sha256()
        self._size = 0
        self._path: Path | None = folder / f"{os.getpid()}-{next(self._numbers)}-{secrets.token_hex(8)}"
        with _clear_errors():
            self._fd = os.open(self._path, _NEW_FILE, 0o600)

    def write(self, data: Buffer) -> None:
        """Take more bytes."""
        with _clear_errors():
            _write_all(self._fd, data)
        self._size += len(data)
        if self._known is None:
            self._hash.update(data)

    def commit(self) -> StoredObject:
        """Make the object durable, then visible."""
        if self._path is None:
            raise ValueError("an object is committed once")
        digest = self._hash.hexdigest() if self._known is None else self._known
        with _clear_errors():
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


class LocalReader:
    """One object of a `LocalEvidenceStore` being read; closes itself at the end of a `with` block."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, size: int) -> bytes:
        """At most that many of the next bytes; fewer only at the end."""
        pieces: list[bytes] = []
        try:
            while size and (piece := os.read(self._fd, size)):
                pieces.append(piece)
                size -= len(piece)
        except OSError as error:
            raise _unreadable(error) from None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Let go of the object."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _clear_errors() -> Iterator[None]:
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


def _unreadable(error: OSError) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.STORE_DAMAGED,
        "a stored object cannot be read",
        found=errno.errorcode.get(error.errno or 0, "unknown"),
    )


def _make_folder(folder: Path) -> None:
    """A folder that only its owner can enter, durable in its parent. Does nothing when it exists."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


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
