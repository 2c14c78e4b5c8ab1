"""Receipts for acts that are in this node's ledger: the same for an act that just came and for one that came before."""

from collections.abc import Collection, Sequence
from datetime import datetime

from comity.acts.receipt_format import GivenReceipt
from comity.casework.bench.workbench import Workbench
from comity.exchange.receipts import make_receipt
from comity.ledger.entries import Entry
from comity.ledger.tiles import TiledTree
from comity.vocabulary.identifiers import ActId, AuthorityId


def receipts_for(
    bench: Workbench, sender: AuthorityId, acts: Collection[ActId], at: datetime
) -> tuple[GivenReceipt, ...]:
    """One receipt per run of neighbouring leaves, all under the newest signed head."""
    placed = sorted((index, entry) for index, entry in bench.records.ledger.find(acts).values())
    if not placed:
        return ()
    head = bench.records.ledger.head()
    tree = TiledTree(bench.records.ledger.tiles(), head.size)
    receipts = []
    for run in _runs(placed):
        first = run[0][0]
        proof = tree.range_proof(first, len(run))
        receipts.append(
            make_receipt(
                receiver=bench.me,
                sender=sender,
                received_at=at,
                first=first,
                entries=[entry for _, entry in run],
                checkpoint=head.note,
                proof=proof,
                key=bench.seal_key(),
            )
        )
    return tuple(receipts)


def _runs(placed: Sequence[tuple[int, Entry]]) -> list[list[tuple[int, Entry]]]:
    runs: list[list[tuple[int, Entry]]] = []
    for index, entry in placed:
        if runs and runs[-1][-1][0] == index - 1:
            runs[-1].append((index, entry))
        else:
            runs.append([(index, entry)])
    return runs
