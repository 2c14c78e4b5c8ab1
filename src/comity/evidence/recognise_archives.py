"""Archives (ZIP, tar, gzip): what they list, told without taking anything out of them.

An archive is one item, whole. Its members are described from its own directory: a ZIP's at its end, a tar's headers on
the way past, what a gzip holds by opening its first `LOOK` bytes in memory. Nothing that lies in an archive is opened in
turn, nothing is written anywhere, and no member's content is kept. An archive names times that nobody vouches for and
that have no zone, so it has none here: it falls into an order by its name or category, not by a period.
"""

import re
import zlib

from comity.evidence.descriptors import MAX_MEMBERS, MEMBER_NAME, Member, Members
from comity.evidence.recognised import ItemFormat, Recognised

TAIL = 1 << 20
"""Bytes at the end of a ZIP in which its whole directory must lie to be listed; else it is only counted."""

LOOK = 16 << 20
"""Bytes of what a gzip holds that are looked at."""

MOST_COUNTED = 65_536
"""Members that are counted; an archive with more says that it was not listed to its end."""

RATIO = 1_000
"""An archive that says it unpacks to more than so many times its own size is called out of proportion."""

_DOCUMENTS = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""Members that only a document of that media type has."""

ZIP, TAR, GZIP = "application/zip", "application/x-tar", "application/gzip"

_NESTED = re.compile(r"\.(?:zip|jar|apk|tar|t?gz|tbz2?|bz2|txz|xz|7z|rar|zst)\Z", re.IGNORECASE)
_BLOCK = 512
_LONG = 65_536
_END, _END_SIZE = b"PK\x05\x06", 22
_END64, _LOCATOR64, _LOCATOR64_SIZE = b"PK\x06\x06", b"PK\x06\x07", 20
_ENTRY, _ENTRY_SIZE = b"PK\x01\x02", 46
_UNKNOWN = 0xFFFFFFFF
_GZIP_STREAMS = 1_000


class MemberList:
    """What is seen of an archive's members."""

    def __init__(self) -> None:
        self.count = 0
        self.size = 0
        self.whole = True
        self.document: str | None = None
        self._nested = 0
        self._locked = 0
        self._listed: list[Member] = []

    def add(self, name: str, size: int, *, locked: bool = False) -> None:
        """One more member, with the size it says it unpacks to."""
        self.count += 1
        self.size += size
        self._nested += bool(_NESTED.search(name[-16:]))
        self._locked += locked
        self.document = self.document or _DOCUMENTS.get(name)
        if len(self._listed) < MAX_MEMBERS:
            self._listed.append(Member(name[:MEMBER_NAME], min(size, 1 << 62)))

    def facts(self, media_type: str, archive: int, *, overlaps: bool = False) -> Recognised:
        """The facts of an archive of so many bytes."""
        members = Members(
            self.count,
            min(self.size, 1 << 62),
            self._nested,
            self._locked,
            self.whole,
            overlaps or self.size > RATIO * max(archive, 1),
            tuple(self._listed),
        )
        return Recognised(ItemFormat.ARCHIVE, media_type, members=members)


class ZipRecogniser:
    """The facts of a ZIP, from the directory at its end alone: nothing is inflated."""

    wants_more = True

    def __init__(self) -> None:
        self._tail = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._size += len(data)
        self._tail += data[-TAIL:]
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        del self._tail[:-TAIL]
        members = MemberList()
        packed = _read_directory(bytes(self._tail), self._size, members)
        return members.facts(members.document or ZIP, self._size, overlaps=packed > self._size)


def _read_directory(tail: bytes, size: int, members: MemberList) -> int:
    """List the members; how many bytes they say they take in the archive."""
    end = tail.rfind(_END, max(0, len(tail) - _END_SIZE - 0xFFFF))
    if end < 0 or len(tail) < end + _END_SIZE or end + _END_SIZE + _number(tail, end + 20, 2) != len(tail):
        members.whole = False
        return 0
    count, length, start = _number(tail, end + 10, 2), _number(tail, end + 12, 4), _number(tail, end + 16, 4)
    before = end - _LOCATOR64_SIZE
    if before >= 0 and tail[before : before + 4] == _LOCATOR64:
        record = _number(tail, before + 8, 8) - (size - len(tail))
        if record >= 0 and tail[record : record + 4] == _END64:
            count, length, start = (_number(tail, record + at, 8) for at in (32, 40, 48))
    at = start - (size - len(tail))
    packed = _read_entries(tail[at : at + length], members) if at >= 0 else 0
    # What it counts and what it lists is the same, unless it hides something or is too long to be seen.
    members.whole = members.whole and members.count == count
    return packed


def _read_entries(directory: bytes, members: MemberList) -> int:
    at = packed = 0
    while directory[at : at + 4] == _ENTRY and len(directory) >= at + _ENTRY_SIZE:
        flags, name_size, extra_size = (_number(directory, at + place, 2) for place in (8, 28, 30))
        took, size = _number(directory, at + 20, 4), _number(directory, at + 24, 4)
        name = directory[at + _ENTRY_SIZE : at + _ENTRY_SIZE + name_size]
        extra = directory[at + _ENTRY_SIZE + name_size :][:extra_size]
        size, took = _large_sizes(extra, size, took)
        if members.count == MOST_COUNTED:
            break
        members.add(_text(name), size, locked=bool(flags & 1))
        packed += took
        at += _ENTRY_SIZE + name_size + extra_size + _number(directory, at + 32, 2)
    return packed


def _large_sizes(extra: bytes, size: int, took: int) -> tuple[int, int]:
    """Sizes that do not fit in 32 bits stand in a field of their own (APPNOTE 4.5.3)."""
    if _UNKNOWN not in (size, took):
        return size, took
    at = 0
    while len(extra) >= at + 4:
        kind, length = _number(extra, at, 2), _number(extra, at + 2, 2)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            if size == _UNKNOWN and len(field) >= 8:  # noqa: PLR2004 - a 64-bit number
                size, field = _number(field, 0, 8), field[8:]
            if took == _UNKNOWN and len(field) >= 8:  # noqa: PLR2004 - a 64-bit number
                took = _number(field, 0, 8)
            break
        at += 4 + length
    return size, took


class TarRecogniser:
    """The facts of a tar, from its headers as they pass; contents are stepped over."""

    def __init__(self) -> None:
        self.members = MemberList()
        self.wants_more = True
        self._size = 0
        self._block = bytearray()
        self._skip = 0
        self._long: bytearray | None = None
        self._long_size = 0
        self._kind = b""
        self._name = ""

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._size += len(data)
        at = 0
        while at < len(data) and self.wants_more:
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._take_content(data[at : at + step] if self._long is not None else b"")
                self._skip -= step
            else:
                step = min(_BLOCK - len(self._block), len(data) - at)
                self._block += data[at : at + step]
                if len(self._block) == _BLOCK:
                    self._take_header(bytes(self._block))
                    self._block.clear()
            at += step

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        if self.wants_more and (self._skip or self._block):
            self.members.whole = False
        return self.members.facts(TAR, self._size)

    def _take_content(self, data: bytes) -> None:
        if self._long is not None:
            self._long += data[: self._long_size - len(self._long)]

    def _take_header(self, block: bytes) -> None:
        if self._long is not None:
            self._name = _long_name(self._kind, bytes(self._long)) or self._name
            self._long = None
        if not block.strip(b"\0"):
            self.wants_more = False
            return
        size = _tar_size(block)
        if size is None or not _is_summed(block) or self.members.count == MOST_COUNTED:
            self.members.whole = False
            self.wants_more = False
            return
        self._kind = block[156:157]
        self._skip = -(-size // _BLOCK) * _BLOCK
        if self._kind in (b"L", b"x"):
            if size <= _LONG:
                self._long, self._long_size = bytearray(), size
            return
        if self._kind not in (b"K", b"g"):
            prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
            plain = block[:100].split(b"\0")[0]
            self.members.add(self._name or _text(prefix + b"/" + plain if prefix else plain), size)
            self._name = ""


class GzipRecogniser:
    """The facts of a gzip: its first `LOOK` bytes are inflated, and a tar among them is listed."""

    def __init__(self) -> None:
        self.wants_more = True
        self._size = 0
        self._inflated = 0
        self._begun = bytearray()
        self._tar: TarRecogniser | None = None
        self._streams = 1
        self._inflate = zlib.decompressobj(wbits=31)
        self._broken = False

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._size += len(data)
        while data and not self._broken and self._inflated < LOOK:
            if self._inflate.eof:
                if self._streams == _GZIP_STREAMS or not data.lstrip(b"\0"):
                    break
                self._streams += 1
                self._inflate = zlib.decompressobj(wbits=31)
            try:
                out = self._inflate.decompress(data, LOOK - self._inflated)
            except zlib.error:
                self._broken = True
                break
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
            self._took(out)

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        ended = self._inflate.eof and not self._broken and self._inflated < LOOK and self._streams < _GZIP_STREAMS
        if self._tar is not None:
            members = self._tar.members
            self._tar.finish()
        else:
            members = MemberList()
            members.add("", self._inflated)
        members.whole = members.whole and ended
        return members.facts(GZIP, self._size)

    def _took(self, out: bytes) -> None:
        self._inflated += len(out)
        if self._tar is not None:
            self._tar.feed(out)
            return
        if len(self._begun) < _BLOCK:
            self._begun += out
            if len(self._begun) >= _BLOCK and is_tar(bytes(self._begun[:_BLOCK])):
                self._tar = TarRecogniser()
                self._tar.feed(bytes(self._begun))
            del self._begun[_BLOCK:]


def is_tar(head: bytes) -> bool:
    """Whether the bytes begin with the header of a tar (POSIX ustar, GNU)."""
    return head[257:262] == b"ustar" and _is_summed(head[:_BLOCK])


def _is_summed(block: bytes) -> bool:
    said = _octal(block[148:156])
    return len(block) == _BLOCK and said == sum(block) - sum(block[148:156]) + 8 * 32


def _tar_size(block: bytes) -> int | None:
    field = block[124:136]
    if field[0] & 0x80:
        size = int.from_bytes(field[1:])
        return size if size < 1 << 62 else None
    return _octal(field)


def _octal(field: bytes) -> int | None:
    text = field.strip(b" \0")
    return int(text, 8) if text.isdigit() and not text.strip(b"01234567") else (None if text else 0)


def _long_name(kind: bytes, content: bytes) -> str:
    """The name that a header in front of a member gives it (GNU `L`, POSIX `x`)."""
    if kind == b"L":
        return _text(content.split(b"\0")[0])
    for line in content.split(b"\n"):
        _, found, value = line.partition(b" path=")
        if found:
            return _text(value)
    return ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
