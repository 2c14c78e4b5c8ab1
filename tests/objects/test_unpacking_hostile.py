"""Whatever is hostile in an archive stays inside it, and is told; what it unpacks to has limits that hold."""

import io
import os
import tarfile
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.objects.archive_hall import (
    ARCHIVES,
    LIMITS,
    LOG,
    PIPELINE,
    TAKEOUT,
    BrokenOffError,
    Hall,
    packed,
    tarred,
    zipped,
)

from comity.adapters.objects.intake import IntakeRules
from comity.evidence.items.descriptors import is_source_name, raw_name
from comity.vocabulary.categories import SkipReason


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
        many=tarred({b"%03d" % number: b"" for number in range(40)}),
        counted=zipped({f"{number:03}": b"" for number in range(40)}),
        large=zipped({"a": bytes(900_000), "b": bytes(900_000), "c": b""}),
    )
    found = hall.items()
    assert len([name for name in found if name.startswith("many/")]) == LIMITS.members
    assert [name for name in found if name.startswith("large/")] == ["large/a"]
    assert found["counted"].unpacked is False, "a ZIP says beforehand how many it has"
    assert sorted(hall.left_out()) == [
        ("counted", SkipReason.UNPACKS_TOO_LARGE),
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
    ((left, reason),) = hall.left_out()
    assert reason is SkipReason.NAME_TOO_LONG
    assert left.startswith(f"outer/{name[:10_000]}")
    assert is_source_name(left)
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
    "members": {"n": zipped({f"{number}": b"" for number in range(9)}), **{f"{number}": b"" for number in range(15)}},
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
