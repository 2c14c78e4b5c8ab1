"""Sweep: objects in the evidence store that nothing refers to are removed, such as what a broken-off intake has left.

What counts as referred to is what the check of the whole node counts (`comity.casework.check_custody`). Nothing is
removed while something is being taken in, assembled or received, or when a case could not be read.
"""

from msgspec import Struct

from comity.casework.check_cases import CaseExamination, CaseFindings
from comity.casework.check_custody import CustodyExamination
from comity.casework.check_findings import Findings
from comity.casework.check_ports import Books
from comity.casework.workbench import Workbench


class Swept(Struct, frozen=True):
    """How many objects and remainders were removed; `waits` says that nothing was because work may be under way."""

    removed: int
    waits: bool


def sweep(bench: Workbench, books: Books) -> Swept:
    """Removes what nothing refers to. For a node whose processes are stopped, or at its start.

    Raises `BrokenInputError(UNAVAILABLE)` while an intake is writing.
    """
    found = CaseFindings()
    with books.snapshot():
        cases = CaseExamination(bench, found, deep=False)
        evidence = CustodyExamination(bench, Findings(5, "custody"), deep=False)
        whole = True
        for rows in books.cases():
            opened = cases.examine(rows)
            if opened is not None:
                evidence.examine(opened)
            else:
                whole = False
    if evidence.under_way or not whole:
        return Swept(0, waits=True)
    referred = evidence.referred
    return Swept(bench.store.sweep(lambda digest: bytes.fromhex(digest) in referred), waits=False)
