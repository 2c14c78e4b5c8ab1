"""Intakes under way, in a folder of the node: for each order a file that is locked while it is carried out, and how far it is."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path

from comity.adapters.private_files import claimed, open_folder, read_private, replace_private
from comity.casework.ports.intake import Intakes
from comity.evidence.items.exhibits import PacedProgress
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import decode, encode

_LIMIT = 4 << 10


class FileIntakes(Intakes):
    """See the port."""

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)

    def claim(self, order: ActId) -> AbstractContextManager[bool]:
        """See the port; released by the system if the holder dies."""
        return claimed(self._folder / order)

    def tell(self, order: ActId, progress: PacedProgress) -> None:
        """See the port."""
        replace_private(self._far(order), encode(progress))

    def progress(self, order: ActId) -> PacedProgress | None:
        """See the port."""
        path = self._far(order)
        return decode(read_private(path, limit=_LIMIT), PacedProgress, limit=_LIMIT) if path.exists() else None

    def forget(self, orders: Collection[ActId]) -> None:
        """See the port."""
        for order in orders:
            for path in (self._folder / order, self._far(order)):
                path.unlink(missing_ok=True)

    def _far(self, order: ActId) -> Path:
        return self._folder / f"{order}.json"
