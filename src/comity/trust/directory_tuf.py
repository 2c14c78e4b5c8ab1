"""The directory as TUF metadata: one root with a threshold, one delegation per country, one target file per authority.

Layout, as a TUF client with consistent snapshots reads it (TUF specification 1.0 section 6):

    metadata/1.root.json, metadata/2.root.json, ...   the chain of roots
    metadata/timestamp.json                            names the snapshot
    metadata/7.snapshot.json                           names every other metadata file; its version is the directory's
    metadata/3.targets.json                            delegates `pt/*` to the role `pt`, and so on; `eu` for the Union
    metadata/2.pt.json                                 what the country lists, under the country's own keys
    targets/pt/<sha256>.pt.json                        one authority

Everything is judged as of an instant that is passed in, so an old version can be judged as it was. Beyond TUF, each
file must be exactly the bytes that python-tuf writes for its content, carry no signature but valid ones of keys that
count, and be needed: TUF itself would let a space, an upper-case hexadecimal digit or a foreign signature pass, and then a
dossier could be altered without anybody noticing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from securesystemslib.exceptions import UnverifiedSignatureError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # its public API, re-exported without __all__
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from comity.trust.directory import Directory, DirectoryVersion, IndexedAuthority
from comity.trust.directory_format import ENTRY_LIMIT, AuthorityEntry
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import decode, tagged_hash

METADATA_LIMIT = 8 << 20
"""Bytes of one metadata file."""

MOST_FILES = 20_000

_T = TypeVar("_T", Root, Timestamp, Snapshot, Targets)
_FORMS = (JSONSerializer(compact=True), JSONSerializer(compact=False))


def verify_directory(
    files: Mapping[str, bytes],
    *,
    root: bytes,
    at: datetime,
    allow_expired: bool = False,
    replaces: Directory | None = None,
) -> Directory:
    """The directory version in these files, when the pinned root vouches for all of it.

    `root` is the root.json the reader trusts; `at` the instant expiry is judged by (`allow_expired` skips that: then
    `metadata.expires` says since when it was stale); `replaces` the version in use, below which nothing may fall.

    Steps (TUF specification section 5):
        1. The roots follow each other from the pinned one, each signed by its own threshold and its predecessor's (5.3).
        2. The timestamp is signed by the last root's keys (5.4) and names one snapshot.
        3. The snapshot has the length, hash and version the timestamp names, and is signed (5.5).
        4. The top-level targets have what the snapshot names, are signed (5.6), list no file and delegate `xx/*` to `xx`.
        5. Each country's targets have what the snapshot names, and are signed by the delegation's keys (5.6.7).
        6. Each authority's file has the length and hash its country names, decodes strictly, and is the authority of that
           country and name; no authority is listed by two countries.
        7. Nothing has expired at `at`.
        8. No file is left over.
        9. No part is older than in the version it replaces, and the same version has the same digest (5.4.3, 5.5.5).

    Raises `BrokenInputError`: BAD_DIRECTORY, DIRECTORY_EXPIRED (7), FORK (9: two versions with one number).
    """
    if len(files) > MOST_FILES:
        raise _bad("the directory has too many files", str(len(files)), f"at most {MOST_FILES}")
    reader = _Reader(files)
    try:
        # 1.
        last_root = reader.roots(root)
        # 2.
        timestamp = reader.timestamp(last_root)
        # 3.
        snapshot, snapshot_bytes = reader.snapshot(last_root, timestamp)
        # 4. to 6.
        authorities = reader.authorities(last_root, snapshot)
        version = reader.version(last_root, timestamp, snapshot, snapshot_bytes)
        directory = Directory(version, authorities)
    except (RepositoryError, DeserializationError, UnverifiedSignatureError, ValueError) as error:
        # python-tuf names roles, versions and keys in its messages, nothing of what the files say.
        raise _bad(f"a directory file does not verify: {reader.reading}", str(error), "valid metadata") from None
    # 7.
    if not allow_expired:
        _check_expiry(version, at)
    # 8.
    reader.nothing_left_over()
    # 9.
    if replaces is not None:
        _check_rollback(replaces.metadata, version)
    return directory


class _Reader:
    """Reads the files of one version in TUF's order; keeps which were used, and the earliest expiry met."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._used: set[str] = set()
        self.reading = "none"
        self.expires = datetime.max.replace(tzinfo=UTC)

    def roots(self, pinned: bytes) -> Root:
        """Step 1: the last root of the chain that contains the pinned one."""
        self.reading = "the pinned root"
        anchor: Metadata[Root] = _parse(pinned, Root)
        chain = self._root_files()
        if not chain or min(chain) == anchor.signed.version + 1:
            chain[anchor.signed.version] = pinned
        if chain.get(anchor.signed.version) != pinned:
            raise _bad("the directory is another federation's", "another root", "the pinned root")
        last: Root | None = None
        for number in range(min(chain), max(chain) + 1):
            self.reading = f"metadata/{number}.root.json"
            if number not in chain:
                raise _bad("a root is missing", self.reading, "every root since the pinned one")
            last = _next_root(chain[number], last, number=number, pinned=chain[number] == pinned)
        if last is None:
            raise _bad("the directory has no root", "", "metadata/1.root.json")
        self._note_expiry(last)
        return last

    def timestamp(self, root: Root) -> Timestamp:
        """Step 2."""
        metadata = _parse(self._take("metadata/timestamp.json", METADATA_LIMIT), Timestamp)
        self._verify(metadata, root, Timestamp.type)
        return metadata.signed

    def snapshot(self, root: Root, timestamp: Timestamp) -> tuple[Snapshot, bytes]:
        """Step 3."""
        metadata, data = self._listed(timestamp.snapshot_meta, Snapshot, Snapshot.type)
        self._verify(metadata, root, Snapshot.type)
        return metadata.signed, data

    def authorities(self, root: Root, snapshot: Snapshot) -> dict[AuthorityId, IndexedAuthority]:
        """Steps 4 to 6."""
        # 4.
        metadata, _ = self._listed(_meta(snapshot, Targets.type), Targets, Targets.type)
        self._verify(metadata, root, Targets.type)
        top = metadata.signed
        countries = _countries(top)
        if set(snapshot.meta) != {f"{name}.json" for name in (Targets.type, *countries)}:
            raise _bad("the snapshot lists other metadata than are delegated", "", "targets and one role per country")
        authorities: dict[AuthorityId, IndexedAuthority] = {}
        for country in countries:
            # 5.
            delegated, _ = self._listed(_meta(snapshot, country), Targets, country)
            self._verify(delegated, top, country)
            if delegated.signed.delegations is not None:
                raise _bad("a country delegates further", country, "no further delegation")
            # 6.
            for path, target in sorted(delegated.signed.targets.items()):
                authority = self._authority(country, path, target)
                if authority.entry.id in authorities:
                    raise _bad("an authority is listed twice", path, "names that are unique in the federation")
                authorities[authority.entry.id] = authority
        return authorities

    def version(self, root: Root, timestamp: Timestamp, snapshot: Snapshot, snapshot_bytes: bytes) -> DirectoryVersion:
        """What was read, as the next version will have to follow it."""
        return DirectoryVersion(
            number=snapshot.version,
            digest=tagged_hash("comity-directory-v1", snapshot_bytes).hex(),
            expires=self.expires,
            root=root.version,
            timestamp=timestamp.version,
            roles={name.removesuffix(".json"): meta.version for name, meta in snapshot.meta.items()},
        )

    def nothing_left_over(self) -> None:
        """Step 8."""
        surplus = sorted(set(self._files) - self._used)
        if surplus:
            raise _bad("a file is not part of this directory version", surplus[0], "the version's files only")

    def _root_files(self) -> dict[int, bytes]:
        chain = {}
        for name in self._files:
            number = name.removeprefix("metadata/").removesuffix(".root.json")
            if name == f"metadata/{number}.root.json" and number.isascii() and number.isdecimal():
                chain[int(number)] = self._take(name, METADATA_LIMIT)
        return chain

    def _authority(self, country: str, path: str, target: TargetFile) -> IndexedAuthority:
        authority = path.removeprefix(f"{country}/").removesuffix(".json")
        if path != f"{country}/{authority}.json" or "/" in authority:
            raise _bad("a country lists what is not its own", path, f"{country}/<authority>.json")
        data = self._take(f"targets/{country}/{_sha256(target)}.{authority}.json", ENTRY_LIMIT)
        target.verify_length_and_hashes(data)
        try:
            indexed = IndexedAuthority(decode(data, AuthorityEntry, limit=ENTRY_LIMIT))
        except BrokenInputError as error:
            raise _bad(f"{path}: {error.what}", error.found, error.expected) from None
        entry = indexed.entry
        if entry.id != authority or entry.country.lower() != country:
            raise _bad("an authority's file names another", f"{entry.country} {entry.id}", path)
        return indexed

    def _listed(self, meta: MetaFile, shape: type[_T], role: str) -> tuple[Metadata[_T], bytes]:
        """The metadata file with exactly the length, hash and version that were named for it."""
        data = self._take(f"metadata/{meta.version}.{role}.json", METADATA_LIMIT)
        _sha256(meta)
        meta.verify_length_and_hashes(data)
        metadata = _parse(data, shape)
        if metadata.signed.version != meta.version:
            raise _bad("a metadata file has another version", str(metadata.signed.version), str(meta.version))
        return metadata, data

    def _verify(self, metadata: Metadata[_T], delegator: Root | Targets, role: str) -> None:
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        _only_valid_signatures(metadata, _keys(delegator, role))
        self._note_expiry(metadata.signed)

    def _note_expiry(self, signed: Signed) -> None:
        self.expires = min(self.expires, signed.expires)

    def _take(self, name: str, limit: int) -> bytes:
        self.reading = name
        data = self._files.get(name)
        if data is None:
            raise _bad("a directory file is missing", name, "every file the directory names")
        if len(data) > limit:
            raise BrokenInputError(ErrorCode.OVERSIZED, f"a directory file is too large: {name}", found=f"{len(data)}")
        self._used.add(name)
        return data


def _next_root(data: bytes, previous: Root | None, *, number: int, pinned: bool) -> Root:
    metadata = _parse(data, Root)
    root = metadata.signed
    if root.version != number:
        raise _bad("a root has another version than its name", str(root.version), str(number))
    if not root.get_root_verification_result(previous, metadata.signed_bytes, metadata.signatures):
        raise _bad("a root is not signed by its threshold and its predecessor's", f"root {number}", "both thresholds")
    keys = _keys(root, Root.type) | (_keys(previous, Root.type) if previous else {})
    if not pinned:
        _only_valid_signatures(metadata, keys)
    return root


def _parse(data: bytes, shape: type[_T]) -> Metadata[_T]:
    metadata: Metadata[_T] = Metadata[_T].from_bytes(data)
    if metadata.signed.type != shape.type:
        raise _bad("a metadata file is of another type", metadata.signed.type, shape.type)
    if all(form.serialize(metadata) != data for form in _FORMS):
        raise _bad("a metadata file was written anew, in another encoding", "", "the bytes that python-tuf writes")
    return metadata


def _only_valid_signatures(metadata: Metadata[_T], keys: Mapping[str, Key]) -> None:
    """TUF counts the good signatures and skips the rest; here the rest is refused, and each has one spelling."""
    payload = metadata.signed_bytes
    surplus = metadata.unrecognized_fields or set(metadata.signatures) - set(keys)
    for keyid, signature in metadata.signatures.items():
        if surplus or signature.unrecognized_fields or signature.signature != signature.signature.lower():
            raise _bad("a metadata file carries a foreign signature or field", keyid, "signatures of its own keys")
        keys[keyid].verify_signature(signature, payload)


def _keys(delegator: Root | Targets, role: str) -> dict[str, Key]:
    return {keyid: delegator.get_key(keyid) for keyid in delegator.get_delegated_role(role).keyids}


def _countries(top: Targets) -> list[str]:
    """The delegated roles of the top-level targets, when all of them have the one form there is."""
    delegations: Delegations | None = top.delegations
    roles = delegations.roles if delegations is not None else None
    if top.targets or roles is None:
        raise _bad("the top-level targets list files or delegate nothing", "", "one delegation per country")
    for name, role in roles.items():
        is_country = len(name) == 2 and name.isascii() and name.isalpha() and name.islower()  # noqa: PLR2004 - ISO 3166
        if not is_country or role.paths != [f"{name}/*"] or not role.terminating:
            raise _bad("a delegation is not to one country for its own files", name, "xx for xx/*, terminating")
    return sorted(roles)


def _meta(snapshot: Snapshot, role: str) -> MetaFile:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise _bad("the snapshot does not list a metadata file", role, "every role")
    return meta


def _sha256(file: MetaFile | TargetFile) -> str:
    """TUF lets a snapshot leave hashes out; then a directory version would not be bound to its content."""
    digest = (file.hashes or {}).get("sha256")
    if digest is None or file.length is None:
        raise _bad("a file is listed without its length and SHA-256", "", "length and sha256")
    return digest


def _check_expiry(version: DirectoryVersion, at: datetime) -> None:
    """Step 7."""
    if at >= version.expires:
        raise BrokenInputError(
            ErrorCode.DIRECTORY_EXPIRED,
            "the directory version had expired",
            found=at.isoformat(),
            expected=f"before {version.expires.isoformat()}",
            do="fetch the directory's current version",
        )


def _check_rollback(old: DirectoryVersion, new: DirectoryVersion) -> None:
    """Step 9."""
    if new.number == old.number and new.digest != old.digest:
        raise BrokenInputError(
            ErrorCode.FORK, "two directories have the same version", found=new.digest, expected=old.digest
        )
    before = {"root": old.root, "timestamp": old.timestamp, "snapshot": old.number, **old.roles}
    after = {"root": new.root, "timestamp": new.timestamp, "snapshot": new.number, **new.roles}
    for role, version in before.items():
        if after.get(role, 0) < version:
            raise _bad(
                "the directory is older than the one in use", f"{role} {after.get(role, 0)}", f"from {version} on"
            )


def _bad(what: str, found: str, expected: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.BAD_DIRECTORY, what, found=found[:200], expected=expected)
