"""Rules on keeping: files that cannot be applied are refused; a rule keeps exactly while its clock does; nothing is invented."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.law.changes import law_changes
from comity.law.durations import parse_duration
from comity.law.loader import MalformedLaw, read_instruments
from comity.law.localisation import must_stay, stored_outside
from comity.law.packaged import packaged_files
from comity.law.retention import Life, Limit, Origin, limits
from comity.law.retention_rows import RetentionKind
from comity.vocabulary.categories import DataCategory

TEMPLATE = (Path(__file__).resolve().parents[2] / "law" / "template" / "office.toml").read_text("utf-8")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BC, REGULATION, PROTOCOL = "CETS185", "EU-2023-1543", "CETS224"


def read(text: str):
    return read_instruments({**packaged_files(), "office.toml": text.encode()})


def problems(text: str) -> str:
    found = read(text)
    assert isinstance(found, MalformedLaw)
    return "\n".join(each.in_words() for each in found.problems)


@pytest.fixture(scope="module")
def office():
    return read(TEMPLATE)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('length = "P1Y"', 'length = "a year"', "matching regex"),
        ('length = "P1Y"', 'length = "P0.5M"', "matching regex"),
        ('length = "P1Y"', 'length = "P101Y"', "matching regex"),
        ('length = "P1Y"', 'length = "P"', "is no ISO 8601 duration"),
        ('length = "P1Y"', "", "the key 'length' is missing"),
        ('source = "text"', 'source = "nowhere"', "the file has no source 'nowhere'"),
        ('id = "xa.no-longer"', 'id = "xa.keep"', "the id 'xa.keep' is used twice"),
        ("since = 2024-01-01", "since = 2024-01-01\nuntil = 2023-01-01", "ends before it begins"),
        ('kind = "keep-at-most"', 'kind = "for-ever"', "Invalid enum value"),
        ('country = "XA"', 'country = "Lilliput"', "Expected"),
        ('rules_of = "xa-prosecutor" ', 'rules_of = "xa-prosecutor"\nof = 1 #', "unknown key 'of'"),
    ],
)
def test_an_offices_file_that_cannot_be_applied_is_refused_with_its_reason(old, new, told):
    assert old in TEMPLATE
    assert told in problems(TEMPLATE.replace(old, new, 1))


def test_the_rules_of_one_office_stand_in_one_file():
    found = read_instruments({**packaged_files(), "a.toml": TEMPLATE.encode(), "b.toml": TEMPLATE.encode()})
    assert isinstance(found, MalformedLaw)
    assert "stand in" in found.problems[0].reason


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('clock = "bc29.min"', 'clock = "bc29.minimum"', "the file has no clock 'bc29.minimum'"),
        ('clock = "bc29.min"', 'clock = "bc16.max"', "by a clock of kind min"),
        ('clock = "bc29.min"', "", "the file has no clock ''"),
        ('kind = "keep-at-least"', 'kind = "review"', "a review has no clock"),
    ],
)
def test_an_instruments_rule_rests_on_a_clock_that_can_keep(old, new, told):
    files = dict(packaged_files())
    head, mark, tail = files["budapest.toml"].decode().rpartition("[[retention]]")
    files["budapest.toml"] = (head + mark + tail.replace(old, new)).encode()
    found = read_instruments(files)
    assert isinstance(found, MalformedLaw)
    assert told in "\n".join(each.in_words() for each in found.problems)


def test_no_rule_of_an_instrument_states_a_number_that_no_clock_of_it_states(law):
    rules = [(instrument, rule) for instrument in law.instruments.values() for rule in instrument.file.retention]
    assert {instrument.head.id for instrument, _ in rules} >= {BC, REGULATION, PROTOCOL}
    for instrument, rule in rules:
        assert bool(rule.clock) != (rule.kind is RetentionKind.REVIEW)
        assert not any(character.isdigit() for character in rule.text)
        clocks = {each.rule.id: each.rule for each in instrument.clocks}
        assert not rule.clock or rule.verified <= clocks[rule.clock].verified


def life(*measures: tuple[str, str], closed: datetime | None = None, reviewed: datetime | None = None) -> Life:
    return Life(frozenset(measures), NOON, closed, reviewed)


def found(law, of: Life, clocks=(), at=NOON) -> dict[str, Limit]:
    return {each.rule: each for each in limits(law, of, clocks, at)}


def test_a_review_by_law_has_no_date_because_the_law_states_none(law):
    (limit,) = limits(law, life((PROTOCOL, "subscriber-order")), (), NOON)
    assert (limit.kind, limit.origin, limit.due, limit.citation.verified) == (
        RetentionKind.REVIEW,
        Origin.LAW,
        None,
        False,
    )
    assert "(unverified)" in limit.citation.in_words()
    assert limits(law, life((PROTOCOL, "joint-investigation")), (), NOON) == ()


def test_without_an_office_file_nothing_has_a_latest_date(law):
    everything = life(*((name, measure) for name, each in law.instruments.items() for measure in each.measures))
    assert {each.kind for each in limits(law, everything, (), NOON)} == {RetentionKind.REVIEW}


def test_an_offices_rule_counts_from_where_it_says_and_says_whose_it_is(office):
    assert found(office, life((BC, "x"))) == {}
    closed = found(office, life((PROTOCOL, "x"), closed=NOON + DAY))
    assert closed["xa.keep"].due == datetime(2027, 11, 22, 12, tzinfo=UTC)
    assert closed["xa.no-longer"].due == datetime(2031, 11, 22, 12, tzinfo=UTC)
    assert closed["xa.look-again"].due == datetime(2027, 5, 21, 12, tzinfo=UTC)
    assert {each.origin for each in closed.values()} == {Origin.OFFICE}
    assert "(unverified)" in closed["xa.look-again"].citation.in_words()


def test_what_changes_in_an_offices_file_is_told_rule_by_rule(law, office):
    changed = read(TEMPLATE.replace('length = "P1Y"', 'length = "P2Y"').replace('id = "xa.stay"', 'id = "xa.stays"'))
    told = {(each.table, each.id, each.kind.value, each.fields) for each in law_changes(office, changed).rules}
    assert told == {
        ("retention", "xa.keep", "changed", ("length",)),
        ("stay", "xa.stay", "removed", ()),
        ("stay", "xa.stays", "added", ()),
    }
    assert {each.kind.value for each in law_changes(law, office).rules} == {"added"}


def test_a_review_that_was_made_comes_round_again(office):
    reviewed = found(office, life((PROTOCOL, "x"), reviewed=NOON + 100 * DAY))
    assert reviewed["xa.look-again"].due == parse_duration("P6M").after(NOON + 100 * DAY)


def test_a_rule_that_does_not_hold_yet_keeps_nothing(office):
    assert "xa.no-longer" not in found(office, life(closed=NOON), at=datetime(2023, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instrument", "country", "categories", "stays"),
    [
        (BC, "XB", (DataCategory.CONTENT,), True),
        (BC, "", (DataCategory.CONTENT,), True),
        (BC, "XB", None, True),
        (BC, "XB", (DataCategory.CONTENT, DataCategory.SUBSCRIBER), True),
        (BC, "XB", (DataCategory.SUBSCRIBER,), False),
        (BC, "XA", (DataCategory.CONTENT,), False),
    ],
)
def test_what_stays_goes_nowhere_else_and_nowhere_unsaid(office, instrument, country, categories, stays):
    gaps = must_stay(office, country, instrument, categories, date(2026, 11, 21))
    assert [each.code for each in gaps] == (["xa.stay"] if stays else [])
    assert all("Filing rules (Lilliput), Section 9" in each.citation for each in gaps)


def test_a_store_is_outside_unless_a_rule_names_its_region(office, law):
    on = date(2026, 11, 21)
    assert [each.code for each in stored_outside(office, "us-east-1", on)] == ["xa.stay"]
    assert stored_outside(office, "xa-central-1", on) == ()
    assert stored_outside(law, "us-east-1", on) == ()


@given(st.integers(0, 29_000_000_000), st.integers(0, 1200))
def test_months_on_keep_the_date_or_take_the_last_day(start, months):
    start = datetime.fromtimestamp(start, UTC)
    end = parse_duration(f"P{months}M").after(start) if months else start
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end + DAY).day == 1
    assert end.timetz() == start.timetz()
