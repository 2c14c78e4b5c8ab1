"""Inputs and stores that must not hurt an intake: bombs, shuffled tables, very many files, a store that is slow or lies."""

import io
import itertools
import resource
import time
import zipfile
from contextlib import suppress

import msgspec
import pytest

from comity.acts.matters import ScopePart, StoredObject
from comity.adapters.objects.local import LocalEvidenceStore
from comity.evidence.exhibits import IntakeTerms
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
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    held, identity, intake = desk.hold(place)
    assert (intake.items, intake.size, intake.segments) == (20_000, 0, 5)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    disclosed, _ = desk.disclose(held, identity)
    assert (disclosed.packed.items, disclosed.packed.objects) == (20_000, ())


class SlowStore(LocalEvidenceStore):
    def put(self, data, digest=None):
        time.sleep(0.02)
        return super().put(data, digest)


def test_a_slow_store_makes_an_intake_slow_and_nothing_else(desk, folder):
    desk.store = SlowStore(folder.parent / "slow")
    (folder / "large").write_bytes(bytes(range(256)) * 8_000)
    held, identity, intake = desk.hold(folder)
    assert len(contents(desk, held, identity)) == intake.items


class StoreThatNamesAnother(LocalEvidenceStore):
    """Says that it stored something under another hash than the bytes have."""

    def put(self, data, digest=None):
        return StoredObject("00" * 32, super().put(data, digest).size)


class StoreThatGivesAnother(LocalEvidenceStore):
    """Answers with another of its objects, without a word."""

    def read(self, stored):
        other = next((digest for digest in self.digests() if digest != stored.digest), stored.digest)
        return super().read(StoredObject(other, self.size(other)))


def test_a_store_that_lies_about_what_it_stored_ends_the_intake(desk, folder):
    desk.store = StoreThatNamesAnother(folder.parent / "lying")
    with pytest.raises(BrokenInputError) as caught:
        desk.hold(folder)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_a_store_that_gives_something_else_gives_no_disclosure(desk, folder):
    desk.store = StoreThatGivesAnother(folder.parent / "lying")
    (folder / "large").write_bytes(bytes(range(256)) * 8_000)
    held, identity, _ = desk.hold(folder)
    with pytest.raises(BrokenInputError):
        desk.disclose(held, identity)
