"""Strict decoding of what comes from outside, and the one way bytes are hashed for a purpose.

Order of defence: size before anything else; then strict typed decoding (unknown fields refused); then duplicate keys,
which RFC 8259 leaves undefined and which two parsers could read in two ways.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from comity.vocabulary.errors import BrokenInputError, ErrorCode

T = TypeVar("T")

_UNKNOWN_TYPE = re.compile(r"Invalid (enum )?value .* - at `\$\S*\.type`\Z", re.DOTALL)
"""What msgspec says of a tag, or of an act's class, that names a type it does not know."""


class _DuplicateKeyError(ValueError):
    pass


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise _DuplicateKeyError
    return keys


_scan = json.JSONDecoder(object_pairs_hook=_no_duplicates).decode


def decode(data: bytes, shape: type[T], *, limit: int) -> T:
    """The value in `data`, at most `limit` bytes of JSON, exactly of that shape, which holds no `msgspec.Raw`.

    Raises `BrokenInputError` with code oversized, malformed, unknown-type or duplicate-key; never anything else.
    """
    if len(data) > limit:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "the message is too large",
            found=f"{len(data)} bytes",
            expected=f"at most {limit} bytes",
        )
    try:
        value = msgspec.json.decode(data, type=shape)
        # Bytes that are the encoding of their own value name no key twice; only others have to be looked through.
        if msgspec.json.encode(value) != data:
            _scan(data.decode())
    except _DuplicateKeyError:
        raise BrokenInputError(ErrorCode.DUPLICATE_KEY, "a JSON object names a key twice") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        # msgspec names the path and the expected type, never the content (but for a name where one of a few is due).
        code = ErrorCode.UNKNOWN_TYPE if _UNKNOWN_TYPE.match(str(error)) else ErrorCode.MALFORMED
        raise BrokenInputError(code, "the message does not have the expected form", found=str(error)) from None
    return value


def encode(value: object) -> bytes:
    """JSON bytes of a struct, in the field order of its definition. Stable for one version of the definition."""
    return msgspec.json.encode(value)


def b64url(data: bytes) -> str:
    """RFC 4648 section 5 without padding, as JWS and WebAuthn use it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """Bytes of unpadded base64url. Refuses anything that would not encode back to the same text."""
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, UnicodeEncodeError):
        data = b""
    if b64url(data) != text:
        raise BrokenInputError(ErrorCode.MALFORMED, "text is not unpadded base64url")
    return data


def b64(data: bytes) -> str:
    """Standard base64, as signed notes (C2SP) use it."""
    return b64encode(data).decode()


def from_b64(text: str) -> bytes:
    """Bytes of standard base64. Refuses anything that would not encode back to the same text."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (ValueError, UnicodeEncodeError):
        data = b""
    if b64(data) != text:
        raise BrokenInputError(ErrorCode.MALFORMED, "text is not base64")
    return data


def tagged_hash(tag: str, *parts: bytes) -> bytes:
    """SHA-256 over a purpose tag and length-framed parts: no two different inputs share an encoding, no two purposes a hash."""
    framed = hashlib.sha256(len(tag).to_bytes(2) + tag.encode())
    for part in parts:
        framed.update(len(part).to_bytes(8))
        framed.update(part)
    return framed.digest()
