"""What the directory says of one authority: the content of its target file `<country>/<authority>.json`.

The next editor breaks the federation by renaming or removing a field, or by adding one without a default: old directory
versions must decode for as long as an act names them. Keys are never taken out: one that is no longer used stays listed
with its `valid_until`, so that what it signed before can still be judged.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import AuthorityId, OfficeId, OfficerId
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import from_b64url

ENTRY_LIMIT = 4 << 20
"""Bytes of one authority's file: room for ten thousand officers."""

ED25519_LENGTH = 32
AGREEMENT_LENGTH = 1184 + 32
"""Bytes of an MLKEM768-X25519 public key: the ML-KEM-768 part (FIPS 203), then the X25519 part."""

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
"""ISO 3166-1 alpha-2; `EU` (exceptionally reserved there) for bodies of the Union."""

Calendar = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z")]
"""Whose public holidays count: a country, or a subdivision of it (ISO 3166-2)."""

Text = Annotated[str, Meta(min_length=1, max_length=256)]
KeyText = Annotated[str, Meta(min_length=1, max_length=32768, pattern=r"^[A-Za-z0-9_-]+\Z")]
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./:-]{0,94}\Z")]

# An approval relying party has a name of its own that starts with `approve.`, so that it can never be the one officers
# log in under: a browser refuses to use a credential of `approve.pt.example` on `pt.example` and the other way round.
_RP_ID = re.compile(r"approve(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\Z")
_PORT = r"(:[1-9][0-9]{0,4})?\Z"


class AuthorityKind(StrEnum):
    """What an authority is in the federation. Append only."""

    STATE = "state"
    PROVIDER = "provider"
    OVERSIGHT = "oversight"


class IssuerGrade(StrEnum):
    """What certificates of a trust service provider are worth at most. Append only."""

    ADVANCED = "advanced"
    QUALIFIED = "qualified"


class Dated(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something valid from `valid_from` inclusive to `valid_until` exclusive, or without an end."""

    valid_from: Instant
    valid_until: Instant | None = None

    def __post_init__(self) -> None:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("a validity must not end before it begins")

    def covers(self, at: datetime) -> bool:
        """Whether the instant lies in the validity."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class DatedKey(Dated, frozen=True, kw_only=True):
    """A raw public key, unpadded base64url, and when it is valid."""

    public: KeyText


class DatedCertificate(Dated, frozen=True, kw_only=True):
    """A seal certificate: unpadded base64url of its DER, and when the directory lets it seal."""

    der: KeyText


class TrustedIssuer(Dated, frozen=True, kw_only=True):
    """A trust service provider's CA certificate on the country's trust list, and the best grade it can give."""

    der: KeyText
    grade: IssuerGrade


class ApprovalCredential(Dated, frozen=True, kw_only=True):
    """A passkey that an officer uses for approvals and for nothing else.

    `id` and `public_key` (COSE) are unpadded base64url. `software` says that it is a software authenticator, which policy
    allows for this officer: what it approved is shown as such.
    """

    id: KeyText
    public_key: KeyText
    rp_id: str
    origin: str
    software: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _RP_ID.match(self.rp_id):
            raise ValueError("an approval relying party's name starts with 'approve.'")
        scheme = "https?" if self.rp_id.endswith(".localhost") else "https"
        if not re.match(f"{scheme}://{re.escape(self.rp_id)}{_PORT}", self.origin):
            raise ValueError("an approval origin is https and on its relying party's own name")


class OfficeEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """An office of the authority. `competences` are codes that law files look up."""

    id: OfficeId
    kind: OfficeKind
    competences: tuple[Code, ...] = ()


class OfficerEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A person acting for the authority, the offices held, and the passkeys for approvals. `name` may be withheld."""

    id: OfficerId
    offices: tuple[OfficeId, ...]
    name: str = ""
    credentials: tuple[ApprovalCredential, ...] = ()


class AuthorityEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything the directory says of one authority.

    `endpoint` is where its node is reached. One without a node has none, but a `contact`: the e-mail or postal address to
    which acts go by hand, as signed forms.
    """

    v: Annotated[int, Meta(ge=1, le=1)] = 1
    id: AuthorityId
    name: Text
    country: Country
    kinds: tuple[AuthorityKind, ...]
    endpoint: Annotated[str, Meta(pattern=r"^(https?://[!-~]{1,500})?\Z")] = ""
    time_zone: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}\Z")]
    calendar: Calendar
    languages: tuple[Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")], ...]
    offices: tuple[OfficeEntry, ...] = ()
    officers: tuple[OfficerEntry, ...] = ()
    seal_certificates: tuple[DatedCertificate, ...] = ()
    ledger_keys: tuple[DatedKey, ...] = ()
    witness_keys: tuple[DatedKey, ...] = ()
    agreement_keys: tuple[DatedKey, ...] = ()
    trusted_issuers: tuple[TrustedIssuer, ...] = ()
    callback_phone: str = ""
    contact: Annotated[str, Meta(max_length=256)] = ""

    @property
    def by_hand(self) -> bool:
        """Whether it has no node: what is for it is sent by people."""
        return not self.endpoint

    def __post_init__(self) -> None:
        if bool(self.endpoint) == bool(self.contact):
            raise ValueError("an authority has the endpoint of its node or, without a node, a contact")
        if not self.kinds or not self.languages:
            raise ValueError("an authority has a kind and a language")
        _each_once("an office", (office.id for office in self.offices))
        _each_once("an officer", (officer.id for officer in self.officers))
        _each_once("a credential", (c.id for officer in self.officers for c in officer.credentials))
        _each_once("a seal certificate", (certificate.der for certificate in self.seal_certificates))
        offices = {office.id for office in self.offices}
        if any(not offices.issuperset(officer.offices) for officer in self.officers):
            raise ValueError("an officer holds an office that the authority does not have")
        for keys, length in (
            (self.ledger_keys, ED25519_LENGTH),
            (self.witness_keys, ED25519_LENGTH),
            (self.agreement_keys, AGREEMENT_LENGTH),
        ):
            _each_once("a key", (key.public for key in keys))
            _each_of_length(keys, length)


def _each_once(what: str, names: Iterable[str]) -> None:
    if any(count > 1 for count in Counter(names).values()):
        raise ValueError(f"{what} is listed twice")


def _each_of_length(keys: Iterable[DatedKey], length: int) -> None:
    try:
        lengths = {len(from_b64url(key.public)) for key in keys}
    except BrokenInputError:
        raise ValueError("a public key is not unpadded base64url") from None
    if lengths - {length}:
        raise ValueError(f"a public key is not {length} bytes long")
