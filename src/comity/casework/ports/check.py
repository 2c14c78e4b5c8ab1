"""What the check of the whole system reads besides the ports of the use cases: everything, in order, a portion at a time."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from comity.acts.classes import ActClass
from comity.casework.ports.case import StoredAct, StoredExhibitKey, StoredView
from comity.ledger.tiles import TileSource
from comity.vocabulary.identifiers import ActId, AuthorityId


class FiledRow(Struct, frozen=True):
    """An act's row beside the class its ledger entry commits to; None when there is no entry."""

    stored: StoredAct
    act_class: ActClass | None


class DeliveryRow(Struct, frozen=True):
    """How far one act is on its way to one peer."""

    act: ActId
    peer: AuthorityId
    delivered: bool
    receipted: bool


class CaseRows(Struct, frozen=True):
    """Everything the database holds of one case; acts in the order of the ledger."""

    row: StoredView
    acts: tuple[FiledRow, ...]
    tokens: frozenset[bytes]
    deliveries: tuple[DeliveryRow, ...]
    exhibits: tuple[StoredExhibitKey, ...]


class ReceiptRow(Struct, frozen=True):
    """A kept receipt, the acts delivered under it with their leaves, and when the last of them was marked delivered."""

    peer: AuthorityId
    sealed: bytes
    origin: str
    acts: tuple[tuple[ActId, int], ...]
    kept_at: datetime


class LooseEntry(Struct, frozen=True):
    """A ledger entry that is no padding and whose act is not here."""

    index: int
    act: ActId


class Books(Protocol):
    """The node's rows as of one instant. Nothing is held in memory beyond a portion of at most 64 cases."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything this thread reads inside, also through the node's `Records`, is as of one instant."""
        ...

    def cases(self) -> Iterator[CaseRows]:
        """Every case, by id."""
        ...

    def leaf_runs(self, size: int) -> Iterator[bytes]:
        """Data of the first `size` leaves as stored, 64 bytes each, in runs. Raises `BrokenInputError(STORE_DAMAGED)`."""
        ...

    def tiles(self) -> TileSource:
        """The stored tiles, each read anew."""
        ...

    def beyond(self, size: int) -> int:
        """How many entries and full tiles there are that a ledger of that size does not have."""
        ...

    def witnessed(self) -> Iterator[tuple[int, str]]:
        """Size and note of every witnessed checkpoint of any epoch, by size."""
        ...

    def loose_entries(self, size: int) -> Iterator[LooseEntry]:
        """Entries below `size` without their act, padding left out, in order."""
        ...

    def receipts(self) -> Iterator[ReceiptRow]:
        """Every kept receipt, in the order they came."""
        ...

    def stray_exhibits(self) -> int:
        """How many exhibits there are whose case is not here."""
        ...

    def damaged_keys(self) -> Sequence[int]:
        """Places in the key store that were confirmed once and can't be read now."""
        ...
