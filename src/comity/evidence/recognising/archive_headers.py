"""What ZIP (APPNOTE 6.3) and tar (POSIX ustar and pax, GNU) say of their members, read from bytes at hand.

Names are the bytes that stand there: their encoding is anybody's guess, and nothing here guesses. Whatever a header says is the
archive's own word.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, structs

TAR_BLOCK = 512
LONG = 65_536
"""Bytes of a header in front of a member that are looked at: a longer name is no name."""

LOCAL, LOCAL_SIZE = b"PK\x03\x04", 30
END_REACH = 22 + 0xFFFF + 20 + 56
"""Bytes at the end of a ZIP in which the records that lead to its directory lie, but for one that is extended."""

_END, _END_SIZE = b"PK\x05\x06", 22
_END64, _LOCATOR64, _LOCATOR64_SIZE = b"PK\x06\x06", b"PK\x06\x07", 20
_ENTRY, _ENTRY_SIZE = b"PK\x01\x02", 46
_UNKNOWN = 0xFFFFFFFF
_NUMBER64 = 8
_CHANGED = 0x5455
_SECOND = 10**9
_LONGEST_TIME = 32
_STORED = 0
_NO_CONTENT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
_DOCUMENT = re.compile(rb"application/(?:vnd\.[a-z0-9.+-]{1,96}|[a-z0-9.-]{1,96}\+zip)\Z")
"""Media types that are some vendor's or say that they are a ZIP: none that anything else here would read as what it names."""


class ZipDirectory(Struct, frozen=True):
    """Where a ZIP's directory lies: members it counts, its bytes, and its place in the archive."""

    count: int
    size: int
    start: int


class ZipEntry(Struct, frozen=True):
    """A member as the directory has it: `packed` bytes from `start` on, its local header included besides."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    changed: int = 0
    """Nanoseconds since 1970, where it states them as such: a time of its own kind has no zone and counts for none."""

    @property
    def locked(self) -> bool:
        """Whether it is encrypted."""
        return bool(self.flags & 1)

    @property
    def is_folder(self) -> bool:
        """Whether it is nothing but a name for others to lie below."""
        return self.name.endswith(b"/") and not self.size


def zip_document(head: bytes) -> str | None:
    """The media type of the document that a ZIP beginning so is, by a first member that says it as it stands (ODF 1.3 part 2, 3.3; EPUB OCF)."""
    if head[:4] != LOCAL or number(head, 8, 2) != _STORED:
        return None
    name_end = LOCAL_SIZE + number(head, 26, 2)
    begin = name_end + number(head, 28, 2)
    said = head[begin : begin + number(head, 18, 4)]
    is_type = head[LOCAL_SIZE:name_end] == b"mimetype" and _DOCUMENT.match(said)
    return said.decode("ascii") if is_type else None


def zip_directory(tail: bytes, size: int) -> ZipDirectory | None:
    """The directory of a ZIP of so many bytes that ends so, or None where the end is none of a ZIP."""
    end = tail.rfind(_END, max(0, len(tail) - _END_SIZE - 0xFFFF))
    if end < 0 or len(tail) < end + _END_SIZE or end + _END_SIZE + number(tail, end + 20, 2) != len(tail):
        return None
    directory = ZipDirectory(number(tail, end + 10, 2), number(tail, end + 12, 4), number(tail, end + 16, 4))
    before = end - _LOCATOR64_SIZE
    if before >= 0 and tail[before : before + 4] == _LOCATOR64:
        record = number(tail, before + 8, 8) - (size - len(tail))
        if record >= 0 and tail[record : record + 4] == _END64:
            return ZipDirectory(*(number(tail, record + at, 8) for at in (32, 40, 48)))
    return directory


def zip_entries(directory: bytes) -> Iterator[tuple[int, ZipEntry]]:
    """The entries of a directory up to the first bytes that are none, each with its place in it."""
    at = 0
    while (entry := zip_entry(directory, at)) is not None:
        yield at, entry
        at += _ENTRY_SIZE + sum(number(directory, at + place, 2) for place in (28, 30, 32))


def zip_entry(directory: bytes, at: int) -> ZipEntry | None:
    """The entry at that place of a directory, or None where there is none."""
    if directory[at : at + 4] != _ENTRY or len(directory) < at + _ENTRY_SIZE:
        return None
    name_size, extra_size = number(directory, at + 28, 2), number(directory, at + 30, 2)
    behind = at + _ENTRY_SIZE + name_size
    entry = ZipEntry(
        name=directory[at + _ENTRY_SIZE : behind],
        flags=number(directory, at + 8, 2),
        method=number(directory, at + 10, 2),
        crc=number(directory, at + 16, 4),
        packed=number(directory, at + 20, 4),
        size=number(directory, at + 24, 4),
        start=number(directory, at + 42, 4),
    )
    fields = _extra_fields(directory[behind : behind + extra_size])
    changed = fields.get(_CHANGED, b"")
    if len(changed) >= 5 and changed[0] & 1:  # noqa: PLR2004 - flags, and the time of change in seconds
        entry = structs.replace(entry, changed=number(changed, 1, 4) * _SECOND)
    return _with_large(entry, fields.get(1, b""))


def _extra_fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    at = 0
    while len(extra) >= at + 4:
        length = number(extra, at + 2, 2)
        fields.setdefault(number(extra, at, 2), extra[at + 4 : at + 4 + length])
        at += 4 + length
    return fields


def _with_large(entry: ZipEntry, field: bytes) -> ZipEntry:
    """Numbers that do not fit in 32 bits stand in a field of their own, in this order (APPNOTE 4.5.3)."""
    large = [member for member in ("size", "packed", "start") if getattr(entry, member) == _UNKNOWN]
    said = {
        member: number(field, place * _NUMBER64, _NUMBER64)
        for place, member in enumerate(large)
        if len(field) >= (place + 1) * _NUMBER64
    }
    return structs.replace(entry, **said) if said else entry


class TarHeader(Struct, frozen=True):
    """One header: what kind of member follows (POSIX `typeflag`), its bytes, and its name."""

    kind: bytes
    size: int
    name: bytes
    changed: int
    """Nanoseconds since 1970; 0 where none are stated."""

    @property
    def is_extension(self) -> bool:
        """Whether what follows says something of the next member, or of all, and is none itself."""
        return self.kind in (b"L", b"x", b"K", b"g")

    @property
    def stored(self) -> int:
        """Bytes of content behind it: links, devices, folders and pipes have none, whatever their size says (POSIX)."""
        return 0 if self.kind in _NO_CONTENT else self.size

    @property
    def blocks(self) -> int:
        """Bytes between it and the next header."""
        return -(-self.stored // TAR_BLOCK) * TAR_BLOCK


def tar_header(block: bytes) -> TarHeader | None:
    """The header in a block, or None where its sum or its size is not right."""
    size = _tar_size(block)
    if size is None or not is_summed(block):
        return None
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    plain = block[:100].split(b"\0")[0]
    name = prefix + b"/" + plain if prefix else plain
    return TarHeader(block[156:157], size, name, (_octal(block[136:148]) or 0) * _SECOND)


class TarExtension:
    """What headers in front of a member say of it (GNU `L`, POSIX `x`)."""

    def __init__(self) -> None:
        self._name = b""
        self._size: int | None = None
        self._changed = 0

    def take(self, kind: bytes, content: bytes) -> None:
        """What such a header holds, cut at `LONG`."""
        if kind == b"L":
            self._name = content.split(b"\0")[0]
        elif kind == b"x":
            records = _pax_records(content)
            self._name = records.get(b"path", self._name)
            self._changed = _nanoseconds(records.get(b"mtime", b""))
            size = records.get(b"size", b"")
            self._size = int(size) if size.isdigit() and len(size) < 19 else self._size  # noqa: PLR2004 - fits 62 bits

    def give(self, header: TarHeader) -> TarHeader:
        """The member's header with it; what follows begins anew."""
        size = header.size if self._size is None else self._size
        told = TarHeader(header.kind, size, self._name or header.name, self._changed or header.changed)
        self._name, self._size, self._changed = b"", None, 0
        return told


def is_tar(head: bytes) -> bool:
    """Whether the bytes begin with the header of a tar (POSIX ustar, GNU)."""
    return head[257:262] == b"ustar" and is_summed(head[:TAR_BLOCK])


def is_summed(block: bytes) -> bool:
    """Whether the sum in a tar's header is its own."""
    said = _octal(block[148:156])
    return len(block) == TAR_BLOCK and said == sum(block) - sum(block[148:156]) + 8 * 32


def number(data: bytes, at: int, size: int) -> int:
    """An unsigned number, its lowest byte first."""
    return int.from_bytes(data[at : at + size], "little")


def _pax_records(content: bytes) -> dict[bytes, bytes]:
    """Keyword and value of each record: its own length, a blank, `keyword=value`, a line feed."""
    records: dict[bytes, bytes] = {}
    at = 0
    while (blank := content.find(b" ", at, at + 8)) > at and content[at:blank].isdigit():
        end = at + int(content[at:blank])
        keyword, found, value = content[blank + 1 : end - 1].partition(b"=")
        if end <= blank or end > len(content) or not found:
            break
        records[keyword] = value
        at = end
    return records


def _nanoseconds(text: bytes) -> int:
    """A pax time: seconds since 1970 with any fraction."""
    seconds, _, fraction = text[:_LONGEST_TIME].partition(b".")
    if not seconds.isdigit() or not (fraction or b"0").isdigit():
        return 0
    return int(seconds) * _SECOND + int(fraction[:9].ljust(9, b"0"))


def _tar_size(block: bytes) -> int | None:
    field = block[124:136]
    if field[:1] >= b"\x80":
        size = int.from_bytes(field[1:])
        return size if size < 1 << 62 else None
    return _octal(field)


def _octal(field: bytes) -> int | None:
    text = field.strip(b" \0")
    return int(text, 8) if text.isdigit() and not text.strip(b"01234567") else (None if text else 0)
