"""A request's body that is read while it comes: of a stated length, or in chunks (RFC 9112, clause 7.1).

Nothing of it is kept but a line, whatever a client announces. Its end is only what the client says is its end: a connection that
closes before that, framing that is none, and a client below the pace are errors.
"""

import re
import socket
import time
from contextlib import suppress
from enum import Enum, auto

from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.paced import Patience

_PORTION = 1 << 16
_LINE = 1024
"""Bytes of a line of the framing: a chunk's size with its extensions, or a trailer."""
_TRAILERS = 32
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00\r\n]*)?\Z")


class _Line(Enum):
    """What the framing's next line is."""

    SIZE = auto()
    AFTER_CHUNK = auto()
    TRAILER = auto()


class StreamedBody:
    """See `ByteStream`. `begun` is what came with the head; `length` None for chunks. For one thread."""

    def __init__(self, connection: socket.socket, begun: bytes, length: int | None, pace: Pace) -> None:
        self.length = length
        self._connection = connection
        self._pace = pace
        self._patience = Patience(pace)
        self._held = bytearray(begun)
        self._left = length or 0
        self._next = _Line.SIZE
        self._trailers = 0
        self._ended = length == 0

    def readinto(self, view: memoryview) -> int | None:
        """What has come. Raises `OSError`: `TimeoutError` for a client below the pace."""
        while not self._left and not self._ended:
            if not self._read_line():
                return None
        room = view[: self._left]
        size: int | None = min(len(room), len(self._held))
        if size:
            room[:size] = self._held[:size]
            del self._held[:size]
        elif room:
            size = self._receive(room)
        self._left -= size or 0
        self._ended = self._ended or (self.length is not None and not self._left)
        return size

    def _read_line(self) -> bool:
        """One line of the framing; False where it has not come."""
        at = self._held.find(b"\r\n")
        if max(at, len(self._held) if at < 0 else 0) > _LINE:
            raise _unframed()
        if at < 0:
            room = memoryview(bytearray(_PORTION))
            size = self._receive(room)
            self._held += room[: size or 0]
            return size is not None
        line = bytes(self._held[:at])
        del self._held[: at + 2]
        self._take_line(line)
        return True

    def _take_line(self, line: bytes) -> None:
        if self._next is _Line.SIZE:
            size = _SIZE.match(line)
            if size is None:
                raise _unframed()
            self._left = int(size[1], 16)
            self._next = _Line.AFTER_CHUNK if self._left else _Line.TRAILER
        elif self._next is _Line.AFTER_CHUNK:
            if line:
                raise _unframed()
            self._next = _Line.SIZE
        else:
            self._ended = not line
            self._trailers += 1
            if self._trailers > _TRAILERS:
                raise _unframed()

    def _receive(self, room: memoryview) -> int | None:
        self._connection.settimeout(self._patience.glance)
        began, size = time.monotonic(), None
        with suppress(TimeoutError):
            size = self._connection.recv_into(room)
        if size == 0:
            raise ConnectionError("the connection ended before the body did")
        try:
            self._patience.count(time.monotonic() - began, size or 0)
        except TimeoutError:
            raise TimeoutError(f"less than {self._pace.rate} bytes a second came") from None
        return size


def _unframed() -> ConnectionError:
    return ConnectionError("the body is not in chunks as RFC 9112 has them")
