"""The node's own ledger, and what it has cosigned of others' (the sequencer writes through `comity.casework.ports.record`)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from comity.ledger.entries import Entry
from comity.ledger.tiles import TileSource
from comity.vocabulary.identifiers import ActId


class LedgerHead(Struct, frozen=True):
    """The ledger as of a commit: leaves `first..size` were added by it. `note` is the signed checkpoint of `origin`."""

    origin: str
    first: int
    size: int
    root: bytes
    note: str


SignHead = Callable[[str, int, bytes], str]
"""Makes the signed checkpoint note of (origin, size, root). Called inside the transaction; what it signs is published after."""


class LedgerReader(Protocol):
    """The node's own ledger, as last committed."""

    def head(self) -> LedgerHead:
        """The newest signed head."""
        ...

    def tiles(self) -> TileSource:
        """The tiles; consistent with every head read before."""
        ...

    def entries(self, first: int, last: int) -> Iterator[Entry]:
        """Leaves `first..last` in order, `last` excluded, read in portions."""
        ...

    def find(self, acts: Collection[ActId]) -> Mapping[ActId, tuple[int, Entry]]:
        """Where these acts stand in the ledger."""
        ...

    def witnessed(self) -> tuple[int, str] | None:
        """Size and note of the newest checkpoint that carries cosignatures, cosignatures included."""
        ...

    def keep_witnessed(self, size: int, note: str) -> None:
        """Stores a cosigned checkpoint, durably."""
        ...

    def pad(self, entries: Callable[[int], Sequence[Entry]], sign: SignHead) -> LedgerHead:
        """Adds, in one transaction, the padding leaves that the callable makes for the present size."""
        ...

    def new_epoch(self, sign: SignHead, epoch: int = 0) -> LedgerHead:
        """Begins a new origin over the same leaves, after a restore; see `comity.casework.upkeep.restore`.

        It is the next epoch, or `epoch` where that is later.
        """
        ...


class WitnessedLogs(Protocol):
    """What this node has cosigned of others' logs."""

    def update(
        self, origin: str, change: Callable[[tuple[int, bytes, str] | None], tuple[int, bytes, str] | None]
    ) -> None:
        """Atomically replaces (size, root, note) by what `change` makes of the present; None leaves it. Durable.

        All epochs of the log are locked meanwhile. The head is also remembered for `largest`.
        """
        ...

    def get(self, origin: str) -> tuple[int, bytes, str] | None:
        """Size, root and cosigned note of the newest checkpoint cosigned."""
        ...

    def known(self, origins: Collection[str]) -> Collection[str]:
        """Those of the logs of which anything was cosigned."""
        ...

    def largest(self, origins: Collection[str], size: int) -> Mapping[str, tuple[int, bytes]]:
        """For each of these logs the largest head that is remembered and not larger than `size`: size and root.

        The newest heads are all remembered; of older ones every 64th.
        """
        ...
