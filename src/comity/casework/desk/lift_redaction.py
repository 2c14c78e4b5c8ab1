"""Lift: a court decided that a redaction stands no longer, a provisional one or one by which persons bear other names.

Two officers put it on record, whichever court it was.

A judge of this node decides by approving the act with a passkey. The court of another authority says so by an act of its own,
which came by exchange (`lifting-decided`), or on paper, which is scanned: then this node carries out what that court decided,
and the act cites it.
"""

import hashlib
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.classes import ActType
from comity.acts.payload import Author, Payload
from comity.acts.redaction_bodies import LiftingDecided, PaperDecision, RedactionLifted
from comity.cases.state import CaseState
from comity.casework.bench.issuing import compose
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of, stored_act
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.redactions import lifted, made, own_redaction
from comity.casework.desk.draft import Drafted, judged, keep_draft
from comity.casework.desk.scans import keep_scan
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.trust.seals import read_sealed
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, ExhibitId, OfficeId


class LiftRedaction(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: a provisional redaction, or one with other names, stands no longer. `decision` is the reference of the decision.

    `decided_by` is the act of another authority's court. Where its decision came on paper, `court` names it and `scan` is the
    file. Without either, a judge of this node decides by approving.
    """

    case: CaseId
    derived: ExhibitId
    office: OfficeId
    decision: Annotated[str, Meta(min_length=1, max_length=500)]
    decided_by: ActId | None = None
    court: Annotated[str, Meta(max_length=200)] = ""
    scan: bytes = b""


def lift_redaction(bench: Workbench, officer: OfficerRef, command: LiftRedaction) -> Drafted | Refusal:
    """The draft of the act; from its approval on the original is opened as any other item, and a judge opens who is who.

    1. The officer may. 2. Such a redaction stands, made by another officer. 3. What is cited is the decision of a court about it. 4. It may
    follow in the case. 5. The scan is kept, then the draft.
    """
    # 1.
    refusal = allowed(bench, officer, Action.DRAFT, Resource(command.office, ActType.REDACTION_LIFTED))
    if refusal is not None:
        return refusal
    # 2.
    state = state_of(bench, command.case)
    act, body = made(bench, state, command.derived)
    if not (body.provisional or body.persons) or command.derived in lifted(bench, state):
        return Refusal("nothing-to-lift", "no redaction of that id stands that a court can lift")
    refusal = own_redaction(bench, officer, act)
    if refusal is not None:
        return refusal
    # 3.
    refusal = _no_decision(bench, state, command)
    if refusal is not None:
        return refusal
    # 4.
    on_paper = _on_paper(command, bench.random.take(16).hex()) if command.scan else None
    payload = compose(
        bench,
        case=command.case,
        body=RedactionLifted(command.derived, command.decision, command.decided_by, on_paper),
        instrument=NODE,
        re=[act] if command.decided_by is None else [act, command.decided_by],
        author=Author(officer.officer, command.office),
    )
    found = judged(bench, payload)
    if isinstance(found, Refusal):
        return found
    # 5.
    if on_paper is not None:
        keep_scan(bench, command.case, on_paper.scan, command.scan)
    return keep_draft(bench, officer, payload, found)


def not_to_lift(bench: Workbench, officer: OfficerRef, office: OfficeId, payload: Payload) -> Refusal | None:
    """None when the officer may approve this act in that office, as far as it lifts a redaction.

    1. Nothing has lifted it meanwhile. 2. Nobody lifts a redaction of their own making, in whatever other office. 3. Where no
    court's decision is cited, whoever approves is a judge.
    """
    body = payload.body
    if not isinstance(body, RedactionLifted):
        return None
    # 1.
    state = state_of(bench, payload.case)
    if body.derived in lifted(bench, state):
        return Refusal("nothing-to-lift", "no provisional redaction of that id stands", do="discard the draft")
    # 2.
    refusal = own_redaction(bench, officer, made(bench, state, body.derived)[0])
    if refusal is not None:
        return refusal
    # 3.
    if body.decided_by is not None or body.on_paper is not None:
        return None
    return allowed(bench, officer, Action.LIFT_REDACTION, Resource(office))


def _no_decision(bench: Workbench, state: CaseState, command: LiftRedaction) -> Refusal | None:
    """None when nothing is cited, or one decision: an act in this case by a judge of another authority, or a named court's paper."""
    papers = bool(command.court), bool(command.scan)
    if papers[0] != papers[1] or (command.decided_by is not None and any(papers)):
        return Refusal("which-decision", "cite the act of a court, or name the court and give its decision's scan")
    if command.decided_by is None:
        return None
    if any(step.act == command.decided_by for step in state.steps):
        decided = payload_of(bench, command.decided_by)
        about = decided.body.derived if isinstance(decided.body, LiftingDecided) else ""
        if about == command.derived and _by_a_judge(bench, decided.issuer, command.decided_by):
            return None
    return Refusal(
        "no-such-decision",
        "that is no act of this case by which a judge of another authority decided on this redaction",
        do="name the lifting-decided act that came",
    )


def _by_a_judge(bench: Workbench, issuer: AuthorityId, act: ActId) -> bool:
    """Whether another authority's act was approved in an office that the directory lists as a judge's."""
    sealed = read_sealed(bench.cipher.open_act(stored_act(bench, act)))
    offices = (bench.directory().office(issuer, each.office) for each in sealed.approvals)
    return issuer != bench.me and any(office.kind is OfficeKind.JUDGE for office in offices)


def _on_paper(command: LiftRedaction, scan: ExhibitId) -> PaperDecision:
    return PaperDecision(command.court, hashlib.sha256(command.scan).hexdigest(), len(command.scan), scan)
