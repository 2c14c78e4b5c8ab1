"""Marks that an earlier attempt has sealed, looked up on disk: ten million of them take no more memory than ten.

A table of pages in one file without a name. A mark belongs to the page that its hash says, and where that is full, the table
is doubled: each page is parted in two. The hash is under a key that exists in memory only, so the file tells nothing about the
names of evidence, and nobody can choose names whose marks all fall into one page. What is compared is all of a hash of
sixteen bytes, as long as the mark itself: a mark is never known by part of it.
"""

import errno
import hashlib
import os
from collections.abc import Iterable
from typing import BinaryIO

from comity.adapters.objects.staging import clear_errors
from comity.ledger.tree import split_run

KEY = 32
"""Bytes of the key."""

_HASH = 16
_PAGE = 4096
"""Bytes of a page: the length of all its hashes, in as many bytes as one has, then those."""

_ROOM = _PAGE - _HASH


class KnownMarks:
    """Lives as long as `file`, which is empty at first and for whoever opened it to close."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._fd = file.fileno()
        self._key = key
        self._pages = 0

    def add(self, marks: Iterable[bytes]) -> None:
        """These are known from now on. Raises `BrokenInputError` (store-full, unavailable)."""
        with clear_errors():
            for mark in marks:
                self._add(self._hash(mark))

    def __contains__(self, mark: bytes) -> bool:
        """Whether it was added. Raises `BrokenInputError` (unavailable)."""
        if not self._pages:
            return False
        found = self._hash(mark)
        with clear_errors():
            return _holds(self._read(self._page_of(found)), found)

    def _add(self, added: bytes) -> None:
        self._pages = self._pages or 1
        while True:
            page = self._page_of(added)
            held = self._read(page)
            if _holds(held, added):
                return
            if len(held) < _ROOM:
                self._write(page, held + added)
                return
            self._double()

    def _double(self) -> None:
        """Part each page in two: a hash stays, or goes as many pages ahead as there were."""
        before, self._pages = self._pages, self._pages * 2
        for page in range(before):
            hashes = split_run(self._read(page), _HASH)
            for half in (page, page + before):
                self._write(half, b"".join(each for each in hashes if self._page_of(each) == half))

    def _read(self, page: int) -> bytes:
        data = os.pread(self._fd, _PAGE, page * _PAGE)
        return data[_HASH : _HASH + int.from_bytes(data[:_HASH])]

    def _write(self, page: int, held: bytes) -> None:
        data = len(held).to_bytes(_HASH) + held
        if os.pwrite(self._fd, data, page * _PAGE) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _hash(self, mark: bytes) -> bytes:
        return hashlib.blake2b(mark, key=self._key, digest_size=_HASH).digest()

    def _page_of(self, found: bytes) -> int:
        return int.from_bytes(found[:8]) % self._pages


def _holds(held: bytes, found: bytes) -> bool:
    """Whether it is one of the hashes that stand one after the other: across two of them does not count."""
    at = held.find(found)
    while at % _HASH and at >= 0:
        at = held.find(found, at + 1)
    return at >= 0
