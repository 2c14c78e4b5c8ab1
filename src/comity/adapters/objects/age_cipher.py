"""Encryption at rest: age v1 to one X25519 recipient, by the `age` library behind `pyrage`, with a strict header check.

The library draws its own randomness and holds the interpreter while it works, so this class stands behind a port: a
simulation puts a seeded one in its place, and an intake lets other processes do the work (see `chunk_pipeline`).
"""

from collections.abc import Callable, Iterator
from typing import Self

import pyrage  # type: ignore[import-untyped]

from comity.casework.evidence_ports import Buffer
from comity.evidence.age_header import CHUNK_SIZE, HEADER_LIMIT, NONCE_SIZE, TAG_SIZE, check_object, read_header
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def sealed_limit(plain: int) -> int:
    """Bytes that an object with so many plain bytes has at most."""
    return HEADER_LIMIT + NONCE_SIZE + plain + TAG_SIZE * (plain // CHUNK_SIZE + 1)


def encrypt_into(plain: Buffer, recipient: pyrage.x25519.Recipient, out: memoryview) -> int:
    """Encrypt into `out`, which has room for `sealed_limit` bytes; how many were written.

    Twice as fast as the library's own call for bytes, which grows a buffer as it goes.
    """
    sink = _Buffered(out)
    pyrage.encrypt_io(_Viewed(plain), sink, [recipient])
    return sink.size


class AgeCipher:
    """See `ItemCipher`. Without state; usable from any number of threads."""

    works_in_other_processes = True

    def new_identity(self) -> str:
        """A fresh identity."""
        return str(pyrage.x25519.Identity.generate())

    def recipient_of(self, identity: str) -> str:
        """The public half."""
        return str(_identity(identity).to_public())

    def encrypt(self, plain: Buffer, recipient: str) -> memoryview:
        """One object, complete."""
        out = memoryview(bytearray(sealed_limit(len(plain))))
        return out[: encrypt_into(plain, read_recipient(recipient), out)]

    def decrypt(self, sealed: Buffer, identity: str) -> bytearray:
        """The content of one object, complete and authentic."""
        header = read_header(bytes(sealed[:HEADER_LIMIT]))
        check_object(len(sealed), header)
        out = bytearray(len(sealed))
        sink = _Buffered(memoryview(out))
        _library(lambda: pyrage.decrypt_io(_Viewed(sealed), sink, [_identity(identity)]))
        del sink.room
        del out[sink.size :]
        return out

    def encrypt_from(self, pieces: Iterator[bytes], recipient: str, write: Callable[[bytes], None]) -> None:
        """One object from pieces, in bounded memory."""
        source, sink = _Pulled(pieces), _Called(write)
        _unwrapped(lambda: pyrage.encrypt_io(source, sink, [read_recipient(recipient)]), source, sink)

    def decrypt_to(self, read: Callable[[int], bytes], identity: str, write: Callable[[bytes], None]) -> None:
        """The content of one object in pieces."""
        head = read(HEADER_LIMIT)
        read_header(head)
        source, sink = _Led(head, read), _Called(write)
        _unwrapped(lambda: pyrage.decrypt_io(source, sink, [_identity(identity)]), source, sink)


def read_recipient(text: str) -> pyrage.x25519.Recipient:
    """The library's form of a recipient. Raises `BrokenInputError` (malformed)."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise BrokenInputError(ErrorCode.MALFORMED, "the text is no X25519 recipient of age") from None


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise BrokenInputError(ErrorCode.MALFORMED, "the text is no X25519 identity of age") from None


def _library(call: Callable[[], object]) -> None:
    """Call the library; whatever it cannot open is one error, without words that could tell an attacker which step failed."""
    try:
        call()
    except (pyrage.DecryptError, OSError):
        raise BrokenInputError(
            ErrorCode.CANNOT_DECRYPT, "the object does not open", expected="an unaltered object for this identity"
        ) from None


class _Ours:
    """A stream handed to the library; as a context manager it keeps the error that our side of it raised."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def flush(self) -> None:
        """Nothing is held back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.error = error


def _unwrapped(call: Callable[[], object], *streams: _Ours) -> None:
    """Call the library, and let an error of our own side come out as it went in, not as the library's."""
    try:
        call()
    except (pyrage.DecryptError, pyrage.EncryptError, OSError):
        for stream in streams:
            if stream.error is not None:
                raise stream.error from None
        raise BrokenInputError(
            ErrorCode.CANNOT_DECRYPT, "the object does not open", expected="an unaltered object for this identity"
        ) from None


class _Viewed(_Ours):
    """Lets the library read from memory, without the copy of all of it that other streams make."""

    def __init__(self, data: Buffer) -> None:
        super().__init__()
        self._view = memoryview(data)
        self._at = 0

    def read(self, size: int) -> bytes:
        """At most that many bytes; none at the end."""
        at = self._at
        self._at = at + size
        return self._view[at : at + size].tobytes()


class _Buffered(_Ours):
    """Takes what the library writes into memory that is there already."""

    def __init__(self, room: memoryview) -> None:
        super().__init__()
        self.room = room
        self.size = 0

    def write(self, data: bytes) -> int:
        """Take more bytes."""
        end = self.size + len(data)
        self.room[self.size : end] = data
        self.size = end
        return len(data)


class _Called(_Ours):
    """Gives what the library writes to a function."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        super().__init__()
        self._write = write

    def write(self, data: bytes) -> int:
        """Give more bytes."""
        with self:
            self._write(data)
        return len(data)


class _Pulled(_Ours):
    """Lets the library read from an iterator of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most that many bytes; none at the end."""
        with self:
            while not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    return b""
                self._rest = piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


class _Led(_Ours):
    """Lets the library read from a function, beginning with bytes that were read before."""

    def __init__(self, head: bytes, read: Callable[[int], bytes]) -> None:
        super().__init__()
        self._head = head
        self._read = read

    def read(self, size: int) -> bytes:
        """At most that many bytes; none at the end."""
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        with self:
            return self._read(size)
