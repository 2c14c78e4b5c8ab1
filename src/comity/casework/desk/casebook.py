"""Reading cases: lists, timelines, clocks, single acts. Every one of these is a use case with its own permission."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from comity.acts.payload import Payload
from comity.acts.seal_format import Approval
from comity.cases.state import CaseState, Direction, Phase, Step
from comity.casework.bench.legality import case_clocks
from comity.casework.bench.reading import row_of
from comity.casework.bench.reading_rights import readable
from comity.casework.bench.readings import act_on_record, read_on_record
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.desk.case_alarms import CaseAlarm, case_alarms
from comity.casework.ports.access import OfficerRef, no_office
from comity.casework.ports.case import StoredView
from comity.casework.ports.delivery import DeliveryProgress, DeliveryState
from comity.casework.ports.journal import Read
from comity.casework.ports.paging import Paging, Place, page_of
from comity.exchange.delivery import RULES
from comity.law.clock_run import ClockStatus
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId

_WAITING = "waiting"
"""The code under which a peer keeps an act until its predecessor comes: a state of its own to whoever looks."""


class DeliveryLine(Struct, frozen=True):
    """How far an act is on its way to one addressee; `failed` is not tried again, and an officer must look.

    `code` is what the last attempt came to, in the peer's word or the network's: empty before the first and once delivered.
    """

    peer: AuthorityId
    state: DeliveryState
    code: str
    attempts: int
    tried_at: datetime | None
    next_at: datetime | None
    delivered_at: datetime | None


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
    deliveries: tuple[DeliveryLine, ...] = ()


class ClockLine(Struct, frozen=True):
    """One legal clock: where it stands, when it ends, what then, and how that was counted, in words; `follows` once it has."""

    id: str
    citation: str
    verified: bool
    kind: str
    state: ClockStatus
    due: datetime | None
    consequence: str
    text: str
    trace: tuple[str, ...]
    follows: str = ""


class CaseLine(Struct, frozen=True):
    """A case in a list, with what of it wants a person."""

    case: CaseId
    phase: Phase
    acts: int
    latest: datetime | None
    alarms: tuple[CaseAlarm, ...] = ()


class CasePage(Struct, frozen=True):
    """Cases; `next` is where the next page begins, and missing on the last."""

    lines: tuple[CaseLine, ...]
    next: str | None = None


class CaseFile(Struct, frozen=True):
    """A case as an officer reads it."""

    state: CaseState
    timeline: tuple[TimelineLine, ...]
    clocks: tuple[ClockLine, ...]
    alarms: tuple[CaseAlarm, ...] = ()


class ActText(Struct, frozen=True):
    """One act in full, with the approvals in its seal."""

    act: ActId
    payload: Payload
    approvals: tuple[Approval, ...]
    deliveries: tuple[DeliveryLine, ...] = ()


def list_cases(bench: Workbench, officer: OfficerRef, paging: Paging) -> CasePage | Refusal:
    """The node's cases that the officer may read, newest change first; disposed ones as tombstones."""
    refusal = no_office(officer)
    if refusal is not None:
        return refusal

    def rows(after: Place | None, limit: int) -> Iterator[tuple[Place, CaseLine | None]]:
        for each in bench.records.cases.recent(after, limit):
            yield each.place, _line(bench, officer, each.row)

    return CasePage(*page_of(paging, rows))


def _line(bench: Workbench, officer: OfficerRef, row: StoredView) -> CaseLine | None:
    found = readable(bench, officer, row)
    if found is None:
        return None
    view, steps = found[0], found[0].state.steps
    latest = steps[-1].filed_at if steps else None
    return CaseLine(row.case, row.phase, len(steps), latest, case_alarms(bench, row, view))


def read_case(bench: Workbench, officer: OfficerRef, case: CaseId) -> CaseFile | Refusal:
    """The case: its state, its timeline with deliveries, every clock as of now, its alarms. On record before it is given."""
    row = row_of(bench, case)
    view = open_view(bench.cipher, row)
    refusal = read_on_record(bench, officer, view.state, Read.CASE)
    if refusal is not None:
        return refusal
    sent = _deliveries(bench, view.state)
    timeline = tuple(
        TimelineLine(
            act=step.act,
            type=step.type,
            issuer=step.issuer,
            to=step.to,
            direction=step.direction,
            at=step.at,
            filed_at=step.filed_at,
            delivery={each.peer: in_a_word(each) for each in sent.get(step.act, ())},
            deliveries=tuple(_delivery_line(each) for each in sent.get(step.act, ())),
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
            follows=each.consequence_text if each.state in (ClockStatus.LAPSED, ClockStatus.PASSED) else "",
        )
        for each in case_clocks(bench, view, bench.clock.now())
    )
    return CaseFile(view.state, timeline, clocks, case_alarms(bench, row, view))


def read_act(bench: Workbench, officer: OfficerRef, act: ActId) -> ActText | Refusal:
    """One act in full, and how it is on its way. On record before it is given."""
    read = act_on_record(bench, officer, act)
    if isinstance(read, Refusal):
        return read
    sent = tuple(_delivery_line(each) for each in bench.records.outbox.progress([act]))
    return ActText(act, read.opened.payload, read.opened.approvals, sent)


def in_a_word(progress: DeliveryProgress) -> str:
    """`pending`, `waiting` (for a predecessor, at the peer), `delivered`, `by-hand`, `sent-by-hand`, or `failed: <code>`."""
    if progress.state is DeliveryState.FAILED:
        return f"{progress.state}: {progress.code}"
    held = progress.state is DeliveryState.PENDING and progress.code == _WAITING
    return _WAITING if held else str(progress.state)


def _deliveries(bench: Workbench, state: CaseState) -> dict[ActId, list[DeliveryProgress]]:
    found: dict[ActId, list[DeliveryProgress]] = {}
    for each in bench.records.outbox.progress([step.act for step in state.steps]):
        found.setdefault(each.act, []).append(each)
    return found


def _delivery_line(each: DeliveryProgress) -> DeliveryLine:
    return DeliveryLine(each.peer, each.state, each.code, each.attempts, each.tried_at, each.next_at, each.delivered_at)


def _ahead(step: Step) -> int:
    ahead = step.at - step.filed_at
    return int(ahead.total_seconds()) if ahead > RULES.tolerated_skew else 0
