"""The directory as one verified version: who is who, with which keys, since when and until when.

Look-ups run for every act, so each authority is indexed once, when the version is taken into use. A `Directory` never
changes; a rotation by act gives a new one that shares everything else.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

import msgspec

from comity.acts.bodies import KeyRotated
from comity.trust.certificates import SealCertificate, load_x509, read_certificate, thumbprint
from comity.trust.cose_keys import read_cose_key
from comity.trust.directory_format import (
    ApprovalCredential,
    AuthorityEntry,
    Dated,
    DatedCertificate,
    DatedKey,
    OfficeEntry,
    OfficerEntry,
    TrustedIssuer,
)
from comity.trust.rotation import rotated
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, OfficeId, OfficerId
from comity.vocabulary.wire import from_b64url

_Entry = TypeVar("_Entry", bound=Dated)


class IndexedAuthority:
    """One authority's entry with its look-up tables. Everything in it was parsed once, so a bad key never gets in.

    Raises `BrokenInputError` (MALFORMED) for a key or certificate that is none.
    """

    __slots__ = ("agreements", "certificates", "credentials", "entry", "ledgers", "officers", "offices", "witnesses")

    def __init__(self, entry: AuthorityEntry) -> None:
        self.entry = entry
        self.offices = {office.id: office for office in entry.offices}
        self.officers = {officer.id: officer for officer in entry.officers}
        self.credentials: dict[tuple[OfficerId, str], ApprovalCredential] = {}
        for officer in entry.officers:
            for credential in officer.credentials:
                read_cose_key(from_b64url(credential.public_key))
                self.credentials[officer.id, credential.id] = credential
        self.certificates: dict[str, tuple[DatedCertificate, bytes]] = {}
        for certificate in entry.seal_certificates:
            der = from_b64url(certificate.der)
            read_certificate(der)
            self.certificates[thumbprint(der)] = (certificate, der)
        for issuer in entry.trusted_issuers:
            load_x509(from_b64url(issuer.der))
        self.ledgers = _newest_first(entry.ledger_keys)
        self.witnesses = _newest_first(entry.witness_keys)
        self.agreements = _newest_first(entry.agreement_keys)


def _newest_first(keys: Iterable[DatedKey]) -> tuple[tuple[DatedKey, bytes], ...]:
    listed = sorted(keys, key=lambda key: key.valid_from, reverse=True)
    return tuple((key, from_b64url(key.public)) for key in listed)


class DirectoryVersion(msgspec.Struct, frozen=True):
    """Which version this is, and what its next version must follow.

    `number` is the snapshot's version; `digest` binds the snapshot's bytes, and through them all that is listed.
    `expires` is the earliest end among the metadata. `roles` are the versions of all metadata, by role.
    """

    number: int
    digest: Digest
    expires: datetime
    root: int
    timestamp: int
    roles: Mapping[str, int]


class Directory:
    """One verified version of the directory, with the rotations made by act since.

    All look-ups take constant time in the number of authorities and officers; keys of one kind are searched newest first.
    They raise `BrokenInputError`: NOT_FOUND for a name that is not listed, KEY_NOT_VALID for a key that is not listed or
    not valid at that instant.
    """

    __slots__ = ("_authorities", "_rotations", "_version")

    def __init__(
        self,
        version: DirectoryVersion,
        authorities: Mapping[AuthorityId, IndexedAuthority],
        rotations: frozenset[ActId] = frozenset(),
    ) -> None:
        self._version = version
        self._authorities = authorities
        self._rotations = rotations

    @property
    def version(self) -> int:
        """The number acts name as `directory`: the snapshot's version."""
        return self._version.number

    @property
    def digest(self) -> Digest:
        """What the ledger entry `directory-seen` carries; equal for equal content, whatever the timestamp's version."""
        return self._version.digest

    @property
    def metadata(self) -> DirectoryVersion:
        """The versions of all parts, to refuse an older one later."""
        return self._version

    @property
    def authorities(self) -> Mapping[AuthorityId, AuthorityEntry]:
        """Every authority by name. A new mapping each time: for listings, not for the path of an act."""
        return MappingProxyType({name: indexed.entry for name, indexed in self._authorities.items()})

    def knows(self, authority: AuthorityId) -> bool:
        """Whether an authority of that name is listed."""
        return authority in self._authorities

    def by_hand(self, authority: AuthorityId) -> bool:
        """Whether the authority is listed and has no node: nothing reaches it but what people send."""
        return self.knows(authority) and self.authority(authority).by_hand

    def authority(self, authority: AuthorityId) -> AuthorityEntry:
        """What is said of the authority."""
        return self._indexed(authority).entry

    def office(self, authority: AuthorityId, office: OfficeId) -> OfficeEntry:
        """The office of that name at that authority."""
        found = self._indexed(authority).offices.get(office)
        if found is None:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND, "the authority has no such office", found=f"{authority} {office}"
            )
        return found

    def officer(self, authority: AuthorityId, officer: OfficerId) -> OfficerEntry:
        """The officer of that name at that authority."""
        found = self._indexed(authority).officers.get(officer)
        if found is None:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND, "the authority has no such officer", found=f"{authority} {officer}"
            )
        return found

    def credential(
        self, authority: AuthorityId, officer: OfficerId, credential: str, at: datetime
    ) -> ApprovalCredential:
        """The officer's own approval credential of that id (base64url), valid at that instant."""
        found = self._indexed(authority).credentials.get((officer, credential))
        return _valid(found, at, f"approval credential of {officer}")

    def seal_certificate(self, authority: AuthorityId, x5t: str, at: datetime) -> SealCertificate:
        """The authority's certificate with that thumbprint (`x5t#S256`), valid then by the directory and by itself."""
        found = self._indexed(authority).certificates.get(x5t)
        if found is None:
            raise BrokenInputError(
                ErrorCode.KEY_NOT_VALID, "the directory lists no such seal certificate", found=f"{authority} {x5t}"
            )
        _valid(found[0], at, f"seal certificate of {authority}")
        certificate = read_certificate(found[1])
        if not certificate.covers(at):
            raise BrokenInputError(
                ErrorCode.KEY_NOT_VALID,
                f"the seal certificate of {authority} has expired or is not valid yet",
                found=at.isoformat(),
                expected=f"{certificate.not_before.isoformat()} to {certificate.not_after.isoformat()}",
            )
        return certificate

    def current_seal_certificate(self, authority: AuthorityId, at: datetime) -> SealCertificate:
        """The certificate a node seals with at that instant: the newest of the valid ones."""
        listed = self._indexed(authority).certificates.values()
        for certificate, der in sorted(listed, key=lambda one: one[0].valid_from, reverse=True):
            parsed = read_certificate(der)
            if certificate.covers(at) and parsed.covers(at):
                return parsed
        raise _none_valid(f"seal certificate of {authority}", at)

    def trusted_issuers(self, authority: AuthorityId, at: datetime) -> tuple[TrustedIssuer, ...]:
        """The trust service providers that count for the authority's seals at that instant."""
        return tuple(issuer for issuer in self.authority(authority).trusted_issuers if issuer.covers(at))

    def ledger_key(self, authority: AuthorityId, at: datetime) -> bytes:
        """The raw Ed25519 key that signs the authority's checkpoints at that instant: the newest of the valid ones."""
        return _current(self._indexed(authority).ledgers, at, f"ledger key of {authority}")

    def ledger_keys(self, authority: AuthorityId) -> tuple[tuple[DatedKey, bytes], ...]:
        """Every ledger key there ever was, newest first, with its raw bytes: old checkpoints are judged with old keys."""
        return self._indexed(authority).ledgers

    def witness_key(self, authority: AuthorityId, at: datetime) -> bytes:
        """The raw Ed25519 key with which the authority co-signs others' checkpoints at that instant."""
        return _current(self._indexed(authority).witnesses, at, f"witness key of {authority}")

    def witness_keys(self, authority: AuthorityId) -> tuple[tuple[DatedKey, bytes], ...]:
        """Every witness key there ever was, newest first, with its raw bytes."""
        return self._indexed(authority).witnesses

    def agreement_key(self, authority: AuthorityId, at: datetime) -> bytes:
        """The raw MLKEM768-X25519 key to encrypt to the authority with at that instant."""
        return _current(self._indexed(authority).agreements, at, f"agreement key of {authority}")

    def agreement_keys(self, authority: AuthorityId) -> tuple[tuple[DatedKey, bytes], ...]:
        """Every agreement key there ever was, newest first, with its raw bytes."""
        return self._indexed(authority).agreements

    def with_rotation(self, issuer: AuthorityId, body: KeyRotated, act_id: ActId, sealed_at: datetime) -> "Directory":
        """This version with the issuer's key replaced by a verified act; the same act twice has one effect.

        Raises `BrokenInputError` as `comity.trust.rotation.rotated` does.
        """
        if act_id in self._rotations:
            return self
        entry = rotated(self.authority(issuer), body, sealed_at=sealed_at)
        authorities = {**self._authorities, issuer: IndexedAuthority(entry)}
        return Directory(self._version, authorities, self._rotations | {act_id})

    def _indexed(self, authority: AuthorityId) -> IndexedAuthority:
        found = self._authorities.get(authority)
        if found is None:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "the directory lists no such authority", found=authority)
        return found


def _valid(entry: _Entry | None, at: datetime, what: str) -> _Entry:
    if entry is None:
        raise BrokenInputError(ErrorCode.KEY_NOT_VALID, f"the directory lists no such {what}")
    if not entry.covers(at):
        until = entry.valid_until.isoformat() if entry.valid_until else "further notice"
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID,
            f"the {what} was not valid at that time",
            found=at.isoformat(),
            expected=f"{entry.valid_from.isoformat()} to {until}",
        )
    return entry


def _current(keys: Iterable[tuple[DatedKey, bytes]], at: datetime, what: str) -> bytes:
    for key, raw in keys:
        if key.covers(at):
            return raw
    raise _none_valid(what, at)


def _none_valid(what: str, at: datetime) -> BrokenInputError:
    return BrokenInputError(ErrorCode.KEY_NOT_VALID, f"there is no valid {what} at that time", found=at.isoformat())
