"""Encryption at rest: age v1 to one X25519 recipient, with randomness from the system.

The words of keys (Bech32) are read and made by `pyrage`; what is done with the keys is `comity.evidence.age.stream`.
"""

import os
from collections.abc import Callable, Iterator

import pyrage  # type: ignore[import-untyped]

from comity.casework.ports.evidence import Buffer
from comity.evidence.age.header import CHUNK_SIZE, HEADER_LIMIT, NONCE_SIZE, TAG_SIZE, check_object, read_header
from comity.evidence.age.stream import RANDOM_SIZE, begin, chunks_of, enter
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKSUM = 6
"""Characters that end a Bech32 text (BIP 173)."""

_KEY = 32
_SPARE_BITS = 4
"""52 characters of five bits hold four bits more than a key."""


def sealed_limit(plain: int) -> int:
    """Bytes that an object with so many plain bytes has at most."""
    return HEADER_LIMIT + NONCE_SIZE + plain + TAG_SIZE * chunks_of(plain)


class AgeCipher:
    """See `ItemCipher`. Without state; usable from any number of threads."""

    def new_identity(self) -> str:
        """A fresh identity."""
        return str(pyrage.x25519.Identity.generate())

    def recipient_of(self, identity: str) -> str:
        """The public half."""
        try:
            return str(pyrage.x25519.Identity.from_str(identity).to_public())
        except pyrage.IdentityError:
            raise BrokenInputError(ErrorCode.MALFORMED, "the text is no X25519 identity of age") from None

    def encrypt(self, plain: Buffer, recipient: str) -> memoryview:
        """One object, complete."""
        out = memoryview(bytearray(sealed_limit(len(plain))))
        return out[: self.encrypt_into(plain, recipient, out)]

    def encrypt_into(self, plain: Buffer, recipient: str, out: memoryview) -> int:
        """One object, complete, into room for `sealed_limit` bytes; how many were written."""
        head, cipher = begin(_recipient(recipient), os.urandom(RANDOM_SIZE))
        out[: len(head)] = head
        return len(head) + cipher.seal_into(memoryview(plain), out[len(head) :])

    def decrypt(self, sealed: Buffer, identity: str) -> bytearray:
        """The content of one object, complete and authentic."""
        header = read_header(bytes(sealed[:HEADER_LIMIT]))
        check_object(len(sealed), header)
        view, start = memoryview(sealed), header.size + NONCE_SIZE
        cipher = enter(header, bytes(view[header.size : start]), _identity(identity))
        out = bytearray(len(sealed) - start)
        size = cipher.open_into(view[start:], memoryview(out))
        del out[size:]
        return out

    def encrypt_from(self, pieces: Iterator[bytes], recipient: str, write: Callable[[bytes], None]) -> None:
        """One object from pieces, in bounded memory."""
        head, cipher = begin(_recipient(recipient), os.urandom(RANDOM_SIZE))
        write(head)
        number = 0
        waiting = bytearray()
        for piece in pieces:
            waiting += piece
            # What fills a chunk exactly may be the last one.
            while len(waiting) > CHUNK_SIZE:
                write(cipher.seal(number, bytes(waiting[:CHUNK_SIZE]), last=False))
                del waiting[:CHUNK_SIZE]
                number += 1
        write(cipher.seal(number, bytes(waiting), last=True))

    def decrypt_to(self, read: Callable[[int], bytes], identity: str, write: Callable[[bytes], None]) -> None:
        """The content of one object in pieces."""
        waiting = bytearray()
        ended = _fill(waiting, read, HEADER_LIMIT)
        header = read_header(bytes(waiting[:HEADER_LIMIT]))
        start = header.size + NONCE_SIZE
        ended = ended or _fill(waiting, read, start + 1)
        cipher = enter(header, bytes(waiting[header.size : start]), _identity(identity))
        del waiting[:start]
        step = CHUNK_SIZE + TAG_SIZE
        number = 0
        # One byte more than a chunk tells that it is not the last.
        while not (ended or _fill(waiting, read, step + 1)) or len(waiting) > step:
            write(cipher.open(number, bytes(waiting[:step]), last=False))
            del waiting[:step]
            number += 1
        write(cipher.open(number, bytes(waiting), last=True))


def _fill(waiting: bytearray, read: Callable[[int], bytes], size: int) -> bool:
    """Read until so many bytes wait; whether the object ended before."""
    while len(waiting) < size:
        piece = read(size - len(waiting))
        if not piece:
            return True
        waiting += piece
    return False


def _recipient(text: str) -> bytes:
    """The public key behind the text. Raises `BrokenInputError` (malformed)."""
    try:
        return _key(str(pyrage.x25519.Recipient.from_str(text)))
    except pyrage.RecipientError:
        raise BrokenInputError(ErrorCode.MALFORMED, "the text is no X25519 recipient of age") from None


def _identity(text: str) -> bytes:
    """The secret key behind the text. Raises `BrokenInputError` (malformed)."""
    try:
        return _key(str(pyrage.x25519.Identity.from_str(text)))
    except pyrage.IdentityError:
        raise BrokenInputError(ErrorCode.MALFORMED, "the text is no X25519 identity of age") from None


def _key(bech32: str) -> bytes:
    """The bytes of a text whose checksum the library has found right."""
    number = 0
    for letter in bech32.lower().rpartition("1")[2][:-_CHECKSUM]:
        number = number << 5 | _ALPHABET.index(letter)
    return (number >> _SPARE_BITS).to_bytes(_KEY, "big")
