"""What an item says about itself, and how that is turned into the bytes that are committed to.

The encoding is MessagePack in array form behind a 32-bit length. The bytes are made once, kept and hashed as they are:
nobody re-encodes a descriptor to check it. Fields are appended, with defaults; the order never changes.
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.instants import Instant, ZoneName
from comity.vocabulary.targets import Target

MAX_SOURCE_NAME = 67_584
"""Bytes of a source's path in UTF-8: folders and a file with the longest names that they can have, as deep as they are followed.

Anything longer is left out of an intake and counted: a frame has room for it beside the longest of everything else.
"""

MAX_NAME = 98_368
"""Characters of an item's name: that of its source, and the name of a part."""

MAX_TARGETS = 32
"""Identifiers kept per item; an item with more says so."""

MAX_FRAME = 131_072
"""Bytes of an encoded descriptor with its length."""

MAX_SIZE = 1 << 62
"""Bytes of one item."""

MAX_MEMBERS = 32
"""Members of an archive that its descriptor lists; it counts all of them."""

MEMBER_NAME = 96
"""Characters of a member's name that are kept: with the longest names of everything else, a frame has room for them."""

_LENGTH = 4
_AMBIGUOUS_PERCENT = re.compile(r"%(?=[0-9A-F]{2})")
_PERCENT_BYTE = re.compile(r"%([0-9A-F]{2})")


class Member(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One member of an archive, by the archive's own word: how its name begins, and what it unpacks to in bytes."""

    name: Annotated[str, Meta(max_length=MEMBER_NAME)]
    size: Annotated[int, Meta(ge=0, le=MAX_SIZE)]


class Members(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """What an archive says it holds; nothing was taken out of it.

    `count` members that unpack to `size` bytes, of which `nested` are archives themselves and `locked` encrypted. `whole`
    says that the list was seen to its end and is not at odds with itself. `out_of_proportion` says that it would unpack
    to a thousand times its size, or that its members lie over one another: whoever opens it is warned.
    """

    count: Annotated[int, Meta(ge=0, le=MAX_SIZE)]
    size: Annotated[int, Meta(ge=0, le=MAX_SIZE)]
    nested: Annotated[int, Meta(ge=0, le=MAX_SIZE)]
    locked: Annotated[int, Meta(ge=0, le=MAX_SIZE)]
    whole: bool
    out_of_proportion: bool
    listed: Annotated[tuple[Member, ...], Meta(max_length=MAX_MEMBERS)]


class ItemDescriptor(Struct, frozen=True, forbid_unknown_fields=True, array_like=True, gc=False):
    """One item of an exhibit: its name, the hash of its content, what kind of data it is and when the data arose.

    `name` is any text, however hostile: it is never a path to open. `size` is in bytes, `sha256` is of the content.
    `first` and `last` are the times of the oldest and newest event inside, both unknown or both known. `source` says
    where the item was taken from. `more_targets` says that the item names more identifiers than `targets` lists.
    `members` is there for archives only. `unpacked` says that what this archive holds are items of their own, as far as its
    intake does not say what it left out of it. `out_of` is the SHA-256 of the archive that an item was taken out of, as it
    was received. `zone` is the IANA name of the zone that was assumed of times in the item that say none; empty where none was.
    `file_time` is when the file that an item came from was last changed, as stated by the file system or the archive it lay
    in: anybody can set it, and no scope asks for it.
    """

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    size: Annotated[int, Meta(ge=0, le=MAX_SIZE)]
    sha256: Annotated[bytes, Meta(min_length=32, max_length=32)]
    media_type: Annotated[str, Meta(min_length=3, max_length=127)]
    category: DataCategory
    first: Instant | None = None
    last: Instant | None = None
    source: Annotated[str, Meta(max_length=256)] = ""
    targets: Annotated[tuple[Target, ...], Meta(max_length=MAX_TARGETS)] = ()
    more_targets: bool = False
    members: Members | None = None
    unpacked: bool = False
    out_of: Annotated[bytes, Meta(min_length=32, max_length=32)] | None = None
    zone: ZoneName = ""
    file_time: Instant | None = None

    def __post_init__(self) -> None:
        if (self.first is None) != (self.last is None):
            raise ValueError("a time range has both ends or none")
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError("a time range ends after it starts")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ItemDescriptor)


def frame(descriptor: ItemDescriptor) -> bytes:
    """The descriptor's bytes: a big-endian 32-bit length, then MessagePack. Made once, then kept.

    Raises `BrokenInputError` (oversized) where they would be more than `MAX_FRAME`.
    """
    body = _encoder.encode(descriptor)
    if len(body) + _LENGTH > MAX_FRAME:
        raise _oversized(len(body) + _LENGTH)
    return len(body).to_bytes(_LENGTH) + body


def unframe(data: bytes) -> ItemDescriptor:
    """The descriptor in a frame, which must fill the bytes exactly. Raises `BrokenInputError` (oversized, malformed)."""
    if len(data) > MAX_FRAME:
        raise _oversized(len(data))
    if len(data) < _LENGTH or int.from_bytes(data[:_LENGTH]) != len(data) - _LENGTH:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a descriptor's frame has another length than it says", found=f"{len(data)} bytes"
        )
    try:
        return _decoder.decode(memoryview(data)[_LENGTH:])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        # msgspec names the path and the expected type, never the content.
        raise BrokenInputError(ErrorCode.MALFORMED, "a descriptor cannot be read", found=type(error).__name__) from None


def item_name(raw: bytes) -> str:
    """A file's name or path as text, without loss: bytes that are not UTF-8 become `%XX` (upper-case hexadecimal).

    A percent sign that could be taken for such a form becomes `%25`; every other stays, so ordinary names are unchanged.
    """
    text = raw.decode("utf-8", "surrogateescape")
    if "%" in text:
        text = _AMBIGUOUS_PERCENT.sub("%25", text)
    if raw.isascii():
        return text
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)  # noqa: PLR2004 - PEP 383 surrogates


def is_source_name(name: str) -> bool:
    """Whether a source's path is one that the frame of an item from it has room for."""
    return len(name.encode()) <= MAX_SOURCE_NAME


def raw_name(name: str) -> bytes:
    """The bytes that `item_name` made the name of."""
    parts = _PERCENT_BYTE.split(name)
    return b"".join(bytes.fromhex(part) if number % 2 else part.encode("utf-8") for number, part in enumerate(parts))


def _oversized(size: int) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.OVERSIZED, "a descriptor is too large", found=f"{size} bytes", expected=f"at most {MAX_FRAME} bytes"
    )
