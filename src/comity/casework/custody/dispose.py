"""Close and dispose: the end of a case, with a certificate of what was destroyed and of what cannot be reached.

The certificate is filed while the case key still lives, and is kept in the clear: it says counts and codes only. Then the
key is destroyed, then rows and objects go. A crash in between is finished on the next start
(`comity.casework.upkeep.restore.finish_disposals`) or as soon as a worker sees it: a certificate in the ledger always comes true.
"""

from collections.abc import Set as AbstractSet

from msgspec import Struct

from comity.acts.bodies import CaseClosed, CaseDisposed, Unreachable
from comity.acts.classes import ActType
from comity.acts.payload import Author, act_id, write_payload
from comity.acts.retention_bodies import CopiesTraced
from comity.acts.review_bodies import ReviewAnswered
from comity.cases.contradictions import under_legal_hold
from comity.cases.state import CaseState, Direction, Phase
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of, view_of
from comity.casework.bench.retention_standing import standing, too_early
from comity.casework.bench.rights import allowed
from comity.casework.bench.views import CaseView
from comity.casework.bench.waiting import forget_waiting
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.copies import askings, report_disposal, withdrawn_orders
from comity.casework.custody.exhibits import destroy
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.delivery import DeliveryState
from comity.vocabulary.categories import CopiesReason, CopiesStanding
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, OfficeId, Slug
from comity.vocabulary.instants import Instant


class CloseCase(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: nothing new happens in the case any more."""

    case: CaseId
    office: OfficeId
    reason: str


class DisposeCase(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: destroy what the case says, under a rule named by its code.

    `backups_until` are the ends of older backups that the office knows of. No free words: the certificate stays readable.
    """

    case: CaseId
    office: OfficeId
    rule: Slug
    backups_until: tuple[Instant, ...] = ()


class Disposed(Struct, frozen=True):
    """The certificate's act, and what it says."""

    act: ActId
    certificate: CaseDisposed


def close(bench: Workbench, officer: OfficerRef, command: CloseCase) -> ActId | Refusal:
    """The case is closed; what is in it stays until it is disposed of."""
    refusal = allowed(bench, officer, Action.CLOSE, Resource(command.office))
    if refusal is not None:
        return refusal
    state = state_of(bench, command.case)
    if state.phase is not Phase.OPEN:
        return Refusal("not-open", f"the case is {state.phase} already")
    payload = compose(
        bench,
        case=command.case,
        body=CaseClosed(command.reason),
        instrument=NODE,
        author=Author(officer.officer, command.office),
    )
    return the_act(file_own(bench, payload))


def dispose(bench: Workbench, officer: OfficerRef, command: DisposeCase) -> Disposed | Refusal:
    """The certificate, after everything it says is true.

    1. The case is closed, no rule keeps it longer, and nothing is on its way out of it. 2. The certificate is in the ledger,
    unless anything was filed since that it does not count, and with it, or not at all, whoever else has copies is asked for them. 3. The case key is destroyed, with those of acts that waited before the case
    was known. 4. Objects are deleted, then rows: cut short, what is left to delete is still known. 5. Whoever asked this
    node for its copies is told.
    """
    # 1.
    refusal = allowed(bench, officer, Action.DISPOSE, Resource(command.office))
    if refusal is not None:
        return refusal
    view = view_of(bench, command.case)
    refusal, state = _not_ready(bench, view), view.state
    if refusal is not None:
        return refusal
    kept = bench.records.exhibits.of_case(command.case)
    openings, withdrawn = _openings(bench, state), withdrawn_orders(bench, state)
    objects = openings.union(*(each.objects for each in kept))
    # 2.
    author = Author(officer.officer, command.office)
    asking = askings(bench, state, CopiesReason.CASE_DISPOSED, author=author)
    copies = tuple(each.asked.traced for each in asking)
    certificate = CaseDisposed(
        rule=command.rule,
        keys=1 + len(kept),
        acts=len(state.steps),
        exhibits=len({each.exhibit for each in kept}),
        objects=len(objects),
        unreachable=(*_copies(bench, state, copies), *_out_of_reach(bench, command, objects)),
        law=bench.law.version,
        set_by=state.retention.set_by if state.retention and state.retention.rule == command.rule else None,
        copies=copies,
    )
    payload = compose(bench, case=command.case, body=certificate, instrument=NODE, author=author)
    questions = (each.payload for each in asking if each.payload is not None)
    act = act_id(write_payload(payload))
    if act not in file_own(bench, payload, *questions, done=lambda now: now.steps != state.steps).indexes:
        return Refusal("changed-meanwhile", "something was filed in the case meanwhile", do="look again")
    # 3.
    forget_waiting(bench, command.case)
    bench.case_keys.destroy(command.case)
    # 4.
    bench.store.delete(openings)
    for exhibit in {each.exhibit for each in kept}:
        destroy(bench, exhibit)
    bench.intakes.forget([step.act for step in state.steps])
    bench.records.dispose(command.case)
    # 5.
    report_disposal(bench, command.case, _parties(state), withdrawn, act)
    return Disposed(act, certificate)


_MEDIA = (Unreachable("remnants of overwritten key bytes on worn or copy-on-write media", "this node's storage"),)
"""What overwriting cannot promise; see `comity.adapters.keys`."""


LOCKED = "objects that the evidence store locks, encrypted"
"""They are removed when their locks have ended; see `comity.casework.upkeep.evidence_lock`."""


def _not_ready(bench: Workbench, view: CaseView) -> Refusal | None:
    state, now = view.state, bench.clock.now()
    if state.phase is not Phase.CLOSED:
        return Refusal(
            "not-closed", f"the case is {state.phase}; only a closed case is disposed of", do="close it first"
        )
    kept = under_legal_hold(state) or too_early(state, standing(bench, view, now), now)
    if kept is not None:
        return kept
    progress = bench.records.outbox.progress([step.act for step in state.steps])
    waiting = sum(1 for each in progress if each.state in (DeliveryState.PENDING, DeliveryState.BY_HAND))
    if waiting:
        return Refusal(
            "still-sending",
            f"{waiting} acts of the case are still on their way",
            do="wait until they arrived; record what was sent by hand (comity case sent-by-hand)",
        )
    return None


def _openings(bench: Workbench, state: CaseState) -> frozenset[Digest]:
    """What a review in the case had opened of a ledger: an object of its own, that only its act refers to.

    Where a disposal is cut short before these are deleted, nothing refers to them any more, and the next sweep finds them.
    """
    answers = [step.act for step in state.steps if step.type is ActType.REVIEW_ANSWERED]
    bodies = (payload_of(bench, act).body for act in answers)
    return frozenset(body.openings.digest for body in bodies if isinstance(body, ReviewAnswered))


def _out_of_reach(bench: Workbench, command: DisposeCase, objects: AbstractSet[Digest]) -> tuple[Unreachable, ...]:
    """What stays at this node of backups, of its evidence store and of its media."""
    return (
        *(Unreachable("an older backup of the database", bench.me, until) for until in command.backups_until),
        *((Unreachable(bench.store.remnants, bench.me),) if bench.store.remnants else ()),
        *_locked(bench, objects),
        *_MEDIA,
    )


def _locked(bench: Workbench, objects: AbstractSet[Digest]) -> tuple[Unreachable, ...]:
    """What the store locks of these until the last of their locks ends, by its own word: each was set under the days of its time."""
    lock = bench.store.lock
    ends = [end for end in map(lock.until, objects) if end is not None] if lock else []
    return (Unreachable(LOCKED, bench.me, max(ends)),) if ends else ()


def _parties(state: CaseState) -> frozenset[AuthorityId]:
    return frozenset(party for step in state.steps for party in (step.issuer, *step.to))


def _copies(bench: Workbench, state: CaseState, traced: tuple[CopiesTraced, ...]) -> tuple[Unreachable, ...]:
    """Who has acts or evidence of the case besides this node, as far as they have not said that these are gone."""
    gone = {each.holder for each in traced if each.standing in (CopiesStanding.DESTROYED, CopiesStanding.NONE_HELD)}
    until = {each.holder: each.until for each in traced}
    peers = _parties(state) - gone - {bench.me}
    sent = {party for step in state.steps if step.direction is Direction.ISSUED for party in step.to}
    return tuple(
        Unreachable("acts sent to it, and receipts" if peer in sent else "acts it issued", peer, until.get(peer))
        for peer in sorted(peers)
    )
