"""An evidence store in a folder: every object a file, durable before it is visible.

A file is written as `comity.adapters.objects.staging` has it, renamed to its digest, and the folder synced, in that order,
before anyone is told.

```
<root>/objects/ab/abcd…     the objects, in 256 folders by the first two digits
```
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from comity.adapters.objects.staging import (
    StagedStore,
    clear_errors,
    is_digest,
    make_folder,
    require_digest,
    unreadable,
)
from comity.adapters.private_files import sync_folder
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest


class LocalEvidenceStore(StagedStore):
    """Keeps objects in a folder of a local file system that honours `fsync` and atomic rename. See `EvidenceStore`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._objects = root / "objects"
        with clear_errors():
            make_folder(self._objects)

    @property
    def remnants(self) -> str:
        """Nothing that is not ciphertext without a key."""
        return ""

    def open_range(self, digest: Digest, start: int = 0) -> "LocalReader":
        """The object's bytes from `start` on."""
        try:
            fd = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such object", expected=digest) from None
        except OSError as error:
            raise unreadable(error) from None
        os.lseek(fd, start, os.SEEK_SET)
        return LocalReader(fd)

    def size(self, digest: Digest) -> int | None:
        """Bytes of the object, or None."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def digests(self) -> Iterator[Digest]:
        """Every object."""
        for folder in self._objects.iterdir():
            with os.scandir(folder) as entries:
                yield from (entry.name for entry in entries if is_digest(entry.name))

    def _remove(self, digests: list[Digest]) -> int:
        count = 0
        folders: set[Path] = set()
        with clear_errors():
            for path in map(self._path, digests):
                with suppress(FileNotFoundError):
                    path.unlink()
                    count += 1
                    folders.add(path.parent)
            for folder in folders:
                sync_folder(folder)
        return count

    def _publish(self, path: Path, digest: Digest) -> None:
        """Give a synced file its name, durably."""
        target = self._path(digest)
        with clear_errors():
            make_folder(target.parent)
            path.rename(target)
            sync_folder(target.parent)

    def _path(self, digest: Digest) -> Path:
        return self._objects / require_digest(digest)[:2] / digest


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
            raise unreadable(error) from None
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
