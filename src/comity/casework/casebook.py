"""Reading cases: lists, timelines, clocks, single acts, search. Every one of these is a use case with its own permission."""

from datetime import datetime

from msgspec import Struct

from comity.acts.payload import Payload
from comity.acts.seal_format import Approval
from comity.cases.state import CaseState, Direction, Phase, Step
from comity.casework.access import Action, OfficerRef, Resource
from comity.casework.draft import allowed
from comity.casework.legality import case_clocks
from comity.casework.reading import sealed_acts, view_of
from comity.casework.views import open_view
from comity.casework.workbench import Workbench
from comity.exchange.delivery import RULES
from comity.law.clock_run import ClockStatus
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId
from comity.vocabulary.targets import TargetKind, normalise


class TimelineLine(Struct, frozen=True):
    """One act of a case as a line: what it was, between whom, when, and how it went out.

    `ahead` is a finding: the seconds by which the issuer's clock was ahead of this node's when the act came, where that is
    more than is tolerated. A clock that is behind cannot be told from a late delivery here; the operator is told of it.
    """

    act: ActId
    type: str
    issuer: AuthorityId
    to: tuple[AuthorityId, ...]
    direction: Direction
    at: datetime
    filed_at: datetime
    delivery: dict[AuthorityId, str]
    ahead: int = 0


class ClockLine(Struct, frozen=True):
    """One legal clock: where it stands, when it ends, what then, and how that was counted, in words."""

    id: str
    citation: str
    verified: bool
    kind: str
    state: ClockStatus
    due: datetime | None
    consequence: str
    text: str
    trace: tuple[str, ...]


class CaseLine(Struct, frozen=True):
    """A case in a list."""

    case: CaseId
    phase: Phase
    acts: int
    latest: datetime | None


class CaseFile(Struct, frozen=True):
    """A case as an officer reads it."""

    state: CaseState
    timeline: tuple[TimelineLine, ...]
    clocks: tuple[ClockLine, ...]


class ActText(Struct, frozen=True):
    """One act in full, with the approvals in its seal."""

    act: ActId
    payload: Payload
    approvals: tuple[Approval, ...]


def list_cases(bench: Workbench, officer: OfficerRef) -> tuple[CaseLine, ...] | Refusal:
    """All cases of the node, newest change first; disposed ones as tombstones."""
    refusal = _may_read(bench, officer)
    if refusal is not None:
        return refusal
    lines = []
    for row in bench.records.cases.cases():
        state = open_view(bench.cipher, row).state
        latest = state.steps[-1].filed_at if state.steps else None
        lines.append(CaseLine(row.case, row.phase, len(state.steps), latest))
    return tuple(lines)


def read_case(bench: Workbench, officer: OfficerRef, case: CaseId) -> CaseFile | Refusal:
    """The case: its state, its timeline with deliveries, and every clock as of now."""
    refusal = _may_read(bench, officer)
    if refusal is not None:
        return refusal
    view = view_of(bench, case)
    deliveries = bench.records.outbox.state([step.act for step in view.state.steps])
    timeline = tuple(
        TimelineLine(
            act=step.act,
            type=step.type,
            issuer=step.issuer,
            to=step.to,
            direction=step.direction,
            at=step.at,
            filed_at=step.filed_at,
            delivery={peer: deliveries[step.act, peer] for peer in step.to if (step.act, peer) in deliveries},
            ahead=_ahead(step),
        )
        for step in view.state.steps
    )
    clocks = tuple(
        ClockLine(
            id=each.id,
            citation=each.citation.in_words(),
            verified=each.verified,
            kind=each.kind,
            state=each.state,
            due=each.legal_due,
            consequence=each.consequence,
            text=each.text,
            trace=each.trace,
        )
        for each in case_clocks(bench, view, bench.clock.now())
    )
    return CaseFile(view.state, timeline, clocks)


def read_act(bench: Workbench, officer: OfficerRef, act: ActId) -> ActText | Refusal:
    """One act in full."""
    refusal = _may_read(bench, officer)
    if refusal is not None:
        return refusal
    opened = read_sealed(sealed_acts(bench, [act])[act])
    return ActText(act, opened.payload, opened.approvals)


def search(bench: Workbench, officer: OfficerRef, kind: TargetKind, value: str) -> tuple[CaseId, ...] | Refusal:
    """Cases with an act aimed at that identifier; by blind tokens, so nothing is decrypted to look."""
    refusal = _may_read(bench, officer)
    if refusal is not None:
        return refusal
    term = f"{kind}:{normalise(kind, value)}"
    live = [row.case for row in bench.records.cases.cases() if row.phase is not Phase.DISPOSED]
    return tuple(bench.records.cases.by_token({case: bench.cipher.token(case, term) for case in live}))


def _ahead(step: Step) -> int:
    ahead = step.at - step.filed_at
    return int(ahead.total_seconds()) if ahead > RULES.tolerated_skew else 0


def _may_read(bench: Workbench, officer: OfficerRef) -> Refusal | None:
    return allowed(bench, officer, Action.READ_CASE, Resource(next(iter(officer.offices), "")))
