"""How far re-verification has come, in a folder of the node: a position, and a line for each object since.

A line that a kill cut short is dropped, and its object read again. Lines are synced once a second: what a crash of the
machine takes with it is a second's reading.
"""

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

from comity.adapters.private_files import claimed, open_folder, read_private, replace_private, sync_folder
from comity.casework.ports.fixity import FixityJournal, Outcome, Position, Verified
from comity.vocabulary.wire import decode, encode

_LIMIT = 4 << 10
_SYNC_SECONDS = 1.0


class FileFixityJournal(FixityJournal):
    """See the port. One process at a time writes, by its claim."""

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)
        self._position = folder / "position.json"
        self._synced = 0.0

    def claim(self) -> AbstractContextManager[bool]:
        """See the port; released by the system if the holder dies."""
        return claimed(self._folder / "lock")

    def position(self) -> Position | None:
        """See the port."""
        if not self._position.exists():
            return None
        return decode(read_private(self._position, limit=_LIMIT), Position, limit=_LIMIT)

    def seen(self) -> tuple[Verified, ...]:
        """See the port."""
        path = self._lines()
        if path is None or not path.exists():
            return ()
        whole = path.read_text("ascii", "replace").rpartition("\n")[0]
        return tuple(_read(line) for line in whole.splitlines())

    def note(self, verified: Verified) -> None:
        """See the port."""
        path = self._lines()
        if path is None:
            raise ValueError("nothing is noted before a round has begun")
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _drop_half_a_line(handle)
            os.write(handle, f"{verified.digest} {verified.size} {verified.outcome}\n".encode())
            if time.monotonic() - self._synced >= _SYNC_SECONDS:
                os.fsync(handle)
                self._synced = time.monotonic()
        finally:
            os.close(handle)

    def advance(self, position: Position) -> None:
        """See the port. Lines are of one batch, by their file's name: those of another are nobody's."""
        replace_private(self._position, encode(position))
        current = self._lines()
        for path in self._folder.glob("batch-*"):
            if path != current:
                path.unlink(missing_ok=True)
        sync_folder(self._folder)

    def _lines(self) -> Path | None:
        position = self.position()
        return None if position is None else self._folder / f"batch-{position.round}-{position.batch}"


def _drop_half_a_line(handle: int) -> None:
    """The file ends in a whole line, and writing goes on there."""
    end = os.lseek(handle, 0, os.SEEK_END)
    tail = os.pread(handle, 256, max(0, end - 256))
    if tail and not tail.endswith(b"\n"):
        end -= len(tail) - (tail.rfind(b"\n") + 1)
        os.ftruncate(handle, end)
        os.lseek(handle, end, os.SEEK_SET)


def _read(line: str) -> Verified:
    digest, size, outcome = line.split(" ")
    return Verified(digest, int(size), Outcome(outcome))
