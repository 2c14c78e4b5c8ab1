"""Private files for the entrypoints that keep some: the adapter's own functions, from the one package that may choose it."""

from comity.adapters.private_files import open_folder, read_private, replace_private, sync_folder

__all__ = ["open_folder", "read_private", "replace_private", "sync_folder"]
