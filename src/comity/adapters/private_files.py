"""Files that only the node's own operating-system user may read: made closed, checked when opened, replaced atomically."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from comity.vocabulary.errors import BrokenInputError, ErrorCode

_OTHERS = 0o077


def open_folder(folder: Path) -> Path:
    """The folder exists with mode 0700, and its name is durable if it was made here.

    Raises `BrokenInputError(NOT_ALLOWED)` when a folder that was there before is open to other users: keys in it may
    have been read, and tightening the mode in silence would hide that.
    """
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        folder.chmod(0o700)
        sync_folder(folder.parent)
    refuse_open(folder)
    return folder


def sync_folder(folder: Path) -> None:
    """Names made, replaced or removed in the folder are durable when this returns."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_private(path: Path, *, limit: int) -> bytes:
    """The file's bytes, at most `limit`.

    Raises `BrokenInputError`: NOT_FOUND, NOT_ALLOWED when other users may read it, OVERSIZED.
    """
    if not path.is_file():
        raise BrokenInputError(ErrorCode.NOT_FOUND, f"the key file {path} is missing", expected="a file")
    refuse_open(path)
    size = path.stat().st_size
    if size > limit:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "a key file is too large", found=f"{size} bytes", expected=f"at most {limit} bytes"
        )
    return path.read_bytes()


def replace_private(path: Path, content: bytes) -> None:
    """The file holds exactly `content`, mode 0600, durably when this returns; a crash leaves the old or the new, whole.

    What stood there before is overwritten where it lay, as far as the file system writes in place.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # left by a crash: it was never in use
    write_new(fresh, content)
    replaced = os.open(path, os.O_WRONLY) if path.exists() else None
    try:
        fresh.replace(path)
        sync_folder(path.parent)
        if replaced is not None:
            os.pwrite(replaced, bytes(os.fstat(replaced).st_size), 0)
            os.fsync(replaced)
    finally:
        if replaced is not None:
            os.close(replaced)


def write_new(path: Path, content: bytes) -> None:
    """A new file of mode 0600 with that content, synced; its name is not durable before its folder is synced."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """One holder at a time among all threads and processes of this machine; released by the system if the holder dies.

    Opened anew each time, because a lock belongs to the open file: two threads sharing one would both hold it.
    """
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def claimed(lock: Path) -> Iterator[bool]:
    """Whether this is the one holder; does not wait. Released by the system if the holder dies."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    mine = False
    try:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = True
        yield mine
    finally:
        os.close(handle)


def refuse_open(path: Path) -> None:
    """Nobody but the owner may read it. Raises `BrokenInputError(NOT_ALLOWED)`."""
    mode = path.stat().st_mode & 0o777
    if mode & _OTHERS:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            f"{path} is open to other users of this machine",
            found=f"mode {mode:04o}",
            expected="mode 0700 for a folder, 0600 for a file",
            do="find out who could read it; if in doubt rotate the keys; then close it with chmod",
        )
