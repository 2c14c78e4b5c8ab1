"""What an export needs besides the case: the directory's files, the pages for people, and somewhere to write."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from comity.evidence.archive_write import ByteTarget
from comity.evidence.dossier_story import Story
from comity.vocabulary.identifiers import Digest


class Publishing(Protocol):
    """See the module."""

    def directory_files(self, number: int) -> Mapping[str, bytes]:
        """One directory version's files by their TUF paths."""
        ...

    def root_digest(self) -> Digest:
        """SHA-256 of the federation's first root.json, by which a reader recognises it."""
        ...

    def pages(self, story: Story) -> bytes:
        """The dossier for people, as PDF."""
        ...

    def index(self, story: Story) -> str:
        """The dossier for people, as plain text."""
        ...

    def target(self, path: Path) -> AbstractContextManager[ByteTarget]:
        """A file that appears under its name, whole and synced, when the context ends without an error; mode 0600."""
        ...
