"""Where and when an authority works: its zone, and its public holidays.

Holidays come from the `holidays` library, loaded at first use: an office that asks no law question never pays for it.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

Holidays = Callable[[date], str | None]
"""The name of the public holiday on a day, or None."""

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Calendar(Struct, frozen=True):
    """The zone (IANA name) and the public holidays of the place where an act must be done; `name` is shown in traces."""

    zone: str
    holidays: Holidays
    name: str

    def local(self, instant: datetime) -> datetime:
        """The instant on this place's clock."""
        return instant.astimezone(ZoneInfo(self.zone))

    def midnight(self, day: date) -> datetime:
        """The instant at which that day begins here."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))

    def same_time(self, instant: datetime, day: date) -> datetime:
        """The instant's local time of day, on another day."""
        return datetime.combine(day, self.local(instant).timetz())


def no_holidays(_day: date) -> str | None:
    """The calendar of a place whose public holidays are not known: none. Whoever uses it must say so in the name."""
    return None


def calendar_of(country: str, zone: str, subdivision: str = "") -> Calendar:
    """The calendar of a country (ISO 3166-1 alpha-2) in a zone. Raises `BrokenInputError` (see `public_holidays`)."""
    name = f"{country}-{subdivision}" if subdivision else country
    return Calendar(zone=zone, holidays=public_holidays(country, subdivision), name=name)


@cache
def public_holidays(country: str, subdivision: str = "") -> Holidays:
    """The public holidays of a country or its subdivision; `BrokenInputError` with not-found when they are not known."""
    import holidays

    try:
        days = holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "no public holidays are known for this place",
            found=f"{country} {subdivision}".strip(),
            expected="a country or subdivision of ISO 3166 that the calendar knows",
            do="name another calendar in the directory, or choose no holidays and say so",
        ) from error

    def name_of(day: date) -> str | None:
        return days.get(day)

    return name_of


def day_in_words(day: date) -> str:
    """E.g. `21 November 2026`, whatever the machine's language."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday_in_words(day: date) -> str:
    """E.g. `Saturday`."""
    return WEEKDAYS[day.weekday()]


def instant_in_words(instant: datetime, calendar: Calendar) -> str:
    """E.g. `21 November 2026 15:03 Europe/Lisbon`; an instant that ends a day is shown as that day's 24:00."""
    local = calendar.local(instant)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{day_in_words(local.date() - timedelta(days=1))} 24:00 {calendar.zone}"
    return f"{day_in_words(local.date())} {local:%H:%M} {calendar.zone}"
