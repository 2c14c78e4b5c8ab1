"""An opened dossier: a canonical archive whose bag has a header. Nothing else in it is believed yet."""

from collections.abc import Iterator

from comity.evidence.archive.bag import BASE
from comity.evidence.archive.format import NotCanonicalError
from comity.evidence.archive.read import Archive, ArchivedFile
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import ITEM_LINE_LIMIT, DossierHeader
from comity.vocabulary.wire import decode


class Dossier:
    """Files by their paths relative to the bag. Raises `NotCanonicalError`, which names the path."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.header = decode(
            self.read(layout.HEADER, limit=layout.HEADER_LIMIT), DossierHeader, limit=layout.HEADER_LIMIT
        )

    def paths(self) -> Iterator[str]:
        """Every path, ascending. A file outside the bag keeps its whole name, which no path of a dossier has."""
        return (relative(name) for name in self._archive.files)

    def files(self) -> Iterator[tuple[str, ArchivedFile]]:
        """Every file of the bag with its path, in ascending order of the paths."""
        return ((relative(name), file) for name, file in self._archive.files.items() if name.startswith(BASE))

    def file(self, path: str) -> ArchivedFile | None:
        """Size and SHA-256 of a file, or None when there is no such file."""
        return self._archive.files.get(BASE + path)

    def read(self, path: str, *, limit: int) -> bytes:
        """The content of a file that is there and has at most `limit` bytes."""
        try:
            return self._archive.read(BASE + path, limit=limit)
        except NotCanonicalError as error:
            raise NotCanonicalError(
                relative(error.file), error.what, found=error.found, expected=error.expected, do=error.do
            ) from None

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file, without their newlines, in bounded memory; a last line without one is refused."""
        if self.file(path) is None:
            raise NotCanonicalError(path, "a file is missing")
        rest = b""
        for chunk in self._archive.chunks(BASE + path):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > ITEM_LINE_LIMIT:
                raise NotCanonicalError(path, "a line is longer than it can be", expected=f"at most {ITEM_LINE_LIMIT}")
            yield from whole
        if rest:
            raise NotCanonicalError(path, "the last line is cut off")


def relative(name: str) -> str:
    """A path relative to the bag, from a name in the archive."""
    return name.removeprefix(BASE)
