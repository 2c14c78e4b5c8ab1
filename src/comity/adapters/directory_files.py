"""The directory versions a node has taken into use, as TUF files in folders: `v<number>/...`, and the pinned root."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from comity.adapters.keys.private_files import replace_private
from comity.trust.directory import Directory
from comity.trust.directory_tuf import verify_directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_LIMIT = 16 << 20


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
        """A published version is verified and kept; an older one than the newest here is refused."""
        files = read_folder(published)
        newest = self.numbers()[-1:] or [0]
        directory = verify_directory(files, root=self.root(), at=at, allow_expired=False)
        if directory.version < newest[0]:
            raise BrokenInputError(
                ErrorCode.BAD_DIRECTORY,
                "an older directory is offered",
                found=str(directory.version),
                expected=str(newest[0]),
            )
        for name, data in files.items():
            path = self._folder / f"v{directory.version}" / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_private(path, data)
        return directory

    def newest(self, at: datetime) -> Directory:
        """The newest version here. One that has expired is still used: peers' keys outlive a publisher's holiday."""
        numbers = self.numbers()
        if not numbers:
            self.root()
            raise BrokenInputError(ErrorCode.DIRECTORY_UNKNOWN, "a root is pinned, and no directory version is here")
        return verify_directory(self.files(numbers[-1]), root=self.root(), at=at, allow_expired=True)

    def numbers(self) -> list[int]:
        """Versions here, ascending."""
        return sorted(int(path.name[1:]) for path in self._folder.glob("v*") if path.name[1:].isdigit())

    def files(self, number: int) -> Mapping[str, bytes]:
        """One version's files by their TUF paths."""
        return read_folder(self._folder / f"v{number}")


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their relative path, within a limit."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    if sum(map(len, files.values())) > _LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, "the directory is too large", expected=f"at most {_LIMIT} bytes")
    return files
