"""Times that say no zone are times only where a zone was stated, and only as far as its clocks showed them once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.recognised import Disagreement, ItemFormat, disagreement_of
from comity.evidence.recognising.recognise import cutter_of, recognise
from comity.evidence.recognising.timestamps import iso_instant, zone_named
from comity.vocabulary.categories import DataCategory

LISBON = ZoneInfo("Europe/Lisbon")
SUMMER = datetime(2026, 7, 1, 9, tzinfo=UTC)
LOCAL = SUMMER.replace(tzinfo=None)
FORMS = {
    "table": b"date,from,text\n2026-07-01 10:00:00,ana@example.org,a\n",
    "table-marked": b"\xef\xbb\xbfdate;from;text\r\n2026-07-01T10:00:00;ana@example.org;a\r\n",
    "json-lines": b'{"timestamp":"2026-07-01T10:00:00","body":"a","from":"x"}\n',
    "record": b'{"category":"subscriber","timestamp":"2026-07-01T10:00:00"}',
    "dated-log": b"2026-07-01 10:00:00 ERROR broken\n  at line 3\n",
    "dated-log-marked": b"\xef\xbb\xbf2026-07-01 10:00:00,123 broken\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_time_without_a_zone_is_unknown_unless_one_is_stated(form):
    assert recognise(FORMS[form]).first is None
    facts = recognise(FORMS[form], LISBON)
    assert facts.first.replace(microsecond=0) == SUMMER
    assert facts.assumed


@pytest.mark.parametrize("form", FORMS)
def test_a_stated_zone_changes_nothing_where_the_content_says_its_own(form):
    content = FORMS[form].replace(b",123", b"").replace(b"10:00:00", b"10:00:00Z")
    assert recognise(content, LISBON) == recognise(content)
    assert recognise(content).first.hour == 10


@pytest.mark.parametrize(
    "rest", [b" UTC", b" CET", b"+25:99", b".123+25:99", b" +2", b" WEST x", b"GMT", b":00", b".12345678901"]
)
def test_a_zone_that_cannot_be_read_is_not_replaced_by_the_stated_one(rest):
    assert recognise(b"2026-07-01 10:00:00" + rest + b" a\n", LISBON).first is None
    assert recognise(b"date,text\n2026-07-01 10:00:00" + rest + b",a\n", LISBON).first is None


SAID = [
    "PM",
    "am",
    "p.m.",
    "UTC",
    "z",
    "GMT",
    "MSK",
    "wib",
    "CET",
    "nzst",
    "BRT",
    "WARST",
    "UTC+3",
    "Europe/Paris",
    "-3",
]
BESIDE = [" {} x", ".5 {} x", ",123\t{} x", " ({}) x", " [{}] x", "  <{}>", " - {}: x"]


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("said", SAID)
def test_half_a_day_or_a_zone_in_letters_is_never_passed_over_wherever_it_stands(said, beside):
    line = f"2026-07-01 10:00:00{beside.format(said)}\n".encode()
    assert recognise(line, LISBON).format is ItemFormat.OPAQUE
    facts = recognise(FORMS["dated-log"] + line + FORMS["dated-log"], LISBON)
    assert (facts.format, facts.first, facts.last) == (ItemFormat.DATED_LOG, None, None)


def test_an_entry_whose_time_is_in_doubt_is_cut_apart_from_the_entry_before_it():
    cutter = cutter_of(ItemFormat.DATED_LOG, zone=LISBON)
    entry, doubtful = FORMS["dated-log"], b"2026-07-01 10:00:00 PM login\n  at night\n"
    pieces = [*cutter.feed(entry + doubtful + entry), *cutter.finish()]
    day = "2026-07-01"
    assert pieces == [(f"{day}/000001", entry), ("undated/000002", doubtful), (f"{day}/000003", entry)]


@pytest.mark.parametrize("word", [b"Zebra", b"Zulu"])
def test_a_word_that_begins_with_z_is_no_zone(word):
    assert recognise(b"2026-07-01 10:00:00 " + word + b"\n").first is None
    assert recognise(b"2026-07-01 10:00:00 " + word + b"\n", LISBON).first == SUMMER


LEVELS = ["INFO", "WARN", "WARNING", "ERROR", "DEBUG", "FATAL", "TRACE", "NOTICE", "CRIT", "ALERT", "EMERG", "SEVERE"]
WORDS = [*LEVELS, *map(str.lower, LEVELS), "I", "W", "GET /", "started", "Start", "am_proc_start", "pm2"]


@pytest.mark.parametrize("beside", [" {} x", ",123 {} x", " [{}] x", " ({}) x", " - {} - x", " {}: x"])
@pytest.mark.parametrize("word", WORDS)
def test_a_level_or_another_word_is_no_zone(word, beside):
    line = f"2026-07-01 10:00:00{beside.format(word)}\n".encode()
    assert recognise(line, LISBON).first.replace(microsecond=0) == SUMMER


@pytest.mark.parametrize("text", [b"2026-10-25 01:30:00", b"2026-03-29 01:30:00"])
def test_what_the_clocks_showed_twice_or_never_is_unknown(text):
    assert iso_instant(text, LISBON) is None
    table = b"date,text\n2026-07-01 10:00:00,a\n" + text + b",b\n"
    assert recognise(table, LISBON).first is None


@pytest.mark.parametrize("text", ["01/02/2026 10:00:00", "2/1/26", "10:00:00", "1 Feb 2026"])
def test_a_date_that_can_be_read_in_two_ways_stays_unknown_in_any_zone(text):
    assert recognise(f"date,text\n{text},a\n".encode(), LISBON).format is ItemFormat.OPAQUE


@given(
    st.datetimes(LOCAL.replace(year=1980), LOCAL.replace(year=2037)),
    st.sampled_from(["Asia/Kolkata", "America/New_York"]),
)
def test_every_local_time_that_is_read_is_what_the_clocks_showed(local, name):
    zone = ZoneInfo(name)
    found = iso_instant(f"{local:%Y-%m-%dT%H:%M:%S.%f}".encode(), zone)
    if found is not None:
        assert found.astimezone(zone).replace(tzinfo=None) == local
    else:
        folds = {local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        assert len(folds) == 2


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "/etc/localtime", "Europe", "x" * 99, "a\0b"])
def test_a_name_that_is_no_zone_is_none(name):
    assert zone_named(name) is None


def test_a_descriptor_names_the_zone_where_one_was_assumed_and_only_there():
    content = FORMS["table"]
    facts, plain = recognise(content, LISBON), recognise(content)

    def described(first, zone):
        return ItemDescriptor(
            "x",
            len(content),
            bytes(32),
            "text/csv",
            DataCategory.CONTENT,
            first,
            first,
            targets=facts.targets,
            zone=zone,
        )

    def judged(descriptor, recognised):
        return disagreement_of(descriptor, recognised, len(content), bytes(32))

    assert judged(described(SUMMER, "Europe/Lisbon"), facts) is None
    assert judged(described(SUMMER, ""), facts) is Disagreement.TIME
    assert judged(described(SUMMER, "Europe/Lisbon"), plain) is Disagreement.TIME
    assert judged(described(SUMMER, "Asia/Kolkata"), recognise(content, ZoneInfo("Asia/Kolkata"))) is Disagreement.TIME
