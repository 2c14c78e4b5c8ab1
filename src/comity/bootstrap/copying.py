"""A node's backups and restores over the adapters that its settings name."""

from pathlib import Path

from comity.adapters.node_copies import NodeCopies, put_settings_back
from comity.config import NodeSettings


def copies(settings: NodeSettings, database_url: str) -> NodeCopies:
    """The node's copies."""
    return NodeCopies(settings.folder, settings.keys_folder, settings.authority, database_url)


def settings_from_backup(folder: Path, place: Path, name: str | None = None) -> bool:
    """The backup's settings are in the node's folder, where there were none; whether that was so."""
    return put_settings_back(folder, place, name)
