"""What an export takes from a node's folder: see `comity.casework.ports.export`."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.scratch import EncryptedScratch
from comity.casework.ports.export import Publishing, Scratch
from comity.casework.ports.node import Randomness
from comity.casework.ports.timestamp import StampedHead, StampedHeads
from comity.evidence.dossier.custody_certificate import Certificate
from comity.evidence.dossier.story import Story
from comity.trust.keys import SealKey
from comity.vocabulary.identifiers import Digest


class PublishedFiles(Publishing):
    """Directory files and the pinned root from the node's folder; what is being written lies in its scratch folder."""

    def __init__(
        self, directories: DirectoryFiles, folder: Path, random: Randomness, heads: StampedHeads | None = None
    ) -> None:
        """`folder` is for scratch files."""
        self._directories = directories
        self._folder = folder
        self._random = random
        self._heads = heads

    def directory_files(self, number: int) -> Mapping[str, bytes]:
        """See the port."""
        return self._directories.files(number)

    def root_digest(self) -> Digest:
        """See the port."""
        return hashlib.sha256(self._directories.root()).hexdigest()

    def pages(self, story: Story, seal: SealKey) -> bytes:
        """See the port."""
        from comity.adapters.documents.dossier_pages import render_dossier

        return self._signed(render_dossier(story), f"dossier of case {story.case}", seal, story.exported_at)

    def index(self, story: Story) -> str:
        """See the port."""
        from comity.evidence.dossier.story import index_text

        return index_text(story)

    def certificate(self, certificate: Certificate, seal: SealKey) -> bytes:
        """See the port."""
        from comity.adapters.documents.custody_pages import render_certificate

        named = f"custody of exhibit {certificate.exhibit}"
        return self._signed(render_certificate(certificate), named, seal, certificate.made_at)

    def stamped(self, size: int) -> Sequence[StampedHead]:
        """See the port."""
        return () if self._heads is None else self._heads.covering(size)

    def scratch(self) -> Scratch:
        """See the port."""
        return EncryptedScratch(self._folder, self._random)

    def _signed(self, pdf: bytes, named: str, seal: SealKey, at: datetime) -> bytes:
        from comity.adapters.documents.pdf_sealing import sign_pdf

        return sign_pdf(pdf, named, seal, at=at, take=self._random.take)
