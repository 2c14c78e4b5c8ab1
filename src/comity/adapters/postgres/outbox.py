"""Deliveries under way. Rows are made by the transaction that files the act; here they are worked off."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from comity.adapters.postgres.columns import parted, raw, raws
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.adapters.postgres.jobs import queue_deliveries
from comity.casework.ports.delivery import Delivery, DeliveryProgress, DeliveryState, KeptReceipt, Outbox
from comity.vocabulary.categories import Urgency
from comity.vocabulary.identifiers import ActId, AuthorityId

_PENDING = """
SELECT act_id, peer, attempts, enclosing, urgency, code FROM comity_delivery
WHERE peer = %b AND state = 'pending' AND (next_at IS NULL OR next_at <= %b) ORDER BY id LIMIT %b
"""

_PEERS_WITH_WORK = """
SELECT DISTINCT peer FROM comity_delivery
WHERE state = 'pending' AND (next_at IS NULL OR next_at <= %b) ORDER BY peer
"""

_KEEP_RECEIPTS = """
INSERT INTO comity_receipt (sealed, peer, origin, first)
SELECT sealed, %b, origin, first FROM unnest(%b::bytea[], %b::text[], %b::int8[]) AS kept (sealed, origin, first)
RETURNING id
"""

_DELIVERED = """
UPDATE comity_delivery
SET state = 'delivered', receipt_id = kept.receipt, leaf = kept.leaf, delivered_at = %b, next_at = NULL, code = ''
FROM unnest(%b::bytea[], %b::int8[], %b::int8[]) AS kept (act, receipt, leaf)
WHERE act_id = kept.act AND peer = %b AND state <> 'delivered'
"""

_FORGET_UNUSED = """
DELETE FROM comity_receipt receipt WHERE id = ANY(%b)
AND NOT EXISTS (SELECT 1 FROM comity_delivery delivery WHERE delivery.receipt_id = receipt.id)
"""

_RESEND = """
UPDATE comity_delivery delivery SET state = 'pending', attempts = 0, next_at = %b, code = 'lost-by-peer'
FROM comity_receipt receipt
WHERE delivery.receipt_id = receipt.id AND delivery.state = 'delivered' AND delivery.peer = %b
AND receipt.origin = %b AND delivery.leaf >= %b
"""

_FAILED = """
UPDATE comity_delivery SET attempts = attempts + 1, code = %b, next_at = %b, state = %b, tried_at = %b
WHERE peer = %b AND act_id = ANY(%b) AND state = 'pending'
"""

_PROGRESS = """
SELECT act_id, peer, state, code, attempts, tried_at, next_at, delivered_at FROM comity_delivery
WHERE act_id = ANY(%b) ORDER BY id
"""


class PostgresOutbox(Outbox):
    """See the port. Usable by any number of threads and processes."""

    def pending(self, peer: AuthorityId, limit: int, at: datetime) -> Sequence[Delivery]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(_PENDING, [peer, at, limit], binary=True).fetchall()
        return [
            Delivery(act.hex(), to, attempts, parted(enclosing), Urgency(urgency), code)
            for act, to, attempts, enclosing, urgency, code in rows
        ]

    def delivered(self, peer: AuthorityId, receipts: Sequence[KeptReceipt], at: datetime) -> None:
        """See the port. A receipt for an act that was delivered before changes nothing."""
        if not any(receipt.acts for receipt in receipts):
            return
        with operation(), transaction.atomic(durable=True):
            cursor = bulk_cursor()
            sealed = [receipt.sealed for receipt in receipts]
            origins = [receipt.origin for receipt in receipts]
            cursor.execute(_KEEP_RECEIPTS, [peer, sealed, origins, [receipt.first for receipt in receipts]])
            ids = [number for (number,) in cursor.fetchall()]
            kept = [
                (raw(act), number, receipt.first + place)
                for number, receipt in zip(ids, receipts, strict=True)
                for place, act in enumerate(receipt.acts)
            ]
            cursor.execute(_DELIVERED, [at, *(list(column) for column in zip(*kept, strict=True)), peer])
            if cursor.rowcount < len(kept):
                cursor.execute(_FORGET_UNUSED, [ids])

    def resend(self, peer: AuthorityId, origin: str, first_lost: int, at: datetime) -> int:
        """See the port. The old receipt stays until there is a new one; a job for the peer is queued."""
        with operation(), transaction.atomic(durable=True):
            count = bulk_cursor().execute(_RESEND, [at, peer, origin, first_lost]).rowcount
            if count:
                queue_deliveries([peer])
        return count

    def failed(
        self, peer: AuthorityId, acts: Collection[ActId], code: str, next_at: datetime | None, *, at: datetime
    ) -> None:
        """See the port. What was delivered meanwhile stays so."""
        state = DeliveryState.FAILED if next_at is None else DeliveryState.PENDING
        with operation():
            bulk_cursor().execute(_FAILED, [code, next_at, state.value, at, peer, raws(acts)])

    def peers_with_work(self, at: datetime) -> Sequence[AuthorityId]:
        """See the port. What was never tried is due: its job may have died with a worker, or with a lost queue."""
        with operation():
            rows = bulk_cursor().execute(_PEERS_WITH_WORK, [at])
            return [peer for (peer,) in rows]

    def receipt(self, act: ActId, peer: AuthorityId) -> bytes | None:
        """See the port."""
        with operation():
            row = (
                bulk_cursor()
                .execute(
                    "SELECT sealed FROM comity_delivery delivery JOIN comity_receipt receipt"
                    " ON receipt.id = delivery.receipt_id WHERE act_id = %b AND delivery.peer = %b",
                    [raw(act), peer],
                    binary=True,
                )
                .fetchone()
            )
        return None if row is None else row[0]

    def progress(self, acts: Collection[ActId]) -> Sequence[DeliveryProgress]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(_PROGRESS, [raws(acts)], binary=True).fetchall()
        return [
            DeliveryProgress(act.hex(), peer, DeliveryState(state), code, *more)
            for act, peer, state, code, *more in rows
        ]
