"""A run of bytes that lie somewhere inside others, read like a file of their own, in any order and without holding them."""

import io
import os
from collections.abc import Callable
from typing import BinaryIO, cast

ReadAt = Callable[[int, int], bytes]
"""Bytes from a place on, at most so many; fewer only where there are no more."""


class _Window(io.RawIOBase):
    def __init__(self, read_at: ReadAt, size: int) -> None:
        super().__init__()
        self._read_at = read_at
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        room = memoryview(buffer)
        data = self._read_at(self._at, max(0, min(len(room), self._size - self._at)))
        if not data and room and self._at < self._size:
            raise EOFError("a window reaches beyond what it lies in")
        room[: len(data)] = data
        self._at += len(data)
        return len(data)


def window(read_at: ReadAt, size: int) -> BinaryIO:
    """A stream of `size` bytes; reading raises `EOFError` where they are not all there."""
    return cast("BinaryIO", io.BufferedReader(_Window(read_at, size)))


def window_of(stream: BinaryIO, begin: int, size: int) -> BinaryIO:
    """Bytes of a stream that many windows share: each finds its place again before it reads."""

    def read_at(at: int, wanted: int) -> bytes:
        stream.seek(begin + at)
        return stream.read(wanted)

    return window(read_at, size)
