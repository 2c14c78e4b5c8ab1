"""Private keys of a node, made from 32-byte seeds: the seal, the ledger's and the witness's keys.

Seeds come from a key store; nothing here makes or keeps one.
"""

import hashlib
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.trust.certificates import SealAlgorithm, read_certificate, self_signed_certificate
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId

SEED_LENGTH = 32


class SigningKey:
    """An Ed25519 private key (RFC 8032) in memory; the same seed gives the same key and the same signatures."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        self._private = private_key(seed)
        self.public = self._private.public_key().public_bytes_raw()

    @property
    def thumbprint(self) -> str:
        """SHA-256 of the raw public key, lower-case hexadecimal."""
        return key_thumbprint(self.public)

    def sign(self, data: bytes) -> bytes:
        """64 bytes of signature over exactly these bytes."""
        return self._private.sign(data)


class SealKey:
    """A node's Ed25519 seal key with the certificate that the directory lists for it.

    Raises `BrokenInputError` (KEY_NOT_VALID) when the certificate is another key's.
    """

    __slots__ = ("_key", "certificate", "x5t")

    algorithm = SealAlgorithm.EDDSA

    def __init__(self, seed: bytes, certificate: bytes) -> None:
        self._key = SigningKey(seed)
        parsed = read_certificate(certificate)
        if parsed.algorithm is not self.algorithm or parsed.public_bytes != self._key.public:
            raise BrokenInputError(ErrorCode.KEY_NOT_VALID, "the seal certificate is for another key")
        self.certificate = certificate
        self.x5t = parsed.x5t

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._key.public

    def sign(self, data: bytes) -> bytes:
        """The JWS signature value over these bytes (RFC 8037 section 3.1)."""
        return self._key.sign(data)


def private_key(seed: bytes) -> Ed25519PrivateKey:
    """The Ed25519 private key of a 32-byte seed; raises `BrokenInputError` (MALFORMED) for any other length."""
    if len(seed) != SEED_LENGTH:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a key's seed has another length", found=str(len(seed)), expected=str(SEED_LENGTH)
        )
    return Ed25519PrivateKey.from_private_bytes(seed)


def key_thumbprint(public: bytes) -> str:
    """SHA-256 of a raw public key, lower-case hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def seal_certificate(
    seed: bytes, authority: AuthorityId, *, not_before: datetime, not_after: datetime, serial: int
) -> bytes:
    """DER of a self-signed certificate for the seal key of this seed; the same arguments give the same bytes."""
    return self_signed_certificate(
        private_key(seed), authority, not_before=not_before, not_after=not_after, serial=serial
    )
