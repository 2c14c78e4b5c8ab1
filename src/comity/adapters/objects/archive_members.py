"""The members of an archive in the order of their places, each with a way to read it in place, or why there is none.

An archive is a stream that can be read in any order and is read by one member at a time. Readers raise `EOFError`,
`zlib.error`, `BadGzipFile` or `BadZipFile` where bytes are damaged or missing, and `MemberError` where the archive as a whole
goes no further.
"""

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, cast

from msgspec import Struct

from comity.adapters.objects.inflation import Inflation
from comity.adapters.objects.sources import MemberError
from comity.adapters.objects.unpacking_limits import Budget
from comity.adapters.objects.window import window_of
from comity.evidence.items.descriptors import MAX_SIZE, item_name
from comity.evidence.recognising.archive_headers import (
    END_REACH,
    LOCAL,
    LOCAL_SIZE,
    LONG,
    TAR_BLOCK,
    TarExtension,
    TarHeader,
    ZipEntry,
    is_tar,
    number,
    tar_header,
    zip_directory,
    zip_document,
    zip_entries,
    zip_entry,
)
from comity.evidence.recognising.archives import DOCUMENTS, GZIP, ZIP
from comity.evidence.recognising.media import media_type_of
from comity.vocabulary.categories import SkipReason

MOST_DIRECTORY = 64 << 20
"""Bytes of a ZIP's directory, which is held while the ZIP is unpacked."""

_PACKED_NAME = re.compile(r"(?:.*/)?([^/]+)\.gz\Z", re.IGNORECASE | re.DOTALL)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What is unpacked in bounded memory: other methods give as much at once as they like."""

_FILES = frozenset({b"0", b"\0", b"7", b""})
_FOLDER = b"5"
_NO_FILES = {
    b"1": SkipReason.LINK,
    b"2": SkipReason.LINK,
    b"3": SkipReason.DEVICE,
    b"4": SkipReason.DEVICE,
    b"6": SkipReason.PIPE_OR_SOCKET,
}
"""Kinds of a tar's members that have no content of their own; a kind not named anywhere is not unpacked."""

_PLACE = 32
_BLOCK = 1 << 20


class Entry(Struct, frozen=True):
    """A member: its name, where it begins in its archive, the bytes it says it has, and how to read it, or why not."""

    name: str
    at: int
    size: int
    content: Callable[[], BinaryIO] | SkipReason
    changed: int = 0
    """When it was last changed, as its archive states it: nanoseconds since 1970, 0 for unknown."""


def entries_of(stream: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry] | None:
    """The members of an archive of so many bytes, or None where it is a document, or shows none that can be read.

    The budget is charged for all bytes that are inflated, whether of a member or on the way to one; for members, whoever takes them
    charges it.
    """
    head = stream.read(TAR_BLOCK)
    media_type = media_type_of(head)
    if media_type == ZIP:
        return None if zip_document(head) else _zip_entries(stream, size, budget)
    if media_type == GZIP:
        content = Inflation(partial(_inflated, stream), budget.spend).stream
        return _gzip_entries(content, name, number(head, 4, 4) * 10**9)
    return _tar_entries(stream, size) if is_tar(head) else None


def _gzip_entries(content: Callable[[], BinaryIO], name: str, changed: int) -> Iterator[Entry]:
    """The one member of a gzip; or those of a tar in it, which is no archive of its own."""
    tar = content()
    if is_tar(tar.read(TAR_BLOCK)):
        return _tar_entries(tar, MAX_SIZE)
    match = _PACKED_NAME.match(name)
    return iter([Entry(match[1] if match else "content", 0, 0, content, changed)])


def _inflated(stream: BinaryIO) -> BinaryIO:
    stream.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=stream, mode="rb"))


def _tar_entries(stream: BinaryIO, size: int) -> Iterator[Entry]:
    """The members of a tar of at most so many bytes, up to its end or a header that is none."""
    extension = TarExtension()
    at = 0
    while (header := _tar_header(stream, at)) is not None:
        if not header.is_extension:
            header = extension.give(header)
        content = at + TAR_BLOCK
        end = content + header.stored
        if end > size:
            raise MemberError(SkipReason.MEMBER_UNREADABLE)
        inside = partial(window_of, stream, content, header.stored)
        if not header.is_extension:
            yield from _tar_member(header, at, inside)
        elif header.size <= LONG:
            extension.take(header.kind, inside().read())
        # How much was inflated is only known once it is: then what is missing shows here.
        if stream.seek(end) < end:
            raise MemberError(SkipReason.MEMBER_UNREADABLE)
        at = content + header.blocks
    _require_end(stream)


def _tar_member(header: TarHeader, at: int, inside: Callable[[], BinaryIO]) -> Iterator[Entry]:
    """The member, unless it is a folder."""
    reason = _reason_against(header)
    is_name = header.name.endswith(b"/") and not header.stored
    if header.kind != _FOLDER and (reason or not is_name):
        yield Entry(item_name(header.name), at, header.stored, reason or inside, header.changed)


def _require_end(stream: BinaryIO) -> None:
    """Behind the block that ends a tar there is nothing but padding: more would be lost without a word."""
    while block := stream.read(_BLOCK):
        if block.strip(b"\0"):
            raise MemberError(SkipReason.MEMBER_UNREADABLE)


def _tar_header(stream: BinaryIO, at: int) -> TarHeader | None:
    stream.seek(at)
    block = stream.read(TAR_BLOCK)
    if not block.strip(b"\0"):
        return None
    header = tar_header(block)
    if header is None:
        raise MemberError(SkipReason.MEMBER_UNREADABLE)
    return header


def _reason_against(header: TarHeader) -> SkipReason | None:
    if header.kind in _FILES or header.kind == _FOLDER:
        return None
    return _NO_FILES.get(header.kind, SkipReason.MEMBER_UNREADABLE)


def _zip_entries(stream: BinaryIO, size: int, budget: Budget) -> Iterator[Entry] | None:
    """The members by the directory, all that it counts, as far as they lie before it and not over one another."""
    tail = max(0, size - END_REACH)
    directory = zip_directory(window_of(stream, tail, size - tail).read(), size)
    if directory is None or directory.start + directory.size > size:
        raise MemberError(SkipReason.MEMBER_UNREADABLE)
    if directory.size > MOST_DIRECTORY:
        raise MemberError(SkipReason.UNPACKS_TOO_LARGE)
    budget.require(directory.count)
    listed = window_of(stream, directory.start, directory.size).read()
    places: list[int] = []
    readable = False
    for at, entry in zip_entries(listed):
        # One number each: a million members are a few megabytes.
        places.append(entry.start << _PLACE | at)
        readable = readable or not (entry.locked or entry.is_folder or entry.method not in _METHODS)
        if entry.name.decode("utf-8", "replace") in DOCUMENTS:
            return None
        if len(places) > directory.count:
            break
    if len(places) != directory.count:
        raise MemberError(SkipReason.MEMBER_UNREADABLE)
    return _zip_members(stream, listed, sorted(places), directory.start, budget) if readable else None


def _zip_members(stream: BinaryIO, listed: bytes, places: list[int], end: int, budget: Budget) -> Iterator[Entry]:
    before = 0
    for place in places:
        entry = zip_entry(listed, place & (1 << _PLACE) - 1)
        if entry is None or entry.is_folder:
            continue
        begin = _content_of(stream, entry) if entry.start < end else None
        content: Callable[[], BinaryIO] | SkipReason = SkipReason.MEMBER_UNREADABLE
        if entry.locked:
            content = SkipReason.MEMBER_LOCKED
        elif begin is not None and before <= entry.start and begin + entry.packed <= end and entry.method in _METHODS:
            content = Inflation(partial(_unzipped, stream, entry, begin), budget.spend).stream
        before = max(before, (begin or entry.start) + entry.packed)
        yield Entry(item_name(entry.name), entry.start, entry.size, content, entry.changed)


def _content_of(stream: BinaryIO, entry: ZipEntry) -> int | None:
    """Where a member's packed bytes begin: behind its local header, if there is one."""
    stream.seek(entry.start)
    header = stream.read(LOCAL_SIZE)
    if len(header) < LOCAL_SIZE or not header.startswith(LOCAL):
        return None
    return entry.start + LOCAL_SIZE + number(header, 26, 2) + number(header, 28, 2)


def _unzipped(stream: BinaryIO, entry: ZipEntry, begin: int) -> BinaryIO:
    """The member's content, which ends in `BadZipFile` where its checksum is another."""
    known = zipfile.ZipInfo()
    known.compress_type, known.compress_size = entry.method, entry.packed
    known.file_size, known.CRC = entry.size, entry.crc
    return cast("BinaryIO", zipfile.ZipExtFile(window_of(stream, begin, entry.packed), "r", known))
