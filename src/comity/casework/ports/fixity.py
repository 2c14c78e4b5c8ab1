"""What re-verification of the evidence store needs: how far it has come, and how fast it may go."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from comity.vocabulary.identifiers import Digest


class Outcome(StrEnum):
    """What became of one object. Append only: stored.

    `both-intact` and `copy-repaired` are intact objects whose copy in the second store was read as well: it was intact, or was
    not and was replaced.
    """

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"
    REPAIRED = "repaired"
    BOTH_INTACT = "both-intact"
    COPY_REPAIRED = "copy-repaired"


class Verified(Struct, frozen=True):
    """One object, how many bytes of it were read, and what was found."""

    digest: Digest
    size: int
    outcome: Outcome


class Position(Struct, frozen=True):
    """Where a round stands: `batch` begins behind the object `after`, and every batch is one act.

    It is empty before the first. `resting` says that the round is over; the next begins an interval after `begun_at`.
    """

    round: int
    begun_at: datetime
    batch: int = 0
    after: str = ""
    resting: bool = False


class ReferredObjects(Protocol):
    """What exhibits refer to, whether or not it is stored."""

    def referred_after(self, digest: str, limit: int) -> Sequence[Digest]:
        """The next objects in the order of their names, each once; "" is before the first."""
        ...

    def is_referred(self, digest: Digest) -> bool:
        """Whether an exhibit refers to it now."""
        ...


class FixityJournal(Protocol):
    """How far re-verification has come; survives the process. What was noted in the last second may be lost with it."""

    def claim(self) -> AbstractContextManager[bool]:
        """Whether nobody else verifies this store; nobody else begins until the context ends."""
        ...

    def position(self) -> Position | None:
        """Where it stands, or None before the first round."""
        ...

    def seen(self) -> tuple[Verified, ...]:
        """What was verified of the batch at the position, in order."""
        ...

    def note(self, verified: Verified) -> None:
        """One more of the batch."""
        ...

    def advance(self, position: Position) -> None:
        """Durably there, with nothing seen yet."""
        ...


class Pace(Protocol):
    """The rate that was set. One for all that is read and written."""

    def take(self, count: int) -> bool:
        """Returns when that many bytes were due; False as soon as the work is to be stopped."""
        ...
