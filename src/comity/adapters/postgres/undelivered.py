"""What was offered to peers in vain, or is to be sent to them by hand, for those who watch."""

from collections.abc import Sequence

from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.casework.upkeep.alarm_watch import Undelivered, UndeliveredActs
from comity.vocabulary.categories import Urgency

_TRIED_IN_VAIN = """
SELECT delivery.peer, delivery.urgency, count(*),
    (array_agg(delivery.act_id ORDER BY delivery.id))[1], (array_agg(act.case_id ORDER BY delivery.id))[1],
    min(act.filed_at), (array_agg(coalesce(nullif(delivery.code, ''), delivery.state) ORDER BY delivery.id))[1]
FROM comity_delivery delivery JOIN comity_act act ON act.id = delivery.act_id
WHERE (delivery.state = 'pending' AND delivery.attempts > 0) OR delivery.state = 'by-hand'
GROUP BY delivery.peer, delivery.urgency ORDER BY delivery.peer, min(act.filed_at)
"""


class PostgresUndelivered(UndeliveredActs):
    """See the port. Usable by any number of threads and processes."""

    def by_peer(self) -> Sequence[Undelivered]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(_TRIED_IN_VAIN, [], binary=True).fetchall()
        return [
            Undelivered(peer, Urgency(urgency), count, act.hex(), case.hex(), filed_at, code)
            for peer, urgency, count, act, case, filed_at, code in rows
        ]
