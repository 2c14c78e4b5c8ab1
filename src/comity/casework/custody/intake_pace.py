"""How far an intake is, how fast it goes and how long it will take: told while it goes, asked by whoever waits for it."""

from datetime import datetime, timedelta

from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.reading_rights import case_right
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import OfficerRef
from comity.evidence.items.exhibits import Extent, PacedProgress, Progress
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId

_PAUSE = timedelta(seconds=1)


class Pacing:
    """Listens to one intake and tells of it once a second at most. For whoever has the order's claim."""

    def __init__(self, bench: Workbench, order: ActId, total: Extent | None) -> None:
        self._bench = bench
        self._order = order
        self._total = total
        self._begun_at = self._told_at = bench.clock.now()
        self._far = Progress(0, 0, 0)
        self._tell()

    def __call__(self, far: Progress) -> None:
        """So far it is now."""
        self._far = far
        if self._bench.clock.now() - self._told_at >= _PAUSE:
            self._tell()

    def end(self) -> None:
        """It is over: the last word is told."""
        self._tell()

    def _tell(self) -> None:
        self._told_at = self._bench.clock.now()
        self._bench.intakes.tell(self._order, paced(self._far, self._total, self._begun_at, self._told_at))


def paced(far: Progress, total: Extent | None, begun_at: datetime, at: datetime) -> PacedProgress:
    """Rate and time left. What an earlier attempt has sealed is no work of this one, and counts for neither."""
    seconds = (at - begun_at).total_seconds()
    done = far.size - far.earlier
    rate = int(done / seconds) if seconds > 0 else 0
    left = None
    if total is not None and seconds > 0:
        if total.size and rate:
            left = max(0, total.size - far.size) * seconds / done
        elif not total.size and far.files:
            left = max(0, total.files - far.files) * seconds / far.files
    return PacedProgress(begun_at, at, far, total, rate, None if left is None else round(left))


def intake_progress(bench: Workbench, officer: OfficerRef, order: ActId) -> PacedProgress | Refusal:
    """How far the intake under the order is, for who may read its case: counts, nothing of what they are of. Raises NOT_FOUND."""
    office = case_right(bench, officer, state_of(bench, payload_of(bench, order).case))
    if isinstance(office, Refusal):
        return office
    progress = bench.intakes.progress(order)
    if progress is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "nothing was taken in under that order at this node", found=order)
    return progress
