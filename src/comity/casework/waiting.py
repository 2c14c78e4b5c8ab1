"""Waiting: an act whose predecessor never came is given up at its deadline, and refused whenever it is sent again.

Its sender goes on trying, and is told at each try (`comity.casework.receive`); should the predecessor come after all, the
next try is taken. So giving up loses nothing, and keeps nothing for ever.
"""

from collections.abc import Sequence

from comity.casework.case_ports import WaitingAct
from comity.casework.sequencer import Decision, Intent
from comity.casework.workbench import Workbench


def give_up_waiting(bench: Workbench) -> Sequence[WaitingAct]:
    """The acts whose deadline has passed; none of them waits any longer when this returns."""
    overdue = bench.records.cases.overdue(bench.clock.now())
    if overdue:
        resolved = tuple(each.id for each in overdue)
        cases = tuple(sorted({each.case for each in overdue}))
        bench.sequencer.submit(Intent(cases, (), lambda _desk: Decision(resolved=resolved), len(overdue)))
    return overdue
