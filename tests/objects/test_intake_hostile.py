"""Inputs and stores that must not hurt an intake: bombs, shuffled tables, very many files, a store that is slow or lies."""

import io
import itertools
import threading
import time
import tracemalloc
import zipfile
from contextlib import suppress

import msgspec
import pytest

from comity.acts.matters import ScopePart, StoredObject
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK
from comity.adapters.objects.intake import SEAL_AFTER, SEAL_ITEMS
from comity.adapters.objects.local import LocalEvidenceStore
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class BrokenOffError(Exception):
    pass


def contents(desk, held, identity):
    disclosed, new = desk.disclose(held, identity)
    return desk.contents(disclosed.packed, new)


def break_off_after(count: int, seals: list):
    def on_segment(seal):
        if len(seals) == count:
            raise BrokenOffError
        seals.append(seal)

    return on_segment


@pytest.mark.parametrize("count", range(9))
def test_a_table_taken_up_again_gives_every_part_its_names_once(make_desk, tmp_path, count):
    names = b"timestamp,from,text\n"
    rows = [b"2026-11-%02dT10:00:00Z,ana@example.org,%d\n" % (n // 3_000 % 9 + 1, n) for n in range(36_000)]
    path = tmp_path / "messages.csv"
    path.write_bytes(names + b"".join(rows))
    ticks = itertools.count(0.0, 26.0)
    rules = msgspec.structs.replace(make_desk().settings["rules"], monotonic=lambda: next(ticks), seal_items=2)
    desk = make_desk("store", rules=rules)
    identity, seals = desk.room.new_identity(), []
    with suppress(BrokenOffError):
        desk.room.take_in(path, identity, break_off_after(count, seals), terms=IntakeTerms())
    desk.room.take_in(path, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    found = contents(desk, msgspec.structs.replace(desk.hold(path)[0], seals=tuple(seals)), identity)
    assert len(found) == 12
    assert all(content.startswith(names) and content.count(names) == 1 for content in found.values())
    parts = [found[name] for name in sorted(found, key=lambda name: name[-6:])]
    assert b"".join(part.removeprefix(names) for part in parts) == b"".join(rows)


def bomb(depth: int) -> bytes:
    content = bytes(8 << 20)
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(8):
                archive.writestr(f"{number}.zip", content)
        content = out.getvalue()
    return content


def test_bombs_within_bombs_are_taken_in_as_they_are_and_unpacked_to_a_bound_and_to_no_disk(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "bomb.zip").write_bytes(bomb(3))
    before = set(tmp_path.rglob("*"))
    begun = time.process_time()
    held, identity, intake = desk.hold(place)
    assert time.process_time() - begun < 20
    size = (place / "bomb.zip").stat().st_size
    whole = ScopePart("whole", tuple(DataCategory), names=("bomb.zip",))
    disclosed, new = desk.disclose(held, identity, granted=(whole,))
    assert desk.contents(disclosed.packed, new)["bomb.zip"] == (place / "bomb.zip").read_bytes()
    assert intake.size <= size + 200 * size + (16 << 20)
    assert {each.reason.value for each in intake.left_out.counts} == {"unpacks-too-large"}
    written = set(tmp_path.rglob("*")) - before
    assert all(path.is_relative_to(tmp_path / "store") for path in written)
    assert sum(path.stat().st_size for path in written if path.is_file()) < 2 * intake.size + (4 << 20)


def test_twenty_thousand_empty_files_are_twenty_thousand_items_in_little_memory(make_desk, tmp_path):
    place = tmp_path / "in"
    for folder in range(20):
        (place / f"{folder}").mkdir(parents=True)
        for number in range(1_000):
            (place / f"{folder}" / f"{number}").touch()
    desk = make_desk("store", rules=msgspec.structs.replace(make_desk().settings["rules"], seal_items=4_096))
    tracemalloc.start()
    try:
        held, identity, intake = desk.hold(place)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (intake.items, intake.size, intake.segments) == (20_000, 0, 5)
    # 3.4 MB with 4,096 items at once; with all of them, 16.4 MB.
    assert peak < 8 << 20
    disclosed, _ = desk.disclose(held, identity)
    assert (disclosed.packed.items, disclosed.packed.objects) == (20_000, ())


class SlowStore(LocalEvidenceStore):
    """Every object takes it so many seconds, by a clock of its own."""

    def __init__(self, root, seconds: float) -> None:
        super().__init__(root)
        self.clock = 0.0
        self._seconds = seconds
        self._one = threading.Lock()

    def put(self, data, digest=None):
        with self._one:
            self.clock += self._seconds
        return super().put(data, digest)


def test_with_a_slow_store_segments_are_still_sealed_each_minute_and_nothing_is_lost(desk, folder):
    store = desk.store = SlowStore(folder.parent / "slow", seconds=1.0)
    desk.settings["rules"] = msgspec.structs.replace(
        desk.settings["rules"], seal_after=SEAL_AFTER, seal_items=SEAL_ITEMS, monotonic=lambda: store.clock
    )
    (folder / "large").write_bytes(bytes(range(256)) * (200 * LEAST_CHUNK // 256))
    seals, sealed_at = [], [0.0]

    def on_segment(seal) -> None:
        seals.append(seal)
        sealed_at.append(store.clock)

    identity = desk.room.new_identity()
    intake = desk.room.take_in(folder, identity, on_segment, terms=IntakeTerms())
    assert store.clock > 200
    assert max(after - before for before, after in itertools.pairwise(sealed_at)) < 60
    assert sum(seal.items for seal in seals) == intake.items
    held = HeldExhibit(desk.exhibit_id(), tuple(seals))
    assert len(contents(desk, held, identity)) == intake.items


class HangingStore(LocalEvidenceStore):
    """Stores nothing before it is let go."""

    def __init__(self, root) -> None:
        super().__init__(root)
        self.go = threading.Event()

    def put(self, data, digest=None):
        self.go.wait()
        return super().put(data, digest)


class CountedStream:
    """Says when more was read of it than may be held in memory."""

    length = None

    def __init__(self, size: int, bound: int) -> None:
        self.given = 0
        self.beyond = threading.Event()
        self._size = size
        self._bound = bound

    def readinto(self, view):
        piece = min(len(view), self._size - self.given)
        view[:piece] = bytes(piece)
        self.given += piece
        if self.given > self._bound:
            self.beyond.set()
        return piece


def test_while_a_store_hangs_no_more_is_read_than_there_are_buffers(desk, tmp_path):
    store = desk.store = HangingStore(tmp_path / "hanging")
    lanes = desk.settings["rules"].pipeline.lanes
    buffers = (lanes + 1) * LEAST_CHUNK
    stream = CountedStream(40 * buffers, bound=buffers)
    identity, intakes = desk.room.new_identity(), []

    def take() -> None:
        intakes.append(desk.room.take_in_stream("feed", stream, identity, lambda _: None, terms=IntakeTerms()))

    taking = threading.Thread(target=take)
    taking.start()
    assert not stream.beyond.wait(1)
    assert stream.given < 40 * buffers
    store.go.set()
    taking.join()
    assert intakes[0].size == stream.given == 40 * buffers
    assert stream.beyond.is_set()


class StoreThatNamesAnother(LocalEvidenceStore):
    """Says that it stored something under another hash than the bytes have."""

    def put(self, data, digest=None):
        return StoredObject("00" * 32, super().put(data, digest).size)


class StoreThatKeepsLess(LocalEvidenceStore):
    """Says that it stored fewer bytes than it was given."""

    def put(self, data, digest=None):
        stored = super().put(data, digest)
        return StoredObject(stored.digest, stored.size - 1)


class StoreThatLosesTheEnd(LocalEvidenceStore):
    """Says that it stored everything, and keeps all but the last byte."""

    def put(self, data, digest=None):
        stored = super().put(data, digest)
        self._path(stored.digest).write_bytes(bytes(data[:-1]))
        return stored


class StoreThatGivesAnother(LocalEvidenceStore):
    """Answers with another of its objects, without a word."""

    def read(self, stored):
        other = next((digest for digest in self.digests() if digest != stored.digest), stored.digest)
        return super().read(StoredObject(other, self.size(other)))


@pytest.mark.parametrize("lying", [StoreThatNamesAnother, StoreThatKeepsLess])
def test_a_store_that_lies_about_what_it_stored_ends_the_intake(desk, folder, lying):
    desk.store = lying(folder.parent / "lying")
    with pytest.raises(BrokenInputError) as caught:
        desk.hold(folder)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


@pytest.mark.parametrize("lying", [StoreThatGivesAnother, StoreThatLosesTheEnd])
def test_a_store_that_gives_something_else_gives_no_disclosure(desk, folder, lying):
    desk.store = lying(folder.parent / "lying")
    (folder / "large").write_bytes(bytes(range(256)) * 8_000)
    held, identity, _ = desk.hold(folder)
    with pytest.raises(BrokenInputError):
        desk.disclose(held, identity)
