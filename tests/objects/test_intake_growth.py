"""Memory does not grow with the number of items: peaks of an intake of few and one of four times as many, beside each other."""

import os
import tracemalloc
from types import SimpleNamespace

import msgspec
import pytest

from comity.adapters.objects.intake import take_in
from comity.adapters.objects.sources import LeftOut
from comity.evidence.items.exhibits import IntakeTerms
from comity.vocabulary.categories import SkipReason

FEW, MANY = 3_000, 12_000
MOST = 300_000
"""Bytes that the longer intake may take beyond the shorter: 33 for each item more. A set of marks would take 90.

Measured are 1,000 to 7,000: nothing is stored but indexes, whatever else the lanes hold is no memory of Python's.
"""


class Empty:
    """An empty file that is made as it is read."""

    size, ended, known_by_mark, file_time = 0, False, True, None

    def __init__(self, number: int) -> None:
        self.name = f"{number:07d}"
        self.mark = number.to_bytes(16)

    def readinto(self, _view: memoryview) -> int | None:
        self.ended = True
        return 0

    def begins_with(self, size: int, _prefix: bytes) -> bool:
        return not size

    def changed(self, _size: int) -> bool:
        return False

    def close(self) -> None:
        pass


def empty_files(count, _left_out):
    yield from map(Empty, range(count))


def links(count, left_out):
    yield Empty(0)
    for number in range(count):
        left_out.add(f"{number:07d}", SkipReason.LINK)


def begun(desk, found, count, identity, resume=()):
    """The seals of one intake; how many items were taken in; bytes of memory at most, beside what was there before."""
    seals, left_out = [], LeftOut()
    tracemalloc.start()
    intake = take_in(
        found(count, left_out),
        left_out,
        store=desk.store,
        cipher=desk.cipher,
        randomness=SimpleNamespace(take=os.urandom),
        identity=identity,
        on_segment=seals.append,
        terms=IntakeTerms(),
        rules=msgspec.structs.replace(desk.settings["rules"], seal_items=1_000),
        resume=resume,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return tuple(seals), intake, peak


@pytest.mark.parametrize("found", [empty_files, links])
@pytest.mark.parametrize("again", [False, True], ids=["at once", "taken up again"])
def test_memory_does_not_grow_with_the_number_of_items_or_names(make_desk, found, again):
    peaks = []
    # The first one is not counted: what is made once in a process is made then.
    for number, count in enumerate((10, FEW, MANY)):
        desk = make_desk(str(number))
        identity = desk.room.new_identity()
        seals, first, peak = begun(desk, found, count, identity)
        if again:
            none, intake, peak = begun(desk, found, count, identity, resume=seals)
            assert (none, intake.root, intake.left_out) == ((), first.root, first.left_out)
        peaks.append(peak)
    assert peaks[2] - peaks[1] < MOST, peaks
