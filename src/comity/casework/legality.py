"""What the law says about an act of this node or of another, put as this node needs it.

The engine (`comity.law`) knows instruments and no nodes; here it is told who stands where, and its blocking findings
become the gaps that a person reads.
"""

from collections.abc import Sequence
from datetime import datetime

from comity.acts.payload import Payload
from comity.cases.state import CaseState, Direction, Step
from comity.casework.workbench import Workbench
from comity.law.clocks import ClockState, History, clocks
from comity.law.findings import Approver, Finding, Parties, Severity, Side, findings
from comity.trust.approvals import ApprovalFinding
from comity.trust.directory import Directory
from comity.vocabulary.errors import Gap

__all__ = ["Side", "blocking", "case_clocks", "findings_of"]


def findings_of(
    bench: Workbench, payload: Payload, approvals: Sequence[ApprovalFinding], side: Side, at: datetime
) -> tuple[Finding, ...]:
    """All findings on the act, from the side this node stands on."""
    directory = bench.directory()
    return findings(
        bench.law,
        payload,
        side=side,
        approvers=tuple(
            Approver(directory.office(payload.issuer, each.office).kind, each.purpose) for each in approvals
        ),
        parties=parties_of(directory, payload),
        at=at,
    )


def parties_of(directory: Directory, payload: Payload) -> Parties:
    """The countries of issuer and addressees, as the directory lists them."""
    return Parties(
        issuer=directory.authority(payload.issuer).country,
        addressees=tuple(directory.authority(each).country for each in payload.to),
    )


def blocking(found: Sequence[Finding]) -> tuple[Gap, ...]:
    """The findings that keep an act from being sent or taken, as gaps."""
    return tuple(
        Gap(each.code, each.field, each.message, each.citation.text, each.verified)
        for each in found
        if each.severity is Severity.BLOCKS
    )


def case_clocks(bench: Workbench, state: CaseState, at: datetime) -> tuple[ClockState, ...]:
    """Every clock that the case's history started, as of the instant, counted where this node acts."""
    entry = bench.directory().authority(bench.me)
    return clocks(
        bench.law, [_history(step) for step in state.steps], at=at, zone=entry.time_zone, calendar=entry.calendar
    )


def _history(step: Step) -> History:
    received = step.direction is not Direction.ISSUED
    return History(
        act=step.act,
        type=step.type,
        instrument=step.instrument,
        measure=step.measure,
        marks=step.marks,
        urgency=step.urgency,
        # The receiver's own clock starts legal clocks; for what one issued, the time it was filed here.
        at=step.filed_at,
        received=received,
        matter=step.matter,
    )
