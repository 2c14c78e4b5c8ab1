"""Backups of a node in a folder: copied while the node works, verified before anything is put back.

Order. Objects, then the database, then the objects that came meanwhile: so every object that a row in the copy refers to
is in the backup, also one that was destroyed in between. Each file is synced, the manifest last; then the backup gets its
name. A crash leaves a folder whose name begins with a dot, which the next backup removes.

Objects are kept by content, once for all backups in the place: on the same file system as links to the node's own files,
which are never written again, elsewhere as copies. Every object that is new to the place is hashed on the way in.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from comity.acts.matters import StoredObject
from comity.adapters.backup_format import (
    DATABASE,
    LEFT_OUT,
    MANIFEST,
    MANIFEST_LIMIT,
    OBJECTS,
    WORDS,
    BackedFile,
    BackupManifest,
    in_words,
    name_of,
    read_manifest,
    write_manifest,
)
from comity.adapters.law_files import LAW_VERSIONS, OWN_LAW
from comity.adapters.private_files import open_folder, read_private, sync_folder, write_new
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId, Digest

_BLOCK = 1 << 20
_DIGITS = 64
_UNLINKABLE = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})
SETTINGS, STORE = "node.toml", Path("evidence", "objects")
TREES = ("directory", OWN_LAW, LAW_VERSIONS)
"""Folders of a node that are copied file by file."""


class BackupFolder:
    """A place for backups of one node. One backup or restore at a time."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._pool = place / "objects"
        self._backups = place / "backups"

    def names(self) -> list[str]:
        """The whole backups here, oldest first."""
        if not self._backups.is_dir():
            return []
        return sorted(path.name for path in self._backups.iterdir() if not path.name.startswith("."))

    def take(
        self, node: Path, authority: AuthorityId, *, at: datetime, entries: int, dump: Callable[[Path], None]
    ) -> BackupManifest:
        """A backup of the node in that folder; complete, verified on the way and durable when this returns.

        1. Objects. 2. The database, by `dump`. 3. Objects that came meanwhile. 4. Settings, directory versions and the law.
        5. The manifest; then the backup gets its name.

        Raises `BrokenInputError`: store-damaged for an object that is not what its name says, store-full.
        """
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._pool, self._backups):
            open_folder(folder)
        for left in self._backups.glob(".*"):
            shutil.rmtree(left)
        new = open_folder(self._backups / f".{name_of(at)}")
        try:
            # 1.
            self._collect(node)
            # 2.
            dump(new / DATABASE)
            # 3.
            objects = self._collect(node)
            _write_objects(new / OBJECTS, objects)
            # 4.
            _copy_private(node / SETTINGS, new / SETTINGS)
            for tree in TREES:
                copy_tree(node / tree, new / tree)
            # 5.
            files = tuple(_described(new, path) for path in _files(new))
            manifest = BackupManifest(
                1, authority, at, entries, files, len(objects), sum(objects.values()), left_out=LEFT_OUT
            )
            write_new(new / WORDS, in_words(manifest).encode())
            write_new(new / MANIFEST, write_manifest(manifest))
        except OSError as error:
            raise _failed(error) from error
        sync_tree(new)
        new.rename(self._backups / name_of(at))
        sync_folder(self._backups)
        return manifest

    def verify(self, name: str) -> BackupManifest:
        """The backup, every byte of which is what its manifest says; raises `BrokenInputError` otherwise.

        1. The manifest reads. 2. The files are exactly those it lists, each with its size and hash. 3. Every object it
        needs is here, with its size, and hashes to its name.
        """
        folder = self._backups / name
        # 1.
        manifest = read_manifest(read_private(folder / MANIFEST, limit=MANIFEST_LIMIT))
        # 2.
        listed = {file.path: file for file in manifest.files}
        found = {str(path.relative_to(folder)) for path in _files(folder)} - {MANIFEST, WORDS}
        if found != set(listed):
            odd = sorted(found.symmetric_difference(listed))
            raise _damaged("the backup has other files than its manifest lists", found=", ".join(odd[:5]))
        for path, file in listed.items():
            if _described(folder, folder / path) != file:
                raise _damaged("a file of the backup is not what its manifest says", found=path)
        # 3.
        count = 0
        for stored in _read_objects(folder / OBJECTS):
            count += 1
            self._verify_object(stored)
        if count != manifest.objects:
            raise _damaged("the backup lists another number of objects than its manifest", found=str(count))
        return manifest

    def manifest_digest(self, name: str) -> Digest:
        """SHA-256 of the backup's manifest: noted elsewhere, it tells this backup from one made to look like it."""
        return _hash(self._backups / name / MANIFEST)

    def file(self, name: str, path: str) -> Path:
        """One file of a backup."""
        return self._backups / name / path

    def objects(self, name: str) -> Iterator[tuple[StoredObject, Path]]:
        """Every object the backup needs, and where it lies here."""
        for stored in _read_objects(self._backups / name / OBJECTS):
            yield stored, self._path(stored.digest)

    def _path(self, digest: Digest) -> Path:
        return self._pool / digest[:2] / digest

    def _collect(self, node: Path) -> dict[Digest, int]:
        """Takes every object of the node that is not here yet; all of the node's objects with their sizes."""
        objects: dict[Digest, int] = {}
        for path in sorted((node / STORE).glob("*/*")):
            digest = path.name
            if len(digest) == _DIGITS and not path.is_symlink():
                kept = self._path(digest)
                try:
                    if not kept.exists():
                        self._add(path, kept)
                except FileNotFoundError:
                    continue  # destroyed by the node since it was listed
                objects[digest] = kept.stat().st_size
        return objects

    def _add(self, path: Path, kept: Path) -> None:
        open_folder(kept.parent)
        new = kept.with_name(f".{kept.name}")
        new.unlink(missing_ok=True)
        _link_or_copy(path, new)
        if _hash(new) != kept.name:
            new.unlink()
            raise _damaged("an object of the node's evidence store is not what its name says", found=kept.name)
        new.rename(kept)
        sync_folder(kept.parent)

    def _verify_object(self, stored: StoredObject) -> None:
        path = self._path(stored.digest)
        if not path.is_file():
            raise _damaged("an object of the backup is missing", found=stored.digest)
        if path.stat().st_size != stored.size or _hash(path) != stored.digest:
            raise _damaged("an object of the backup is not what its name says", found=stored.digest)


def _damaged(what: str, *, found: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.STORE_DAMAGED, what, found=found, do="use another backup, or mend the medium")


def _failed(error: OSError) -> BrokenInputError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return BrokenInputError(
        ErrorCode.STORE_FULL if full else ErrorCode.UNAVAILABLE,
        "there is no space left for the backup" if full else "the backup cannot be written",
        found=errno.errorcode.get(error.errno or 0, "unknown"),
        do="make room and take it again: earlier backups are whole",
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink())


def _described(folder: Path, path: Path) -> BackedFile:
    if path.is_symlink():
        raise _damaged("a backup holds a link", found=path.name)
    return BackedFile(str(path.relative_to(folder)), path.stat().st_size, _hash(path))


def _hash(path: Path) -> Digest:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _UNLINKABLE:
            raise
        _copy_private(source, target)


def _copy_private(source: Path, target: Path) -> None:
    """A copy of mode 0600, synced."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as read, os.fdopen(handle, "wb") as write:
        shutil.copyfileobj(read, write, _BLOCK)
        write.flush()
        os.fsync(write.fileno())


def copy_tree(source: Path, target: Path) -> None:
    """Every file below the source, of mode 0600 and synced, below the target; links and what is being made are left out.

    What is being made has a name that begins with a dot, here or further up.
    """
    open_folder(target)
    for path in _files(source):
        within = path.relative_to(source)
        if path.is_symlink() or any(part.startswith(".") for part in within.parts):
            continue
        place = target / within
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy_private(path, place)


def sync_tree(folder: Path) -> None:
    """Names made in the folder and below it are durable when this returns."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir():
            sync_folder(path)


def _write_objects(path: Path, objects: dict[Digest, int]) -> None:
    write_new(path, "".join(f"{digest} {size}\n" for digest, size in sorted(objects.items())).encode())


def _read_objects(path: Path) -> Iterator[StoredObject]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            digest, _, size = line.rstrip("\n").partition(" ")
            if len(digest) != _DIGITS or not size.isdigit():
                raise _damaged("the backup's list of objects cannot be read", found=path.name)
            yield StoredObject(digest, int(size))
