"""How a period is counted: from an event to the instant by which something is due, with every step in plain words.

Two ends come out. The *target* is the strict reading: the same time of day after so many days, or so many elapsed hours
after the event. The *legal* end follows the instrument's way of counting (`Counting`), which can only be later (for a
period counted backwards: only earlier). Alarms go by the stricter one, a breach is told by the legal one. A side that
must keep data keeps them to the legal end; the side that orders acts by the target.

Steps, in this order (each is done, or left out, as the counting says, and cites its basis):
1. Hours: elapsed hours in UTC, from the event or from the next full hour; never moved to another day.
2. Days, weeks, months, years: the event's day is not counted; a missing date is the last day of its month.
3. Free days in the middle count, unless the period is in working days.
4. A last day that is a holiday or a weekend day moves to the next working day (not when counted backwards).
5. A period contains at least so many working days.
6. It ends with its last day, or at the event's time of day.
7. Days are days where the acting authority is: one of 23 or 25 hours, when clocks change, is a day. Where the counting says
   so, calendar days are never less (a minimum), or never more (a maximum), than as many times 24 hours.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from comity.law.calendars import Calendar, day_in_words, instant_in_words, weekday_in_words
from comity.law.durations import Duration, in_words, months_on
from comity.law.instruments import (
    Counting,
)
from comity.law.terms import (
    ClockUnit,
    CountingStep,
    DayHours,
    DaysRule,
    HoursRule,
    Weekday,
)

_WEEKDAYS = tuple(Weekday)
_ONE_DAY = timedelta(days=1)
_ONE_HOUR = timedelta(hours=1)


class Counted(Struct, frozen=True):
    """A period's end: both instants in UTC, the trace, and whether every basis used was read in the text."""

    target_due: datetime
    legal_due: datetime
    trace: tuple[str, ...]
    verified: bool


class Period(Struct, frozen=True):
    """What is to be counted: a length in a unit, forwards or backwards from the event called so in the trace."""

    length: Duration
    unit: ClockUnit
    called: str
    backwards: bool = False


class _Last(Struct, frozen=True):
    """The last day of a period, as it stands after the steps so far."""

    day: date
    trace: tuple[str, ...]
    used: tuple[CountingStep, ...]

    def then(self, day: date, why: str, step: CountingStep) -> "_Last":
        return _Last(day=day, trace=(*self.trace, why), used=(*self.used, step))


def count(event: datetime, period: Period, counting: Counting, calendar: Calendar) -> Counted:
    """When the period ends, by this way of counting, in this place. The event's instant must carry its zone."""
    length = in_words(period.length, working_days=period.unit is ClockUnit.WORKING_DAYS)
    way = "back from" if period.backwards else "from"
    begins = f"{length} {way} {instant_in_words_exact(event, calendar)} ({period.called})"
    if period.length.hours:
        return _count_hours(event, period, counting, calendar, begins)
    return _count_days(event, period, counting, calendar, begins)


def instant_in_words_exact(instant: datetime, calendar: Calendar) -> str:
    """E.g. `21 November 2026 15:03 Europe/Lisbon (14:03 UTC)`: an event happened at a time, so midnight is 00:00."""
    local, utc = calendar.local(instant), instant.astimezone(UTC)
    day = f"{day_in_words(local.date())} {local:%H:%M}"
    return f"{day} UTC" if calendar.zone == "UTC" else f"{day} {calendar.zone} ({utc:%H:%M} UTC)"


def _count_hours(event: datetime, period: Period, counting: Counting, calendar: Calendar, begins: str) -> Counted:
    """Step 1."""
    sign = -1 if period.backwards else 1
    length = sign * period.length.hours * _ONE_HOUR
    target = event.astimezone(UTC) + length
    start = event.astimezone(UTC)
    trace = [begins]
    if counting.hours is HoursRule.NEXT_FULL_HOUR and not period.backwards:
        local = calendar.local(event)
        start += _ONE_HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        trace.append(f"the hour of the event is not counted{_why(counting, CountingStep.HOURS)}")
    else:
        trace.append(f"hours run from the event{_why(counting, CountingStep.HOURS)}")
    trace.append("hours that elapse are counted, over nights, weekends, holidays and changes of clocks")
    legal = start + length
    trace.append(f"ends {instant_in_words_exact(legal, calendar)}")
    return Counted(
        target_due=target,
        legal_due=legal,
        trace=tuple(trace),
        verified=_verified(counting, (CountingStep.HOURS,)),
    )


def _count_days(event: datetime, period: Period, counting: Counting, calendar: Calendar, begins: str) -> Counted:
    """Steps 2 to 6."""
    first = calendar.local(event).date()
    last = _last_day(first, period, counting, calendar, _Last(day=first, trace=(begins,), used=(CountingStep.DAYS,)))
    unrolled = last.day
    if not period.backwards:
        last = _moved(last, period, counting, calendar)
        last = _long_enough(first, last, counting, calendar)
    return _end(event, unrolled, last, period=period, counting=counting, calendar=calendar)


def _last_day(first: date, period: Period, counting: Counting, calendar: Calendar, last: _Last) -> _Last:
    """Steps 2 and 3."""
    sign = -1 if period.backwards else 1
    length = period.length
    if period.unit is ClockUnit.WORKING_DAYS:
        day = _working_days_on(first, sign * length.days, counting, calendar)
        why = f"only working days count, the first one after the event's day{_why(counting, CountingStep.WORKING_DAYS)}"
        return last.then(day, f"{why}; the last is {_named(day, counting, calendar)}", CountingStep.WORKING_DAYS)
    day = months_on(first, sign * length.months)
    if length.months:
        same = (
            f"months end on the same date, or on the last day of a shorter month{_why(counting, CountingStep.MONTHS)}"
        )
        last = last.then(day, same, CountingStep.MONTHS)
    if length.part_of_month:
        whole = counting.part_month_days or monthrange(day.year, day.month)[1]
        day += sign * length.days_in_part(whole) * _ONE_DAY
        part = f"a part of a month is taken of {whole} days{_why(counting, CountingStep.PART_MONTHS)}"
        last = last.then(day, part, CountingStep.PART_MONTHS)
    day += sign * length.days * _ONE_DAY
    why = f"the event's day is not counted{_why(counting, CountingStep.DAYS)}; free days in between count"
    why += f"{_why(counting, CountingStep.FREE_DAYS)}; the last day is {_named(day, counting, calendar)}"
    return last.then(day, why, CountingStep.FREE_DAYS)


def _moved(last: _Last, period: Period, counting: Counting, calendar: Calendar) -> _Last:
    """Step 4."""
    free = _free(last.day, counting, calendar)
    if period.unit is ClockUnit.WORKING_DAYS or not free:
        return last
    if not counting.moves:
        return last.then(last.day, f"not moved{_why(counting, CountingStep.MOVED)}", CountingStep.MOVED)
    day = last.day
    while _free(day, counting, calendar):
        day += _ONE_DAY
    why = f"moved to the next working day, {_named(day, counting, calendar)}{_why(counting, CountingStep.MOVED)}"
    return last.then(day, why, CountingStep.MOVED)


def _long_enough(first: date, last: _Last, counting: Counting, calendar: Calendar) -> _Last:
    """Step 5. A period shorter than the least number of days is left as it is."""
    least = counting.least_working_days
    if not least or (last.day - first).days < least:
        return last
    day = last.day
    while _working_days_between(first, day, counting, calendar, least) < least:
        day += _ONE_DAY
    if day == last.day:
        return last
    why = f"lengthened to contain {least} working days, to {_named(day, counting, calendar)}"
    return last.then(day, why + _why(counting, CountingStep.LEAST_WORKING_DAYS), CountingStep.LEAST_WORKING_DAYS)


def _end(
    event: datetime, unrolled: date, last: _Last, *, period: Period, counting: Counting, calendar: Calendar
) -> Counted:
    """Step 6. Backwards, the period must have begun before its first day does."""
    strict = calendar.same_time(event, unrolled).astimezone(UTC)
    if counting.days is DaysRule.TO_THE_INSTANT:
        legal = calendar.same_time(event, last.day).astimezone(UTC)
    else:
        legal = calendar.midnight(last.day if period.backwards else last.day + _ONE_DAY).astimezone(UTC)
    how = "with its last day" if counting.days is DaysRule.WHOLE_DAYS else "at the time of the event"
    if _clocks_change(event, legal, period, calendar):
        elapsed = event.astimezone(UTC) + (-period.length.days if period.backwards else period.length.days) * _ONE_DAY
        changed = _across_changes(legal, elapsed, backwards=period.backwards, day_hours=counting.day_hours)
        why = _why(counting, CountingStep.CLOCK_CHANGES)
        if changed == legal:
            said = f"clocks change within it, and a day of 23 or 25 hours is a day{why}"
        else:
            said = f"clocks change within it, and {period.length.days} days are as many times 24 hours{why}"
            how = "when these hours are over"
        legal, last = changed, last.then(last.day, said, CountingStep.CLOCK_CHANGES)
    target = max(strict, legal) if period.backwards else min(strict, legal)
    ends = f"ends {how}: {instant_in_words(legal, calendar)}"
    return Counted(
        target_due=target,
        legal_due=legal,
        trace=(*last.trace, ends),
        verified=_verified(counting, last.used),
    )


def _clocks_change(event: datetime, legal: datetime, period: Period, calendar: Calendar) -> bool:
    """Whether step 7 has anything to say: months and working days are no number of hours."""
    in_days = not (period.length.months or period.length.part_of_month or period.unit is ClockUnit.WORKING_DAYS)
    return in_days and calendar.local(event).utcoffset() != calendar.local(legal).utcoffset()


def _across_changes(legal: datetime, elapsed: datetime, *, backwards: bool, day_hours: DayHours) -> datetime:
    """Step 7: the end by calendar days, or by elapsed hours where a minimum would fall short or a maximum be exceeded."""
    match day_hours:
        case DayHours.AT_LEAST:
            return min(legal, elapsed) if backwards else max(legal, elapsed)
        case DayHours.AT_MOST:
            return max(legal, elapsed) if backwards else min(legal, elapsed)
        case DayHours.AS_THEY_COME:
            return legal


def _working_days_on(day: date, days: int, counting: Counting, calendar: Calendar) -> date:
    step = _ONE_DAY if days > 0 else -_ONE_DAY
    left = abs(days)
    while left:
        day += step
        left -= not _free(day, counting, calendar)
    return day


def _working_days_between(first: date, last: date, counting: Counting, calendar: Calendar, enough: int) -> int:
    """Working days after the first day up to the last; counting stops when there are enough."""
    found, day = 0, last
    while day > first and found < enough:
        found += not _free(day, counting, calendar)
        day -= _ONE_DAY
    return found


def _free(day: date, counting: Counting, calendar: Calendar) -> str | None:
    """Why nobody works that day: the holiday's or the weekday's name, or None."""
    holiday = calendar.holidays(day)
    if holiday:
        return holiday
    return weekday_in_words(day) if _WEEKDAYS[day.weekday()] in counting.weekend else None


def _named(day: date, counting: Counting, calendar: Calendar) -> str:
    free = _free(day, counting, calendar)
    weekday = weekday_in_words(day)
    holiday = f", {free} in {calendar.name}" if free and free != weekday else ""
    return f"{weekday} {day_in_words(day)}{holiday}"


def _why(counting: Counting, step: CountingStep) -> str:
    """The basis of a step, in brackets, said to be unverified where it is."""
    for basis in counting.basis:
        if basis.on is step:
            doubt = "" if basis.verified else ", unverified"
            return f" ({basis.rule}: {basis.text}{doubt})"
    return ""


def _verified(counting: Counting, used: tuple[CountingStep, ...]) -> bool:
    return all(basis.verified for basis in counting.basis if basis.on in used)
