"""What was filed, newest first, by place in the ledger."""

from collections.abc import Sequence

from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.cases.state import Direction
from comity.casework.ports.case import StoredAct
from comity.casework.upkeep.reissue import FiledActs, PlacedAct

_BEFORE = """
SELECT entry.index, act.id, act.case_id, act.direction, act.filed_at, act.sealed
FROM comity_ledgerentry entry JOIN comity_act act ON act.id = entry.act
WHERE entry.index < %b ORDER BY entry.index DESC LIMIT %b
"""

_END = (1 << 63) - 1


class PostgresFiledActs(FiledActs):
    """See the port. Usable by any number of threads and processes."""

    def before(self, place: int | None, limit: int) -> Sequence[PlacedAct]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(_BEFORE, [_END if place is None else place, limit], binary=True).fetchall()
        return [
            PlacedAct(index, StoredAct(act.hex(), case.hex(), Direction(direction), filed_at, sealed))
            for index, act, case, direction, filed_at, sealed in rows
        ]
