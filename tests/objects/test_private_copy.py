"""What was judged is what is taken in, byte for byte, whoever rewrites the place meanwhile; and it lies nowhere in the clear."""

import os
import shutil
import tempfile
import tracemalloc

import bagit
import pytest

from comity.adapters.objects import private_copy
from comity.adapters.objects.private_copy import KEY, PrivateCopy
from comity.adapters.objects.sources import LeftOut, walk
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NEEDLE = b"the needle that nobody should find "
FILES = {"a.txt": NEEDLE * 99_000, "deep/b.bin": os.urandom(1 << 20), "empty": b"", "deep/odd": b"x" * 17}


@pytest.fixture
def bag(tmp_path):
    place = tmp_path / "bag"
    for name, content in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    bagit.make_bag(str(place), checksums=["sha256"])
    return place


def rewrite(place):
    for path in (place / "data").rglob("*"):
        if path.is_file():
            before = path.stat()
            path.write_bytes(bytes(before.st_size))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_another(place):
    shutil.rmtree(place)
    (place / "data").mkdir(parents=True)
    (place / "data" / "a.txt").write_bytes(b"another")


def put_a_link_there(place):
    shutil.rmtree(place)
    place.symlink_to("/etc")


def add(place):
    (place / "data" / "slipped-in").write_bytes(b"nobody judged this")


@pytest.mark.parametrize("attack", [rewrite, replace_by_another, put_a_link_there, add, shutil.rmtree])
def test_what_happens_to_the_place_after_the_verdict_changes_nothing_of_what_is_taken_in(desk, bag, attack):
    identity, seals = desk.room.new_identity(), []
    with desk.room.judged(bag) as judged:
        assert (judged.kind, judged.report.verdict) == ("bagit", Verdict.VALID)
        attack(bag)
        intake = judged.take_in(identity, seals.append, terms=IntakeTerms(source="bagit, valid"))
    held = HeldExhibit(desk.exhibit_id(), tuple(seals))
    disclosed, key = desk.disclose(held, identity)
    found = desk.contents(disclosed.packed, key)
    assert {name.removeprefix("data/"): each for name, each in found.items() if name.startswith("data/")} == FILES
    assert intake.items == len(FILES) + 4  # declaration, information, manifest and tag manifest
    assert intake.left_out is None


def test_the_verdict_is_on_the_copy_and_not_on_what_lies_there_by_then(desk, bag, monkeypatch):
    from comity.adapters.objects import room

    judge = room.judge

    def mended_first(copy):
        (bag / "data" / "empty").write_bytes(b"")
        return judge(copy)

    (bag / "data" / "empty").write_bytes(b"altered")
    monkeypatch.setattr(room, "judge", mended_first)
    with desk.room.judged(bag) as judged:
        assert judged.report.verdict is Verdict.INVALID


def test_nothing_of_the_copy_lies_on_the_disk_in_the_clear_or_under_a_name(desk, bag):
    before = {path for path in desk.store._root.rglob("*") if path.is_file()}
    with desk.store.scratch() as file:
        copy = PrivateCopy(bag, file, bytes(range(KEY)))
        assert {path for path in desk.store._root.rglob("*") if path.is_file()} == before
        raw = os.pread(file.fileno(), 1 << 26, 0)
        assert len(raw) >= sum(map(len, FILES.values()))
        assert NEEDLE not in raw
        assert os.fstat(file.fileno()).st_nlink == 0
        assert sum(1 for _ in copy.sources()) == len(FILES) + 4


def test_a_file_that_changes_while_it_is_copied_is_told_as_changed(tmp_path, monkeypatch):
    path = tmp_path / "growing"
    path.write_bytes(b"1")

    class Growing(private_copy.FileSource):
        def readinto(self, view):
            read = super().readinto(view)
            path.write_bytes(b"22")
            return read

    def growing(place, left_out):
        for source in walk(place, left_out):
            source.__class__ = Growing
            yield source

    monkeypatch.setattr(private_copy, "walk", growing)
    with tempfile.TemporaryFile() as file:
        (source,) = PrivateCopy(path, file, bytes(KEY)).sources()
        room = memoryview(bytearray(10))
        size = source.readinto(room)
        assert (bytes(room[:size]), source.changed(size)) == (b"1", True)


def test_an_attempt_after_a_kill_knows_a_file_by_its_content_and_not_by_its_times(bag):
    def marks(place):
        with tempfile.TemporaryFile() as file:
            return {source.name: source.mark for source in PrivateCopy(place, file, bytes(KEY)).sources()}

    before = marks(bag)
    rewrite(bag)
    after = marks(bag)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {
        "data/a.txt",
        "data/deep/b.bin",
        "data/deep/odd",
    }


@pytest.mark.parametrize("begun", [0, 1, 17, 1 << 20])
def test_a_copy_gives_what_was_read_from_wherever_it_was_begun(bag, begun):
    with tempfile.TemporaryFile() as file:
        for source in PrivateCopy(bag / "data", file, os.urandom(KEY)).sources():
            assert not source.begins_with(max(1, begun), b"")
            content = bytearray()
            while not source.ended:
                room = memoryview(bytearray(77_777))
                content += room[: source.readinto(room)]
            assert bytes(content) == FILES[source.name]


@pytest.mark.parametrize("limit", ["MOST_FILES", "MOST_LEFT_OUT", "MOST_LEFT_OUT_BYTES"])
def test_more_files_or_names_than_memory_has_room_for_are_refused_while_they_are_read(tmp_path, monkeypatch, limit):
    """Each limit is met exactly, and then exceeded by one."""
    monkeypatch.setattr(private_copy, limit, 5)
    place = tmp_path / "in"
    place.mkdir()
    for number in range(6):
        path = place / str(number)
        path.touch() if limit == "MOST_FILES" else path.symlink_to("/")
        with tempfile.TemporaryFile() as file:
            if number < 5:
                PrivateCopy(place, file, bytes(KEY))
                continue
            with pytest.raises(BrokenInputError) as caught:
                PrivateCopy(place, file, bytes(KEY))
            assert caught.value.code is ErrorCode.OVERSIZED


def test_a_copy_of_many_files_takes_hardly_more_memory_than_one_of_few(tmp_path):
    """A record in memory, of name, hash and place, would take 400 bytes for each."""

    def held(number):
        place = tmp_path / str(number)
        place.mkdir()
        for each in range(number):
            (place / f"{each:050}").touch()
        with tempfile.TemporaryFile() as file:
            tracemalloc.start()
            copy = PrivateCopy(place, file, bytes(KEY))
            assert sum(1 for _ in copy.sources()) == number
            kept, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return kept

    held(1)
    assert held(2_000) - held(500) < 40_000


def test_a_place_that_has_become_a_link_is_not_entered(tmp_path, bag):
    inner = tmp_path / "intake" / "here"
    inner.parent.mkdir()
    shutil.copytree(bag, inner)
    assert [each.name for each in _closed(walk(inner, LeftOut()))]
    inner.parent.rename(tmp_path / "away")
    inner.parent.symlink_to("/")
    for place in (inner, inner.parent, inner.parent / "etc" / "passwd"):
        with pytest.raises(OSError, match=r"."):
            next(walk(place, LeftOut()))


def _closed(found):
    for each in found:
        each.close()
        yield each


def test_a_copied_file_is_read_again_from_any_place(desk, bag):
    with desk.store.scratch() as file:
        copy = PrivateCopy(bag, file, os.urandom(KEY))
        for source in copy.sources():
            content = (bag / source.name).read_bytes()
            again = source.reread()
            assert again.read() == content
            for at in (0, 1, 15, 16, 17, len(content) // 2, len(content)):
                assert again.seek(at) == at
                assert again.read(33) == content[at : at + 33]
            again.close()
