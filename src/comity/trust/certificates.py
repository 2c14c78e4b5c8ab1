"""Seal certificates: X.509, either self-signed by a node or issued by a trust service provider.

That a certificate is the issuer's own is said by the directory, never by the certificate. What it adds is the key, its
kind and its validity, and for a qualified seal the statements that `comity.trust.grades` reads.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.instants import to_utc
from comity.vocabulary.wire import b64url

CERTIFICATE_LIMIT = 16 << 10
"""Bytes of one DER certificate."""

_CACHED_CERTIFICATES = 512
_SMALLEST_RSA = 2048
_LARGEST_RSA = 8192
_P256_PART = 32

SealPublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class SealAlgorithm(StrEnum):
    """JWS `alg` names a seal may have (RFC 7518, RFC 8037). Append only. No RS256 (PKCS #1 v1.5), no HMAC, no `none`."""

    EDDSA = "EdDSA"
    ES256 = "ES256"
    PS256 = "PS256"


@dataclass(frozen=True, slots=True)
class SealCertificate:
    """A parsed certificate. `x5t` is base64url of the SHA-256 of `der`; its key fits `algorithm` and no other."""

    der: bytes
    x5t: str
    algorithm: SealAlgorithm
    key: SealPublicKey
    not_before: datetime
    not_after: datetime

    @property
    def public_bytes(self) -> bytes:
        """The public key: raw for Ed25519 (32 bytes), DER SubjectPublicKeyInfo for the others."""
        if isinstance(self.key, Ed25519PublicKey):
            return self.key.public_bytes_raw()
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def covers(self, at: datetime) -> bool:
        """Whether the certificate's own validity (RFC 5280 section 4.1.2.5, both ends included) contains the instant."""
        return self.not_before <= at <= self.not_after

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether these are signature bytes of the JWS algorithm, made by this certificate's key over this data."""
        try:
            _CHECKS[self.algorithm](self.key, signature, data)
        except InvalidSignature:
            return False
        return True


def thumbprint(der: bytes) -> str:
    """The `x5t#S256` of a certificate (RFC 7515 section 4.1.8)."""
    return b64url(hashlib.sha256(der).digest())


def load_x509(der: bytes) -> x509.Certificate:
    """The X.509 certificate in exactly these DER bytes, whatever its key. Raises `BrokenInputError`: OVERSIZED, MALFORMED."""
    if len(der) > CERTIFICATE_LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, "a certificate is too large", found=f"{len(der)} bytes")
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "not a certificate", found=str(error)) from None


# Parsing costs a tenth of a signature check and the same few certificates seal every act, so parsed ones are kept: by
# content, so that no directory can see another's, and few, so that hostile input cannot grow it.
@lru_cache(maxsize=_CACHED_CERTIFICATES)
def read_certificate(der: bytes) -> SealCertificate:
    """The certificate in these DER bytes.

    Raises `BrokenInputError` (MALFORMED) when it is no certificate, or its key is none that a seal may have.
    """
    parsed = load_x509(der)
    try:
        algorithm, key = _seal_key(parsed.public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "not a seal certificate", found=str(error)) from None
    return SealCertificate(
        der=der,
        x5t=thumbprint(der),
        algorithm=algorithm,
        key=key,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
    )


def self_signed_certificate(
    key: Ed25519PrivateKey, authority: AuthorityId, *, not_before: datetime, not_after: datetime, serial: int
) -> bytes:
    """DER of a certificate of this key for this authority, signed by itself; the same arguments give the same bytes.

    Times are cut to whole seconds (RFC 5280 section 4.1.2.5.1). It proves possession of the key and nothing else.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, authority)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(to_utc(not_before).replace(microsecond=0))
        .not_valid_after(to_utc(not_after).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    return builder.sign(key, algorithm=None).public_bytes(Encoding.DER)


def _seal_key(key: object) -> tuple[SealAlgorithm, SealPublicKey]:
    """The one algorithm a key may be used with: no header can make an RSA key check an HMAC or another padding."""
    if isinstance(key, Ed25519PublicKey):
        return SealAlgorithm.EDDSA, key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return SealAlgorithm.ES256, key
    if isinstance(key, rsa.RSAPublicKey) and _SMALLEST_RSA <= key.key_size <= _LARGEST_RSA:
        return SealAlgorithm.PS256, key
    raise ValueError(f"a key of the kind {type(key).__name__} cannot seal")


def _check_eddsa(key: SealPublicKey, signature: bytes, data: bytes) -> None:
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidSignature
    key.verify(signature, data)


def _check_es256(key: SealPublicKey, signature: bytes, data: bytes) -> None:
    """RFC 7518 section 3.4: the two integers, 32 bytes each, and not their ASN.1 form."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 2 * _P256_PART:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:_P256_PART]), int.from_bytes(signature[_P256_PART:])
    key.verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))


def _check_ps256(key: SealPublicKey, signature: bytes, data: bytes) -> None:
    """RFC 7518 section 3.5: MGF1 with SHA-256, a salt of exactly the digest's length."""
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidSignature
    key.verify(signature, data, padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=SHA256.digest_size), SHA256())


_CHECKS = {
    SealAlgorithm.EDDSA: _check_eddsa,
    SealAlgorithm.ES256: _check_es256,
    SealAlgorithm.PS256: _check_ps256,
}
