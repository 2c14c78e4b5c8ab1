"""What an export takes from a node's folder and puts into a file: see `comity.casework.export_ports`."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.keys.private_files import sync_folder
from comity.casework.export_ports import Publishing
from comity.evidence.archive_write import ByteTarget
from comity.evidence.dossier_story import Story
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest


class PublishedFiles(Publishing):
    """Directory files and the pinned root from the node's folder; the dossier into a file of this machine."""

    def __init__(self, directories: DirectoryFiles) -> None:
        self._directories = directories

    def directory_files(self, number: int) -> Mapping[str, bytes]:
        """See the port."""
        return self._directories.files(number)

    def root_digest(self) -> Digest:
        """See the port."""
        return hashlib.sha256(self._directories.root()).hexdigest()

    def pages(self, story: Story) -> bytes:
        """See the port."""
        from comity.adapters.documents.dossier_pages import render_dossier

        return render_dossier(story)

    def index(self, story: Story) -> str:
        """See the port."""
        from comity.evidence.dossier_story import index_text

        return index_text(story)

    @contextmanager
    def target(self, path: Path) -> Iterator[ByteTarget]:
        """See the port. Raises `BrokenInputError(NOT_FOUND)` when there is no such folder."""
        if not path.parent.is_dir():
            raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such folder to write to", found=str(path.parent))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".dossier-")
        try:
            with os.fdopen(handle, "wb") as target:
                yield target
                target.flush()
                os.fsync(target.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
