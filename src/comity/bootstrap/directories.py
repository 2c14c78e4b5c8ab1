"""The folders in which a node keeps the directory versions it uses, and a keeper the one that is published."""

from typing import TYPE_CHECKING

from comity.adapters.directory_files import DirectoryFiles, read_folder

if TYPE_CHECKING:
    from comity.config import NodeSettings  # the keeper of a directory needs no node's settings, nor what reads them

__all__ = ["directories_of", "is_pinned", "read_folder"]

FOLDER = "directory"
"""The folder of directory versions in a node's own."""


def directories_of(settings: "NodeSettings") -> DirectoryFiles:
    """The directory versions of the node with these settings."""
    return DirectoryFiles(settings.folder / FOLDER)


def is_pinned(settings: "NodeSettings") -> bool:
    """Whether the node has a root of trust already."""
    return (settings.folder / FOLDER / "root.json").exists()
