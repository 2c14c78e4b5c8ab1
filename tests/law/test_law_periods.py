"""How periods are counted: by the counting rules of the Union, and where an instrument has none."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.law.calendars import Calendar, calendar_of, no_holidays, public_holidays
from comity.law.durations import Duration, in_words, parse_duration
from comity.law.packaged import packaged_law
from comity.law.periods import Period, count
from comity.law.terms import ClockUnit
from comity.vocabulary.errors import BrokenInputError, ErrorCode

LAW = packaged_law()
UNION = LAW.instruments["EU-2023-1543"].countings["reg-1182-71"]
SILENT_MINIMUM = LAW.instruments["CETS185"].countings["minimum"]
SILENT_MAXIMUM = LAW.instruments["CETS185"].countings["maximum"]
BERLIN = calendar_of("DE", "Europe/Berlin")
LISBON = calendar_of("PT", "Europe/Lisbon")


def counted(event, length, counting=UNION, calendar=BERLIN, *, unit=ClockUnit.CALENDAR, backwards=False):
    return count(event, Period(parse_duration(length), unit, "the event", backwards), counting, calendar)


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


def end_of(day, zone="Europe/Berlin"):
    return local(zone, day.year, day.month, day.day) + timedelta(days=1)


# Hours --------------------------------------------------------------------------------------------------------------


def test_hours_run_from_the_next_full_hour_and_over_the_weekend():
    found = counted(local("Europe/Berlin", 2026, 11, 20, 14, 3), "PT48H")
    assert found.legal_due == local("Europe/Berlin", 2026, 11, 22, 15, 0)  # a Sunday
    assert found.target_due == local("Europe/Berlin", 2026, 11, 22, 14, 3)


def test_an_event_on_the_full_hour_falls_in_the_hour_that_begins():
    found = counted(local("Europe/Berlin", 2026, 11, 20, 14, 0), "PT8H")
    assert found.legal_due == local("Europe/Berlin", 2026, 11, 20, 23, 0)


def test_the_full_hour_is_that_of_the_place_also_where_zones_are_off_by_minutes():
    kathmandu = Calendar("Asia/Kathmandu", no_holidays, "none")
    found = counted(local("Asia/Kathmandu", 2026, 11, 20, 14, 3), "PT8H", calendar=kathmandu)
    assert found.legal_due == local("Asia/Kathmandu", 2026, 11, 20, 23, 0)


@pytest.mark.parametrize("day", [(2026, 3, 28), (2026, 10, 24)])
def test_a_change_of_clocks_neither_adds_nor_takes_an_hour(day):
    event = local("Europe/Berlin", *day, 14, 3).astimezone(UTC)
    found = counted(event, "PT48H")
    assert found.target_due - event == timedelta(hours=48)
    assert found.legal_due - event == timedelta(hours=48, minutes=57)


# Days ---------------------------------------------------------------------------------------------------------------


def test_ten_days_end_with_the_tenth_day_and_move_from_saturday_to_monday():
    found = counted(local("Europe/Berlin", 2026, 11, 11, 9, 0), "P10D")
    assert found.legal_due == end_of(date(2026, 11, 23))
    assert found.target_due == local("Europe/Berlin", 2026, 11, 21, 9, 0)
    assert any("Saturday 21 November 2026" in line for line in found.trace)
    assert any("moved to the next working day, Monday 23 November 2026" in line for line in found.trace)


def test_a_minimum_without_a_rule_never_falls_short_of_its_hours_when_clocks_go_forward():
    event = datetime(2027, 2, 17, 22, 30, tzinfo=UTC)
    found = counted(event, "P60D", SILENT_MINIMUM)
    assert found.legal_due == event + timedelta(days=60)
    assert any("60 days are as many times 24 hours" in line and "must not fall short" in line for line in found.trace)
    assert found.trace[-1].startswith("ends when these hours are over")


def test_a_maximum_without_a_rule_never_exceeds_its_hours_when_clocks_go_back():
    event = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
    found = counted(event, "P90D", SILENT_MAXIMUM)
    assert found.legal_due == found.target_due == event + timedelta(days=90)
    assert any("must not exceed" in line for line in found.trace)


def test_the_union_counts_days_and_not_their_hours_and_says_so():
    event = datetime(2027, 2, 11, 22, 30, tzinfo=UTC)
    found = counted(event, "P60D")
    assert found.legal_due == end_of(date(2027, 4, 12))
    assert found.legal_due - event == timedelta(days=59, hours=23, minutes=30)
    assert any("a day of 23 or 25 hours is a day (P2 and D2" in line for line in found.trace)


def test_where_no_clock_changes_none_is_spoken_of():
    assert not any("clocks change" in line for line in counted(local("Europe/Berlin", 2026, 11, 2), "P10D").trace)


def test_a_last_day_before_easter_moves_over_all_the_holidays():
    found = counted(local("Europe/Berlin", 2026, 3, 24, 9, 0), "P10D")  # Good Friday
    assert found.legal_due == end_of(date(2026, 4, 7))


def test_the_holidays_are_those_of_the_place():
    event = datetime(2026, 4, 15, 9, 0, tzinfo=UTC)  # ten days on: 25 April, a Saturday; the 27th is an ordinary Monday
    assert counted(event, "P10D", calendar=LISBON).legal_due == end_of(date(2026, 4, 27), "Europe/Lisbon")
    event = datetime(2026, 5, 31, 9, 0, tzinfo=UTC)  # ten days on: 10 June, a holiday in Portugal only
    assert counted(event, "P10D", calendar=LISBON).legal_due == end_of(date(2026, 6, 11), "Europe/Lisbon")
    assert counted(event, "P10D", calendar=BERLIN).legal_due == end_of(date(2026, 6, 10))


def test_two_days_over_a_weekend_contain_two_working_days():
    found = counted(local("Europe/Berlin", 2026, 11, 20, 9, 0), "P2D")  # Friday; Sunday moves to Monday
    assert found.legal_due == end_of(date(2026, 11, 24))


def test_working_days_leave_out_easter():
    found = counted(local("Europe/Berlin", 2026, 4, 2, 9, 0), "P5D", unit=ClockUnit.WORKING_DAYS)
    assert found.legal_due == end_of(date(2026, 4, 13))


def test_a_period_counted_backwards_is_not_moved():
    found = counted(local("Europe/Berlin", 2026, 11, 17, 9, 0), "P10D", backwards=True)
    assert found.legal_due == local("Europe/Berlin", 2026, 11, 7)  # a Saturday
    assert found.target_due >= found.legal_due


@pytest.mark.parametrize(
    ("event", "length", "last"),
    [
        ((2027, 1, 31), "P1M", (2027, 3, 1)),  # 28 February 2027 is a Sunday
        ((2028, 1, 31), "P1M", (2028, 2, 29)),
        ((2028, 2, 29), "P1Y", (2029, 2, 28)),
        ((2026, 12, 15), "P2W", (2026, 12, 29)),
        ((2026, 11, 2), "P1.5M", (2026, 12, 17)),
    ],
)
def test_months_end_on_the_same_date_or_the_last_day_there_is(event, length, last):
    assert counted(local("Europe/Berlin", *event, 9, 0), length).legal_due == end_of(date(*last))


def test_a_silent_instrument_keeps_a_minimum_to_the_end_of_the_day_and_does_not_move_it():
    found = counted(datetime(2026, 11, 24, 14, 3, tzinfo=UTC), "P60D", SILENT_MINIMUM)
    assert found.legal_due == end_of(date(2027, 1, 23))  # a Saturday
    assert any("not moved" in line and "no rule" in line for line in found.trace)


def test_a_silent_instrument_keeps_a_maximum_to_the_instant():
    event = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
    found = counted(event, "P90D", SILENT_MAXIMUM)
    assert found.legal_due == found.target_due == event + timedelta(days=90)


def test_unverified_counting_says_so():
    found = counted(datetime(2026, 11, 21, 14, 3, tzinfo=UTC), "PT48H")
    assert not found.verified
    assert any("unverified" in line for line in found.trace)
    assert counted(datetime(2026, 11, 21, 14, 3, tzinfo=UTC), "P60D", SILENT_MINIMUM).verified


# Properties ---------------------------------------------------------------------------------------------------------

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Santiago",
)
places = st.sampled_from([Calendar(zone, public_holidays("DE"), "DE") for zone in ZONES])
events = st.datetimes(datetime(2012, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.one_of(
    st.integers(1, 400).map(lambda n: Duration(days=n)),
    st.integers(1, 30).map(lambda n: Duration(months=n)),
    st.tuples(st.integers(1, 12), st.integers(1, 31)).map(lambda pair: Duration(months=pair[0], days=pair[1])),
)
hours = st.integers(1, 500).map(lambda n: Duration(hours=n))
countings = st.sampled_from([UNION, SILENT_MINIMUM, SILENT_MAXIMUM])
units = st.sampled_from(list(ClockUnit))


def ends(event, length, counting, place, unit=ClockUnit.CALENDAR):
    return count(event, Period(length, unit, "the event"), counting, place)


@given(events, st.one_of(lengths, hours), countings, places)
def test_the_target_is_never_after_the_legal_end_and_both_are_after_the_event(event, length, counting, place):
    found = ends(event, length, counting, place)
    assert event < found.target_due <= found.legal_due


@given(events, hours, places)
def test_hours_are_never_moved_to_another_day(event, length, place):
    found = ends(event, length, UNION, place)
    extra = found.legal_due - event - length.hours * timedelta(hours=1)
    assert timedelta() < extra <= timedelta(hours=1)


@given(events, st.tuples(st.integers(1, 200), st.integers(1, 200)).map(sorted), countings, places, units)
def test_a_longer_period_never_ends_earlier(event, days, counting, place, unit):
    short, long = (ends(event, Duration(days=n), counting, place, unit) for n in days)
    assert short.legal_due <= long.legal_due


@given(events, st.timedeltas(timedelta(), timedelta(days=10)), lengths, countings, places)
def test_a_later_event_never_ends_earlier(event, later, length, counting, place):
    assert ends(event, length, counting, place).legal_due <= ends(event + later, length, counting, place).legal_due


@given(events, lengths, places)
def test_a_period_of_the_union_ends_with_a_working_day_and_has_two_of_them(event, length, place):
    found = ends(event, length, UNION, place)
    first = place.local(event).date()
    last = place.local(found.legal_due - timedelta(microseconds=1)).date()
    free = lambda day: day.weekday() >= 5 or place.holidays(day)  # noqa: E731
    assert not free(last)
    if (last - first).days >= 2:
        assert sum(not free(first + timedelta(days=n)) for n in range(1, (last - first).days + 1)) >= 2


@given(events, st.one_of(lengths, hours), countings, places)
@settings(max_examples=40)
def test_the_result_does_not_depend_on_the_zone_of_the_machine(event, length, counting, place):
    before = os.environ.get("TZ")
    results = []
    try:
        for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
            os.environ["TZ"] = zone
            time.tzset()
            results.append(ends(event, length, counting, place))
    finally:
        os.environ.pop("TZ", None) if before is None else os.environ.update(TZ=before)
        time.tzset()
    assert results[0] == results[1] == results[2]


@given(events, st.one_of(lengths, hours), countings, places)
def test_the_same_event_written_in_another_zone_ends_the_same(event, length, counting, place):
    elsewhere = event.astimezone(ZoneInfo("Asia/Tokyo"))
    assert ends(elsewhere, length, counting, place) == ends(event, length, counting, place)


# Lengths and calendars ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P0D", "60", "P60", "P-1D", "P1DT2H", "P1MT1H", "PT1M", "p60d", "P1D "]
)
def test_text_that_is_no_length_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P60D", "60 calendar days"),
        ("P1D", "1 calendar day"),
        ("PT48H", "48 hours"),
        ("P1M", "1 month"),
        ("P1M15D", "1 month and 15 calendar days"),
        ("P1.5M", "1.5 months"),
    ],
)
def test_a_length_reads_in_plain_words(text, words):
    assert in_words(parse_duration(text)) == words


def test_a_place_without_a_known_calendar_is_an_error_with_a_code():
    with pytest.raises(BrokenInputError) as caught:
        public_holidays("XX")
    assert caught.value.code is ErrorCode.NOT_FOUND
