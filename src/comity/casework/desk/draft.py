"""Draft: an officer writes an act that needs another officer's approval; refused with every gap at once."""

from collections.abc import Collection

from msgspec import Struct

from comity.acts.bodies import AnyBody, enclosed_by
from comity.acts.classes import ActType
from comity.acts.payload import Author, Payload, act_id, type_of, write_payload
from comity.acts.rules import BY_HAND, NEEDS_APPROVAL
from comity.cases.evolve import admit
from comity.cases.parties import not_executing
from comity.cases.state import CaseState
from comity.casework.bench.issuing import compose, intent_to_file, seal_act
from comity.casework.bench.legality import advising, blocking, findings_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.sequencer import RefusedError
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.copies import asked_with
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.case import StoredDraft
from comity.law.answers import Finding
from comity.law.terms import Side
from comity.trust.approvals import approval_challenge
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import Gap, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, OfficeId
from comity.vocabulary.wire import b64url

APPROVE = "approve"
"""The purpose an approval of an act is given for; part of the WebAuthn challenge."""


class WriteAct(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: what to say to whom. Without a case, a new one is opened. `office` is the one the officer acts in.

    `enclosing` are acts of others that go along as evidence; the body names them too.
    """

    instrument: str
    body: AnyBody
    office: OfficeId
    case: CaseId | None = None
    to: tuple[AuthorityId, ...] = ()
    re: tuple[ActId, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    enclosing: tuple[ActId, ...] = ()


class Drafted(Struct, frozen=True):
    """A draft that may be approved: its id is the id the act will have, `challenge` what the passkey must sign."""

    draft: ActId
    case: CaseId
    challenge: str
    advice: tuple[Gap, ...] = ()


def draft(bench: Workbench, officer: OfficerRef, command: WriteAct) -> Drafted | Refusal:
    """Keeps a draft of exactly the bytes that will be approved, or says everything that stands against it.

    1. The officer may draft this kind of act in that office. 2. The law finds nothing missing. 3. It may follow in the case.
    """
    kind = type_of(command.body)
    refusal = allowed(bench, officer, Action.DRAFT, Resource(command.office, kind))
    if refusal is not None:
        return refusal
    payload = _written(bench, officer, command)
    found = _not_by_hand(kind) or judged(bench, payload, command.enclosing)
    return found if isinstance(found, Refusal) else keep_draft(bench, officer, payload, found)


def keep_draft(bench: Workbench, officer: OfficerRef, payload: Payload, found: tuple[Finding, ...]) -> Drafted:
    """The draft of these very words, about which the law found this (`judged`)."""
    data = write_payload(payload)
    name, case = act_id(data), payload.case
    bench.case_keys.ensure([case])
    box = bench.cipher.close_draft(case, name, data)
    bench.records.drafts.keep(StoredDraft(name, case, box, officer.officer, payload.at))
    return Drafted(name, case, b64url(approval_challenge(APPROVE, name)), advising(found))


def file_unapproved(bench: Workbench, officer: OfficerRef, command: WriteAct) -> ActId | Refusal:
    """Seals and files an act that needs no second officer, such as a confirmation; same checks as a draft."""
    kind = type_of(command.body)
    refusal = allowed(bench, officer, Action.FILE, Resource(command.office, kind))
    if refusal is None and kind in NEEDS_APPROVAL:
        refusal = Refusal(
            "needs-approval", f"{kind} needs a second officer's approval", do="draft it and have it approved"
        )
    if refusal is not None:
        return refusal
    payload = _written(bench, officer, command)
    found = _not_by_hand(kind) or judged(bench, payload, command.enclosing)
    if isinstance(found, Refusal):
        return found
    bench.case_keys.ensure([payload.case])
    act = seal_act(bench, write_payload(payload), (), command.enclosing)
    beside = [seal_act(bench, write_payload(each)) for each in asked_with(bench, payload)]
    try:
        bench.sequencer.submit(intent_to_file([act, *beside]))
    except RefusedError as error:
        return error.refusal
    return act.id


def unfit_enclosures(bench: Workbench, payload: Payload, enclosing: Collection[ActId]) -> Refusal | None:
    """None when exactly the acts that the body names go along, and all are of the same case: nothing leaves another case."""
    named = set(enclosed_by(payload.body))
    if named != set(enclosing):
        return Refusal(
            "enclosures-differ", "the acts to be enclosed are not those that the body names", do="name both alike"
        )
    found = bench.records.cases.many(enclosing)
    if any(act not in found or found[act].case != payload.case for act in enclosing):
        return Refusal(
            "not-of-this-case", "an act to be enclosed is not of this case", do="enclose acts of this case only"
        )
    return None


def _written(bench: Workbench, officer: OfficerRef, command: WriteAct) -> Payload:
    return compose(
        bench,
        case=command.case or bench.random.take(16).hex(),
        body=command.body,
        instrument=command.instrument,
        to=command.to,
        re=command.re,
        urgency=command.urgency,
        author=Author(officer.officer, command.office),
    )


def _not_by_hand(kind: ActType) -> Refusal | None:
    if kind in BY_HAND:
        return None
    return Refusal("not-by-hand", f"{kind} is said by the step that does it, not written by hand")


def judged(bench: Workbench, payload: Payload, enclosing: Collection[ActId] = ()) -> tuple[Finding, ...] | Refusal:
    """What the law finds, none of it blocking; or what stands against the act."""
    found = findings_of(bench, payload, None, Side.SENDING, payload.at)
    gaps = blocking(found)
    if gaps:
        return Refusal(
            "incomplete",
            f"the draft lacks {len(gaps)} things that its instrument demands",
            gaps,
            do="add them and draft again",
        )
    row = bench.records.cases.view(payload.case)
    state = CaseState(payload.case) if row is None else open_view(bench.cipher, row).state
    return (
        not_executing(state, payload) or admit(state, payload) or unfit_enclosures(bench, payload, enclosing) or found
    )
