"""What is known of an exhibit from outside: results of taking in, disclosing and receiving. No keys, no content."""

from enum import StrEnum

from msgspec import Struct

from comity.acts.matters import StoredObject, Withheld
from comity.evidence.descriptors import ItemDescriptor
from comity.evidence.exhibit_seal import SegmentSeal
from comity.evidence.manifest import ManifestItem
from comity.vocabulary.categories import DataCategory, QuarantineCode
from comity.vocabulary.identifiers import Digest, ExhibitId


class SkipReason(StrEnum):
    """Why something in a folder was left out of an intake. Append only."""

    LINK = "link"
    DEVICE = "device"
    PIPE_OR_SOCKET = "pipe-or-socket"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    TOO_DEEP = "too-deep"
    NAME_TOO_LONG = "name-too-long"


class Skipped(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry that was left out."""

    name: str
    reason: SkipReason


class SkippedCount(Struct, frozen=True, forbid_unknown_fields=True):
    """How many entries were left out for one reason."""

    reason: SkipReason
    entries: int


class Intake(Struct, frozen=True, forbid_unknown_fields=True):
    """A finished intake. `root` binds all segments; `size` is in bytes of plain content.

    `left_out` counts what was not taken, with `examples` by name. `changed` are sources that changed while they were
    read, by name; `changes` counts them. Names are lists of at most 1,000: the counts are complete.
    """

    root: Digest
    segments: int
    items: int
    size: int
    left_out: tuple[SkippedCount, ...] = ()
    examples: tuple[Skipped, ...] = ()
    changes: int = 0
    changed: tuple[str, ...] = ()


class Progress(Struct, frozen=True, forbid_unknown_fields=True):
    """How far an intake is: items described and bytes read, those of an earlier attempt included."""

    items: int
    size: int


class HeldExhibit(Struct, frozen=True, forbid_unknown_fields=True):
    """An exhibit at its custodian: its id and every sealed segment, in order of their numbers."""

    exhibit: ExhibitId
    seals: tuple[SegmentSeal, ...]


class HeldItem(Struct, frozen=True):
    """One item of a hold: its `place`, counted over all segments from 0, its leaf's hash, and what it says about itself."""

    place: int
    leaf: bytes
    descriptor: ItemDescriptor


class PackedExhibit(Struct, frozen=True, forbid_unknown_fields=True):
    """An exhibit as it travels and is kept by who received it: an encrypted manifest, and chunks in order.

    `items` and `size` (bytes of plain content) are what the manifest lists.
    """

    exhibit: ExhibitId
    manifest: StoredObject
    objects: tuple[StoredObject, ...]
    items: int
    size: int


class Disclosed(Struct, frozen=True, forbid_unknown_fields=True):
    """An exhibit assembled from a hold, with everything that the act of its hand-over says.

    `before` and `later` count items that belong to other hand-overs under the same order, `reopened` those of this one that
    were withheld at an earlier.
    """

    packed: PackedExhibit
    hold_exhibit: ExhibitId
    hold_root: Digest
    withheld: tuple[Withheld, ...]
    before: int = 0
    later: int = 0
    reopened: tuple[Withheld, ...] = ()


class QuarantineCount(Struct, frozen=True, forbid_unknown_fields=True):
    """How many items were put aside unseen, for one code."""

    code: QuarantineCode
    items: int


class Received(Struct, frozen=True, forbid_unknown_fields=True):
    """A received exhibit after every item was checked.

    `accepted` is what may be looked at. Where nothing was put aside it is the exhibit as it came. Where something was,
    it is a new one under the identity given for that, `quarantined` holds the rest under the quarantine's recipient,
    and the exhibit as it came is to be destroyed with its key: `superseded` are its objects.
    """

    accepted: PackedExhibit
    repacked: bool
    quarantined: PackedExhibit | None = None
    counts: tuple[QuarantineCount, ...] = ()
    superseded: tuple[StoredObject, ...] = ()


class ListedItem(Struct, frozen=True, forbid_unknown_fields=True):
    """An item that may be looked at: its leaf under the hold's root names it in acts."""

    item: Digest
    descriptor: ItemDescriptor
    record: ManifestItem


class IntakeTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """What the custodian says of the data as a whole.

    `category` is for items whose content does not show theirs; content data is the kind the law protects most.
    """

    source: str = ""
    category: DataCategory = DataCategory.CONTENT
