"""The law in a node's folder: the office's own files, and the files of every version that was ever in force there.

Own files lie in `law`. A version lies in `law-versions/<digest>`, each file under its name; it is written once, and what is read
from there must make that digest again. It is law and no word of any case, so it is kept in the clear.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from comity.adapters.private_files import open_folder, sync_folder, write_new
from comity.casework.ports.law import LawVersions
from comity.law.corpus import Law
from comity.law.loader import version_of
from comity.law.packaged import files_with, law_in
from comity.vocabulary.errors import BrokenInputError, ErrorCode

OWN_LAW, LAW_VERSIONS = "law", "law-versions"


def own_law(node: Path) -> Mapping[str, bytes]:
    """The office's own files by name: bilateral treaties, national law, newer versions of packaged files; none without a folder."""
    return _files(node / OWN_LAW)


class LawFiles(LawVersions):
    """See the port. Safe for processes that open the same node at once."""

    def __init__(self, node: Path) -> None:
        self._node = node
        self._versions = node / LAW_VERSIONS

    def put_in_force(self) -> Law:
        """The packaged law with the office's own files, which are kept durably, as one version, when this returns.

        Raises `BrokenInputError(MALFORMED)` with every fault of the files.
        """
        files = files_with(own_law(self._node))
        law = law_in(files)
        place = self._versions / law.version
        if not place.exists():
            self._keep(place, files)
        return law

    def kept(self) -> Sequence[str]:
        """See the port."""
        return sorted(path.name for path in self._versions.glob("[!.]*"))

    def next_start(self) -> str:
        """See the port."""
        return version_of(files_with(own_law(self._node)))

    def law(self, version: str) -> Law:
        """See the port."""
        files = _files(self._versions / version)
        if version_of(files) != version:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "the files kept of a version of the law are not those it was read from",
                found=version,
                do="put its folder back from a backup",
            )
        return law_in(files)

    def _keep(self, place: Path, files: Mapping[str, bytes]) -> None:
        open_folder(self._versions)
        with TemporaryDirectory(prefix=".keeping-", dir=self._versions) as making:
            whole = open_folder(Path(making) / "version")
            for name, data in files.items():
                write_new(whole / name, data)
            sync_folder(whole)
            # Another process of the node may have been faster: then it is there, and just as whole.
            try:
                whole.rename(place)
            except OSError:
                if not place.is_dir():
                    raise
        sync_folder(self._versions)


def _files(folder: Path) -> Mapping[str, bytes]:
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}
    except OSError as error:
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            f"a file of the law cannot be read: {error.strerror}",
            found=str(error.filename),
            do="give the node's user the right to read it, or take it away",
        ) from None
