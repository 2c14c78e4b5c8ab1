"""Writing a canonical archive to a seekable binary file, whatever the size of its entries, in bounded memory."""

import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

from comity.evidence.archive.format import (
    CRC_AT,
    ENTRY_LIMIT,
    SIZE_LIMIT,
    Entry,
    NotCanonicalError,
    closing_records,
    directory_record,
    local_header,
    require_name,
)


class ByteTarget(Protocol):
    """A file opened for writing bytes, at its beginning."""

    def write(self, data: bytes, /) -> int:
        """Takes all of the bytes."""
        ...

    def seek(self, offset: int, /) -> int:
        """The next write goes to that offset from the beginning."""
        ...


class ArchiveWriter:
    """Adds files one after the other, in ascending order of their names; the same files always give the same bytes."""

    def __init__(self, target: ByteTarget) -> None:
        self._target = target
        self._entries: list[Entry] = []
        self._at = 0

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> bytes:
        """Write one file of exactly `size` bytes and give the SHA-256 of its content.

        Raises `NotCanonicalError` when the name may not follow, or the chunks are not of that size together.
        """
        self._require_next(name, size)
        start = self._at
        self._put(local_header(name, size, 0))
        digest, crc, written = sha256(), 0, 0
        for chunk in chunks:
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            written += len(chunk)
            self._put(chunk)
        if written != size:
            raise NotCanonicalError(
                name, "the content has another size than was announced", found=str(written), expected=str(size)
            )
        # The checksum stands before the content, and the content is too large to be read twice.
        self._target.seek(start + CRC_AT)
        self._target.write(crc.to_bytes(4, "little"))
        self._target.seek(self._at)
        self._entries.append(Entry(name, size, crc, start))
        return digest.digest()

    def finish(self) -> int:
        """Write the directory; the archive is complete. Gives its size in bytes."""
        start = self._at
        for entry in self._entries:
            self._put(directory_record(entry))
        self._put(closing_records(len(self._entries), start, self._at - start))
        return self._at

    def _put(self, data: bytes) -> None:
        self._target.write(data)
        self._at += len(data)

    def _require_next(self, name: str, size: int) -> None:
        require_name(name)
        if self._entries and name <= self._entries[-1].name:
            raise NotCanonicalError(name, "files are added in ascending order of their names, each once")
        if not 0 <= size <= SIZE_LIMIT or len(self._entries) >= ENTRY_LIMIT:
            raise NotCanonicalError(name, "the archive has too many files, or one too large", found=f"{size} bytes")
