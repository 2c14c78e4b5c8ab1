"""What an intake does not take in, or not as it was at one moment, is counted and committed to by name, whatever breaks off."""

import io
import itertools
import os
import tarfile
from types import SimpleNamespace

import msgspec
import pytest

from comity.acts.matters import NotTakenIn, SkippedCount
from comity.adapters.objects import sources
from comity.adapters.objects.intake import take_in
from comity.adapters.objects.segment_sealing import read_index
from comity.evidence.items import segment_index
from comity.evidence.items.descriptors import MAX_SOURCE_NAME
from comity.evidence.items.exhibits import IntakeTerms
from comity.ledger.tree import Frontier
from comity.vocabulary.categories import SkipReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode


@pytest.fixture
def place(tmp_path):
    """Forty files, of which `5` grows while it is read, two links and a pipe."""
    place = tmp_path / "in"
    place.mkdir()
    for n in range(40):
        (place / str(n)).write_bytes(os.urandom(100))
    for name in ("one", "two"):
        (place / name).symlink_to("/etc/hostname")
    os.mkfifo(place / "pipe")
    return place


@pytest.fixture
def growing(monkeypatch, place):
    """The first read of file `5`, and only that, sees the file grow."""
    real, times = sources.FileSource.readinto, itertools.count()

    def readinto(source, view):
        size = real(source, view)
        if source.name == "5" and not next(times):
            with (place / "5").open("ab") as file:
                file.write(b"more")
        return size

    monkeypatch.setattr(sources.FileSource, "readinto", readinto)


EXPECTED = (
    SkippedCount(SkipReason.LINK, 2),
    SkippedCount(SkipReason.PIPE_OR_SOCKET, 1),
    SkippedCount(SkipReason.CHANGED_WHILE_READ, 1),
)


def entries(desk, seals, identity):
    return [entry for seal in seals for entry in read_index(desk.store, desk.cipher, identity, seal).left_out]


@pytest.mark.usefixtures("growing")
def test_every_name_left_out_is_under_the_root(desk, place):
    held, identity, intake = desk.hold(place)
    names = entries(desk, held.seals, identity)
    assert sorted((each.name, each.reason.value) for each in names) == [
        ("5", "changed-while-read"),
        ("one", "link"),
        ("pipe", "pipe-or-socket"),
        ("two", "link"),
    ]
    root = Frontier().append([each.leaf() for each in names]).root().hex()
    assert intake.left_out == NotTakenIn(EXPECTED, root)
    assert len({each.salt for each in names}) == len(names)


@pytest.mark.usefixtures("growing")
@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_an_intake_that_is_taken_up_again_forgets_nothing_and_counts_nothing_twice(desk, place, after):
    identity, seals = desk.room.new_identity(), []

    def break_off(seal):
        seals.append(seal)
        if len(seals) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.room.take_in(place, identity, break_off, terms=IntakeTerms())
    intake = desk.room.take_in(place, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    # Where the file that grew was sealed after the break, it was read again, and stood still.
    assert {each.reason: each.entries for each in intake.left_out.counts}.items() >= {
        SkipReason.LINK: 2,
        SkipReason.PIPE_OR_SOCKET: 1,
    }.items()
    names = entries(desk, seals, identity)
    assert len({each.name for each in names}) == len(names) == sum(each.entries for each in intake.left_out.counts)
    assert Frontier().append([each.leaf() for each in names]).root().hex() == intake.left_out.root
    again = desk.room.take_in(place, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    assert again.left_out == intake.left_out


def tarred_twice() -> bytes:
    """Two files, and between them the same link twice."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("f", "l", "l", "g"):
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.SYMTYPE if name == "l" else tarfile.REGTYPE
            archive.addfile(entry)
    return out.getvalue()


@pytest.mark.parametrize("after", [1, 2, 3])
def test_what_comes_twice_by_one_name_is_counted_alike_with_and_without_a_break(make_desk, tmp_path, after):
    path = tmp_path / "in.tar"
    path.write_bytes(tarred_twice())
    rules = msgspec.structs.replace(make_desk().settings["rules"], seal_items=1)
    uncut = make_desk("uncut", rules=rules).hold(path)[2].left_out
    desk = make_desk("cut", rules=rules)
    identity, seals = desk.room.new_identity(), []

    def break_off(seal):
        seals.append(seal)
        if len(seals) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.room.take_in(path, identity, break_off, terms=IntakeTerms())
    intake = desk.room.take_in(path, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    assert intake.left_out.counts == uncut.counts == (SkippedCount(SkipReason.LINK, 1),)
    assert len(entries(desk, seals, identity)) == 1


@pytest.mark.parametrize("letter", ["x", "ü", "語"])
def test_names_that_are_too_long_and_begin_alike_stay_two(desk, letter):
    identity, seals, left_out = desk.room.new_identity(), [], sources.LeftOut()

    def found():
        for end in "ab":
            left_out.add(letter * MAX_SOURCE_NAME + end, SkipReason.NAME_TOO_LONG)
        yield sources.StreamSource("file", Stream(b"x"))

    intake = taken_in(desk, found(), left_out, identity, seals)
    assert intake.left_out.counts == (SkippedCount(SkipReason.NAME_TOO_LONG, 2),)
    names = {entry.name for entry in entries(desk, seals, identity)}
    assert len(names) == 2
    assert all(len(name.encode()) <= MAX_SOURCE_NAME for name in names)


def test_what_changed_before_a_break_is_still_counted_after_it(desk, tmp_path, monkeypatch):
    place = tmp_path / "in"
    place.mkdir()
    for n in range(30):
        (place / str(n)).write_bytes(b"x")
    monkeypatch.setattr(sources.FileSource, "changed", lambda _source, _size: True)
    identity, seals = desk.room.new_identity(), []

    def break_off(seal):
        seals.append(seal)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.room.take_in(place, identity, break_off, terms=IntakeTerms())
    before = len(entries(desk, seals, identity))
    assert before
    monkeypatch.setattr(sources.FileSource, "changed", lambda _source, _size: False)
    intake = desk.room.take_in(place, identity, seals.append, terms=IntakeTerms(), resume=tuple(seals))
    assert intake.left_out.counts == (SkippedCount(SkipReason.CHANGED_WHILE_READ, before),)


class Stream(io.BytesIO):
    length = None


@pytest.mark.parametrize("bound", [{"seal_items": 8}, {"seal_items": 1 << 20, "seal_bytes": 8 * 200}])
@pytest.mark.parametrize("first", [True, False], ids=["before any file", "behind a file"])
def test_names_without_a_file_between_are_sealed_as_they_come_and_never_too_many_at_once(make_desk, first, bound):
    """A run of links, as long as whoever packed the place likes."""
    desk = make_desk("store", rules=msgspec.structs.replace(make_desk().settings["rules"], **bound))
    identity, seals, waited = desk.room.new_identity(), [], []
    left_out = sources.LeftOut()

    def found():
        if not first:
            yield sources.StreamSource("file", Stream(b"x"))
        for n in range(100):
            left_out.add(f"{n:0200}", SkipReason.LINK)
            waited.append(left_out.waiting)
        if first:
            yield sources.StreamSource("file", Stream(b"x"))

    intake = taken_in(desk, found(), left_out, identity, seals)
    kept = [read_index(desk.store, desk.cipher, identity, seal).left_out for seal in seals]
    assert max(waited) < 8
    assert max(map(len, kept)) <= 8
    assert [each.name for names in kept for each in names] == [f"{n:0200}" for n in range(100)]
    assert Frontier().append([each.leaf() for names in kept for each in names]).root().hex() == intake.left_out.root


def test_names_that_wait_already_go_into_as_many_segments_as_they_need(desk):
    """None is left over, and taken up again they are counted once."""
    identity, seals, left_out = desk.room.new_identity(), [], sources.LeftOut()
    for n in range(100):
        left_out.add(str(n), SkipReason.LINK)
    intake = taken_in(desk, [sources.StreamSource("file", Stream(b"x"))], left_out, identity, seals)
    assert [len(read_index(desk.store, desk.cipher, identity, seal).left_out) for seal in seals] == [8] * 12 + [4]
    assert intake.left_out.counts == (SkippedCount(SkipReason.LINK, 100),)
    again = sources.LeftOut()
    assert taken_in(desk, [], again, identity, seals, resume=tuple(seals)).left_out == intake.left_out


def test_descriptors_are_sealed_before_they_are_more_than_an_index_takes(make_desk, tmp_path):
    desk = make_desk(
        "store", rules=msgspec.structs.replace(make_desk().settings["rules"], seal_items=1 << 20, seal_bytes=1_000)
    )
    place = tmp_path / "in"
    place.mkdir()
    for n in range(40):
        (place / f"{n:0200}").write_bytes(b"x")
    held, identity, _ = desk.hold(place)
    sizes = [
        sum(len(item.frame) for item in read_index(desk.store, desk.cipher, identity, seal).items)
        for seal in held.seals
    ]
    assert max(sizes) < 1_500


def test_an_index_that_nobody_could_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(segment_index, "MAX_INDEX", 10)
    with pytest.raises(BrokenInputError) as caught:
        segment_index.encode_index(segment_index.SegmentIndex(1, 0, 0, (), ()))
    assert caught.value.code is ErrorCode.OVERSIZED


def taken_in(desk, found, left_out, identity, seals, *, resume=()):
    return take_in(
        found,
        left_out,
        store=desk.store,
        cipher=desk.cipher,
        randomness=SimpleNamespace(take=os.urandom),
        identity=identity,
        on_segment=seals.append,
        terms=IntakeTerms(),
        rules=desk.settings["rules"],
        resume=resume,
    )


def test_an_intake_that_took_everything_says_nothing_of_what_it_left_out(desk, folder):
    _, _, intake = desk.hold(folder)
    assert intake.left_out is None


@pytest.mark.parametrize("what", ["nothing", "a link", "a folder in a folder"])
def test_a_place_that_yields_nothing_is_an_error_and_no_empty_exhibit(desk, tmp_path, what):
    place = tmp_path / "in"
    place.mkdir()
    if what == "a link":
        (place / "link").symlink_to("/etc/hostname")
    if what == "a folder in a folder":
        (place / "folder").mkdir()
    with pytest.raises(BrokenInputError) as caught:
        desk.hold(place)
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert caught.value.found == ("left out: 1 link" if what == "a link" else "no file")
    assert list(desk.store.digests()) == []
