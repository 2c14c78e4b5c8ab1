"""Refolding: after a change of the law every case is looked at again under the law in force, without an act.

A case's row holds what clocks look at in its acts, and when it is due. Both follow from the acts and the law, so a new law
makes them stale: clocks may look at other fields, and end at other times. Whoever opens a case counts by the law in force at
once (`comity.casework.bench.histories.history_under`); what is found without opening cases, their due times and alarms, is
right as soon as this has been through them all.
"""

import logging
from collections.abc import Mapping

import msgspec

from comity.casework.bench.histories import view_under
from comity.casework.bench.sequencer import Decision, Desk, Intent
from comity.casework.bench.views import CaseView, open_view
from comity.casework.bench.workbench import Workbench
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId

PORTION = 100
"""Cases of one transaction: they are locked for the time in which it counts their clocks."""

log = logging.getLogger("comity.law")


def refold(bench: Workbench) -> int:
    """All cases are read under the law in force when this returns, but for those that cannot be read; how many it were.

    A process that was started before the law was changed leaves them to those that are started after it.

    Raises `BrokenInputError(UNAVAILABLE)` while the records can't be reached; what was done stays done.
    """
    done, unreadable = 0, set[CaseId]()
    while rows := bench.records.cases.under_another_law(bench.law.version, unreadable, PORTION):
        if bench.laws.next_start() != bench.law.version:
            log.warning("cases wait to be read under the law that lies in the folder now: start the node again")
            break
        views = {}
        for row in rows:
            try:
                views[row.version + 1, row.case] = view_under(bench, open_view(bench.cipher, row))
            except (BrokenInputError, msgspec.DecodeError) as error:
                if isinstance(error, BrokenInputError) and error.code is ErrorCode.UNAVAILABLE:
                    raise
                log.warning("case %s cannot be read under the law in force: `comity check` says more", row.case)
                unreadable.add(row.case)
        if views:
            done += len(bench.sequencer.submit(folding(views)).decision.folded)
    return done


def folding(views: Mapping[tuple[int, CaseId], CaseView]) -> Intent:
    """These views become those of their cases, where a row still has the version before the one that is named; no act is filed."""

    def decide(desk: Desk) -> Decision:
        return Decision(folded=tuple(view for (version, case), view in views.items() if desk.version(case) == version))

    return Intent(tuple(case for _, case in views), (), decide, len(views))
