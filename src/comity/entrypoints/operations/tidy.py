"""`comity node tidy FOLDER`: what a kill, an outage or a broken-off intake has left over at a stopped node is removed."""

from collections.abc import Callable
from pathlib import Path

from comity.bootstrap.database import node_database
from comity.bootstrap.running import books, open_node
from comity.casework.upkeep.restore import clear_destroyed
from comity.casework.upkeep.sweeping import Swept, sweep
from comity.config import load_settings
from comity.evidence.dossier.words import count

Tell = Callable[[str], None]
"""Says a line to whoever started the command."""


def tidy_folder(folder: Path, tell: Tell = print) -> Swept:
    """1. Disposals that were cut short are finished. 2. Objects and remainders that nothing refers to are removed.

    Nothing is removed while work may be under way, or when a case cannot be read: that is for `comity check` to say.
    """
    settings = load_settings(folder)
    with node_database(settings) as url:
        node = open_node(settings, url)
        # 1.
        cleared = clear_destroyed(node.bench)
        # 2.
        swept = sweep(node.bench, books(node))
    tell(f"cleared of what was left of them: {count(cleared, 'disposed case')}")
    tell(
        "nothing else was removed: work may be under way"
        if swept.waits
        else f"{count(swept.removed, 'object')} removed"
    )
    return swept
