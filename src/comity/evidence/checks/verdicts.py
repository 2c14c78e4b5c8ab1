"""What a verification says: numbered checks, each with an outcome, and one verdict that the worst of them decides.

`invalid` means that something is there and wrong: altered, forged, or contradicting itself. `indeterminate` means that
nothing is wrong and something is not there: a trust anchor, a witness's signature, a receipt that has not come yet.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from comity.vocabulary.identifiers import AuthorityId, CaseId
from comity.vocabulary.instants import Instant

FINDINGS_SHOWN = 20
"""Findings of one gravity that a check lists; what is broken in ten thousand places is told by the first few and a count."""


class Verdict(StrEnum):
    """Outcome of a check and of a whole verification, mildest first. Exit codes and other programs depend on it."""

    VALID = "valid"
    INDETERMINATE = "indeterminate"
    INVALID = "invalid"


_SEVERITY = {Verdict.VALID: 0, Verdict.INDETERMINATE: 1, Verdict.INVALID: 2}


def worst(outcomes: Iterable[Verdict]) -> Verdict:
    """The gravest of the outcomes; `valid` when there are none."""
    return max(outcomes, key=_SEVERITY.__getitem__, default=Verdict.VALID)


class Finding(Struct, frozen=True):
    """One thing a check noticed. With outcome `valid` it is a remark that changes nothing but should be known."""

    outcome: Verdict
    what: str
    file: str = ""
    found: str = ""
    expected: str = ""
    do: str = ""


class Check(Struct, frozen=True):
    """One numbered check. `what` is a plain sentence; `file` is the file that decided, empty when none did.

    Numbers are append-only: reports of different years are compared by them.
    """

    number: int
    name: str
    outcome: Verdict
    what: str
    file: str = ""
    detail: tuple[Finding, ...] = ()


class Subject(Struct, frozen=True):
    """What was examined, by its own word: worth as much as the verdict says."""

    case: CaseId
    authority: AuthorityId
    exported_at: Instant
    acts: int
    exhibits: int
    files: int


class Report(Struct, frozen=True):
    """All checks in order, the verdict, and the number of the check that decided it (None when every check holds)."""

    checks: tuple[Check, ...]
    verdict: Verdict
    decided_by: int | None
    subject: Subject | None = None

    @property
    def deciding(self) -> Check | None:
        """The check that decided."""
        return next((check for check in self.checks if check.number == self.decided_by), None)


def report_on(checks: Iterable[Check], subject: Subject | None = None) -> Report:
    """The report over these checks: any invalid makes it invalid, else any indeterminate makes it indeterminate."""
    ordered = tuple(sorted(checks, key=lambda check: check.number))
    verdict = worst(check.outcome for check in ordered)
    deciding = (check.number for check in ordered if check.outcome is verdict is not Verdict.VALID)
    return Report(ordered, verdict, next(deciding, None), subject)


class Examination:
    """Collects the findings of one check while it runs and closes into its outcome."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self._findings: dict[Verdict, list[Finding]] = {verdict: [] for verdict in reversed(Verdict)}
        self._beyond = 0

    def remark(self, what: str, *, file: str = "", found: str = "", expected: str = "") -> None:
        """Something a reader should know that changes no outcome."""
        self._add(Finding(Verdict.VALID, what, file, found, expected))

    def doubt(self, what: str, *, file: str = "", found: str = "", expected: str = "", do: str = "") -> None:
        """Something that would be needed is not there."""
        self._add(Finding(Verdict.INDETERMINATE, what, file, found, expected, do))

    def fault(self, what: str, *, file: str = "", found: str = "", expected: str = "", do: str = "") -> None:
        """Something is there and wrong."""
        self._add(Finding(Verdict.INVALID, what, file, found, expected, do))

    def _add(self, finding: Finding) -> None:
        same = self._findings[finding.outcome]
        if len(same) < FINDINGS_SHOWN:
            same.append(finding)
        else:
            self._beyond += 1

    @property
    def holds(self) -> bool:
        """Whether nothing has been found missing or wrong up to now."""
        return not (self._findings[Verdict.INDETERMINATE] or self._findings[Verdict.INVALID])

    def close(self, holds: str) -> Check:
        """The check; `holds` is its sentence when nothing is missing or wrong, otherwise the gravest finding's is."""
        detail = tuple(finding for same in self._findings.values() for finding in same)
        first = detail[0] if detail else None
        if self._beyond:
            detail = (*detail, Finding(Verdict.VALID, f"and {self._beyond:,} findings more like these"))
        if self.holds or first is None:
            return Check(self.number, self.name, Verdict.VALID, holds, "", detail)
        return Check(self.number, self.name, first.outcome, first.what, first.file, detail)
