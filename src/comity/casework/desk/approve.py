"""Approve: a second officer's passkey signs exactly the drafted bytes; then the node seals and files them.

Many approvals in one call become one round of the sequencer; each has its own outcome.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.payload import Payload, read_payload
from comity.acts.seal_format import Approval
from comity.casework.bench.issuing import intent_to_file, seal_act
from comity.casework.bench.legality import blocking, findings_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.sequencer import Committed, Decision, Desk, Intent, RefusedError
from comity.casework.bench.workbench import Workbench
from comity.casework.desk.draft import APPROVE, unfit_enclosures
from comity.casework.desk.drafts import gone
from comity.casework.desk.lift_redaction import not_to_lift
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.case import StoredDraft
from comity.law.terms import Side
from comity.trust.approvals import ApprovalFinding, verify_approval
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.identifiers import ActId, CaseId


class ApproveDraft(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: an assertion over a draft's challenge, and the acts of others that go along as evidence."""

    draft: ActId
    approval: Approval
    enclosing: tuple[ActId, ...] = ()


class Approved(Struct, frozen=True):
    """The draft is an act now: sealed, in the ledger at `index`, and on its way to its addressees.

    `software` says that the approval came from a software authenticator, and is shown wherever the act is.
    """

    act: ActId
    case: CaseId
    index: int
    software: bool


def approve(
    bench: Workbench, officer: OfficerRef, commands: Sequence[ApproveDraft]
) -> list[Approved | Refusal | BrokenInputError]:
    """Each command's outcome, in their order."""
    drafts = {each.id: each for each in bench.records.drafts.many([command.draft for command in commands])}
    undiscarded = _Undiscarded(bench, drafts)
    outcomes: list[Approved | Refusal | BrokenInputError | None] = [None] * len(commands)
    ready: list[tuple[int, Payload, ApprovalFinding, Intent]] = []
    for place, command in enumerate(commands):
        try:
            prepared = _prepare(bench, officer, command, drafts.get(command.draft), undiscarded)
        except BrokenInputError as error:
            outcomes[place] = error
            continue
        if isinstance(prepared, Refusal):
            outcomes[place] = prepared
        else:
            ready.append((place, *prepared))
    committed = bench.sequencer.submit_all([intent for *_, intent in ready])
    for (place, payload, finding, _), outcome in zip(ready, committed, strict=True):
        outcomes[place] = _outcome(bench, commands[place].draft, payload, finding=finding, outcome=outcome)
    bench.records.drafts.drop([each.act for each in outcomes if isinstance(each, Approved)])
    return [each for each in outcomes if each is not None]


def _prepare(
    bench: Workbench,
    officer: OfficerRef,
    command: ApproveDraft,
    stored: StoredDraft | None,
    undiscarded: "_Undiscarded",
) -> tuple[Payload, ApprovalFinding, Intent] | Refusal:
    # 1. The draft is here.
    if stored is None:
        raise gone(bench, command.draft)
    data = bench.cipher.open_draft(stored)
    payload = read_payload(data)
    # 2. The approving officer is the one logged in, another than the author, and may approve this kind of act.
    refusal = _may_approve(bench, officer, command, payload) or unfit_enclosures(bench, payload, command.enclosing)
    if refusal is not None:
        return refusal
    # 3. The assertion is over exactly these bytes, by a credential that serves nothing else.
    now = bench.clock.now()
    directory = bench.directory()
    finding = verify_approval(command.approval, stored.id, directory, authority=bench.me, at=now)
    # 4. With this approval, the law finds nothing missing.
    gaps = blocking(findings_of(bench, payload, (finding,), Side.SENDING, now))
    if gaps:
        return Refusal("not-competent", "the approval does not give the act what its instrument demands", gaps)
    # 5. Sealed over the same bytes; filed only if nobody discards the draft before.
    act = seal_act(bench, data, (command.approval,), command.enclosing, payload)
    return payload, finding, undiscarded.guard(intent_to_file([act]), stored.id)


class _Undiscarded:
    """Which drafts of one call are still there, read once for each round of the sequencer, under the locks of their cases."""

    def __init__(self, bench: Workbench, drafts: Collection[ActId]) -> None:
        self._bench = bench
        self._drafts = drafts
        self._round: Desk | None = None
        self._there: frozenset[ActId] = frozenset()

    def guard(self, intent: Intent, draft: ActId) -> Intent:
        """The intent, which fails with what became of the draft if it is neither there nor filed."""

        def decide(desk: Desk) -> Decision:
            if not desk.known(draft) and draft not in self._now(desk):
                raise gone(self._bench, draft)
            return intent.decide(desk)

        return replace(intent, decide=decide)

    def _now(self, desk: Desk) -> frozenset[ActId]:
        if self._round is not desk:
            self._round = desk
            self._there = frozenset(self._bench.records.drafts.there(self._drafts))
        return self._there


def _may_approve(bench: Workbench, officer: OfficerRef, command: ApproveDraft, payload: Payload) -> Refusal | None:
    if command.approval.purpose != APPROVE or command.approval.officer != officer.officer:
        return Refusal("not-yours", "the assertion is another officer's or was made for another purpose")
    resource = Resource(
        office=command.approval.office, act=payload.act.type, author=payload.author.officer if payload.author else ""
    )
    return allowed(bench, officer, Action.APPROVE, resource) or not_to_lift(
        bench, officer, command.approval.office, payload
    )


def _outcome(
    bench: Workbench, draft: ActId, payload: Payload, *, finding: ApprovalFinding, outcome: Committed | Exception
) -> Approved | Refusal | BrokenInputError:
    if isinstance(outcome, RefusedError):
        return outcome.refusal
    if isinstance(outcome, BrokenInputError):
        return outcome
    if isinstance(outcome, Exception):
        raise outcome
    index = outcome.indexes.get(draft)
    if index is None:
        # Approved by somebody else at the same moment: the act is filed once, and this is where.
        index = bench.records.ledger.find([draft])[draft][0]
    return Approved(draft, payload.case, index, finding.software)
