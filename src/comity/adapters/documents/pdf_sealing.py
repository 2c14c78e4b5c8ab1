"""PAdES signatures on every PDF that a node makes: a key that is used once, whose certificate is signed by the node's seal key.

Seal keys are Ed25519, and what partners have at hand to check a PDF with cannot check that. So each PDF is signed with
ECDSA over P-256 by a key made for it and forgotten at once. Its certificate names what was signed and is issued by the seal
key under the seal certificate, which goes along in the signature. Whoever knows the seal certificate (by the directory, or
by its fingerprint over the telephone) can tell that the holder of the seal made the pages; nobody can sign others with it.

The grade is technical. The seal certificate is no CA's, and no trust service provider stands behind it: common programs
say "valid signature, unknown issuer", and that is the truth.
"""

import io
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from asn1crypto import algos, keys, x509  # type: ignore[import-untyped]  # has no types
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from comity.trust.certificates import SealAlgorithm
from comity.trust.keys import SealKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FIELD = "Seal"
_RANDOM = 48
_SERIAL = 16
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SEC 2, section 2.4.2)."""

_BESIDE = 2048
"""Bytes of a signature besides its certificates: its attributes and the value itself, with room to spare."""

_EARLIER = timedelta(days=1)
"""Clocks differ: what was just signed is not from the future for anybody."""


class _SameVersion(IncrementalPdfFileWriter):
    """Appends to a PDF without making it one of a later version: archival PDF names the version it keeps to."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """The version stays as it is; ECDSA in a PDF 1.7 is read by every program that reads it in a PDF 2.0."""

    def register_extension(self, ext: object) -> None:
        """As `ensure_output_version`: no mark of a later version is put into the catalogue."""


def sign_pdf(
    pdf: bytes, named: str, seal: SealKey, *, at: datetime, take: Callable[[int], bytes], others: Iterable[bytes] = ()
) -> bytes:
    """The PDF with the signature appended; its certificate says what it is, such as `form of act 0f3c`, in 64 letters at most.

    `take` gives random bytes; `others` are certificates (DER) to send along.

    Raises `BrokenInputError` (UNAVAILABLE) for a seal that cannot issue a certificate.
    """
    if seal.algorithm is not SealAlgorithm.EDDSA:
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE, "pages are signed under an Ed25519 seal", found=seal.algorithm.value
        )
    # FIPS 186-5, A.2.1: sixteen bytes more than the order has, so that no key is likelier than another.
    once = ec.derive_private_key(int.from_bytes(take(_RANDOM)) % (_ORDER - 1) + 1, ec.SECP256R1())
    certificate = _certificate(once.public_key(), named, seal, at=at, serial=int.from_bytes(take(_SERIAL)) >> 1)
    known = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # has no types
    along = {seal.certificate, *others}
    for der in along:
        known.register(x509.Certificate.load(der))
    private = once.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(certificate, keys.PrivateKeyInfo.load(private), known)
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    # Said beforehand, or the signature is made twice, the first time only to see how long it is. Two digits a byte.
    room = 2 * (sum(map(len, along)) + len(certificate.dump()) + _BESIDE)
    writer = _SameVersion(io.BytesIO(pdf))
    return bytes(signers.PdfSigner(meta, signer=signer).sign_pdf(writer, bytes_reserved=room).getvalue())


def _certificate(
    public: ec.EllipticCurvePublicKey, named: str, seal: SealKey, *, at: datetime, serial: int
) -> x509.Certificate:
    """RFC 5280, for signing only, issued by the seal key."""
    issuing = x509.Certificate.load(seal.certificate)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "ed25519"})
    usage = x509.KeyUsage({"digital_signature", "non_repudiation"})
    outline = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": algorithm,
            "issuer": issuing.subject,
            "validity": {
                "not_before": x509.Time({"utc_time": (at - _EARLIER).replace(microsecond=0)}),
                # The key is gone in a second; a shorter time would only make programs say "expired" of good pages.
                "not_after": issuing["tbs_certificate"]["validity"]["not_after"],
            },
            "subject": x509.Name.build({"common_name": named}),
            "subject_public_key_info": keys.PublicKeyInfo.load(
                public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            ),
            "extensions": [{"extn_id": "key_usage", "critical": True, "extn_value": usage}],
        }
    )
    return x509.Certificate(
        {
            "tbs_certificate": outline,
            "signature_algorithm": algorithm,
            "signature_value": seal.sign(outline.dump()),
        }
    )
