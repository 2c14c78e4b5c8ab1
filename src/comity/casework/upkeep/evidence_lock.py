"""Evidence lock: a store that is to lock its objects does so, and what it still holds of what was destroyed is no secret.

What a store locks (`comity.casework.ports.evidence.ObjectLock`) cannot be taken from it by whoever has the node's account or the
node itself. Re-verification renews the lock of what exhibits refer to. So it stands as long as any rule, legal hold or open
case keeps the exhibit, without the store knowing of cases; and what nothing refers to any more is let go of when the lock
that was last renewed ends. Its key was destroyed at once.
"""

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.alarms import Alarm, AlarmBoard, AlarmCode, end, sound

_STORE = "evidence-store"


def watch_lock(bench: Workbench, board: AlarmBoard, held: int) -> None:
    """Two alarms stand or end: the store offers no lock; so many objects that nothing refers to are still held by it.

    Raises `BrokenInputError(UNAVAILABLE)`.
    """
    lock = bench.store.lock
    missing = lock is not None and not lock.offered()
    _keep(bench, board, AlarmCode.EVIDENCE_NOT_LOCKED, "the store offers no object lock" if missing else "")
    _keep(bench, board, AlarmCode.EVIDENCE_STILL_LOCKED, f"{held} objects" if held else "")


def _keep(bench: Workbench, board: AlarmBoard, code: AlarmCode, detail: str) -> None:
    if detail:
        sound(board, Alarm(code, _STORE, bench.clock.now(), detail))
    else:
        end(board, code, _STORE)
