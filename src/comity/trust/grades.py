"""What a signature is worth in law: qualified, advanced, or merely technical, each with its reason.

The grade depends on two things together: what the certificate states of itself (QCStatements, ETSI EN 319 412-5), and
that a trust service provider on the authority's trust list issued it. A certificate that praises itself is technical.

A grade does not say whether the signature verifies: it is asked of seals and approvals that did.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from msgspec import Struct

from comity.trust.approvals import ApprovalFinding
from comity.trust.certificates import load_x509
from comity.trust.directory import Directory
from comity.trust.directory_format import IssuerGrade, TrustedIssuer
from comity.trust.jws import SealFinding
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import from_b64url

QC_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
QC_COMPLIANCE = "0.4.0.1862.1.1"
QC_SSCD = "0.4.0.1862.1.4"
QC_TYPE = "0.4.0.1862.1.6"
QC_TYPE_ESEAL = "0.4.0.1862.1.6.2"

_SEQUENCE, _OBJECT_IDENTIFIER = 0x30, 0x06


class Grade(StrEnum):
    """The legal grade of a seal or an approval (Regulation (EU) No 910/2014 Art 3(10) to (12), (25) to (27)). Append only."""

    QUALIFIED = "qualified"
    ADVANCED = "advanced"
    TECHNICAL = "technical"


class GradeReason(StrEnum):
    """Why a grade was given. Append only."""

    QUALIFIED_CERTIFICATE = "qualified-certificate"
    LISTED_ISSUER = "listed-issuer"
    NOT_COMPLIANT = "not-compliant"
    NO_DEVICE = "no-device"
    NOT_FOR_SEALS = "not-for-seals"
    ISSUER_NOT_QUALIFIED = "issuer-not-qualified"
    NO_LISTED_ISSUER = "no-listed-issuer"
    PASSKEY = "passkey"
    SOFTWARE_PASSKEY = "software-passkey"


_WORDS = {
    GradeReason.QUALIFIED_CERTIFICATE: "a qualified certificate for seals, its key in a qualified device, from a listed provider",
    GradeReason.LISTED_ISSUER: "a certificate from a listed provider, without claims to be qualified",
    GradeReason.NOT_COMPLIANT: "from a listed provider, but the certificate does not state that it is qualified (QcCompliance)",
    GradeReason.NO_DEVICE: "qualified certificate, but its key is not stated to be in a qualified device (QcSSCD)",
    GradeReason.NOT_FOR_SEALS: "qualified certificate, but not one for seals (QcType eseal)",
    GradeReason.ISSUER_NOT_QUALIFIED: "the certificate says it is qualified, but its provider is listed for advanced only",
    GradeReason.NO_LISTED_ISSUER: "no provider on the authority's trust list issued the certificate",
    GradeReason.PASSKEY: "a passkey in the officer's device; no certificate",
    GradeReason.SOFTWARE_PASSKEY: "a software authenticator, allowed by policy; no person's device was involved",
}


class Graded(Struct, frozen=True):
    """A grade and the code of its reason."""

    grade: Grade
    reason: GradeReason

    @property
    def words(self) -> str:
        """The reason as an English phrase."""
        return _WORDS[self.reason]


def grade_seal(seal: SealFinding, directory: Directory) -> Graded:
    """The grade of a seal that verified, by the trust list of its authority at the time of sealing."""
    return grade_certificate(
        seal.certificate, directory.trusted_issuers(seal.authority, seal.sealed_at), at=seal.sealed_at
    )


def grade_approval(approval: ApprovalFinding) -> Graded:
    """The grade of an approval that verified: a passkey is never more than technical, having no certificate."""
    reason = GradeReason.SOFTWARE_PASSKEY if approval.software else GradeReason.PASSKEY
    return Graded(Grade.TECHNICAL, reason)


def grade_certificate(der: bytes, trust_list: Iterable[TrustedIssuer], *, at: datetime) -> Graded:
    """The grade that a seal under this certificate has at that instant.

    Steps:
        1. A provider on the trust list issued it: names match, the signature verifies, the provider's certificate is a
           CA's and valid at `at`. Otherwise technical.
        2. Without QcCompliance, or with broken statements, it is advanced.
        3. Without QcSSCD, without QcType eseal, or from a provider not listed as qualified, it is advanced.
        4. Otherwise it is qualified.
    """
    certificate = load_x509(der)
    # 1.
    issuers = [one.grade for one in trust_list if one.covers(at) and _issued(certificate, one, at)]
    if not issuers:
        return Graded(Grade.TECHNICAL, GradeReason.NO_LISTED_ISSUER)
    # 2.
    statements = qc_statements(certificate)
    if QC_COMPLIANCE not in statements:
        reason = GradeReason.NOT_COMPLIANT if statements else GradeReason.LISTED_ISSUER
        return Graded(Grade.ADVANCED, reason)
    # 3.
    for missing, reason in (
        (QC_SSCD not in statements, GradeReason.NO_DEVICE),
        (QC_TYPE_ESEAL not in statements.get(QC_TYPE, ()), GradeReason.NOT_FOR_SEALS),
        (IssuerGrade.QUALIFIED not in issuers, GradeReason.ISSUER_NOT_QUALIFIED),
    ):
        if missing:
            return Graded(Grade.ADVANCED, reason)
    # 4.
    return Graded(Grade.QUALIFIED, GradeReason.QUALIFIED_CERTIFICATE)


def qc_statements(certificate: x509.Certificate) -> dict[str, tuple[str, ...]]:
    """The statements of RFC 3739 section 3.2.6 by their identifier; for QcType, the types. Empty when absent or broken."""
    try:
        extension = certificate.extensions.get_extension_for_oid(QC_STATEMENTS).value
        if not isinstance(extension, x509.UnrecognizedExtension):
            return {}
        return dict(_statement(tag, content) for tag, content in _elements(_sequence(extension.value)))
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return {}


def _issued(certificate: x509.Certificate, listed: TrustedIssuer, at: datetime) -> bool:
    try:
        issuer = load_x509(from_b64url(listed.der))
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(issuer)
    except (BrokenInputError, x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return constraints.ca and issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc


def _statement(tag: int, content: bytes) -> tuple[str, tuple[str, ...]]:
    """QCStatement ::= SEQUENCE { statementId OBJECT IDENTIFIER, statementInfo ANY OPTIONAL }."""
    parts = list(_elements(content)) if tag == _SEQUENCE else []
    if not parts or parts[0][0] != _OBJECT_IDENTIFIER:
        raise ValueError("not a statement")
    name = _dotted(parts[0][1])
    if name != QC_TYPE or len(parts) == 1:
        return name, ()
    return name, tuple(_dotted(value) for kind, value in _elements(parts[1][1]) if kind == _OBJECT_IDENTIFIER)


def _sequence(der: bytes) -> bytes:
    elements = list(_elements(der))
    if len(elements) != 1 or elements[0][0] != _SEQUENCE:
        raise ValueError("not one sequence")
    return elements[0][1]


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of DER elements that follow each other: definite lengths below 64 KiB (X.690 section 8.1.3)."""
    while der:
        if len(der) < 2:  # noqa: PLR2004 - a tag and a length
            raise ValueError("an element is cut off")
        extra = der[1] & 0x7F if der[1] & 0x80 else 0
        start = 2 + extra
        length = int.from_bytes(der[2:start]) if extra else der[1]
        if extra > 2 or len(der) < start + length:  # noqa: PLR2004 - two bytes of length
            raise ValueError("an element is cut off")
        yield der[0], der[start : start + length]
        der = der[start + length :]


def _dotted(content: bytes) -> str:
    """An object identifier's dotted form (X.690 section 8.19)."""
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise ValueError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
