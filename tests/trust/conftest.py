"""A small federation for the tests of trust: `pt` and `de`, with seeds that everybody can read."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec
import pytest

from comity.acts.bodies import CaseClosed
from comity.acts.classes import ActClass, ActType
from comity.acts.payload import Author, Payload, act_id, write_payload
from comity.acts.seal_format import Approval, SealedAct
from comity.trust.cose_keys import CoseAlgorithm
from comity.trust.directory import Directory
from comity.trust.directory_format import (
    AuthorityEntry,
    AuthorityKind,
    DatedCertificate,
    DatedKey,
    OfficeEntry,
    OfficerEntry,
)
from comity.trust.directory_founder import DirectoryFounder, Edition, derived_seeds
from comity.trust.directory_tuf import verify_directory
from comity.trust.keys import SealKey, SigningKey, seal_certificate
from comity.trust.seals import seal
from comity.trust.software_authenticator import UnsafeSoftwareAuthenticator
from comity.vocabulary.categories import OfficeKind, Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EXPIRES = datetime(2026, 6, 1, tzinfo=UTC)
ROOT_EXPIRES = datetime(2030, 1, 1, tzinfo=UTC)
COUNTRIES = {"pt": "PT", "de": "DE"}


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def certificate(name: str, authority: str, *, not_after: datetime = datetime(2028, 1, 1, tzinfo=UTC)) -> bytes:
    return seal_certificate(seed(name), authority, not_before=FOUNDED, not_after=not_after, serial=7)


def authenticator(
    officer: str, authority: str, algorithm: CoseAlgorithm = CoseAlgorithm.ES256
) -> UnsafeSoftwareAuthenticator:
    rp_id = f"approve.{authority}.example"
    return UnsafeSoftwareAuthenticator(seed(officer), rp_id=rp_id, origin=f"https://{rp_id}", algorithm=algorithm)


def entry(authority: str, country: str) -> AuthorityEntry:
    offices = (
        OfficeEntry(id="contact-point", kind=OfficeKind.CONTACT_POINT, competences=("CETS185:29",)),
        OfficeEntry(id="prosecutor", kind=OfficeKind.PROSECUTOR),
    )
    costa = authenticator(f"{authority}.costa", authority)
    silva = authenticator(f"{authority}.silva", authority, CoseAlgorithm.EDDSA)
    revoked = authenticator(f"{authority}.silva.old", authority)
    officers = (
        OfficerEntry(
            id=f"{authority}.costa", offices=("prosecutor",), credentials=(costa.credential(valid_from=FOUNDED),)
        ),
        OfficerEntry(
            id=f"{authority}.silva",
            offices=("contact-point",),
            name="A. Silva",
            credentials=(
                silva.credential(valid_from=FOUNDED),
                revoked.credential(valid_from=FOUNDED, valid_until=NOW - timedelta(days=30)),
            ),
        ),
    )
    expired = certificate(f"{authority} expired", authority, not_after=FOUNDED + timedelta(days=10))
    replaced = certificate(f"{authority} replaced", authority)
    return AuthorityEntry(
        id=authority,
        name=f"Authority of {country}",
        country=country,
        kinds=(AuthorityKind.STATE,),
        endpoint=f"https://{authority}.example/exchange",
        time_zone="Europe/Lisbon",
        calendar=country,
        languages=("pt", "en"),
        offices=offices,
        officers=officers,
        seal_certificates=(
            DatedCertificate(der=b64url(certificate(f"{authority} seal", authority)), valid_from=FOUNDED),
            DatedCertificate(der=b64url(expired), valid_from=FOUNDED),
            DatedCertificate(der=b64url(replaced), valid_from=FOUNDED, valid_until=NOW - timedelta(days=1)),
        ),
        ledger_keys=(DatedKey(public=b64url(SigningKey(seed(f"{authority} ledger")).public), valid_from=FOUNDED),),
        witness_keys=(DatedKey(public=b64url(SigningKey(seed(f"{authority} witness")).public), valid_from=FOUNDED),),
        agreement_keys=(DatedKey(public=b64url(seed(f"{authority} agreement") * 38), valid_from=FOUNDED),),
    )


@dataclass(frozen=True, repr=False)
class World:
    """The federation as a test sees it; every method is deterministic."""

    founder: DirectoryFounder
    edition: Edition
    directory: Directory
    now: datetime = NOW
    founded: datetime = FOUNDED
    expires: datetime = EXPIRES
    root_expires: datetime = ROOT_EXPIRES
    seal_keys: dict[str, SealKey] = field(default_factory=dict)

    seed = staticmethod(seed)
    entry = staticmethod(entry)
    certificate = staticmethod(certificate)
    authenticator = staticmethod(authenticator)

    def seal_key(self, name: str = "seal", authority: str = "pt", *, not_after: datetime | None = None) -> SealKey:
        title = f"{authority} {name}"
        if title not in self.seal_keys:
            der = (
                certificate(title, authority)
                if not_after is None
                else certificate(title, authority, not_after=not_after)
            )
            self.seal_keys[title] = SealKey(seed(title), der)
        return self.seal_keys[title]

    def payload(self, *, seals: tuple[str, ...] = ("EdDSA",), issuer: str = "pt", nonce: str = "5" * 32) -> bytes:
        return write_payload(
            Payload(
                v=1,
                issuer=issuer,
                to=("oversight",),
                case="a" * 32,
                nonce=nonce,
                at=NOW - timedelta(seconds=2),
                directory=1,
                re=(),
                act=ActClass(type=ActType.CASE_CLOSED, instrument="CETS185", urgency=Urgency.URGENT),
                seals=seals,
                author=Author(officer=f"{issuer}.silva", office="contact-point"),
                body=CaseClosed(reason="served"),
            )
        )

    def approval(self, payload: bytes, *, officer: str = "pt.costa", office: str = "prosecutor") -> Approval:
        algorithm = CoseAlgorithm.ES256 if officer.endswith("costa") else CoseAlgorithm.EDDSA
        device = authenticator(officer, officer.split(".", maxsplit=1)[0], algorithm)
        return device.approve(act_id(payload), "approve", officer=officer, office=office)

    def sealed(self) -> SealedAct:
        payload = self.payload()
        return seal(payload, self.seal_key(), at=NOW, approvals=(self.approval(payload),))

    def verify(self, files: dict[str, bytes], **arguments: object) -> Directory:
        settings: dict[str, object] = {"root": self.edition.root, "at": NOW} | arguments
        return verify_directory(files, **settings)  # type: ignore[arg-type]

    def amended(self, **changes: object) -> Edition:
        changed = msgspec.structs.replace(self.edition.entries["pt"], **changes)
        return self.founder.amend(self.edition, [changed], expires=EXPIRES)


@pytest.fixture(scope="session")
def world() -> World:
    founder = DirectoryFounder(derived_seeds(seed("federation"), COUNTRIES))
    entries = [entry(code, country) for code, country in COUNTRIES.items()]
    edition = founder.found(entries, expires=EXPIRES, root_expires=ROOT_EXPIRES)
    directory = verify_directory(edition.files, root=edition.root, at=NOW)
    return World(founder=founder, edition=edition, directory=directory)


class Refused:
    """Context that passes when exactly this code was raised, and keeps the error."""

    def __init__(self, code: ErrorCode, words: str = "") -> None:
        self._code, self._words = code, words

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        assert isinstance(error, BrokenInputError), f"{self._code} was expected, not {error!r}"
        assert error.code is self._code, f"{self._code} was expected, not {error.code}: {error.what} ({error.found})"
        assert self._words in error.what, f"{self._words!r} is not in {error.what!r}"
        return True


@pytest.fixture(scope="session")
def refused() -> type[Refused]:
    return Refused
