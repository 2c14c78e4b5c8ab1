"""Acts on their way to peers, and the receipts that came back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from comity.vocabulary.categories import Urgency
from comity.vocabulary.identifiers import ActId, AuthorityId


class Delivery(Struct, frozen=True):
    """An act on its way to one peer. `enclosing` are acts that go with it as evidence; `code` is of the last failure.

    `by_hand`: the peer has no node, so nothing is tried and people send it.
    """

    act: ActId
    peer: AuthorityId
    attempts: int = 0
    enclosing: tuple[ActId, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    code: str = ""
    by_hand: bool = False


class DeliveryState(StrEnum):
    """How far an act is on its way to a peer. Append only: stored in rows.

    `by-hand`: the peer has no node, and people are to send it. `sent-by-hand`: they recorded that they did.
    """

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    BY_HAND = "by-hand"
    SENT_BY_HAND = "sent-by-hand"


class DeliveryProgress(Struct, frozen=True):
    """How far an act is on its way to a peer; `failed` is not tried again, and an officer must look.

    `code` is what the last attempt came to, by the peer's word or the network's: empty before the first, and once delivered.
    `tried_at` is that attempt; `next_at` when it will be tried again, `delivered_at` when the receipt came, or when it was sent
    by hand.
    """

    act: ActId
    peer: AuthorityId
    state: DeliveryState
    code: str = ""
    attempts: int = 0
    tried_at: datetime | None = None
    next_at: datetime | None = None
    delivered_at: datetime | None = None


class KeptReceipt(Struct, frozen=True):
    """A peer's receipt (sealed bytes) for acts that are the leaves from `first` on of its ledger `origin`, in order."""

    sealed: bytes
    acts: tuple[ActId, ...]
    origin: str
    first: int


class Outbox(Protocol):
    """Deliveries under way. One job per peer empties it."""

    def pending(self, peer: AuthorityId, limit: int, at: datetime) -> Sequence[Delivery]:
        """The oldest deliveries to the peer that are due, in the order their acts were filed."""
        ...

    def delivered(self, peer: AuthorityId, receipts: Sequence[KeptReceipt], at: datetime) -> None:
        """The peer's receipts are kept, once each, and found from every act they cover; an act is delivered once."""
        ...

    def resend(self, peer: AuthorityId, origin: str, first_lost: int, at: datetime) -> int:
        """Acts whose leaf the peer lost, by its receipts under that origin, are due again; how many they are."""
        ...

    def failed(
        self, peer: AuthorityId, acts: Collection[ActId], code: str, next_at: datetime | None, *, at: datetime
    ) -> None:
        """An attempt failed at that instant; without a next it will not be tried again and an officer must look."""
        ...

    def peers_with_work(self, at: datetime) -> Sequence[AuthorityId]:
        """Peers that something is due for at the instant."""
        ...

    def receipt(self, act: ActId, peer: AuthorityId) -> bytes | None:
        """The receipt, once there is one."""
        ...

    def progress(self, acts: Collection[ActId]) -> Sequence[DeliveryProgress]:
        """Every delivery of these acts, in the order they were filed: state, code of the last attempt, and when that was."""
        ...
