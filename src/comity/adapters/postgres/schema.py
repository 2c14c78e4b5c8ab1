"""Bringing a database to the tables that this version of the node needs."""

from django.core.management import call_command
from django.db import connection

from comity.adapters.postgres.connection import operation

_LOCK = 0x436F6D697479
"""Number of the advisory lock under which one process at a time changes the tables."""


def migrate() -> None:
    """The tables are those of this version when it returns; several processes may call it at once."""
    with operation(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
