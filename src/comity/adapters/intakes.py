"""Intakes under way, in a folder of the node: a file for each order, locked while it is carried out."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path

from comity.adapters.private_files import claimed, open_folder
from comity.casework.intake_ports import Intakes
from comity.vocabulary.identifiers import ActId


class FileIntakes(Intakes):
    """See the port."""

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)

    def claim(self, order: ActId) -> AbstractContextManager[bool]:
        """See the port; released by the system if the holder dies."""
        return claimed(self._folder / order)

    def forget(self, orders: Collection[ActId]) -> None:
        """See the port."""
        for order in orders:
            (self._folder / order).unlink(missing_ok=True)
