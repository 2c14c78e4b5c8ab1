"""The node's database as a whole: one change of it, its parts, and the small registers beside cases and ledger."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from comity.casework.ports.case import CaseReader, Drafts, ExhibitKeys, StoredAct, StoredView, WaitingAct
from comity.casework.ports.delivery import Delivery, Outbox
from comity.casework.ports.journal import GivenApprovals, ReadJournal
from comity.casework.ports.ledger import LedgerHead, LedgerReader, SignHead, WitnessedLogs
from comity.ledger.entries import Entry
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, OfficerId


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

    def refold(self, views: Sequence[StoredView]) -> None:
        """Replaces views to which no act was added: the cases keep their place among those that changed last."""
        ...

    def sent_by_hand(self, act: ActId, peer: AuthorityId, at: datetime) -> None:
        """Nothing delivers the act to this peer any more: people sent it then."""
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


class OfficerTokens(Protocol):
    """Tokens that officers' clients show, known by their SHA-256 only."""

    def add(self, officer: OfficerId, token_hash: Digest, at: datetime, until: datetime) -> None:
        """The token counts when this returns. Raises `BrokenInputError(OUT_OF_ORDER)` for one that is there already."""
        ...

    def find(self, token_hash: Digest, at: datetime) -> OfficerId | None:
        """Whose token it is; None for one that is unknown, revoked, or at its end at that instant."""
        ...

    def revoke(self, officer: OfficerId | None, at: datetime) -> int:
        """None of the officer's tokens, or without an officer nobody's, counts any more; how many did."""
        ...


class Records(Protocol):
    """The node's database."""

    ledger: LedgerReader
    cases: CaseReader
    outbox: Outbox
    drafts: Drafts
    exhibits: ExhibitKeys
    witnessed_logs: WitnessedLogs
    officer_tokens: OfficerTokens
    readings: ReadJournal
    approvals: GivenApprovals

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begins a change."""
        ...

    def dispose(self, case: CaseId) -> Mapping[str, int]:
        """Deletes the case's rows but its tombstone, and how many of each kind they were; none are left a second time.

        Ledger entries stay, so its acts stay known. Acts stored in the clear (JSON: the certificate) stay, and their
        deliveries.
        """
        ...
