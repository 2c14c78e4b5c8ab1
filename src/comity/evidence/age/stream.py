"""age v1 to one X25519 recipient (C2SP age specification): headers, and the chunks of a payload.

The primitives are those of `cryptography`, which lets go of the interpreter while it works: threads encrypt side by side,
at about three times the speed of the library for age. Randomness comes in as an argument. `check` of a header's MAC and of
every chunk's tag comes before any byte is given out.
"""

import hmac
from base64 import b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from comity.evidence.age.header import CHUNK_SIZE, MAC_MARK, NONCE_SIZE, TAG_SIZE, VERSION, AgeHeader
from comity.vocabulary.errors import BrokenInputError, ErrorCode

RANDOM_SIZE = 16 + 32 + NONCE_SIZE
"""Random bytes that one object needs: a file key, an ephemeral secret, the payload's nonce."""

_FILE_KEY = 16
_NO_NONCE = bytes(12)
"""The wrapping key and the payload key are each used for one message sequence only, as the format has it."""

_LAST = b"\x01"
_NOT_LAST = b"\x00"


class PayloadCipher:
    """The chunks of one payload: each of `CHUNK_SIZE` plain bytes but the last, which is shorter only there.

    Says for each chunk its number, from 0, and whether it is the last: a chunk opens at its own place only.
    """

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        self._cipher = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))

    def seal_into(self, plain: memoryview, out: memoryview) -> int:
        """Seal a whole payload; `out` has room for it. How many bytes were written."""
        at = 0
        for number in range(chunks_of(len(plain))):
            part = plain[number * CHUNK_SIZE : (number + 1) * CHUNK_SIZE]
            last = (number + 1) * CHUNK_SIZE >= len(plain)
            at += self._cipher.encrypt_into(_place(number, last=last), part, None, out[at : at + len(part) + TAG_SIZE])
        return at

    def open_into(self, sealed: memoryview, out: memoryview) -> int:
        """Open a whole payload, which was checked to have a length that one can have. How many bytes were written."""
        at = 0
        step = CHUNK_SIZE + TAG_SIZE
        for number in range(-(-len(sealed) // step)):
            part = sealed[number * step : (number + 1) * step]
            last = (number + 1) * step >= len(sealed)
            try:
                at += self._cipher.decrypt_into(
                    _place(number, last=last), part, None, out[at : at + len(part) - TAG_SIZE]
                )
            except InvalidTag:
                raise _does_not_open() from None
        return at

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        """One chunk."""
        return self._cipher.encrypt(_place(number, last=last), plain, None)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """The plain bytes of one chunk. Raises `BrokenInputError` (cannot-decrypt)."""
        try:
            plain = self._cipher.decrypt(_place(number, last=last), sealed, None)
        except InvalidTag:
            raise _does_not_open() from None
        if last and number and not plain:
            raise _does_not_open()
        return plain


def begin(recipient: bytes, randomness: bytes) -> tuple[bytes, PayloadCipher]:
    """The head of a new object, its payload's nonce included, and the cipher of what follows.

    `recipient` is a public key of 32 bytes; `randomness` has `RANDOM_SIZE` bytes, fresh for each object.
    """
    if len(randomness) != RANDOM_SIZE:
        raise ValueError(f"an object needs {RANDOM_SIZE} random bytes")
    file_key, secret = randomness[:_FILE_KEY], randomness[_FILE_KEY:-NONCE_SIZE]
    nonce = randomness[-NONCE_SIZE:]
    ephemeral = X25519PrivateKey.from_private_bytes(secret)
    share = ephemeral.public_key().public_bytes_raw()
    agreed = _agreed(ephemeral, recipient)
    wrapped = ChaCha20Poly1305(_wrapping(agreed, share, recipient)).encrypt(_NO_NONCE, file_key, None)
    lines = (VERSION, b"-> X25519 " + _text(share), _text(wrapped), MAC_MARK)
    authenticated = b"\n".join(lines)
    head = authenticated + b" " + _text(_mac(file_key, authenticated)) + b"\n" + nonce
    return head, PayloadCipher(file_key, nonce)


def enter(header: AgeHeader, nonce: bytes, identity: bytes) -> PayloadCipher:
    """The cipher of an object's payload, for the identity's 32 secret bytes.

    1. The file key unwraps for this identity. 2. The header's MAC is by that key. Raises `BrokenInputError`
    (cannot-decrypt), which does not say which step failed.
    """
    secret = X25519PrivateKey.from_private_bytes(identity)
    recipient = secret.public_key().public_bytes_raw()
    # 1
    wrapping = _wrapping(_agreed(secret, header.share), header.share, recipient)
    try:
        file_key = ChaCha20Poly1305(wrapping).decrypt(_NO_NONCE, header.wrapped, None)
    except InvalidTag:
        raise _does_not_open() from None
    # 2
    if not hmac.compare_digest(_mac(file_key, header.authenticated), header.mac):
        raise _does_not_open()
    return PayloadCipher(file_key, nonce)


def chunks_of(plain: int) -> int:
    """How many chunks so many bytes make; none at all still makes one."""
    return max(1, -(-plain // CHUNK_SIZE))


def _place(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (_LAST if last else _NOT_LAST)


def _agreed(secret: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return secret.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        # A point of low order: it would agree on nothing with anybody.
        raise _does_not_open() from None


def _wrapping(agreed: bytes, share: bytes, recipient: bytes) -> bytes:
    return _derive(agreed, share + recipient, b"age-encryption.org/v1/X25519")


def _mac(file_key: bytes, authenticated: bytes) -> bytes:
    return hmac.digest(_derive(file_key, b"", b"header"), authenticated, "sha256")


def _derive(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, purpose).derive(secret)


def _text(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _does_not_open() -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.CANNOT_DECRYPT, "the object does not open", expected="an unaltered object for this identity"
    )
