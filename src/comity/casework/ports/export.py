"""What an export needs besides the case: the directory's files, the pages for people, and somewhere to write."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from comity.casework.ports.timestamp import StampedHead
from comity.evidence.archive.write import ByteTarget
from comity.evidence.dossier.custody_certificate import Certificate
from comity.evidence.dossier.story import Story
from comity.trust.keys import SealKey
from comity.vocabulary.identifiers import Digest


class Scratch(ByteTarget, Protocol):
    """A temporary file. Its content is lost when it is closed, and was never readable to others."""

    size: int

    def pieces(self) -> Iterator[bytes]:
        """All that was written, from the beginning; the scratch is closed when the iterator ends, however it ends."""
        ...

    def close(self) -> None:
        """It is gone."""
        ...


class Publishing(Protocol):
    """See the module."""

    def directory_files(self, number: int) -> Mapping[str, bytes]:
        """One directory version's files by their TUF paths."""
        ...

    def root_digest(self) -> Digest:
        """SHA-256 of the federation's first root.json, by which a reader recognises it."""
        ...

    def pages(self, story: Story, seal: SealKey) -> bytes:
        """The dossier for people, as a signed PDF."""
        ...

    def index(self, story: Story) -> str:
        """The dossier for people, as plain text."""
        ...

    def certificate(self, certificate: Certificate, seal: SealKey) -> bytes:
        """A custody certificate for people, as a signed PDF."""
        ...

    def stamped(self, size: int) -> Sequence[StampedHead]:
        """Checkpoints of at least that many leaves that have a time stamp, newest first."""
        ...

    def scratch(self) -> Scratch:
        """Somewhere to write a dossier before it is sent, which nobody can read there."""
        ...
