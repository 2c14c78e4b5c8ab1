"""What can be told about an item from its bytes alone, and when that contradicts what its descriptor says."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from comity.evidence.items.descriptors import MAX_TARGETS, ItemDescriptor, Members
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import Target, TargetKind, normalise


class ItemFormat(StrEnum):
    """A form of data whose time and category the content itself shows. Append only."""

    OPAQUE = "opaque"
    MAIL = "mail"
    MAILBOX = "mailbox"
    TRAFFIC_LOG = "traffic-log"
    DATED_LOG = "dated-log"
    JSON_LINES = "json-lines"
    RECORD = "record"
    ROWS = "rows"
    STORE = "store"
    ARCHIVE = "archive"
    JSON_ARRAY = "json-array"


class Recognised(Struct, frozen=True):
    """The facts of an item's content. For `OPAQUE` there are none but the media type; `category` may be open elsewhere.

    `assumed`: a time among them said no zone, and was read as one of the zone that the recogniser was given.
    """

    format: ItemFormat
    media_type: str
    category: DataCategory | None = None
    first: Instant | None = None
    last: Instant | None = None
    targets: tuple[Target, ...] = ()
    more_targets: bool = False
    members: Members | None = None
    assumed: bool = False


class Recogniser(Protocol):
    """Tells the facts of one item's content."""

    @property
    def wants_more(self) -> bool:
        """Whether the content must still be fed; what was told from the head alone needs no more."""
        ...

    def feed(self, data: bytes) -> None:
        """More of the content."""
        ...

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        ...


class Disagreement(StrEnum):
    """In what a descriptor contradicts its item's content."""

    SIZE = "size"
    CONTENT = "content"
    CATEGORY = "category"
    TIME = "time"
    TARGETS = "targets"
    MEMBERS = "members"


def disagreement_of(
    descriptor: ItemDescriptor, recognised: Recognised, size: int, sha256: bytes
) -> Disagreement | None:
    """The first point in which a descriptor contradicts the content, or None.

    1. Size in bytes and SHA-256 are those of the content.
    2. Where the content shows its category, the descriptor names the same.
    3. Where the format shows times, the descriptor names the same ones, and none where the content has none: a time
       cannot be claimed for an item that should have shown it. What is opaque can neither confirm nor contradict. It names
       the zone that was assumed, and only where one was; the content was recognised with it.
    4. Where the content is no opaque one, the descriptor names the identifiers it shows: none can be claimed, none left out.
    5. The descriptor lists the members that an archive shows, and none for anything else; nothing else was unpacked.
    """
    # 1
    if descriptor.size != size:
        return Disagreement.SIZE
    if descriptor.sha256 != sha256:
        return Disagreement.CONTENT
    # 2
    if recognised.category not in (None, descriptor.category):
        return Disagreement.CATEGORY
    # 3
    times = (descriptor.first, descriptor.last) == (recognised.first, recognised.last)
    if bool(descriptor.zone) != recognised.assumed or (recognised.format is not ItemFormat.OPAQUE and not times):
        return Disagreement.TIME
    # 4
    if recognised.format is not ItemFormat.OPAQUE and (
        (descriptor.targets, descriptor.more_targets) != (recognised.targets, recognised.more_targets)
    ):
        return Disagreement.TARGETS
    # 5
    listed = descriptor.members == recognised.members and (recognised.members is not None or not descriptor.unpacked)
    return None if listed else Disagreement.MEMBERS


class TargetSet:
    """The identifiers seen in an item, each once, as many as a descriptor keeps."""

    def __init__(self) -> None:
        self._found: dict[tuple[TargetKind, str], Target] = {}
        self.more = False

    def add(self, kind: TargetKind, text: str) -> None:
        """One more mention; text that is no identifier of that kind is passed over."""
        if self.more or (kind, text) in self._found:
            return
        try:
            target = Target(kind, normalise(kind, text))
        except ValueError:
            return
        if (kind, target.value) in self._found:
            return
        if len(self._found) == MAX_TARGETS:
            self.more = True
            return
        self._found[kind, target.value] = target

    def add_address(self, text: str) -> None:
        """One more mention of an IP address of either version."""
        self.add(TargetKind.IPV6 if ":" in text else TargetKind.IPV4, text)

    def targets(self) -> tuple[Target, ...]:
        """What was found, in the order of first mention."""
        return tuple(self._found.values())


class TimeRange:
    """The oldest and newest of a row of times; unknown as soon as one of them is."""

    def __init__(self) -> None:
        self._first: Instant | None = None
        self._last: Instant | None = None
        self.unknown = False

    def add(self, times: Iterable[Instant | None]) -> None:
        """More times; None for one that could not be read."""
        for time in times:
            if time is None:
                self.unknown = True
            elif self._first is None or self._last is None:
                self._first = self._last = time
            elif time < self._first:
                self._first = time
            elif time > self._last:
                self._last = time

    @property
    def first(self) -> Instant | None:
        """The oldest, or None."""
        return None if self.unknown else self._first

    @property
    def last(self) -> Instant | None:
        """The newest, or None."""
        return None if self.unknown else self._last
