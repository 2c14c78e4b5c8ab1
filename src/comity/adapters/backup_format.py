"""What a backup consists of, and how it says so: to programs in `manifest.json`, to people in `manifest.txt`.

```
<place>/objects/ab/abcd…             encrypted objects by content, shared by all backups in this place
<place>/backups/<name>/manifest.json  every other file of the backup with its SHA-256; written last
<place>/backups/<name>/manifest.txt   the same for people
<place>/backups/<name>/objects.txt    the objects this backup needs: digest and size, sorted
<place>/backups/<name>/database.dump  PostgreSQL custom format
<place>/backups/<name>/node.toml      the settings; no secret is in them
<place>/backups/<name>/directory/…    every directory version the node has used, and the pinned root
<place>/backups/<name>/law/…          the office's own files of the law
<place>/backups/<name>/law-versions/… every version of the law that the node has had in force
```
"""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated

from msgspec import Meta, Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId, Digest
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import decode, encode

MANIFEST, WORDS, OBJECTS, DATABASE = "manifest.json", "manifest.txt", "objects.txt", "database.dump"

MANIFEST_LIMIT = 16 << 20

LEFT_OUT = (
    "the node's own keys (the keys folder): whoever had them could sign and seal in the node's name",
    "the case keys (the folder case-keys): to destroy one is to dispose of its case, and a copy would bring it back",
)
"""What is never in a backup, and why. Both are copied apart, by who may hold them, and brought back before a restore."""


class BackedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup, by its path below the backup's folder."""

    path: str
    size: int
    sha256: Digest


class BackupManifest(Struct, frozen=True, forbid_unknown_fields=True):
    """One backup. `entries` is the size of the ledger shortly before the database was copied.

    `taken_at` is what a certificate of disposal names: a case disposed of later is in this backup, unreadable.
    """

    v: Annotated[int, Meta(ge=1, le=1)]
    authority: AuthorityId
    taken_at: Instant
    entries: int
    files: tuple[BackedFile, ...]
    objects: int
    object_bytes: int
    left_out: tuple[str, ...] = LEFT_OUT


def name_of(taken_at: datetime) -> str:
    """A backup's folder name: its instant, so that names sort by time."""
    return taken_at.strftime("%Y-%m-%dT%H%M%S.%fZ")


def write_manifest(manifest: BackupManifest) -> bytes:
    """The manifest's bytes."""
    return encode(manifest) + b"\n"


def read_manifest(data: bytes) -> BackupManifest:
    """The manifest in these bytes. Raises `BrokenInputError` (malformed) also for a path that leaves the backup."""
    manifest = decode(data, BackupManifest, limit=MANIFEST_LIMIT)
    for file in manifest.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or not path.parts or ".." in path.parts or str(path) != file.path:
            raise BrokenInputError(ErrorCode.MALFORMED, "a backup's manifest names a file outside of it")
    return manifest


def in_words(manifest: BackupManifest) -> str:
    """The manifest as people read it."""
    lines = [
        f"Backup of the Comity node {manifest.authority}, taken {manifest.taken_at.isoformat()}",
        "",
        f"Ledger: {manifest.entries} entries or a few more",
        f"Evidence: {manifest.objects} encrypted objects, {manifest.object_bytes} bytes (objects.txt)",
        "",
        *(f"{file.sha256}  {file.path} ({file.size} bytes)" for file in manifest.files),
        "",
        "NOT in this backup:",
        *(f"- {each}" for each in manifest.left_out),
        "Keep copies of both apart from this backup, and bring them back before a restore.",
        "",
        "A case disposed of after the date above is in here, but nobody can read it once its key was destroyed.",
        "Name this date and place as a copy that cannot be reached when such a case is disposed of.",
    ]
    return "\n".join(lines) + "\n"
