"""What the law answers: findings and citations. Every answer says whether the text behind it was read, and which law it is."""

from msgspec import Struct

from comity.law.instruments import Head
from comity.law.retention_rows import OfficeFile, OfficeRow
from comity.law.rows import Provision
from comity.law.terms import (
    Severity,
)
from comity.vocabulary.errors import Gap


class Citation(Struct, frozen=True):
    """Where a rule stands, where its text was read, and whether it was (`verified`)."""

    instrument: str
    cited_as: str
    article: str
    source: str
    verified: bool

    def in_words(self) -> str:
        """E.g. the short title and the article; says so when it is unverified."""
        return f"{self.cited_as}, {self.article}" + ("" if self.verified else " (unverified)")


class Finding(Struct, frozen=True):
    """One thing the law says about an act.

    `who` may act on it: an actor of the instrument file, or a side where no provision names one. `law` is the version of
    the law that was asked. `citation` is None where the law at hand does not know what the act refers to.
    """

    code: str
    field: str
    message: str
    citation: Citation | None
    severity: Severity
    who: str
    verified: bool
    law: str

    def gap(self) -> Gap:
        """The finding as a reason of a refusal."""
        words = self.citation.in_words() if self.citation else ""
        return Gap(code=self.code, field=self.field, message=self.message, citation=words, verified=self.verified)


def cite(head: Head, provision: Provision) -> Citation:
    """The citation of a provision of an instrument."""
    return Citation(
        instrument=head.id,
        cited_as=head.cited_as,
        article=provision.article,
        source=provision.source,
        verified=provision.verified,
    )


def cite_own(office: OfficeFile, row: OfficeRow) -> Citation:
    """The citation of one of an office's own rules: whose it is stands where an instrument would."""
    return Citation(office.rules_of, office.cited_as, row.article, row.source, row.verified)


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those findings that keep the act from being sent or taken."""
    return tuple(finding for finding in findings if finding.severity is Severity.BLOCKS)
