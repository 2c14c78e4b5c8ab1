"""Who may say what in a case: asked of every act that comes from outside, beside whether it may follow there.

A genuine seal says who speaks, not that it is theirs to say. Without this a peer could close another's case, grant its own
request, or take back an order that it was to execute.
"""

from comity.acts.bodies import ProductionValidated, ProductionWithdrawn
from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.cases.house import house_case
from comity.cases.placing import placed_by
from comity.cases.state import CaseState, Direction, Step
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import AuthorityId

NEVER_SENT = frozenset(
    {
        ActType.SEGMENT_SEALED,
        ActType.EXHIBIT_TAKEN_IN,
        ActType.ORDER_REASONED,
        ActType.OPENING_REFUSED,
        ActType.CASE_CLOSED,
        ActType.CASE_DISPOSED,
        ActType.DOSSIER_EXPORTED,
        ActType.DIRECTORY_SEEN,
        ActType.PADDING,
    }
)
"""What a node says in its own ledger only. Enclosed in others' acts they may travel; as acts to somebody they never do."""

OF_THE_HOUSE = frozenset({ActType.KEY_ROTATED, ActType.LEDGER_RESTORED})
"""What a node tells everyone about itself, in its own house case and nowhere else."""

BY_ADDRESSEE = frozenset(
    {
        ActType.PRESERVATION_ORDERED,
        ActType.HOLD_CONFIRMED,
        ActType.PRESERVATION_CONFIRMED,
        ActType.REQUEST_REFUSED,
        ActType.DISCLOSURE_DECIDED,
        ActType.DISCLOSURE_ORDERED,
        ActType.EXHIBIT_HANDED_OVER,
        ActType.EXHIBIT_RECEIVED,
        ActType.ITEMS_QUARANTINED,
        ActType.ITEM_OPENED,
        ActType.REVIEW_ANSWERED,
        ActType.REVIEW_CONCLUDED,
    }
)
"""Answers: only who was addressed by the act that is answered gives them."""

BY_ISSUER = frozenset({ActType.PRODUCTION_VALIDATED, ActType.PRODUCTION_WITHDRAWN})
"""What only the issuer of the act it refers to may add to it."""


def entitled(state: CaseState, payload: Payload) -> Refusal | None:
    """None when the act is its issuer's to say, as far as this node knows the case; else why not.

    1. It is an act that is sent at all. 2. Acts about a node stand in its own house case, and no others stand in any.
    3. A case under way takes acts of those only whom one of its acts names. 4. An answer comes from whom the answered
    act addressed, and what belongs to an act comes from its issuer.
    """
    kind, issuer = payload.act.type, payload.issuer
    # 1.
    if kind in NEVER_SENT:
        return _not_theirs(f"{kind} is said by a node to itself only")
    # 2.
    if (kind in OF_THE_HOUSE) != (payload.case == house_case(issuer)):
        return _not_theirs("what a node says about itself stands in its own house case, and nothing else does")
    # 3.
    if (
        kind not in OF_THE_HOUSE
        and state.steps
        and not any(_names(step, issuer) for step in state.steps if step.direction is not Direction.ENCLOSED)
    ):
        return _not_theirs("the issuer has no part in this case")
    # 4.
    return _misplaced(state, payload)


def _misplaced(state: CaseState, payload: Payload) -> Refusal | None:
    """Asked of the very act that lets this one follow: naming another beside it gives no one more to say."""
    kind, issuer = payload.act.type, payload.issuer
    answered = placed_by(state, payload)
    if answered is None:
        return None
    if kind in BY_ADDRESSEE and issuer not in answered.to:
        return _not_theirs(f"{kind} is for whom the act it answers was addressed to")
    if isinstance(payload.body, ProductionValidated | ProductionWithdrawn):
        own = next((step.issuer for step in state.steps if step.act == payload.body.order), "")
        if answered.act != payload.body.order or issuer != own:
            return _not_theirs(f"{kind} is for the issuer of the order, and answers the order")
    return None


def _names(step: Step, authority: AuthorityId) -> bool:
    return authority == step.issuer or authority in step.to


def _not_theirs(what: str) -> Refusal:
    return Refusal("not-allowed", what, do="ask whose step it is")


MADE_BY_USE_CASES = (
    (NEVER_SENT - {ActType.ORDER_REASONED})
    | OF_THE_HOUSE
    | {
        ActType.HOLD_CONFIRMED,
        ActType.EXHIBIT_HANDED_OVER,
        ActType.EXHIBIT_RECEIVED,
        ActType.ITEMS_QUARANTINED,
        ActType.EXHIBIT_DESTROYED,
        ActType.ITEM_OPENED,
        ActType.REVIEW_REQUESTED,
        ActType.REVIEW_ANSWERED,
        ActType.REVIEW_CONCLUDED,
    }
)
"""Acts that say what a use case has done: never written by hand, or they would say what was not done."""
