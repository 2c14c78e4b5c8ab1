"""What a case is at one node, folded from its acts and from nothing else.

A state is a value. It is rebuilt from the acts by `comity.cases.evolve` and must come out identical; what is not in an
act cannot be in a state. The receiver's own time of filing (`filed_at`) counts for legal clocks, not the sender's word.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from comity.acts.classes import ActType
from comity.acts.matters import Condition, PartDecision, ScopePart
from comity.acts.payload import Payload
from comity.vocabulary.categories import (
    CopiesReason,
    CopiesStanding,
    FilterReason,
    KeepingGround,
    QuarantineCode,
    Urgency,
)
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId, InstrumentId
from comity.vocabulary.procedures import Procedure, Stage


class Direction(StrEnum):
    """How an act came into a node's ledger. `enclosed` acts are kept as evidence and change nothing."""

    ISSUED = "issued"
    RECEIVED = "received"
    ENCLOSED = "enclosed"


class Phase(StrEnum):
    """Where the case as a whole stands."""

    OPEN = "open"
    CLOSED = "closed"
    DISPOSED = "disposed"


class FiledAct(Struct, frozen=True):
    """An act as a node's ledger holds it: its payload, how it came in, and when by this node's clock."""

    id: ActId
    payload: Payload
    direction: Direction
    filed_at: datetime


class Step(Struct, frozen=True):
    """One line of the case's history: enough for a timeline and for every legal clock, without the act's words.

    `measure` and `matter` are empty where there is none, as for enclosed acts. `executing` are the authorities of the State
    where an order is executed that the act names (`comity.cases.parties`): they have a part in the case from then on.
    """

    act: ActId
    type: ActType
    issuer: AuthorityId
    to: tuple[AuthorityId, ...]
    direction: Direction
    at: datetime
    filed_at: datetime
    instrument: InstrumentId
    urgency: Urgency
    measure: str
    marks: tuple[str, ...]
    matter: str
    executing: tuple[AuthorityId, ...] = ()


class Matter(Struct, frozen=True):
    """One request or order and what became of it. Named by the act that opened it at this node."""

    opened_by: ActId
    procedure: Procedure
    stage: Stage
    instrument: InstrumentId
    measure: str
    asked: tuple[ScopePart, ...] = ()
    decisions: tuple[PartDecision, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Hold(Struct, frozen=True):
    """A preservation in force, by the exhibit that holds its items."""

    exhibit: ExhibitId
    root: Digest
    items: int
    size: int
    confirmed_by: ActId
    custodian: AuthorityId
    matter: ActId


class CustodyState(StrEnum):
    """Whose responsibility an exhibit is, seen from this node."""

    HELD = "held"
    OFFERED = "offered"
    PASSED_ON = "passed-on"
    DESTROYED = "destroyed"


class Aside(Struct, frozen=True):
    """What of an exhibit lies in quarantine here.

    `under` is what it was put aside by: the hand-over; or since a part was released, the grant of that, or without one the
    exhibit that was released. `destroying` is the reason once its destruction is decided and not yet certified.
    """

    items: int
    under: str
    until: datetime | None = None
    destroying: FilterReason | None = None


class Exhibit(Struct, frozen=True):
    """A body of data that this node holds, was offered, or passed on.

    `destroying` is the reason once its destruction is decided and not yet done; `returning` whom it is given back to by that.
    `restricted_by` is the act by which this node keeps it from any use; empty where none does.
    `held_up` are labels of what was ordered besides and is not in it, as it was refused or suspended when it was handed over.
    """

    exhibit: ExhibitId
    state: CustodyState
    matter: ActId
    items: int
    hold_root: Digest
    supplier: str = ""
    hand_over: str = ""
    received_by: str = ""
    quarantined: tuple[tuple[QuarantineCode, int], ...] = ()
    openings: int = 0
    aside: Aside | None = None
    destroying: str = ""
    restricted_by: str = ""
    returning: str = ""
    held_up: tuple[str, ...] = ()


class Retention(Struct, frozen=True):
    """How long the case is kept, as its own acts set it.

    `set_by` is the act that sets a rule of the office's own; `extended_to` the date that takes the place of every latest
    one; `next_review` when somebody looks again.
    """

    set_by: str = ""
    rule: str = ""
    citation: str = ""
    at_least: datetime | None = None
    at_most: datetime | None = None
    extended_by: str = ""
    extended_to: datetime | None = None
    next_review: datetime | None = None
    reviewed_at: datetime | None = None


class Copies(Struct, frozen=True):
    """What a thread about copies knows: whose copies of which case, by which acts asked for, and what was answered last.

    `answer_by` is of the newest asking; `answered` is empty while that one is unanswered.
    """

    about: CaseId
    asker: AuthorityId
    holder: AuthorityId
    reason: CopiesReason
    asked: tuple[ActId, ...]
    answer_by: datetime
    order: ActId | None = None
    answered: str = ""
    standing: CopiesStanding | None = None
    ground: KeepingGround | None = None
    until: datetime | None = None


class Paper(Struct, frozen=True):
    """A file that went to a partner by hand, or that came from it as its answer (`counts_as`: the kind of act it amounts to).

    `about` is the act that was sent or is answered, `at` when the file went or came, `recorded_by` the act that says so.
    """

    recorded_by: ActId
    about: ActId
    partner: AuthorityId
    at: datetime
    file: Digest
    counts_as: ActType | None = None


class CaseState(Struct, frozen=True):
    """A case at one node. `legal_holds` are the acts by which nothing of it may be destroyed now.

    `screens` are the acts by which what comes and may be privileged is put aside for the filter team.
    `retention` is None while no act set one; `copies` is there only in a thread about copies of another case. `papers` are what
    went and came by hand, as this node recorded it.
    """

    case: CaseId
    phase: Phase = Phase.OPEN
    steps: tuple[Step, ...] = ()
    matters: dict[ActId, Matter] = {}
    holds: dict[ExhibitId, Hold] = {}
    exhibits: dict[ExhibitId, Exhibit] = {}
    legal_holds: tuple[ActId, ...] = ()
    retention: Retention | None = None
    copies: Copies | None = None
    papers: tuple[Paper, ...] = ()
    screens: tuple[ActId, ...] = ()

    def matter_of(self, act: ActId) -> ActId | None:
        """The matter an act of this case belongs to; None for an act the case does not have."""
        return next((step.matter for step in self.steps if step.act == act), None)

    def measure_answered(self, acts: Sequence[ActId]) -> str:
        """The measure of the first of these acts that the case has: an act that names none is under what it answers."""
        measures = {step.act: step.measure for step in self.steps}
        return next((measures[act] for act in acts if measures.get(act)), "")
