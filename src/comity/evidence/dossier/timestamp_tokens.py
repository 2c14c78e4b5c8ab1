"""Time-stamp tokens (RFC 3161): what an independent authority says about when a ledger's checkpoint existed.

A token is over the text of a checkpoint: origin, size, root, the first lines of `checkpoint.txt`, without any signature.
So `head -n 3 checkpoint.txt` and `openssl ts -verify -data` judge it without our code.

A token can be added to a dossier and taken out of it by anybody: the exporter does not seal it. It only ever adds: what
holds is one more witness of a time, and what does not hold counts for nothing and is told.

Parsing and the CMS signature are those of `rfc3161-client`, which is strict: DER only, one signer, a leaf certificate made
for time-stamping alone. Many authorities send their certificates in another order than DER wants; no signature covers that
order, so it is put right before reading.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

TOKEN_LIMIT = 64 << 10
"""Bytes of a response; with a chain of certificates they are a few thousand."""

_UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion)
"""What the libraries raise for what they can't read: much is parsed only when it is asked for."""

_SEQUENCE, _CONTEXT = 0x30, 0xA0
_LONG, _LENGTH_BYTES = 0x80, 4


class Standing(StrEnum):
    """What a token's signature is worth to the reader. `anchored`: its certificate leads to a root that the reader pinned.

    `unanchored`: it does not, and all that is known is what the token says about itself.
    """

    ANCHORED = "anchored"
    UNANCHORED = "unanchored"


class TimestampToken(Struct, frozen=True):
    """A token over the bytes that were asked about.

    `authority` is the name in its signer's certificate, by its own word where the token is unanchored; `serial` its number.
    """

    at: datetime
    authority: str
    serial: int
    standing: Standing


def read_token(response: bytes, stamped: bytes, roots: Sequence[bytes]) -> TimestampToken:
    """The token in a response, over these bytes; `roots` are certificates (DER) of authorities that the reader trusts.

    Steps:
        1. It is a response that grants a token, with one signer.
        2. It is over the SHA-256, -384 or -512 of exactly these bytes.
        3. Where roots are given, its signature is genuine and leads to one of them, as of the token's own time (RFC 3161
           section 2.3: a certificate for time-stamping and nothing else).

    Raises `BrokenInputError`: OVERSIZED, MALFORMED (1), ID_DIFFERS (2), BAD_SEAL (3).
    """
    # 1.
    read = decode_response(response)
    signer = _signer(read)
    # 2.
    if not _is_over(read, stamped):
        raise BrokenInputError(ErrorCode.ID_DIFFERS, "the time stamp is over something else")
    # 3.
    if roots:
        _verify(read, stamped, roots)
    return TimestampToken(
        at=read.tst_info.gen_time,
        authority=signer.subject.rfc4514_string(),
        serial=read.tst_info.serial_number,
        standing=Standing.ANCHORED if roots else Standing.UNANCHORED,
    )


def decode_response(response: bytes) -> "TimeStampResponse":
    """The response, granted. Raises `BrokenInputError` (OVERSIZED, MALFORMED)."""
    from rfc3161_client import PKIStatus, decode_timestamp_response

    if len(response) > TOKEN_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "a time-stamp response is too large", expected=f"at most {TOKEN_LIMIT} bytes"
        )
    try:
        read = decode_timestamp_response(_in_order(response))
        status = read.status
        if status == PKIStatus.GRANTED:
            info = read.tst_info
            _ = info.gen_time, info.serial_number, info.nonce, info.message_imprint.hash_algorithm
            _ = read.signed_data.certificates
    except _UNREADABLE as error:
        raise _malformed(str(error)) from None
    if status != PKIStatus.GRANTED:
        raise _malformed(f"status {status}")
    return read


def _signer(read: "TimeStampResponse") -> x509.Certificate:
    """The signer's certificate among those in the token."""
    try:
        infos = list(read.signed_data.signer_infos)
        certificates = [x509.load_der_x509_certificate(each) for each in read.signed_data.certificates]
        found = [each for each in certificates if len(infos) == 1 and _signed_with(infos[0], each)]
        _ = found and found[0].subject.rfc4514_string()
    except _UNREADABLE as error:
        raise _malformed(str(error)) from None
    if not found:
        raise _malformed("no certificate of its one signer")
    return found[0]


def _signed_with(info: object, certificate: x509.Certificate) -> bool:
    return bool(
        getattr(info, "issuer", None) == certificate.issuer
        and getattr(info, "serial_number", None) == certificate.serial_number
    )


def _is_over(read: "TimeStampResponse", stamped: bytes) -> bool:
    imprint = read.tst_info.message_imprint
    hashes = {
        "2.16.840.1.101.3.4.2.1": "sha256",
        "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512",
    }
    name = hashes.get(imprint.hash_algorithm.dotted_string)
    return name is not None and hashlib.new(name, stamped).digest() == imprint.message


def _verify(read: "TimeStampResponse", stamped: bytes, roots: Sequence[bytes]) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        pinned = [x509.load_der_x509_certificate(each) for each in roots]
        VerifierBuilder(roots=pinned).build().verify_message(read, stamped)
    except (VerificationError, *_UNREADABLE) as error:
        raise BrokenInputError(
            ErrorCode.BAD_SEAL,
            "the time stamp is not genuine, or not of an authority that is trusted",
            found=str(error).partition(": ErrorStack")[0][:200],
        ) from None


def _in_order(response: bytes) -> bytes:
    """The response with the certificates of its token in the order of DER: X.690 section 11.6. Their bytes stay what they are.

    Raises `ValueError` for what is no response.
    """
    place = _inside(response, (0, len(response)), _SEQUENCE)
    token = [each for each in _parts(response, *place) if each[0] == _SEQUENCE][1:]
    if not token:
        return response
    content = _inside(response, token[0][2:], _CONTEXT)
    first, end = _inside(response, _inside(response, content, _SEQUENCE), _CONTEXT)
    certificates = sorted(response[head:until] for _, head, _, until in _parts(response, first, end))
    return response[:first] + b"".join(certificates) + response[end:]


def _inside(data: bytes, place: tuple[int, int], tag: int) -> tuple[int, int]:
    found = next(((first, end) for found, _, first, end in _parts(data, *place) if found == tag), None)
    if found is None:
        raise ValueError("a part of the response is missing")
    return found


def _parts(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, start, start of the content and end of each element; lengths as in DER."""
    while at < end:
        start, tag, length = at, data[at], data[at + 1] if at + 1 < end else -1
        at += 2
        if length & _LONG and length > 0:
            count = length & ~_LONG
            length = int.from_bytes(data[at : at + count]) if 1 <= count <= _LENGTH_BYTES else -1
            at += count
        if length < 0 or at + length > end:
            raise ValueError("a length leads beyond the end")
        yield tag, start, at, at + length
        at += length


def _malformed(found: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.MALFORMED, "that is no time stamp that was granted", found=found[:200])
