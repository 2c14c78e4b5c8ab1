"""Hybrid public-key encryption: what a node's agreement key is, and the port through which it is used.

The suite is HPKE (RFC 9180, base mode) with ML-KEM-768 and X25519 joined in one KEM, HKDF-SHA256 and
ChaCha20-Poly1305: whoever records traffic today must break both a lattice and a curve to read it later.

The library draws randomness inside `encrypt`, so the operation stands behind a port: everything else in this package
is a function of its arguments, and a simulation that brings its own cipher repeats to the byte.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import tagged_hash

KEY_ID_BYTES = 8
"""Enough to tell one authority's few keys apart; it selects a key and proves nothing."""

OVERHEAD = 1088 + 32 + 16
"""Bytes that encryption adds: ML-KEM-768 ciphertext, X25519 share, Poly1305 tag."""

_MLKEM_SEED = 64
_MLKEM_PUBLIC = 1184
_X25519 = 32
PUBLIC_BYTES = _MLKEM_PUBLIC + _X25519
PRIVATE_BYTES = _MLKEM_SEED + _X25519

_X25519_PRIME = 2**255 - 19


class Purpose(StrEnum):
    """What a ciphertext is for; no ciphertext made for one purpose opens for another. Append only."""

    ENVELOPE = "comity-envelope-v1"
    EXHIBIT_KEY = "comity-exhibit-key-v1"
    REVIEW_KEY = "comity-review-key-v1"
    ISSUED_ACTS = "comity-issued-acts-v1"


class HybridPublicKey:
    """A checked public agreement key. `raw` is the ML-KEM-768 encapsulation key (1184 bytes), then the X25519 key (32)."""

    def __init__(self, raw: bytes) -> None:
        """Raises `BrokenInputError` (malformed) unless the bytes are the one encoding of a usable key."""
        if len(raw) != PUBLIC_BYTES:
            raise _bad_key(f"{len(raw)} bytes", f"{PUBLIC_BYTES} bytes")
        share = raw[_MLKEM_PUBLIC:]
        # RFC 7748 section 5 lets a reader accept u >= p and a set top bit; then one key would have several names.
        if int.from_bytes(share, "little") >= _X25519_PRIME:
            raise _bad_key("an X25519 key that is not reduced", "the canonical encoding")
        try:
            lattice = MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC])
        except ValueError:
            # FIPS 203 section 7.2: the modulus check.
            raise _bad_key("an ML-KEM-768 key that is not reduced", "the canonical encoding") from None
        self.raw = raw
        self.key_id = key_id(raw)
        self.native = hpke.MLKEM768X25519PublicKey(lattice, X25519PublicKey.from_public_bytes(share))


class HybridPrivateKey:
    """A private agreement key. Its text never shows the secret.

    `raw` is the ML-KEM-768 seed (FIPS 203 d and z, 64 bytes), then the X25519 private key (32 bytes).
    """

    def __init__(self, raw: bytes) -> None:
        """Raises `BrokenInputError` (malformed) for any other length."""
        if len(raw) != PRIVATE_BYTES:
            raise _bad_key(f"{len(raw)} bytes", f"{PRIVATE_BYTES} bytes")
        lattice = MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED])
        curve = X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:])
        self.raw = raw
        self.public = HybridPublicKey(lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())
        self.native = hpke.MLKEM768X25519PrivateKey(lattice, curve)

    def __repr__(self) -> str:
        return f"HybridPrivateKey({self.public.key_id.hex()})"


class EnvelopeCipher(Protocol):
    """Encryption to an authority's agreement key.

    What `decrypt` returns is exactly what some `encrypt` took for this key and this `info`. Nothing says who encrypted:
    the sender is proven by what is inside. Usable from several threads.
    """

    def encrypt(self, plaintext: bytes, public_key: HybridPublicKey, info: bytes) -> bytes:
        """A ciphertext `OVERHEAD` bytes longer than the plaintext. Raises `BrokenInputError` for an unusable key."""
        ...

    def decrypt(self, ciphertext: bytes, private_key: HybridPrivateKey, info: bytes) -> bytes:
        """The plaintext. Raises `BrokenInputError` (cannot-decrypt), saying nothing about why."""
        ...


class HpkeCipher:
    """The real cipher, over `cryptography`; randomness comes from its OpenSSL. Holds no keys."""

    def __init__(self) -> None:
        self._suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

    def encrypt(self, plaintext: bytes, public_key: HybridPublicKey, info: bytes) -> bytes:
        """See `EnvelopeCipher.encrypt`."""
        try:
            return self._suite.encrypt(plaintext, public_key.native, info)
        except ValueError:
            # RFC 7748 section 6.1: a share of low order gives an all-zero secret.
            raise _bad_key("an X25519 key of low order", "a key that contributes") from None

    def decrypt(self, ciphertext: bytes, private_key: HybridPrivateKey, info: bytes) -> bytes:
        """See `EnvelopeCipher.decrypt`."""
        try:
            return self._suite.decrypt(ciphertext, private_key.native, info)
        except InvalidTag:
            raise BrokenInputError(
                ErrorCode.CANNOT_DECRYPT,
                "the ciphertext does not open",
                found=f"{len(ciphertext)} bytes for key {private_key.public.key_id.hex()}",
                expected="an unaltered ciphertext made for this key and this purpose",
            ) from None


def key_id(public_raw: bytes) -> bytes:
    """The 8-byte name of a public agreement key."""
    return tagged_hash("comity-agreement-key-id-v1", public_raw)[:KEY_ID_BYTES]


def key_ring(keys: Iterable[HybridPrivateKey]) -> Mapping[bytes, HybridPrivateKey]:
    """A node's own agreement keys by key id: the present one, and old ones for as long as peers may use them."""
    return {key.public.key_id: key for key in keys}


def choose_key(keys: Mapping[bytes, HybridPrivateKey], named: bytes) -> HybridPrivateKey:
    """The own key of that id. Raises `BrokenInputError` (cannot-decrypt) when this node does not have it."""
    key = keys.get(named)
    if key is None:
        raise BrokenInputError(
            ErrorCode.CANNOT_DECRYPT,
            "the ciphertext is for a key this node does not have",
            found=named.hex(),
            expected=", ".join(sorted(known.hex() for known in keys)),
            do="send again with the agreement key in the newest directory",
        )
    return key


def binding(purpose: Purpose, recipient: AuthorityId, key: HybridPublicKey, *context: bytes) -> bytes:
    """The HPKE `info` that ties a ciphertext to its purpose, its reader, the reader's key and whatever else it is about."""
    return tagged_hash(purpose.value, recipient.encode(), key.raw, *context)


def _bad_key(found: str, expected: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.MALFORMED, "this is no agreement key", found=found, expected=expected)
