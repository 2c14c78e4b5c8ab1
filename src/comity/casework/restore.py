"""Restore: after a backup came back, the gap to what witnesses saw is bridged by an act, in a new epoch of the ledger.

The leaves that were lost cannot be signed again. So a new origin begins over the leaves that are left; its first act says
where the old one ended for others. Peers that receive the act send again what the backup had forgotten. Keys that were
destroyed since the backup stay destroyed: their cases are cleared again before anything else.
"""

from msgspec import Struct

from comity.acts.bodies import LedgerRestored
from comity.cases.house import house_case
from comity.cases.state import Phase
from comity.casework.issuing import compose, file_own
from comity.casework.legality import NODE
from comity.casework.workbench import Workbench
from comity.ledger.standing import Behind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId


class Bridged(Struct, frozen=True):
    """The node signs again, under a new origin; `lost` leaves were seen by witnesses and are not here."""

    act: ActId
    size: int
    lost: int
    cleared: int


def bridge_restore(bench: Workbench) -> Bridged | Refusal:
    """Begins the new epoch and says so to everyone. Refused unless the node is behind its witnesses."""
    standing = bench.sign_head.standing
    if not isinstance(standing, Behind):
        return Refusal("not-behind", "this ledger is not behind its witnesses; there is nothing to bridge")
    cleared = clear_destroyed(bench)
    size = bench.records.ledger.head().size
    bench.sign_head.allow_new_epoch()
    bench.records.ledger.new_epoch(bench.sign_head)
    body = LedgerRestored(size, standing.witnessed.size, standing.witnessed.root.hex())
    everyone = [name for name in bench.directory().authorities if name != bench.me]
    payload = compose(bench, case=house_case(bench.me), body=body, instrument=NODE, to=everyone)
    committed = file_own(bench, payload)
    return Bridged(next(iter(committed.indexes)), size, standing.witnessed.size - size, cleared)


def clear_destroyed(bench: Workbench) -> int:
    """Rows of cases whose key was destroyed are cleared again, and disposals that were cut short are finished."""
    cleared = 0
    destroyed = set(bench.case_keys.destroyed())
    for row in list(bench.records.cases.cases()):
        if row.case in destroyed:
            cleared += bool(sum(bench.records.dispose(row.case).values()))
        elif row.phase is Phase.DISPOSED:
            bench.case_keys.destroy(row.case)
            bench.records.dispose(row.case)
            cleared += 1
    return cleared
