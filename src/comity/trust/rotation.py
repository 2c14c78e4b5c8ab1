"""Replacing a node's key by an act (`key-rotated`): what the directory says of the issuer from then on.

The act is sealed with the key that was valid before. Whoever holds that key can rotate it: a stolen key is answered by
the directory's next version, not here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from comity.acts.bodies import KeyRotated
from comity.trust.certificates import read_certificate
from comity.trust.directory_format import AuthorityEntry, DatedCertificate, DatedKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import from_b64url

_LISTS = {"ledger": "ledger_keys", "witness": "witness_keys", "agreement": "agreement_keys"}

_Listed = TypeVar("_Listed", DatedKey, DatedCertificate)


def rotated(entry: AuthorityEntry, body: KeyRotated, *, sealed_at: datetime) -> AuthorityEntry:
    """The entry with the old keys of that kind ending, and the new one beginning, at `body.valid_from`.

    Steps:
        1. The new key does not begin before the act was sealed: the past is not rewritten.
        2. A key that is already listed and valid then changes nothing: the directory has caught up with the act. One
           that is listed and has ended never comes back.
        3. A new seal key comes with a certificate of exactly that key, valid when it begins.
        4. Keys of that kind end where the new one begins; those that ended before stay as they were.

    Raises `BrokenInputError` with KEY_NOT_VALID (1, 2, 3) or MALFORMED (an unknown kind, a key of another form).
    """
    # 1.
    if body.valid_from < sealed_at:
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID,
            "a key is rotated for a time before the act",
            found=body.valid_from.isoformat(),
            expected=f"from {sealed_at.isoformat()} on",
        )
    try:
        if body.key == "seal":
            return _seal_rotated(entry, body)
        if body.key in _LISTS:
            return _key_rotated(entry, body, _LISTS[body.key])
    except ValueError as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "a rotated key has another form", found=str(error)) from None
    raise BrokenInputError(ErrorCode.MALFORMED, "a key of an unknown kind is rotated", found=body.key)


def _seal_rotated(entry: AuthorityEntry, body: KeyRotated) -> AuthorityEntry:
    # 2.
    if _listed([old for old in entry.seal_certificates if old.der == body.certificate], body):
        return entry
    # 3.
    certificate = read_certificate(from_b64url(body.certificate))
    if certificate.public_bytes != from_b64url(body.public) or not certificate.covers(body.valid_from):
        raise BrokenInputError(ErrorCode.KEY_NOT_VALID, "the new certificate is for another key or another time")
    # 4.
    new = DatedCertificate(der=body.certificate, valid_from=body.valid_from)
    return msgspec.structs.replace(entry, seal_certificates=(*_ended(entry.seal_certificates, body), new))


def _key_rotated(entry: AuthorityEntry, body: KeyRotated, kind: str) -> AuthorityEntry:
    keys: tuple[DatedKey, ...] = getattr(entry, kind)
    # 2.
    if _listed([old for old in keys if old.public == body.public], body):
        return entry
    # 4. The entry's own rules check the new key's form and length.
    new = DatedKey(public=body.public, valid_from=body.valid_from)
    return msgspec.structs.replace(entry, **{kind: (*_ended(keys, body), new)})


def _listed(same: Sequence[DatedKey | DatedCertificate], body: KeyRotated) -> bool:
    if same and not same[0].covers(body.valid_from):
        raise BrokenInputError(ErrorCode.KEY_NOT_VALID, "a key that has ended is put into use again")
    return bool(same)


def _ended(listed: tuple[_Listed, ...], body: KeyRotated) -> tuple[_Listed, ...]:
    return tuple(
        msgspec.structs.replace(old, valid_until=body.valid_from) if old.covers(body.valid_from) else old
        for old in listed
    )
