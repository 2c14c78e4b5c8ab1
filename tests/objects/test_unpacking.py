"""What archives hold becomes items; the archive stays one too, its bytes as they came; whatever is hostile stays inside it."""

import gzip
import hashlib
import io
import itertools
import os
import tarfile
import zipfile
from contextlib import suppress

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.acts.matters import ScopePart, SkippedCount
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK, PipelineTerms
from comity.adapters.objects.intake import IntakeRules
from comity.adapters.objects.segment_sealing import read_index
from comity.adapters.objects.unpacking import UnpackingLimits
from comity.evidence.items.descriptors import raw_name, unframe
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.categories import DataCategory, SkipReason

LOG = "".join(
    f'10.0.0.{day} - - [{day:02}/Nov/2026:{hour:02}:00:00 +0000] "GET /{hour} HTTP/1.1" 200 1\n'
    for day in (2, 3)
    for hour in range(24)
).encode()
PIPELINE = PipelineTerms(chunk=LEAST_CHUNK, lanes=1)
LIMITS = UnpackingLimits(depth=2, members=20, ratio=2, least=1 << 20)


def mailbox(days=(2, 3, 4)) -> bytes:
    return "\n".join(
        f"From ana Tue Nov  3 10:00:00 2026\nFrom: ana@example.org\nTo: rui@example.net\n"
        f"Date: {day} Nov 2026 10:00:00 +0000\nSubject: x\n\nneedle-{day}\n"
        for day in days
    ).encode()


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def tarred(members: dict[bytes, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


TAKEOUT = {
    "Takeout/Mail/All mail.mbox": mailbox(),
    "Takeout/logs/access.log": LOG,
    "Takeout/logs/access.log.gz": packed(LOG),
    "Takeout/photo.bin": bytes(range(256)),
    "Takeout/empty": b"",
}
ARCHIVES = {
    "zip": zipped(TAKEOUT),
    "zip-stored": zipped(TAKEOUT, zipfile.ZIP_STORED),
    "tar": tarred({name.encode(): content for name, content in TAKEOUT.items()}),
    "tar-gnu": tarred({name.encode(): content for name, content in TAKEOUT.items()}, tarfile.GNU_FORMAT),
    "tar.gz": packed(tarred({name.encode(): content for name, content in TAKEOUT.items()})),
}


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


def raw_zip(members: dict[bytes, bytes]) -> bytes:
    """A ZIP with these bytes for names, which the library would not write."""
    marks = {chr(ord("Q") + number) * len(name): name for number, name in enumerate(members)}
    archive = zipped({mark: members[name] for mark, name in marks.items()}, zipfile.ZIP_STORED)
    for mark, name in marks.items():
        archive = archive.replace(mark.encode(), name)
    return archive


NAMES = [b"../../etc/passwd", b"/etc/shadow", b"line\nfeed", b"\xff\xfe not utf-8", b"x" * 4_000, b"%FF", "ü".encode()]


@pytest.mark.parametrize("pack", [tarred, raw_zip])
def test_hostile_names_are_text_and_kept_without_loss(hall, tmp_path, pack):
    before = sorted(tmp_path.rglob("*"))
    hall.take_in(hostile=pack({name: name for name in NAMES}))
    content = hall.all_contents()
    assert {raw_name(name.removeprefix("hostile/")): content[name] for name in content if name != "hostile"} == {
        name: name for name in NAMES
    }
    assert not [path for path in tmp_path.rglob("*") if path not in before and b"passwd" in os.fsencode(path)]


def test_what_a_tar_has_besides_files_is_left_out_by_reason(hall):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"S", b"?"):
            entry = tarfile.TarInfo(f"kind-{kind.decode()}")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    hall.take_in(odd__tar=out.getvalue(), plain=b"x")
    assert sorted(hall.items()) == ["odd.tar", "plain"]
    assert sorted(reason.value for _, reason in hall.left_out()) == sorted(
        ["link", "link", "device", "pipe-or-socket", "member-unreadable", "member-unreadable"]
    )


def test_locked_members_stay_and_an_archive_of_nothing_else_is_not_unpacked(hall):
    archive = zipped({"a": b"first", "b": b"second"}, zipfile.ZIP_STORED)
    places = [at for at in range(len(archive)) if archive[at : at + 4] == b"PK\x01\x02"]
    one, all_of_them = bytearray(archive), bytearray(archive)
    one[places[0] + 8] |= 1
    for place in places:
        all_of_them[place + 8] |= 1
    hall.take_in(one=bytes(one), locked=bytes(all_of_them))
    found = hall.items()
    assert sorted(found) == ["locked", "one", "one/b"]
    assert (found["locked"].unpacked, found["locked"].members.locked) == (False, 2)
    assert hall.left_out() == [("one/a", SkipReason.MEMBER_LOCKED)]


def test_members_that_lie_over_one_another_are_unpacked_once(hall):
    """Every entry of the directory leads to the same kilobyte: what makes small archives unpack to the size of disks."""
    archive = zipped({f"{number:02}": bytes(50_000) for number in range(10)})
    first = archive[archive.index(b"PK\x01\x02") + 42 :][:4]
    overlaid = bytearray(archive)
    for at in range(len(archive)):
        if archive[at : at + 4] == b"PK\x01\x02":
            overlaid[at + 42 : at + 46] = first
    hall.take_in(overlaid=bytes(overlaid))
    assert len(hall.items()) == 2
    assert [reason for _, reason in hall.left_out()] == [SkipReason.MEMBER_UNREADABLE] * 9


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_packed_in_another_way_stays_in_its_archive(hall, method):
    hall.take_in(odd=zipped({"a": LOG}, method))
    assert [(each.name, each.unpacked) for each in hall.items().values()] == [("odd", False)]
    assert hall.left_out() == []


def test_a_member_whose_checksum_differs_is_no_item(hall):
    archive = zipped({"a": b"a" * 900, "b": bytes(range(256)), "c": b"c" * 900}, zipfile.ZIP_STORED)
    hall.take_in(damaged=archive.replace(b"a" * 900, b"a" * 899 + b"b"))
    assert sorted(hall.items()) == ["damaged", "damaged/b", "damaged/c"]
    assert hall.left_out() == [("damaged/a", SkipReason.MEMBER_UNREADABLE)]


def test_archives_beyond_the_limits_are_unpacked_as_far_as_those_go(hall):
    hall.take_in(
        many=zipped({f"{number:03}": b"" for number in range(40)}),
        large=zipped({"a": bytes(900_000), "b": bytes(900_000), "c": b""}),
    )
    found = hall.items()
    assert len([name for name in found if name.startswith("many/")]) == LIMITS.members
    assert [name for name in found if name.startswith("large/")] == ["large/a"]
    assert sorted(hall.left_out()) == [
        ("large", SkipReason.UNPACKS_TOO_LARGE),
        ("large/b", SkipReason.UNPACKS_TOO_LARGE),
        ("many", SkipReason.UNPACKS_TOO_LARGE),
    ]


def test_a_document_in_the_form_of_an_archive_stays_whole(hall):
    hall.take_in(letter__docx=zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}))
    opened = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}
    hall.take_in(letter__odt=zipped(opened, zipfile.ZIP_STORED))
    assert sorted((each.name, each.unpacked) for each in hall.items().values()) == [
        ("letter.docx", False),
        ("letter.odt", False),
    ]
    assert hall.left_out() == []


@pytest.mark.parametrize("name", ["é" * 32_760, "\U0001f600" * 16_000])
def test_a_name_too_long_for_a_frame_in_bytes_is_left_out_by_name_and_stops_nothing(hall, name):
    inner = zipped({name: b"x"})
    hall.take_in(outer=zipped({name: inner, "plain": b"y"}))
    assert hall.left_out() == [(f"outer/{name}/{name}", SkipReason.NAME_TOO_LONG)]
    assert sorted(hall.items()) == sorted(["outer", "outer/plain", f"outer/{name}"])


def header(name: str, kind: bytes, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.USTAR_FORMAT)


def block(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_a_size_that_a_folder_or_link_states_hides_no_member(hall, kind):
    first, hidden, last = (header(name, b"0", 1) + block(b"x") for name in ("first", "hidden", "last"))
    hall.take_in(x__tar=first + header("odd", kind, 1_024) + hidden + last + bytes(1_024))
    assert sorted(hall.items()) == ["x.tar", "x.tar/first", "x.tar/hidden", "x.tar/last"]
    assert [name for name, _ in hall.left_out()] == ([] if kind == b"5" else ["x.tar/odd"])


def test_a_zip_that_lists_fewer_members_than_it_counts_stays_whole_and_says_so(hall):
    archive = bytearray(zipped({"a": b"a", "b": b"b", "c": b"c"}))
    second = archive.index(b"PK\x01\x02", archive.index(b"PK\x01\x02") + 1)
    archive[second] = 0
    hall.take_in(cut__zip=bytes(archive))
    assert [(each.name, each.unpacked) for each in hall.items().values()] == [("cut.zip", False)]
    assert hall.left_out() == [("cut.zip", SkipReason.MEMBER_UNREADABLE)]


@pytest.mark.parametrize("pack", [zipped, lambda members: tarred({b"secret/": members["secret/"]})])
def test_a_member_called_like_a_folder_that_has_content_is_an_item(hall, pack):
    archive = pack({"secret/": b"needle", "folder/": b""}).replace(b"secret" + bytes(94), b"secret/" + bytes(93))
    hall.take_in(x=archive)
    assert hall.all_contents()["x/secret/"] == b"needle"
    assert hall.left_out() == []


@pytest.mark.parametrize("pack", [bytes, packed])
def test_what_lies_behind_the_end_of_a_tar_is_not_passed_over_in_silence(hall, pack):
    hall.take_in(two=pack(tarred({b"a": b"a"}) + tarred({b"b": b"b"})))
    assert sorted(hall.items()) == ["two", "two/a"]
    assert hall.left_out() == [("two", SkipReason.MEMBER_UNREADABLE)]


@pytest.mark.parametrize("pack", [bytes, packed])
def test_a_header_that_reaches_beyond_the_end_of_a_tar_is_told(hall, pack):
    """A header in front of a member, too long to be looked at, would swallow all that follows."""
    swallowing = header("first", b"0", 1) + block(b"x") + header("long", b"L", 1 << 30)
    hall.take_in(x=pack(swallowing + tarred({b"b": b"b"})))
    assert sorted(hall.items()) == ["x", "x/first"]
    assert hall.left_out() == [("x", SkipReason.MEMBER_UNREADABLE)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(sorted(ARCHIVES)), data=st.data())
def test_no_damage_costs_the_archive_or_makes_an_item_that_is_no_member(make_desk, tmp_path_factory, form, data):
    """Whatever is cut off or flipped, the archive is an item as it came, and each item from it is part of a true member."""
    bits = bytearray(ARCHIVES[form])
    for _ in range(data.draw(st.integers(1, 4))):
        bits[data.draw(st.integers(0, len(bits) - 1))] ^= data.draw(st.integers(1, 255))
    archive = bytes(bits[: data.draw(st.integers(1, len(bits)))])
    root = tmp_path_factory.mktemp("damaged")
    hall = Hall(make_desk(str(root / "store"), rules=IntakeRules(pipeline=PIPELINE, unpacking=LIMITS)), root / "in")
    hall.take_in(x=archive)
    content = hall.all_contents()
    parts = {name: content[name] for name in content if name.startswith("x/")}
    whole = content.get("x", b"".join(parts[name] for name in sorted(parts)))
    assert whole == archive
    if form == "zip":
        assert all(any(part in member for member in (*TAKEOUT.values(), LOG)) for part in parts.values())


def test_what_is_only_passed_over_counts_among_what_is_unpacked(hall):
    """A member of an unknown kind is inflated on the way to the next one, and so is padding behind the end."""
    over = header("odd", b"?", 8 << 20) + bytes(8 << 20)
    hall.take_in(over=packed(over + tarred({b"last": b"x"})), padded=packed(tarred({b"a": b"x"}) + bytes(8 << 20)))
    assert sorted(hall.items()) == ["over", "padded", "padded/a"]
    assert sorted(hall.left_out()) == [
        ("over", SkipReason.UNPACKS_TOO_LARGE),
        ("over/odd", SkipReason.MEMBER_UNREADABLE),
        ("padded", SkipReason.UNPACKS_TOO_LARGE),
    ]


TIGHT = {
    "bytes": {"a": bytes(500_000), "n.gz": packed(bytes(300_000)), "b": bytes(300_000), "c": b"c"},
    "members": {"n": zipped({f"{number}": b"" for number in range(9)}), **{f"{number}": b"" for number in range(20)}},
    "damaged": {"a.gz": packed(os.urandom(400_000))[:-9], "b.gz": packed(bytes(400_000))[:-9], "c": bytes(400_000)},
}


@pytest.mark.parametrize("seals", [1, 2, 3, 5])
@pytest.mark.parametrize("form", TIGHT)
@pytest.mark.parametrize(
    "pack", [zipped, lambda members: packed(tarred({name.encode(): each for name, each in members.items()}))]
)
def test_an_intake_that_breaks_off_again_and_again_unpacks_what_an_uncut_one_does(hall, make_desk, pack, form, seals):
    uncut = Hall(make_desk("uncut", rules=hall.desk.settings["rules"]), hall.place)
    uncut.take_in(x=pack(TIGHT[form]))
    finished = None
    while finished is None:
        with suppress(BrokenOffError):
            finished = hall.go_on(seals)
    assert hall.items().keys() == uncut.items().keys()
    assert sorted(hall.left_out()) == sorted(uncut.left_out())
