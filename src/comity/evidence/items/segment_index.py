"""Where the items of a sealed segment lie: the plain form of the encrypted index object.

MessagePack arrays; fields are appended, with defaults. An item's place in `items` is its leaf in the segment's tree.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from comity.evidence.items.descriptors import MAX_FRAME
from comity.evidence.items.exhibit_seal import SALT_SIZE, Count, Hash, item_leaf
from comity.ledger.tree import leaf_hash
from comity.vocabulary.categories import SkipReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.instants import ZoneName

VERSION = 1

MAX_INDEX = 1 << 28
"""Bytes of an index in plain form."""

ROW_HEIGHT = 6
"""Height of the nodes of a segment's tree that are kept with its items: half a byte an item, 127 hashes below each."""

_LEFT_OUT_TAG = b"comity-left-out-v1\x00"

MarkHash = Annotated[bytes, Meta(min_length=16, max_length=16)]


class Span(Struct, frozen=True, forbid_unknown_fields=True, array_like=True, gc=False):
    """A run of plain bytes in one chunk. `chunk` counts the exhibit's chunks from 0; the rest is in bytes."""

    chunk: Count
    offset: Count
    length: Count


class ChunkReference(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A chunk by its ciphertext: SHA-256 and size in bytes; `plain` is the size of what is inside."""

    digest: Hash
    size: Count
    plain: Count


class IndexedItem(Struct, frozen=True, forbid_unknown_fields=True, array_like=True, gc=False):
    """An item under the seal: its descriptor's frame, its salt, and the spans that give its content in order."""

    frame: Annotated[bytes, Meta(min_length=5, max_length=MAX_FRAME)]
    salt: Annotated[bytes, Meta(min_length=32, max_length=32)]
    spans: tuple[Span, ...]

    def leaf(self) -> bytes:
        """RFC 6962 hash of the item's leaf."""
        return item_leaf(self.salt, self.frame)


class OpenSource(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A source that was not finished when the segment was sealed: how far it is safe, so that an intake can go on.

    `items` of it are sealed, and of the next one `spans` are stored. All that together is the first `size` bytes of the
    source, and `prefix` is their SHA-256.
    """

    mark: MarkHash
    items: Count
    size: Count
    prefix: Hash
    spans: tuple[Span, ...]


class LeftOutEntry(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Something that was not taken in, or changed while it was read, as the act's root over such names commits to it."""

    salt: Annotated[bytes, Meta(min_length=SALT_SIZE, max_length=SALT_SIZE)]
    reason: SkipReason
    name: str

    def leaf(self) -> bytes:
        """RFC 6962 hash of its leaf: tag, salt, reason, a zero byte, name."""
        return leaf_hash(_LEFT_OUT_TAG + self.salt + self.reason.encode() + b"\x00" + self.name.encode())


class SegmentIndex(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """All that is needed to find, prove and read a segment's items, and to take up an intake behind it.

    `chunks` are those written in this stretch, the first of them number `first_chunk` of the exhibit. `finished` marks
    the sources whose last item is in this segment. `row` are the nodes of the items' tree at `ROW_HEIGHT`, one after the
    other, so that proving a few items does not hash all of them again; empty in an index from before they were kept.
    `left_out` is what was met since the segment before and not taken in, or changed while it was read. `zone` was assumed of
    times that say none.
    """

    version: int
    number: Count
    first_chunk: Count
    chunks: tuple[ChunkReference, ...]
    items: tuple[IndexedItem, ...]
    finished: tuple[MarkHash, ...] = ()
    unfinished: OpenSource | None = None
    row: bytes = b""
    left_out: tuple[LeftOutEntry, ...] = ()
    zone: ZoneName = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SegmentIndex)


def encode_index(index: SegmentIndex) -> bytes:
    """The index's plain bytes. Raises `BrokenInputError` (oversized) where nobody could read them again."""
    data = _encoder.encode(index)
    _require_bounded(data)
    return data


def decode_index(data: bytes | bytearray) -> SegmentIndex:
    """The index in these plain bytes. Raises `BrokenInputError` (oversized, malformed, unknown-type)."""
    _require_bounded(data)
    try:
        index = _decoder.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a segment's index cannot be read", found=type(error).__name__
        ) from None
    if index.version != VERSION:
        raise BrokenInputError(
            ErrorCode.UNKNOWN_TYPE,
            "a segment's index has another version",
            found=str(index.version),
            expected=str(VERSION),
        )
    return index


def _require_bounded(data: bytes | bytearray) -> None:
    if len(data) > MAX_INDEX:
        raise BrokenInputError(ErrorCode.OVERSIZED, "a segment's index is too large", found=f"{len(data)} bytes")
