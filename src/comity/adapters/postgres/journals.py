"""What a node keeps about its own officers: readings, and the approvals given with their credentials."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import TupleRow

from comity.adapters.postgres.columns import raw
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.casework.ports.journal import GivenApproval, GivenApprovals, Read, Reading, ReadJournal
from comity.casework.ports.paging import Place
from comity.vocabulary.identifiers import ActId, CaseId, OfficerId

_ADD = """
INSERT INTO comity_reading (at, minute, officer, office, what, "case", subject)
SELECT * FROM unnest(%b::timestamptz[], %b::int4[], %b::text[], %b::text[], %b::text[], %b::bytea[], %b::bytea[])
ON CONFLICT DO NOTHING
"""

_COLUMNS = 'SELECT at, officer, office, what, "case", subject, id FROM comity_reading'

_NEWEST = " AND id < %b ORDER BY id DESC LIMIT %b"

_DISCARDED = f"""{_COLUMNS} WHERE what = 'draft-discarded' AND subject = %b ORDER BY id LIMIT 1"""

_APPROVALS = """
SELECT officer, office, credential, act, "case", at FROM comity_givenapproval
WHERE officer = %b AND (at, act) < (%b::timestamptz, %b::bytea) ORDER BY at DESC, act DESC LIMIT %b
"""

_END = 1 << 62


class PostgresReadJournal(ReadJournal):
    """See the port. Usable by any number of threads and processes. The table itself refuses changes."""

    def add(self, readings: Sequence[Reading]) -> None:
        """See the port."""
        if not readings:
            return
        rows = [
            (each.at, _minute(each.at), each.officer, each.office, each.what.value, raw(each.case), raw(each.subject))
            for each in readings
        ]
        _all(_ADD, [list(column) for column in zip(*rows, strict=True)], fetch=False)

    def before(
        self, number: int | None, limit: int, *, case: CaseId = "", officer: OfficerId = ""
    ) -> Sequence[Reading]:
        """See the port."""
        chosen: list[tuple[str, object]] = [(' AND "case" = %b', raw(case))] if case else []
        chosen += [(" AND officer = %b", officer)] if officer else []
        query = _COLUMNS + " WHERE true" + "".join(text for text, _ in chosen) + _NEWEST
        rows = _all(query, [*(value for _, value in chosen), _END if number is None else number, limit])
        return [_reading_of(row) for row in rows]

    def discarded(self, draft: ActId) -> Reading | None:
        """See the port."""
        return next(map(_reading_of, _all(_DISCARDED, [raw(draft)])), None)


class PostgresGivenApprovals(GivenApprovals):
    """See the port. Rows are written by `PostgresTransaction.write`."""

    def of(self, officer: OfficerId, after: Place | None, limit: int) -> Sequence[GivenApproval]:
        """See the port."""
        at, act = ("infinity", b"") if after is None else (after.at, raw(after.name))
        rows = _all(_APPROVALS, [officer, at, act, limit])
        return [
            GivenApproval(name, office, credential, approved.hex(), case.hex(), when)
            for name, office, credential, approved, case, when in rows
        ]


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _reading_of(row: TupleRow) -> Reading:
    at, officer, office, what, case, subject, number = row
    return Reading(at, officer, office, Read(what), case.hex(), subject.hex(), number)


def _all(query: str, arguments: Sequence[object], *, fetch: bool = True) -> list[TupleRow]:
    with operation():
        done = bulk_cursor().execute(query, arguments, binary=True)
        return done.fetchall() if fetch else []
