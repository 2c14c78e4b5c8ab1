"""Marks on disk: each is known once it was added, no other is, and however many there are they take no memory."""

import errno
import os
import tempfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.objects import known_marks
from comity.adapters.objects.known_marks import KEY, KnownMarks
from comity.vocabulary.errors import BrokenInputError, ErrorCode

MARKS = st.binary(min_size=16, max_size=16) | st.integers(0, 400).map(lambda number: number.to_bytes(16))


@pytest.fixture
def known():
    with tempfile.TemporaryFile() as file:
        yield KnownMarks(file, bytes(KEY))


@given(st.lists(MARKS, max_size=400), st.lists(MARKS, max_size=40))
def test_a_mark_is_known_exactly_when_it_was_added(added, others):
    with tempfile.TemporaryFile() as file:
        known = KnownMarks(file, os.urandom(KEY))
        known.add(added)
        assert [mark in known for mark in (*added, *others)] == [True] * len(added) + [mark in added for mark in others]


def test_of_thousands_none_is_lost_where_the_table_grows_and_none_is_known_that_was_not_added(known):
    for begin in range(0, 20_000, 500):
        known.add(number.to_bytes(16) for number in range(begin, begin + 500))
    assert all(number.to_bytes(16) in known for number in range(20_000))
    assert not any(number.to_bytes(16) in known for number in range(20_000, 30_000))


def test_marks_that_share_any_part_of_their_hash_are_told_apart(known, monkeypatch):
    """Half of it chooses the page, and half of it may be anything: all of both is compared."""
    monkeypatch.setattr(KnownMarks, "_hash", lambda _known, mark: mark)
    known.add([bytes(15) + b"\x01", b"\x01" + bytes(15), bytes(8) + b"\x01" * 8])
    for other in (bytes(16), bytes(14) + b"\x01\x00", b"\x01" + bytes(14) + b"\x01", bytes(7) + b"\x01" * 9):
        assert other not in known
    # Across two that stand side by side.
    known.add([b"a" * 8 + b"b" * 8, b"c" * 8 + b"d" * 8])
    assert b"b" * 8 + b"c" * 8 not in known


def test_nothing_is_known_and_nothing_read_before_anything_was_added(known):
    os.close(known._fd)
    try:
        assert bytes(16) not in known
    finally:
        os.dup2(os.open(os.devnull, os.O_RDONLY), known._fd)


def test_the_file_says_nothing_about_the_marks():
    marks = [number.to_bytes(16, "little") for number in range(1, 300)]
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as other:
        KnownMarks(file, os.urandom(KEY)).add(marks)
        KnownMarks(other, os.urandom(KEY)).add(marks)
        kept, again = file.read(), other.read()
    assert len(kept) >= 16 * len(marks)
    assert not any(mark in kept for mark in marks)
    assert kept != again


def test_memory_does_not_grow_with_the_marks(known):
    tracemalloc.start()
    known.add(number.to_bytes(16) for number in range(20_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("full", ["refused", "cut short"])
def test_a_full_disk_is_told_and_no_mark_is_taken_for_kept(known, monkeypatch, full):
    def write(_fd, data, _at):
        if full == "refused":
            raise OSError(errno.ENOSPC, "full")
        return len(data) - 1

    monkeypatch.setattr(known_marks.os, "pwrite", write)
    with pytest.raises(BrokenInputError) as caught:
        known.add([bytes(16)])
    assert caught.value.code is ErrorCode.STORE_FULL
