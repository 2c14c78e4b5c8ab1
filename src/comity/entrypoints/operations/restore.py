"""`comity restore FOLDER --from PLACE` and `comity node recover FOLDER`: a stopped node comes back from a backup.

A restored ledger is behind what its witnesses saw. Put back is not yet recovered: the node starts and reads, and signs
nothing until `recover` bridges the gap with an act that everyone sees (`comity.casework.upkeep.restore`).
"""

from collections.abc import Callable
from pathlib import Path

from django.db import connections

from comity.bootstrap.copying import copies, settings_from_backup
from comity.bootstrap.database import node_database
from comity.bootstrap.running import Node
from comity.casework.upkeep.restore import Bridged, bridge_restore
from comity.casework.upkeep.standing import take_stand
from comity.config import load_settings
from comity.ledger.standing import Behind, Forked
from comity.vocabulary.errors import Refusal

Tell = Callable[[str], None]
"""Says a line to whoever started the command."""


def restore(folder: Path, place: Path, name: str | None = None, tell: Tell = print) -> None:
    """Puts the named backup back, or the newest in that place. The node's processes must be stopped; keys stay as they are.

    Raises `BrokenInputError`: store-damaged for a backup that is not whole (nothing was changed), not-allowed while the
    node runs or for another authority's backup, not-found without keys or without a backup.
    """
    if settings_from_backup(folder, place, name):
        tell("the settings were put back: there were none")
    settings = load_settings(folder)
    with node_database(settings) as url:
        # Whoever is connected counts as running, and this process has just looked whether the tables are in order.
        connections.close_all()
        done = copies(settings, url).restore(place, name)
    tell(f"restored the backup of {done.manifest.taken_at.isoformat()}: {done.manifest.entries} ledger entries or more")
    tell(f"{done.objects} of {done.manifest.objects} objects were missing and were put back")
    tell("Keys were left as they are. Cases disposed of since are cleared again when the node starts.")
    tell("Officers' tokens are in no backup: give out new ones with comity node token.")
    tell("If the node published anything after that backup, it signs nothing until: comity node recover")


def recover(node: Node, tell: Tell = print) -> Bridged | Refusal:
    """Bridges the gap to what witnesses saw. For a node that was restored and is behind; refused otherwise."""
    standing = take_stand(node.bench, node.settings.witnesses, node.mark)
    if isinstance(standing, Forked):
        return Refusal(
            "forked",
            "this ledger is not the one its witnesses have seen; no act can bridge that",
            do="find out which copy is the true one; restore a backup of that",
        )
    if isinstance(standing, Behind):
        tell(f"behind: {standing.own_size} leaves here, {standing.witnessed.size} seen of {standing.witnessed.origin}")
    outcome = bridge_restore(node.bench)
    if isinstance(outcome, Bridged):
        tell(
            f"bridged by act {outcome.act}: {outcome.lost} leaves are lost; {outcome.cleared} cases were cleared again"
        )
        tell(
            "Once it works, peers send again what it had received, and it asks them for what it had issued. Then: comity check"
        )
    return outcome
