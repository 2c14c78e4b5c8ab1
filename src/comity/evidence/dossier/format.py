"""What stands in a dossier and where: paths relative to the bag, and one struct for each JSON file.

    bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt     see `comity.evidence.archive.bag`
    export-act.json                                 the sealed act by which the exporter vouches for the payload manifest
    verify.html                                     the page that judges this dossier in a browser; its hash is in the header
    timestamps/<number>.tsr                         time stamps of the checkpoint's text (RFC 3161); sealed by nobody here
    data/dossier.json                               the header: whose dossier of which case, its acts, its exhibits
    data/dossier.pdf  data/index.txt                for people
    data/provenance.jsonld                          for other forensic tools (CASE/UCO)
    data/acts/<act>.json                            each act, sealed, byte for byte as it was kept
    data/receipts/<act>-<peer>.json                 what a peer answered, sealed by it
    data/rotations/<act>.json                       acts by which nodes replaced their keys
    data/derived/<derived>.bin                      a redacted copy of an item, as the act says that made it
    data/directory/v<number>/metadata|targets/...   each directory version the acts name, as a TUF client reads it
    data/ledger/checkpoint.txt                      the exporter's own signed and witnessed checkpoint
    data/ledger/entries.json                        where in that ledger each act stands, and the proof
    data/exhibits/<exhibit>/seal.json               what the items prove themselves against
    data/exhibits/<exhibit>/items.jsonl             one line per item: descriptor, salt, proof
    data/exhibits/<exhibit>/items/<number>.bin      its content; the item's own name stays inside its descriptor

Items are lines and not one document, so that a dossier of a million items is verified without holding them. The next
editor who renames a field or a path makes every older dossier unreadable; fields are appended, with defaults.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.bodies import AnyBody
from comity.acts.payload import Payload
from comity.evidence.items.descriptors import MAX_FRAME
from comity.evidence.items.exhibit_seal import BoundSegment, Count, HashPath, item_leaf
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId
from comity.vocabulary.instants import Instant

HEADER_LIMIT = 64 << 20
ENTRIES_LIMIT = 256 << 20
SEAL_LIMIT = 256 << 20
ITEM_LINE_LIMIT = 2 * MAX_FRAME
"""Bytes of one line of items.jsonl: base64 adds a third to the descriptor, the proof has at most 64 hashes."""

MOST_ACTS = 200_000
MOST_DIRECTORIES = 200
MOST_STAMPS = 100
_YEARS = 2000, 9000

EXPORT_ACT = "export-act.json"
VERIFIER = "verify.html"
HEADER = "data/dossier.json"
PAGES = "data/dossier.pdf"
INDEX = "data/index.txt"
PROVENANCE = "data/provenance.jsonld"
CHECKPOINT = "data/ledger/checkpoint.txt"
ENTRIES = "data/ledger/entries.json"
DIRECTORIES = "data/directory/"


class ActDirection(StrEnum):
    """How an act came into the exporter's ledger. Append only; `enclosed` acts came along as evidence of others."""

    ISSUED = "issued"
    RECEIVED = "received"
    ENCLOSED = "enclosed"


class ActLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One act of the case: how it came in, and when by the exporter's clock."""

    act: ActId
    direction: ActDirection
    filed_at: Instant


class DossierHeader(Struct, frozen=True, forbid_unknown_fields=True):
    """What the dossier is. `acts` are in the order of the ledger; `directories` and `rotations` are all there are.

    `verifier` is the digest of the page `verify.html`: a tag file, so this is what puts it under the export act's seal.
    `derived` are the redacted copies that lie in the dossier, by the names that the acts of making them give them.
    """

    v: Annotated[int, Meta(ge=1, le=1)]
    case: CaseId
    authority: AuthorityId
    exported_at: Instant
    acts: Annotated[tuple[ActLine, ...], Meta(max_length=MOST_ACTS)]
    exhibits: tuple[ExhibitId, ...]
    directories: Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=MOST_DIRECTORIES)]
    rotations: Annotated[tuple[ActId, ...], Meta(max_length=MOST_ACTS)] = ()
    verifier: Digest | None = None
    derived: Annotated[tuple[ExhibitId, ...], Meta(max_length=MOST_ACTS)] = ()

    def __post_init__(self) -> None:
        acts = [line.act for line in self.acts]
        for names in (acts, self.exhibits, self.directories, self.rotations, self.derived):
            if len(set(names)) != len(names):
                raise ValueError("an act, an exhibit, a rotation, a redacted copy or a directory version stands twice")
        if any(
            not _YEARS[0] <= at.year < _YEARS[1] for at in (self.exported_at, *(line.filed_at for line in self.acts))
        ):
            raise ValueError("a time is out of bounds")


class LedgerPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an act stands in the exporter's ledger: enough to recompute its leaf and to prove it to the checkpoint.

    All hashes are hexadecimal; `path` is the RFC 6962 audit path, from the leaf upwards.
    """

    act: ActId
    index: Count
    salt: Digest
    class_commitment: Digest
    path: Annotated[tuple[Digest, ...], Meta(max_length=64)]


class LedgerPlaces(Struct, frozen=True, forbid_unknown_fields=True):
    """The places of all acts, in the order of the ledger."""

    places: Annotated[tuple[LedgerPlace, ...], Meta(max_length=MOST_ACTS)]


class KeptOut(Struct, frozen=True, forbid_unknown_fields=True):
    """An item of the exhibit that the dossier does not show, because a provisional redaction of it stands.

    `item` is the hash of its leaf, as the act of redacting names it: `path` proves it without its salt and descriptor.
    """

    item: Digest
    segment: Count
    leaf: Count
    path: HashPath


class ExhibitSeal(Struct, frozen=True, forbid_unknown_fields=True):
    """What the items of an exhibit prove themselves against: the segments of the hold, which lead to its root.

    `items` and `size` (bytes) are of what this dossier contains. A hash in `segments` is base64. `kept_out` are items of
    the exhibit that it does not contain.
    """

    exhibit: ExhibitId
    hold_exhibit: ExhibitId
    hold_root: Digest
    segments: tuple[BoundSegment, ...]
    items: Count
    size: Count
    kept_out: tuple[KeptOut, ...] = ()


class DossierItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One item: its descriptor's frame and its salt make its leaf, which is number `leaf` of `segment`; `path` proves that."""

    number: Count
    frame: Annotated[bytes, Meta(min_length=5, max_length=MAX_FRAME)]
    salt: Annotated[bytes, Meta(min_length=32, max_length=32)]
    segment: Count
    leaf: Count
    path: HashPath

    def leaf_hash(self) -> bytes:
        """RFC 6962 hash of the item's leaf; its hexadecimal form names the item in acts."""
        return item_leaf(self.salt, self.frame)


class ActOnFile(Struct, frozen=True):
    """An act of the case with what is known around it. `sealed_at` is the sealer's word, `filed_at` the exporter's."""

    id: ActId
    payload: Payload
    direction: ActDirection
    filed_at: datetime
    sealed_at: datetime

    @property
    def body(self) -> AnyBody:
        """What the act says."""
        return self.payload.body

    @property
    def issuer(self) -> AuthorityId:
        """Who says it."""
        return self.payload.issuer


def act_path(act: ActId) -> str:
    """Where a sealed act stands."""
    return f"data/acts/{act}.json"


def receipt_path(act: ActId, peer: AuthorityId) -> str:
    """Where a peer's receipt for an act stands."""
    return f"data/receipts/{act}-{peer}.json"


def rotation_path(act: ActId) -> str:
    """Where an act that rotated a key stands."""
    return f"data/rotations/{act}.json"


def directory_folder(version: int) -> str:
    """Where the files of a directory version stand; ends in a slash."""
    return f"{DIRECTORIES}v{version}/"


def stamp_path(number: int) -> str:
    """Where a time stamp of the checkpoint stands. Two digits: the order of names is the order of numbers."""
    return f"timestamps/{number:02}.tsr"


def derived_path(derived: ExhibitId) -> str:
    """Where a redacted copy stands."""
    return f"data/derived/{derived}.bin"


def seal_path(exhibit: ExhibitId) -> str:
    """Where an exhibit's seal stands."""
    return f"data/exhibits/{exhibit}/seal.json"


def items_path(exhibit: ExhibitId) -> str:
    """Where the lines of an exhibit's items stand."""
    return f"data/exhibits/{exhibit}/items.jsonl"


def content_path(exhibit: ExhibitId, number: int) -> str:
    """Where an item's content stands. Eight digits, so that the order of names is the order of items."""
    return f"data/exhibits/{exhibit}/items/{number:08}.bin"


STAMP = re.compile(r"timestamps/[0-9]{2}\.tsr\Z")
"""Paths of time stamps; as anybody may add one, none needs to be foreseen by the header."""

_RECEIPT = re.compile(r"data/receipts/([0-9a-f]{64})-([a-z][a-z0-9.-]{0,62})\.json\Z")


def read_receipt_path(path: str) -> tuple[ActId, AuthorityId] | None:
    """The act and the peer that a receipt's path names; None for any other path."""
    match = _RECEIPT.match(path)
    return (match[1], match[2]) if match else None
