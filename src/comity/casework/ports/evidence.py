"""What the use cases and the evidence room need from outside to keep data: a store, a cipher, and the room itself.

Frozen: a second store, a second cipher and a simulation stand behind these.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from typing import BinaryIO, Protocol

from comity.acts.matters import ScopePart, StoredObject
from comity.acts.quarantine_bodies import ScreenSet
from comity.evidence.checks.verdicts import Report
from comity.evidence.items.exhibit_seal import BoundSegment, SegmentSeal
from comity.evidence.items.exhibits import (
    Disclosed,
    Extent,
    HeldExhibit,
    HeldItem,
    Intake,
    IntakeTerms,
    ListedItem,
    PackedExhibit,
    Progress,
    Received,
    SecondLook,
)
from comity.evidence.items.manifest import ManifestItem
from comity.evidence.items.scope import EarlierDisclosure, Given, HeldUp
from comity.vocabulary.categories import WithheldReason
from comity.vocabulary.identifiers import Digest, ExhibitId
from comity.vocabulary.instants import Instant

Buffer = bytes | bytearray | memoryview

ProgressListener = Callable[[Progress], None]
"""Told how far an intake is, several times for each source: to be quick about it."""

SegmentListener = Callable[[SegmentSeal], None]
"""Called for each sealed segment, when all its objects are durable. Makes the act, and durably refers to the objects;
the intake goes on when it returns, and ends when it raises."""


class ObjectWriter(Protocol):
    """One object being written. For one thread."""

    def write(self, data: Buffer) -> None:
        """Take more bytes. Raises `BrokenInputError` (store-full), after which only `abort` may be called."""
        ...

    def commit(self) -> StoredObject:
        """Durable and visible under its digest when this returns; before that, not at all."""
        ...

    def abort(self) -> None:
        """Leave nothing behind. Does nothing after `commit`."""
        ...


class ObjectReader(Protocol):
    """One object being read."""

    def read(self, size: int) -> bytes:
        """At most that many of the next bytes; none at the end."""
        ...

    def close(self) -> None:
        """Let go of the object."""
        ...


class ObjectLock(Protocol):
    """What a store itself keeps everybody from deleting, this node included. Raises `BrokenInputError` (unavailable)."""

    def offered(self) -> bool:
        """Whether the store locks at all: where it does not, nothing is stored there."""
        ...

    def until(self, digest: Digest) -> Instant | None:
        """How long the object is locked from now on; None where it is not, or is not there."""
        ...

    def renew(self, digest: Digest) -> None:
        """The object is locked for at least half as long again as one that has just been stored."""
        ...


class EvidenceStore(Protocol):
    """Encrypted objects, named by the SHA-256 of their bytes. Never sees a key or plain content.

    Usable from any number of threads and processes at once. Writing the same object twice has one effect. Every method
    raises `BrokenInputError`: store-full (nothing half-written is visible, nothing stored is lost), not-found,
    store-damaged, unavailable.
    """

    @property
    def remnants(self) -> str:
        """What may be left of an object that was deleted, for a certificate of disposal; empty where nothing is."""
        ...

    @property
    def lock(self) -> ObjectLock | None:
        """What the store locks its objects with; None where it locks none."""
        ...

    def put(self, data: Buffer, digest: Digest | None = None) -> StoredObject:
        """The object is durable when this returns. `digest` saves hashing again what the caller has just hashed."""
        ...

    def begin(self) -> ObjectWriter:
        """Start an object whose bytes come piece by piece."""
        ...

    def read(self, stored: StoredObject) -> bytes:
        """The whole object, its size and hash checked. For objects that fit in memory."""
        ...

    def open_range(self, digest: Digest, start: int = 0) -> ObjectReader:
        """The object's bytes from `start` on, unchecked: for sending, where the taker checks."""
        ...

    def size(self, digest: Digest) -> int | None:
        """Bytes of the object, or None when there is none."""
        ...

    def delete(self, digests: Iterable[Digest]) -> int:
        """These objects are durably gone when this returns; how many there were. What is not there is passed over.

        So is what the store's `lock` still holds: it stays among its `digests`, and `sweep` removes it when the lock has ended.

        Nothing is overwritten: the bytes are ciphertext, and it is the destruction of the key that counts.
        """
        ...

    def digests(self) -> Iterator[Digest]:
        """Every object, in no order."""
        ...

    def scratch(self) -> BinaryIO:
        """A file without a name on the store's own disk, for reading and writing: gone when it is closed, or the process ends."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold off `sweep` while objects are written that nothing durable refers to yet. Shared by all writers."""
        ...

    def sweep(self, is_referenced: Callable[[Digest], bool]) -> int:
        """Remove every object that nothing refers to and every remainder of a broken write; how many there were.

        Raises `BrokenInputError` (unavailable) while anyone is `writing`.
        """
        ...

    def resume_at(self, expected: StoredObject) -> int:
        """Bytes of this object that a transfer has already brought; its size when it is complete."""
        ...

    def append(self, expected: StoredObject, offset: int, data: Buffer) -> None:
        """Take the next bytes of a transfer. Survives the end of the process; what a crash of the machine spoils, `finish` finds.

        Raises `BrokenInputError`: out-of-order unless `offset` is what `resume_at` says, oversized beyond the size.
        """
        ...

    def finish(self, expected: StoredObject) -> None:
        """The transferred object is durable and visible when this returns.

        Raises `BrokenInputError` (id-differs) when it has another size or hash, and drops what was brought.
        """
        ...


class ItemCipher(Protocol):
    """Encryption at rest to one recipient. Identities and recipients are text; identities are secret.

    Usable from any number of threads. Raises `BrokenInputError` (cannot-decrypt).
    """

    def new_identity(self) -> str:
        """A fresh identity from a cryptographic source (or, in a simulation, from a seed)."""
        ...

    def recipient_of(self, identity: str) -> str:
        """The public half."""
        ...

    def encrypt(self, plain: Buffer, recipient: str) -> Buffer:
        """One object, complete."""
        ...

    def encrypt_into(self, plain: Buffer, recipient: str, out: memoryview) -> int:
        """One object, complete, into room that is large enough; how many bytes were written."""
        ...

    def decrypt(self, sealed: Buffer, identity: str) -> bytearray:
        """The content of one object, complete and authentic; otherwise an error and nothing."""
        ...

    def encrypt_from(self, pieces: Iterator[bytes], recipient: str, write: Callable[[bytes], None]) -> None:
        """One object from pieces, in bounded memory. What `pieces` or `write` raise comes through."""
        ...

    def decrypt_to(self, read: Callable[[int], bytes], identity: str, write: Callable[[bytes], None]) -> None:
        """The content of one object in pieces, each authentic; that the object was whole is known when this returns."""
        ...


class ExhibitReader(Protocol):
    """Reads items of one exhibit, fastest in the order of its manifest. For one thread; let go of it when done.

    Keeps a few megabytes of plain content in memory while it lives.
    """

    def read(self, item: ListedItem) -> Iterator[bytes]:
        """One item's content in pieces; its hash is checked before the last piece is given."""
        ...


class ByteStream(Protocol):
    """Bytes that come from elsewhere, once. `length` is how many it says it has; None where nobody knows beforehand."""

    length: int | None

    def readinto(self, view: memoryview) -> int | None:
        """Fill the start of the view; how many bytes, 0 at its end, None where nothing came for a while.

        Raises `OSError` where it breaks off: 0 means that whoever sends it said that this is all.
        """
        ...


class JudgedCopy(Protocol):
    """What others packed, as it was when it was judged: nobody can change it any more, and it lies nowhere in the clear.

    `kind` is `bagit` or `age`.
    """

    kind: str
    report: Report
    extent: Extent

    def take_in(
        self,
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal] = (),
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        """Exactly the bytes that were judged; otherwise as `EvidenceRoom.take_in`. Once."""
        ...


class EvidenceRoom(Protocol):
    """Takes data in, hands part of it over, checks what is received, and opens single items.

    Reads and writes the store only; acts are for the caller. An identity is always given apart from what it opens.
    """

    def new_identity(self) -> str:
        """A fresh identity for one exhibit; the caller keeps it, and destroys it."""
        ...

    def recipient_of(self, identity: str) -> str:
        """The public half: enough to put items aside for whoever has the identity."""
        ...

    def take_in(
        self,
        place: PathLike[str],
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal] = (),
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        """Everything in a folder, or one file, is committed, encrypted and durable when this returns.

        `resume` are the segments already sealed when an earlier intake of the same place broke off: their sources are
        not taken again. What that intake wrote beyond them is for `EvidenceStore.sweep`.
        """
        ...

    def extent(self, place: PathLike[str]) -> Extent:
        """How much is there now, without opening a file."""
        ...

    def take_in_stream(
        self,
        name: str,
        stream: ByteStream,
        identity: str,
        on_segment: SegmentListener,
        *,
        terms: IntakeTerms,
        resume: Sequence[SegmentSeal] = (),
        on_progress: ProgressListener | None = None,
    ) -> Intake:
        """The same for bytes that come from elsewhere, as one source of that name; in which there is something.

        One that breaks off is sealed as far as it came, and is no intake: `BrokenInputError` (unavailable). With `resume` the
        same stream comes again from its beginning: what is sealed of it is compared, and what follows goes on behind it. Another
        one is refused (id-differs) before a byte of it is stored.
        """
        ...

    def disclose(
        self,
        held: HeldExhibit,
        identity: str,
        *,
        granted: Sequence[ScopePart],
        refused: Sequence[ScopePart],
        before: Sequence[Given] = (),
        later: Sequence[ScopePart] = (),
        held_up: HeldUp = HeldUp(),  # noqa: B008  # frozen
        earlier: EarlierDisclosure | None = None,
        reviewed: Mapping[bytes, WithheldReason] = {},
        exhibit: ExhibitId,
        new_identity: str,
    ) -> Disclosed:
        """A new exhibit with exactly the granted items, encrypted to the new identity and durable when this returns.

        Items that a review withholds (`reviewed`, by their leaves) stay behind. Items of parts handed over `before` are not
        handed over again; they are counted, as those of `later` parts are, whatever is `held_up`, and those
        handed over now that the `earlier` disclosure withheld.
        """
        ...

    def held_items(self, held: HeldExhibit, identity: str, first: int = 0) -> Iterator[HeldItem]:
        """The items of a hold from that place on, in their order, which never changes; a segment in memory at a time."""
        ...

    def receive(
        self,
        packed: PackedExhibit,
        identity: str,
        *,
        hold_exhibit: ExhibitId,
        hold_root: Digest,
        scope: Sequence[ScopePart],
        clean_identity: str,
        quarantine_exhibit: ExhibitId,
        quarantine_recipient: str,
        screens: Sequence[ScreenSet] = (),
        second_look: SecondLook | None = None,
        held_up: HeldUp = HeldUp(),  # noqa: B008  # frozen
    ) -> Received:
        """Every item of a transferred exhibit is checked; what fails is put aside unseen. Durable when this returns.

        So is what meets one of the `screens`, and what falls into what is `held_up`. With a `second_look`, what is checked lay aside before.
        """
        ...

    def each_item(self, packed: PackedExhibit, identity: str) -> Iterator[ListedItem]:
        """Every item's description, in bounded memory. That the list was whole is known when the iterator ends."""
        ...

    def records(self, packed: PackedExhibit, identity: str) -> Iterator[ManifestItem]:
        """Every item's record as it is listed, also one whose descriptor cannot be read, in bounded memory."""
        ...

    def segments(self, packed: PackedExhibit, identity: str) -> tuple[BoundSegment, ...]:
        """The segments of the hold that the exhibit's items prove themselves against."""
        ...

    def find_item(self, packed: PackedExhibit, identity: str, item: Digest) -> ListedItem:
        """One item's description by its leaf. Raises `BrokenInputError` (not-found)."""
        ...

    def read_item(self, packed: PackedExhibit, identity: str, item: ListedItem) -> Iterator[bytes]:
        """One item's content in pieces; its hash is checked before the last piece is given."""
        ...

    def judged(self, place: PathLike[str]) -> AbstractContextManager[JudgedCopy]:
        """What others packed there is copied, and the copy judged; nothing is taken in. The copy is gone with the context.

        Raises `BrokenInputError` (unknown-type) for what is neither a bag nor an age file.
        """
        ...

    def put_alone(self, content: bytes, identity: str) -> StoredObject:
        """Content that stands for itself, encrypted to the identity; durable when this returns."""
        ...

    def read_alone(self, stored: StoredObject, identity: str) -> bytes:
        """The content that was put alone, authentic. Raises `BrokenInputError` (not-found, store-damaged, cannot-decrypt)."""
        ...

    def reader(self, packed: PackedExhibit, identity: str) -> ExhibitReader:
        """Reads many items: those that lie together are decrypted together, which `read_item` does for each anew."""
        ...
