"""One change of the records: a handful of statements, however many acts it files.

Order of locks: the cases in the order of their ids, then the ledger's head, then jobs that wait for peers, then commit.
The jobs come last so that a worker is kept from them for the moment of a commit only, also when many processes queue for
the head. A case is locked by an advisory lock over its id and not by its row: a case that is new has no row yet, and two
transactions that both open it must still come one after the other. Every change of a case's rows takes that lock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow

from comity.adapters.postgres.case_rows import VIEW, view_of
from comity.adapters.postgres.columns import joined, raw, raws
from comity.adapters.postgres.connection import bulk_cursor
from comity.adapters.postgres.jobs import queue_deliveries
from comity.adapters.postgres.ledger_append import append_entries
from comity.casework.ports.case import StoredAct, StoredView, WaitingAct
from comity.casework.ports.delivery import Delivery, DeliveryState
from comity.casework.ports.ledger import LedgerHead, SignHead
from comity.casework.ports.record import Transaction
from comity.ledger.entries import Entry
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId
from comity.vocabulary.wire import encode

_NEW = """
unnest(%b::bytea[], %b::int4[], %b::bytea[], %b::text[], %b::timestamptz[], %b::timestamptz[], %b::text[],
    %b::timestamptz[], %b::bytea[], %b::bytea[])
    AS new (id, version, view, phase, next_due, wanting_since, wanting, limits_from, limits, law)
"""

_PUT_VIEWS = f"""
INSERT INTO comity_case
    (id, version, view, phase, next_due, wanting_since, wanting, limits_from, limits, law, changed_at)
SELECT new.*, statement_timestamp() FROM {_NEW}
ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, view = EXCLUDED.view, phase = EXCLUDED.phase,
    next_due = EXCLUDED.next_due, wanting_since = EXCLUDED.wanting_since, wanting = EXCLUDED.wanting,
    limits_from = EXCLUDED.limits_from, limits = EXCLUDED.limits, law = EXCLUDED.law, changed_at = EXCLUDED.changed_at
"""  # noqa: S608 - columns that are written down

_REFOLD = f"""
UPDATE comity_case SET version = new.version, view = new.view, next_due = new.next_due,
    wanting_since = new.wanting_since, wanting = new.wanting, limits_from = new.limits_from, limits = new.limits, law = new.law
FROM {_NEW} WHERE comity_case.id = new.id
"""  # noqa: S608 - columns that are written down

_PUT_WAITING = """
INSERT INTO comity_waitingact (id, "case", missing, sender, sealed, deadline)
SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::text[], %b::bytea[], %b::timestamptz[])
ON CONFLICT (id) DO NOTHING
"""

_PUT_TOKENS = """
INSERT INTO comity_token (case_id, token) SELECT * FROM unnest(%b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING
"""

_SENT_BY_HAND = """
UPDATE comity_delivery SET state = 'sent-by-hand', delivered_at = %b, next_at = NULL, code = ''
WHERE act_id = %b AND peer = %b AND state NOT IN ('delivered', 'sent-by-hand')
"""

_LOCK_KEY = 8
"""Bytes of a case's id that make the number of its advisory lock; two cases with one number only wait for each other."""


class PostgresTransaction(Transaction):
    """See the port. Made by `PostgresRecords.transaction` only, inside a database transaction."""

    def __init__(self, authority: AuthorityId) -> None:
        self._authority = authority
        self._cursor = bulk_cursor()
        self._peers: set[AuthorityId] = set()

    def lock(self, cases: Collection[CaseId]) -> Mapping[CaseId, StoredView]:
        """See the port."""
        ids = raws(cases)
        lock_cases(self._cursor, ids)
        # A statement of its own: it sees what those committed who held the locks before.
        self._cursor.execute(
            f"SELECT {VIEW} FROM comity_case WHERE id = ANY(%b)",  # noqa: S608 - columns that are written down
            [ids],
            binary=True,
        )
        return {view.case: view for view in map(view_of, self._cursor)}

    def known(self, acts: Collection[ActId]) -> Collection[ActId]:
        """See the port. The ledger knows, for as long as it stands: also what was disposed of is known."""
        self._cursor.execute("SELECT act FROM comity_ledgerentry WHERE act = ANY(%b)", [raws(acts)], binary=True)
        return {act.hex() for (act,) in self._cursor}

    def write(
        self,
        acts: Sequence[StoredAct],
        views: Sequence[StoredView],
        deliveries: Sequence[Delivery],
        tokens: Sequence[tuple[CaseId, bytes]],
    ) -> None:
        """See the port."""
        if views:
            self._cursor.execute(_PUT_VIEWS, _columns([_view_row(view) for view in views]))
        if acts:
            self._copy_acts(acts)
            self._copy_approvals([act for act in acts if act.approvals])
        if deliveries:
            self._copy_deliveries(deliveries)
            self._peers.update(delivery.peer for delivery in deliveries if not delivery.by_hand)
        if tokens:
            self._cursor.execute(_PUT_TOKENS, _columns([(raw(case), token) for case, token in tokens]))

    def refold(self, views: Sequence[StoredView]) -> None:
        """See the port."""
        self._cursor.execute(_REFOLD, _columns([_view_row(view) for view in views]))

    def sent_by_hand(self, act: ActId, peer: AuthorityId, at: datetime) -> None:
        """See the port. When it was first sent stays."""
        self._cursor.execute(_SENT_BY_HAND, [at, raw(act), peer])

    def append(self, entries: Sequence[Entry], sign: SignHead) -> LedgerHead:
        """See the port."""
        # References are checked now and not at the commit, when others wait for the head.
        self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return append_entries(self._cursor, self._authority, entries, sign)

    def wait(self, acts: Sequence[WaitingAct]) -> None:
        """See the port."""
        rows = [
            (raw(act.id), raw(act.case), raw(act.missing), act.sender, act.sealed, act.deadline)
            for act in sorted(acts, key=lambda act: act.id)
        ]
        if rows:
            self._cursor.execute(_PUT_WAITING, _columns(rows))

    def forget_waiting(self, acts: Collection[ActId]) -> None:
        """See the port."""
        self._cursor.execute("DELETE FROM comity_waitingact WHERE id = ANY(%b)", [raws(acts)])

    def finish(self) -> None:
        """Queues one job for each peer that something was written for; the last step before the commit."""
        queue_deliveries(self._peers)

    def _copy_acts(self, acts: Sequence[StoredAct]) -> None:
        with self._cursor.copy(
            "COPY comity_act (id, case_id, direction, filed_at, sealed) FROM STDIN (FORMAT BINARY)"
        ) as rows:
            rows.set_types(["bytea", "bytea", "text", "timestamptz", "bytea"])
            for act in acts:
                rows.write_row((raw(act.id), raw(act.case), act.direction.value, act.filed_at, act.sealed))

    def _copy_approvals(self, acts: Sequence[StoredAct]) -> None:
        """Beside the acts they are in, so that an officer finds what their credential approved; see `GivenApprovals`."""
        if not acts:
            return
        columns = 'officer, act, "case", office, credential, at'
        with self._cursor.copy(f"COPY comity_givenapproval ({columns}) FROM STDIN (FORMAT BINARY)") as rows:
            rows.set_types(["text", "bytea", "bytea", "text", "text", "timestamptz"])
            for act in acts:
                for one in act.approvals:
                    rows.write_row((one.officer, raw(act.id), raw(act.case), one.office, one.credential, act.filed_at))

    def _copy_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        with self._cursor.copy(
            "COPY comity_delivery (act_id, peer, attempts, enclosing, urgency, code, state) FROM STDIN (FORMAT BINARY)"
        ) as rows:
            rows.set_types(["bytea", "text", "int4", "bytea", "text", "text", "text"])
            for each in deliveries:
                state = DeliveryState.BY_HAND if each.by_hand else DeliveryState.PENDING
                first = (raw(each.act), each.peer, each.attempts, joined(each.enclosing))
                rows.write_row((*first, each.urgency.value, each.code, state.value))


def lock_cases(cursor: "Cursor[TupleRow]", ids: Sequence[bytes]) -> None:
    """Locks these cases, given in the order of their ids, until the transaction ends."""
    numbers = [int.from_bytes(each[:_LOCK_KEY], signed=True) for each in ids]
    cursor.execute("SELECT pg_advisory_xact_lock(number) FROM unnest(%b::int8[]) AS number", [numbers])


def _view_row(view: StoredView) -> tuple[object, ...]:
    since, why = (view.attention.at, view.attention.code.value) if view.attention else (None, "")
    first = min((each.told_from for each in view.limits), default=None)
    limits = encode(view.limits) if view.limits else b""
    head = raw(view.case), view.version, view.view, view.phase.value, view.next_due
    return *head, since, why, first, limits, raw(view.law)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
