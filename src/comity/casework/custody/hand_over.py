"""Hand over: evidence goes from one holder to the next, with the acts that prove where it comes from.

The giver's act names every object by its hash and carries the exhibit's key to the taker alone; the taker's act answers
with the same hashes (`comity.casework.custody.take_over`). A holder in between passes on what it did not open.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.bodies import DisclosureOrdered, ExhibitHandedOver
from comity.acts.classes import ActType
from comity.acts.matters import Portion, Reopened, ScopePart, Withheld
from comity.acts.payload import Author, Payload
from comity.cases.grants import beyond, granted_parts
from comity.cases.state import CaseState, Direction, Exhibit
from comity.casework.bench.issuing import compose, file_own, never
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.standstill import held_up, refused_by_standstill
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit, Role, destroy, held, keep_packed, opened, unreleased, wrap
from comity.casework.custody.matching import Match, Reviews, changes_under, handed_from, match_of, no_match, reviews_of
from comity.casework.custody.staying import against_handing
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.evidence.items.scope import EarlierDisclosure, Given, HeldUp
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, ExhibitId, OfficeId


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


class _Share(Struct, frozen=True):
    """What of a match goes in one hand-over, and what the others under the order have to do with it.

    Where an order is carried out in several hand-overs, `number` counts them from 1, and of what it grants, `before` was
    handed over by earlier ones and `later` is left to others; what is `held_up` stays, whatever else it falls into. `earlier`
    is what was disclosed under the order before, by the act `handed`.
    """

    granted: tuple[ScopePart, ...]
    number: int = 0
    before: tuple[Given, ...] = ()
    later: tuple[ScopePart, ...] = ()
    held_up: HeldUp = HeldUp()
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
    """Assembles exactly what the order grants, or some parts of it, and hands it over to whoever ordered it.

    Only one at a time is at an order: what one has assembled another would take for its own, and either may destroy it.
    """
    refusal = allowed(bench, officer, Action.HAND_OVER, Resource(command.office))
    if refusal is not None:
        return refusal
    order = payload_of(bench, command.order)
    with bench.intakes.claim(command.order) as alone:
        if not alone:
            return Refusal(
                "release-under-way",
                "what this order asks for is being handed over, or taken in, already",
                do="wait until that is done, look at what was handed over, and release what is left, if any",
            )
        return _released(bench, Author(officer.officer, command.office), order, command)


def _released(bench: Workbench, author: Author, order: Payload, command: Release) -> HandedOver | Refusal:
    """The hand-over; where it is refused, what was assembled for it is destroyed."""
    match = match_of(bench, order, command.exhibit)
    if match is None:
        return no_match()
    refusal = against_handing(bench, order.issuer, order.act.instrument, match.granted)
    kept = refusal or _assembled(bench, order, command, match)
    if isinstance(kept, Refusal):
        return kept
    body = _body(
        bench,
        kept,
        to=order.issuer,
        answering=command.order,
        withheld=kept.withheld,
        encloses=match.encloses,
        portion=kept.portion,
    )
    filed = _file(
        bench,
        author,
        order,
        command.order,
        body,
        unless=lambda now: changes_under(now, command.order) != kept.after,
    )
    if isinstance(filed, Refusal) and body.exhibit not in state_of(bench, order.case).exhibits:
        destroy(bench, body.exhibit)  # nobody hands it over any more
    return filed


def _assembled(bench: Workbench, order: Payload, command: Release, match: Match) -> KeptExhibit | Refusal:
    """What is to be handed over, stored and kept: as it was assembled when the node was killed, or anew.

    1. Something may go now. 2. What was reviewed, refused, let go or handed over after it was assembled makes it another. 3. It
    is what is asked for.
    """
    # 1.
    waiting = _waiting(bench, order, command, match)
    if isinstance(waiting, Refusal):
        return waiting
    # 2.
    reviews = reviews_of(bench, state_of(bench, order.case), command.order)
    kept = unreleased(bench, order.case, command.order)
    if kept is not None and (kept.after, set(_held_up_in(kept))) != (reviews.acts, waiting):
        destroy(bench, kept.packed.exhibit)
        kept = None
    # 3.
    if kept is None:
        share = _share(bench, order, command, match=match, waiting=waiting)
        if isinstance(share, Refusal):
            return share
        return _assemble(bench, order, command.order, match=match, share=share, reviews=reviews)
    if command.parts and kept.portion is not None and set(command.parts) != set(kept.portion.labels):
        begun = ", ".join(kept.portion.labels)
        return Refusal("begun", "another part was assembled and not handed over yet", do=f"hand over {begun} first")
    return kept


def _waiting(bench: Workbench, order: Payload, command: Release, match: Match) -> AbstractSet[str] | Refusal:
    """Labels of the parts of which nothing may go now; a refusal where nothing may go at all, or not what is named."""
    kind, instrument = ActType.EXHIBIT_HANDED_OVER, order.act.instrument
    labels = {part.label for part in match.granted}
    waiting = held_up(bench, order.case, instrument, kind, command.order)
    without = () if waiting >= labels or waiting & set(command.parts) else waiting & labels
    return refused_by_standstill(bench, order.case, instrument, kind, command.order, without=without) or waiting


def _held_up_in(kept: KeptExhibit) -> tuple[str, ...]:
    return kept.portion.held_up if kept.portion else ()


def _too_early(bench: Workbench, answered: Payload, about: ActId) -> Refusal | None:
    """Why nothing may go yet, or at all; None when it may. The law asks once more when the act is filed."""
    kind = ActType.EXHIBIT_HANDED_OVER
    return refused_by_standstill(bench, answered.case, answered.act.instrument, kind, about)


def _share(
    bench: Workbench, order: Payload, command: Release, *, match: Match, waiting: AbstractSet[str]
) -> _Share | Refusal:
    """What of the match this hand-over is about; nothing of the parts that wait.

    1. Parts named are the order's. 2. No part is handed over twice: earlier acts under the order say which were. 3. Something
    is left that does not wait.
    """
    handed = handed_from(bench, order, match.exhibit)
    earlier = [body for body in handed.values() if body.order == command.order]
    labels = tuple(part.label for part in match.granted)
    given = {part.label for body in earlier for part in match.given_by(body).parts}
    now = set(command.parts) or set(labels) - given - waiting
    # 1.
    if not now <= set(labels):
        return Refusal("no-such-part", "the order has no part of that name", do=f"name some of: {', '.join(labels)}")
    # 2., 3.
    if waiting - given and not now:
        what = f"all that is left may not go for now: {', '.join(sorted(waiting - given))}"
        return Refusal("standstill", what, do="wait for what holds it up to end")
    if now & given or not now:
        return Refusal("handed-over", "that was handed over under this order already", do="name what is left, if any")
    others = {act: each for act, each in handed.items() if each.order != command.order}
    share = _after_other_orders(bench, order.case, match, others)
    if not earlier and now == set(labels):
        return share
    return replace(
        share,
        granted=match.named(now),
        number=len(earlier) + 1,
        before=tuple(match.given_by(body) for body in earlier),
        later=match.named(set(labels) - now - given),
        held_up=match.held_up(waiting),
    )


def _after_other_orders(bench: Workbench, case: CaseId, match: Match, handed: dict[ActId, ExhibitHandedOver]) -> _Share:
    """All of the match, with what the last of other orders disclosed, so that items withheld then are told when they go now."""
    before = [
        (act, body, match_of(bench, payload_of(bench, body.order), match.exhibit)) for act, body in handed.items()
    ]
    known = [(act, body, other) for act, body, other in before if other is not None]
    if not known:
        return _Share(match.granted)
    state = state_of(bench, case)
    withheld = {body.order: reviews_of(bench, state, body.order).withheld for _, body, _ in known}
    given = tuple(replace(other.given_by(body), withheld=withheld[body.order].keys()) for _, body, other in known)
    act, last, other = known[-1]
    earlier = EarlierDisclosure(other.granted, other.refused, given, withheld[last.order])
    return _Share(match.granted, earlier=earlier, handed=act)


def _assemble(
    bench: Workbench, order: Payload, under: ActId, *, match: Match, share: _Share, reviews: Reviews
) -> KeptExhibit:
    """A new exhibit with exactly what is granted and not withheld, stored and kept, but not handed over."""
    whole, identity = held(bench, match.exhibit)
    fresh = bench.evidence.new_identity()
    disclosed = bench.evidence.disclose(
        whole,
        identity,
        granted=share.granted,
        refused=match.refused,
        before=share.before,
        later=share.later,
        held_up=share.held_up,
        earlier=share.earlier,
        reviewed=reviews.withheld,
        exhibit=bench.random.take(16).hex(),
        new_identity=fresh,
    )
    labels = tuple(part.label for part in share.granted)
    waiting = tuple(part.label for part in share.held_up.parts)
    reopened = Reopened(share.handed, disclosed.reopened) if disclosed.reopened else None
    portion = Portion(max(share.number, 1), labels, disclosed.before, disclosed.later, reopened, waiting)
    kept = KeptExhibit(
        identity=fresh,
        packed=disclosed.packed,
        hold_exhibit=disclosed.hold_exhibit,
        hold_root=disclosed.hold_root,
        under=under,
        withheld=tuple(disclosed.withheld),
        portion=portion if share.number or reopened else None,
        after=reviews.acts,
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


def _file(
    bench: Workbench,
    author: Author,
    answered: Payload,
    re: ActId,
    body: ExhibitHandedOver,
    *,
    unless: Callable[[CaseState], bool] = never,
) -> HandedOver | Refusal:
    """The giver's act; refused when, under the case's lock, `unless` says that it is no longer what was decided."""
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
    act = next(iter(file_own(bench, payload, enclosing=body.encloses, done=unless).indexes), None)
    if act is None:
        return Refusal(
            "changed-meanwhile", "what the order matches was reviewed or handed over meanwhile", do="release it again"
        )
    withheld = sum(each.items for each in body.withheld)
    return HandedOver(act, body.exhibit, body.items, body.size, withheld, body.portion)


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
