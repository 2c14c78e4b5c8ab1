# ruff: noqa: ARG001 - every question has the same signature, whether or not it needs each part
"""What an act may not say because the case knows it otherwise: a bound root, a holder, a grant.

An act can come from the right party, at the right stage, and still contradict what stands: confirm a hold anew with another
root, hand over what its giver does not hold, order more than was granted. None of this is for a later act to change; it is
refused before it is filed, at the node that makes it and at the one that receives it.
"""

from datetime import datetime
from functools import singledispatch

from comity.acts import bodies as b
from comity.acts import custody_bodies as c
from comity.acts import quarantine_bodies as q
from comity.acts import retention_bodies as r
from comity.acts.paper_bodies import PaperAnswerRecorded, SentByHand
from comity.acts.payload import Payload
from comity.cases.copies import copies_thread
from comity.cases.grants import beyond, granted_parts
from comity.cases.paper import answer_refused, sending_refused
from comity.cases.placing import placed_by
from comity.cases.state import CaseState, CustodyState, Direction, Exhibit, Phase
from comity.ledger.tree import root_of
from comity.vocabulary.categories import CopiesStanding, FilterDecision, FilterReason
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.instants import rfc3339


def contradiction(state: CaseState, payload: Payload) -> Refusal | None:
    """Why the act cannot stand beside what the case knows; None when it can."""
    return _against(payload.body, state, payload)


@singledispatch
def _against(body: object, state: CaseState, payload: Payload) -> Refusal | None:
    """Most acts say nothing that an earlier one could have settled."""
    return None


@_against.register
def _sent_by_hand(body: SentByHand, state: CaseState, payload: Payload) -> Refusal | None:
    return sending_refused(body, state, payload)


@_against.register
def _answered_on_paper(body: PaperAnswerRecorded, state: CaseState, payload: Payload) -> Refusal | None:
    return answer_refused(body, state, payload)


def under_legal_hold(state: CaseState) -> Refusal | None:
    """None when nothing stands against destroying; else which holds do."""
    if not state.legal_holds:
        return None
    return Refusal(
        "legal-hold",
        f"nothing of the case is destroyed while it is under legal hold: {', '.join(state.legal_holds)}",
        do="have every hold lifted by an office that may (comity case lift-hold)",
    )


@_against.register
def _disposed(body: b.CaseDisposed, state: CaseState, payload: Payload) -> Refusal | None:
    return under_legal_hold(state) or kept_longer(state, payload.at)


def kept_longer(state: CaseState, at: datetime) -> Refusal | None:
    """None when the office's own rule for the case lets it be disposed of at that instant; else the rule and its date."""
    kept = state.retention
    if kept is None or kept.at_least is None or kept.at_least <= at:
        return None
    return Refusal(
        "too-early",
        f"the case is kept at least until {rfc3339(kept.at_least)} by the office's own rule {kept.rule} ({kept.citation})",
        do="wait, or have another retention set (comity case keep)",
    )


@_against.register
def _extended(body: r.RetentionExtended, state: CaseState, payload: Payload) -> Refusal | None:
    return _ahead(body.until, payload.at)


@_against.register
def _reviewed(body: r.RetentionReviewed, state: CaseState, payload: Payload) -> Refusal | None:
    return _ahead(body.next_review, payload.at)


def _ahead(date: datetime, at: datetime) -> Refusal | None:
    return None if date > at else Refusal("not-ahead", "what is kept is kept until a date that is still to come")


@_against.register
def _copies_asked(body: r.CopiesAsked, state: CaseState, payload: Payload) -> Refusal | None:
    """One holder is asked in a thread, which is derived from who asks whom about which case or order."""
    if [payload.case] != [copies_thread(payload.issuer, each, body.about, body.order) for each in payload.to]:
        return Refusal("not-its-thread", "copies are asked for of one holder, in the thread of that question")
    return _ahead(body.answer_by, payload.at)


@_against.register
def _copies_reported(body: r.CopiesReported, state: CaseState, payload: Payload) -> Refusal | None:
    """Copies that were reported as destroyed do not come back."""
    if state.copies is None or state.copies.about != body.about:
        return Refusal("not-its-thread", "this thread asks for no copies of that case")
    if state.copies.standing is CopiesStanding.DESTROYED:
        return Refusal("destroyed-before", "the copies were reported as destroyed already")
    return None if body.until is None else _ahead(body.until, payload.at)


@_against.register
def _to_be_destroyed(body: b.DestructionDecided, state: CaseState, payload: Payload) -> Refusal | None:
    """Decided under the case's lock: a legal hold that stands by then wins, one that comes later finds it decided."""
    known = state.exhibits.get(body.exhibit)
    if known is None or known.state is CustodyState.DESTROYED:
        return Refusal("nothing-kept", "nothing of that exhibit is kept here")
    return under_legal_hold(state)


@_against.register
def _returned(body: c.ExhibitReturned, state: CaseState, payload: Payload) -> Refusal | None:
    """1. It goes from the taker of that hand-over to its giver. 2. The taker has decided to, which no legal hold stood against."""
    known = state.exhibits.get(body.exhibit)
    given = next((each for each in state.steps if each.act == body.hand_over), None)
    # 1.
    if known is None or given is None or payload.issuer not in given.to or given.issuer not in payload.to:
        return Refusal("not-its-holder", "an exhibit is given back by who received it, to whom it came from")
    # 2.
    if given.direction is Direction.RECEIVED and known.returning != given.issuer:
        return Refusal("nothing-to-return", "nobody decided to give that exhibit back")
    return None


@_against.register
def _match_reviewed(body: c.MatchReviewed, state: CaseState, payload: Payload) -> Refusal | None:
    """1. Whoever reviews holds what the order is carried out from. 2. The items that are listed are those of the root."""
    known = state.exhibits.get(body.exhibit)
    # 1.
    if known is None or known.state is not CustodyState.HELD or state.matter_of(body.order) is None:
        return Refusal("not-held", "what an order matches is reviewed by who holds the exhibit, in the order's case")
    # 2.
    if root_of([bytes.fromhex(item) for item in body.listed]).hex() != body.root:
        return Refusal("root-differs", "the items that are listed are others than the root binds")
    return None


@_against.register
def _lifted(body: b.LegalHoldLifted, state: CaseState, payload: Payload) -> Refusal | None:
    if body.hold in state.legal_holds:
        return None
    return Refusal("no-such-hold", "no legal hold of that name stands in the case", do="comity case holds")


@_against.register
def _screen_lifted(body: q.ScreenLifted, state: CaseState, payload: Payload) -> Refusal | None:
    if body.screen in state.screens:
        return None
    return Refusal("no-such-screen", "no screen of that name stands in the case", do="comity case screens")


@_against.register
def _hold_confirmed(body: b.HoldConfirmed, state: CaseState, payload: Payload) -> Refusal | None:
    """A hold is confirmed by its custodian once: what was bound then is what every item proves itself against."""
    if body.exhibit in state.holds or body.exhibit in state.exhibits:
        return Refusal(
            "hold-confirmed-before",
            "the hold under this exhibit's name is bound already; it is confirmed once",
            do="give a further hold a name of its own",
        )
    return None


@_against.register
def _preservation_confirmed(body: b.PreservationConfirmed, state: CaseState, payload: Payload) -> Refusal | None:
    """Whoever passes a confirmation on, or confirms a second request by the same hold, says what was bound."""
    hold = state.holds.get(body.exhibit)
    if hold is not None and (hold.root, hold.items, hold.size) != (body.root, body.items, body.size):
        return Refusal(
            "hold-differs",
            "the hold under this exhibit's name was bound to another root or other counts",
            do="confirm the hold as its custodian bound it",
        )
    return None


@_against.register
def _taken_in(body: b.ExhibitTakenIn, state: CaseState, payload: Payload) -> Refusal | None:
    if body.exhibit in state.exhibits or body.exhibit in state.holds:
        return Refusal("exhibit-known", "an exhibit of this name is in the case already")
    return None


@_against.register
def _handed_over(body: b.ExhibitHandedOver, state: CaseState, payload: Payload) -> Refusal | None:
    """1. An exhibit that the case knows is given by its holder only, and once. 2. The hold's root is the one that was bound."""
    # 1.
    known = state.exhibits.get(body.exhibit)
    if known is not None and known.state is CustodyState.PASSED_ON:
        return Refusal(
            "handed-over", "that exhibit was handed over already", do="wait for its taker's receipt, or its return"
        )
    if known is not None and _holder(state, known) != payload.issuer:
        return Refusal("not-its-holder", "an exhibit of this name is in the case, and its giver does not hold it")
    # 2.
    hold = state.holds.get(body.hold_exhibit)
    if hold is not None and hold.root != body.hold_root:
        return Refusal("hold-differs", "the hand-over names another root than the hold was bound to")
    return None


@_against.register
def _disclosure_ordered(body: b.DisclosureOrdered, state: CaseState, payload: Payload) -> Refusal | None:
    """An order that carries out a decision orders what was granted, and nothing beyond it."""
    answered = placed_by(state, payload)
    if answered is None:
        return None
    over = beyond(body.scope, granted_parts(state.matters[answered.matter]))
    if over:
        return Refusal(
            "beyond-grant", f"the order goes beyond what was granted: {', '.join(over)}", do="order what was granted"
        )
    return None


@_against.register
def _aside_decided(body: q.QuarantineDecided, state: CaseState, payload: Payload) -> Refusal | None:
    """1. There is something aside, and nothing decided about it yet. 2. A release has a name of its own, and a grant if it needs one.

    What is released as not privileged needs none. 3. Nothing is released once the case is closed, nor more than there is. Nothing is destroyed under a legal hold.
    """
    known = state.exhibits.get(body.exhibit)
    # 1.
    if known is None or known.aside is None:
        return Refusal("nothing-aside", "nothing of that exhibit lies in quarantine here")
    if known.aside.destroying is not None:
        return Refusal("decided-before", "the destruction of what was put aside is decided already")
    if body.decision is FilterDecision.DESTROY:
        return under_legal_hold(state)
    return _not_releasable(body, state, known.aside.items)


def _not_releasable(body: q.QuarantineDecided, state: CaseState, aside: int) -> Refusal | None:
    # 2.
    granted = body.grant is not None and state.matter_of(body.grant) is not None
    if body.released is None or granted != (body.reason is not FilterReason.NOT_PRIVILEGED):
        return Refusal("no-grant", "what was put aside is released under a grant of this case, or as not privileged")
    if body.released in state.exhibits or body.released in state.holds:
        return Refusal("exhibit-known", "an exhibit of that name is in the case already")
    # 3.
    if state.phase is not Phase.OPEN or not 0 < body.items <= aside:
        return Refusal("not-to-release", "the case is closed, or fewer items lie aside than are to be released")
    return None


def _holder(state: CaseState, exhibit: Exhibit) -> AuthorityId | None:
    """Who holds the exhibit, as far as this node's acts show: its last taker, or who assembled it here."""
    if exhibit.state in (CustodyState.OFFERED, CustodyState.DESTROYED):
        return None
    by = exhibit.received_by or exhibit.hand_over
    return next((step.issuer for step in state.steps if step.act == by), None)
