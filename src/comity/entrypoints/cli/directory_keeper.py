"""The directory's keeper: makes and publishes versions with keys that all lie in one folder.

`keys/` (mode 0700) holds the seeds of every directory key, `published/` what is given to the nodes, `root.json` what they
pin. A federation whose countries keep their own keys signs with TUF tools instead; the published layout is the same.
"""

import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from comity.bootstrap.directories import read_folder
from comity.bootstrap.private_files import open_folder, read_private, replace_private, sync_folder
from comity.ledger.origins import witness_key
from comity.trust.anchors import PinnedWitness, TrustAnchor, WitnessPolicy, trust_anchor
from comity.trust.directory_format import ENTRY_LIMIT, AuthorityEntry
from comity.trust.directory_founder import DirectoryFounder, Edition, FoundingSeeds
from comity.trust.directory_tuf import verify_directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import b64url, decode, encode, from_b64url

KEYS, PUBLISHED, ROOT = "keys", "published", "root.json"

_SEEDS_LIMIT = 1 << 20
_SEED_BYTES = 32
_ROOT_LIFE = 5


def found(folder: Path, entries: Sequence[AuthorityEntry], at: datetime, life: timedelta) -> Edition:
    """Version 1 under a new root, published. The root lives five times as long as the version.

    Raises `BrokenInputError(NOT_ALLOWED)` where a directory was founded already.
    """
    open_folder(folder / KEYS)
    if (folder / ROOT).exists():
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "a directory was founded here already",
            found=str(folder),
            do="publish a new version of it: comity directory publish",
        )
    seeds = _new_seeds(_countries({}, entries))
    edition = DirectoryFounder(seeds).found(entries, expires=at + life, root_expires=at + _ROOT_LIFE * life)
    _keep(folder, edition, seeds)
    _publish(folder, edition)
    (folder / ROOT).write_bytes(edition.root)
    return edition


def publish(
    folder: Path, changed: Sequence[AuthorityEntry], removed: Sequence[AuthorityId], at: datetime, life: timedelta
) -> Edition:
    """The next version: authorities added, replaced by name or removed; published in the place of the one before.

    Raises `BrokenInputError(NOT_ALLOWED)` for an entry that drops a key: what it signed could not be judged any more.
    """
    current = edition_of(folder, at)
    seeds = _seeds(folder, current)
    unknown = sorted(set(removed) - set(current.entries))
    if unknown:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the directory lists no such authority", found=", ".join(unknown))
    for entry in changed:
        _refuse_dropped_keys(current.entries.get(entry.id), entry)
    seeds = msgspec.structs.replace(seeds, countries=_countries(seeds.countries, changed))
    edition = DirectoryFounder(seeds).amend(current, changed, removed=removed, expires=at + life)
    _keep(folder, edition, seeds)
    _publish(folder, edition)
    return edition


def rotate_root(folder: Path, at: datetime, life: timedelta) -> Edition:
    """The next version under a new root with new keys, which the old root's keys sign as well; countries keep theirs.

    Nodes follow from the root they pinned. Each root's keys have a file of their own, so that a rotation which broke off
    leaves the old version with its keys; the old keys are gone when this returns.
    """
    current = edition_of(folder, at)
    old = _seeds(folder, current)
    new = _new_seeds(old.countries)
    edition = DirectoryFounder(new).rotate_root(
        current, previous=old.root, expires=at + life, root_expires=at + _ROOT_LIFE * life
    )
    _keep(folder, edition, new)
    _publish(folder, edition)
    _seeds_file(folder, current).unlink()
    return edition


def edition_of(folder: Path, at: datetime) -> Edition:
    """The version that is published in this folder, verified."""
    if not (folder / ROOT).is_file():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "no directory was founded here", found=str(folder), do="comity directory found"
        )
    published, old = folder / PUBLISHED, folder / f"{PUBLISHED}.old"
    if not published.exists() and old.exists():
        old.rename(published)  # a publication broke off between its two renames
    files, root = read_folder(published), (folder / ROOT).read_bytes()
    directory = verify_directory(files, root=root, at=at, allow_expired=True)
    names = [f"metadata/{number}.root.json" for number in range(1, directory.metadata.root + 1)]
    roots = tuple(files[name] for name in names)
    return Edition(directory.version, files, roots, dict(directory.authorities))


def anchor_of(edition: Edition, witnesses: Sequence[AuthorityId], threshold: int, at: datetime) -> TrustAnchor:
    """The directory's first root, and these authorities (all, when none is named) as witnesses with their present keys."""
    pinned = []
    for name in witnesses or sorted(edition.entries):
        entry = edition.entries.get(name)
        if entry is None:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "the directory lists no such authority", found=name)
        valid = [key for key in entry.witness_keys if key.covers(at)]
        if valid:
            public = from_b64url(max(valid, key=lambda key: key.valid_from).public)
            pinned.append(PinnedWitness(witness_key(name, public).name, b64url(public)))
    if not 1 <= threshold <= len(pinned):
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "that many co-signatures can't be asked for",
            found=str(threshold),
            expected=f"1 to {len(pinned)}, the number of witnesses",
        )
    return trust_anchor(edition.root, WitnessPolicy(threshold, tuple(pinned)))


def with_timestamp_roots(anchor: TrustAnchor, pem: Path) -> TrustAnchor:
    """The anchor, naming these roots of time-stamp authorities. Raises `BrokenInputError(MALFORMED)`."""
    try:
        roots = x509.load_pem_x509_certificates(pem.read_bytes())
    except ValueError:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that is no file of certificates", found=str(pem), expected="PEM"
        ) from None
    return replace(anchor, timestamp_authorities=tuple(b64url(each.public_bytes(Encoding.DER)) for each in roots))


def read_entry(path: Path) -> AuthorityEntry:
    """An authority's entry, as `comity node init` wrote it. Raises `BrokenInputError`."""
    if not path.is_file():
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such entry", found=str(path))
    return decode(path.read_bytes(), AuthorityEntry, limit=ENTRY_LIMIT)


def partner_entry(listed: Mapping[str, object]) -> bytes:
    """The entry of an authority without a node, as the file to publish. Raises `BrokenInputError(MALFORMED)`."""
    try:
        entry = msgspec.convert(listed, AuthorityEntry)
        ZoneInfo(entry.time_zone)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that can't be listed", found=str(error), do="correct the options and try again"
        ) from None
    return msgspec.json.format(encode(entry), indent=2) + b"\n"


def _seeds_file(folder: Path, edition: Edition) -> Path:
    return folder / KEYS / f"directory-seeds-{len(edition.roots)}.json"


def _seeds(folder: Path, edition: Edition) -> FoundingSeeds:
    """The keys of the edition's newest root, and those it vouches for."""
    return decode(read_private(_seeds_file(folder, edition), limit=_SEEDS_LIMIT), FoundingSeeds, limit=_SEEDS_LIMIT)


def _keep(folder: Path, edition: Edition, seeds: FoundingSeeds) -> None:
    replace_private(_seeds_file(folder, edition), encode(seeds))


def _new_seeds(countries: Mapping[str, bytes]) -> FoundingSeeds:
    return FoundingSeeds(
        root=tuple(_seed() for _ in range(3)),
        threshold=2,
        targets=_seed(),
        snapshot=_seed(),
        timestamp=_seed(),
        countries=countries,
    )


def _seed() -> bytes:
    return secrets.token_bytes(_SEED_BYTES)


def _countries(known: Mapping[str, bytes], entries: Sequence[AuthorityEntry]) -> dict[str, bytes]:
    """A seed for each country, new ones for those that come in."""
    return {**{entry.country.lower(): _seed() for entry in entries}, **known}


def _publish(folder: Path, edition: Edition) -> None:
    """The published folder holds exactly this version: made beside it, then put in its place."""
    published, new, old = (folder / f"{PUBLISHED}{ending}" for ending in ("", ".new", ".old"))
    shutil.rmtree(new, ignore_errors=True)
    for name, content in edition.files.items():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_bytes(content)
    if published.exists():
        shutil.rmtree(old, ignore_errors=True)
        published.rename(old)
    new.rename(published)
    sync_folder(folder)
    shutil.rmtree(old, ignore_errors=True)


def _refuse_dropped_keys(old: AuthorityEntry | None, new: AuthorityEntry) -> None:
    if old is not None:
        dropped = _keys(old) - _keys(new)
        if dropped:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                f"the new entry of {new.id} leaves out keys that are listed",
                found=f"{len(dropped)} keys missing",
                expected="every key ever listed; one that is no longer used has a valid_until",
                do="add them to the entry",
            )


def _keys(entry: AuthorityEntry) -> set[str]:
    keys = (*entry.ledger_keys, *entry.witness_keys, *entry.agreement_keys)
    passkeys = (one.public_key for officer in entry.officers for one in officer.credentials)
    return {key.public for key in keys} | {one.der for one in entry.seal_certificates} | set(passkeys)
