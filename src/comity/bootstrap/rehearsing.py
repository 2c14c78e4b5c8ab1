"""What a rehearsal needs besides nodes: one database server for all of them, directories handed out, faults to be played."""

from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.adapters.postgres.embedded import EmbeddedCluster

__all__ = ["DirectoryFiles", "EmbeddedCluster", "UnsafeFaults", "UnsafeRehearsal"]
