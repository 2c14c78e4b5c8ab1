"""What archives hold becomes items; the archive stays one too, its bytes as they came."""

import hashlib
import io
import os
from contextlib import suppress

import pytest
from tests.objects.archive_hall import ARCHIVES, LOG, TAKEOUT, BrokenOffError, mailbox, packed, split, tarred, zipped

from comity.acts.matters import ScopePart, SkippedCount
from comity.adapters.objects.segment_sealing import read_index
from comity.evidence.items.descriptors import unframe
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.categories import DataCategory, SkipReason


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


@pytest.mark.parametrize("count", range(16))
def test_an_intake_that_breaks_off_inside_an_archive_goes_on_without_losing_or_repeating_an_item(hall, count):
    files = {
        "a__log__gz": packed(LOG * 60),
        "b__mbox__gz": packed(packed(mailbox(range(1, 20)))),
        "c__gz": packed(mailbox(range(1, 12)) * 9)[:-30],
        "d__zip": ARCHIVES["zip"],
        "e__tar__gz": ARCHIVES["tar.gz"],
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
    for name in ("d.zip", "e.tar.gz"):
        assert len([each for each in content if each.startswith(f"{name}/")]) == 10
        assert split(content, f"{name}/Takeout/logs/access.log.gz/") == LOG
    assert hall.left_out() == [("c.gz/c", SkipReason.MEMBER_UNREADABLE)]


class Stream(io.BytesIO):
    length = None


def test_an_archive_out_of_a_stream_stays_whole(desk):
    seals, identity = [], desk.room.new_identity()
    desk.room.take_in_stream("a.gz", Stream(packed(LOG)), identity, seals.append, terms=IntakeTerms())
    (index,) = (read_index(desk.store, desk.cipher, identity, seal) for seal in seals)
    (item,) = (unframe(item.frame) for item in index.items)
    assert (item.name, item.unpacked) == ("a.gz", False)


@pytest.mark.parametrize("form", ARCHIVES)
def test_a_takeout_is_split_into_what_it_holds_and_stays_an_item_as_it_came(hall, form, scopes):
    intake = hall.take_in(takeout=ARCHIVES[form])
    found = hall.items()
    assert intake.left_out is None
    assert sorted(found) == [
        "takeout",
        "takeout/Takeout/Mail/All mail.mbox/000001",
        "takeout/Takeout/Mail/All mail.mbox/000002",
        "takeout/Takeout/Mail/All mail.mbox/000003",
        "takeout/Takeout/empty",
        "takeout/Takeout/logs/access.log.gz",
        "takeout/Takeout/logs/access.log.gz/access.log/2026-11-02/000001",
        "takeout/Takeout/logs/access.log.gz/access.log/2026-11-03/000002",
        "takeout/Takeout/logs/access.log/2026-11-02/000001",
        "takeout/Takeout/logs/access.log/2026-11-03/000002",
        "takeout/Takeout/photo.bin",
    ]
    digest, inner = hashlib.sha256(ARCHIVES[form]).digest(), hashlib.sha256(packed(LOG)).digest()
    nested = [name for name in found if "access.log.gz/" in name]
    assert {found[name].out_of for name in nested} == {inner}
    assert {found[name].out_of for name in found if name not in nested} == {digest, None}
    content = hall.all_contents()
    assert content["takeout"] == ARCHIVES[form]
    assert split(content, "takeout/Takeout/Mail/") == mailbox()
    assert content["takeout/Takeout/photo.bin"] == TAKEOUT["Takeout/photo.bin"]
    assert len(hall.contents(scopes["day"])) == 3


@pytest.mark.parametrize("inner", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("outer", [zipped, lambda members: tarred({b"in": members["in"]})])
def test_an_archive_in_an_archive_is_unpacked_in_place(hall, outer, inner):
    hall.take_in(outer=outer({"in": ARCHIVES[inner]}))
    found = hall.items()
    assert found["outer/in"].sha256 == hashlib.sha256(ARCHIVES[inner]).digest()
    assert found["outer/in"].unpacked
    content = hall.all_contents()
    assert split(content, "outer/in/Takeout/logs/access.log/") == LOG
    assert hall.left_out() == [("outer/in/Takeout/logs/access.log.gz", SkipReason.NESTED_TOO_DEEP)]
