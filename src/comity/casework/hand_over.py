"""Hand over: evidence goes from one holder to the next, with the acts that prove where it comes from.

The giver's act names every object by its hash and carries the exhibit's key to the taker alone; the taker's act answers
with the same hashes (`comity.casework.take_over`). A holder in between passes on what it did not open.
"""

from msgspec import Struct

from comity.acts.bodies import (
    DisclosureOrdered,
    ExhibitHandedOver,
    ExhibitTakenIn,
    HoldConfirmed,
    ProductionOrdered,
)
from comity.acts.classes import ActType
from comity.acts.matters import ScopePart, Withheld
from comity.acts.payload import Author, Payload
from comity.cases.state import Direction
from comity.casework.access import Action, OfficerRef, Resource
from comity.casework.draft import allowed
from comity.casework.exhibits import KeptExhibit, Role, held, keep_packed, opened, unreleased, wrap
from comity.casework.issuing import compose, file_own
from comity.casework.reading import act_of_type, payload_of, state_of
from comity.casework.workbench import Workbench
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, ExhibitId, OfficeId


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """The command to a custodian: hand over from a hold what an order asks for. Production names the exhibit taken in."""

    order: ActId
    office: OfficeId
    exhibit: ExhibitId | None = None


class PassOn(Struct, frozen=True, forbid_unknown_fields=True):
    """The command to a holder in between: hand an exhibit on, unopened, to the authority whose request it answers."""

    exhibit: ExhibitId
    request: ActId
    office: OfficeId


class HandedOver(Struct, frozen=True):
    """The giver's act, and how much it covers."""

    act: ActId
    exhibit: ExhibitId
    items: int
    size: int
    withheld: int


def release(bench: Workbench, officer: OfficerRef, command: Release) -> HandedOver | Refusal:
    """Assembles exactly what the order grants and hands it over to whoever ordered it."""
    refusal = allowed(bench, officer, Action.HAND_OVER, Resource(command.office))
    if refusal is not None:
        return refusal
    order = payload_of(bench, command.order)
    source = _source(bench, order, command)
    if isinstance(source, Refusal):
        return source
    kept = unreleased(bench, order.case, command.order) or _assemble(bench, order, command.order, source)
    *_, encloses = source
    body = _body(bench, kept, to=order.issuer, answering=command.order, withheld=kept.withheld, encloses=encloses)
    return _file(bench, Author(officer.officer, command.office), order, command.order, body)


def _assemble(bench: Workbench, order: Payload, under: ActId, source: "_Source") -> KeptExhibit:
    """A new exhibit with exactly what is granted, stored and kept, but not handed over."""
    hold_exhibit, scope, refused, _ = source
    whole, identity = held(bench, hold_exhibit)
    fresh = bench.evidence.new_identity()
    disclosed = bench.evidence.disclose(
        whole, identity, granted=scope, refused=refused, exhibit=bench.random.take(16).hex(), new_identity=fresh
    )
    kept = KeptExhibit(
        fresh, disclosed.packed, disclosed.hold_exhibit, disclosed.hold_root, under, tuple(disclosed.withheld)
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
    return HandedOver(act, body.exhibit, body.items, body.size, sum(each.items for each in body.withheld))


_Source = tuple[ExhibitId, tuple[ScopePart, ...], tuple[ScopePart, ...], tuple[ActId, ...]]


def _source(bench: Workbench, order: Payload, command: Release) -> _Source | Refusal:
    """Which exhibit, the scope granted and refused, and the acts to enclose."""
    if isinstance(order.body, DisclosureOrdered):
        confirmed = payload_of(bench, order.body.hold)
        hold = confirmed.body
        if isinstance(hold, HoldConfirmed) and confirmed.case == order.case and order.issuer in confirmed.to:
            return hold.exhibit, order.body.scope, order.body.refused, ()
    if isinstance(order.body, ProductionOrdered) and order.body.data is not None and command.exhibit:
        taken = act_of_type(state_of(bench, order.case), ActType.EXHIBIT_TAKEN_IN)
        body = payload_of(bench, taken).body if taken else None
        if taken and isinstance(body, ExhibitTakenIn) and body.exhibit == command.exhibit:
            return body.exhibit, production_scope(order.body), (), (taken,)
    return Refusal(
        "no-order",
        "that act orders no disclosure from an exhibit held here",
        do="name the order, and the exhibit taken in",
    )


def production_scope(body: ProductionOrdered) -> tuple[ScopePart, ...]:
    """What an order to produce covers, as scope: its categories and its period."""
    if body.data is None:
        return ()
    return (ScopePart("ordered", body.data.categories, body.data.period),)


def pass_on(bench: Workbench, officer: OfficerRef, command: PassOn) -> HandedOver | Refusal:
    """Hands on an exhibit as it was received: the same objects, the key wrapped for the next holder, the chain enclosed."""
    refusal = allowed(bench, officer, Action.HAND_OVER, Resource(command.office))
    if refusal is not None:
        return refusal
    answered = payload_of(bench, command.request)
    state = state_of(bench, answered.case)
    known = state.exhibits.get(command.exhibit)
    if known is None or not known.received_by:
        return Refusal("not-held", "this node does not hold that exhibit", do="take it over first")
    received = payload_of(bench, known.hand_over).body
    if not isinstance(received, ExhibitHandedOver):
        return Refusal("not-held", "that exhibit was not handed over to this node")
    chain = (*_hold_acts(bench, answered.case), *received.encloses, known.hand_over, known.received_by)
    body = _body(
        bench,
        opened(bench, command.exhibit, Role.TRANSIT, KeptExhibit),
        to=answered.issuer,
        answering=command.request,
        withheld=received.withheld,
        encloses=tuple(dict.fromkeys(chain)),
    )
    return _file(bench, Author(officer.officer, command.office), answered, command.request, body)


def _hold_acts(bench: Workbench, case: str) -> tuple[ActId, ...]:
    """The custodian's confirmations that reached this node: where the exhibit's custody begins."""
    return tuple(
        step.act
        for step in state_of(bench, case).steps
        if step.type is ActType.HOLD_CONFIRMED and step.direction is Direction.RECEIVED
    )
