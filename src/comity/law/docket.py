"""The clocks of a case in the order in which people look at them, each with the zones of both sides and what set it going."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from comity.law.clock_run import ClockStatus
from comity.law.clocks import CalendarsOf, ClockState, clocks
from comity.law.corpus import Law
from comity.law.history import PastAct
from comity.law.terms import Side

STOPPED = frozenset({ClockStatus.MET, ClockStatus.PASSED, ClockStatus.ENDED})
"""Clocks that have come to their end in good order."""

_ORDER = (
    ClockStatus.LAPSED,
    ClockStatus.RUNNING,
    ClockStatus.SUSPENDED,
    ClockStatus.HELD,
    ClockStatus.MET,
    ClockStatus.PASSED,
    ClockStatus.ENDED,
)


class DocketLine(Struct, frozen=True):
    """One clock; `trigger` is the type of the act that started it, empty for what no act starts."""

    clock: ClockState
    trigger: str
    zones: dict[Side, str]

    def due_in(self, side: Side) -> datetime | None:
        """The legal end on the clock of that side."""
        due = self.clock.legal_due
        return due.astimezone(ZoneInfo(self.zones[side])) if due else None


class Docket(Struct, frozen=True):
    """All clocks of a case as of an instant: lapsed first, then running by what ends sooner, then those at rest."""

    name: str
    at: datetime
    lines: tuple[DocketLine, ...]
    law: str


def docket(
    law: Law,
    name: str,
    history: Sequence[PastAct],
    *,
    at: datetime,
    calendars: CalendarsOf,
    beside: Sequence[ClockState] = (),
) -> Docket:
    """The docket of one case; arguments as of `comity.law.clocks.clocks`. `beside` are clocks that no law of ours sets going."""
    triggers = {past.act: past.type.value for past in history}
    found = (*clocks(law, history, at=at, calendars=calendars), *beside)
    lines = [
        DocketLine(each, triggers.get(each.started_by or "", ""), _zones(calendars, each.started_by)) for each in found
    ]
    return Docket(name=name, at=at, lines=tuple(sorted(lines, key=_rank)), law=law.version)


def _zones(calendars: CalendarsOf, act: str | None) -> dict[Side, str]:
    return {side: place.zone for side, place in calendars(act).items()}


def _rank(line: DocketLine) -> tuple[int, int, float, str]:
    due = line.clock.alarm_due
    return _ORDER.index(line.clock.state), due is None, due.timestamp() if due else 0.0, line.clock.id
