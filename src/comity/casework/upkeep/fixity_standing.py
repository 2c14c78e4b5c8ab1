"""How re-verification stands: for officers and operators, without a word of any case."""

from datetime import datetime

from msgspec import Struct

from comity.casework.ports.access import OfficerRef, no_office
from comity.casework.ports.alarms import AlarmBoard, AlarmCode
from comity.casework.ports.fixity import FixityJournal
from comity.vocabulary.errors import Refusal


class FixityStanding(Struct, frozen=True):
    """The round that is under way, or the last one (`resting`), and how many objects are broken now.

    `batches` are acts of the round; `objects` and `bytes` were read since the last of them.
    """

    round: int
    begun_at: datetime | None
    resting: bool
    batches: int
    objects: int
    bytes: int
    broken: int


def fixity_standing(journal: FixityJournal, board: AlarmBoard, officer: OfficerRef) -> FixityStanding | Refusal:
    """For whoever holds any office of this node."""
    refusal = no_office(officer)
    if refusal is not None:
        return refusal
    position, seen = journal.position(), journal.seen()
    broken = sum(1 for alarm in board.standing() if alarm.code is AlarmCode.EVIDENCE_DAMAGED)
    if position is None:
        return FixityStanding(0, None, resting=True, batches=0, objects=0, bytes=0, broken=broken)
    read = sum(each.size for each in seen)
    return FixityStanding(position.round, position.begun_at, position.resting, position.batch, len(seen), read, broken)
