"""The SHA-256 and the CRC-32 of an archive's contents, made beside the reading, a portion behind, by whoever is given for it.

Both functions let other threads run while they work. So with two threads and as many cores reading and the two sums go on at
the same time, also within one large file, and a dossier is verified in little more than the time of hashing it.
"""

import zlib
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from comity.evidence.archive.format import Entry, NotCanonicalError

Start = Callable[[Callable[[], None]], Callable[[], object]]
"""Starts some work, now or beside the caller, and gives what returns as soon as it is done."""

ASK_AGAIN = "ask for the file as it was exported; one that was unpacked and packed again is another file"

_PORTION = 2 << 20
"""Bytes handed over at once; two portions are in memory."""


def at_once(work: Callable[[], None]) -> Callable[[], object]:
    """Does the work itself, before it returns."""
    work()
    return lambda: None


class Sums:
    """Takes contents in the order of the archive; `digests` are those of the files that were settled, in that order."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._portion: list[bytes | Entry] = []
        self._size = 0
        self._running: tuple[Callable[[], object], ...] = ()
        self._hash = sha256()
        self._crc = 0
        self._fault: NotCanonicalError | None = None
        self.digests: list[bytes] = []

    def take(self, chunk: bytes) -> None:
        """More of the present file. Raises `NotCanonicalError` for a file before it that has another checksum."""
        self._portion.append(chunk)
        self._size += len(chunk)
        if self._size >= _PORTION:
            self._hand_over()

    def end(self, entry: Entry) -> None:
        """The present file is at its end, and was this one."""
        self._portion.append(entry)

    def settle(self) -> None:
        """Both sums of all that was taken are made. Raises `NotCanonicalError` for the first file with another checksum."""
        self._hand_over()
        self._await()

    def _hand_over(self) -> None:
        self._await()
        portion, self._portion, self._size = self._portion, [], 0
        self._running = tuple(self._start(partial(each, portion)) for each in (self._digest, self._check))

    def _await(self) -> None:
        for done in self._running:
            done()
        if self._fault is not None:
            raise self._fault

    def _digest(self, portion: list[bytes | Entry]) -> None:
        for piece in portion:
            if isinstance(piece, Entry):
                self.digests.append(self._hash.digest())
                self._hash = sha256()
            else:
                self._hash.update(piece)

    def _check(self, portion: list[bytes | Entry]) -> None:
        for piece in portion:
            if not isinstance(piece, Entry):
                self._crc = zlib.crc32(piece, self._crc)
            elif self._crc == piece.crc:
                self._crc = 0
            else:
                self._fault = NotCanonicalError(
                    piece.name,
                    "the content is not the one that was packed",
                    found=f"CRC-32 {self._crc:08x}",
                    expected=f"{piece.crc:08x}",
                    do=ASK_AGAIN,
                )
                return
