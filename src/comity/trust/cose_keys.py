"""Public keys of passkeys, in COSE (RFC 9052) as WebAuthn registers them: ES256 on P-256 and EdDSA on Ed25519 only.

CTAP2 prescribes one canonical CBOR form, so for each of the two kinds every byte but the coordinates is fixed and no
CBOR parser is needed.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from comity.vocabulary.errors import BrokenInputError, ErrorCode

_CACHED_KEYS = 4096
_PART = 32
# EC2 key type, ES256, curve P-256, then x and y.
_ES256_START, _ES256_MIDDLE = bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820")
# OKP key type, EdDSA, curve Ed25519, then x.
_EDDSA_START = bytes.fromhex("a4010103272006215820")


class CoseAlgorithm(IntEnum):
    """COSE algorithm numbers an approval credential may have. Append only."""

    ES256 = -7
    EDDSA = -8


ApprovalPublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class CoseKey:
    """A parsed credential public key, proven to lie on its curve."""

    algorithm: CoseAlgorithm
    public: ApprovalPublicKey


@lru_cache(maxsize=_CACHED_KEYS)
def read_cose_key(data: bytes) -> CoseKey:
    """The key in these bytes; raises `BrokenInputError` (MALFORMED) for any other kind, form or a point off the curve."""
    try:
        if data.startswith(_EDDSA_START) and len(data) == len(_EDDSA_START) + _PART:
            return CoseKey(CoseAlgorithm.EDDSA, Ed25519PublicKey.from_public_bytes(data[len(_EDDSA_START) :]))
        if data.startswith(_ES256_START):
            return CoseKey(CoseAlgorithm.ES256, _point(data[len(_ES256_START) :]))
        problem = "neither ES256 nor EdDSA in canonical form"
    except ValueError as error:
        problem = str(error)
    raise BrokenInputError(ErrorCode.MALFORMED, "not a COSE key of an approval credential", found=problem)


def write_cose_key(public: ApprovalPublicKey) -> bytes:
    """The canonical COSE form of a public key."""
    if isinstance(public, Ed25519PublicKey):
        return _EDDSA_START + public.public_bytes_raw()
    numbers = public.public_numbers()
    return _ES256_START + numbers.x.to_bytes(_PART) + _ES256_MIDDLE + numbers.y.to_bytes(_PART)


def _point(rest: bytes) -> ec.EllipticCurvePublicKey:
    if len(rest) != 2 * _PART + len(_ES256_MIDDLE) or rest[_PART : _PART + len(_ES256_MIDDLE)] != _ES256_MIDDLE:
        raise ValueError("the coordinates are not 32 bytes each")
    x, y = int.from_bytes(rest[:_PART]), int.from_bytes(rest[-_PART:])
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
