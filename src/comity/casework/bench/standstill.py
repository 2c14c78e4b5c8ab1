"""Standstill: what the clocks of a case forbid at this node, asked before an act is made and of one that came."""

from collections.abc import Collection, Sequence
from datetime import datetime

from comity.acts.classes import ActType
from comity.acts.order_bodies import items_concerned
from comity.casework.bench.histories import history_under
from comity.casework.bench.places import calendars_of
from comity.casework.bench.reading import payload_of
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import StoredView
from comity.law.answers import Finding
from comity.law.clocks import ClockState, clocks
from comity.law.standstill import may_be_forbidden, standstill
from comity.law.terms import Side
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId


def standing_still(
    bench: Workbench,
    case: CaseId,
    instrument: str,
    act: ActType,
    *,
    about: Sequence[ActId],
    side: Side,
    at: datetime,
    without: Collection[str] = (),
) -> tuple[Finding, ...]:
    """What forbids such an act as of the instant, in the matter of the first of these acts that the case has.

    `without` are labels of ordered items of which the act gives or shows nothing: what forbids these alone does not forbid it.
    """
    found = _forbidding(bench, case, instrument, act, about=about, at=at)
    left = [clock for clock, labels in found if not labels or not set(labels) <= set(without)]
    return standstill(left, act, side)


def held_up(bench: Workbench, case: CaseId, instrument: str, act: ActType, about: ActId) -> frozenset[str]:
    """Labels of the ordered items for which something forbids such an act now; without what forbids it for the whole order."""
    found = _forbidding(bench, case, instrument, act, about=[about], at=bench.clock.now())
    return frozenset(label for _, labels in found for label in labels)


def refused_by_standstill(
    bench: Workbench, case: CaseId, instrument: str, act: ActType, about: ActId, *, without: Collection[str] = ()
) -> Refusal | None:
    """None when nothing forbids such an act now; else why, with each rule and its time. `without` as in `standing_still`."""
    now = bench.clock.now()
    found = standing_still(bench, case, instrument, act, about=[about], side=Side.SENDING, at=now, without=without)
    if not found:
        return None
    reasons = tuple(each.gap() for each in found)
    what = "; ".join(f"{each.message} ({each.citation})" for each in reasons)
    return Refusal("standstill", what, reasons, do="wait for that time to end, or for the act that ends it")


def _forbidding(
    bench: Workbench, case: CaseId, instrument: str, act: ActType, *, about: Sequence[ActId], at: datetime
) -> list[tuple[ClockState, tuple[str, ...]]]:
    """The clocks that forbid the act as they stand, each with the labels of the items it does so for; none for all."""
    if not may_be_forbidden(bench.law, instrument, act):
        return []
    row = bench.records.cases.view(case)
    found = [] if row is None else _in_matter(bench, row, about, at)
    return [
        (clock, items_concerned(payload_of(bench, clock.started_by).body) if clock.started_by else ())
        for clock in found
        if standstill([clock], act, Side.SENDING)
    ]


def _in_matter(bench: Workbench, row: StoredView, about: Sequence[ActId], at: datetime) -> list[ClockState]:
    """The clocks that acts of the matter started. What is found to come too early by a presumed receipt did so for certain."""
    view = open_view(bench.cipher, row)
    matter = next((known for each in about if (known := view.state.matter_of(each))), None)
    own = {step.act for step in view.state.steps if step.matter == matter}
    history = history_under(bench, view, bench.law)
    found = clocks(bench.law, history, at=at, calendars=calendars_of(bench.directory(), bench.me, view.state))
    return [clock for clock in found if clock.started_by in own]
