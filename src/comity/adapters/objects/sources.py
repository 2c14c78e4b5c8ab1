"""Where an intake's bytes come from: the files under a folder, one file, or a stream.

Folders are walked by descriptor: each entry is opened relative to its folder and never through a link, so nothing that
is moved or replaced during the walk can lead out of it. What is not an ordinary file is left out and counted.
"""

import errno
import hashlib
import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from comity.acts.matters import NotTakenIn, SkippedCount
from comity.adapters.objects.known_marks import KnownMarks
from comity.casework.ports.evidence import ByteStream
from comity.casework.ports.node import Randomness
from comity.evidence.items.descriptors import MAX_SOURCE_NAME, is_source_name, item_name
from comity.evidence.items.exhibit_seal import SALT_SIZE
from comity.evidence.items.exhibits import Extent, Skipped
from comity.evidence.items.segment_index import LeftOutEntry
from comity.evidence.recognising.timestamps import file_instant
from comity.ledger.tree import Frontier
from comity.vocabulary.categories import SkipReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.instants import Instant

MAX_DEPTH = 256
"""Folders below one another; each costs an open descriptor."""

EXAMPLES = 1_000
"""Names kept of what was left out or changed; the counts go on."""

_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_PASS_THROUGH = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_BLOCK = 1 << 20


class Source(Protocol):
    """One run of bytes that is taken in, read once from its start."""

    name: str
    mark: bytes
    """Sixteen bytes by which a later attempt knows the source again; another size or time makes it another source."""

    known_by_mark: bool
    """Whether the mark alone tells: otherwise the source is read again and compared, also when all of it is sealed."""

    size: int
    """Bytes it says it has; 0 where nobody knows beforehand."""

    file_time: Instant | None
    """When it was last changed, as stated by the file system or the archive that it lies in."""

    ended: bool
    """Whether the last read came to the end; never true too early."""

    def readinto(self, view: memoryview) -> int | None:
        """Fill the start of the view; how many bytes, 0 at the end, None where nothing came for a while."""
        ...

    def begins_with(self, size: int, prefix: bytes) -> bool:
        """Whether the SHA-256 of the first `size` bytes is `prefix`; leaves a source that can do that at its start."""
        ...

    def changed(self, size: int) -> bool:
        """Whether the source was changed while `size` bytes of it were read."""
        ...

    def reread(self) -> BinaryIO | None:
        """The bytes once more, to be read in any order while the source is open; None where they have gone by."""
        ...

    def close(self) -> None:
        """Let go of the source."""
        ...


class MemberError(OSError):
    """What lies in an archive cannot be taken out of it, now or ever: the same bytes end here each time."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason)
        self.reason = reason


class FileSource:
    """An open ordinary file."""

    known_by_mark = True

    def __init__(self, fd: int, name: str, state: os.stat_result) -> None:
        self.name = name
        self.mark = _mark(name, state.st_size, state.st_mtime_ns)
        self.size = state.st_size
        self.file_time = file_instant(state.st_mtime_ns)
        self.ended = False
        self._fd = fd
        self._state = state

    def readinto(self, view: memoryview) -> int | None:
        """Fill the start of the view."""
        size = os.readv(self._fd, [view])
        # A regular file gives less than asked for only at its end.
        self.ended = size < len(view)
        return size

    def begins_with(self, size: int, prefix: bytes) -> bool:
        """Whether the first bytes are those of an earlier attempt."""
        digest = hashlib.sha256()
        while size and (block := os.read(self._fd, min(size, _BLOCK))):
            digest.update(block)
            size -= len(block)
        os.lseek(self._fd, 0, os.SEEK_SET)
        return not size and digest.digest() == prefix

    def changed(self, size: int) -> bool:
        """Whether size or time of change moved between open and now, or the file had another size than it said."""
        now = os.fstat(self._fd)
        before = self._state
        same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (
            before.st_size,
            before.st_mtime_ns,
            before.st_ctime_ns,
        )
        return not same or size != before.st_size

    def reread(self) -> BinaryIO:
        """The file from its start."""
        again = os.fdopen(os.dup(self._fd), "rb")
        again.seek(0)
        return again

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


class StreamSource:
    """Bytes that come from elsewhere and can't be read again.

    What an earlier attempt has sealed of them has to come again: it is compared before a byte behind it is given.
    """

    known_by_mark = False
    file_time: Instant | None = None

    def __init__(self, name: str, stream: ByteStream) -> None:
        self.name = name
        self.mark = _mark(name, -1, 0)
        self.size = stream.length or 0
        self.ended = False
        self._stream = stream
        self._came = 0
        self._sealed = 0
        self._prefix = b""
        self._digest = hashlib.sha256()

    def readinto(self, view: memoryview) -> int | None:
        """Fill the start of the view with what has come. Raises `BrokenInputError`: not-found for an empty stream, id-differs."""
        again = max(0, self._sealed - self._came)
        size = self._stream.readinto(view[:again] if again else view)
        if size is None:
            return None
        self._came += size
        self.ended = not size
        if not self._came:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND,
                "there is nothing in the stream",
                found="its end",
                expected="at least one byte",
                do="look whether what should fill it failed",
            )
        if again:
            self._digest.update(view[:size])
            self._compare()
        return size

    def begins_with(self, size: int, prefix: bytes) -> bool:
        """It will be seen while it comes: one that does not raises `BrokenInputError` (id-differs) in `readinto`."""
        self._sealed, self._prefix = size, prefix
        return True

    def changed(self, size: int) -> bool:  # noqa: ARG002 - the signature of every source
        """A stream is what it was when it was read."""
        return False

    def reread(self) -> None:
        """A stream has gone by."""

    def close(self) -> None:
        """Whoever gave the stream closes it."""

    def _compare(self) -> None:
        """What came again is what was sealed, once all of that has come."""
        is_other = self._came == self._sealed and self._digest.digest() != self._prefix
        if self.ended or is_other:
            raise BrokenInputError(
                ErrorCode.ID_DIFFERS,
                "this is not the stream that was begun under the order",
                found=f"its end after {self._came} bytes"
                if self.ended
                else f"others as its first {self._sealed} bytes",
                expected=f"the {self._sealed} bytes that are sealed, of SHA-256 {self._prefix.hex()}",
                do="give the same stream from its beginning; what is sealed of it stays",
            )


class LeftOut:
    """What was not taken in, or changed while it was read: counted by reason, with the first names, each name once a reason.

    Names wait until the next segment is sealed, which keeps them: `on_added` is called after each, so that they can be before
    they are too many. Those that are `known`, of this attempt or sealed by an earlier one, are not added again.
    """

    def __init__(self) -> None:
        self._counts: Counter[SkipReason] = Counter()
        self._waiting: deque[Skipped] = deque()
        self.waiting_size = 0
        self.on_added: Callable[[], None] = lambda: None
        self.known: KnownMarks | None = None
        self._sealed = Frontier()
        self.examples: list[Skipped] = []

    @property
    def waiting(self) -> int:
        """Entries that no segment keeps yet."""
        return len(self._waiting)

    def add(self, name: str, reason: SkipReason) -> None:
        """One more entry was left out; nothing where it was counted already."""
        entry = Skipped(_shortened(name), reason)
        if self.known is not None:
            mark = left_out_mark(entry.name, reason)
            if mark in self.known:
                return
            self.known.add([mark])
        self._waiting.append(entry)
        self.waiting_size += len(entry.name.encode())
        self._count(entry)
        self.on_added()

    def take_up(self, sealed: Iterable[LeftOutEntry]) -> None:
        """Go on behind a segment that an earlier intake sealed."""
        for entry in sealed:
            self._count(Skipped(entry.name, entry.reason))
            self._sealed = self._sealed.append([entry.leaf()])

    def seal(self, randomness: Randomness, entries: int, size: int) -> tuple[LeftOutEntry, ...]:
        """The first that wait, each with a salt of its own: what the next segment keeps.

        At most so many, and no further one after `size` bytes of names.
        """
        taken: list[Skipped] = []
        rest = self.waiting_size - size
        while self._waiting and len(taken) < entries and (not taken or self.waiting_size > rest):
            taken.append(self._waiting.popleft())
            self.waiting_size -= len(taken[-1].name.encode())
        salts = randomness.take(len(taken) * SALT_SIZE)
        sealed = tuple(
            LeftOutEntry(salts[at * SALT_SIZE : (at + 1) * SALT_SIZE], entry.reason, entry.name)
            for at, entry in enumerate(taken)
        )
        self._sealed = self._sealed.append([entry.leaf() for entry in sealed])
        return sealed

    def sealed(self) -> NotTakenIn | None:
        """What the confirming act says once all of it is sealed: None where nothing was left out."""
        return NotTakenIn(self.counts(), self._sealed.root().hex()) if self._counts else None

    def _count(self, entry: Skipped) -> None:
        self._counts[entry.reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(entry)

    def add_error(self, name: str, error: OSError) -> None:
        """One more entry could not be read. Raises `BrokenInputError` (unavailable) where that is the machine's doing."""
        self.add(name, _reason_of(error))

    def counts(self) -> tuple[SkippedCount, ...]:
        """Every reason that occurred."""
        return tuple(SkippedCount(reason, self._counts[reason]) for reason in SkipReason if self._counts[reason])


def walk(place: os.PathLike[str], left_out: LeftOut) -> Iterator[FileSource]:
    """Every ordinary file under a folder, or the one file that `place` is, open; whoever takes it closes it.

    The place is opened step by step and through no link: whoever named it has followed the links, and what was put in the way
    since then is not followed. Raises `OSError` when the place itself cannot be opened.
    """
    path = Path(place).absolute()
    fd = _open_place(path)
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        yield from _walk_folder(fd, left_out)
    else:
        yield from _as_source(fd, item_name(os.fsencode(path.name)), left_out)


def extent_of(place: os.PathLike[str]) -> Extent:
    """How many ordinary files there are under a folder, or one, and their bytes, as their folders say; opens no file.

    What can't be listed is passed over: the intake counts it.
    """
    path = Path(place)
    if not path.is_dir():
        return Extent(1, path.stat().st_size)
    files, size, folders = 0, 0, [os.fsencode(path)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    files, size = files + 1, size + entry.stat(follow_symlinks=False).st_size
    return Extent(files, size)


def _open_place(path: Path) -> int:
    """The file or folder, its parents passed through without a right to read them."""
    parent = os.open(path.anchor, _PASS_THROUGH)
    try:
        for name in path.parts[1:-1]:
            parent, before = os.open(name, _PASS_THROUGH, dir_fd=parent), parent
            os.close(before)
        return os.open(path.name or ".", _OPEN_FILE, dir_fd=parent)
    finally:
        os.close(parent)


class _Folder:
    """A folder being listed; `prefix` is what names below it begin with."""

    def __init__(self, fd: int, prefix: str) -> None:
        self.fd = fd
        self.prefix = prefix
        self.entries = os.scandir(fd)

    def close(self) -> None:
        self.entries.close()
        os.close(self.fd)


def _walk_folder(root: int, left_out: LeftOut) -> Iterator[FileSource]:
    """Depth first, so that only the folders on the way to where it stands are open."""
    stack = [_Folder(root, "")]
    try:
        while stack:
            folder = stack[-1]
            entry = next(folder.entries, None)
            if entry is None:
                stack.pop().close()
                continue
            name = folder.prefix + item_name(os.fsencode(entry.name))
            reason = _reason_against(entry, name, len(stack))
            is_folder = reason is None and entry.is_dir(follow_symlinks=False)
            fd = _open(entry, folder.fd, _OPEN_FOLDER if is_folder else _OPEN_FILE) if reason is None else reason
            if isinstance(fd, SkipReason):
                left_out.add(name, fd)
            elif is_folder:
                stack.append(_Folder(fd, f"{name}/"))
            else:
                yield from _as_source(fd, name, left_out)
    finally:
        for folder in stack:
            folder.close()


def _open(entry: "os.DirEntry[str]", folder: int, flags: int) -> int | SkipReason:
    try:
        return os.open(os.fsencode(entry.name), flags, dir_fd=folder)
    except OSError as error:
        return _reason_of(error)


def _as_source(fd: int, name: str, left_out: LeftOut) -> Iterator[FileSource]:
    state = os.fstat(fd)
    if not stat.S_ISREG(state.st_mode):
        # It was replaced between listing and opening.
        os.close(fd)
        left_out.add(name, SkipReason.DEVICE)
        return
    yield FileSource(fd, name, state)


def _reason_against(entry: "os.DirEntry[str]", name: str, depth: int) -> SkipReason | None:
    """Why an entry is left out before it is opened: opening a device or a pipe can already do something."""
    if not is_source_name(name):
        return SkipReason.NAME_TOO_LONG
    if entry.is_file(follow_symlinks=False):
        return None
    if entry.is_dir(follow_symlinks=False):
        return SkipReason.TOO_DEEP if depth > MAX_DEPTH else None
    if entry.is_symlink():
        return SkipReason.LINK
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        return _reason_of(error)
    return SkipReason.PIPE_OR_SOCKET if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else SkipReason.DEVICE


def _reason_of(error: OSError) -> SkipReason:
    """Why an entry could not be opened or read. Raises `BrokenInputError` where it is the machine's doing: that is no reason."""
    if isinstance(error, MemberError):
        return error.reason
    if error.errno in _EXHAUSTED:
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the machine has no means left to read more",
            found=errno.errorcode.get(error.errno or 0, ""),
            do="raise the limit of open files",
        ) from None
    if error.errno == errno.ELOOP:
        return SkipReason.LINK
    return SkipReason.VANISHED if error.errno == errno.ENOENT else SkipReason.UNREADABLE


def _shortened(name: str) -> str:
    """The name, or the beginning of one that is too long and the SHA-256 of all of it: two that begin alike stay two."""
    if is_source_name(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return name.encode()[: MAX_SOURCE_NAME - len(digest)].decode(errors="ignore") + digest


def left_out_mark(name: str, reason: SkipReason) -> bytes:
    """Sixteen bytes by which a later attempt knows again what was left out; no source has the same."""
    return hashlib.blake2b(f"{reason} {name}".encode(), digest_size=16).digest()


def _mark(name: str, size: int, changed: int) -> bytes:
    return hashlib.blake2b(f"{size} {changed} {name}".encode(), digest_size=16).digest()
