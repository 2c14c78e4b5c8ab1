"""What is known of an exhibit from outside: results of taking in, disclosing and receiving. No keys, no content."""

from msgspec import Struct

from comity.acts.matters import NotTakenIn, StoredObject, Withheld
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.manifest import ManifestItem
from comity.vocabulary.categories import DataCategory, QuarantineCode, SkipReason
from comity.vocabulary.identifiers import Digest, ExhibitId
from comity.vocabulary.instants import Instant, ZoneName


class Skipped(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry that was left out, or changed while it was read."""

    name: str
    reason: SkipReason


class Intake(Struct, frozen=True, forbid_unknown_fields=True):
    """A finished intake. `root` binds all segments; `size` is in bytes of plain content.

    `left_out` counts what was not taken in, or changed while it was read; `examples` are the first 1,000 of it by name. `zone`
    was assumed of times that say none.
    """

    root: Digest
    segments: int
    items: int
    size: int
    left_out: NotTakenIn | None = None
    examples: tuple[Skipped, ...] = ()
    zone: ZoneName = ""


class Extent(Struct, frozen=True, forbid_unknown_fields=True):
    """How much there is to take in, as the file system says beforehand; what is in no file that can be read counts too."""

    files: int
    size: int


class Progress(Struct, frozen=True, forbid_unknown_fields=True):
    """How far an intake is: items described, bytes of its files, and files done with, those of an `earlier` attempt included.

    `earlier` are the bytes of files that were passed over because that attempt has sealed them.
    """

    items: int
    size: int
    files: int
    earlier: int = 0


class PacedProgress(Struct, frozen=True, forbid_unknown_fields=True):
    """How far an intake was at an instant, of how much, and how fast since it was begun or taken up again.

    `total` is None for what has no size beforehand. `rate` is in bytes a second. `seconds_left` is by bytes, or by files where
    all are empty; None while nothing can be said of it.
    """

    begun_at: Instant
    at: Instant
    far: Progress
    total: Extent | None
    rate: int
    seconds_left: int | None


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


class SecondLook(Struct, frozen=True, forbid_unknown_fields=True):
    """That items lay aside before, and that only these may pass now, by their leaves; where none is named, any may."""

    items: frozenset[Digest] = frozenset()


class ListedItem(Struct, frozen=True, forbid_unknown_fields=True):
    """An item that may be looked at: its leaf under the hold's root names it in acts."""

    item: Digest
    descriptor: ItemDescriptor
    record: ManifestItem


class IntakeTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """What the custodian says of the data as a whole.

    `category` is for items whose content does not show theirs; content data is the kind the law protects most. `zone` is the
    IANA name of the time zone of times that say none; without it those are unknown.
    """

    source: str = ""
    category: DataCategory = DataCategory.CONTENT
    zone: ZoneName = ""
