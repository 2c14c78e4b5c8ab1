"""The two ends of a connection as the answering side sees them: a request that is all there, and an answer taken in time."""

import contextlib
import fcntl
import io
import socket
import struct
import termios
import time

from comity.entrypoints.web.arriving import Pace

_PORTION = 1 << 16
_GLANCE = 1.0
"""Seconds between two looks at a client that takes nothing."""


class WholeRequest(io.BytesIO):
    """A request's bytes, all of them: reading never waits for anybody."""

    bytes_read = 0

    def has_data(self) -> bool:
        """Nothing is left behind in here: what came after the request stays at the gate."""
        return False


class Patience:
    """How far behind its pace a client is. Time lost counts; time won is not kept for later."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._behind = 0.0
        self.glance = min(_GLANCE, pace.grace)
        """Seconds to wait for the client at a time."""

    def count(self, waited: float, size: int) -> None:
        """So many seconds were spent on waiting for so many bytes. Raises `TimeoutError` for a client below the pace."""
        self._behind = max(0.0, self._behind + waited - size / self._pace.rate)
        if self._behind > self._pace.grace:
            raise TimeoutError("timed out")


class PacedWriter:
    """Writes an answer to a socket; a client that takes it too slowly loses the connection.

    What counts as taken is what the other machine has acknowledged: this one's own buffers swallow megabytes at once, and
    would let a client that takes nothing live on that credit for hours. Only time spent on waiting for the client counts,
    not what the application needs to make its answer.
    """

    def __init__(self, connection: socket.socket, pace: Pace) -> None:
        self._connection = connection
        self._patience = Patience(pace)
        self._taken = 0
        self.bytes_written = 0

    def write(self, data: bytes) -> int:
        """All of it is in the system's hands. Raises `TimeoutError` for a client below the pace."""
        view = memoryview(data)
        while view:
            view = view[self._send(view[:_PORTION]) :]
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def _send(self, portion: memoryview) -> int:
        self._connection.settimeout(self._patience.glance)
        began, sent = time.monotonic(), 0
        with contextlib.suppress(TimeoutError):
            sent = self._connection.send(portion)
        self.bytes_written += sent
        self._count(time.monotonic() - began)
        return sent

    def _count(self, waited: float) -> None:
        """Time lost against the pace."""
        taken = self.bytes_written - _unacknowledged(self._connection)
        fresh, self._taken = max(0, taken - self._taken), max(self._taken, taken)
        self._patience.count(waited, fresh)


def _unacknowledged(connection: socket.socket) -> int:
    """Bytes in the socket's queue that the other end has not acknowledged (Linux: tcp(7), SIOCOUTQ)."""
    (size,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))
    return int(size)
