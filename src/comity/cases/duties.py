"""What a node owes in a case without anyone having to ask: pure, from the state and the clocks that have lapsed.

A duty is found in the state, not remembered beside it: after a crash, a restart or a long outage the same duties are
found again, and one that was done is found no more.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from msgspec import Struct

from comity.acts.classes import ActType
from comity.acts.matters import LapsedLimit
from comity.cases.state import CaseState, CustodyState, Direction, Exhibit, Matter, Phase
from comity.vocabulary.categories import FilterReason
from comity.vocabulary.identifiers import ActId, ExhibitId
from comity.vocabulary.procedures import Procedure, Stage


class TakeOver(Struct, frozen=True):
    """An exhibit was handed over to this node and has not been received."""

    exhibit: ExhibitId
    hand_over: ActId


class AnswerReview(Struct, frozen=True):
    """An oversight body asked for openings."""

    request: ActId


class ConcludeReview(Struct, frozen=True):
    """The openings that this node asked for are ready."""

    answer: ActId
    request: ActId


class Withdraw(Struct, frozen=True):
    """An order of this node lapsed because what the law makes it depend on did not come in time.

    `reason` is the code of the consequence that the limit has.
    """

    order: ActId
    reason: str
    limit: LapsedLimit


class Destroy(Struct, frozen=True):
    """An exhibit is kept although its order was withdrawn."""

    exhibit: ExhibitId
    reason: str


class ClearQuarantine(Struct, frozen=True):
    """What was put aside of an exhibit is kept although its term is over, or its destruction was decided."""

    exhibit: ExhibitId
    reason: FilterReason


class AskAgain(Struct, frozen=True):
    """Whoever holds copies was asked and has not answered in time, or keeps them although the date it gave is over."""

    asked: ActId


Duty = TakeOver | AnswerReview | ConcludeReview | Withdraw | Destroy | ClearQuarantine | AskAgain

DESTROYING = (Destroy, ClearQuarantine)
"""Duties that nothing undoes: not begun while a legal hold stands."""

WITHDRAWN = "order-withdrawn"

_NOT_VALIDATED = (Stage.ORDERED, Stage.HOLDING)
"""Where an order stands that its clock can take back: one that was validated too late is not validated."""


def duties(state: CaseState, lapsed: Collection[Withdraw], at: datetime | None = None) -> tuple[Duty, ...]:
    """All duties, in the order in which they are to be done; under a legal hold, none that begins to destroy.

    What was decided to be destroyed before the hold is destroyed to the end: one of the two was first, and that one wins.

    `lapsed` are the orders whose clock has run out with the consequence that they are withdrawn: a duty where the order is
    this node's and still stands as it was. `at` is the instant by which terms of quarantine are over; without it, none is.
    """
    if state.phase is Phase.DISPOSED:
        return ()
    found: list[Duty] = [*_withdrawals(state, lapsed), *_clearances(state, at)]
    asking = ask_again_at(state)
    if at is not None and asking is not None and asking <= at and state.copies:
        found.append(AskAgain(state.copies.asked[-1]))
    for matter in state.matters.values():
        found += _matter_duties(state, matter)
    return tuple(
        each for each in found if not state.legal_holds or not isinstance(each, DESTROYING) or _begun(state, each)
    )


def being_destroyed(state: CaseState) -> tuple[ExhibitId, ...]:
    """Exhibits of which an act decided that they, or what of them lies aside, are destroyed, and none that it is done."""
    return tuple(
        each.exhibit
        for each in state.exhibits.values()
        if each.destroying or (each.aside is not None and each.aside.destroying is not None)
    )


def _begun(state: CaseState, duty: Destroy | ClearQuarantine) -> bool:
    """Whether an act decided this destruction already."""
    known = state.exhibits[duty.exhibit]
    if isinstance(duty, Destroy):
        return bool(known.destroying)
    return known.aside is not None and known.aside.destroying is not None


def ask_again_at(state: CaseState) -> datetime | None:
    """When this node asks again for copies that it asked for; None while there is nothing to ask again.

    Once more where nobody answered in time; and when the date is over until which they were to be kept.
    """
    copies = state.copies
    if copies is None or not _asked_here(state):
        return None
    if copies.answered:
        return copies.until
    return copies.answer_by if len(copies.asked) == 1 else None


def unanswered_since(state: CaseState) -> datetime | None:
    """From when on copies are a matter for people: asked for twice in vain, or this node was asked and has not answered."""
    copies = state.copies
    if copies is None or copies.answered or (len(copies.asked) == 1 and _asked_here(state)):
        return None
    return copies.answer_by


def _asked_here(state: CaseState) -> bool:
    return any(step.type is ActType.COPIES_ASKED and step.direction is Direction.ISSUED for step in state.steps)


def _withdrawals(state: CaseState, lapsed: Collection[Withdraw]) -> Iterator[Withdraw]:
    issued = {step.act for step in state.steps if step.direction is Direction.ISSUED}
    for each in lapsed:
        name = state.matter_of(each.order)
        if each.order in issued and name and state.matters[name].stage in _NOT_VALIDATED:
            yield each


def _clearances(state: CaseState, at: datetime | None) -> Iterator[ClearQuarantine]:
    for exhibit in state.exhibits.values():
        aside = exhibit.aside
        if aside is None:
            continue
        if aside.destroying is not None:
            yield ClearQuarantine(exhibit.exhibit, aside.destroying)
        elif at is not None and aside.until is not None and aside.until <= at:
            yield ClearQuarantine(exhibit.exhibit, FilterReason.TERM_OVER)


def _matter_duties(state: CaseState, matter: Matter) -> Iterator[Duty]:
    if matter.procedure is Procedure.REVIEW:
        yield from _review_duties(state, matter)
    for exhibit in state.exhibits.values():
        if exhibit.matter == matter.opened_by:
            yield from _exhibit_duties(matter, exhibit)


def _exhibit_duties(matter: Matter, exhibit: Exhibit) -> Iterator[Duty]:
    if exhibit.state is CustodyState.DESTROYED:
        return
    if exhibit.destroying or matter.stage is Stage.WITHDRAWN:
        yield Destroy(exhibit.exhibit, exhibit.destroying or WITHDRAWN)
    elif exhibit.state is CustodyState.OFFERED:
        yield TakeOver(exhibit.exhibit, exhibit.hand_over)


def _review_duties(state: CaseState, matter: Matter) -> Iterator[Duty]:
    steps = {step.type: step for step in state.steps if step.matter == matter.opened_by}
    asked, answered = steps.get(ActType.REVIEW_REQUESTED), steps.get(ActType.REVIEW_ANSWERED)
    if matter.stage is Stage.ASKED and asked and asked.direction is Direction.RECEIVED:
        yield AnswerReview(asked.act)
    if matter.stage is Stage.ANSWERED and asked and answered and answered.direction is Direction.RECEIVED:
        yield ConcludeReview(answered.act, asked.act)
