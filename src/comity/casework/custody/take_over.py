"""Take over: every object of a hand-over is fetched and verified; who asked for the data also looks inside.

1. Fetch all objects; a broken connection resumes. 2. A holder in between stops here: it holds what it did not open.
3. The authority that asked examines every item: its proof against the hold root, the scope that was granted, its content
against its descriptor, and the case's screens. What fails or meets one goes into quarantine under a key of its own. 4. The
taker's act carries the giver's hashes; quarantine is answered with a count and a code. Where the screens changed meanwhile, it
is examined anew. Only one at a time is at a hand-over: each clears away what another that was cut short has kept.
"""

from datetime import timedelta

from msgspec.structs import replace

from comity.acts.bodies import (
    AnyBody,
    ExhibitHandedOver,
    ExhibitReceived,
    ExhibitTakenIn,
    ItemsQuarantined,
    ProductionOrdered,
)
from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.acts.quarantine_bodies import QuarantineTermSet, ScreenSet
from comity.cases.grants import granted_parts
from comity.cases.state import CaseState, CustodyState, Direction, Exhibit, Matter
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.examining import ExaminedFor, examine
from comity.casework.custody.exhibits import (
    KeptExhibit,
    Role,
    keep_packed,
    kept_in_another_case,
    objects_of,
    opened,
    unwrap,
)
from comity.casework.custody.matching import produced
from comity.casework.custody.pulling import fetch
from comity.evidence.items.exhibit_seal import objects_root
from comity.evidence.items.exhibits import PackedExhibit, Received
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, CaseId, Digest
from comity.vocabulary.procedures import Procedure

_NO_ROOT: Digest = "0" * 64

_EXAMINED = (Role.RECEIVED, Role.QUARANTINE)


def take_over(bench: Workbench, hand_over: ActId) -> None:
    """Files the taker's act. Safe to repeat: objects already here are not fetched again, and it is filed once.

    Does nothing while another is at it: a worker that was only slow goes on, and its job is given to the next.
    """
    given = payload_of(bench, hand_over)
    body = given.body
    if not isinstance(body, ExhibitHandedOver):
        raise BrokenInputError(ErrorCode.MALFORMED, "that act hands nothing over", found=given.act.type)
    with bench.intakes.claim(hand_over) as alone:
        while alone and not _taken_over(bench, hand_over, given, body):
            pass


def _taken_over(bench: Workbench, hand_over: ActId, given: Payload, body: ExhibitHandedOver) -> bool:
    """Whether the taker's act is filed; not so where other screens stand by then than it was examined with."""
    state = state_of(bench, given.case)
    if state.exhibits[body.exhibit].received_by:
        return True
    if kept_in_another_case(bench, body.exhibit, given.case):
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "an exhibit of that id belongs to another case",
            do="have its giver assemble it anew under an id of its own",
        )
    # 1.
    packed = PackedExhibit(body.exhibit, body.manifest, body.objects, body.items, body.size)
    fetch(bench, given.issuer, hand_over, (body.manifest, *body.objects))
    arrived = KeptExhibit(unwrap(bench, body.exhibit, body.key), packed, body.hold_exhibit, body.hold_root)
    known = state.exhibits[body.exhibit]
    matter = state.matters[known.matter]
    # 2.
    if not asked_by_us(state, matter):
        keep_packed(bench, given.case, Role.TRANSIT, arrived)
        return _file(bench, hand_over, given, body, None)
    # 3.
    proven = replace(arrived, hold_root=_root_held(bench, state, body))
    screened = state_of(bench, given.case)  # to fetch may have taken long
    terms = replace(handed_terms(bench, state, known), screens=standing_screens(bench, screened))
    found = _examine(bench, hand_over, given.case, proven, terms)
    # 4.
    return _file(bench, hand_over, given, body, found, screens=screened.screens)


def _root_held(bench: Workbench, state: CaseState, body: ExhibitHandedOver) -> Digest:
    """The root that was confirmed when the data were held, whatever the giver says now.

    For an exhibit that was taken in for an order, the custodian's own act says it, and is enclosed. Where neither is here,
    no item can prove itself, and every one is put aside as not under hold.
    """
    hold = state.holds.get(body.hold_exhibit)
    if hold is not None:
        return hold.root
    for act in body.encloses:
        taken_in = payload_of(bench, act).body
        if isinstance(taken_in, ExhibitTakenIn) and taken_in.exhibit == body.hold_exhibit:
            return taken_in.root
    return _NO_ROOT


def _examine(bench: Workbench, hand_over: ActId, case: CaseId, arrived: KeptExhibit, terms: ExaminedFor) -> Received:
    """Every item checked; what may be looked at and what may not are kept apart, each under its own identity.

    Where something was put aside, the exhibit as it came is destroyed: its key would open both. What an examination kept
    that was cut short before its act is destroyed first.
    """
    _clear_away(bench, hand_over, case, arrived)
    examined = examine(bench, replace(arrived, under=hand_over), terms)
    keep_packed(bench, case, Role.RECEIVED, examined.passed)
    if examined.aside is not None:
        keep_packed(bench, case, Role.QUARANTINE, examined.aside)
    bench.store.delete([each.digest for each in examined.received.superseded])
    return examined.received


def _clear_away(bench: Workbench, hand_over: ActId, case: CaseId, arrived: KeptExhibit) -> None:
    """Nothing of this hand-over is kept; of the objects only those that have just arrived stay."""
    fetched = {each.digest for each in objects_of(arrived.packed)}
    for stored in bench.records.exhibits.of_case(case):
        if (
            stored.role in _EXAMINED
            and opened(bench, stored.exhibit, Role(stored.role), KeptExhibit).under == hand_over
        ):
            left = bench.records.exhibits.destroy_key(stored.exhibit)
            bench.store.delete([digest for digest in left if digest not in fetched])
            bench.records.exhibits.drop(stored.exhibit)


def asked_by_us(state: CaseState, matter: Matter) -> bool:
    """Whether this node asked for the data, as opposed to passing them on."""
    openings = {ActType.DISCLOSURE_REQUESTED, ActType.PRODUCTION_ORDERED}
    return any(
        step.matter == matter.opened_by and step.type in openings and step.direction is Direction.ISSUED
        for step in state.steps
    )


def handed_terms(bench: Workbench, state: CaseState, known: Exhibit) -> ExaminedFor:
    """The parts of what was asked that were granted; for an order to produce, what was ordered, but for what is held up.

    What a giver says is not in its hand-over opens what is, whatever is held up: so nothing of that may be in it.
    """
    matter = state.matters[known.matter]
    if matter.procedure is Procedure.PRODUCTION:
        order = next(
            step.act
            for step in state.steps
            if step.matter == matter.opened_by and step.type is ActType.PRODUCTION_ORDERED
        )
        body = payload_of(bench, order).body
        if not isinstance(body, ProductionOrdered):
            return ExaminedFor(())
        match = produced(body, known.exhibit)
        return ExaminedFor(match.granted, held_up=match.held_up(known.held_up))
    return ExaminedFor(granted_parts(matter))


def standing_screens(bench: Workbench, state: CaseState) -> tuple[ScreenSet, ...]:
    """What the screens that stand in the case list."""
    bodies = (payload_of(bench, each).body for each in state.screens)
    return tuple(body for body in bodies if isinstance(body, ScreenSet))


def _file(
    bench: Workbench,
    hand_over: ActId,
    given: Payload,
    body: ExhibitHandedOver,
    found: Received | None,
    *,
    screens: tuple[ActId, ...] = (),
) -> bool:
    """Files the taker's acts, unless they are filed, or other screens stand by now than it was examined with: then False."""
    received = ExhibitReceived(
        exhibit=body.exhibit,
        hand_over=hand_over,
        manifest=body.manifest.digest,
        objects_root=objects_root(body.objects).hex(),
        items=found.accepted.items if found else body.items,
        opened=found is not None,
        remaining=objects_root(found.accepted.objects).hex() if found and found.counts else None,
    )
    counts = found.counts if found else ()
    aside: list[AnyBody] = [ItemsQuarantined(body.exhibit, each.items, each.code) for each in counts]
    term = bench.own_rules.quarantine_days
    if aside and term is not None:
        aside.append(QuarantineTermSet(body.exhibit, bench.clock.now() + timedelta(days=term), term))
    payloads = [
        compose(
            bench,
            case=given.case,
            body=each,
            instrument=NODE if isinstance(each, QuarantineTermSet) else given.act.instrument,
            to=[] if isinstance(each, QuarantineTermSet) else [given.issuer],
            re=[hand_over],
            urgency=given.act.urgency,
        )
        for each in [received, *aside]
    ]

    def received_before(state: CaseState) -> bool:
        return state.exhibits[body.exhibit].state is not CustodyState.OFFERED

    def screened_otherwise(state: CaseState) -> bool:
        return found is not None and state.screens != screens

    file_own(bench, payloads[0], *payloads[1:], done=lambda state: received_before(state) or screened_otherwise(state))
    return received_before(state_of(bench, given.case))
