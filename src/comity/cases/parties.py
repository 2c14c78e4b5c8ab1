"""Who may say what in a case: asked of every act that comes from outside, beside whether it may follow there.

A genuine seal says who speaks, not that it is theirs to say. Without this a peer could close another's case, grant its own
request, or take back an order that it was to execute.
"""

from comity.acts.bodies import ProductionOrdered
from comity.acts.body import AboutOrder
from comity.acts.classes import ActType
from comity.acts.order_bodies import AuthorityNotified, EnforcementRequested
from comity.acts.payload import Payload
from comity.acts.rules import RULES, Sayer
from comity.cases.house import house_case
from comity.cases.placing import placed_by
from comity.cases.state import CaseState, Direction, Step
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId

_SPEAK_OF_ANOTHERS = frozenset({ActType.AUTHORITY_NOTIFIED, ActType.ENFORCEMENT_REQUESTED})
"""Openings by which an authority hears of an order that was never addressed to it."""


def entitled(state: CaseState, payload: Payload) -> Refusal | None:
    """None when the act is its issuer's to say, as far as this node knows the case; else why not.

    1. It is an act that is sent at all. 2. Acts about a node stand in its own house case, and no others stand in any.
    3. A case under way takes acts of those only whom one of its acts names. 4. An answer comes from whom the answered
    act addressed, what belongs to an act from its issuer, and what is the executing State's from whom the act names as such.
    """
    kind, issuer = payload.act.type, payload.issuer
    rule = RULES[kind]
    # 1.
    if rule.sayer is Sayer.ITSELF:
        return _not_theirs(f"{kind} is said by a node to itself only")
    # 2.
    if rule.in_house != (payload.case == house_case(issuer)):
        return _not_theirs("what a node says about itself stands in its own house case, and nothing else does")
    # 3.
    if (
        not rule.in_house
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
    refusal = not_executing(state, payload)
    if refusal is not None:
        return refusal
    sayer = RULES[kind].sayer
    if sayer is Sayer.ADDRESSEE and issuer not in answered.to:
        return _not_theirs(f"{kind} is for whom the act it answers was addressed to")
    if (
        sayer is Sayer.ISSUER
        and isinstance(payload.body, AboutOrder)
        and issuer != _issuer_of(state, payload.body.order, answered.matter)
    ):
        return _not_theirs(f"{kind} is for the issuer of the order, and answers what is about that order")
    return None


def not_executing(state: CaseState, payload: Payload) -> Refusal | None:
    """Why an act that only the executing State's authority can say is not this issuer's; None for every other act.

    Asked of a node's own acts as well: what is said there stops or frees what this very node may do.
    """
    kind, issuer = payload.act.type, payload.issuer
    answered = placed_by(state, payload)
    if RULES[kind].sayer is not Sayer.EXECUTING or answered is None:
        return None
    goes_on = RULES[answered.type].sayer is Sayer.EXECUTING and issuer == answered.issuer
    if issuer in answered.executing or goes_on:
        return None
    return _not_theirs(f"{kind} is for the authority that the order or the request names for the executing State")


def executing_named(payload: Payload) -> tuple[AuthorityId, ...]:
    """The authorities of the State where an order is executed that the act gives a part in the case."""
    match payload.body:
        case ProductionOrdered(notified=str() as notified):
            return (notified,)
        case AuthorityNotified():
            return payload.to
        case EnforcementRequested(enforcing=enforcing):
            return payload.to if enforcing is None else (enforcing,)
        case _:
            return ()


def _issuer_of(state: CaseState, order: ActId, matter: ActId) -> AuthorityId | None:
    """Who issued the order, if it is of this matter. Where it was never sent here, who opened the matter by telling of it."""
    own = next((step for step in state.steps if step.act == order), None)
    if own is not None:
        return own.issuer if own.matter == matter else None
    opening = next((step for step in state.steps if step.act == matter), None)
    return opening.issuer if opening is not None and opening.type in _SPEAK_OF_ANOTHERS else None


def _names(step: Step, authority: AuthorityId) -> bool:
    return authority == step.issuer or authority in step.to or authority in step.executing


def _not_theirs(what: str) -> Refusal:
    return Refusal("not-allowed", what, do="ask whose step it is")
