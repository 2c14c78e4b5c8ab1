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
}
"""Acts that may open a matter at a node, with the procedure and the first stage."""

_PRESERVATION: Table = {
    Stage.ASKED: {
        ActType.PRESERVATION_ORDERED: Stage.ORDERED,
        ActType.PRESERVATION_CONFIRMED: Stage.CONFIRMED,
        ActType.REQUEST_REFUSED: Stage.REFUSED,
    },
    Stage.ORDERED: {
        ActType.SEGMENT_SEALED: Stage.ORDERED,
        ActType.HOLD_CONFIRMED: Stage.HOLDING,
        ActType.REQUEST_REFUSED: Stage.REFUSED,
    },
    Stage.HOLDING: {ActType.PRESERVATION_CONFIRMED: Stage.CONFIRMED, ActType.EXHIBIT_DESTROYED: Stage.HOLDING},
    Stage.CONFIRMED: {ActType.EXHIBIT_DESTROYED: Stage.CONFIRMED},
}

_CUSTODY = {
    ActType.EXHIBIT_HANDED_OVER: Stage.HANDED_OVER,
    ActType.EXHIBIT_DESTROYED: Stage.RECEIVED,
}

_DISCLOSURE: Table = {
    Stage.ASKED: {ActType.DISCLOSURE_DECIDED: Stage.DECIDED, ActType.REQUEST_REFUSED: Stage.REFUSED},
    Stage.DECIDED: {ActType.DISCLOSURE_ORDERED: Stage.ORDERED, **_CUSTODY},
    Stage.ORDERED: {**_CUSTODY},
    Stage.HANDED_OVER: {ActType.EXHIBIT_RECEIVED: Stage.RECEIVED, **_CUSTODY},
    Stage.RECEIVED: {
        ActType.EXHIBIT_RECEIVED: Stage.RECEIVED,
        ActType.ITEMS_QUARANTINED: Stage.RECEIVED,
        ActType.ITEM_OPENED: Stage.RECEIVED,
        ActType.OPENING_REFUSED: Stage.RECEIVED,
        **_CUSTODY,
    },
}

_PRODUCTION: Table = {
    Stage.KEPT: {ActType.PRODUCTION_ORDERED: Stage.ORDERED},
    Stage.ORDERED: {
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
    }
)
"""What may still happen in a closed case: winding up, and never a new measure."""
