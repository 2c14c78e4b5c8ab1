import hashlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.recognised import Disagreement, ItemFormat
from comity.evidence.recognising.recognise import HEAD, Recognition, cutter_of, recognise, sniff
from comity.evidence.recognising.rows import MAX_NAMES
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.targets import Target, TargetKind

NAMES = b"timestamp,from,to,text\n"
SECOND = b"2026-11-02T23:59:59Z,ana@example.org,b@example.net,hello\n"
THIRD = b'2026-11-03T10:00:00Z,ana@example.org,b@example.net,"two\nlines, one ""row"""\n'
TABLE = NAMES + SECOND + THIRD
CALLS = b"call_time (UTC);caller;callee;duration\n2026-11-03 10:00:00;+351912345678;+4915112345678;61\n"


def items(content: bytes, size: int = 1 << 20) -> list[tuple[str, bytes]]:
    """What an intake makes of a source: the parts, each with its opening."""
    item_format, _ = sniff(content[:HEAD], complete=len(content) < HEAD)
    cutter = cutter_of(item_format, content[:HEAD])
    assert cutter is not None
    pieces = [piece for at in range(0, len(content), size) for piece in cutter.feed(content[at : at + size])]
    parts: list[tuple[str, bytes]] = []
    for name, data in [*pieces, *cutter.finish()]:
        if name is not None:
            parts.append((name, cutter.opening(name)))
        parts[-1] = (parts[-1][0], parts[-1][1] + data)
    return parts


def test_a_table_is_cut_by_day_and_every_part_begins_with_the_names():
    assert items(TABLE) == [("2026-11-02/000001", NAMES + SECOND), ("2026-11-03/000002", NAMES + THIRD)]


def test_every_part_shows_its_own_day_as_an_item_by_itself():
    first, second = (recognise(content) for _, content in items(TABLE))
    assert first.format is second.format is ItemFormat.ROWS
    assert first.first == first.last == datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC)
    assert second.first == datetime(2026, 11, 3, 10, tzinfo=UTC)


def test_a_table_of_messages_is_content_and_names_who_wrote():
    facts = recognise(TABLE)
    assert (facts.category, facts.media_type) == (DataCategory.CONTENT, "text/csv")
    assert facts.targets == (Target(TargetKind.EMAIL, "ana@example.org"), Target(TargetKind.EMAIL, "b@example.net"))


def test_a_table_of_calls_is_traffic_and_a_column_in_utc_needs_no_zone():
    facts = recognise(CALLS)
    assert (facts.category, facts.first) == (DataCategory.TRAFFIC, datetime(2026, 11, 3, 10, tzinfo=UTC))
    assert facts.targets[0] == Target(TargetKind.PHONE, "351912345678")


def test_a_row_that_names_its_category_has_that_one():
    content = b"date,category,value\n2026-11-03T10:00:00Z,subscriber,Ana\n"
    assert recognise(content).category is DataCategory.SUBSCRIBER


@pytest.mark.parametrize("when", [b"1793707200", b"1793707200000", b"1793707200.5", b"2026-11-03T12:00:00+00:00"])
def test_times_as_numbers_and_as_text_are_read(when):
    assert recognise(b"time,x\n" + when + b",1\n").first is not None


@pytest.mark.parametrize(
    "content",
    [
        b"timestamp,x\n",
        b"timestamp\n2026-11-03T10:00:00Z\n",
        b"timestamp,x\n2026-11-03T10:00:00,1\n",
        b"timestamp,x\n03/11/2026,1\n",
        b"when it was,x\n2026-11-03T10:00:00Z,1\n",
        b"timestamp,x\n2026-11-03T10:00:00Z,1,2\n",
        b"timestamp," + b"x" * MAX_NAMES + b"\n2026-11-03T10:00:00Z,1\n",
        b'"timestamp,x\n2026-11-03T10:00:00Z,1\n',
    ],
)
def test_what_is_no_dated_table_stays_opaque(content):
    assert recognise(content).format is ItemFormat.OPAQUE


@pytest.mark.parametrize(
    "row",
    [
        b"no time,a,b,c\n",
        b"2026-11-02T10:00:00Z,one field too few,c\n",
        b"2026-11-02T10:00:00Z,one,too,many,d\n",
        b'2026-11-02T10:00:00Z,a,b,"never closed\n',
        b'2026-11-02T10:00:00Z,a,"b"c,d\n',
        b"2026-11-02T10:00:00Z,a,b," + b"x" * HEAD + b"\n",
    ],
)
def test_one_row_in_doubt_makes_a_table_undated_and_lies_in_a_part_of_its_own(row):
    assert recognise(NAMES + SECOND + row).first is None
    *_, (name, content) = items(NAMES + SECOND + row)
    assert name.startswith("undated/")
    assert recognise(content).first is None


def test_rows_swallowed_by_a_quote_are_not_dated_by_the_row_that_swallows_them():
    swallowed = b'2026-11-02T10:00:00Z,a,b,5" pipe\n' + THIRD.replace(b'"', b"") + b'2026-11-04T10:00:00Z,a,b,6" pipe\n'
    assert recognise(NAMES + swallowed).first is None


FRAGMENTS = st.sampled_from([NAMES, SECOND, THIRD, b"\n", b'"', b",", b"\r\n", b"x,y\n"])


@settings(max_examples=300)
@given(st.lists(FRAGMENTS | st.binary(max_size=20), max_size=8).map(b"".join), st.integers(1, 50))
def test_facts_and_parts_do_not_depend_on_how_a_table_arrives(tail, size):
    content = TABLE + tail
    recognition = Recognition()
    for at in range(0, len(content), size):
        recognition.feed(content[at : at + size])
    assert recognition.finish() == recognise(content)
    if sniff(content, complete=True)[0] is not ItemFormat.ROWS:
        return
    parts = items(content)
    assert items(content, size) == parts
    assert parts[0][1] + b"".join(part.removeprefix(NAMES) for _, part in parts[1:]) == content


def test_no_more_parts_are_cut_than_the_limit(monkeypatch):
    monkeypatch.setattr("comity.evidence.recognising.runs.MAX_PARTS", 3)
    parts = items(NAMES + (SECOND + THIRD) * 10)
    assert len(parts) == 3
    facts = recognise(parts[2][1])
    assert facts.first < facts.last


@pytest.mark.parametrize(
    "content",
    [
        TABLE + b'"' * 2_000_000,
        TABLE + b'"\n' * 1_000_000,
        TABLE + b"," * 2_000_000,
        b"time" + b"," * 2_000 + b"\n2026-11-03T10:00:00Z" + b"," * 2_000 + b"\n",
        TABLE + (SECOND + THIRD) * 20_000,
    ],
)
def test_hostile_tables_take_bounded_time(content):
    begun = time.process_time()
    recognise(content)
    assert time.process_time() - begun < 10


def test_a_descriptor_that_moves_a_row_into_another_day_is_caught(disagreement):
    content = NAMES + SECOND
    facts = recognise(content)
    digest = hashlib.sha256(content).digest()
    day = datetime(2026, 11, 3, tzinfo=UTC)
    lie = ItemDescriptor("x", len(content), digest, "text/csv", DataCategory.CONTENT, day, day)
    assert facts.first != day
    assert disagreement(lie, content) is Disagreement.TIME
