"""`comity backup FOLDER --to PLACE`: a copy of everything a node keeps, but never of a key."""

from collections.abc import Callable
from pathlib import Path

from comity.bootstrap.copying import copies
from comity.bootstrap.database import node_database
from comity.bootstrap.running import open_node
from comity.config import load_settings

Tell = Callable[[str], None]
"""Says a line to whoever started the command."""


def back_up(folder: Path, place: Path, tell: Tell = print) -> str:
    """Backs the node up while it works, or not; the new backup's name in that place.

    Raises `BrokenInputError`: not-allowed, store-damaged, store-full, unavailable. Nothing that stands in the place
    already is touched then.
    """
    settings = load_settings(folder)
    with node_database(settings) as url:
        node = open_node(settings, url)
        copying = copies(settings, url)
        entries = node.records.ledger.head().size
        taken = copying.back_up(place, at=node.bench.clock.now(), entries=entries)
    tell(taken.words)
    tell(f"SHA-256 of its manifest, to be noted elsewhere: {taken.manifest_digest}")
    return taken.name
