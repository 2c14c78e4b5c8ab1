"""Standstill: what the clocks of a case forbid at this node, asked before an act is made and of one that came."""

from collections.abc import Sequence
from datetime import datetime

from comity.acts.classes import ActType
from comity.casework.case_ports import StoredView
from comity.casework.histories import history_under
from comity.casework.places import calendars_of
from comity.casework.views import open_view
from comity.casework.workbench import Workbench
from comity.law.answers import Finding
from comity.law.clocks import ClockState, clocks
from comity.law.standstill import may_be_forbidden, standstill
from comity.law.terms import Side
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId


def standing_still(
    bench: Workbench, case: CaseId, instrument: str, act: ActType, *, about: Sequence[ActId], side: Side, at: datetime
) -> tuple[Finding, ...]:
    """What forbids such an act as of the instant, in the matter of the first of these acts that the case has."""
    if not may_be_forbidden(bench.law, instrument, act):
        return ()
    row = bench.records.cases.view(case)
    return () if row is None else standstill(_in_matter(bench, row, about, at), act, side)


def refused_by_standstill(
    bench: Workbench, case: CaseId, instrument: str, act: ActType, about: ActId
) -> Refusal | None:
    """None when nothing forbids such an act now; else why, with each rule and its time."""
    now = bench.clock.now()
    found = standing_still(bench, case, instrument, act, about=[about], side=Side.SENDING, at=now)
    if not found:
        return None
    reasons = tuple(each.gap() for each in found)
    what = "; ".join(f"{each.message} ({each.citation})" for each in reasons)
    return Refusal("standstill", what, reasons, do="wait for that time to end, or for the act that ends it")


def _in_matter(bench: Workbench, row: StoredView, about: Sequence[ActId], at: datetime) -> list[ClockState]:
    """The clocks that acts of the matter started. What is found to come too early by a presumed receipt did so for certain."""
    view = open_view(bench.cipher, row)
    matter = next((known for each in about if (known := view.state.matter_of(each))), None)
    own = {step.act for step in view.state.steps if step.matter == matter}
    history = history_under(bench, view, bench.law)
    found = clocks(bench.law, history, at=at, calendars=calendars_of(bench.directory(), bench.me, view.state))
    return [clock for clock in found if clock.started_by in own]
