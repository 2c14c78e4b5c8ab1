"""The bytes of a canonical archive: a ZIP file (PKWARE APPNOTE 6.3.10) that can be written in one way only.

Everything the ZIP format leaves open is fixed here, so that the names, sizes and checksums of the files determine every
other byte. What is fixed: entries are stored, not compressed, in ascending order of their names' bytes; all have the
same time, flags and attributes; no comments, no data descriptors, no extra field but ZIP64's; ZIP64 is used exactly
where a number does not fit. Nothing stands before, between or after the entries and the directory that lists them.

Names are lower-case ASCII in short segments that every file system can hold and none can take for another. So two names
never differ in case only, and the flag for UTF-8 names is never needed and never set.

The next editor who changes any constant here makes every older dossier invalid.
"""

import re
import struct

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

NAME_LIMIT = 240
"""Bytes of one name."""

ENTRY_LIMIT = 1 << 20
"""Entries of one archive: reading it keeps some 400 bytes for each."""

SIZE_LIMIT = 1 << 44
"""Bytes of one entry: 16 TiB."""

LOCAL_SIZE = 30
"""Bytes of a local header before its name."""

CRC_AT = 14
"""Where the checksum stands in a local header (APPNOTE 4.3.7)."""

ZIP64_EXTRA_SIZE = 20
"""Bytes of the ZIP64 extra field of a local header: tag, length and two sizes (APPNOTE 4.5.3)."""

LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")

_LOCAL_SIGNATURE = 0x04034B50
_CENTRAL_SIGNATURE = 0x02014B50
_END_SIGNATURE = 0x06054B50
_END64_SIGNATURE = 0x06064B50
_LOCATOR_SIGNATURE = 0x07064B50

_NEEDS_PLAIN = 10
_NEEDS_ZIP64 = 45
_MADE_BY = 3 << 8 | 45  # Unix, so that the permission bits below are read as such
_FLAGS = 0
_STORED = 0
_TIME = 0
_DATE = 1 << 5 | 1  # 1980-01-01: the earliest date the format can say
_ATTRIBUTES = 0o100644 << 16  # an ordinary file, which its owner may write and everyone may read
_ZIP64_TAG = 1
_MAX16 = 0xFFFF
_MAX32 = 0xFFFFFFFF

_SEGMENT = r"[a-z0-9_-](?:[a-z0-9._-]{0,158}[a-z0-9_-])?"
_NAME = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*\Z")
_RESERVED = re.compile(r"(?:\A|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|\Z)")


class NotCanonicalError(BrokenInputError):
    """The archive has a byte that a canonical archive would not have; `file` is the entry it concerns, or empty."""

    def __init__(self, file: str, what: str, *, found: str = "", expected: str = "", do: str = "") -> None:
        super().__init__(ErrorCode.MALFORMED, what, found=found, expected=expected, do=do)
        self.file = file


class Entry(Struct, frozen=True):
    """One file of an archive: everything its headers depend on. `offset` is where its local header begins."""

    name: str
    size: int
    crc: int
    offset: int


def require_name(name: str) -> None:
    """Raise `NotCanonicalError` unless the name is one that an archive may hold (see the head of this module)."""
    if len(name) > NAME_LIMIT or not _NAME.match(name) or _RESERVED.search(name):
        raise NotCanonicalError(
            "",
            "a file name is not allowed in a dossier",
            found=ascii(name[:NAME_LIMIT]),
            expected="relative, lower-case letters, digits, '.', '_', '-', no '..', no device names",
        )


def local_header(name: str, size: int, crc: int) -> bytes:
    """The header that stands before an entry's content (APPNOTE 4.3.7)."""
    large = size >= _MAX32
    encoded = name.encode("ascii")
    extra = struct.pack("<HHQQ", _ZIP64_TAG, 16, size, size) if large else b""
    stated = _MAX32 if large else size
    needs = _NEEDS_ZIP64 if large else _NEEDS_PLAIN
    fixed = LOCAL.pack(
        _LOCAL_SIGNATURE, needs, _FLAGS, _STORED, _TIME, _DATE, crc, stated, stated, len(encoded), len(extra)
    )
    return fixed + encoded + extra


def begins_entry(header: bytes) -> bool:
    """Whether these bytes start with the signature of a local header."""
    return header[:4] == _LOCAL_SIGNATURE.to_bytes(4, "little")


def stated_size(size: int, extra: bytes) -> int:
    """The size a local header states: in its own field, or in the ZIP64 extra field where the own field is full."""
    if size == _MAX32 and len(extra) == ZIP64_EXTRA_SIZE:
        return int(struct.unpack("<HHQQ", extra)[2])
    return size


def directory_record(entry: Entry) -> bytes:
    """An entry's record in the central directory (APPNOTE 4.3.12)."""
    values = [value for value in (entry.size, entry.size, entry.offset) if value >= _MAX32]
    extra = struct.pack(f"<HH{len(values)}Q", _ZIP64_TAG, 8 * len(values), *values) if values else b""
    size = min(entry.size, _MAX32)
    encoded = entry.name.encode("ascii")
    fixed = _CENTRAL.pack(
        _CENTRAL_SIGNATURE,
        _MADE_BY,
        _NEEDS_ZIP64 if values else _NEEDS_PLAIN,
        _FLAGS,
        _STORED,
        _TIME,
        _DATE,
        entry.crc,
        size,
        size,
        len(encoded),
        len(extra),
        0,
        0,
        0,
        _ATTRIBUTES,
        min(entry.offset, _MAX32),
    )
    return fixed + encoded + extra


def closing_records(count: int, offset: int, size: int) -> bytes:
    """What ends an archive whose directory has `count` records in `size` bytes from `offset` (APPNOTE 4.3.14 to 4.3.16)."""
    end = _END.pack(
        _END_SIGNATURE, 0, 0, min(count, _MAX16), min(count, _MAX16), min(size, _MAX32), min(offset, _MAX32), 0
    )
    if count < _MAX16 and offset < _MAX32 and size < _MAX32:
        return end
    end64 = _END64.pack(_END64_SIGNATURE, _END64.size - 12, _MADE_BY, _NEEDS_ZIP64, 0, 0, count, count, size, offset)
    return end64 + _LOCATOR.pack(_LOCATOR_SIGNATURE, 0, offset + size, 1) + end
