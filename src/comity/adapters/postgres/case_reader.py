"""Reading what was committed of cases and acts, without locks."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from psycopg.rows import TupleRow

from comity.adapters.postgres.case_rows import VIEW, act_of, attention_of, limits_of, view_of, waiting_of
from comity.adapters.postgres.columns import raw, raws
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.cases.state import Phase
from comity.casework.ports.case import Attention, CaseReader, LimitDue, PlacedView, StoredAct, StoredView, WaitingAct
from comity.casework.ports.paging import Place
from comity.vocabulary.identifiers import ActId, CaseId

_PORTION = 200

_VIEW = f"SELECT {VIEW} FROM comity_case WHERE id = ANY(%b)"  # noqa: S608 - columns that are written down

_RECENT = f"""
SELECT {VIEW}, changed_at FROM comity_case
WHERE (changed_at, id) < (%b::timestamptz, %b::bytea) ORDER BY changed_at DESC, id DESC LIMIT %b
"""  # noqa: S608 - columns that are written down

_WANTING = """
SELECT id, wanting_since, wanting FROM comity_case WHERE wanting_since <= %b ORDER BY wanting_since, id LIMIT %b
"""

_LIMITED = "SELECT id, limits FROM comity_case WHERE limits_from <= %b ORDER BY limits_from, id LIMIT %b"

_LIVE = "SELECT id FROM comity_case WHERE id > %b AND phase <> 'disposed' ORDER BY id LIMIT %b"

_UNDER_ANOTHER_LAW = f"""
(SELECT {VIEW} FROM comity_case WHERE law < %b AND phase <> 'disposed' AND id <> ALL(%b::bytea[]) LIMIT %b) UNION ALL
(SELECT {VIEW} FROM comity_case WHERE law > %b AND phase <> 'disposed' AND id <> ALL(%b::bytea[]) LIMIT %b)
"""  # noqa: S608 - columns that are written down

_VERSIONS = "SELECT id, version FROM comity_case WHERE id = ANY(%b)"

_ACTS_OF_CASE = """
SELECT act.id, act.case_id, act.direction, act.filed_at, act.sealed, entry.index
FROM comity_act act JOIN comity_ledgerentry entry ON entry.act = act.id WHERE act.case_id = %b ORDER BY entry.index
"""

_ACTS = """
SELECT act.id, act.case_id, act.direction, act.filed_at, act.sealed, entry.index
FROM comity_act act JOIN comity_ledgerentry entry ON entry.act = act.id WHERE act.id = ANY(%b)
"""

_CASES_FOUND = """
SELECT case_id FROM comity_token JOIN unnest(%b::bytea[], %b::bytea[]) AS asked (id, token)
ON case_id = asked.id AND comity_token.token = asked.token
"""

_WAITING_FOR = """
SELECT id, "case", missing, sender, sealed, deadline FROM comity_waitingact WHERE missing = ANY(%b) ORDER BY id
"""

_WAITING_IN = """
SELECT id, "case", missing, sender, sealed, deadline FROM comity_waitingact WHERE "case" = %b ORDER BY id
"""

_OVERDUE = """
SELECT id, "case", missing, sender, sealed, deadline FROM comity_waitingact WHERE deadline <= %b ORDER BY deadline, id
"""


class PostgresCases(CaseReader):
    """See the port. Usable by any number of threads."""

    def view(self, case: CaseId) -> StoredView | None:
        """See the port."""
        rows = _all(_VIEW, [[raw(case)]])
        return view_of(rows[0]) if rows else None

    def versions(self, cases: Collection[CaseId]) -> Mapping[CaseId, int]:
        """See the port."""
        return {case.hex(): version for case, version in _all(_VERSIONS, [raws(cases)])}

    def cases(self) -> Iterator[StoredView]:
        """See the port. The order is that of the moment of the call; rows are read as they are asked for."""
        ids = [case for (case,) in _all("SELECT id FROM comity_case ORDER BY changed_at DESC, id", [])]
        for start in range(0, len(ids), _PORTION):
            portion = ids[start : start + _PORTION]
            rows = {row[0]: row for row in _all(_VIEW, [portion])}
            yield from (view_of(rows[case]) for case in portion)

    def recent(self, after: Place | None, limit: int) -> Sequence[PlacedView]:
        """See the port."""
        at, case = ("infinity", b"") if after is None else (after.at, raw(after.name))
        rows = _all(_RECENT, [at, case, limit])
        return [PlacedView(Place(changed_at, view[0].hex()), view_of(tuple(view))) for *view, changed_at in rows]

    def live(self, after: CaseId, limit: int) -> Sequence[CaseId]:
        """See the port."""
        return [case.hex() for (case,) in _all(_LIVE, [raw(after), limit])]

    def under_another_law(self, law: str, but: Collection[CaseId], limit: int) -> Sequence[StoredView]:
        """See the port. Two ranges of one index, so that it costs nothing where there are none."""
        wanted = [raw(law), raws(but), limit]
        return [view_of(row) for row in _all(_UNDER_ANOTHER_LAW, wanted * 2)[:limit]]

    def disposed(self) -> Sequence[CaseId]:
        """See the port; in the order of their ids."""
        rows = _all("SELECT id FROM comity_case WHERE phase = %b ORDER BY id", [Phase.DISPOSED.value])
        return [case.hex() for (case,) in rows]

    def half_disposed(self) -> Sequence[CaseId]:
        """See the port; in the order of their ids."""
        rows = _all("SELECT id FROM comity_case WHERE phase = 'disposed' AND NOT cleared ORDER BY id", [])
        return [case.hex() for (case,) in rows]

    def due(self, at: datetime) -> Sequence[CaseId]:
        """See the port; the longest overdue first."""
        rows = _all("SELECT id FROM comity_case WHERE next_due <= %b ORDER BY next_due, id", [at])
        return [case.hex() for (case,) in rows]

    def wanting(self, at: datetime, limit: int) -> Sequence[tuple[CaseId, Attention]]:
        """See the port."""
        rows = ((case.hex(), attention_of(since, code)) for case, since, code in _all(_WANTING, [at, limit]))
        return [(case, wanted) for case, wanted in rows if wanted is not None]

    def limited(self, until: datetime, limit: int) -> Sequence[tuple[CaseId, Sequence[LimitDue]]]:
        """See the port."""
        return [(case.hex(), limits_of(limits)) for case, limits in _all(_LIMITED, [until, limit])]

    def acts(self, case: CaseId) -> Sequence[StoredAct]:
        """See the port."""
        return [act_of(row) for row in _all(_ACTS_OF_CASE, [raw(case)])]

    def act(self, act: ActId) -> StoredAct | None:
        """See the port."""
        return self.many([act]).get(act)

    def many(self, acts: Collection[ActId]) -> Mapping[ActId, StoredAct]:
        """See the port. Of no acts there is nothing to ask: most acts enclose none."""
        found = map(act_of, _all(_ACTS, [raws(acts)]) if acts else ())
        return {act.id: act for act in found}

    def by_token(self, tokens: Mapping[CaseId, bytes]) -> Sequence[CaseId]:
        """See the port; in the order of the mapping."""
        rows = _all(_CASES_FOUND, [list(map(raw, tokens)), list(tokens.values())])
        found = {case.hex() for (case,) in rows}
        return [case for case in tokens if case in found]

    def waiting_for(self, acts: Collection[ActId]) -> Sequence[WaitingAct]:
        """See the port."""
        return [waiting_of(row) for row in _all(_WAITING_FOR, [raws(acts)])]

    def waiting_in(self, case: CaseId) -> Sequence[WaitingAct]:
        """See the port."""
        return [waiting_of(row) for row in _all(_WAITING_IN, [raw(case)])]

    def overdue(self, at: datetime) -> Sequence[WaitingAct]:
        """See the port; the longest overdue first."""
        return [waiting_of(row) for row in _all(_OVERDUE, [at])]


def _all(query: str, arguments: Sequence[object]) -> list[TupleRow]:
    with operation():
        return bulk_cursor().execute(query, arguments, binary=True).fetchall()
