"""What time stamps need from outside: authorities that give them, and a place where they stay with their checkpoint."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class TimestampAuthorities(Protocol):
    """Time-stamp authorities by URL (RFC 3161 section 3.4)."""

    def stamp(self, url: str, stamped: bytes) -> bytes:
        """The response of the authority: granted, to this very question, over these bytes. Its signature is for the caller.

        Takes no longer than was set. Raises `BrokenInputError`: UNAVAILABLE, MALFORMED, OVERSIZED, ID_DIFFERS.
        """
        ...


class StampedHead(Struct, frozen=True):
    """A witnessed checkpoint that was to be stamped since `begun_at`, and the response of each authority that did."""

    size: int
    note: str
    begun_at: datetime
    responses: dict[str, bytes] = {}


class StampedHeads(Protocol):
    """Checkpoints with their time stamps. Durable; shared by all processes of a node."""

    def claim(self) -> AbstractContextManager[bool]:
        """Whether nobody else asks for time stamps; nobody else begins until the context ends."""
        ...

    def begin(self, head: StampedHead) -> None:
        """The checkpoint is to be stamped from now on; durable."""
        ...

    def keep(self, size: int, url: str, response: bytes) -> None:
        """One more response for the checkpoint of that size; durable."""
        ...

    def newest(self) -> StampedHead | None:
        """The newest that was begun, stamped or not."""
        ...

    def covering(self, size: int) -> Sequence[StampedHead]:
        """Those of at least that many leaves that have a stamp, newest first; a few at most."""
        ...


class TimestampTerms(Struct, frozen=True):
    """Which authorities, the shortest time between two checkpoints that are stamped, and from when a stamp is late; seconds.

    `roots` are certificates (DER) that responses must lead to; none: a response is kept by its own word.
    """

    urls: tuple[str, ...]
    interval: int
    late_after: int
    roots: tuple[bytes, ...] = ()
