"""The mark of what was last published from this ledger, beside the keys: a restored database cannot take it back."""

from pathlib import Path

from comity.adapters.private_files import read_private, replace_private
from comity.casework.ports.node import HeadMark
from comity.ledger.checkpoints import Checkpoint, read_checkpoint

_LIMIT = 4 << 10


class FileHeadMark(HeadMark):
    """One small file, replaced as a whole and synced."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "head-mark.txt"

    def read(self) -> Checkpoint | None:
        """See the port. Raises `BrokenInputError(MALFORMED)` for a file that is no checkpoint."""
        if not self._path.exists():
            return None
        return read_checkpoint(read_private(self._path, limit=_LIMIT).decode())

    def write(self, head: Checkpoint) -> None:
        """See the port."""
        replace_private(self._path, head.text().encode())
