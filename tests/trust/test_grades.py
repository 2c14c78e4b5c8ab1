from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.trust.approvals import verify_approval
from comity.trust.certificates import SealAlgorithm
from comity.trust.directory_format import DatedCertificate, IssuerGrade, TrustedIssuer
from comity.trust.grades import (
    QC_STATEMENTS,
    Grade,
    Graded,
    GradeReason,
    grade_approval,
    grade_certificate,
    grade_seal,
    qc_statements,
)
from comity.trust.jws import SealFinding
from comity.trust.seals import read_sealed, verify_seals, write_sealed
from comity.vocabulary.wire import b64url

COMPLIANCE = bytes.fromhex("3008060604008e460101")
SSCD = bytes.fromhex("3008060604008e460104")
ESEAL = bytes.fromhex("3013060604008e4601063009060704008e46010602")
ESIGN = bytes.fromhex("3013060604008e4601063009060704008e46010601")
CA, NODE = ec.derive_private_key(11, ec.SECP384R1()), ec.derive_private_key(13, ec.SECP256R1())
FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(2028, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 1, tzinfo=UTC)


def sequence(*parts: bytes) -> bytes:
    return b"\x30" + bytes([sum(map(len, parts))]) + b"".join(parts)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def issue(
    *,
    statements: bytes | None = None,
    key=CA,
    issuer: str = "provider",
    subject: str = "pt",
    public=NODE,
    ca: bool = False,
) -> bytes:
    builder = x509.CertificateBuilder(name(issuer), name(subject), public.public_key(), 5)
    builder = builder.not_valid_before(FOUNDED).not_valid_after(ENDS)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if statements is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(QC_STATEMENTS, statements), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def listed(grade: IssuerGrade = IssuerGrade.QUALIFIED, *, ca: bool = True, until=None) -> TrustedIssuer:
    der = issue(subject="provider", public=CA, ca=ca)
    return TrustedIssuer(der=b64url(der), grade=grade, valid_from=FOUNDED, valid_until=until)


FULL = sequence(COMPLIANCE, SSCD, ESEAL)


def grade(certificate: bytes, *trust_list: TrustedIssuer, at=AT):
    return grade_certificate(certificate, trust_list, at=at)


def test_a_qualified_certificate_in_a_device_from_a_listed_provider_is_qualified() -> None:
    graded = grade(issue(statements=FULL), listed())
    assert (graded.grade, graded.reason) == (Grade.QUALIFIED, GradeReason.QUALIFIED_CERTIFICATE)


def test_a_certificate_that_praises_itself_is_technical() -> None:
    for certificate in (issue(statements=FULL), issue(statements=FULL, issuer="pt", key=NODE)):
        assert grade(certificate).grade is Grade.TECHNICAL
    assert grade(issue(statements=FULL, issuer="pt", key=NODE), listed()).reason is GradeReason.NO_LISTED_ISSUER


def test_a_certificate_that_only_names_a_listed_provider_is_technical() -> None:
    assert grade(issue(statements=FULL, key=NODE), listed()).grade is Grade.TECHNICAL


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (None, GradeReason.LISTED_ISSUER),
        (sequence(SSCD, ESEAL), GradeReason.NOT_COMPLIANT),
        (sequence(COMPLIANCE, ESEAL), GradeReason.NO_DEVICE),
        (sequence(COMPLIANCE, SSCD), GradeReason.NOT_FOR_SEALS),
        (sequence(COMPLIANCE, SSCD, ESIGN), GradeReason.NOT_FOR_SEALS),
    ],
)
def test_a_certificate_that_lacks_a_statement_is_advanced(statements, reason) -> None:
    graded = grade(issue(statements=statements), listed())
    assert (graded.grade, graded.reason) == (Grade.ADVANCED, reason)


def test_a_provider_listed_for_advanced_gives_no_qualified_seal() -> None:
    graded = grade(issue(statements=FULL), listed(IssuerGrade.ADVANCED))
    assert (graded.grade, graded.reason) == (Grade.ADVANCED, GradeReason.ISSUER_NOT_QUALIFIED)


def test_a_provider_no_longer_listed_counts_for_the_past_only() -> None:
    until = AT - timedelta(days=1)
    certificate = issue(statements=FULL)
    assert grade(certificate, listed(until=until)).grade is Grade.TECHNICAL
    assert grade(certificate, listed(until=until), at=until - timedelta(days=1)).grade is Grade.QUALIFIED


def test_a_listed_certificate_that_is_no_authoritys_gives_nothing() -> None:
    assert grade(issue(statements=FULL), listed(ca=False)).grade is Grade.TECHNICAL


def test_a_provider_whose_own_certificate_has_expired_gives_nothing() -> None:
    assert grade(issue(statements=FULL), listed(), at=ENDS + timedelta(days=1)).grade is Grade.TECHNICAL


@given(garbage=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_broken_statements_never_raise_and_never_qualify(garbage) -> None:
    certificate = issue(statements=garbage)
    assert grade(certificate, listed()).grade is not Grade.QUALIFIED
    qc_statements(x509.load_der_x509_certificate(certificate))


@pytest.mark.parametrize("cut", range(1, len(FULL)))
def test_statements_cut_short_are_no_statements(cut) -> None:
    assert qc_statements(x509.load_der_x509_certificate(issue(statements=FULL[:cut]))) == {}


def test_every_reason_has_words() -> None:
    assert all(Graded(Grade.TECHNICAL, reason).words for reason in GradeReason)


def test_a_nodes_own_seal_and_a_passkey_are_technical_and_say_why(world) -> None:
    (seal,) = verify_seals(read_sealed(write_sealed(world.sealed())), world.directory, at=world.now)
    assert grade_seal(seal, world.directory).reason is GradeReason.NO_LISTED_ISSUER
    approval = world.authenticator("pt.costa", "pt").approve(
        "d" * 64, "approve", officer="pt.costa", office="prosecutor"
    )
    finding = verify_approval(approval, "d" * 64, world.directory, authority="pt", at=world.now)
    assert grade_approval(finding).reason is GradeReason.SOFTWARE_PASSKEY


def test_a_qualified_seal_is_graded_by_the_directory_of_its_authority(world) -> None:
    listed_entry = DatedCertificate(der=b64url(issue(statements=FULL)), valid_from=FOUNDED)
    edition = world.amended(seal_certificates=(listed_entry,), trusted_issuers=(listed(),))
    directory = world.verify(edition.files)
    assert directory.trusted_issuers("pt", AT)[0].grade is IssuerGrade.QUALIFIED
    finding = SealFinding(
        authority="pt",
        algorithm=SealAlgorithm.ES256,
        x5t=directory.current_seal_certificate("pt", AT).x5t,
        certificate=issue(statements=FULL),
        sealed_at=AT,
        skew=timedelta(0),
        still_valid=True,
    )
    assert grade_seal(finding, directory).grade is Grade.QUALIFIED
