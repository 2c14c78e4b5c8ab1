"""What archives hold becomes items; the archive stays one too, its bytes as they came; whatever is hostile stays inside it."""

import gzip
import hashlib
import io
import itertools
import os
from contextlib import suppress

import msgspec
import pytest

from comity.acts.matters import ScopePart, SkippedCount
from comity.adapters.objects.segment_sealing import read_index
from comity.adapters.objects.unpacking import UnpackingLimits
from comity.evidence.descriptors import unframe
from comity.evidence.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.categories import DataCategory, SkipReason

LOG = "".join(
    f'10.0.0.{day} - - [{day:02}/Nov/2026:{hour:02}:00:00 +0000] "GET /{hour} HTTP/1.1" 200 1\n'
    for day in (2, 3)
    for hour in range(24)
).encode()
LIMITS = UnpackingLimits(depth=2, members=20, ratio=2, least=1 << 20)


def mailbox(days=(2, 3, 4)) -> bytes:
    return "\n".join(
        f"From ana Tue Nov  3 10:00:00 2026\nFrom: ana@example.org\nTo: rui@example.net\n"
        f"Date: {day} Nov 2026 10:00:00 +0000\nSubject: x\n\nneedle-{day}\n"
        for day in days
    ).encode()


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


class BrokenOffError(Exception):
    pass


class Hall:
    """A desk that takes one folder of files in and shows what became of it."""

    def __init__(self, desk, place) -> None:
        self.desk = desk
        self.place = place
        self.identity = desk.room.new_identity()
        self.seals = []

    def take_in(self, **files: bytes):
        """The files, their names with `__` for a point; all of them, or whatever is sealed before it breaks off."""
        for name, content in files.items():
            self.place.mkdir(exist_ok=True)
            (self.place / name.replace("__", ".")).write_bytes(content)
        return self.go_on()

    def go_on(self, seals: int = -1):
        """On from what is sealed, until all is done or after so many further seals it breaks off."""
        left = itertools.count(seals, -1)

        def on_segment(seal):
            if not next(left):
                raise BrokenOffError
            self.seals.append(seal)

        resume = tuple(self.seals)
        return self.desk.room.take_in(self.place, self.identity, on_segment, terms=IntakeTerms(), resume=resume)

    def indices(self):
        return [read_index(self.desk.store, self.desk.cipher, self.identity, seal) for seal in self.seals]

    def items(self):
        found = [unframe(item.frame) for index in self.indices() for item in index.items]
        assert len({each.name for each in found}) == len(found)
        return {each.name: each for each in found}

    def left_out(self):
        return [(entry.name, entry.reason) for index in self.indices() for entry in index.left_out]

    def contents(self, *scope: ScopePart):
        held = HeldExhibit("a" * 32, tuple(self.seals))
        disclosed, new = self.desk.disclose(held, self.identity, granted=scope)
        return self.desk.contents(disclosed.packed, new)

    def all_contents(self):
        found = self.items()
        everything = ScopePart("all", tuple(DataCategory))
        named = ScopePart("named", tuple(DataCategory), names=tuple(name for name in found if found[name].unpacked))
        return self.contents(everything, named) if named.names else self.contents(everything)


@pytest.fixture
def hall(make_desk, tmp_path):
    ticks = itertools.count(0.0, 26.0)
    rules = msgspec.structs.replace(
        make_desk().settings["rules"], monotonic=lambda: next(ticks), unpacking=LIMITS, seal_items=3
    )
    return Hall(make_desk("store", rules=rules), tmp_path / "in")


def split(content: dict[str, bytes], under: str) -> bytes:
    return b"".join(content[name] for name in sorted(content) if name.startswith(under))


def test_a_packed_log_is_split_by_day_and_is_an_item_itself_too(hall):
    archive = packed(LOG)
    intake = hall.take_in(access__log__gz=archive)
    found = hall.items()
    days = ["access.log.gz/access.log/2026-11-02/000001", "access.log.gz/access.log/2026-11-03/000002"]
    assert sorted(found) == ["access.log.gz", *days]
    digest = hashlib.sha256(archive).digest()
    assert (found["access.log.gz"].sha256, found["access.log.gz"].unpacked) == (digest, True)
    assert [found[day].out_of for day in days] == [digest] * 2
    assert [found[day].first.day for day in days] == [2, 3]
    assert found[days[0]].category is DataCategory.TRAFFIC
    content = hall.all_contents()
    assert content["access.log.gz"] == archive
    assert split(content, "access.log.gz/") == LOG
    assert intake.left_out is None


def test_a_packed_mailbox_or_unknown_file_is_split_as_it_would_be_alone(hall):
    hall.take_in(mail__mbox__gz=packed(mailbox()), photo__GZ=packed(bytes(range(256))), nameless=packed(b"x"))
    content = hall.all_contents()
    assert split(content, "mail.mbox.gz/mail.mbox/") == mailbox()
    assert content["photo.GZ/photo"] == bytes(range(256))
    assert content["nameless/content"] == b"x"


def test_an_unpacked_archive_goes_out_only_where_it_is_named_itself(hall, scopes):
    hall.take_in(access__log__gz=packed(LOG))
    assert list(hall.contents(scopes["day"])) == ["access.log.gz/access.log/2026-11-03/000002"]
    assert "access.log.gz" not in hall.contents(scopes["everything"])
    named = ScopePart("named", tuple(DataCategory), names=("access.log.gz",))
    assert min(hall.contents(named)) == "access.log.gz"


def test_what_was_unpacked_passes_reception(hall):
    hall.take_in(access__log__gz=packed(LOG))
    held = HeldExhibit(hall.desk.exhibit_id(), tuple(hall.seals))
    scope = [ScopePart("named", tuple(DataCategory), names=("access.log.gz",))]
    disclosed, new = hall.desk.disclose(held, hall.identity, granted=scope)
    taken = hall.desk.receive(disclosed, new, scope=scope)
    assert len(taken.accepted()) == 3
    assert taken.counts() == {}


def test_a_damaged_archive_stays_whole_and_says_so(hall):
    archive = packed(os.urandom(100_000))
    broken, cut = archive[:50_000] + bytes(50) + archive[50_050:], archive[:-40]
    hall.take_in(broken__gz=broken, cut__gz=cut, head__gz=archive[:11], noise__gz=archive[:10] + b"\xff" * 99)
    content = hall.all_contents()
    assert content["broken.gz"] == broken
    assert content["cut.gz"] == cut
    assert hall.items()["noise.gz"].unpacked is False
    assert hall.items()["head.gz"].unpacked is False
    assert sorted(hall.left_out()) == [
        ("broken.gz/broken", SkipReason.MEMBER_UNREADABLE),
        ("cut.gz/cut", SkipReason.MEMBER_UNREADABLE),
        ("head.gz", SkipReason.MEMBER_UNREADABLE),
        ("noise.gz", SkipReason.MEMBER_UNREADABLE),
    ]


def test_a_bomb_is_left_packed(hall):
    bomb = packed(bytes(64 << 20))
    intake = hall.take_in(bomb__gz=bomb)
    assert intake.left_out.counts == (SkippedCount(SkipReason.UNPACKS_TOO_LARGE, 1),)
    assert list(hall.items()) == ["bomb.gz"]
    assert sum(seal.size for seal in hall.seals) == len(bomb)


def test_archives_in_archives_are_unpacked_to_a_depth(hall):
    hall.take_in(a__gz=packed(packed(packed(LOG))))
    assert sorted(hall.items()) == ["a.gz", "a.gz/a", "a.gz/a/content"]
    assert hall.left_out() == [("a.gz/a/content", SkipReason.NESTED_TOO_DEEP)]
    assert hall.items()["a.gz/a/content"].unpacked is False
    assert hall.items()["a.gz/a/content"].out_of == hashlib.sha256(packed(packed(LOG))).digest()


@pytest.mark.parametrize("count", range(12))
def test_an_intake_that_breaks_off_inside_an_archive_goes_on_without_losing_or_repeating_an_item(hall, count):
    files = {
        "a__log__gz": packed(LOG * 60),
        "b__mbox__gz": packed(packed(mailbox(range(1, 20)))),
        "c__gz": packed(mailbox(range(1, 12)) * 9)[:-30],
    }
    hall.place.mkdir()
    with suppress(BrokenOffError):
        for name, content in files.items():
            (hall.place / name.replace("__", ".")).write_bytes(content)
        hall.go_on(count)
    hall.go_on()
    content = hall.all_contents()
    for name, whole in files.items():
        assert content[name.replace("__", ".")] == whole
    parts = sorted((name for name in content if name.startswith("a.log.gz/")), key=lambda name: name[-6:])
    assert b"".join(content[name] for name in parts) == LOG * 60
    assert split(content, "b.mbox.gz/b.mbox/content/") == mailbox(range(1, 20))
    assert hall.left_out() == [("c.gz/c", SkipReason.MEMBER_UNREADABLE)]


def test_an_archive_out_of_a_stream_stays_whole(desk):
    seals, identity = [], desk.room.new_identity()
    desk.room.take_in_stream("a.gz", io.BytesIO(packed(LOG)), identity, seals.append, terms=IntakeTerms())
    (index,) = (read_index(desk.store, desk.cipher, identity, seal) for seal in seals)
    (item,) = (unframe(item.frame) for item in index.items)
    assert (item.name, item.unpacked) == ("a.gz", False)
