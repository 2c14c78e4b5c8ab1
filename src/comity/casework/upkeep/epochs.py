"""Epochs of this node's own ledger: where the present one began, and how a witness is brought to go along with it.

A witness ties the first head of a new epoch to what it co-signed before (`comity.ledger.witness.consider_epoch`). Heads
that it co-signed and that were lost with the restore must not stand in the way, so it is first shown the head of exactly
the leaves that were restored; everything larger then extends that one.
"""

from collections.abc import Callable

from comity.acts.bodies import LedgerRestored
from comity.cases.house import house_case
from comity.casework.bench.reading import filed_acts
from comity.casework.bench.workbench import Workbench
from comity.ledger.checkpoints import SignedCheckpoint, read_signed_checkpoint
from comity.ledger.origins import epoch_of
from comity.ledger.tiles import TiledTree

Offer = Callable[[int, SignedCheckpoint], tuple[int, bytes]]
"""Asks a witness to co-sign a head that extends the tree of so many leaves; its answer's HTTP status and body."""

_OK = 200


def last_restore(bench: Workbench) -> LedgerRestored | None:
    """What this node's newest act about a restore says; None for a ledger that never was restored."""
    found = None
    for filed in filed_acts(bench, house_case(bench.me)):
        if isinstance(filed.payload.body, LedgerRestored):
            found = filed.payload.body
    return found


def announced_epoch(bench: Workbench) -> int:
    """The epoch that others know of: the ledger's first, or the one that the newest act about a restore began."""
    restored = last_restore(bench)
    return restored.epoch if restored else 1


def introduce(bench: Workbench, signed: SignedCheckpoint, old: int, offer: Offer) -> tuple[int, bytes] | None:
    """The witness's answer to this head after it was shown the first one of the epoch; None in a ledger's first epoch.

    1. The head of the restored leaves alone, tied to the largest that we last had co-signed. 2. The head itself.
    """
    origin = signed.checkpoint.origin
    restored = last_restore(bench) if epoch_of(origin) > 1 else None
    if restored is None or restored.epoch != epoch_of(origin):
        return None
    # 1.
    size = restored.size
    root = TiledTree(bench.records.ledger.tiles(), size).root()
    status, body = offer(min(old, size), read_signed_checkpoint(bench.sign_head(origin, size, root)))
    # 2.
    return offer(size, signed) if status == _OK else (status, body)
