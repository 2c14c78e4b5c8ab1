"""The directory versions a node has taken into use, as TUF files in folders: `v<number>/...`, and the pinned root."""

import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from comity.adapters.private_files import replace_private, sync_folder
from comity.casework.ports.directory import DirectoryVersions
from comity.trust.directory import Directory
from comity.trust.directory_tuf import verify_directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_LIMIT = 16 << 20
_TIMESTAMP = "metadata/timestamp.json"

_AGAIN = timedelta(seconds=30)
"""Before what is published and did not verify is read again."""


class DirectoryFiles:
    """Every version stays: acts name the version they were made under, and dossiers carry it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pin(self, root: bytes) -> None:
        """Fixes the root of trust; done once, when the node is made."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / "root.json"
        if path.exists() and path.read_bytes() != root:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "another directory root is pinned here",
                do="a root is changed by its own chain only",
            )
        replace_private(path, root)

    def root(self) -> bytes:
        """The pinned initial root."""
        path = self._folder / "root.json"
        if not path.exists():
            raise BrokenInputError(
                ErrorCode.DIRECTORY_UNKNOWN,
                "no directory is in use here",
                do="comity node directory <folder> <published>",
            )
        return path.read_bytes()

    def take(self, published: Path, at: datetime) -> Directory:
        """A published version is verified and kept, whole or not at all; nothing in it may be older than what is here.

        Raises `BrokenInputError`: BAD_DIRECTORY, DIRECTORY_EXPIRED, FORK for another version under a number that is here.
        """
        files = read_folder(published)
        present = self.newest(at) if self.numbers() else None
        directory = verify_directory(files, root=self.root(), at=at, replaces=present)
        place = self._folder / f"v{directory.version}"
        if place.exists():
            # The same version, vouched for anew. Its timestamp comes last: it is what names the others.
            self._write(place, {name: data for name, data in files.items() if name != _TIMESTAMP})
            self._write(place, {_TIMESTAMP: files[_TIMESTAMP]})
            return directory
        with TemporaryDirectory(prefix=".taking-", dir=self._folder) as making:
            whole = Path(making) / "version"
            self._write(whole, files)
            # Another process of the node may have been faster: then it is there, and just as whole.
            with contextlib.suppress(OSError):
                whole.rename(place)
        sync_folder(self._folder)
        return directory

    def _write(self, place: Path, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            path = place / name
            if not path.exists() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                replace_private(path, data)

    def newest(self, at: datetime, replaces: Directory | None = None) -> Directory:
        """The newest version here. One that has expired is still used: peers' keys outlive a publisher's holiday.

        `replaces` is the version in force, below which nothing may fall.
        """
        numbers = self.numbers()
        if not numbers:
            self.root()
            raise BrokenInputError(ErrorCode.DIRECTORY_UNKNOWN, "a root is pinned, and no directory version is here")
        return verify_directory(self.files(numbers[-1]), root=self.root(), at=at, allow_expired=True, replaces=replaces)

    def version(self, number: int, at: datetime) -> Directory | None:
        """One version that was taken here before, as it was then; None for one that never was."""
        if number not in self.numbers():
            return None
        return verify_directory(self.files(number), root=self.root(), at=at, allow_expired=True)

    def numbers(self) -> list[int]:
        """Versions here, ascending."""
        return sorted(int(path.name[1:]) for path in self._folder.glob("v*") if path.name[1:].isdigit())

    def state(self) -> tuple[object, ...]:
        """What changes when another version is here, or the newest was vouched for anew."""
        numbers = self.numbers()[-1:]
        return (*numbers, *(_look(self._folder / f"v{number}") for number in numbers))

    def files(self, number: int) -> Mapping[str, bytes]:
        """One version's files by their TUF paths."""
        return read_folder(self._folder / f"v{number}")


class WatchedDirectories(DirectoryVersions):
    """See the port. A look costs a few calls of stat(2); files are read when one of them has changed."""

    def __init__(self, files: DirectoryFiles, published: Path | None) -> None:
        self._files = files
        self._published = published
        self._seen: tuple[object, ...] = ()
        self._taken: tuple[int, ...] | None = None
        self._not_before: datetime | None = None

    def newer(self, at: datetime, present: Directory) -> Directory | None:
        """See the port."""
        if self._published is not None:
            self._take_published(self._published, at)
        seen = self._files.state()
        if seen == self._seen:
            return None
        self._seen = seen
        directory = self._files.newest(at, replaces=present)
        return directory if directory.metadata != present.metadata else None

    def _take_published(self, published: Path, at: datetime) -> None:
        """What lies there is taken, once; what does not verify may still be on its way there, and is looked at again."""
        offered = _look(published)
        if offered is None or offered == self._taken or (self._not_before is not None and at < self._not_before):
            return
        self._not_before = at + _AGAIN
        self._files.take(published, at)
        self._taken, self._not_before = offered, None


def _look(folder: Path) -> tuple[int, ...] | None:
    """What changes when another version lies there; None while there is none, or it is being exchanged."""
    try:
        status = (folder / _TIMESTAMP).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their relative path, within a limit."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    if sum(map(len, files.values())) > _LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, "the directory is too large", expected=f"at most {_LIMIT} bytes")
    return files
