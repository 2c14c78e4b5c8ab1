"""Restore: after a backup came back, the gap to what witnesses saw is bridged by an act, in a new epoch of the ledger.

The leaves that were lost cannot be signed again. So a new origin begins over the leaves that are left; its first act says
where the old one ended for others. Peers that receive the act send again what the backup had forgotten. Keys that were
destroyed since the backup stay destroyed: their cases are cleared again before anything else.
"""

from collections.abc import Iterable

from msgspec import Struct

from comity.acts.bodies import LedgerRestored
from comity.cases.house import house_case
from comity.cases.state import CaseState, Phase
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.views import CaseView, close_view
from comity.casework.bench.waiting import forget_waiting
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import destroy
from comity.casework.ports.case import StoredView
from comity.casework.upkeep.epochs import announced_epoch
from comity.ledger.origins import epoch_of
from comity.ledger.standing import Behind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId


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
    # An epoch that was ever used is never used again, also when the backup is older than the restore that began it, or
    # when a restore broke off before anyone was told of its epoch.
    present, known = epoch_of(bench.records.ledger.head().origin), announced_epoch(bench)
    epoch = max(present, epoch_of(standing.witnessed.origin)) + 1
    bench.sign_head.allow_new_epoch()
    bench.records.ledger.new_epoch(bench.sign_head, epoch)
    body = LedgerRestored(size, standing.witnessed.size, standing.witnessed.root.hex(), known, epoch)
    everyone = [name for name in bench.directory().authorities if name != bench.me]
    payload = compose(bench, case=house_case(bench.me), body=body, instrument=NODE, to=everyone)
    committed = file_own(bench, payload)
    return Bridged(the_act(committed), size, max(0, standing.witnessed.size - size), cleared)


def clear_destroyed(bench: Workbench) -> int:
    """Cases whose key was destroyed are cleared again and leave a tombstone; disposals that were cut short are finished."""
    cleared = 0
    destroyed, disposed = set(bench.case_keys.destroyed()), set(bench.records.cases.disposed())
    for case in bench.records.cases.versions(destroyed):
        cleared += bool(_clear(bench, case)) or case not in disposed
        if case not in disposed:
            _leave_tombstone(bench, case)
    for case in disposed - destroyed:
        bench.case_keys.destroy(case)
        _clear(bench, case)
        cleared += 1
    return cleared


def finish_disposals(bench: Workbench, cases: Iterable[CaseId]) -> int:
    """Disposals of those of the cases that are still half done are finished; how many they were."""
    left = set(bench.records.cases.half_disposed()).intersection(cases)
    for case in left:
        bench.case_keys.destroy(case)
        _clear(bench, case)
    return len(left)


def _clear(bench: Workbench, case: CaseId) -> int:
    """Deletes the case's rows, and the objects that nothing refers to any more; how many rows there were."""
    forget_waiting(bench, case)
    kept = {each.exhibit for each in bench.records.exhibits.of_case(case)}
    for exhibit in kept:
        destroy(bench, exhibit)
    return sum(bench.records.dispose(case).values()) + len(kept)


def _leave_tombstone(bench: Workbench, case: CaseId) -> None:
    """The case's row says that it was disposed of. Its certificate is lost with what the backup had forgotten."""
    view = close_view(bench.cipher, CaseView(CaseState(case, Phase.DISPOSED)))
    with bench.records.transaction() as change:
        row = change.lock([case])[case]
        change.write([], [StoredView(case, row.version + 1, view, Phase.DISPOSED, None)], [], [])
