"""The alarms of one case, for whoever may read it: each limit of the law with its clock, and what its keeping asks of people.

`comity.casework.ports.alarms` tells every officer of the node that there is one, and says no more; here stands what it is about.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from comity.casework.bench.histories import history_under
from comity.casework.bench.places import calendars_of
from comity.casework.bench.views import CaseView
from comity.casework.bench.workbench import Workbench
from comity.casework.desk.limits_due import alarm_of
from comity.casework.ports.alarms import AlarmCode
from comity.casework.ports.case import StoredView
from comity.law.docket import DocketLine, docket


class CaseAlarm(Struct, frozen=True):
    """What wants a person in a case, since when. `line` is the clock of a limit of the law, with the zones of both sides."""

    code: AlarmCode
    since: datetime
    line: DocketLine | None = None


def case_alarms(bench: Workbench, row: StoredView, view: CaseView) -> tuple[CaseAlarm, ...]:
    """Everything in the case that wants a person now: limits in the order of their docket, then its keeping."""
    now = bench.clock.now()
    return (*_limits(bench, row, view, now), *_keeping(row, now))


def _limits(bench: Workbench, row: StoredView, view: CaseView, now: datetime) -> Iterator[CaseAlarm]:
    """No clock is counted where the row tells that no limit is near."""
    lead = bench.own_rules.clock_lead
    told = {(due.act, due.clock): alarm for due in row.limits if (alarm := alarm_of(row.case, due, now, lead))}
    if told:
        places = calendars_of(bench.directory(), bench.me, view.state)
        history = history_under(bench, view, bench.law)
        for line in docket(bench.law, row.case, history, at=now, calendars=places).lines:
            alarm = told.get((line.clock.started_by or "", line.clock.id))
            if alarm is not None:
                yield CaseAlarm(alarm.code, alarm.since, line)


def _keeping(row: StoredView, now: datetime) -> Iterator[CaseAlarm]:
    if row.attention is not None and row.attention.at <= now:
        yield CaseAlarm(row.attention.code, row.attention.at)
