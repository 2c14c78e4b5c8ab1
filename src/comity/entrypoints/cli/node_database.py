"""Where `node_database` was before it moved to `comity.bootstrap.database`; for importers that still look here."""

from comity.bootstrap.database import node_database, start_again

__all__ = ["node_database", "start_again"]
