"""What packed bytes inflate to, charged as it comes: also what is only passed over on the way to what is wanted."""

import io
import os
from collections.abc import Callable
from typing import BinaryIO, cast

_BLOCK = 1 << 20


class Inflation:
    """What some packed bytes inflate to, read from its start as often as one likes.

    Each byte is charged once, when it first comes, with at most a megabyte inflated before `spend` hears of it: whoever reads
    in another order, or some of it twice, has spent the same. What `spend` raises ends the reading.
    """

    def __init__(self, begin: Callable[[], BinaryIO], spend: Callable[[int], None]) -> None:
        self._begin = begin
        self._spend = spend
        self._reached = 0

    def stream(self) -> BinaryIO:
        """The bytes from their start; can be read in any order, which inflates them again where it goes back."""
        return cast("BinaryIO", _Inflated(self._begin(), self._reach))

    def _reach(self, at: int) -> None:
        new = at - self._reached
        if new > 0:
            self._reached = at
            self._spend(new)


class _Inflated(io.RawIOBase):
    def __init__(self, stream: BinaryIO, reach: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._reach = reach
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """To that place from the start or from here, or to the end where that comes before it."""
        wanted = offset + (0, self._at)[whence]
        if wanted < self._at:
            self._at = self._stream.seek(wanted)
        while self._at < wanted and self._next(min(wanted - self._at, _BLOCK)):
            pass
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        room = memoryview(buffer)
        done = 0
        while done < len(room) and (data := self._next(min(len(room) - done, _BLOCK))):
            room[done : done + len(data)] = data
            done += len(data)
        return done

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _next(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._at += len(data)
        self._reach(self._at)
        return data
