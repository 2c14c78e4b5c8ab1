"""Small secrets carried inside acts: an exhibit's key to its taker, the key of openings to an overseer.

The act is sealed and may be read by more people than the one the key is for; the key is encrypted to that one, for one
purpose and one subject (the exhibit, the review), so that a wrapped key copied into another act opens nothing.

    key id (8) | HPKE share (1120) | secret + tag, in base64url
"""

from collections.abc import Mapping

from comity.exchange.hpke import (
    KEY_ID_BYTES,
    OVERHEAD,
    EnvelopeCipher,
    HybridPrivateKey,
    HybridPublicKey,
    Purpose,
    binding,
    choose_key,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import b64url, from_b64url

SECRET_LIMIT = 1024
"""Bytes of a secret that an act carries."""


def wrap_key(
    secret: bytes,
    *,
    purpose: Purpose,
    recipient: AuthorityId,
    recipient_key: HybridPublicKey,
    subject: bytes,
    cipher: EnvelopeCipher,
) -> str:
    """The secret for one recipient's agreement key, one purpose and one subject. Raises `BrokenInputError`."""
    if len(secret) > SECRET_LIMIT:
        raise _oversized(len(secret), SECRET_LIMIT)
    info = binding(purpose, recipient, recipient_key, subject)
    return b64url(recipient_key.key_id + cipher.encrypt(secret, recipient_key, info))


def unwrap_key(
    text: str,
    *,
    purpose: Purpose,
    recipient: AuthorityId,
    keys: Mapping[bytes, HybridPrivateKey],
    subject: bytes,
    cipher: EnvelopeCipher,
) -> bytes:
    """The secret that was wrapped for this node, this purpose and this subject.

    Raises `BrokenInputError`: oversized, malformed, or cannot-decrypt for everything that is not exactly that.
    """
    longest = KEY_ID_BYTES + OVERHEAD + SECRET_LIMIT
    if len(text) > longest * 4 // 3 + 1:
        raise _oversized(len(text) * 3 // 4, longest)
    wrapped = from_b64url(text)
    if len(wrapped) <= KEY_ID_BYTES + OVERHEAD:
        raise BrokenInputError(ErrorCode.MALFORMED, "a wrapped key is cut short", found=f"{len(wrapped)} bytes")
    key = choose_key(keys, wrapped[:KEY_ID_BYTES])
    return cipher.decrypt(wrapped[KEY_ID_BYTES:], key, binding(purpose, recipient, key.public, subject))


def _oversized(found: int, limit: int) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.OVERSIZED, "a wrapped key is too large", found=f"{found} bytes", expected=f"at most {limit}"
    )
