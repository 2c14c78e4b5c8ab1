"""A private copy of what others packed: judged and taken in are the same bytes, whatever happens to the place meanwhile.

The place is read once, into one file that has no name and is encrypted under a key that exists in memory only. So nobody can
change what was judged before it is taken in, evidence never lies on the disk in the clear, and nothing of the copy outlives
its process. It needs as much room on the store's own disk as what was packed.

Behind each file its record stands in the same way: of a file only the place of that is in memory.
"""

import hashlib
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from msgspec import Struct, msgpack

from comity.adapters.objects.sources import FileSource, LeftOut, walk
from comity.adapters.objects.staging import clear_errors
from comity.adapters.objects.window import window
from comity.evidence.checks.foreign import MOST_FILES
from comity.evidence.items.exhibits import Extent
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.instants import Instant

KEY = 32
"""Bytes of the key."""

MOST_LEFT_OUT = 100_000
"""Entries that are no ordinary files, whose names wait in memory until the intake."""

MOST_LEFT_OUT_BYTES = 1 << 26
"""Bytes of their names."""

_BLOCK = 1 << 20
_CIPHER_BLOCK = 16
_LENGTH = 8


class _Copied(Struct, frozen=True, array_like=True):
    """One file of the copy: where its ciphertext begins, and whether the original moved while it was read."""

    name: str
    begin: int
    size: int
    sha256: bytes
    changed: bool
    file_time: Instant | None


class PrivateCopy:
    """Lives as long as `file`, which is for whoever opened it to close."""

    def __init__(self, place: Path, file: BinaryIO, key: bytes) -> None:
        """Reads the place to the end.

        Raises `BrokenInputError` (store-full, unavailable, oversized for too many files), or `OSError` of the place itself.
        """
        self.left_out = LeftOut()
        self.left_out.on_added = self._require_few
        self._file = file
        self._key = key
        self._size = self._content = 0
        self._records = array("Q")
        self.is_folder = place.is_dir()
        for source in walk(place, self.left_out):
            copied = self._copy(source)
            self._records.append(self._size)
            data = msgpack.encode(copied)
            self._write(_cipher(key, self._size), len(data).to_bytes(_LENGTH) + data)
            self._pad()
            self._require_few()

    def sources(self) -> Iterator["CopiedSource"]:
        """Every file, in the order in which it was found; each read from its start."""
        fd = self._file.fileno()
        for begin in self._records:
            cipher = _cipher(self._key, begin)
            with clear_errors():
                size = int.from_bytes(cipher.update(os.pread(fd, _LENGTH, begin)))
                data = cipher.update(os.pread(fd, size, begin + _LENGTH))
            yield CopiedSource(msgpack.decode(data, type=_Copied), fd, self._key)

    @property
    def extent(self) -> Extent:
        """How much was copied."""
        return Extent(len(self._records), self._content)

    def _copy(self, source: FileSource) -> _Copied:
        begin = self._size
        cipher = _cipher(self._key, begin)
        room = memoryview(bytearray(_BLOCK))
        digest = hashlib.sha256()
        size = 0
        try:
            while not source.ended:
                read = source.readinto(room) or 0
                digest.update(room[:read])
                size += read
                self._write(cipher, room[:read])
            changed = source.changed(size)
        finally:
            source.close()
        self._pad()
        self._content += size
        return _Copied(source.name, begin, size, digest.digest(), changed, source.file_time)

    def _write(self, cipher: CipherContext, data: bytes | memoryview) -> None:
        with clear_errors():
            self._file.write(cipher.update(data))
        self._size += len(data)

    def _pad(self) -> None:
        """Each file begins at a block of the cipher, and so does each record, so that it is read without those before it."""
        padding = -self._size % _CIPHER_BLOCK
        with clear_errors():
            self._file.write(bytes(padding))
            self._file.flush()
        self._size += padding

    def _require_few(self) -> None:
        waiting = self.left_out.waiting
        few = waiting <= MOST_LEFT_OUT and self.left_out.waiting_size <= MOST_LEFT_OUT_BYTES
        if not few or len(self._records) > MOST_FILES:
            raise BrokenInputError(
                ErrorCode.OVERSIZED,
                "there are too many files, or too much that is none",
                found=f"{len(self._records):,} files and {waiting:,} others",
                expected=f"at most {MOST_FILES:,} files and {MOST_LEFT_OUT:,} others",
            )


class CopiedSource:
    """One file of a private copy, as an intake reads it."""

    known_by_mark = True

    def __init__(self, copied: _Copied, fd: int, key: bytes) -> None:
        self.name = copied.name
        # A later attempt knows it by its content: times and sizes are for whoever packed it to choose.
        self.mark = hashlib.blake2b(copied.sha256 + copied.name.encode(), digest_size=16).digest()
        self.size = copied.size
        self.file_time = copied.file_time
        self.ended = not copied.size
        self._copied = copied
        self._fd = fd
        self._key = key
        self._at = 0
        self._cipher = _cipher(key, copied.begin)

    def readinto(self, view: memoryview) -> int | None:
        """Fill the start of the view."""
        wanted = min(len(view), self._copied.size - self._at)
        with clear_errors():
            sealed = os.pread(self._fd, wanted, self._copied.begin + self._at)
        view[: len(sealed)] = self._cipher.update(sealed)
        self._at += len(sealed)
        self.ended = self._at == self._copied.size
        return len(sealed)

    def begins_with(self, size: int, prefix: bytes) -> bool:
        """Whether the first bytes are those of an earlier attempt."""
        digest = hashlib.sha256()
        room = memoryview(bytearray(_BLOCK))
        while size and not self.ended:
            read = self.readinto(room[: min(size, _BLOCK)]) or 0
            digest.update(room[:read])
            size -= read
        same = not size and digest.digest() == prefix
        self._at, self.ended, self._cipher = 0, not self._copied.size, _cipher(self._key, self._copied.begin)
        return same

    def changed(self, size: int) -> bool:
        """Whether the original moved while it was copied."""
        return self._copied.changed or size != self._copied.size

    def reread(self) -> BinaryIO:
        """The file from its start."""
        return window(self._read_at, self._copied.size)

    def close(self) -> None:
        """The copy is closed as a whole."""

    def _read_at(self, at: int, size: int) -> bytes:
        begin = self._copied.begin + at
        with clear_errors():
            sealed = os.pread(self._fd, size, begin)
        # The cipher counts blocks: what is left of the first one goes through it unread.
        inside = begin % _CIPHER_BLOCK
        return _cipher(self._key, begin - inside).update(bytes(inside) + sealed)[inside:]


def _cipher(key: bytes, begin: int) -> CipherContext:
    return Cipher(AES256(key), CTR((begin // _CIPHER_BLOCK).to_bytes(_CIPHER_BLOCK, "big"))).encryptor()
