import sqlite3
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.items.recognised import ItemFormat
from comity.evidence.recognising.recognise import recognise
from comity.evidence.recognising.sqlite_pages import Database
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.targets import Target, TargetKind

SMS = "create table sms (_id integer primary key, address text, date integer, body text)"
FIRST = datetime(2026, 11, 3, 10, tzinfo=UTC)
MILLISECONDS = int(FIRST.timestamp() * 1000)


def database(*statements: str, rows: tuple[str, list[tuple]] | None = None) -> bytes:
    with sqlite3.connect(":memory:") as connection:
        for statement in statements:
            connection.execute(statement)
        if rows is not None:
            connection.executemany(*rows)
        connection.commit()
        content = connection.serialize()
    connection.close()
    return content


def messages(count: int = 3, body: str = "hello", before: tuple[str, ...] = (SMS,)) -> bytes:
    rows = [(n, "+351912345678", MILLISECONDS + 60_000 * n, body) for n in range(count)]
    return database(*before, rows=("insert into sms values (?, ?, ?, ?)", rows))


def test_a_store_of_messages_shows_its_span_its_lines_and_that_it_is_content():
    facts = recognise(messages())
    assert (facts.format, facts.category, facts.first) == (ItemFormat.STORE, DataCategory.CONTENT, FIRST)
    assert (facts.last - facts.first).total_seconds() == 120
    assert facts.targets == (Target(TargetKind.PHONE, "351912345678"),)


@pytest.mark.parametrize("size", [512, 1024, 4096, 65536])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_every_page_size_and_encoding_is_read(size, encoding):
    content = messages(500, before=(f"pragma page_size={size}", f"pragma encoding='{encoding}'", SMS))
    facts = recognise(content)
    assert (facts.last - facts.first).total_seconds() == 60 * 499
    assert len(facts.targets) == 1


def test_a_time_behind_a_text_of_many_pages_is_found():
    content = database(
        "create table sms (body text, address text, date integer)",
        rows=("insert into sms values (?, ?, ?)", [("x" * 300_000, "12345", MILLISECONDS)] * 3),
    )
    assert recognise(content).first == FIRST


def test_what_our_reader_gives_is_what_the_engine_gives():
    rows = [(n, None, n * n - 7, "ü" * (n * 37 % 9000)) for n in range(400)]
    content = database("pragma page_size=1024", SMS, rows=("insert into sms values (?, ?, ?, ?)", rows))
    mine = Database(content)
    table = mine.tables()["sms"]
    assert [row[:2] for row in mine.rows(table, ("address", "date", "body"))] == [(a, d) for _, a, d, _ in rows]
    assert [row[2] for row in mine.rows(table, ("address", "date", "body"))] == [body for *_, body in rows]


@pytest.mark.parametrize("time", [None, 0, "yesterday", -1, 1 << 62, 1.5e300, b"\0"])
def test_one_entry_without_a_time_makes_a_store_undated(time):
    content = database(
        SMS, rows=("insert into sms values (?, ?, ?, ?)", [(1, "1", MILLISECONDS, ""), (2, "1", time, "")])
    )
    facts = recognise(content)
    assert (facts.category, facts.first) == (DataCategory.CONTENT, None)


APPLE = int((FIRST - datetime(2001, 1, 1, tzinfo=UTC)).total_seconds())
WEBKIT = int((FIRST - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000


@pytest.mark.parametrize(
    ("table", "columns", "time"),
    [
        ("message", "date integer, handle_id integer", APPLE * 1_000_000_000),
        ("message", "date integer, handle_id integer", APPLE),
        ("message", "timestamp integer, chat_row_id integer", MILLISECONDS),
        ("ZWAMESSAGE", "ZMESSAGEDATE timestamp, ZTEXT varchar", float(APPLE)),
        ("visits", "visit_time integer, url integer", WEBKIT),
    ],
)
def test_times_of_every_unit_are_read(table, columns, time):
    content = database(f"create table {table} ({columns})", rows=(f"insert into {table} values (?, 1)", [(time,)]))  # noqa: S608 - names from above
    facts = recognise(content)
    assert (facts.category, facts.first, facts.last) == (DataCategory.CONTENT, FIRST, FIRST)


def test_a_store_of_no_known_kind_tells_only_what_it_is():
    facts = recognise(database("create table wishes (date integer)"))
    assert (facts.format, facts.category, facts.media_type) == (ItemFormat.STORE, None, "application/vnd.sqlite3")


@pytest.mark.parametrize(
    "hostile",
    [
        ("create table t (date, address)", "create view sms as select * from t"),
        ("create virtual table sms using fts4(address, date)",),
        ("create table sms (address text, x integer, date integer generated always as (x + 1) virtual)",),
        ("create table sms (address text, date integer, primary key (address, date)) without rowid",),
    ],
)
def test_nothing_of_a_schema_is_carried_out(hostile):
    try:
        content = database(*hostile)
    except sqlite3.OperationalError:
        pytest.skip("this SQLite was built without that kind of table")
    assert recognise(content).first is None


def test_a_trigger_does_not_run():
    trigger = "create trigger t after insert on sms begin delete from sms; end"
    content = messages(before=(SMS,))
    with sqlite3.connect(":memory:") as connection:
        connection.deserialize(content)
        connection.execute(trigger)
        content = connection.serialize()
    connection.close()
    assert recognise(content).first == FIRST


def test_a_store_in_write_ahead_mode_is_read_as_it_lies():
    content = bytearray(messages())
    content[18] = content[19] = 2
    assert recognise(bytes(content)).first == FIRST


def test_a_store_beyond_the_limit_is_not_looked_into(monkeypatch):
    content = messages(200)
    monkeypatch.setattr("comity.evidence.recognising.stores.STORE_LIMIT", len(content) - 1)
    assert recognise(content).first is None
    monkeypatch.setattr("comity.evidence.recognising.stores.STORE_LIMIT", len(content))
    assert recognise(content).first == FIRST


def test_pages_in_a_circle_end():
    content = bytearray(messages(2_000, before=("pragma page_size=512", SMS)))
    root = next(at for at in range(512, len(content), 512) if content[at] == 5)
    content[root + 8 : root + 12] = (root // 512 + 1).to_bytes(4)
    assert recognise(bytes(content)).first is None


def test_rows_that_lie_over_one_another_end():
    content = bytearray(messages(60, body="y" * 60_000, before=("pragma page_size=65536", SMS)))
    leaf = next(at for at in range(65_536, len(content), 65_536) if content[at] == 13)
    cell = content[leaf + 8 : leaf + 10]
    content[leaf + 3 : leaf + 5] = (20_000).to_bytes(2)
    content[leaf + 8 : leaf + 8 + 40_000] = cell * 20_000
    begun = time.process_time()
    recognise(bytes(content))
    assert time.process_time() - begun < 5


_STORE = messages(50, before=("pragma page_size=512", SMS))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(_STORE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_damage_makes_the_reader_raise_anything_else(changes):
    content = bytearray(_STORE)
    for at, byte in changes:
        content[at] = byte
    recognise(bytes(content))
    try:
        reader = Database(bytes(content))
        for table in reader.tables().values():
            list(reader.rows(table, table.columns))
    except BrokenInputError:
        pass


@given(st.integers(0, len(_STORE)))
def test_no_cut_makes_the_reader_raise_anything_else(size):
    recognise(_STORE[:size])
