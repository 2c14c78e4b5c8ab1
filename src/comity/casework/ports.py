"""What the use cases need from the outside, each as a small protocol with its guarantee.

A port is named by what it promises, not by what stands behind it. Adapters are chosen in `comity.bootstrap` only.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from comity.acts.bodies import KeyRotated
from comity.cases.state import Direction, Phase
from comity.ledger.checkpoints import Checkpoint
from comity.ledger.entries import Entry
from comity.ledger.tiles import TileSource
from comity.vocabulary.categories import Urgency
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId, OfficerId


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


class StoredView(Struct, frozen=True):
    """A case's row: its state encrypted under the case key, and the little that must be seen without it."""

    case: CaseId
    version: int
    view: bytes
    phase: Phase
    next_due: datetime | None


class StoredAct(Struct, frozen=True):
    """An act's row. `sealed` is encrypted under the case key."""

    id: ActId
    case: CaseId
    direction: Direction
    filed_at: datetime
    sealed: bytes
    index: int = -1


class Delivery(Struct, frozen=True):
    """An act on its way to one peer. `enclosing` are acts that go with it as evidence; `code` is of the last failure."""

    act: ActId
    peer: AuthorityId
    attempts: int = 0
    enclosing: tuple[ActId, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    code: str = ""


class WaitingAct(Struct, frozen=True):
    """A received act whose predecessor has not come. `sealed` is encrypted under the node's own key."""

    id: ActId
    case: CaseId
    missing: ActId
    sender: AuthorityId
    sealed: bytes
    deadline: datetime


class LedgerHead(Struct, frozen=True):
    """The ledger as of a commit: leaves `first..size` were added by it. `note` is the signed checkpoint of `origin`."""

    origin: str
    first: int
    size: int
    root: bytes
    note: str


SignHead = Callable[[str, int, bytes], str]
"""Makes the signed checkpoint note of (origin, size, root). Called inside the transaction; what it signs is published after."""


class Transaction(Protocol):
    """One all-or-nothing change of the records. Everything written is durable when the context exits without an error."""

    def lock(self, cases: Collection[CaseId]) -> Mapping[CaseId, StoredView]:
        """The rows of those of the cases that exist, locked in one fixed order until the transaction ends."""
        ...

    def known(self, acts: Collection[ActId]) -> Collection[ActId]:
        """Which of the acts are already filed."""
        ...

    def write(
        self,
        acts: Sequence[StoredAct],
        views: Sequence[StoredView],
        deliveries: Sequence[Delivery],
        tokens: Sequence[tuple[CaseId, bytes]],
    ) -> None:
        """Files acts, replaces views, queues deliveries (one job per peer, in this same transaction), adds search tokens."""
        ...

    def append(self, entries: Sequence[Entry], sign: SignHead) -> LedgerHead:
        """Adds the leaves in order. The ledger's head row is locked here, so call this last."""
        ...

    def wait(self, acts: Sequence[WaitingAct]) -> None:
        """Keeps acts that wait for a predecessor; a second copy changes nothing."""
        ...

    def forget_waiting(self, acts: Collection[ActId]) -> None:
        """They were filed, or their deadline passed."""
        ...


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
        """Begins a new origin over the same leaves, after a restore; see `comity.casework.restore`.

        It is the next epoch, or `epoch` where that is later.
        """
        ...


class CaseReader(Protocol):
    """Reading what was committed, without locks."""

    def view(self, case: CaseId) -> StoredView | None:
        """The case's row."""
        ...

    def versions(self, cases: Collection[CaseId]) -> Mapping[CaseId, int]:
        """The versions of those of the cases that are here, in one reading."""
        ...

    def cases(self) -> Iterator[StoredView]:
        """All rows, newest change first."""
        ...

    def half_disposed(self) -> Sequence[CaseId]:
        """Disposed cases that were not cleared to the end: a disposal is under way, or was cut short. Costs one look."""
        ...

    def disposed(self) -> Sequence[CaseId]:
        """Cases of which a tombstone is left."""
        ...

    def due(self, at: datetime) -> Sequence[CaseId]:
        """Cases with a clock that is due at or before the instant."""
        ...

    def acts(self, case: CaseId) -> Sequence[StoredAct]:
        """The case's acts in the order of the ledger."""
        ...

    def act(self, act: ActId) -> StoredAct | None:
        """One act."""
        ...

    def many(self, acts: Collection[ActId]) -> Mapping[ActId, StoredAct]:
        """Those of the acts that are here, in one reading; in no order."""
        ...

    def by_token(self, tokens: Mapping[CaseId, bytes]) -> Sequence[CaseId]:
        """Cases that carry the search token computed for them."""
        ...

    def waiting_for(self, acts: Collection[ActId]) -> Sequence[WaitingAct]:
        """Acts that wait for one of these."""
        ...

    def overdue(self, at: datetime) -> Sequence[WaitingAct]:
        """Acts that have waited past their deadline."""
        ...


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

    def failed(self, peer: AuthorityId, acts: Collection[ActId], code: str, next_at: datetime | None) -> None:
        """An attempt failed; None means it will not be tried again and an officer must look."""
        ...

    def peers_with_work(self, at: datetime) -> Sequence[AuthorityId]:
        """Peers that something is due for at the instant."""
        ...

    def receipt(self, act: ActId, peer: AuthorityId) -> bytes | None:
        """The receipt, once there is one."""
        ...

    def state(self, acts: Collection[ActId]) -> Mapping[tuple[ActId, AuthorityId], str]:
        """For the timeline: pending, delivered, waiting or failed (with its code)."""
        ...


class Records(Protocol):
    """The node's database."""

    ledger: LedgerReader
    cases: CaseReader
    outbox: Outbox
    drafts: "Drafts"
    exhibits: "ExhibitKeys"
    witnessed_logs: "WitnessedLogs"
    rotations: "Rotations"
    officer_tokens: "OfficerTokens"

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begins a change."""
        ...

    def dispose(self, case: CaseId) -> Mapping[str, int]:
        """Deletes the case's rows but its tombstone, and how many of each kind they were; none are left a second time.

        Ledger entries stay, so its acts stay known. Acts stored in the clear (JSON: the certificate) stay, and their
        deliveries.
        """
        ...


class StoredDraft(Struct, frozen=True):
    """Payload bytes that wait for approval, encrypted under the case key."""

    id: ActId
    case: CaseId
    payload: bytes
    drafted_by: str
    made_at: datetime


class Drafts(Protocol):
    """Drafts: not acts yet, seen by their own authority only."""

    def keep(self, draft: StoredDraft) -> None:
        """Durable when it returns."""
        ...

    def get(self, draft: ActId) -> StoredDraft | None:
        """One draft; None once it has become an act or was dropped."""
        ...

    def many(self, drafts: Collection[ActId]) -> Sequence[StoredDraft]:
        """Those of the drafts that exist."""
        ...

    def open(self) -> Sequence[StoredDraft]:
        """All drafts, oldest first."""
        ...

    def drop(self, drafts: Collection[ActId]) -> None:
        """They are gone."""
        ...


class StoredExhibitKey(Struct, frozen=True):
    """An exhibit's age identity, encrypted under the case key; `role` is held, received or quarantine."""

    exhibit: ExhibitId
    role: str
    case: CaseId
    wrapped: bytes
    objects: tuple[Digest, ...] = ()
    index: bytes = b""


class ExhibitKeys(Protocol):
    """Keys and object lists of exhibits this node stores."""

    def keep(self, key: StoredExhibitKey) -> None:
        """Durable when it returns; replaces what was kept for the same exhibit and role."""
        ...

    def get(self, exhibit: ExhibitId, role: str) -> StoredExhibitKey | None:
        """The key, or None when there is none or it was destroyed."""
        ...

    def of_case(self, case: CaseId) -> Sequence[StoredExhibitKey]:
        """All of the case's."""
        ...

    def destroy_key(self, exhibit: ExhibitId) -> Sequence[Digest]:
        """What opened the exhibit is gone, durably; its objects stay listed, and those are given that nothing else lists."""
        ...

    def drop(self, exhibit: ExhibitId) -> Sequence[Digest]:
        """The rows are gone; the objects that nothing refers to any more."""
        ...

    def referred(self) -> Collection[Digest]:
        """Every object any exhibit refers to."""
        ...


class WitnessedLogs(Protocol):
    """What this node has cosigned of others' logs."""

    def update(
        self, origin: str, change: "Callable[[tuple[int, bytes, str] | None], tuple[int, bytes, str] | None]"
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


class Rotations(Protocol):
    """Key rotations accepted from any authority, in the order accepted."""

    def keep(self, act: ActId, issuer: AuthorityId, body: KeyRotated, sealed_at: datetime) -> None:
        """Durable when it returns; the same act twice is kept once."""
        ...

    def all(self) -> Sequence[tuple[ActId, AuthorityId, KeyRotated, datetime]]:
        """All of them."""
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

    def pull(self, endpoint: str, digest: Digest, ticket: str, start: int) -> Iterator[bytes]:
        """The object's bytes from `start` on; the iterator may break off at any byte."""
        ...


class OfficerTokens(Protocol):
    """Tokens that officers' clients show, known by their SHA-256 only."""

    def add(self, officer: OfficerId, token_hash: Digest, at: datetime) -> None:
        """The token counts when this returns. Raises `BrokenInputError(OUT_OF_ORDER)` for one that is there already."""
        ...

    def find(self, token_hash: Digest) -> OfficerId | None:
        """Whose token it is; None for one that is unknown or revoked."""
        ...

    def revoke(self, officer: OfficerId, at: datetime) -> int:
        """None of the officer's tokens counts any more; how many did."""
        ...
