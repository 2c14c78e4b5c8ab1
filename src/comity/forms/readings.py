"""What reading a form's PDF came to: numbered checks, a verdict of three values, and the act that was inside."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from comity.forms.making import Kind
from comity.vocabulary.identifiers import ActId, AuthorityId


class Standing(StrEnum):
    """Of one check, and of the whole: a whole is as its worst check. Append only."""

    VALID = "valid"
    INDETERMINATE = "indeterminate"
    INVALID = "invalid"


class CheckName(StrEnum):
    """The checks, in the order they are made. Append only."""

    SIGNATURE = "signature"
    COVERAGE = "coverage"
    CERTIFICATE = "certificate"
    ENCLOSURES = "enclosures"
    ACT = "act"
    PAGES = "pages"
    PINNED = "pinned"
    GRADE = "grade"


class Checked(Struct, frozen=True):
    """One check: how it stands, and why."""

    name: CheckName
    standing: Standing
    words: str


class Reading(Struct, frozen=True):
    """A form that was read. `sealed` holds the exact bytes of the acts by their names, whatever the verdict.

    `signed_by` is the name in the certificate that the signature stands under, and `fingerprint` the SHA-256 of that seal
    certificate in hexadecimal: what to compare over the telephone. Neither proves itself.
    """

    standing: Standing
    checks: tuple[Checked, ...]
    kind: Kind | None
    act: ActId | None
    issuer: AuthorityId | None
    signed_by: str
    fingerprint: str
    sealed: Mapping[str, bytes]


def whole(checks: Sequence[Checked]) -> Standing:
    """The standing of the worst check."""
    return max((each.standing for each in checks), key=list(Standing).index)
