import hashlib
import itertools
import os
import resource
import socket
from contextlib import chdir, suppress

import msgspec
import pytest

from comity.acts.matters import SkippedCount
from comity.adapters.objects import sources
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK
from comity.adapters.objects.segment_sealing import read_index
from comity.evidence.items.descriptors import unframe
from comity.evidence.items.exhibit_seal import BoundSegment, binding_root, objects_root
from comity.evidence.items.exhibits import Extent, IntakeTerms, Skipped
from comity.ledger.tree import EMPTY_ROOT
from comity.vocabulary.categories import DataCategory, SkipReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def descriptors(desk, held, identity):
    found = []
    for seal in held.seals:
        index = read_index(desk.store, desk.cipher, identity, seal)
        found += [unframe(item.frame) for item in index.items]
    return {each.name: each for each in found}


def contents(desk, held, identity):
    disclosed, new = desk.disclose(held, identity)
    return desk.contents(disclosed.packed, new)


def test_everything_is_described_sealed_and_stored(desk, folder):
    held, identity, intake = desk.hold(folder)
    found = descriptors(desk, held, identity)
    assert sorted(found) == [
        "empty",
        "logs/access.log/2026-11-02/000001",
        "logs/access.log/2026-11-03/000002",
        "mail.mbox/000001",
        "mail.mbox/000002",
        "mail.mbox/000003",
        "notes.bin",
        "subscriber.json",
    ]
    assert intake.items == len(found) == 8
    assert intake.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    segments = [BoundSegment(bytes.fromhex(seal.root), seal.items) for seal in held.seals]
    assert intake.root == binding_root(segments).hex()
    assert found["subscriber.json"].category is DataCategory.SUBSCRIBER
    assert found["logs/access.log/2026-11-03/000002"].category is DataCategory.TRAFFIC
    assert found["notes.bin"].category is DataCategory.CONTENT
    assert found["notes.bin"].source == "test"
    assert found["empty"].sha256 == hashlib.sha256(b"").digest()


def test_the_parts_of_a_source_give_the_source_back(desk, folder):
    held, identity, _ = desk.hold(folder)
    found = contents(desk, held, identity)
    mail = b"".join(found[name] for name in sorted(found) if name.startswith("mail.mbox/"))
    assert mail == (folder / "mail.mbox").read_bytes()
    assert found["notes.bin"] == (folder / "notes.bin").read_bytes()


def test_a_large_source_spans_chunks_and_small_ones_share_one(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    large = os.urandom(3 * LEAST_CHUNK + 17)
    (place / "large").write_bytes(large)
    for number in range(20):
        (place / f"{number}").write_bytes(os.urandom(100))
    held, identity, _ = desk.hold(place)
    found = contents(desk, held, identity)
    assert found["large"] == large
    assert found["7"] == (place / "7").read_bytes()
    assert sum(len(seal.objects) for seal in held.seals) < 10


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, LEAST_CHUNK - 1, LEAST_CHUNK, LEAST_CHUNK + 1])
def test_sources_around_the_limits_of_head_and_chunk_come_back(desk, tmp_path, size):
    place = tmp_path / "in"
    place.mkdir()
    for number in range(3):
        (place / f"{number}").write_bytes(os.urandom(size))
    held, identity, _ = desk.hold(place)
    assert contents(desk, held, identity) == {f"{number}": (place / f"{number}").read_bytes() for number in range(3)}


def test_the_seal_says_what_was_stored(desk, folder):
    held, identity, _ = desk.hold(folder)
    for seal in held.seals:
        assert seal.objects_root == objects_root(seal.objects).hex()
        assert all(desk.store.size(stored.digest) == stored.size for stored in (*seal.objects, seal.index))
        read_index(desk.store, desk.cipher, identity, seal)
        for lie in ({"root": "0" * 64}, {"items": seal.items + 1}, {"number": seal.number + 1}, {"objects": ()}):
            with pytest.raises(BrokenInputError) as caught:
                read_index(desk.store, desk.cipher, identity, msgspec.structs.replace(seal, **lie))
            assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_nothing_plain_reaches_the_store(desk, folder, tmp_path):
    desk.hold(folder)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    for needle in (b"needle-3", b"access.log", b"ana@example.org", b"mail.mbox"):
        assert needle not in stored


def test_items_stand_in_random_order(make_desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for number in range(8):
        (place / f"{number}").write_bytes(b"x")
    orders = set()
    for attempt in range(6):
        desk = make_desk(f"store-{attempt}")
        held, identity, _ = desk.hold(place)
        index = read_index(desk.store, desk.cipher, identity, held.seals[0])
        orders.add(tuple(unframe(item.frame).name for item in index.items))
        assert len({item.salt for item in index.items}) == 8
    assert len(orders) > 1


# What must not hurt ----------------------------------------------------------------------------------------------


def test_hostile_names_are_taken_in_without_loss(desk, tmp_path):
    place = tmp_path / "in"
    deep = place / "a" / ("x" * 250)
    deep.mkdir(parents=True)
    names = [
        b"new\nline",
        b"\xff\xfe not utf-8",
        b"..hidden",
        b"%2e%2E",
        b"-rf",
        b"<b>",
        b"a" * 255,
        "ü\u202e".encode(),
    ]
    for name in names:
        (place / os.fsdecode(name)).write_bytes(name)
    (deep / "leaf").write_bytes(b"leaf")
    held, identity, intake = desk.hold(place)
    found = contents(desk, held, identity)
    assert sorted(found.values()) == sorted([*names, b"leaf"])
    assert "%FF%FE not utf-8" in found
    assert intake.left_out is None


def test_a_path_of_many_thousand_characters_is_taken_in(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    here = os.open(place, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("leaf", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    held, identity, _ = desk.hold(place)
    (name,) = descriptors(desk, held, identity)
    assert len(name) > 8_000


def test_folders_too_deep_are_counted_not_entered(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_DEPTH", 3)
    place = tmp_path / "in"
    (place / "a" / "b" / "c" / "d" / "e").mkdir(parents=True)
    (place / "a" / "leaf").write_bytes(b"x")
    _, _, intake = desk.hold(place)
    assert intake.items == 1
    assert [(each.reason, each.entries) for each in intake.left_out.counts] == [(SkipReason.TOO_DEEP, 1)]


def test_links_devices_pipes_and_sockets_are_left_out_and_counted(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (place / "link").symlink_to(outside / "secret")
    (place / "folder-link").symlink_to(outside)
    (place / "dangling").symlink_to("nowhere")
    os.mkfifo(place / "pipe")
    # A socket's path has a limit that a test's folder may pass.
    with socket.socket(socket.AF_UNIX) as listener, chdir(place):
        listener.bind("socket")
    (place / "file").write_bytes(b"x")
    _, _, intake = desk.hold(place)
    assert intake.items == 1
    assert {each.reason: each.entries for each in intake.left_out.counts} == {
        SkipReason.LINK: 3,
        SkipReason.PIPE_OR_SOCKET: 2,
    }
    assert {each.name for each in intake.examples} == {"link", "folder-link", "dangling", "pipe", "socket"}


@pytest.mark.skipif(os.geteuid() != 0, reason="making a device needs root")
def test_a_device_is_not_opened(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    try:
        os.mknod(place / "zero", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this machine lets nobody make devices")
    (place / "beside").write_bytes(b"x")
    _, _, intake = desk.hold(place)
    assert [(each.reason, each.entries) for each in intake.left_out.counts] == [(SkipReason.DEVICE, 1)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_cannot_be_read_is_left_out_and_counted(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "beside").write_bytes(b"x")
    (place / "closed").write_bytes(b"x")
    (place / "closed").chmod(0)
    _, _, intake = desk.hold(place)
    assert [(each.reason, each.entries) for each in intake.left_out.counts] == [(SkipReason.UNREADABLE, 1)]


def test_a_source_that_breaks_while_it_is_read_is_left_out(desk, tmp_path, monkeypatch):
    place = tmp_path / "in"
    place.mkdir()
    (place / "bad").write_bytes(os.urandom(500_000))
    (place / "good").write_bytes(b"good")
    real, reads = sources.FileSource.readinto, itertools.count()

    def readinto(source, view):
        if source.name == "bad" and next(reads):
            raise OSError(5, "Input/output error")
        return real(source, view)

    monkeypatch.setattr(sources.FileSource, "readinto", readinto)
    held, identity, intake = desk.hold(place)
    assert list(descriptors(desk, held, identity)) == ["good"]
    assert [(each.reason, each.entries) for each in intake.left_out.counts] == [(SkipReason.UNREADABLE, 1)]


def test_too_few_descriptors_are_an_error_and_not_a_gap(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        # Enough to open and list the folder, not to open a file in it.
        os.close(taken.pop())
        os.close(taken.pop())
        left_out = sources.LeftOut()
        with pytest.raises(BrokenInputError) as caught:
            next(sources.walk(folder, left_out))
    finally:
        for fd in taken:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert left_out.counts() == ()


def test_a_file_that_changes_while_it_is_read_is_reported(desk, tmp_path, monkeypatch):
    place = tmp_path / "in"
    place.mkdir()
    for name in ("stays", "grows"):
        (place / name).write_bytes(b"0123456789")
    real = sources.FileSource.readinto

    def readinto(source, view):
        size = real(source, view)
        if source.name == "grows":
            with (place / "grows").open("ab") as file:
                file.write(b"more")
        return size

    monkeypatch.setattr(sources.FileSource, "readinto", readinto)
    _, _, intake = desk.hold(place)
    assert intake.items == 2
    assert intake.left_out.counts == (SkippedCount(SkipReason.CHANGED_WHILE_READ, 1),)
    assert intake.examples == (Skipped("grows", SkipReason.CHANGED_WHILE_READ),)


def test_a_sparse_file_comes_back_as_its_zeros(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    with (place / "sparse").open("wb") as file:
        file.truncate(1_000_000)
    held, identity, _ = desk.hold(place)
    assert contents(desk, held, identity)["sparse"] == bytes(1_000_000)


def test_a_single_file_is_taken_in_under_its_name(desk, folder):
    held, identity, _ = desk.hold(folder / "subscriber.json")
    assert list(descriptors(desk, held, identity)) == ["subscriber.json"]


def test_a_place_that_does_not_exist_is_an_error(desk, tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        desk.hold(tmp_path / "nowhere")


# Time ------------------------------------------------------------------------------------------------------------


def test_a_long_intake_is_sealed_at_every_interval_even_within_one_item(make_desk, tmp_path):
    ticks = itertools.count(0.0, 20.0)
    rules = msgspec.structs.replace(make_desk().settings["rules"], monotonic=lambda: next(ticks))
    desk = make_desk("store", rules=rules)
    (tmp_path / "large").write_bytes(os.urandom(8 * LEAST_CHUNK))
    held, identity, intake = desk.hold(tmp_path / "large")
    assert intake.segments > 2
    assert [seal.items for seal in held.seals][-1] == 1
    assert {seal.root for seal in held.seals[:-1]} == {EMPTY_ROOT.hex()}
    assert contents(desk, held, identity)["large"] == (tmp_path / "large").read_bytes()


def test_a_segment_holds_no_more_items_than_the_rule_says(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for number in range(20):
        (place / f"{number}").write_bytes(b"x")
    held, _, _ = desk.hold(place)
    assert [seal.items for seal in held.seals] == [8, 8, 4]
    assert [seal.number for seal in held.seals] == [0, 1, 2]


def test_progress_ends_at_the_whole(make_desk, folder):
    room = make_desk().room
    (folder / "mails.mbox").write_bytes((folder / "mail.mbox").read_bytes() * 2_000)
    seen, seals, total = [], [], room.extent(folder)
    intake = room.take_in(folder, room.new_identity(), seals.append, terms=IntakeTerms(), on_progress=seen.append)
    assert (seen[-1].items, seen[-1].size, seen[-1].files) == (intake.items, total.size, total.files)
    assert total.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert [each.size for each in seen] == sorted(each.size for each in seen)


def test_what_an_earlier_attempt_sealed_is_told_apart_and_a_link_counts_for_nothing(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for n in range(30):
        (place / str(n)).write_bytes(b"0123456789")
    (place / "link").symlink_to("/")
    identity, seals, seen = desk.room.new_identity(), [], []
    with pytest.raises(BrokenOffError):
        desk.room.take_in(place, identity, break_off_after(2, seals), terms=IntakeTerms())
    desk.room.take_in(place, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals), on_progress=seen.append)
    assert desk.room.extent(place) == Extent(30, 300)
    finished = sum(len(read_index(desk.store, desk.cipher, identity, seal).finished) for seal in seals[:2])
    assert (seen[-1].size, seen[-1].files, seen[-1].earlier) == (300, 30, 10 * finished)
    assert finished


# Breaking off ----------------------------------------------------------------------------------------------------


class BrokenOffError(Exception):
    pass


def break_off_after(count: int, seals: list):
    def on_segment(seal):
        if len(seals) == count:
            raise BrokenOffError
        seals.append(seal)

    return on_segment


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_an_intake_taken_up_again_holds_everything_once(make_desk, tmp_path, folder, count):
    ticks = itertools.count(0.0, 26.0)
    rules = msgspec.structs.replace(make_desk().settings["rules"], monotonic=lambda: next(ticks), seal_items=3)
    desk = make_desk("store", rules=rules)
    (folder / "large").write_bytes(os.urandom(6 * LEAST_CHUNK))
    identity, seals = desk.room.new_identity(), []
    with pytest.raises(BrokenOffError):
        desk.room.take_in(folder, identity, break_off_after(count, seals), terms=IntakeTerms())
    assert len(seals) == count
    kept = {stored.digest for seal in seals for stored in (*seal.objects, seal.index)}
    desk.store.sweep(kept.__contains__)
    assert set(desk.store.digests()) == kept
    intake = desk.room.take_in(folder, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    held = msgspec.structs.replace(desk.hold(tmp_path / "evidence" / "empty")[0], seals=tuple(seals))
    found = contents(desk, held, identity)
    assert intake.items == len(found) == 9
    assert intake.segments == len(seals)
    assert found["large"] == (folder / "large").read_bytes()
    assert (
        b"".join(found[name] for name in sorted(found) if name.startswith("mail"))
        == (folder / "mail.mbox").read_bytes()
    )
    assert intake.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_source_that_changed_in_between_is_taken_as_a_new_one(make_desk, tmp_path):
    ticks = itertools.count(0.0, 26.0)
    rules = msgspec.structs.replace(make_desk().settings["rules"], monotonic=lambda: next(ticks))
    desk = make_desk("store", rules=rules)
    path = tmp_path / "large"
    path.write_bytes(os.urandom(6 * LEAST_CHUNK))
    state = path.stat()
    identity, seals = desk.room.new_identity(), []
    with pytest.raises(BrokenOffError):
        desk.room.take_in(path, identity, break_off_after(2, seals), terms=IntakeTerms())
    # Same name, size and time; other bytes.
    data = os.urandom(6 * LEAST_CHUNK)
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    desk.room.take_in(path, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    held = msgspec.structs.replace(desk.hold(tmp_path)[0], seals=tuple(seals))
    assert contents(desk, held, identity) == {"large": data}


def test_segments_with_a_gap_are_not_taken_up(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for number in range(20):
        (place / f"{number}").write_bytes(b"x")
    held, identity, _ = desk.hold(place)
    with pytest.raises(BrokenInputError) as caught:
        desk.room.take_in(place, identity, print, terms=IntakeTerms(), resume=held.seals[1:])
    assert caught.value.code is ErrorCode.OUT_OF_ORDER


def test_a_full_store_ends_the_intake_with_its_code_and_keeps_what_was_sealed(desk, folder, monkeypatch):
    real, left = desk.store.put, [3]

    def put(data, digest=None):
        left[0] -= 1
        if left[0] < 0:
            raise BrokenInputError(ErrorCode.STORE_FULL, "the evidence store is full")
        return real(data, digest)

    monkeypatch.setattr(desk.store, "put", put)
    (folder / "large").write_bytes(os.urandom(9 * LEAST_CHUNK))
    identity, seals = desk.room.new_identity(), []
    with pytest.raises(BrokenInputError) as caught:
        desk.room.take_in(folder, identity, seals.append, terms=IntakeTerms())
    assert caught.value.code is ErrorCode.STORE_FULL
    monkeypatch.undo()
    for seal in seals:
        read_index(desk.store, desk.cipher, identity, seal)
    sealed = {each.digest for seal in seals for each in (*seal.objects, seal.index)}
    assert set(desk.store.digests()) == sealed, "what was stored beyond the seals is taken away again"
    intake = desk.room.take_in(folder, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    assert intake.items == 9
