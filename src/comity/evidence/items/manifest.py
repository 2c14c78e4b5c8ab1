"""The list that travels with a disclosed exhibit: which items, where they lie, and the proof that each was held.

A manifest is a stream of records, so that neither end holds a large one in memory: one header, one record per item in
the order in which the contents lie in the chunks, one end. Each record is MessagePack behind a big-endian 32-bit
length. Fields are appended, with defaults.

The reader gets records before the end is seen; it may act on them only as far as that can be undone, until `finish`
has said that the stream was whole.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from comity.acts.matters import StoredObject
from comity.evidence.items.descriptors import MAX_FRAME
from comity.evidence.items.exhibit_seal import BoundSegment, Count, HashPath, item_leaf
from comity.evidence.items.segment_index import ChunkReference, Span
from comity.vocabulary.categories import QuarantineCode
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ExhibitId

VERSION = 1

MAX_RECORD = 1 << 25
"""Bytes of one record: room for many times the chunks that the act of a hand-over can name."""

MAX_PARTS = 1 << 20
"""Spans of one item, chunks of one exhibit, segments of one hold: bounds what decoding a hostile record can cost."""

_LENGTH = 4


class _Record(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """What the records have in common: nothing but a tag."""


class ManifestHeader(_Record, frozen=True, tag=1):
    """What the items prove themselves against: the hold's segments in order, which lead to its root."""

    version: int
    exhibit: ExhibitId
    hold_exhibit: ExhibitId
    segments: Annotated[tuple[BoundSegment, ...], Meta(max_length=MAX_PARTS)]


class ManifestItem(_Record, frozen=True, tag=2):
    """One item: descriptor frame and salt make its leaf, which is number `leaf` of `segment`; `path` proves that.

    `spans` give its content from the exhibit's chunks, in order. `code` is set only where a recipient has put it aside.
    """

    frame: Annotated[bytes, Meta(min_length=5, max_length=MAX_FRAME)]
    salt: Annotated[bytes, Meta(min_length=32, max_length=32)]
    segment: Count
    leaf: Count
    path: HashPath
    spans: Annotated[tuple[Span, ...], Meta(max_length=MAX_PARTS)]
    code: QuarantineCode | None = None

    def leaf_hash(self) -> bytes:
        """RFC 6962 hash of the item's leaf; its hexadecimal form names the item in acts."""
        return item_leaf(self.salt, self.frame)


class ManifestEnd(_Record, frozen=True, tag=3):
    """That nothing was cut off: how many items there were, their plain size in bytes, and all chunks in order."""

    items: Count
    size: Count
    chunks: Annotated[tuple[ChunkReference, ...], Meta(max_length=MAX_PARTS)]

    def objects(self) -> tuple[StoredObject, ...]:
        """The chunks as acts name them."""
        return tuple(StoredObject(chunk.digest.hex(), chunk.size) for chunk in self.chunks)


ManifestRecord = ManifestHeader | ManifestItem | ManifestEnd

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[ManifestRecord] = msgspec.msgpack.Decoder(ManifestRecord)


def encode_record(record: ManifestRecord) -> bytes:
    """A record's bytes with their length. Raises `BrokenInputError` (oversized)."""
    body = _encoder.encode(record)
    if len(body) > MAX_RECORD:
        raise BrokenInputError(ErrorCode.OVERSIZED, "a manifest record is too large", found=f"{len(body)} bytes")
    return len(body).to_bytes(_LENGTH) + body


class ManifestReader:
    """Takes a manifest's plain bytes as they come, gives its records, and checks the order they stand in.

    1. The first record is the header, of this version, and the only one.
    2. The last record is the end; its count is that of the items seen; nothing follows it.

    Raises `BrokenInputError` (oversized, malformed, unknown-type).
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._items = 0
        self._stage = 0

    def feed(self, data: bytes) -> list[ManifestRecord]:
        """The records completed by these bytes."""
        self._rest += data
        records: list[ManifestRecord] = []
        at = 0
        while (end := self._end_of_record(at)) is not None:
            records.append(self._checked(bytes(self._rest[at + _LENGTH : end])))
            at = end
        del self._rest[:at]
        return records

    def finish(self) -> None:
        """The manifest was whole. Raises `BrokenInputError` (malformed) when it ended before its end record."""
        if self._stage != 2 or self._rest:  # noqa: PLR2004 - the stage after the last
            raise BrokenInputError(ErrorCode.MALFORMED, "the manifest is cut short")

    def _end_of_record(self, at: int) -> int | None:
        if len(self._rest) < at + _LENGTH:
            return None
        size = int.from_bytes(self._rest[at : at + _LENGTH])
        if size > MAX_RECORD:
            raise BrokenInputError(ErrorCode.OVERSIZED, "a manifest record is too large", found=f"{size} bytes")
        end = at + _LENGTH + size
        return end if end <= len(self._rest) else None

    def _checked(self, body: bytes) -> ManifestRecord:
        record = _decode(body)
        # 1
        if isinstance(record, ManifestHeader) != (self._stage == 0):
            raise BrokenInputError(ErrorCode.MALFORMED, "the manifest's records stand in another order")
        if isinstance(record, ManifestHeader):
            self._stage = 1
            if record.version != VERSION:
                raise BrokenInputError(
                    ErrorCode.UNKNOWN_TYPE, "the manifest has another version", found=str(record.version)
                )
        # 2
        if self._stage == 2:  # noqa: PLR2004 - the stage after the last
            raise BrokenInputError(ErrorCode.MALFORMED, "the manifest goes on behind its end")
        if isinstance(record, ManifestItem):
            self._items += 1
        if isinstance(record, ManifestEnd):
            self._stage = 2
            if record.items != self._items:
                raise BrokenInputError(
                    ErrorCode.MALFORMED,
                    "the manifest counts other items than it lists",
                    found=str(self._items),
                    expected=str(record.items),
                )
        return record


def _decode(body: bytes) -> ManifestRecord:
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a manifest record cannot be read", found=type(error).__name__
        ) from None
