"""The ledger in its tables: one consistent log, whoever appends."""

import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.ledger.entries import LEAF_SIZE, PADDING_CLASS, Entry, leaves_of
from comity.ledger.origins import log_origin
from comity.ledger.tiles import TILE_WIDTH, TiledTree
from comity.ledger.tree import EMPTY_ROOT, HASH_SIZE, Frontier, leaf_hashes, root_of, split_run
from comity.vocabulary.errors import BrokenInputError, ErrorCode

APPENDER = """
import hashlib, sys
from comity.adapters.postgres.settings import configure
url, name, rounds, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
configure(url)
from comity.acts.classes import ActClass, ActType
from comity.adapters.postgres.records import PostgresRecords
from comity.ledger.entries import Entry
from comity.vocabulary.categories import Urgency
records = PostgresRecords("pt")
kind = ActClass(ActType.CASE_CLOSED, "CETS185", Urgency.ORDINARY)
def digest(*parts):
    return hashlib.sha256(repr((name, *parts)).encode()).digest()
for number in range(rounds):
    entries = [Entry(digest(number, i).hex(), kind, digest("s", number, i), digest("c", number, i)) for i in range(size)]
    with records.transaction() as change:
        head = change.append(entries, lambda origin, size, root: f"{origin} {size} {root.hex()}")
    print(head.first, head.size)
"""


def append(records, make, entries):
    with records.transaction() as change:
        return change.append(entries, make.sign)


def test_before_the_first_leaf_the_head_is_the_empty_tree(records):
    head = records.ledger.head()
    assert (head.first, head.size, head.root, head.note) == (0, 0, EMPTY_ROOT, "")


def test_the_head_is_what_was_signed_inside_the_change(records, make):
    entries = make.entries(300)
    head = append(records, make, entries)
    root = root_of([entry.leaf_hash() for entry in entries])
    assert (head.first, head.size, head.root) == (0, 300, root)
    assert head.note == make.sign(log_origin("pt"), 300, root)
    assert records.ledger.head() == head


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_however_leaves_come_the_tree_is_the_same(records, make, sizes):
    start = records.ledger.head().size
    known = [entry.leaf_hash() for entry in records.ledger.entries(0, start)]
    for size in sizes:
        entries = make.entries(size)
        head = append(records, make, entries)
        known += [entry.leaf_hash() for entry in entries]
        assert head.size == len(known)
        assert head.root == Frontier().append(known).root()
    tree = TiledTree(records.ledger.tiles(), len(known))
    assert tree.root() == root_of(known)
    assert tree.hashes(0, 0, len(known)) == known


def test_tiles_hold_every_head_read_before_as_the_log_grows(records, make):
    heads = []
    for _ in range(12):
        heads.append(append(records, make, make.entries(100)))
        tiles = records.ledger.tiles()
        for head in heads:
            assert TiledTree(tiles, head.size).root() == head.root


def test_full_tiles_are_stored_once_and_partial_ones_only_in_the_head(records, make):
    from comity.adapters.postgres.models import Tile

    for _ in range(7):
        append(records, make, make.entries(150))
    assert sorted(Tile.objects.values_list("level", "index")) == [(0, 0), (0, 1), (0, 2), (0, 3)]
    assert {len(hashes) for hashes in Tile.objects.values_list("hashes", flat=True)} == {TILE_WIDTH * HASH_SIZE}
    assert len(records.ledger.tiles().read(0, 4)) == (1050 - 1024) * HASH_SIZE
    assert len(records.ledger.tiles().read(1, 0)) == 4 * HASH_SIZE


@pytest.mark.parametrize(("level", "index"), [(0, 2), (1, 1), (2, 0), (0, -1), (7, 0)])
def test_a_tile_that_was_never_written_is_not_found(records, make, level, index):
    append(records, make, make.entries(300))
    with pytest.raises(BrokenInputError) as missing:
        records.ledger.tiles().read(level, index)
    assert missing.value.code is ErrorCode.NOT_FOUND


def test_a_full_tile_of_a_change_that_was_undone_is_not_remembered(records, make):
    def fill_a_tile_and_fail() -> None:
        with records.transaction() as change:
            change.append(make.entries(256), make.sign)
            records.ledger.tiles().read(0, 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill_a_tile_and_fail()
    entries = make.entries(256)
    head = append(records, make, entries)
    assert TiledTree(records.ledger.tiles(), 256).root() == head.root


def test_a_tile_being_filled_while_it_is_read_is_found_either_way(records, make):
    append(records, make, make.entries(255))
    tiles = records.ledger.tiles()
    read = tiles._partial_tile

    def filled_meanwhile(level, index):
        thread = threading.Thread(target=_appending(records, make, 1))
        thread.start()
        thread.join(60)
        tiles._partial_tile = read
        return read(level, index)

    tiles._partial_tile = filled_meanwhile
    assert len(tiles.read(0, 0)) == 256 * HASH_SIZE


def test_entries_come_back_as_they_went_in_and_in_portions(records, make):
    entries = make.entries(5_000)
    append(records, make, entries)
    assert list(records.ledger.entries(0, 5_000)) == entries
    assert list(records.ledger.entries(4_090, 4_100)) == entries[4_090:4_100]
    assert list(records.ledger.entries(10, 10)) == []
    found = records.ledger.find([entries[4_999].act, entries[0].act, make.digest()])
    assert found == {entries[4_999].act: (4_999, entries[4_999]), entries[0].act: (0, entries[0])}


def test_two_processes_that_append_at_once_make_one_log(records, node_url):
    command = [sys.executable, "-c", APPENDER, node_url]
    runs = [
        subprocess.Popen([*command, name, "25", "37"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name in ("left", "right")
    ]
    ends = [run.communicate(timeout=240) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], ends
    spans = sorted(tuple(map(int, line.split())) for out, _ in ends for line in out.splitlines())
    assert spans == [(start, start + 37) for start in range(0, 2 * 25 * 37, 37)]
    _require_whole(records)


def test_a_process_killed_while_it_appends_leaves_a_log_that_goes_on(records, make, node_url):
    run = subprocess.Popen(
        [sys.executable, "-c", APPENDER, node_url, "doomed", "100000", "20"], stdout=subprocess.PIPE, text=True
    )
    for _ in range(3):
        run.stdout.readline()
    run.kill()
    run.communicate()
    size = append(records, make, make.entries(5)).size
    assert size % 20 == 5
    _require_whole(records)


def test_padding_is_made_for_the_size_at_which_it_is_added(records, make):
    append(records, make, make.entries(13))
    asked = []

    def up_to_16(size: int) -> list[Entry]:
        asked.append(size)
        return [
            Entry(make.digest(), PADDING_CLASS, bytes.fromhex(make.digest()), bytes.fromhex(make.digest()))
            for _ in range(-size % 16)
        ]

    head = records.ledger.pad(up_to_16, make.sign)
    assert (head.first, head.size, asked) == (13, 16, [13])
    assert records.ledger.pad(up_to_16, make.sign) == head


def test_a_signer_that_refuses_leaves_the_ledger_as_it_was(records, make):
    head = append(records, make, make.entries(3))

    def refuse(*_: object) -> str:
        raise BrokenInputError(ErrorCode.BEHIND_WITNESSES, "not now")

    with pytest.raises(BrokenInputError), records.transaction() as change:
        change.append(make.entries(3), refuse)
    with pytest.raises(BrokenInputError):
        records.ledger.pad(make.entries, refuse)
    assert records.ledger.head() == head


def test_a_new_epoch_signs_the_same_leaves_under_another_origin(records, make):
    before = append(records, make, make.entries(5))
    head = records.ledger.new_epoch(make.sign)
    assert (head.size, head.root, head.first) == (5, before.root, 5)
    assert head.origin == log_origin("pt", 2)
    assert head.note == make.sign(log_origin("pt", 2), 5, before.root)
    assert append(records, make, make.entries(1)).origin == log_origin("pt", 2)
    assert records.ledger.epoch() == 2


def test_the_newest_witnessed_checkpoint_is_of_the_newest_epoch(records, make):
    assert records.ledger.witnessed() is None
    append(records, make, make.entries(5))
    records.ledger.keep_witnessed(5, "five")
    records.ledger.keep_witnessed(3, "three, late")
    assert records.ledger.witnessed() == (5, "five")
    records.ledger.keep_witnessed(5, "five, twice cosigned")
    assert records.ledger.witnessed() == (5, "five, twice cosigned")
    records.ledger.new_epoch(make.sign)
    records.ledger.keep_witnessed(4, "four of the second epoch")
    assert records.ledger.witnessed() == (4, "four of the second epoch")


@pytest.mark.parametrize("size", [0, 1, 255, 256, 1000])
def test_the_stored_leaves_lead_to_the_head(records, make, size):
    append(records, make, make.entries(size))
    _require_whole(records)


def test_a_missing_leaf_is_found(records, make):
    from comity.adapters.postgres.models import LedgerEntry

    append(records, make, make.entries(300))
    LedgerEntry.objects.filter(index=17).delete()
    with pytest.raises(BrokenInputError) as damaged:
        list(records.ledger.leaf_runs(300))
    assert damaged.value.code is ErrorCode.STORE_DAMAGED


def _require_whole(records) -> None:
    head = records.ledger.head()
    leaves = split_run(b"".join(records.ledger.leaf_runs(head.size)), LEAF_SIZE)
    assert leaves == leaves_of(list(records.ledger.entries(0, head.size)))
    assert root_of(leaf_hashes(leaves)) == head.root
    assert TiledTree(records.ledger.tiles(), head.size).root() == head.root


def _appending(records, make, count):
    def run() -> None:
        from django.db import connection

        append(records, make, make.entries(count))
        connection.close()

    return run
