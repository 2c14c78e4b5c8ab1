"""What this node has cosigned of others' logs, and the key rotations it has accepted."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from django.db import connection, transaction

from comity.acts.bodies import KeyRotated
from comity.adapters.postgres import models
from comity.adapters.postgres.connection import operation
from comity.casework.ports import Rotations, WitnessedLogs
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.wire import encode

Cosigned = tuple[int, bytes, str]


class PostgresWitnessedLogs(WitnessedLogs):
    """See the port. Usable by any number of threads and processes."""

    def update(self, origin: str, change: Callable[[Cosigned | None], Cosigned | None]) -> None:
        """See the port. The origin is locked meanwhile, also while it has no row; what `change` raises undoes all."""
        with operation(), transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [origin])
            new = change(self.get(origin))
            if new is not None:
                size, root, note = new
                models.WitnessedLog.objects.update_or_create(
                    origin=origin, defaults={"size": size, "root": root, "note": note}
                )

    def get(self, origin: str) -> Cosigned | None:
        """See the port."""
        with operation():
            row = models.WitnessedLog.objects.filter(origin=origin).first()
        return None if row is None else (row.size, bytes(row.root), row.note)


class PostgresRotations(Rotations):
    """See the port. Usable by any number of threads and processes."""

    def keep(self, act: ActId, issuer: AuthorityId, body: KeyRotated, sealed_at: datetime) -> None:
        """See the port."""
        row = models.Rotation(act=act, issuer=issuer, body=encode(body), sealed_at=sealed_at)
        with operation():
            models.Rotation.objects.bulk_create([row], ignore_conflicts=True)

    def all(self) -> Sequence[tuple[ActId, AuthorityId, KeyRotated, datetime]]:
        """See the port."""
        with operation():
            return [
                (row.act, row.issuer, msgspec.json.decode(row.body, type=KeyRotated), row.sealed_at)
                for row in models.Rotation.objects.order_by("id")
            ]
