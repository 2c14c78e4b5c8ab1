"""Clearing a case's rows away, after its key was destroyed: what is left is its tombstone and its certificate."""

from collections.abc import Mapping

from django.db import transaction
from psycopg import Cursor
from psycopg.rows import TupleRow

from comity.adapters.postgres.columns import raw
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.adapters.postgres.transaction import lock_cases
from comity.vocabulary.identifiers import CaseId

# A text in the clear (JSON) was never under the case's key: it is the certificate of the disposal, and stays.
_ACTS = "SELECT id FROM comity_act WHERE case_id = %b AND substring(sealed FROM 1 FOR 1) <> '{'"

_RECEIPTS = """
SELECT DISTINCT receipt_id FROM comity_delivery WHERE receipt_id IS NOT NULL AND act_id = ANY(%b)
"""

_OF_CASE = (
    ("drafts", 'DELETE FROM comity_draft WHERE "case" = %b'),
    ("tokens", "DELETE FROM comity_token WHERE case_id = %b"),
    ("waiting", 'DELETE FROM comity_waitingact WHERE "case" = %b'),
    (
        "objects",
        'DELETE FROM comity_exhibitobject WHERE key_id IN (SELECT id FROM comity_exhibitkey WHERE "case" = %b)',
    ),
    ("readings", 'DELETE FROM comity_reading WHERE "case" = %b'),
    ("approvals", 'DELETE FROM comity_givenapproval WHERE "case" = %b'),
    ("exhibits", 'DELETE FROM comity_exhibitkey WHERE "case" = %b'),
)

_OF_ACTS = (
    ("deliveries", "DELETE FROM comity_delivery WHERE act_id = ANY(%b)"),
    ("acts", "DELETE FROM comity_act WHERE id = ANY(%b)"),
)

_CLEARED = "UPDATE comity_case SET cleared = true WHERE id = %b AND phase = 'disposed'"

_FORGET_RECEIPTS = """
DELETE FROM comity_receipt receipt WHERE id = ANY(%b)
AND NOT EXISTS (SELECT 1 FROM comity_delivery delivery WHERE delivery.receipt_id = receipt.id)
"""


def clear_case(case: CaseId) -> Mapping[str, int]:
    """Deletes the case's rows and says how many of each kind they were; a second time there are none.

    Its own row stays, acts kept in the clear stay with their deliveries, and its ledger entries stay. A receipt goes
    with the last delivery it covers.
    """
    key = raw(case)
    with operation(), transaction.atomic(durable=True):
        cursor = bulk_cursor()
        lock_cases(cursor, [key])
        acts = _first_column(cursor, _ACTS, key)
        receipts = _first_column(cursor, _RECEIPTS, acts)
        cleared = {kind: cursor.execute(statement, [key]).rowcount for kind, statement in _OF_CASE}
        cleared |= {kind: cursor.execute(statement, [acts]).rowcount for kind, statement in _OF_ACTS}
        cleared["receipts"] = cursor.execute(_FORGET_RECEIPTS, [receipts]).rowcount
        cursor.execute(_CLEARED, [key])
    return cleared


def _first_column(cursor: "Cursor[TupleRow]", query: str, argument: object) -> list[object]:
    return [row[0] for row in cursor.execute(query, [argument], binary=True)]
