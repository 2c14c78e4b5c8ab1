"""Hand over: evidence goes from one holder to the next, with the acts that prove where it comes from.

The giver's act names every object by its hash and carries the exhibit's key to the taker alone; the taker's act answers
with the same hashes (`comity.casework.take_over`). A holder in between passes on what it did not open.
"""

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.bodies import (
    DisclosureOrdered,
    ExhibitHandedOver,
    ExhibitTakenIn,
    HoldConfirmed,
    ProductionOrdered,
)
from comity.acts.classes import ActType
from comity.acts.matters import Portion, Reopened, ScopePart, Withheld
from comity.acts.payload import Author, Payload
from comity.cases.grants import beyond, granted_parts
from comity.cases.state import CaseState, Direction, Exhibit
from comity.casework.access import Action, OfficerRef, Resource
from comity.casework.exhibits import KeptExhibit, Role, held, keep_packed, opened, unreleased, wrap
from comity.casework.issuing import compose, file_own
from comity.casework.reading import act_of_type, payload_of, state_of
from comity.casework.rights import allowed
from comity.casework.standstill import refused_by_standstill
from comity.casework.staying import against_handing
from comity.casework.workbench import Workbench
from comity.evidence.scope import EarlierDisclosure
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, ExhibitId, OfficeId


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """The command to a custodian: hand over from a hold what an order asks for. Production names the exhibit taken in.

    `parts` are labels of the order's scope that are handed over now, the others later; without them, all that is left.
    """

    order: ActId
    office: OfficeId
    exhibit: ExhibitId | None = None
    parts: tuple[str, ...] = ()


class PassOn(Struct, frozen=True, forbid_unknown_fields=True):
    """The command to a holder in between: hand an exhibit on, unopened, to the authority whose request it answers."""

    exhibit: ExhibitId
    request: ActId
    office: OfficeId


class _Source(Struct, frozen=True):
    """Where a release comes from: the exhibit held here, what of it is granted and refused, and the acts that go along.

    Where an order is carried out in several hand-overs, `number` counts them from 1, and of what it grants, `before` was
    handed over by earlier ones and `later` is left to others. `earlier` is what was disclosed under the order before, by the
    act `handed`.
    """

    exhibit: ExhibitId
    granted: tuple[ScopePart, ...]
    refused: tuple[ScopePart, ...] = ()
    encloses: tuple[ActId, ...] = ()
    number: int = 0
    before: tuple[ScopePart, ...] = ()
    later: tuple[ScopePart, ...] = ()
    earlier: EarlierDisclosure | None = None
    handed: ActId = ""


class HandedOver(Struct, frozen=True):
    """The giver's act, and how much it covers; `portion` says what other hand-overs under the order cover."""

    act: ActId
    exhibit: ExhibitId
    items: int
    size: int
    withheld: int
    portion: Portion | None = None


def release(bench: Workbench, officer: OfficerRef, command: Release) -> HandedOver | Refusal:
    """Assembles exactly what the order grants, or some parts of it, and hands it over to whoever ordered it."""
    refusal = allowed(bench, officer, Action.HAND_OVER, Resource(command.office))
    if refusal is not None:
        return refusal
    order = payload_of(bench, command.order)
    source = _ordered(bench, order, command.exhibit)
    if source is None:
        return Refusal(
            "no-order",
            "that act orders no disclosure from an exhibit held here",
            do="name the order, and the exhibit taken in",
        )
    refusal = against_handing(bench, order.issuer, order.act.instrument, source.granted) or _too_early(
        bench, order, command.order
    )
    if refusal is not None:
        return refusal
    kept = unreleased(bench, order.case, command.order)
    if kept is None:
        portioned = _portioned(bench, order, command, source)
        if isinstance(portioned, Refusal):
            return portioned
        kept = _assemble(bench, order, command.order, portioned)
    elif command.parts and kept.portion is not None and set(command.parts) != set(kept.portion.labels):
        begun = ", ".join(kept.portion.labels)
        return Refusal("begun", "another part was assembled and not handed over yet", do=f"hand over {begun} first")
    body = _body(
        bench,
        kept,
        to=order.issuer,
        answering=command.order,
        withheld=kept.withheld,
        encloses=source.encloses,
        portion=kept.portion,
    )
    return _file(bench, Author(officer.officer, command.office), order, command.order, body)


def _too_early(bench: Workbench, answered: Payload, about: ActId) -> Refusal | None:
    """Why nothing may go yet, or at all; None when it may. The law asks once more when the act is filed."""
    kind = ActType.EXHIBIT_HANDED_OVER
    return refused_by_standstill(bench, answered.case, answered.act.instrument, kind, about)


def _portioned(bench: Workbench, order: Payload, command: Release, source: _Source) -> _Source | Refusal:
    """The source as far as this hand-over is about it.

    1. Parts named are the order's. 2. No part is handed over twice: earlier acts under the order say which were. 3. Something
    is left.
    """
    handed = _handed(bench, order, source.exhibit)
    earlier = [body for body in handed.values() if body.order == command.order]
    labels = tuple(part.label for part in source.granted)
    given = {part.label for body in earlier for part in _given(body, source)}
    now = set(command.parts) or set(labels) - given
    # 1.
    if not now <= set(labels):
        return Refusal("no-such-part", "the order has no part of that name", do=f"name some of: {', '.join(labels)}")
    # 2., 3.
    if now & given or not now:
        return Refusal("handed-over", "that was handed over under this order already", do="name what is left, if any")
    source = _after_other_orders(
        bench, source, {act: each for act, each in handed.items() if each.order != command.order}
    )
    if not earlier and now == set(labels):
        return source
    return replace(
        source,
        granted=tuple(part for part in source.granted if part.label in now),
        number=len(earlier) + 1,
        before=tuple(part for part in source.granted if part.label in given),
        later=tuple(part for part in source.granted if part.label not in now | given),
    )


def _handed(bench: Workbench, order: Payload, exhibit: ExhibitId) -> dict[ActId, ExhibitHandedOver]:
    """What went from that hold to whoever orders, under whichever order, in the order of the acts."""
    steps = state_of(bench, order.case).steps
    mine = [step for step in steps if step.type is ActType.EXHIBIT_HANDED_OVER and step.issuer == bench.me]
    bodies = ((step.act, payload_of(bench, step.act).body) for step in mine if order.issuer in step.to)
    return {act: body for act, body in bodies if isinstance(body, ExhibitHandedOver) and body.hold_exhibit == exhibit}


def _given(body: ExhibitHandedOver, source: _Source) -> tuple[ScopePart, ...]:
    """The parts of an order's source that a hand-over under it gave."""
    return tuple(part for part in source.granted if body.portion is None or part.label in body.portion.labels)


def _after_other_orders(bench: Workbench, source: _Source, handed: dict[ActId, ExhibitHandedOver]) -> _Source:
    """The source with what the last of other orders disclosed, so that items withheld then are told when they go now."""
    before = [
        (act, body, _ordered(bench, payload_of(bench, body.order), source.exhibit)) for act, body in handed.items()
    ]
    known = [(act, body, ordered) for act, body, ordered in before if ordered is not None]
    if not known:
        return source
    given = tuple(part for _, body, ordered in known for part in _given(body, ordered))
    last, _, ordered = known[-1]
    return replace(source, earlier=EarlierDisclosure(ordered.granted, ordered.refused, given), handed=last)


def _assemble(bench: Workbench, order: Payload, under: ActId, source: _Source) -> KeptExhibit:
    """A new exhibit with exactly what is granted, stored and kept, but not handed over."""
    whole, identity = held(bench, source.exhibit)
    fresh = bench.evidence.new_identity()
    disclosed = bench.evidence.disclose(
        whole,
        identity,
        granted=source.granted,
        refused=source.refused,
        before=source.before,
        later=source.later,
        earlier=source.earlier,
        exhibit=bench.random.take(16).hex(),
        new_identity=fresh,
    )
    labels = tuple(part.label for part in source.granted)
    reopened = Reopened(source.handed, disclosed.reopened) if disclosed.reopened else None
    portion = Portion(max(source.number, 1), labels, disclosed.before, disclosed.later, reopened)
    kept = KeptExhibit(
        identity=fresh,
        packed=disclosed.packed,
        hold_exhibit=disclosed.hold_exhibit,
        hold_root=disclosed.hold_root,
        under=under,
        withheld=tuple(disclosed.withheld),
        portion=portion if source.number or reopened else None,
    )
    keep_packed(bench, order.case, Role.ASSEMBLED, kept)
    return kept


def _body(
    bench: Workbench,
    kept: KeptExhibit,
    *,
    to: AuthorityId,
    answering: ActId,
    withheld: tuple[Withheld, ...],
    encloses: tuple[ActId, ...],
    portion: Portion | None,
) -> ExhibitHandedOver:
    packed = kept.packed
    return ExhibitHandedOver(
        exhibit=packed.exhibit,
        hold_exhibit=kept.hold_exhibit,
        hold_root=kept.hold_root,
        items=packed.items,
        size=packed.size,
        manifest=packed.manifest,
        objects=packed.objects,
        withheld=withheld,
        key=wrap(bench, packed.exhibit, kept.identity, to),
        order=answering,
        encloses=encloses,
        portion=portion,
    )


def _file(bench: Workbench, author: Author, answered: Payload, re: ActId, body: ExhibitHandedOver) -> HandedOver:
    payload = compose(
        bench,
        case=answered.case,
        body=body,
        instrument=answered.act.instrument,
        to=[answered.issuer],
        re=[re],
        urgency=answered.act.urgency,
        author=author,
    )
    act = next(iter(file_own(bench, payload, enclosing=body.encloses).indexes))
    withheld = sum(each.items for each in body.withheld)
    return HandedOver(act, body.exhibit, body.items, body.size, withheld, body.portion)


def _ordered(bench: Workbench, order: Payload, exhibit: ExhibitId | None) -> _Source | None:
    """What an order asks for, of a hold or of the exhibit taken in for it."""
    return _ordered_from_hold(bench, order) or _ordered_from_intake(bench, order, exhibit)


def _ordered_from_hold(bench: Workbench, order: Payload) -> _Source | None:
    """What a disclosure order asks for of a hold that was confirmed to whoever orders, in this case."""
    if not isinstance(order.body, DisclosureOrdered):
        return None
    confirmed = payload_of(bench, order.body.hold)
    hold = confirmed.body
    if not isinstance(hold, HoldConfirmed) or confirmed.case != order.case or order.issuer not in confirmed.to:
        return None
    return _Source(hold.exhibit, order.body.scope, order.body.refused)


def _ordered_from_intake(bench: Workbench, order: Payload, exhibit: ExhibitId | None) -> _Source | None:
    """What a production order asks for of the exhibit taken in for it; the act of taking in goes along."""
    if not isinstance(order.body, ProductionOrdered) or order.body.data is None or not exhibit:
        return None
    taken = act_of_type(state_of(bench, order.case), ActType.EXHIBIT_TAKEN_IN)
    body = payload_of(bench, taken).body if taken else None
    if not taken or not isinstance(body, ExhibitTakenIn) or body.exhibit != exhibit:
        return None
    return _Source(exhibit, production_scope(order.body), encloses=(taken,))


def production_scope(body: ProductionOrdered) -> tuple[ScopePart, ...]:
    """What an order to produce covers, as scope: its categories and its period."""
    if body.data is None:
        return ()
    return (ScopePart("ordered", body.data.categories, body.data.period),)


def pass_on(bench: Workbench, officer: OfficerRef, command: PassOn) -> HandedOver | Refusal:
    """Hands on an exhibit as it was received: the same objects, the key wrapped for the next holder, the chain enclosed.

    1. The officer may. 2. The exhibit is held here. 3. It answers a request that was granted to whoever gets it, and was
    handed over under an order that keeps within that grant; no rule keeps it in a country. 4. The chain goes along, from the custodian's confirmation on.
    """
    # 1.
    refusal = allowed(bench, officer, Action.HAND_OVER, Resource(command.office))
    if refusal is not None:
        return refusal
    # 2.
    request = payload_of(bench, command.request)
    state = state_of(bench, request.case)
    known = state.exhibits.get(command.exhibit)
    if known is None or not known.received_by:
        return Refusal("not-held", "this node does not hold that exhibit", do="take it over first")
    received = payload_of(bench, known.hand_over).body
    if not isinstance(received, ExhibitHandedOver):
        return Refusal("not-held", "that exhibit was not handed over to this node")
    # 3.
    refusal = _not_granted(bench, state, command.request, known, received) or against_handing(
        bench, request.issuer, request.act.instrument, granted_parts(state.matters[known.matter])
    )
    refusal = refusal or _too_early(bench, request, command.request)
    if refusal is not None:
        return refusal
    # 4.
    chain = (*_hold_acts(bench, request.case), *received.encloses, known.hand_over, known.received_by)
    body = _body(
        bench,
        opened(bench, command.exhibit, Role.TRANSIT, KeptExhibit),
        to=request.issuer,
        answering=command.request,
        withheld=received.withheld,
        encloses=tuple(dict.fromkeys(chain)),
        portion=received.portion,
    )
    return _file(bench, Author(officer.officer, command.office), request, command.request, body)


def _not_granted(
    bench: Workbench, state: CaseState, request: ActId, exhibit: Exhibit, received: ExhibitHandedOver
) -> Refusal | None:
    """None when the request was granted here, and the exhibit came under an order that carries out that very grant.

    1. The act is a request for disclosure that came to this node. 2. A part of it was granted. 3. The exhibit came into the
    matter of that request. 4. What this node ordered of the custodian in it is within what was granted.
    """
    asked = next((step for step in state.steps if step.act == request), None)
    # 1.
    if asked is None or asked.type is not ActType.DISCLOSURE_REQUESTED or bench.me not in asked.to:
        return Refusal("no-request", "that act asks this node for no disclosure", do="name the request it answers")
    # 2.
    granted = granted_parts(state.matters[asked.matter])
    if not granted:
        return Refusal("not-granted", "nothing of that request was granted", do="decide on the request first")
    # 3.
    if exhibit.matter != asked.matter:
        return Refusal(
            "not-of-this-request", "the exhibit was not obtained for that request", do="name its own request"
        )
    # 4.
    ordered = next((step for step in state.steps if step.act == received.order), None)
    if ordered is None or (ordered.issuer, ordered.matter) != (bench.me, asked.matter):
        return Refusal("no-order", "the exhibit was not handed over under an order that carries out that grant")
    order = payload_of(bench, received.order).body
    over = beyond(order.scope, granted) if isinstance(order, DisclosureOrdered) else ("what was not ordered",)
    if over:
        return Refusal("beyond-grant", f"what was ordered goes beyond what was granted: {', '.join(over)}")
    return None


def _hold_acts(bench: Workbench, case: str) -> tuple[ActId, ...]:
    """The custodian's confirmations that reached this node: where the exhibit's custody begins."""
    return tuple(
        step.act
        for step in state_of(bench, case).steps
        if step.type is ActType.HOLD_CONFIRMED and step.direction is Direction.RECEIVED
    )
