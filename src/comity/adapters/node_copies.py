"""A node's backups and restores: what is copied and put back, and what never is (`comity.adapters.backup_format`)."""

import shutil
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from comity.adapters.backup_folder import SETTINGS, TREES, BackupFolder, copy_tree, sync_tree
from comity.adapters.backup_format import DATABASE, BackupManifest, in_words, name_of
from comity.adapters.law_files import OWN_LAW
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.postgres.database_copies import dump_database, restore_database
from comity.adapters.private_files import replace_private, sync_folder
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId, Digest

_BLOCK = 1 << 20
CASE_KEYS = "case-keys"


class Restored(Struct, frozen=True):
    """What was put back; `objects` are those that the node's store lacked."""

    manifest: BackupManifest
    objects: int


class BackedUp(Struct, frozen=True):
    """A new backup: its name in its place, its manifest in words, and the SHA-256 of the manifest."""

    name: str
    words: str
    manifest_digest: Digest


class NodeCopies:
    """One node's copies. Its keys and its case keys are neither read nor written here."""

    def __init__(self, folder: Path, keys_folder: Path, authority: AuthorityId, database_url: str) -> None:
        self._folder = folder
        self._keys = keys_folder
        self._authority = authority
        self._url = database_url

    def back_up(self, place: Path, *, at: datetime, entries: int) -> BackedUp:
        """A backup in that place, durable when this returns; the node may work meanwhile.

        Raises `BrokenInputError`: not-allowed when the place is in the node's folder or keys would be copied; and what
        `BackupFolder.take` raises.
        """
        node, backups = self._folder.resolve(), place.resolve()
        if backups.is_relative_to(node) or any(
            keys.resolve().is_relative_to(node / tree) for keys in (self._keys, node / CASE_KEYS) for tree in TREES
        ):
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "a backup lies outside the node's folder, and keys are not among what it copies",
                found=str(place),
            )
        folder, name = BackupFolder(backups), name_of(at)
        manifest = folder.take(
            node, self._authority, at=at, entries=entries, dump=lambda to: dump_database(self._url, to)
        )
        return BackedUp(name, in_words(manifest), folder.manifest_digest(name))

    def restore(self, place: Path, name: str | None = None) -> Restored:
        """The database and the evidence are as the backup has them. No process of the node may run.

        1. Every byte of the backup is verified. 2. It is this authority's, and the keys are here. 3. Objects that are
        missing are put back, then versions of the directory and of the law. 4. The database is replaced as a whole.

        Done again after a crash it comes to the same. Objects and versions that came after the backup stay.
        """
        backup = BackupFolder(place.resolve())
        name = name or newest(backup)
        # 1.
        manifest = backup.verify(name)
        # 2.
        self._require_own(manifest)
        # 3.
        count = self._put_objects_back(backup, name)
        self._put_versions_back(backup, name, manifest)
        self._put_own_law_back(backup.file(name, OWN_LAW))
        # 4.
        restore_database(self._url, backup.file(name, DATABASE))
        return Restored(manifest, count)

    def _require_own(self, manifest: BackupManifest) -> None:
        if manifest.authority != self._authority:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "this is another authority's backup",
                found=manifest.authority,
                expected=self._authority,
            )
        for keys in (self._keys, self._folder / CASE_KEYS):
            if not keys.is_dir():
                raise BrokenInputError(
                    ErrorCode.NOT_FOUND,
                    "the node's keys are not here; they are in no backup",
                    expected=str(keys),
                    do="bring back the keys folder and the case keys from where they are kept, then restore again",
                )

    def _put_objects_back(self, backup: BackupFolder, name: str) -> int:
        store = LocalEvidenceStore(self._folder / "evidence")
        count = 0
        for stored, path in backup.objects(name):
            if store.size(stored.digest) == stored.size:
                continue
            writer = store.begin()
            try:
                with path.open("rb") as source:
                    while block := source.read(_BLOCK):
                        writer.write(block)
                if writer.commit() != stored:
                    raise BrokenInputError(
                        ErrorCode.STORE_DAMAGED, "an object changed while it was put back", found=stored.digest
                    )
            finally:
                writer.abort()
            count += 1
        return count

    def _put_own_law_back(self, kept: Path) -> None:
        """The office's own law, as a whole and where there is none: a file that was taken out since does not come back."""
        here = self._folder / OWN_LAW
        if kept.is_dir() and not here.exists():
            fresh = here.with_name(f".{OWN_LAW}")
            shutil.rmtree(fresh, ignore_errors=True)  # left by a crash: it was never in use
            copy_tree(kept, fresh)
            sync_tree(fresh)
            fresh.rename(here)
            sync_folder(self._folder)

    def _put_versions_back(self, backup: BackupFolder, name: str, manifest: BackupManifest) -> None:
        """Files that are missing; the pinned root and versions that are here stay as they are."""
        trees = {*TREES} - {OWN_LAW}
        for file in manifest.files:
            target = self._folder / file.path
            if file.path.partition("/")[0] in trees and not target.exists():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace_private(target, backup.file(name, file.path).read_bytes())
        for tree in trees:
            if (self._folder / tree).is_dir():
                sync_tree(self._folder / tree)


def newest(backup: BackupFolder) -> str:
    """The newest backup's name. Raises `BrokenInputError(NOT_FOUND)`."""
    names = backup.names()
    if not names:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no backup in that place")
    return names[-1]


def put_settings_back(folder: Path, place: Path, name: str | None = None) -> bool:
    """The backup's settings are in the node's folder, where there were none; whether that was so."""
    if (folder / SETTINGS).exists():
        return False
    backup = BackupFolder(place)
    name = name or newest(backup)
    backup.verify(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(backup.file(name, SETTINGS), folder / SETTINGS)
    (folder / SETTINGS).chmod(0o600)
    return True
