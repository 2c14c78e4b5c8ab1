"""A strict reading of an age v1 header (C2SP age specification).

The format allows more than evidence needs: passphrases with a work factor chosen by the sender, plugins, several
recipients. Objects here are written to one X25519 recipient, so anything else is refused. One exception: other writers
of age add a stanza of noise whose name ends in `-grease`, to keep readers tolerant. Such a stanza can wrap no key for us;
at most one is let pass, and only behind the recipient's.
"""

import re
from base64 import b64decode, b64encode

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

HEADER_LIMIT = 4096
"""Bytes read in search of a header's end; ours have about 300."""

NONCE_SIZE = 16
CHUNK_SIZE = 65_536
TAG_SIZE = 16

VERSION = b"age-encryption.org/v1"
MAC_MARK = b"---"
_X25519 = re.compile(rb"-> X25519 ([A-Za-z0-9+/]{43})\Z")
_GREASE = re.compile(rb"-> [\x21-\x7e]{0,64}-grease(?: [\x21-\x7e]{1,64}){0,8}\Z")
_BODY_LINE = re.compile(rb"[A-Za-z0-9+/]{0,64}\Z")
_MAC = re.compile(rb"--- ([A-Za-z0-9+/]{43})\Z")
_FULL_LINE = 64
_SHARE_SIZE = 32
_GREASE_LINES = 16


class AgeHeader(Struct, frozen=True):
    """What a header says. `size` is in bytes; the payload's nonce starts there.

    `share` is the sender's ephemeral public key, `wrapped` the file key under what it agrees on with the recipient's.
    `mac` is over the `authenticated` bytes, by a key from the file key. Nothing here is authentic before that was checked.
    """

    size: int
    share: bytes
    wrapped: bytes
    authenticated: bytes
    mac: bytes


def read_header(data: bytes) -> AgeHeader:
    """The header at the start of an age object, exactly of the form that evidence is stored in.

    1. The version line is that of v1, binary (not armoured).
    2. The first stanza is for X25519: one canonical share of 32 bytes, one body line of 32 bytes.
    3. Nothing but at most one stanza of noise stands between it and the MAC line.
    4. The MAC line holds 32 canonical bytes.

    Raises `BrokenInputError` (cannot-decrypt) that names the step.
    """
    lines = data[:HEADER_LIMIT].split(b"\n")
    # 1
    if lines[0] != VERSION:
        raise _refused(1, "the object does not start as age v1")
    # 2
    stanza = _X25519.match(_line(lines, 1))
    share = _canonical(stanza[1]) if stanza else None
    if share is None:
        raise _refused(2, "the first recipient is not X25519")
    wrapped = _canonical(_line(lines, 2))
    if wrapped is None:
        raise _refused(2, "the wrapped key has another form")
    # 3
    end = _after_noise(lines, 3)
    # 4
    last = _MAC.match(_line(lines, end))
    mac = _canonical(last[1]) if last else None
    if mac is None or end + 1 >= len(lines):
        raise _refused(4, "the header does not end in a MAC where it must")
    size = sum(len(line) + 1 for line in lines[: end + 1])
    authenticated = data[: size - len(lines[end]) - 1 + len(MAC_MARK)]
    return AgeHeader(size, share, wrapped, authenticated, mac)


def check_object(size: int, header: AgeHeader) -> None:
    """Refuse an object whose length no payload can have: cut inside its nonce or inside a last chunk's tag.

    `size` is of the whole object in bytes. Raises `BrokenInputError` (cannot-decrypt).
    """
    payload = size - header.size - NONCE_SIZE
    last = payload % (CHUNK_SIZE + TAG_SIZE)
    # An empty payload is one empty chunk; otherwise the last chunk holds at least one byte.
    if payload < TAG_SIZE or (payload > TAG_SIZE and 0 < last <= TAG_SIZE):
        raise _refused(5, "the object is cut short")


def _after_noise(lines: list[bytes], at: int) -> int:
    """Number of the line after a stanza of noise, if one stands here."""
    if not _GREASE.match(_line(lines, at)):
        return at
    for number in range(at + 1, at + 1 + _GREASE_LINES):
        body = _line(lines, number)
        if not _BODY_LINE.match(body):
            break
        if len(body) < _FULL_LINE:
            return number + 1
    raise _refused(3, "a stanza of noise has another form")


def _line(lines: list[bytes], number: int) -> bytes:
    return lines[number] if number < len(lines) else b""


def _canonical(text: bytes) -> bytes | None:
    """The 32 bytes that unpadded base64 text stands for, in the one way RFC 4648 section 3.5 allows."""
    if not _BODY_LINE.match(text) or len(text) % 4 == 1:
        return None
    decoded = b64decode(text + b"=" * (-len(text) % 4))
    return decoded if len(decoded) == _SHARE_SIZE and b64encode(decoded).rstrip(b"=") == text else None


def _refused(step: int, what: str) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.CANNOT_DECRYPT, f"step {step}: {what}", expected="age v1 for one X25519 recipient"
    )
