"""What archives hold, as sources of an intake: each member read in place, in bounded memory, nothing written anywhere.

The archive itself has been taken in whole by then: here nothing is lost, and whatever cannot be taken out of it is named
among what was left out. Names are text and never paths. Everything an archive says of itself is only believed as far as
its bytes bear it out, and how much it may unpack to is bounded before.
"""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from msgspec import Struct

from comity.adapters.objects.archive_members import Entry, entries_of
from comity.adapters.objects.sources import LeftOut, MemberError, Source
from comity.adapters.objects.unpacking_limits import Budget, UnpackingLimits
from comity.evidence.items.descriptors import is_source_name
from comity.evidence.recognising.timestamps import file_instant
from comity.vocabulary.categories import SkipReason

_BLOCK = 1 << 20


class Around(Struct, frozen=True):
    """The archive that a source lies in: its SHA-256 as it was received, how deep it lies, and what the outermost leaves."""

    sha256: bytes
    depth: int
    budget: Budget


class MemberSource:
    """A member of an archive, as an intake reads it."""

    known_by_mark = True

    def __init__(self, entry: Entry, content: Callable[[], BinaryIO], name: str, mark: bytes) -> None:
        self.name = name
        self.mark = mark
        self.size = entry.size
        self.file_time = file_instant(entry.changed)
        self.ended = False
        self._content = content
        self._stream = content()

    def readinto(self, view: memoryview) -> int | None:
        """Fill the start of the view. Raises `MemberError` where the member is damaged or too large."""
        wanted = min(len(view), _BLOCK)
        with damage_told():
            data = self._stream.read(wanted)
        view[: len(data)] = data
        self.ended = len(data) < wanted
        return len(data)

    def begins_with(self, size: int, prefix: bytes) -> bool:
        """Whether the first bytes are those of an earlier attempt."""
        digest = hashlib.sha256()
        with damage_told():
            while size and (data := self._stream.read(min(size, _BLOCK))):
                digest.update(data)
                size -= len(data)
        self._stream = self._content()
        return not size and digest.digest() == prefix

    def changed(self, size: int) -> bool:  # noqa: ARG002 - the signature of every source
        """It changes with its archive, which is watched as a whole."""
        return False

    def reread(self) -> BinaryIO:
        """The member from its start."""
        return self._content()

    def close(self) -> None:
        """Let go of the member."""
        self._stream.close()


class Archive:
    """An archive that can be unpacked; what lies in it is `around` its members."""

    def __init__(
        self, source: Source, stream: BinaryIO, entries: Iterator[Entry], around: Around, left_out: LeftOut
    ) -> None:
        self.around = around
        self._source = source
        self._stream = stream
        self._entries = entries
        self._left_out = left_out

    def members(self) -> Iterator[MemberSource]:
        """Every member that can be read, in the order of their places; whoever takes one closes it. The others are left out."""
        budget = self.around.budget
        try:
            with damage_told():
                for entry in self._entries:
                    budget.count()
                    name = f"{self._source.name}/{entry.name}"
                    if isinstance(entry.content, SkipReason):
                        self._left_out.add(name, entry.content)
                    elif not is_source_name(name):
                        self._left_out.add(name, SkipReason.NAME_TOO_LONG)
                    else:
                        yield MemberSource(entry, entry.content, name, self._mark(entry))
        except MemberError as error:
            self._left_out.add_error(self._source.name, error)

    def close(self) -> None:
        """Let go of the archive."""
        self._stream.close()

    def _mark(self, entry: Entry) -> bytes:
        text = f"{entry.at} {entry.size} {entry.name}".encode()
        return hashlib.blake2b(self._source.mark + text, digest_size=16).digest()


def open_archive(
    source: Source, size: int, sha256: bytes, *, around: Around | None, limits: UnpackingLimits, left_out: LeftOut
) -> Archive | None:
    """The archive that a source is, which has been read to its end and has so many bytes and this hash; None where it stays whole.

    It does where it went by, lies too deep, shows nothing that can be taken out, or is a document in the form of an archive.
    """
    depth = around.depth + 1 if around else 1
    if depth > limits.depth:
        left_out.add(source.name, SkipReason.NESTED_TOO_DEEP)
        return None
    stream = source.reread()
    if stream is None:
        return None
    budget = around.budget if around else Budget(limits, size)
    with ExitStack() as opened:
        opened.callback(stream.close)
        try:
            with damage_told():
                entries = entries_of(stream, size, source.name, budget)
        except MemberError as error:
            left_out.add_error(source.name, error)
            entries = None
        if entries is None:
            return None
        opened.pop_all()
        return Archive(source, stream, entries, Around(sha256, depth, budget), left_out)


def whole_mark(mark: bytes) -> bytes:
    """By which a later attempt knows that an archive was taken in whole, though not yet all that it holds."""
    return mark[::-1]


@contextmanager
def damage_told() -> Iterator[None]:
    """Whatever a damaged archive does to its readers is a `MemberError`; what the machine does stays what it is."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise MemberError(SkipReason.MEMBER_UNREADABLE) from error
