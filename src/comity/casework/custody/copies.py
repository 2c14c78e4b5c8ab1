"""Copies: whoever else has acts or evidence of a case is asked what became of them, and answers by an act.

A disposal reaches no further than this node, and neither does a withdrawal. So with either every holder is asked, each in a thread of its own that outlives the case
(`comity.cases.copies`), and answers: destroyed, kept on a ground until a date, or nothing held. Who does not answer is asked
once more; after that people are told. Copies that were to be kept until a date are asked for again when it is over.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import product

from msgspec import Struct

from comity.acts.bodies import CaseDisposed, ProductionWithdrawn
from comity.acts.classes import ActType
from comity.acts.payload import Author, Payload, act_id, write_payload
from comity.acts.retention_bodies import CopiesAsked, CopiesReported, CopiesTraced
from comity.cases.copies import copies_thread
from comity.cases.duties import ask_again_at
from comity.cases.evolve import evolve
from comity.cases.state import CaseState, Copies, CustodyState, Direction, FiledAct, Phase
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.readings import read_on_record
from comity.casework.bench.rights import allowed
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.journal import Read
from comity.vocabulary.categories import CopiesReason, CopiesStanding, KeepingGround, Urgency
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, OfficeId
from comity.vocabulary.instants import Instant


class AskCopies(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: ask everybody who holds copies of what came under an order that was withdrawn what became of them."""

    case: CaseId
    office: OfficeId
    order: ActId


class ReportCopies(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: answer in a thread about copies. `ground` and `until` are said where they are kept, and only there."""

    thread: CaseId
    office: OfficeId
    ground: KeepingGround | None = None
    until: Instant | None = None


class Asked(Struct, frozen=True):
    """One holder that was asked: the thread in which it answers, and what is known so far."""

    thread: CaseId
    traced: CopiesTraced


class Asking(Struct, frozen=True):
    """What is known of one holder once it is asked; `payload` asks, where it has to be asked. It was asked `times` before."""

    asked: Asked
    times: int
    payload: Payload | None = None


def ask_copies(bench: Workbench, officer: OfficerRef, command: AskCopies) -> tuple[Asked, ...] | Refusal:
    """Asks every other party of the withdrawn order; who was asked about it and has answered is not asked again."""
    refusal = allowed(bench, officer, Action.TRACE_COPIES, Resource(command.office))
    if refusal is not None:
        return refusal
    state = state_of(bench, command.case)
    matter = state.matter_of(command.order)
    order = next((each for each in withdrawn_orders(bench, state) if state.matter_of(each) == matter), None)
    if matter is None or order is None:
        return Refusal("not-withdrawn", "that order of the case was not withdrawn", do="withdraw it first")
    author = Author(officer.officer, command.office)
    return ask(bench, state, CopiesReason.ORDER_WITHDRAWN, order=order, author=author)


def list_copies(bench: Workbench, officer: OfficerRef, case: CaseId) -> tuple[Asked, ...] | Refusal:
    """Who was asked for copies of the case, and what was answered; of a disposed case too, and of a thread itself. On record."""
    state = state_of(bench, case)
    refusal = read_on_record(bench, officer, state, Read.CASE)
    if refusal is not None:
        return refusal
    if state.copies is not None:
        return (Asked(case, _traced(state)),)
    about = (None, *withdrawn_orders(bench, state))
    threads = (copies_thread(bench.me, holder, case, order) for holder in _asked_of(bench, state) for order in about)
    return tuple(
        Asked(thread, _traced(state_of(bench, thread))) for thread in threads if _copies_in(bench, thread) is not None
    )


def withdrawn_orders(bench: Workbench, state: CaseState) -> tuple[ActId, ...]:
    """The orders of the case that were taken back, as the acts name them that did; none of a disposed case."""
    steps = (step.act for step in state.steps if step.type is ActType.PRODUCTION_WITHDRAWN)
    bodies = (payload_of(bench, act).body for act in steps)
    return tuple(dict.fromkeys(body.order for body in bodies if isinstance(body, ProductionWithdrawn)))


def _asked_of(bench: Workbench, state: CaseState) -> list[AuthorityId]:
    """Who may have been asked: the other parties; of a tombstone, those that its certificate names."""
    if state.phase is not Phase.DISPOSED:
        return _holders(bench, state, None)
    certificate = payload_of(bench, state.steps[-1].act).body
    return [each.holder for each in certificate.copies] if isinstance(certificate, CaseDisposed) else []


def ask(
    bench: Workbench, state: CaseState, reason: CopiesReason, *, order: ActId, author: Author | None = None
) -> tuple[Asked, ...]:
    """Asks every holder that is not asked, or has not answered for good, already. Can be done again."""
    found = askings(bench, state, reason, order=order, author=author)
    for each in found:
        if each.payload is not None:
            _file_asking(bench, each.payload, each.times)
    return tuple(each.asked for each in found)


def askings(
    bench: Workbench,
    state: CaseState,
    reason: CopiesReason,
    *,
    order: ActId | None = None,
    author: Author | None = None,
) -> tuple[Asking, ...]:
    """What is to be asked of whom, nothing of it filed: it goes with the act that it is about, or not at all.

    One for each holder, with no payload where it was asked and has not answered, or has for good. None for a holder with whom
    the thread was disposed of, in which alone it could be asked, and none for a thread about copies.
    """
    if state.copies is not None:
        return ()
    body = CopiesAsked(state.case, reason, _answer_by(bench), order)
    found = (_asking(bench, state, holder, body, author) for holder in _holders(bench, state, order))
    return tuple(each for each in found if each is not None)


def asked_with(bench: Workbench, withdrawal: Payload) -> list[Payload]:
    """What goes with an act that takes an order back: whoever holds copies of what came under it is asked for them, once."""
    body = withdrawal.body
    if not isinstance(body, ProductionWithdrawn):
        return []
    state = state_of(bench, withdrawal.case)
    found = askings(bench, state, CopiesReason.ORDER_WITHDRAWN, order=body.order, author=withdrawal.author)
    return [each.payload for each in found if each.payload is not None]


def _asking(
    bench: Workbench, state: CaseState, holder: AuthorityId, body: CopiesAsked, author: Author | None
) -> Asking | None:
    thread = copies_thread(bench.me, holder, state.case, body.order)
    row = bench.records.cases.view(thread)
    known = CaseState(thread) if row is None else open_view(bench.cipher, row).state
    if known.phase is Phase.DISPOSED:
        return None
    before = known.copies
    times = len(before.asked) if before else 0
    if before is not None and _settled(before, body, bench):
        return Asking(Asked(thread, _traced(known)), times)
    payload = _question(bench, holder, body, before, author)
    asked = FiledAct(act_id(write_payload(payload)), payload, Direction.ISSUED, payload.at)
    return Asking(Asked(thread, _traced(evolve(known, asked))), times, payload)


def ask_again(bench: Workbench, thread: CaseId) -> None:
    """Asks the holder once more, urgently; does nothing where it has answered meanwhile."""
    state = state_of(bench, thread)
    due = ask_again_at(state)
    if state.copies is None or due is None or due > bench.clock.now():
        return
    body = CopiesAsked(state.copies.about, state.copies.reason, _answer_by(bench), state.copies.order)
    payload = _question(bench, state.copies.holder, body, state.copies, None)
    _file_asking(bench, payload, len(state.copies.asked))


def report_copies(bench: Workbench, officer: OfficerRef, command: ReportCopies) -> ActId | Refusal:
    """Answers what this node knows of its own copies; nothing is reported as destroyed that is still here.

    1. The officer may. 2. This node was asked. 3. Whoever asks has a part in the case asked about. 4. What is still here is
    kept on a ground until a date, and what is gone is not.
    """
    # 1.
    refusal = allowed(bench, officer, Action.TRACE_COPIES, Resource(command.office))
    if refusal is not None:
        return refusal
    # 2.
    copies = state_of(bench, command.thread).copies
    if copies is None or copies.holder != bench.me:
        return Refusal("not-asked", "this node was not asked for copies there", do="name the thread of the question")
    # 3. and 4.
    found = _what_is_left(bench, copies)
    if isinstance(found, Refusal):
        return found
    if found is None:
        if command.ground is None or command.until is None:
            return Refusal(
                "still-kept", "the copies are still here", do="say on which ground until when, or dispose first"
            )
        found = CopiesReported(copies.about, CopiesStanding.KEPT, command.ground, command.until)
    elif command.ground is not None or command.until is not None:
        return Refusal("nothing-kept", f"nothing is kept: {found.standing}", do="answer without a ground and a date")
    return the_act(
        file_own(bench, _report(bench, command.thread, copies, found, Author(officer.officer, command.office)))
    )


def report_disposal(
    bench: Workbench, case: CaseId, parties: Iterable[AuthorityId], withdrawn: Iterable[ActId], certificate: ActId
) -> None:
    """Tells everybody who has asked for copies of the case, or of what came under an order of it, that they are gone now."""
    for party, order in product(sorted(set(parties) - {bench.me}), (None, *withdrawn)):
        thread = copies_thread(party, bench.me, case, order)
        copies = _copies_in(bench, thread)
        if copies is not None and copies.standing in (None, CopiesStanding.KEPT):
            body = CopiesReported(case, CopiesStanding.DESTROYED, certificate=certificate)
            file_own(bench, _report(bench, thread, copies, body, None), done=_told_destroyed)


def _told_destroyed(thread: CaseState) -> bool:
    return thread.copies is not None and thread.copies.standing is CopiesStanding.DESTROYED


def _what_is_left(bench: Workbench, copies: Copies) -> CopiesReported | Refusal | None:
    """The report of copies that are gone, or that were never here; None while they are here."""
    row = bench.records.cases.view(copies.about)
    if row is None:
        return CopiesReported(copies.about, CopiesStanding.NONE_HELD)
    state = open_view(bench.cipher, row).state
    if state.phase is Phase.DISPOSED:
        return CopiesReported(copies.about, CopiesStanding.DESTROYED, certificate=state.steps[-1].act)
    if not any(copies.asker in (step.issuer, *step.to) for step in state.steps):
        return Refusal("not-a-party", "whoever asks has no part in the case asked about", do="do not answer")
    return None if copies.order is None else _left_of_order(state, copies.about, copies.order)


def _left_of_order(state: CaseState, about: CaseId, order: ActId) -> CopiesReported | None:
    """The report of what came under the order: what brought nothing left nothing, and what was destroyed has a certificate."""
    matter = state.matter_of(order)
    exhibits = [each for each in state.exhibits.values() if each.matter == matter]
    if any(each.state is not CustodyState.DESTROYED for each in exhibits):
        return None
    gone = [step.act for step in state.steps if step.matter == matter and step.type is ActType.EXHIBIT_DESTROYED]
    if not gone:
        return CopiesReported(about, CopiesStanding.NONE_HELD)
    return CopiesReported(about, CopiesStanding.DESTROYED, certificate=gone[-1])


def _holders(bench: Workbench, state: CaseState, order: ActId | None) -> list[AuthorityId]:
    """Every other party of the case, or of the matter of the order. Who has left the directory, or has no node, cannot be asked."""
    matter = state.matter_of(order) if order else None
    steps = [step for step in state.steps if order is None or step.matter == matter]
    parties = {party for step in steps for party in (step.issuer, *step.to)} - {bench.me}
    directory = bench.directory()
    return sorted(each for each in parties if directory.knows(each) and not directory.by_hand(each))


def _copies_in(bench: Workbench, thread: CaseId) -> Copies | None:
    row = bench.records.cases.view(thread)
    return None if row is None else open_view(bench.cipher, row).state.copies


def _settled(before: Copies, body: CopiesAsked, bench: Workbench) -> bool:
    """Whether this very question was asked, and is unanswered yet or answered for as long as the answer says."""
    if (before.reason, before.order) != (body.reason, body.order):
        return False
    return before.until is None or before.until > bench.clock.now()


def _answer_by(bench: Workbench) -> Instant:
    return bench.clock.now() + timedelta(days=bench.own_rules.copies_answer_days)


def _traced(state: CaseState) -> CopiesTraced:
    copies = state.copies
    if copies is None:
        raise ValueError("not a thread about copies")
    return CopiesTraced(copies.holder, copies.asked[-1], copies.standing, copies.ground, copies.until)


def _question(
    bench: Workbench, holder: AuthorityId, body: CopiesAsked, before: Copies | None, author: Author | None
) -> Payload:
    return compose(
        bench,
        case=copies_thread(bench.me, holder, body.about, body.order),
        body=body,
        instrument=NODE,
        to=[holder],
        re=before.asked[-1:] if before else (),
        urgency=Urgency.URGENT if before else Urgency.ORDINARY,
        author=author,
    )


def _file_asking(bench: Workbench, payload: Payload, times: int) -> None:
    file_own(bench, payload, done=lambda state: state.copies is not None and len(state.copies.asked) > times)


def _report(bench: Workbench, thread: CaseId, copies: Copies, body: CopiesReported, author: Author | None) -> Payload:
    return compose(
        bench, case=thread, body=body, instrument=NODE, to=[copies.asker], re=copies.asked[-1:], author=author
    )
