"""What this node has cosigned of others' logs."""

from collections.abc import Callable, Collection, Mapping

from django.db import connection, transaction

from comity.adapters.postgres import models
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.casework.ports.ledger import WitnessedLogs

Cosigned = tuple[int, bytes, str]

REMEMBERED = 10_000
"""Newest heads of a log that are all remembered: a week, with one a minute."""

THINNED = 64
"""Of older heads every so many-th is remembered: what an epoch is tied to may lie that much further back then."""

_REMEMBER = """
INSERT INTO comity_witnessedhead (origin, size, root, number)
SELECT %(origin)b, %(size)b, %(root)b, coalesce(max(number) + 1, 0) FROM comity_witnessedhead WHERE origin = %(origin)b
ON CONFLICT (origin, size) DO NOTHING RETURNING number
"""

_THIN = "DELETE FROM comity_witnessedhead WHERE origin = %b AND number = %b AND number %% %b <> 0"

_LARGEST = """
SELECT DISTINCT ON (origin) origin, size, root FROM comity_witnessedhead
WHERE origin = ANY(%b::text[]) AND size <= %b ORDER BY origin, size DESC
"""


class PostgresWitnessedLogs(WitnessedLogs):
    """See the port. Usable by any number of threads and processes."""

    def update(self, origin: str, change: Callable[[Cosigned | None], Cosigned | None]) -> None:
        """See the port. The log is locked meanwhile, also while it has no row; what `change` raises undoes all."""
        with operation(), transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_log_of(origin)])
            new = change(self.get(origin))
            if new is not None:
                size, root, note = new
                models.WitnessedLog.objects.update_or_create(
                    origin=origin, defaults={"size": size, "root": root, "note": note}
                )
                _remember(origin, size, root)

    def get(self, origin: str) -> Cosigned | None:
        """See the port."""
        with operation():
            row = models.WitnessedLog.objects.filter(origin=origin).first()
        return None if row is None else (row.size, bytes(row.root), row.note)

    def known(self, origins: Collection[str]) -> Collection[str]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(
                "SELECT origin FROM comity_witnessedlog WHERE origin = ANY(%b::text[])", [list(origins)]
            )
            return {origin for (origin,) in rows}

    def largest(self, origins: Collection[str], size: int) -> Mapping[str, tuple[int, bytes]]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(_LARGEST, [list(origins), size], binary=True)
            return {origin: (found, root) for origin, found, root in rows}


def _log_of(origin: str) -> str:
    """What all epochs of a log have in common."""
    name, _, epoch = origin.rpartition("/")
    return name if epoch.isdigit() else origin


def _remember(origin: str, size: int, root: bytes) -> None:
    cursor = bulk_cursor()
    cursor.execute(_REMEMBER, {"origin": origin, "size": size, "root": root})
    row = cursor.fetchone()
    if row is not None and row[0] >= REMEMBERED:
        cursor.execute(_THIN, [origin, row[0] - REMEMBERED, THINNED])
