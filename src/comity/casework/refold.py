"""Refolding: after a change of the law every case is looked at again under the law in force, without an act.

A case's row holds what clocks look at in its acts, and when it is due. Both follow from the acts and the law, so a new law
makes them stale: clocks may look at other fields, and end at other times. Whoever opens a case counts by the law in force at
once (`comity.casework.histories.history_under`); what is found without opening cases, their due times and alarms, is
right as soon as this has been through them all.
"""

import logging
from functools import partial

import msgspec

from comity.casework.histories import view_under
from comity.casework.reading import view_of
from comity.casework.sequencer import Decision, Desk, Intent
from comity.casework.views import CaseView
from comity.casework.workbench import Workbench
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId

PORTION = 100
"""Cases of one transaction: they are locked for the time in which it counts their clocks."""

log = logging.getLogger("comity.law")


def refold(bench: Workbench) -> int:
    """All cases are read under the law in force when this returns, but for those that cannot be read; how many it were.

    Raises `BrokenInputError(UNAVAILABLE)` while the records can't be reached; what was done stays done.
    """
    done, unreadable = 0, set[CaseId]()
    while cases := bench.records.cases.under_another_law(bench.law.version, unreadable, PORTION):
        views = []
        for case in cases:
            try:
                views.append(view_under(bench, view_of(bench, case)))
            except (BrokenInputError, msgspec.DecodeError) as error:
                if isinstance(error, BrokenInputError) and error.code is ErrorCode.UNAVAILABLE:
                    raise
                log.warning("case %s cannot be read under the law in force: `comity check` says more", case)
                unreadable.add(case)
        done += _keep(bench, views) if views else 0
    return done


def _keep(bench: Workbench, views: list[CaseView]) -> int:
    cases = tuple(view.state.case for view in views)
    committed = bench.sequencer.submit(Intent(cases, (), partial(_unchanged, views), len(views)))
    return len(committed.decision.folded)


def _unchanged(views: list[CaseView], desk: Desk) -> Decision:
    """Those to which no act came since they were read; the others are found again."""
    return Decision(folded=tuple(view for view in views if view.state.steps == desk.state(view.state.case).steps))
