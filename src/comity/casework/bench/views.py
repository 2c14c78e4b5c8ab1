"""A case's view: its state and the small history that legal clocks run on, kept encrypted in one row.

Both are folded from the acts alone; rebuilding them from the acts gives the same view (`comity.casework.upkeep.check`).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.cases.evolve import evolve
from comity.cases.state import CaseState, Direction, FiledAct, Phase
from comity.casework.bench.secrecy import CaseCipher
from comity.casework.ports.case import StoredView
from comity.law.history import PastAct
from comity.vocabulary.identifiers import ActId, CaseId

Observe = Callable[[FiledAct], PastAct]
"""What of an act the legal clocks look at, under the law in force here."""


class CaseView(Struct, frozen=True):
    """What is known of a case without opening its acts."""

    state: CaseState
    past: tuple[PastAct, ...] = ()

    @property
    def history(self) -> tuple[PastAct, ...]:
        """The past as this node's clocks run on it. No act says when an act of this node reached its addressee.

        It counts as received when it was issued, the earliest there is: what must be done before data cease to be held is
        then never told too late, and what others owe is told at most by the time of delivery too early.
        """
        return tuple(
            past if past.received_at else replace(past, received_at=past.at, receipt_presumed=True)
            for past in self.past
        )


class _Past(Struct, frozen=True, array_like=True):
    """A `PastAct` as it is kept: its facts may be texts, numbers, times and lists, which one type cannot decode apart."""

    act: ActId
    type: ActType
    instrument: str
    measure: str | None
    at: datetime
    received_at: datetime | None
    re: tuple[ActId, ...]
    facts: dict[str, Any]
    on_paper: str = ""

    @classmethod
    def of(cls, past: PastAct) -> "_Past":
        head = (past.act, past.type, past.instrument, past.measure, past.at, past.received_at, past.re)
        return cls(*head, dict(past.facts), past.on_paper)

    def past(self) -> PastAct:
        facts = {path: tuple(value) if isinstance(value, list) else value for path, value in self.facts.items()}
        head = (self.act, self.type, self.instrument, self.measure, self.at, self.received_at, self.re)
        return PastAct(*head, facts, self.on_paper)


class _Row(Struct, frozen=True):
    state: CaseState
    past: tuple[_Past, ...]


def advance(view: CaseView, filed: FiledAct, observe: Observe) -> CaseView:
    """The view after the act. Enclosed acts start no clock here; a disposed case keeps only its tombstone."""
    state = evolve(view.state, filed)
    if state.phase is Phase.DISPOSED:
        return CaseView(state)
    past = view.past if filed.direction is Direction.ENCLOSED else (*view.past, observe(filed))
    return CaseView(state, past)


def rebuild(case: CaseId, acts: Iterable[FiledAct], observe: Observe) -> CaseView:
    """The view that these acts, in the order of the ledger, lead to."""
    view = CaseView(CaseState(case))
    for filed in acts:
        view = advance(view, filed, observe)
    return view


def open_view(cipher: CaseCipher, row: StoredView) -> CaseView:
    """The view in a case's row; a disposed case's is its tombstone and in the clear, since its key is gone."""
    plain = row.view if row.phase is Phase.DISPOSED else cipher.decrypt(row.case, "view", row.view)
    row_view = msgspec.msgpack.decode(plain, type=_Row)
    return CaseView(row_view.state, tuple(each.past() for each in row_view.past))


def close_view(cipher: CaseCipher, view: CaseView) -> bytes:
    """What to keep in the row."""
    plain = msgspec.msgpack.encode(_Row(view.state, tuple(_Past.of(each) for each in view.past)))
    return plain if view.state.phase is Phase.DISPOSED else cipher.encrypt(view.state.case, "view", plain)
