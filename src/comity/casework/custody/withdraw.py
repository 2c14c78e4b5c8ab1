"""Withdraw: an order that lapsed or was revoked is taken back at once, and what came of it is destroyed where it lies."""

from collections.abc import Iterator

from comity.acts.bodies import DestructionDecided, ExhibitDestroyed, ExhibitReceived, ProductionWithdrawn
from comity.acts.classes import ActType
from comity.acts.custody_bodies import ExhibitReturned
from comity.acts.payload import Payload
from comity.cases.duties import Withdraw
from comity.cases.state import CaseState, CustodyState, Direction, Exhibit, Step
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.copies import asked_with
from comity.casework.custody.derived_copies import destroy_copies
from comity.casework.custody.exhibits import destroy, destroy_aside
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId


def withdraw(bench: Workbench, duty: Withdraw) -> None:
    """Files the act that takes the order back, once, to everyone it was addressed to and every authority that was told of it.

    With it they are asked for copies of what came under the order (`comity.casework.custody.copies`).

    The act says by which limit the order lapsed and how it was counted: whoever gets it can count again.
    """
    order = duty.order
    ordered = payload_of(bench, order)
    told = [step for step in _of_matter(bench, order, ordered.case) if step.executing and step.act != order]
    payload = compose(
        bench,
        case=ordered.case,
        body=ProductionWithdrawn(order, duty.reason, duty.limit),
        instrument=ordered.act.instrument,
        to=tuple(dict.fromkeys((*ordered.to, *(each for step in told for each in step.executing)))),
        re=[order, *(step.act for step in told)],
        urgency=ordered.act.urgency,
    )

    def withdrawn_before(state: CaseState) -> bool:
        return any(
            step.type is ActType.PRODUCTION_WITHDRAWN and step.matter == state.matter_of(order) for step in state.steps
        )

    file_own(bench, payload, *asked_with(bench, payload), done=withdrawn_before)


def _of_matter(bench: Workbench, order: ActId, case: CaseId) -> Iterator[Step]:
    """What this node itself said in the matter of the order: nobody is told of the end who was not told of the beginning."""
    state = state_of(bench, case)
    matter = state.matter_of(order)
    return (step for step in state.steps if step.matter == matter and step.direction is Direction.ISSUED)


def destroy_exhibit(bench: Workbench, case: CaseId, exhibit: ExhibitId, reason: str) -> ActId | None:
    """The exhibit's keys and objects are gone from here; the act that says so to whoever supplied or got it, unless it did before.

    1. The decision is in the ledger, which no legal hold stands against; from then on none stops it. 2. Keys, then objects, then
    redacted copies are gone. 3. The act: of destruction, or of giving it back where that was decided. A crash in between leaves
    a duty that is done again, never an act that claims too much. Raises `RefusedError` under a legal hold.
    """
    # 1.
    state = state_of(bench, case)
    known = state.exhibits[exhibit]
    answered = next(step for step in reversed(state.steps) if step.matter == known.matter and step.to)
    decision = compose(bench, case=case, body=DestructionDecided(exhibit, reason), instrument=NODE, re=[answered.act])
    file_own(bench, decision, done=lambda state: _decided(state, exhibit))
    # Somebody else may have decided first, for another reason, or that it is given back.
    state = state_of(bench, case)
    if _gone(state, exhibit):
        return None
    known = state.exhibits[exhibit]
    # 2.
    objects = destroy(bench, exhibit) + destroy_aside(bench, case, exhibit) + destroy_copies(bench, case)
    # 3.
    if known.returning:
        payload = _returned(bench, state, known, objects)
    else:
        payload = _destroyed(bench, state, known, answered=answered.act, objects=objects)
    filed = file_own(bench, payload, done=lambda state: _gone(state, exhibit))
    return next(iter(filed.indexes), None)


def _destroyed(bench: Workbench, state: CaseState, known: Exhibit, *, answered: ActId, objects: int) -> Payload:
    matter = known.matter
    others = sorted({party for step in state.steps if step.matter == matter for party in (step.issuer, *step.to)})
    return compose(
        bench,
        case=state.case,
        body=ExhibitDestroyed(known.exhibit, known.destroying, objects),
        instrument=state.matters[matter].instrument,
        to=[party for party in others if party != bench.me],
        re=[answered],
    )


def _returned(bench: Workbench, state: CaseState, known: Exhibit, objects: int) -> Payload:
    received = payload_of(bench, known.received_by).body
    if not isinstance(received, ExhibitReceived):
        raise BrokenInputError(ErrorCode.NOT_ALLOWED, "only what was received by a hand-over is given back")
    body = ExhibitReturned(
        known.exhibit, received.hand_over, received.objects_root, received.items, known.destroying, objects
    )
    return compose(bench, case=state.case, body=body, instrument=NODE, to=[known.returning], re=[received.hand_over])


def _decided(state: CaseState, exhibit: ExhibitId) -> bool:
    return _gone(state, exhibit) or bool(state.exhibits[exhibit].destroying)


def _gone(state: CaseState, exhibit: ExhibitId) -> bool:
    """Whether nothing of it is here: it was destroyed, or the whole case disposed of."""
    known = state.exhibits.get(exhibit)
    return known is None or known.state is CustodyState.DESTROYED
