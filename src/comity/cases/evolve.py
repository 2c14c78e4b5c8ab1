# ruff: noqa: ARG001 - every fold has the same signature, whether or not it needs each part
"""`admit` says whether an act may follow; `evolve` folds it into the state. Both pure, over one transition table.

`evolve` is total over admitted acts: what `admit` let into a ledger, every later version must be able to fold.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import singledispatch

from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts import custody_bodies as c
from comity.acts import order_bodies as o
from comity.acts import quarantine_bodies as q
from comity.acts import retention_bodies as r
from comity.acts.body import measure_of
from comity.acts.matters import Condition
from comity.acts.paper_bodies import PaperAnswerRecorded, SentByHand
from comity.acts.payload import Payload
from comity.acts.rules import RULES
from comity.cases.contradictions import contradiction
from comity.cases.house import house_case
from comity.cases.paper import stage_after
from comity.cases.parties import executing_named
from comity.cases.placing import placed_by
from comity.cases.state import (
    Aside,
    CaseState,
    Copies,
    CustodyState,
    Direction,
    Exhibit,
    FiledAct,
    Hold,
    Matter,
    Paper,
    Phase,
    Retention,
    Step,
)
from comity.cases.transitions import TABLES
from comity.vocabulary.categories import FilterDecision
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, ExhibitId
from comity.vocabulary.procedures import Stage


def admit(state: CaseState, payload: Payload) -> Refusal | None:
    """None when the act may follow now; otherwise why not.

    1. A house case takes acts about its node only. 2. A disposed case takes nothing. 3. A closed case takes only winding up.
    4. An act follows at a stage of the matter it answers, or opens a matter of its own. 5. It contradicts nothing that stands.
    """
    kind = payload.act.type
    rule = RULES[kind]
    # 1.
    if not rule.in_house and payload.case == house_case(payload.issuer):
        return Refusal("house-case", f"{kind} has no place in the thread of a node's own acts", do="name another case")
    # 2.
    if state.phase is Phase.DISPOSED:
        return Refusal("case-disposed", "the case was disposed of; nothing can be added to it")
    # 3.
    if state.phase is Phase.CLOSED and not rule.after_closing:
        return Refusal("case-closed", f"the case is closed; {kind} would be a new step in it", do="open a new case")
    # 4.
    if _place(state, payload) is None and rule.opens is None:
        return Refusal(
            "out-of-order",
            f"{kind} does not follow from anything in this case",
            do="answer an act of the case at a stage that allows it",
        )
    # 5.
    return contradiction(state, payload)


def _place(state: CaseState, payload: Payload) -> tuple[Matter, Stage] | None:
    """The matter the act belongs to and the stage it leads to."""
    placed = placed_by(state, payload)
    if placed is None:
        return None
    matter = state.matters[placed.matter]
    return matter, TABLES[matter.procedure][matter.stage][payload.act.type]


def evolve(state: CaseState, filed: FiledAct) -> CaseState:
    """The state after the act. An enclosed act leaves only its line in the history."""
    payload = filed.payload
    if filed.direction is Direction.ENCLOSED:
        return replace(state, steps=(*state.steps, _step(filed, filed.id, "")))
    placed = _place(state, payload)
    matter = replace(placed[0], stage=placed[1]) if placed is not None else _opened_by(filed)
    state = replace(
        state,
        steps=(*state.steps, _step(filed, matter.opened_by, state.measure_answered(payload.re) or matter.measure)),
        matters={**state.matters, matter.opened_by: matter},
    )
    return _fold(payload.body, state, filed, matter)


def _opened_by(filed: FiledAct) -> Matter:
    """The matter of its own that an act opens."""
    payload = filed.payload
    opening = RULES[payload.act.type].opens
    if opening is None:
        raise ValueError(f"{payload.act.type} opens nothing: it was never admitted")
    measure = measure_of(payload.body) or ""
    return Matter(filed.id, opening.procedure, opening.stage, payload.act.instrument, measure)


def _step(filed: FiledAct, matter: ActId, measure: str) -> Step:
    payload = filed.payload
    return Step(
        act=filed.id,
        type=payload.act.type,
        issuer=payload.issuer,
        to=payload.to,
        direction=filed.direction,
        at=payload.at,
        filed_at=filed.filed_at,
        instrument=payload.act.instrument,
        urgency=payload.act.urgency,
        measure=measure_of(payload.body) or measure,
        marks=payload.act.marks,
        matter=matter,
        executing=executing_named(payload),
    )


def _with_matter(state: CaseState, matter: Matter) -> CaseState:
    return replace(state, matters={**state.matters, matter.opened_by: matter})


def _with_exhibit(state: CaseState, exhibit: Exhibit) -> CaseState:
    return replace(state, exhibits={**state.exhibits, exhibit.exhibit: exhibit})


def _changed(state: CaseState, exhibit: ExhibitId, change: Callable[[Exhibit], Exhibit]) -> CaseState:
    """The state with the exhibit changed. Where the case has none of that name nothing changes: a peer may name any."""
    known = state.exhibits.get(exhibit)
    return state if known is None else _with_exhibit(state, change(known))


@singledispatch
def _fold(body: object, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """The state after an act with this body; most acts only move their matter to its next stage."""
    return state


@_fold.register
def _disclosure_requested(body: b.DisclosureRequested, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return _with_matter(state, replace(matter, asked=body.scope))


@_fold.register
def _disclosure_decided(body: b.DisclosureDecided, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return _with_matter(state, replace(matter, decisions=body.parts, conditions=body.conditions))


@_fold.register
def _disclosure_ordered(body: b.DisclosureOrdered, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return state if matter.asked else _with_matter(state, replace(matter, asked=body.scope))


@_fold.register
def _hold_confirmed(body: b.HoldConfirmed, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    if body.exhibit in state.holds:
        return state  # what was bound first stands; `contradiction` lets no second one in
    hold = Hold(body.exhibit, body.root, body.items, body.size, filed.id, filed.payload.issuer, matter.opened_by)
    state = replace(state, holds={**state.holds, body.exhibit: hold})
    if filed.direction is Direction.ISSUED:
        kept = Exhibit(body.exhibit, CustodyState.HELD, matter.opened_by, body.items, body.root)
        state = _with_exhibit(state, kept)
    return state


@_fold.register
def _preservation_confirmed(
    body: b.PreservationConfirmed, state: CaseState, filed: FiledAct, matter: Matter
) -> CaseState:
    if body.exhibit in state.holds:
        return state
    hold = Hold(body.exhibit, body.root, body.items, body.size, filed.id, filed.payload.issuer, matter.opened_by)
    return replace(state, holds={**state.holds, body.exhibit: hold})


@_fold.register
def _taken_in(body: b.ExhibitTakenIn, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return _with_exhibit(state, Exhibit(body.exhibit, CustodyState.HELD, matter.opened_by, body.items, body.root))


@_fold.register
def _handed_over(body: b.ExhibitHandedOver, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    offered = filed.direction is Direction.RECEIVED
    known = state.exhibits.get(body.exhibit)
    if known is not None:
        changed = replace(known, state=CustodyState.PASSED_ON) if not offered else known
        return _with_exhibit(state, changed)
    exhibit = Exhibit(
        exhibit=body.exhibit,
        state=CustodyState.OFFERED if offered else CustodyState.PASSED_ON,
        matter=matter.opened_by,
        items=body.items,
        hold_root=body.hold_root,
        supplier=filed.payload.issuer,
        hand_over=filed.id,
        held_up=body.portion.held_up if body.portion else (),
    )
    return _with_exhibit(state, exhibit)


@_fold.register
def _received(body: b.ExhibitReceived, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    if filed.direction is not Direction.ISSUED:
        return state
    held = CustodyState.HELD
    return _changed(
        state, body.exhibit, lambda known: replace(known, state=held, items=body.items, received_by=filed.id)
    )


@_fold.register
def _quarantined(body: b.ItemsQuarantined, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    def counted(known: Exhibit) -> Exhibit:
        known = replace(known, quarantined=(*known.quarantined, (body.code, body.items)))
        if filed.direction is not Direction.ISSUED:
            return known
        before = known.aside.items if known.aside else 0
        return replace(known, aside=Aside(before + body.items, known.hand_over))

    return _changed(state, body.exhibit, counted)


@_fold.register
def _term_set(body: q.QuarantineTermSet, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    known = state.exhibits.get(body.exhibit)
    if known is None or known.aside is None:
        return state
    return _with_exhibit(state, replace(known, aside=replace(known.aside, until=body.until)))


@_fold.register
def _aside_decided(body: q.QuarantineDecided, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """What is released becomes an exhibit of its own, in the grant's matter if there is one; what is destroyed waits to be certified."""
    known = state.exhibits.get(body.exhibit)
    if known is None or known.aside is None:
        return state
    if body.released is None:
        return _with_exhibit(state, replace(known, aside=replace(known.aside, destroying=body.reason)))
    left, under = known.aside.items - body.items, body.grant or body.released
    state = _with_exhibit(
        state, replace(known, aside=replace(known.aside, items=left, under=under) if left > 0 else None)
    )
    released = Exhibit(
        exhibit=body.released,
        state=CustodyState.HELD,
        matter=(body.grant and state.matter_of(body.grant)) or known.matter,
        items=body.items,
        hold_root=known.hold_root,
        supplier=known.supplier,
        hand_over=known.hand_over,
        received_by=filed.id,
        held_up=() if body.grant else known.held_up,
    )
    return _with_exhibit(state, released)


@_fold.register
def _aside_resolved(body: q.QuarantineResolved, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    if filed.direction is not Direction.ISSUED or body.decision is not FilterDecision.DESTROY:
        return state
    return _changed(state, body.exhibit, lambda known: replace(known, aside=None))


@_fold.register
def _opened(body: c.ItemOpened, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return _changed(state, body.exhibit, lambda known: replace(known, openings=known.openings + len(body.leaves)))


@_fold.register
def _to_be_destroyed(body: b.DestructionDecided, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    returning = body.returned_to or ""
    return _changed(state, body.exhibit, lambda known: replace(known, destroying=body.reason, returning=returning))


@_fold.register
def _grounds_raised(body: o.GroundsRaised, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return _with_matter(state, _bound(matter, body.conditions))


@_fold.register
def _use_restricted(body: o.UseRestricted, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """Under conditions the data are used; without any, not at all. It binds the node that says it of its own exhibit."""
    known = state.exhibits.get(body.exhibit)
    if known is None or filed.direction is not Direction.ISSUED:
        return state
    state = _with_exhibit(state, replace(known, restricted_by="" if body.conditions else filed.id))
    return _with_matter(state, _bound(state.matters[known.matter], body.conditions))


def _bound(matter: Matter, conditions: tuple[Condition, ...]) -> Matter:
    """The matter with these conditions beside those on it: none is lifted by another."""
    return replace(matter, conditions=tuple(dict.fromkeys((*matter.conditions, *conditions))))


@_fold.register
def _returned(body: c.ExhibitReturned, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """Whoever gave it back has nothing of it any more; to whom it was given back it is as before it was handed over."""
    return _changed(state, body.exhibit, _gone if filed.direction is Direction.ISSUED else _back)


@_fold.register
def _destroyed(body: b.ExhibitDestroyed, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return _changed(state, body.exhibit, _gone) if filed.direction is Direction.ISSUED else state


def _back(known: Exhibit) -> Exhibit:
    return replace(known, state=CustodyState.HELD) if known.state is CustodyState.PASSED_ON else known


def _gone(known: Exhibit) -> Exhibit:
    return replace(known, state=CustodyState.DESTROYED, aside=None, destroying="", returning="")


@_fold.register
def _hold_set(body: b.LegalHoldSet, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return replace(state, legal_holds=(*state.legal_holds, filed.id))


@_fold.register
def _hold_lifted(body: b.LegalHoldLifted, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return replace(state, legal_holds=tuple(each for each in state.legal_holds if each != body.hold))


@_fold.register
def _screen_set(body: q.ScreenSet, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return replace(state, screens=(*state.screens, filed.id))


@_fold.register
def _screen_lifted(body: q.ScreenLifted, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return replace(state, screens=tuple(each for each in state.screens if each != body.screen))


@_fold.register
def _retention_set(body: r.RetentionSet, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """What was set before is replaced, extensions included."""
    review = None if body.review_days is None else filed.filed_at + timedelta(days=body.review_days)
    kept = Retention(filed.id, body.rule, body.citation, body.at_least, body.at_most, next_review=review)
    return replace(state, retention=kept)


@_fold.register
def _retention_extended(body: r.RetentionExtended, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    kept = state.retention or Retention()
    return replace(state, retention=replace(kept, extended_by=filed.id, extended_to=body.until))


@_fold.register
def _retention_reviewed(body: r.RetentionReviewed, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    kept = state.retention or Retention()
    return replace(state, retention=replace(kept, next_review=body.next_review, reviewed_at=filed.filed_at))


@_fold.register
def _copies_asked(body: r.CopiesAsked, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    asked = (*(state.copies.asked if state.copies else ()), filed.id)
    issuer, (holder, *_) = filed.payload.issuer, filed.payload.to
    return replace(state, copies=Copies(body.about, issuer, holder, body.reason, asked, body.answer_by, body.order))


@_fold.register
def _copies_reported(body: r.CopiesReported, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    if state.copies is None:
        return state
    told = replace(state.copies, answered=filed.id, standing=body.standing, ground=body.ground, until=body.until)
    return replace(state, copies=told)


@_fold.register
def _sent_by_hand(body: SentByHand, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return replace(state, papers=(*state.papers, Paper(filed.id, body.act, body.partner, body.sent_at, body.file)))


@_fold.register
def _answered_on_paper(body: PaperAnswerRecorded, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """The matter goes where the act would lead it that the paper amounts to."""
    paper = Paper(filed.id, body.answers, body.partner, body.received, body.file, body.counts_as)
    stage = stage_after(body, state, filed.payload) or matter.stage
    return _with_matter(replace(state, papers=(*state.papers, paper)), replace(matter, stage=stage))


@_fold.register
def _closed(body: b.CaseClosed, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    return replace(state, phase=Phase.CLOSED)


@_fold.register
def _disposed(body: b.CaseDisposed, state: CaseState, filed: FiledAct, matter: Matter) -> CaseState:
    """A tombstone: that the case was, and the certificate of its end; nothing of what it said."""
    steps = tuple(step for step in state.steps if step.act == filed.id)
    return CaseState(state.case, Phase.DISPOSED, steps, {matter.opened_by: matter})
