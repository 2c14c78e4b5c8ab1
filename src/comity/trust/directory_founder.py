"""Makes directory versions from seeds and entries: for founding a federation, for the demonstration and for tests.

A real federation keeps these keys apart: the root's with several people, a country's with that country, the timestamp's
and the snapshot's with whoever publishes. Then each signs its part with any TUF tool; the layout is that of
`comity.trust.directory_tuf`.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # re-exported without __all__
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its public API, re-exported without __all__
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from comity.trust.directory_format import AuthorityEntry
from comity.trust.keys import private_key
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.instants import to_utc
from comity.vocabulary.wire import encode, tagged_hash

_T = TypeVar("_T", Root, Timestamp, Snapshot, Targets)


class FoundingSeeds(Struct, frozen=True):
    """32-byte seeds of the directory's own Ed25519 keys. `countries` are by lower-case code, e.g. `pt`, `eu`."""

    root: tuple[bytes, ...]
    threshold: int
    targets: bytes
    snapshot: bytes
    timestamp: bytes
    countries: Mapping[str, bytes]


class Edition(Struct, frozen=True):
    """One version of the directory, and what its next version is made from.

    `files` are what `verify_directory` reads, by name; `root` is the root.json to pin, the federation's first.
    """

    version: int
    files: Mapping[str, bytes]
    roots: tuple[bytes, ...]
    entries: Mapping[AuthorityId, AuthorityEntry]

    @property
    def root(self) -> bytes:
        """The first root.json."""
        return self.roots[0]


def derived_seeds(seed: bytes, countries: Iterable[str], *, root_keys: int = 3, threshold: int = 2) -> FoundingSeeds:
    """All seeds from one, for a demonstration in which nobody else keeps them."""

    def derive(role: str) -> bytes:
        return tagged_hash("comity-founding-seed-v1", seed, role.encode())

    return FoundingSeeds(
        root=tuple(derive(f"root {number}") for number in range(root_keys)),
        threshold=threshold,
        targets=derive("targets"),
        snapshot=derive("snapshot"),
        timestamp=derive("timestamp"),
        countries={country: derive(f"country {country}") for country in countries},
    )


class DirectoryFounder:
    """Signs directory versions with keys it holds all of; the same seeds, entries and instants give the same bytes.

    Every version signs all metadata anew under its own number, so one `expires` holds for the whole version; authorities'
    files that did not change keep their names and bytes. The root lives until `root_expires`.
    """

    def __init__(self, seeds: FoundingSeeds) -> None:
        self._seeds = seeds

    def found(self, entries: Iterable[AuthorityEntry], *, expires: datetime, root_expires: datetime) -> Edition:
        """Version 1: a new root, and every authority in its country's file."""
        root = self._root(1, root_expires, previous=())
        return self._publish(1, (root,), {entry.id: entry for entry in entries}, expires)

    def amend(
        self,
        edition: Edition,
        changed: Iterable[AuthorityEntry],
        *,
        expires: datetime,
        removed: Collection[AuthorityId] = (),
    ) -> Edition:
        """The next version: authorities added, replaced by name, or removed."""
        kept = {name: entry for name, entry in edition.entries.items() if name not in removed}
        entries = kept | {entry.id: entry for entry in changed}
        return self._publish(edition.version + 1, edition.roots, entries, expires)

    def rotate_root(
        self, edition: Edition, *, previous: Sequence[bytes], expires: datetime, root_expires: datetime
    ) -> Edition:
        """The next version under a new root with this founder's keys, which the `previous` root seeds sign as well."""
        root = self._root(len(edition.roots) + 1, root_expires, previous=previous)
        return self._publish(edition.version + 1, (*edition.roots, root), edition.entries, expires)

    def _root(self, version: int, expires: datetime, *, previous: Sequence[bytes]) -> bytes:
        root = Root(version=version, expires=_second(expires))
        for role, seeds in (
            (Root.type, self._seeds.root),
            (Targets.type, (self._seeds.targets,)),
            (Snapshot.type, (self._seeds.snapshot,)),
            (Timestamp.type, (self._seeds.timestamp,)),
        ):
            for seed in seeds:
                root.add_key(_signer(seed).public_key, role)
        root.roles[Root.type].threshold = self._seeds.threshold
        return _signed(root, *self._seeds.root, *previous)

    def _publish(
        self, version: int, roots: tuple[bytes, ...], entries: Mapping[AuthorityId, AuthorityEntry], expires: datetime
    ) -> Edition:
        until = _second(expires)
        files = {f"metadata/{number}.root.json": root for number, root in enumerate(roots, start=1)}
        roles = {Targets.type: self._top_level(version, until)}
        for country, seed in self._seeds.countries.items():
            listed = [entry for entry in entries.values() if entry.country.lower() == country]
            targets, bodies = _country_files(country, listed)
            files |= bodies
            roles[country] = _signed(Targets(version=version, expires=until, targets=targets), seed)
        snapshot = Snapshot(
            version=version,
            expires=until,
            meta={f"{role}.json": MetaFile.from_data(version, data, ["sha256"]) for role, data in roles.items()},
        )
        roles[Snapshot.type] = _signed(snapshot, self._seeds.snapshot)
        meta = MetaFile.from_data(version, roles[Snapshot.type], ["sha256"])
        timestamp = Timestamp(version=version, expires=until, snapshot_meta=meta)
        files |= {f"metadata/{version}.{role}.json": data for role, data in roles.items()}
        files["metadata/timestamp.json"] = _signed(timestamp, self._seeds.timestamp)
        return Edition(version=version, files=files, roots=roots, entries=entries)

    def _top_level(self, version: int, until: datetime) -> bytes:
        signers = {country: _signer(seed) for country, seed in self._seeds.countries.items()}
        roles = {
            country: DelegatedRole(country, [signer.public_key.keyid], 1, terminating=True, paths=[f"{country}/*"])
            for country, signer in sorted(signers.items())
        }
        keys: dict[str, Key] = {signer.public_key.keyid: signer.public_key for signer in signers.values()}
        top = Targets(version=version, expires=until, delegations=Delegations(keys, roles))
        return _signed(top, self._seeds.targets)


def _country_files(country: str, entries: Iterable[AuthorityEntry]) -> tuple[dict[str, TargetFile], dict[str, bytes]]:
    targets, bodies = {}, {}
    for entry in sorted(entries, key=lambda one: one.id):
        body = encode(entry)
        path = f"{country}/{entry.id}.json"
        targets[path] = TargetFile.from_data(path, body, ["sha256"])
        bodies[f"targets/{country}/{hashlib.sha256(body).hexdigest()}.{entry.id}.json"] = body
    return targets, bodies


def _signed(signed: _T, *seeds: bytes) -> bytes:
    metadata = Metadata(signed)
    for seed in seeds:
        metadata.sign(_signer(seed), append=True)
    return metadata.to_bytes()


def _signer(seed: bytes) -> CryptoSigner:
    return CryptoSigner(private_key(seed))


def _second(instant: datetime) -> datetime:
    """TUF knows whole seconds of UTC only."""
    return to_utc(instant).replace(microsecond=0)
