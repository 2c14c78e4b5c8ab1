"""What a node has besides its database, each with its guarantee: time, chance, keys, and the way to its peers.

A port is named by what it promises, not by what stands behind it. Adapters are chosen in `comity.bootstrap` only.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from comity.ledger.checkpoints import Checkpoint
from comity.vocabulary.identifiers import CaseId, Digest


class Clock(Protocol):
    """The node's time."""

    def now(self) -> datetime:
        """The present instant, UTC-aware; never goes back within a process."""
        ...


class Randomness(Protocol):
    """Unpredictable bytes."""

    def take(self, count: int) -> bytes:
        """That many bytes from a cryptographic source (or, in a simulation, from a seed)."""
        ...


class CaseKeys(Protocol):
    """The 256-bit key of each case, kept outside the database and its backups. Safe for concurrent use by processes."""

    def ensure(self, cases: Collection[CaseId]) -> None:
        """Every one of these cases has a key, durably, when this returns: one sync for all of them.

        Raises `BrokenInputError(KEY_DESTROYED)` if any of them had one that was destroyed.
        """
        ...

    def key(self, case: CaseId) -> bytes:
        """The case's key. Raises `BrokenInputError` with KEY_DESTROYED or NOT_FOUND."""
        ...

    def destroy(self, case: CaseId) -> None:
        """The key is overwritten and synced when this returns; a tombstone remains, so that it can't come back."""
        ...

    def destroyed(self) -> Collection[CaseId]:
        """All cases whose key was destroyed here."""
        ...


class HeadMark(Protocol):
    """What was last published from this ledger, kept with the keys: outside the database and its backups."""

    def read(self) -> Checkpoint | None:
        """The mark, or None before the first."""
        ...

    def write(self, head: Checkpoint) -> None:
        """Durable when it returns."""
        ...


class Peers(Protocol):
    """HTTP to other nodes. Raises `BrokenInputError(UNAVAILABLE)` when a peer can't be reached or answers nonsense."""

    def post_envelope(self, endpoint: str, envelope: bytes) -> bytes:
        """The encrypted answer's bytes."""
        ...

    def add_checkpoint(self, endpoint: str, request: bytes) -> tuple[int, bytes]:
        """HTTP status and body of the witness protocol's add-checkpoint (C2SP tlog-witness)."""
        ...

    def seen_checkpoint(self, endpoint: str, origin: str) -> str | None:
        """The newest note of that log which the witness co-signed, or None: `GET /witness/seen?origin=`."""
        ...

    def issued(self, endpoint: str, ticket: str) -> bytes:
        """What the peer shows of acts that this node had sent it: `POST /exchange/issued` with that ticket."""
        ...

    def pull(self, endpoint: str, digest: Digest, ticket: str, start: int) -> Iterator[bytes]:
        """The object's bytes from `start` on; the iterator may break off at any byte."""
        ...
