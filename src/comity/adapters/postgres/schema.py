"""Bringing a database to the tables that this version of the node needs."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from comity.adapters.postgres.connection import operation
from comity.vocabulary.errors import BrokenInputError, ErrorCode

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


def missing_migrations() -> list[str]:
    """Names of migrations that this version has and the database has not."""
    with operation():
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def require_schema() -> None:
    """Raises `BrokenInputError` (unavailable) unless the tables are those of this version."""
    missing = missing_migrations()
    if missing:
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the database has not the tables of this version",
            found=f"{len(missing)} migrations missing: {', '.join(missing)}",
            do="Run the node's migration command before serving.",
        )
