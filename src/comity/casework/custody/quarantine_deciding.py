"""Decide: a filter team releases what a further grant covers, or what a screen put aside and it found not privileged.

What is not released it has destroyed. See docs/decisions/0023-a-screen-before-anybody-looks.md.
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.bodies import DisclosureRequested, ProductionOrdered
from comity.acts.classes import ActType
from comity.acts.matters import ScopePart
from comity.acts.payload import Author
from comity.acts.quarantine_bodies import QuarantineDecided, QuarantineResolved
from comity.cases.grants import granted_parts
from comity.cases.state import Aside, CaseState, Direction, Exhibit, Matter, Phase
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.examining import ExaminedFor, examine
from comity.casework.custody.exhibits import KeptExhibit, Role, destroy, keep_packed, objects_of
from comity.casework.custody.filtering import filter_purpose, no_filter_purpose, not_filtering, nothing_aside
from comity.casework.custody.matching import production_scope
from comity.casework.custody.quarantine_clearing import aside_of, clear_quarantine, kept_aside, settle
from comity.casework.custody.take_over import handed_terms, standing_screens
from comity.casework.ports.access import Action, OfficerRef
from comity.evidence.items.exhibit_seal import objects_root
from comity.evidence.items.exhibits import Received, SecondLook
from comity.vocabulary.categories import FilterDecision, FilterReason
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId
from comity.vocabulary.procedures import Procedure, Stage

_BY_HAND = frozenset({FilterReason.NOT_COVERED, FilterReason.PRIVILEGED, FilterReason.UNPROVEN})
"""Reasons for which an officer decides to destroy; that the term is over is for the clock to say."""


class DecideAside(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: release what `grant` covers or, as `not-privileged`, what a screen put aside; or destroy all that lies aside.

    `purpose` is the `FilterPurpose` that the officer decides for. `items` are those to release, by their leaves, each found not
    privileged; where none is named, a grant releases what it covers and no screen holds, a clearing all that a screen put aside.
    """

    case: CaseId
    exhibit: ExhibitId
    office: OfficeId
    decision: FilterDecision
    reason: FilterReason
    reasons: str = ""
    grant: ActId | None = None
    purpose: str = ""
    items: tuple[Digest, ...] = ()


class AsideDecided(Struct, frozen=True):
    """The decision's act, how many items it was about, what is left aside, and the exhibit released, if one was."""

    act: ActId
    items: int
    left: int
    released: ExhibitId | None = None


def decide_aside(bench: Workbench, officer: OfficerRef, command: DecideAside) -> AsideDecided | Refusal:
    """What lies aside is released as far as it may be, or destroyed. See `_release` and `_destroy`."""
    purpose = filter_purpose(command.purpose)
    refusal = not_filtering(
        bench, officer, Action.DECIDE_QUARANTINE, command.office, command.case, purpose_stated=purpose is not None
    )
    if refusal is not None or purpose is None:
        return refusal or no_filter_purpose()
    state = state_of(bench, command.case)
    found = aside_of(state, command.exhibit)
    if found is None:
        return nothing_aside()
    author = Author(officer.officer, command.office)
    if command.decision is FilterDecision.DESTROY:
        return _destroy(bench, author, command, *found)
    terms = _terms(bench, state, found[0], command)
    if isinstance(terms, Refusal):
        return terms
    return _release(bench, author, command, *found, terms=terms)


def _terms(bench: Workbench, state: CaseState, known: Exhibit, command: DecideAside) -> ExaminedFor | Refusal:
    """What is let go: what keeps within that scope, and meets none of those screens.

    A screen put aside what was in the exhibit's own scope. Items that the officer names were looked at one by one: no screen
    speaks against these any more.
    """
    named = SecondLook(frozenset(command.items))
    if command.grant is None and command.reason is FilterReason.NOT_PRIVILEGED:
        return replace(handed_terms(bench, state, known), second_look=named)
    scope = _extension(bench, state, known, command.grant)
    if isinstance(scope, Refusal):
        return scope
    return ExaminedFor(scope, () if command.items else standing_screens(bench, state), named)


def _destroy(
    bench: Workbench, author: Author, command: DecideAside, known: Exhibit, aside: Aside
) -> AsideDecided | Refusal:
    """The decision is filed under the officer's name; then everything aside is destroyed and certified."""
    if command.reason not in _BY_HAND:
        return Refusal("no-such-reason", "that is no reason to destroy", do=f"one of {', '.join(sorted(_BY_HAND))}")
    if command.items:
        return Refusal("not-one-by-one", "all that lies aside is destroyed", do="release first what is not privileged")
    body = QuarantineDecided(
        command.exhibit,
        FilterDecision.DESTROY,
        command.reason,
        aside.items,
        command.reasons,
        purpose=filter_purpose(command.purpose),
    )
    payload = compose(bench, case=command.case, body=body, instrument=NODE, re=[known.hand_over], author=author)
    act = next(iter(file_own(bench, payload, done=_changed(command.exhibit, aside)).indexes), None)
    if act is None:
        return _overtaken()
    clear_quarantine(bench, command.case, command.exhibit, command.reason)
    return AsideDecided(act, aside.items, 0)


def _release(
    bench: Workbench,
    author: Author,
    command: DecideAside,
    known: Exhibit,
    aside: Aside,
    *,
    terms: ExaminedFor,
) -> AsideDecided | Refusal:
    """Items that may go become an exhibit of the case; the others stay aside, under a key of their own again.

    1. Every item is examined anew, against that scope and the hold's root. 2. What results is kept. 3. The decision
    and the supplier's notice are filed, unless something else was decided meanwhile. 4. What was kept before goes.
    """
    # 1.
    kept = kept_aside(bench, command.case, known, aside)
    released = bench.random.take(16).hex()
    examined = examine(bench, replace(kept, under=command.grant or released), terms)
    passed, left = examined.passed, examined.aside
    if not passed.packed.items:
        _throw_away(bench, examined.received)
        return _nothing_to_release(command)
    # 2.
    freed = replace(passed, packed=replace(passed.packed, exhibit=released))
    keep_packed(bench, command.case, Role.RECEIVED, freed)
    if left is not None:
        keep_packed(bench, command.case, Role.QUARANTINE, left)
    # 3.
    act = _file_release(bench, author, command, known=known, aside=aside, freed=freed)
    if act is None:
        for name in (released, *([left.packed.exhibit] if left else [])):
            destroy(bench, name)
        return _overtaken()
    # 4.
    settle(bench, command.case, command.exhibit)
    return AsideDecided(act, freed.packed.items, aside.items - freed.packed.items, released)


def _file_release(
    bench: Workbench, author: Author, command: DecideAside, *, known: Exhibit, aside: Aside, freed: KeptExhibit
) -> ActId | None:
    items = freed.packed.items
    reason = FilterReason.SUPPLEMENTARY_GRANT if command.grant else FilterReason.NOT_PRIVILEGED
    decided = QuarantineDecided(
        command.exhibit,
        FilterDecision.RELEASE,
        reason,
        items,
        command.reasons,
        command.grant,
        freed.packed.exhibit,
        filter_purpose(command.purpose),
        objects_root(freed.packed.objects).hex(),
    )
    notice = QuarantineResolved(command.exhibit, FilterDecision.RELEASE, reason, items)
    payloads = [
        compose(bench, case=command.case, body=decided, instrument=NODE, re=[known.hand_over], author=author),
        compose(bench, case=command.case, body=notice, instrument=NODE, to=[known.supplier], re=[known.hand_over]),
    ]
    return next(iter(file_own(bench, *payloads, done=_changed(command.exhibit, aside)).indexes), None)


def _nothing_to_release(command: DecideAside) -> Refusal:
    if command.grant is None:
        return Refusal("not-screened", "no such item was put aside by a screen alone", do="look at what lies aside")
    return Refusal(
        "not-covered",
        "the grant covers none of what lies aside, or a screen holds what it covers",
        do="name items that you found not privileged, destroy it, or ask for a grant",
    )


def _changed(exhibit: ExhibitId, aside: Aside) -> Callable[[CaseState], bool]:
    """Whether something else was decided about the quarantine than it was when it was looked at."""

    def changed(state: CaseState) -> bool:
        now = aside_of(state, exhibit)
        return now is None or now[1] != aside

    return changed


def _overtaken() -> Refusal:
    return Refusal("decided-meanwhile", "something else was decided about it meanwhile", do="look again")


def _extension(
    bench: Workbench, state: CaseState, known: Exhibit, grant: ActId | None
) -> tuple[ScopePart, ...] | Refusal:
    """The scope that a further grant opens for what was put aside.

    1. The grant is an act of this open case, in another matter than the exhibit came in. 2. It is the supplier's decision on
    a request for more of the same hold; or this node's own order to the supplier, in force.
    """
    # 1.
    step = next((each for each in state.steps if each.act == grant and each.direction is not Direction.ENCLOSED), None)
    if step is None or step.matter in ("", known.matter) or state.phase is not Phase.OPEN:
        return _no_extension()
    # 2.
    matter = state.matters[step.matter]
    if (step.type, step.direction, step.issuer) == (ActType.DISCLOSURE_DECIDED, Direction.RECEIVED, known.supplier):
        return _granted(bench, state, matter, known) or _no_extension()
    if (step.type, step.direction) == (ActType.PRODUCTION_ORDERED, Direction.ISSUED) and known.supplier in step.to:
        return _ordered(bench, matter, step.act) or _no_extension()
    return _no_extension()


def _granted(bench: Workbench, state: CaseState, matter: Matter, known: Exhibit) -> tuple[ScopePart, ...]:
    """What was granted of the hold that the exhibit came from; nothing where another one was asked about."""
    asked = payload_of(bench, matter.opened_by).body
    hold = next((each for each in state.holds.values() if each.root == known.hold_root), None)
    same = isinstance(asked, DisclosureRequested) and hold is not None and asked.hold == hold.confirmed_by
    return granted_parts(matter) if same else ()


def _ordered(bench: Workbench, matter: Matter, order: ActId) -> tuple[ScopePart, ...]:
    """What the order is for, where it is in force: validated, or issued by who needs no validation."""
    body = payload_of(bench, order).body
    if not isinstance(body, ProductionOrdered) or matter.procedure is not Procedure.PRODUCTION:
        return ()
    valid = matter.stage is Stage.VALIDATED or (matter.stage is Stage.ORDERED and not body.without_validation)
    return production_scope(body) if valid else ()


def _no_extension() -> Refusal:
    return Refusal(
        "no-extension",
        "that act does not extend the scope that these items fell out of",
        do="name a further grant by their supplier in this case, or an order to it that is in force",
    )


def _throw_away(bench: Workbench, found: Received) -> None:
    """Objects of an examination that came to nothing."""
    made = [found.accepted, *([found.quarantined] if found.quarantined else [])]
    if found.repacked:
        bench.store.delete([each.digest for packed in made for each in objects_of(packed)])
