"""Reading a canonical archive: one pass over the file, in which every byte is derived again and compared.

The pass goes forward from the first byte and believes nothing it has not just checked. It reads a local header, makes
the header that a canonical archive would have for that name, size and checksum, and demands the same bytes; it hashes
the content, which the checksum must fit; and when no further entry begins, it makes the whole directory from what it
found and demands that the rest of the file is exactly that. So no offset is ever taken from the file, two programs can't
see different contents in it, and nothing can hide between, before or after the entries.

The pass also keeps the SHA-256 of every file, because every other check of a dossier needs it: content is read once. Checksum
and hash are made beside the reading; what is wrong is found in the order of the archive all the same.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from comity.evidence.archive.format import (
    ENTRY_LIMIT,
    LOCAL,
    LOCAL_SIZE,
    NAME_LIMIT,
    SIZE_LIMIT,
    ZIP64_EXTRA_SIZE,
    Entry,
    NotCanonicalError,
    begins_entry,
    closing_records,
    directory_record,
    local_header,
    require_name,
    stated_size,
)
from comity.evidence.archive.sums import ASK_AGAIN, Start, Sums, at_once

CHUNK = 1 << 20
"""Bytes read at once."""


class ByteSource(Protocol):
    """A file opened for reading bytes."""

    def read(self, count: int, /) -> bytes:
        """Up to `count` bytes; fewer only at the end, or when the source gives them in pieces; none only at the end."""
        ...

    def seek(self, offset: int, /) -> int:
        """The next read starts at that offset from the beginning."""
        ...


class ArchivedFile(Struct, frozen=True):
    """One file found in an archive; `start` is the offset of its content, `digest` its SHA-256."""

    size: int
    start: int
    digest: bytes


class Archive:
    """A canonical archive that was read to its end; `files` by name, in the order of the archive."""

    def __init__(self, source: ByteSource, files: Mapping[str, ArchivedFile]) -> None:
        self._source = source
        self.files = files

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file again. Raises `NotCanonicalError` when it is no longer what the first pass read.

        A chunk is given before the whole is compared: act on what was read only after the iterator has ended.
        """
        file = self.files[name]
        digest, at, end = sha256(), file.start, file.start + file.size
        while at < end:
            self._source.seek(at)
            chunk = self._source.read(min(CHUNK, end - at))
            if not chunk:
                break
            digest.update(chunk)
            at += len(chunk)
            yield chunk
        if digest.digest() != file.digest:
            raise NotCanonicalError(name, "the file changed while it was being read", do="read it from a copy")

    def read(self, name: str, *, limit: int) -> bytes:
        """The whole content of a file of at most `limit` bytes; raises `NotCanonicalError` otherwise."""
        file = self.files.get(name)
        if file is None:
            raise NotCanonicalError(name, "a file is missing")
        if file.size > limit:
            raise NotCanonicalError(
                name, "a file is larger than it can be", found=f"{file.size} bytes", expected=f"at most {limit}"
            )
        return b"".join(self.chunks(name))


def read_archive(source: ByteSource, start: Start = at_once) -> Archive:
    """The archive in this file; raises `NotCanonicalError` at the first byte that a canonical one would not have.

    `start` is where the sums of the contents are made: by two threads, say, which are the caller's.

    1. Every entry's header is the one its name, size and checksum determine, and names ascend.
    2. Every entry's content has the size and the checksum its header states.
    3. The rest of the file is the directory that the entries determine, and nothing else.
    """
    sums = Sums(start)
    reading = _Reading(source, sums)
    try:
        while reading.next_entry():  # 1, 2
            pass
        reading.require_end()  # 3
    except NotCanonicalError:
        sums.settle()  # a content before that place, if one is wrong, comes first
        raise
    sums.settle()
    return Archive(source, reading.files())


class _Reading:
    def __init__(self, source: ByteSource, sums: Sums) -> None:
        self._source = source
        self._source.seek(0)
        self._sums = sums
        self._at = 0
        self._entries: list[Entry] = []
        self._starts: dict[str, int] = {}
        self._ahead = b""

    def files(self) -> dict[str, ArchivedFile]:
        """What was found, as soon as the sums are settled."""
        found = zip(self._entries, self._starts.values(), self._sums.digests, strict=True)
        return {entry.name: ArchivedFile(entry.size, start, digest) for entry, start, digest in found}

    def next_entry(self) -> bool:
        """Read one entry; False when none begins here (the bytes looked at stay for `require_end`)."""
        offset = self._at
        fixed = self._take(LOCAL_SIZE)
        if not begins_entry(fixed) or len(fixed) < LOCAL_SIZE:
            self._ahead = fixed
            return False
        name, size, crc = self._header(fixed)
        self._require_order(name, size)
        self._starts[name] = self._at
        self._content(name, size)
        self._entries.append(Entry(name, size, crc, offset))
        self._sums.end(self._entries[-1])
        return True

    def _header(self, fixed: bytes) -> tuple[str, int, int]:
        *_, crc, _, stated, name_length, extra_length = LOCAL.unpack(fixed)
        if name_length > NAME_LIMIT or extra_length not in (0, ZIP64_EXTRA_SIZE):
            raise NotCanonicalError(self._previous(), "the header after this file is not a dossier's")
        encoded, extra = self._take(name_length), self._take(extra_length)
        name = encoded.decode("ascii", "replace")
        try:
            require_name(name)
        except NotCanonicalError as error:
            raise NotCanonicalError(
                self._previous(),
                "the file after this one has a name that no dossier has",
                found=error.found,
                do=ASK_AGAIN,
            ) from None
        size = stated_size(stated, extra)
        if fixed + encoded + extra != local_header(name, size, crc):
            raise NotCanonicalError(name, "the header is not the one a dossier would have for this file", do=ASK_AGAIN)
        return name, size, crc

    def _require_order(self, name: str, size: int) -> None:
        if self._entries and name <= self._entries[-1].name:
            raise NotCanonicalError(name, "files are not in the order of their names, or one stands twice")
        parent = name
        while "/" in parent:
            parent = parent.rpartition("/")[0]
            if parent in self._starts:
                raise NotCanonicalError(name, "a name is used both for a file and for a folder", found=parent)
        if size > SIZE_LIMIT or len(self._entries) >= ENTRY_LIMIT:
            raise NotCanonicalError(name, "there are too many files, or one is too large", found=f"{size} bytes")

    def _content(self, name: str, size: int) -> None:
        left = size
        while left:
            chunk = self._source.read(min(CHUNK, left))
            if not chunk:
                raise NotCanonicalError(name, "the archive ends inside this file", found=f"{left} bytes missing")
            self._sums.take(chunk)
            left -= len(chunk)
        self._at += size

    def require_end(self) -> None:
        """The rest of the file is the central directory of these entries and the closing records, to the last byte."""
        start = self._at - len(self._ahead)
        end = start
        for entry in self._entries:
            record = directory_record(entry)
            self._require(record, entry.name)
            end += len(record)
        self._require(closing_records(len(self._entries), start, end - start), "")
        surplus = self._ahead or self._take(1)
        if surplus:
            raise NotCanonicalError("", "there are bytes after the end of the archive", do=ASK_AGAIN)

    def _require(self, expected: bytes, name: str) -> None:
        """The next bytes are these; `_ahead` holds bytes already taken from the source."""
        found = self._ahead[: len(expected)]
        self._ahead = self._ahead[len(expected) :]
        found += self._take(len(expected) - len(found))
        if found == expected:
            return
        if not self._entries:
            raise NotCanonicalError(
                "", "this is not a dossier: the file does not begin with an archive entry", do=ASK_AGAIN
            )
        raise NotCanonicalError(
            name,
            "the archive's directory is not the one its files determine",
            do=ASK_AGAIN,
        )

    def _take(self, count: int) -> bytes:
        """`count` bytes, or fewer at the end of the source."""
        pieces = []
        while count and (piece := self._source.read(count)):
            pieces.append(piece)
            count -= len(piece)
            self._at += len(piece)
        return b"".join(pieces)

    def _previous(self) -> str:
        return self._entries[-1].name if self._entries else ""
