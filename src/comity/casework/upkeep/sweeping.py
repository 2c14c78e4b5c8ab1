"""Sweep: objects in the evidence store that nothing refers to are removed, such as what a broken-off intake has left.

What counts as referred to is what the check of the whole node counts (`comity.casework.upkeep.check_custody`). Nothing is
removed while something is being taken in, assembled or received, or when a case could not be read.

A node that is at work is swept in two looks. An object is written first and referred to a moment later, by whoever wrote
it. So the first look is taken when nobody writes (`EvidenceStore.writing`), and finds what nothing refers to; what
nothing refers to at the second look either, a good while later, nobody will ever refer to.
"""

from collections.abc import Collection

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.check import Books
from comity.casework.upkeep.check_cases import CaseExamination, CaseFindings
from comity.casework.upkeep.check_custody import CustodyExamination
from comity.casework.upkeep.check_findings import Findings
from comity.vocabulary.identifiers import Digest


class Swept(Struct, frozen=True):
    """How many objects and remainders were removed; `waits` says that nothing was because work may be under way.

    `locked` are the strays that the store itself does not let go of yet.
    """

    removed: int
    waits: bool
    locked: int = 0


def sweep(bench: Workbench, books: Books) -> Swept:
    """Removes what nothing refers to. For a node whose processes are stopped, or at its start.

    Raises `BrokenInputError(UNAVAILABLE)` while an intake is writing.
    """
    evidence, whole = _examined(bench, books)
    if evidence.under_way or not whole:
        return Swept(0, waits=True)
    referred = evidence.referred
    return Swept(bench.store.sweep(lambda digest: bytes.fromhex(digest) in referred), waits=False)


def first_look(bench: Workbench, books: Books) -> frozenset[Digest] | None:
    """Objects that nothing refers to; None when a case could not be read.

    Raises `BrokenInputError(UNAVAILABLE)` while anyone is writing.
    """
    # Removes remainders of broken writes only, and that only when nobody writes.
    bench.store.sweep(lambda _digest: True)
    unlisted = frozenset(bench.store.digests()) - frozenset(bench.records.exhibits.referred())
    if not unlisted:
        return unlisted
    # What no exhibit lists may still be a review's or on its way here: only the cases' acts say so.
    evidence, whole = _examined(bench, books)
    return frozenset(digest for digest in unlisted if bytes.fromhex(digest) not in evidence.referred) if whole else None


def second_look(bench: Workbench, books: Books, strays: Collection[Digest]) -> Swept:
    """Removes those of the strays of a first look, some time ago, that nothing refers to now either.

    Raises `BrokenInputError(UNAVAILABLE)` while anyone is writing.
    """
    evidence, whole = _examined(bench, books)
    if not whole:
        return Swept(0, waits=True)
    referred = evidence.referred
    removed = bench.store.sweep(lambda digest: digest not in strays or bytes.fromhex(digest) in referred)
    left = frozenset(strays).intersection(bench.store.digests()) if bench.store.lock else frozenset[Digest]()
    locked = sum(bytes.fromhex(digest) not in referred for digest in left)
    return Swept(removed, waits=False, locked=locked)


def _examined(bench: Workbench, books: Books) -> tuple[CustodyExamination, bool]:
    """What the node's cases refer to, and whether every one of them could be read."""
    found = CaseFindings()
    whole = True
    with books.snapshot():
        cases = CaseExamination(bench, found, deep=False)
        evidence = CustodyExamination(bench, Findings(5, "custody"), deep=False)
        for rows in books.cases():
            opened = cases.examine(rows)
            if opened is not None:
                evidence.examine(opened)
            else:
                whole = False
    return evidence, whole
