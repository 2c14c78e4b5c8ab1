"""Check 3: every directory version the acts name leads to the root the reader pinned, and was current when it was used.

Without an anchor the versions are judged by the first root in the dossier itself. That shows whether the dossier agrees
with itself and nothing more: whoever forges a whole federation forges its root too.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from comity.acts.bodies import KeyRotated
from comity.acts.seal_format import SEALED_LIMIT
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import ActOnFile
from comity.evidence.dossier.read import Dossier
from comity.evidence.dossier.words import told
from comity.trust.anchors import TrustAnchor
from comity.trust.directory import Directory
from comity.trust.directory_tuf import METADATA_LIMIT, verify_directory
from comity.trust.seals import OpenedSeal, read_sealed, verify_seals
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NUMBER, NAME = 3, "directory"


class Registers(Struct, frozen=True):
    """The directory versions that verified, each with the rotations by act that it vouches for."""

    versions: Mapping[int, Directory]

    def of(self, version: int) -> Directory:
        """The version an act names; raises `BrokenInputError` (DIRECTORY_UNKNOWN)."""
        found = self.versions.get(version)
        if found is None:
            raise BrokenInputError(
                ErrorCode.DIRECTORY_UNKNOWN,
                "the directory version it names is not in the dossier, or does not verify",
                found=f"version {version}",
            )
        return found

    @property
    def newest(self) -> Directory | None:
        """The last version: it lists every key there ever was, with its validity."""
        return self.versions[max(self.versions)] if self.versions else None


def check_directory(
    dossier: Dossier, anchor: TrustAnchor | None, acts: Sequence[ActOnFile], at: datetime
) -> tuple[Registers, Check]:
    """The directory versions to judge by, and check 3. `at` is the instant of the export.

    Steps:
        1. The reader pinned a root.
        2. Every version leads to that root, is the version its folder says, and none falls behind the one before.
        3. Every version an act names is there.
        4. None had expired when an act that names it was sealed.
        5. Every act that replaced a key verifies by some version, and counts in those.
    """
    examination = Examination(NUMBER, NAME)
    files = _files(dossier, examination)
    # 1. and 2.
    versions = _versions(files, anchor, at, examination)
    # 3. and 4.
    _check_use(versions, acts, examination)
    # 5.
    rotated = _rotate(versions, _rotations(dossier, examination), examination)
    return Registers(rotated), examination.close(
        "Every version of the directory that was used leads to the root you pinned, and was in force when it was used."
    )


def _files(dossier: Dossier, examination: Examination) -> dict[int, dict[str, bytes]]:
    """The files of each version, by their TUF paths."""
    folders = {layout.directory_folder(version): version for version in sorted(dossier.header.directories)}
    files: dict[int, dict[str, bytes]] = {version: {} for version in folders.values()}
    for path in dossier.paths():
        if path.startswith(layout.DIRECTORIES):
            folder = "/".join(path.split("/", 3)[:3]) + "/"
            try:
                data = dossier.read(path, limit=METADATA_LIMIT)
            except BrokenInputError as error:
                examination.fault(error.what, file=path, found=error.found, expected=error.expected)
                continue
            if folder in folders:
                files[folders[folder]][path.removeprefix(folder)] = data
    return files


def _versions(
    files: Mapping[int, Mapping[str, bytes]], anchor: TrustAnchor | None, at: datetime, examination: Examination
) -> dict[int, Directory]:
    own = _own_root(files)
    digest = hashlib.sha256(own).hexdigest()
    if anchor is None:
        examination.doubt(
            f"the directory's root {digest[:16]}… is not pinned: the dossier agrees with itself, and nobody you trust "
            "has said that these parties are who they claim to be",
            found=f"root {digest}",
            do="get trust.json from someone you trust, not from whoever gave you the dossier, and pass it with --trust",
        )
        return _verified(files, own, at, examination)
    trial = Examination(NUMBER, NAME)
    versions = _verified(files, anchor.root_bytes, at, trial)
    if trial.holds:
        return versions
    if versions or any(anchor.root_bytes in listed.values() for listed in files.values()):
        return _verified(files, anchor.root_bytes, at, examination)
    examination.fault(
        "the directory is not the one you pinned: it is another federation's, or a forged one",
        file=_first_root(files),
        found=f"root {digest}",
        expected=f"root {hashlib.sha256(anchor.root_bytes).hexdigest()}, or one that follows from it",
        do="do not rely on this dossier; what the other checks say holds among these strangers only",
    )
    # The other checks then say what the dossier claims; nothing they find can mend this one.
    return _verified(files, own, at, Examination(NUMBER, NAME))


def _verified(
    files: Mapping[int, Mapping[str, bytes]], root: bytes, at: datetime, examination: Examination
) -> dict[int, Directory]:
    versions: dict[int, Directory] = {}
    before: Directory | None = None
    for number, version_files in files.items():
        folder = layout.directory_folder(number)
        try:
            found = verify_directory(version_files, root=root, at=at, allow_expired=True, replaces=before)
        except BrokenInputError as error:
            examination.fault(
                f"directory version {number} does not verify: {error.what}",
                file=folder,
                found=error.found,
                expected=error.expected,
            )
            continue
        if found.version != number:
            examination.fault(
                "a directory version is not the one its folder says", file=folder, found=str(found.version)
            )
            continue
        versions[number] = before = found
    return versions


def _first_root(files: Mapping[int, Mapping[str, bytes]]) -> str:
    for version, listed in files.items():
        roots = sorted(
            (int(number), name)
            for name in listed
            if (number := name.removeprefix("metadata/").removesuffix(".root.json")).isdecimal() and number.isascii()
        )
        if roots:
            return layout.directory_folder(version) + roots[0][1]
    return ""


def _own_root(files: Mapping[int, Mapping[str, bytes]]) -> bytes:
    """The oldest root in the dossier; empty where there is none, and then nothing verifies."""
    path = _first_root(files)
    for version, listed in files.items():
        folder = layout.directory_folder(version)
        if path.startswith(folder):
            return listed[path.removeprefix(folder)]
    return b""


def _check_use(versions: Mapping[int, Directory], acts: Sequence[ActOnFile], examination: Examination) -> None:
    for act in acts:
        version = versions.get(act.payload.directory)
        if version is None:
            examination.doubt(
                "an act names a directory version that is not in the dossier",
                file=layout.act_path(act.id),
                found=f"version {act.payload.directory}",
                expected=f"one of {', '.join(map(str, versions)) or 'none'}",
            )
        elif act.sealed_at > version.metadata.expires:
            examination.doubt(
                "an act was sealed under a directory version that had expired: keys may have been withdrawn by then",
                file=layout.act_path(act.id),
                found=f"sealed at {told(act.sealed_at)}",
                expected=f"by {told(version.metadata.expires)}",
            )


def _rotations(dossier: Dossier, examination: Examination) -> list[OpenedSeal]:
    """The acts that replaced keys, in the order they were sealed: each is sealed with a key the one before left valid."""
    opened = []
    for name in dossier.header.rotations:
        path = layout.rotation_path(name)
        try:
            act = read_sealed(dossier.read(path, limit=SEALED_LIMIT))
        except BrokenInputError as error:
            examination.fault(f"an act that replaced a key cannot be read: {error.what}", file=path, found=error.found)
            continue
        if act.id != name or not isinstance(act.payload.body, KeyRotated):
            examination.fault("an act that replaced a key is another act", file=path, found=act.id, expected=name)
            continue
        opened.append(act)
    return sorted(opened, key=lambda act: act.sealed_at)


def _rotate(
    versions: Mapping[int, Directory], rotations: Iterable[OpenedSeal], examination: Examination
) -> dict[int, Directory]:
    """Each version with the rotations that it vouches for: one by a key that it has withdrawn since does not count there."""
    rotated = dict(versions)
    for act in rotations:
        refused: BrokenInputError | None = None
        counted = False
        for number, directory in rotated.items():
            try:
                rotated[number] = _with_rotation(directory, act)
                counted = True
            except BrokenInputError as error:
                refused = error
        if not counted and refused is not None:
            examination.fault(
                f"an act that replaced a key does not verify: {refused.what}",
                file=layout.rotation_path(act.id),
                found=refused.found,
                expected=refused.expected,
            )
        if counted and isinstance(act.payload.body, KeyRotated):
            body = act.payload.body
            examination.remark(
                f"{act.payload.issuer} replaced its {body.key} key from {told(body.valid_from)} on",
                file=layout.rotation_path(act.id),
            )
    return rotated


def _with_rotation(directory: Directory, act: OpenedSeal) -> Directory:
    verify_seals(act, directory, at=act.sealed_at)
    body = act.payload.body
    if not isinstance(body, KeyRotated):
        return directory
    return directory.with_rotation(act.payload.issuer, body, act.id, act.sealed_at)
