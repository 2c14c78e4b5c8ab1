"""Lengths of time as instruments state them, in ISO 8601: years, months (also a part of one), weeks and days, or hours."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil

from msgspec import Struct

_FORM = re.compile(
    r"P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+(?:\.\d+)?)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?P<hours>\d+)H)?\Z",
)
_DAYS_IN_WEEK = 7
_MONTHS_IN_YEAR = 12
_HOURS_IN_DAY = 24


class Duration(Struct, frozen=True):
    """A length as stated: months and days are not converted into each other, and hours stay hours."""

    months: int = 0
    part_of_month: Fraction = Fraction(0)
    days: int = 0
    hours: int = 0

    def whole_days(self) -> int:
        """Days of a length stated in days only (or hours that make whole days). Raises `ValueError` for any other."""
        days, rest = divmod(self.hours, _HOURS_IN_DAY)
        if self.months or self.part_of_month or rest:
            raise ValueError("this length is not a number of days")
        return self.days + days

    def longer_by(self, other: "Duration") -> "Duration":
        """Both lengths together, unit by unit."""
        return Duration(
            months=self.months + other.months,
            part_of_month=self.part_of_month + other.part_of_month,
            days=self.days + other.days,
            hours=self.hours + other.hours,
        )

    def after(self, start: datetime) -> datetime:
        """The instant this long after the start: months by the calendar, a missing date is the last day of its month.

        Raises `ValueError` for a length with a part of a month, which is one by its counting only.
        """
        if self.part_of_month:
            raise ValueError("a part of a month has no length of its own")
        day = months_on(start.date(), self.months)
        moved = start.replace(year=day.year, month=day.month, day=day.day)
        return moved + timedelta(days=self.days, hours=self.hours)

    def days_in_part(self, month: int) -> int:
        """The part of a month in days, for a month of that many days; a begun day is a day."""
        return ceil(self.part_of_month * month)


@lru_cache
def parse_duration(text: str) -> Duration:
    """The length; raises `ValueError` when the text is no ISO 8601 duration of the kinds above, or is empty of length."""
    match = _FORM.match(text)
    if match is None or text.endswith("T"):
        raise ValueError(f"{text!r} is no ISO 8601 duration in years, months, weeks and days, or in hours")
    years, weeks, days, hours = (int(match[name] or 0) for name in ("years", "weeks", "days", "hours"))
    months = Fraction(match["months"] or 0)
    whole = int(months)
    found = Duration(
        months=years * _MONTHS_IN_YEAR + whole,
        part_of_month=months - whole,
        days=weeks * _DAYS_IN_WEEK + days,
        hours=hours,
    )
    if found == Duration():
        raise ValueError(f"{text!r} has no length")
    if found.hours and (found.days or found.months or found.part_of_month):
        raise ValueError(f"{text!r} mixes hours with longer units, which are counted in different ways")
    return found


def in_words(duration: Duration, *, working_days: bool = False) -> str:
    """The length in plain words, e.g. `2 calendar days`, `1 month`."""
    days = "working day" if working_days else "calendar day"
    month = float(duration.months + duration.part_of_month)
    parts = [
        f"{number:g} {name}" + ("" if number == 1 else "s")
        for number, name in ((month, "month"), (duration.days, days), (duration.hours, "hour"))
        if number
    ]
    return " and ".join(parts)


def months_on(day: date, months: int) -> date:
    """The same date so many months on, or the last day of a shorter month."""
    index = day.year * _MONTHS_IN_YEAR + day.month - 1 + months
    year, month = divmod(index, _MONTHS_IN_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
