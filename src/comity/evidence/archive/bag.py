"""The bag in a dossier (BagIt 1.0, RFC 8493): what each of its own files must say, byte for byte.

A bag lists the SHA-256 of every file, so that any library, archive or court office can check it with tools it already
has (`sha256sum -c manifest-sha256.txt` is enough). Nothing in it is free: the declaration, the information and both
manifests follow from the files and from the dossier's header, so a bag can be compared instead of parsed.

Everything evidential is payload (`data/`). The export act is the one tag file of ours: it seals the payload manifest, so
it can't be listed in it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from comity.vocabulary.identifiers import AuthorityId, CaseId
from comity.vocabulary.instants import to_utc

BASE = "dossier/"
"""The bag's base directory: the only thing at the top of the archive (RFC 8493 section 4)."""

PAYLOAD = "data/"
DECLARATION = "bagit.txt"
INFORMATION = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"

DECLARATION_BYTES = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""The whole of `bagit.txt` (RFC 8493 section 2.1.1)."""


class BagFacts(Struct, frozen=True):
    """What `bag-info.txt` says. `size` is in bytes and `count` in files, of the payload."""

    authority: AuthorityId
    case: CaseId
    exported_at: datetime
    size: int
    count: int


def information(facts: BagFacts) -> bytes:
    """The whole of `bag-info.txt` (RFC 8493 section 2.2.2)."""
    return (
        f"Source-Organization: {facts.authority}\n"
        f"External-Identifier: {facts.case}\n"
        f"Bagging-Date: {to_utc(facts.exported_at).date().isoformat()}\n"
        f"Payload-Oxum: {facts.size}.{facts.count}\n"
        "Bag-Software-Agent: comity\n"
    ).encode()


def manifest_line(path: str, digest: bytes) -> bytes:
    """One file's line (RFC 8493 section 2.1.3): two spaces, so that `sha256sum -c` takes it too."""
    return f"{digest.hex()}  {path}\n".encode()


def manifest(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The lines of a manifest over these paths and digests, which come in ascending order of the paths."""
    return (manifest_line(path, digest) for path, digest in files)


def is_payload(path: str) -> bool:
    """Whether the path, relative to the bag, lies in the payload."""
    return path.startswith(PAYLOAD)


def joined_size(lines: Iterable[bytes]) -> int:
    """Bytes of these lines together."""
    return sum(map(len, lines))
