"""Archives (ZIP, tar, gzip): what they list, told without taking anything out of them.

An archive is one item, whole. Its members are described from its own directory: a ZIP's at its end, a tar's headers on
the way past, what a gzip holds by opening its first `LOOK` bytes in memory. Nothing that lies in an archive is opened in
turn here, nothing is written anywhere, and no member's content is kept. An archive names times that nobody vouches for and
that have no zone, so it has none here: it falls into an order by its name or category, not by a period.
"""

import re
import zlib

from comity.evidence.items.descriptors import MAX_MEMBERS, MEMBER_NAME, Member, Members
from comity.evidence.items.recognised import ItemFormat, Recognised
from comity.evidence.recognising.archive_headers import (
    LONG,
    TAR_BLOCK,
    TarExtension,
    is_tar,
    tar_header,
    zip_directory,
    zip_document,
    zip_entries,
)

TAIL = 1 << 20
"""Bytes at the end of a ZIP in which its whole directory must lie to be listed; else it is only counted."""

LOOK = 16 << 20
"""Bytes of what a gzip holds that are looked at."""

MOST_COUNTED = 65_536
"""Members that are counted; an archive with more says that it was not listed to its end."""

RATIO = 1_000
"""An archive that says it unpacks to more than so many times its own size is called out of proportion."""

DOCUMENTS = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""Members that only a document of that media type has."""

ZIP, TAR, GZIP = "application/zip", "application/x-tar", "application/gzip"

_NESTED = re.compile(r"\.(?:zip|jar|apk|tar|t?gz|tbz2?|bz2|txz|xz|7z|rar|zst)\Z", re.IGNORECASE)
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
        self.document = self.document or DOCUMENTS.get(name)
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
        self._head = b""
        self._tail = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._size += len(data)
        self._head += data[: TAR_BLOCK - len(self._head)]
        self._tail += data[-TAIL:]
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        del self._tail[:-TAIL]
        members = MemberList()
        packed = _read_directory(bytes(self._tail), self._size, members)
        document = zip_document(self._head) or members.document
        return members.facts(document or ZIP, self._size, overlaps=packed > self._size)


def _read_directory(tail: bytes, size: int, members: MemberList) -> int:
    """List the members; how many bytes they say they take in the archive."""
    directory = zip_directory(tail, size)
    if directory is None:
        members.whole = False
        return 0
    packed = 0
    at = directory.start - (size - len(tail))
    for _, entry in zip_entries(tail[at : at + directory.size] if at >= 0 else b""):
        if members.count == MOST_COUNTED:
            break
        members.add(_text(entry.name), entry.size, locked=entry.locked)
        packed += entry.packed
    # What it counts and what it lists is the same, unless it hides something or is too long to be seen.
    members.whole = members.whole and members.count == directory.count
    return packed


class TarRecogniser:
    """The facts of a tar, from its headers as they pass; contents are stepped over."""

    def __init__(self) -> None:
        self.members = MemberList()
        self.wants_more = True
        self._size = 0
        self._block = bytearray()
        self._skip = 0
        self._kind = b""
        self._long: bytearray | None = None
        self._extension = TarExtension()

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._size += len(data)
        at = 0
        while at < len(data) and self.wants_more:
            if self._skip:
                step = min(self._skip, len(data) - at)
                if self._long is not None:
                    self._long += data[at : at + step]
                self._skip -= step
            else:
                step = min(TAR_BLOCK - len(self._block), len(data) - at)
                self._block += data[at : at + step]
                if len(self._block) == TAR_BLOCK:
                    self._take_header(bytes(self._block))
                    self._block.clear()
            at += step

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        if self.wants_more and (self._skip or self._block):
            self.members.whole = False
        return self.members.facts(TAR, self._size)

    def _take_header(self, block: bytes) -> None:
        if self._long is not None:
            self._extension.take(self._kind, bytes(self._long))
            self._long = None
        if not block.strip(b"\0"):
            self.wants_more = False
            return
        header = tar_header(block)
        if header is None or self.members.count == MOST_COUNTED:
            self.members.whole = False
            self.wants_more = False
            return
        if header.is_extension:
            self._kind = header.kind
            self._long = bytearray() if header.size <= LONG else None
        else:
            header = self._extension.give(header)
            self.members.add(_text(header.name), header.stored)
        self._skip = header.blocks


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
        if len(self._begun) < TAR_BLOCK:
            self._begun += out
            if len(self._begun) >= TAR_BLOCK and is_tar(bytes(self._begun[:TAR_BLOCK])):
                self._tar = TarRecogniser()
                self._tar.feed(bytes(self._begun))
            del self._begun[TAR_BLOCK:]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
