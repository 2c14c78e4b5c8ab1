"""Rows of cases and acts as the structs of the ports."""

from datetime import datetime

from psycopg.rows import TupleRow

from comity.cases.state import Direction, Phase
from comity.casework.ports.alarms import AlarmCode
from comity.casework.ports.case import Attention, LimitDue, StoredAct, StoredView, WaitingAct
from comity.vocabulary.wire import decode

VIEW = "id, version, view, phase, next_due, wanting_since, wanting, limits, law"
"""The columns of a case's row, in the order in which `view_of` takes them."""

_LIMITS = 1 << 24


def view_of(row: TupleRow) -> StoredView:
    """From the columns of `VIEW`."""
    case, version, view, phase, next_due, wanting_since, wanting, limits, law = row
    attention = attention_of(wanting_since, wanting)
    return StoredView(case.hex(), version, view, Phase(phase), next_due, attention, limits_of(limits), law.hex())


def limits_of(limits: bytes) -> tuple[LimitDue, ...]:
    """From `limits`; empty where a case has none."""
    return decode(limits, tuple[LimitDue, ...], limit=_LIMITS) if limits else ()


def attention_of(since: datetime | None, code: str) -> Attention | None:
    """From `wanting_since` and `wanting`."""
    return None if since is None else Attention(since, AlarmCode(code))


def act_of(row: TupleRow) -> StoredAct:
    """From `id, case_id, direction, filed_at, sealed` and the index of its ledger entry."""
    act, case, direction, filed_at, sealed, index = row
    return StoredAct(act.hex(), case.hex(), Direction(direction), filed_at, sealed, index)


def waiting_of(row: TupleRow) -> WaitingAct:
    """From `id, case, missing, sender, sealed, deadline`."""
    act, case, missing, sender, sealed, deadline = row
    return WaitingAct(act.hex(), case.hex(), missing.hex(), sender, sealed, deadline)
