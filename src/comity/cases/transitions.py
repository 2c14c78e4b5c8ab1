"""One transition table per procedure: which act may follow at which stage, and the stage it leads to.

A node sees only its own part of a procedure: the requesting Party never sees the order to the custodian, the custodian
never sees the request. So each table has an entrance for every party that can come in, and skips what others do.
"""

from comity.acts.classes import ActType
from comity.cases.state import Procedure, Stage

Table = dict[Stage, dict[ActType, Stage]]

OPENINGS: dict[ActType, tuple[Procedure, Stage]] = {
    ActType.PRESERVATION_REQUESTED: (Procedure.PRESERVATION, Stage.ASKED),
    ActType.PRESERVATION_ORDERED: (Procedure.PRESERVATION, Stage.ORDERED),
    ActType.DISCLOSURE_REQUESTED: (Procedure.DISCLOSURE, Stage.ASKED),
    ActType.DISCLOSURE_ORDERED: (Procedure.DISCLOSURE, Stage.ORDERED),
    ActType.PRODUCTION_ORDERED: (Procedure.PRODUCTION, Stage.ORDERED),
    ActType.ORDER_REASONED: (Procedure.PRODUCTION, Stage.KEPT),
    ActType.REVIEW_REQUESTED: (Procedure.REVIEW, Stage.ASKED),
    ActType.CASE_CLOSED: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.CASE_DISPOSED: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.DOSSIER_EXPORTED: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.KEY_ROTATED: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.DIRECTORY_SEEN: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.LEDGER_RESTORED: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.OPENING_REFUSED: (Procedure.HOUSEKEEPING, Stage.KEPT),
    ActType.AUTHORITY_NOTIFIED: (Procedure.PRODUCTION, Stage.ORDERED),
    ActType.ENFORCEMENT_REQUESTED: (Procedure.PRODUCTION, Stage.ORDERED),
    ActType.ALTERNATIVE_MEANS_RECORDED: (Procedure.HOUSEKEEPING, Stage.KEPT),
}
"""Acts that may open a matter at a node, with the procedure and the first stage."""

_TALK = frozenset(
    {
        ActType.NON_EXECUTION_STATED,
        ActType.CLARIFICATION_REQUESTED,
        ActType.CLARIFICATION_GIVEN,
        ActType.NON_EXECUTION_ACCEPTED,
        ActType.ORDER_REVIEWED,
        ActType.DEADLINE_SET,
        ActType.ENFORCEMENT_REQUESTED,
        ActType.ENFORCEMENT_DECIDED,
        ActType.COMPLIANCE_REQUIRED,
        ActType.OBJECTION_RAISED,
        ActType.COURT_REVIEW_REQUESTED,
        ActType.COURT_REVIEW_DECIDED,
    }
)
"""Steps about an order that leave it at the stage where it stands."""

_KEEPING = frozenset(
    {ActType.PRESERVATION_EXTENDED, ActType.FOLLOW_UP_CONFIRMED, ActType.PRESERVATION_RELEASED, *_TALK}
)
"""Steps about an order to preserve."""

_NOTICE = frozenset(
    {
        ActType.AUTHORITY_NOTIFIED,
        ActType.NO_GROUND_RAISED,
        ActType.GROUNDS_RAISED,
        ActType.PRESERVATION_RELEASED,
        ActType.PERSON_INFORMED,
        ActType.INFORMATION_DELAYED,
        ActType.USE_RESTRICTED,
        *_TALK,
    }
)
"""Steps about an order to produce."""

_REQUEST_TALK = frozenset(
    {
        ActType.REQUEST_ACKNOWLEDGED,
        ActType.DELAY_ANNOUNCED,
        ActType.CLARIFICATION_REQUESTED,
        ActType.CLARIFICATION_GIVEN,
    }
)
"""Steps about a request between authorities."""


def _staying(acts: frozenset[ActType], stage: Stage) -> dict[ActType, Stage]:
    """These acts may follow at the stage, and lead to no other."""
    return dict.fromkeys(sorted(acts), stage)


_PRESERVATION: Table = {
    Stage.ASKED: {
        **_staying(_REQUEST_TALK, Stage.ASKED),
        ActType.PRESERVATION_ORDERED: Stage.ORDERED,
        ActType.PRESERVATION_CONFIRMED: Stage.CONFIRMED,
        ActType.REQUEST_REFUSED: Stage.REFUSED,
    },
    Stage.ORDERED: {
        **_staying(_KEEPING, Stage.ORDERED),
        ActType.SEGMENT_SEALED: Stage.ORDERED,
        ActType.HOLD_CONFIRMED: Stage.HOLDING,
        ActType.REQUEST_REFUSED: Stage.REFUSED,
    },
    Stage.HOLDING: {
        **_staying(_KEEPING, Stage.HOLDING),
        ActType.PRESERVATION_CONFIRMED: Stage.CONFIRMED,
        ActType.EXHIBIT_DESTROYED: Stage.HOLDING,
    },
    Stage.CONFIRMED: {ActType.EXHIBIT_DESTROYED: Stage.CONFIRMED},
}


def _custody(stage: Stage) -> dict[ActType, Stage]:
    """What may happen to an exhibit at a stage; that one was destroyed moves nothing."""
    return {ActType.EXHIBIT_HANDED_OVER: Stage.HANDED_OVER, ActType.EXHIBIT_DESTROYED: stage}


_DISCLOSURE: Table = {
    Stage.ASKED: {
        **_staying(_REQUEST_TALK, Stage.ASKED),
        ActType.DISCLOSURE_DECIDED: Stage.DECIDED,
        ActType.REQUEST_REFUSED: Stage.REFUSED,
    },
    Stage.DECIDED: {
        ActType.DELAY_ANNOUNCED: Stage.DECIDED,
        ActType.DISCLOSURE_ORDERED: Stage.ORDERED,
        **_custody(Stage.DECIDED),
    },
    Stage.ORDERED: {**_custody(Stage.ORDERED)},
    Stage.HANDED_OVER: {ActType.EXHIBIT_RECEIVED: Stage.RECEIVED, **_custody(Stage.HANDED_OVER)},
    Stage.RECEIVED: {
        ActType.EXHIBIT_RECEIVED: Stage.RECEIVED,
        ActType.ITEMS_QUARANTINED: Stage.RECEIVED,
        ActType.ITEM_OPENED: Stage.RECEIVED,
        ActType.OPENING_REFUSED: Stage.RECEIVED,
        **_custody(Stage.RECEIVED),
    },
}

_PRODUCTION: Table = {
    Stage.KEPT: {ActType.PRODUCTION_ORDERED: Stage.ORDERED},
    Stage.ORDERED: {
        **_staying(_NOTICE, Stage.ORDERED),
        ActType.PRODUCTION_VALIDATED: Stage.VALIDATED,
        ActType.PRODUCTION_WITHDRAWN: Stage.WITHDRAWN,
        ActType.SEGMENT_SEALED: Stage.ORDERED,
        ActType.EXHIBIT_TAKEN_IN: Stage.ORDERED,
        ActType.REQUEST_REFUSED: Stage.REFUSED,
        ActType.EXHIBIT_HANDED_OVER: Stage.ORDERED,
        ActType.EXHIBIT_RECEIVED: Stage.ORDERED,
        ActType.ITEMS_QUARANTINED: Stage.ORDERED,
        ActType.ITEM_OPENED: Stage.ORDERED,
        ActType.OPENING_REFUSED: Stage.ORDERED,
        ActType.EXHIBIT_DESTROYED: Stage.ORDERED,
    },
    Stage.VALIDATED: {
        **_staying(_NOTICE, Stage.VALIDATED),
        ActType.PRODUCTION_WITHDRAWN: Stage.WITHDRAWN,
        ActType.SEGMENT_SEALED: Stage.VALIDATED,
        ActType.EXHIBIT_TAKEN_IN: Stage.VALIDATED,
        ActType.EXHIBIT_HANDED_OVER: Stage.VALIDATED,
        ActType.EXHIBIT_RECEIVED: Stage.VALIDATED,
        ActType.ITEMS_QUARANTINED: Stage.VALIDATED,
        ActType.ITEM_OPENED: Stage.VALIDATED,
        ActType.OPENING_REFUSED: Stage.VALIDATED,
        ActType.EXHIBIT_DESTROYED: Stage.VALIDATED,
    },
    Stage.WITHDRAWN: {
        ActType.USE_RESTRICTED: Stage.WITHDRAWN,
        ActType.PERSON_INFORMED: Stage.WITHDRAWN,
        ActType.EXHIBIT_DESTROYED: Stage.WITHDRAWN,
        ActType.EXHIBIT_RECEIVED: Stage.WITHDRAWN,
        ActType.OPENING_REFUSED: Stage.WITHDRAWN,
    },
}

_REVIEW: Table = {
    Stage.ASKED: {ActType.REVIEW_ANSWERED: Stage.ANSWERED, ActType.REVIEW_CONCLUDED: Stage.CONCLUDED},
    Stage.ANSWERED: {ActType.REVIEW_CONCLUDED: Stage.CONCLUDED},
}

TABLES: dict[Procedure, Table] = {
    Procedure.PRESERVATION: _PRESERVATION,
    Procedure.DISCLOSURE: _DISCLOSURE,
    Procedure.PRODUCTION: _PRODUCTION,
    Procedure.REVIEW: _REVIEW,
    Procedure.HOUSEKEEPING: {},
}

AFTER_CLOSING = frozenset(
    {
        ActType.CASE_DISPOSED,
        ActType.DOSSIER_EXPORTED,
        ActType.EXHIBIT_DESTROYED,
        ActType.EXHIBIT_RECEIVED,
        ActType.PRODUCTION_WITHDRAWN,
        ActType.REVIEW_CONCLUDED,
        ActType.OPENING_REFUSED,
        ActType.PRESERVATION_RELEASED,
        ActType.PERSON_INFORMED,
        ActType.USE_RESTRICTED,
        ActType.ALTERNATIVE_MEANS_RECORDED,
    }
)
"""What may still happen in a closed case: winding up, and never a new measure."""

IN_A_HOUSE = frozenset({ActType.KEY_ROTATED, ActType.DIRECTORY_SEEN, ActType.LEDGER_RESTORED})
"""The only acts in a node's own thread; it is never closed and never disposed of."""
