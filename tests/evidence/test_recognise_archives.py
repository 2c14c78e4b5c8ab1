import gzip
import hashlib
import io
import tarfile
import time
import zipfile
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.items.descriptors import MAX_MEMBERS, ItemDescriptor, Member, frame, unframe
from comity.evidence.items.recognised import Disagreement, ItemFormat
from comity.evidence.recognising.archives import LOOK
from comity.evidence.recognising.recognise import Recognition, recognise
from comity.vocabulary.categories import DataCategory

MEMBERS = {"a.txt": b"hello", "box/ü.zip": b"PK" * 40, "../../etc/passwd": b"", "line\nfeed": b"x" * 1_000}


def zipped(members: dict[str, bytes] = MEMBERS, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def tarred(members: dict[str, bytes] = MEMBERS, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


FORMS = {
    "zip": zipped(),
    "zip-stored": zipped(method=zipfile.ZIP_STORED),
    "tar-pax": tarred(),
    "tar-gnu": tarred(form=tarfile.GNU_FORMAT),
    "tar-gz": gzip.compress(tarred(), mtime=0),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_is_listed_with_every_name_and_size_and_has_no_time(form):
    facts = recognise(FORMS[form])
    assert (facts.format, facts.category, facts.first) == (ItemFormat.ARCHIVE, None, None)
    assert facts.members.listed == tuple(Member(name, len(content)) for name, content in MEMBERS.items())
    assert (facts.members.count, facts.members.size, facts.members.nested) == (4, 1_085, 1)
    assert (facts.members.whole, facts.members.out_of_proportion) == (True, False)


@pytest.mark.parametrize(
    ("member", "ending"),
    [("word/document.xml", "wordprocessingml.document"), ("xl/workbook.xml", "spreadsheetml.sheet")],
)
def test_an_office_document_is_called_so_and_still_listed_as_the_archive_it_is(member, ending):
    facts = recognise(zipped({"[Content_Types].xml": b"<x/>", member: b"<x/>"}))
    assert (facts.format, facts.members.count) == (ItemFormat.ARCHIVE, 2)
    assert facts.media_type == f"application/vnd.openxmlformats-officedocument.{ending}"
    assert recognise(tarred({member: b"<x/>"})).media_type == "application/x-tar"


@pytest.mark.parametrize("content", [zipped({}), tarred({}), gzip.compress(b"", mtime=0)])
def test_an_empty_archive_is_an_archive(content):
    facts = recognise(content)
    assert facts.format in (ItemFormat.ARCHIVE, ItemFormat.OPAQUE)
    assert facts.first is None


def test_names_longer_than_a_header_are_read_and_kept_as_far_as_there_is_room():
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        (member,) = recognise(tarred({"d/" * 1_000 + "x": b""}, form)).members.listed
        assert member.name == ("d/" * 1_000)[:96]


def test_of_many_members_the_first_are_listed_and_all_are_counted():
    many = {f"{number:05}": b"" for number in range(5_000)}
    for content in (zipped(many), tarred(many), gzip.compress(tarred(many))):
        members = recognise(content).members
        assert (members.count, len(members.listed), members.whole) == (5_000, MAX_MEMBERS, True)


def header(name: str, kind: bytes, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.USTAR_FORMAT)


@given(st.lists(st.tuples(st.sampled_from([b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7"]), st.integers(0, 1_500))))
def test_a_tar_is_listed_as_another_reader_lists_it_whatever_its_folders_and_links_say_of_their_size(entries):
    content = b"".join(
        header(str(number), kind, size) + (bytes([49]) * size + bytes(-size % 512) if kind in (b"0", b"7") else b"")
        for number, (kind, size) in enumerate(entries)
    )
    content += bytes(1_024)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = [member.name for member in archive.getmembers()]
    members = recognise(content).members
    assert [member.name.rstrip("/") for member in members.listed] == names[:MAX_MEMBERS] if entries else members is None
    assert members is None or (members.count, members.whole) == (len(names), True)


ODT = "application/vnd.oasis.opendocument.text"


@pytest.mark.parametrize("media_type", [ODT, "application/epub+zip"])
def test_a_zip_that_says_first_what_document_it_is_is_called_so(media_type):
    content = zipped({"mimetype": media_type.encode(), "content.xml": b"<x/>"}, zipfile.ZIP_STORED)
    facts = recognise(content)
    assert (facts.format, facts.media_type, facts.members.count) == (ItemFormat.ARCHIVE, media_type, 2)


@pytest.mark.parametrize(
    "members", [{"mimetype": b"text/plain"}, {"mimetype": b"application/json"}, {"x": b"", "mimetype": ODT.encode()}]
)
def test_a_zip_is_not_called_what_else_could_be_read_in_its_place(members):
    assert recognise(zipped(members, zipfile.ZIP_STORED)).media_type == "application/zip"
    assert recognise(zipped({"mimetype": ODT.encode()})).media_type == "application/zip"


def test_encrypted_members_are_counted():
    content = bytearray(zipped())
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 8] |= 1
    assert recognise(bytes(content)).members.locked == 4


# Bombs -----------------------------------------------------------------------------------------------------------


def test_a_bomb_of_zeros_is_named_out_of_proportion_without_being_inflated():
    content = zipped({"zeros": bytes(64 << 20)})
    begun = time.process_time()
    members = recognise(content).members
    assert time.process_time() - begun < 1
    assert members.size == 64 << 20
    assert members.out_of_proportion


def test_members_that_lie_over_one_another_are_named():
    content = bytearray(zipped({"a": b"x" * 100, "b": b"y" * 100}, zipfile.ZIP_STORED))
    second = content.rfind(b"PK\x01\x02")
    content[second + 20 : second + 24] = (len(content)).to_bytes(4, "little")
    assert recognise(bytes(content)).members.out_of_proportion


def test_a_gzip_bomb_is_looked_at_up_to_the_limit_in_bounded_memory_and_time():
    deflate = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflate.compress(bytes(1 << 20)) for _ in range(256)) + deflate.flush()
    begun = time.process_time()
    members = recognise(bomb).members
    assert time.process_time() - begun < 2
    assert (members.size, members.whole) == (LOOK, False)


def test_a_bomb_within_a_bomb_is_not_opened():
    inner = zipped({"zeros": bytes(16 << 20)})
    members = recognise(zipped({"inner.zip": inner})).members
    assert (members.nested, members.size) == (1, len(inner))


def test_a_gzip_of_a_million_empty_streams_ends():
    begun = time.process_time()
    members = recognise(gzip.compress(b"", mtime=0) * 100_000).members
    assert time.process_time() - begun < 2
    assert not members.whole


def test_a_directory_that_counts_what_it_does_not_list_is_not_whole():
    content = bytearray(zipped())
    end = content.rfind(b"PK\x05\x06")
    content[end + 10 : end + 12] = (3).to_bytes(2, "little")
    assert not recognise(bytes(content)).members.whole


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_cut_short_is_not_whole(form):
    assert not recognise(
        FORMS[form][:600] if form.startswith("tar-") and form != "tar-gz" else FORMS[form][:-30]
    ).members.whole


@settings(max_examples=200)
@given(st.sampled_from(sorted(FORMS)), st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=6))
def test_no_damage_makes_the_reader_raise(form, changes):
    content = bytearray(FORMS[form])
    for at, byte in changes:
        content[at % len(content)] = byte
    recognise(bytes(content))


@settings(max_examples=200)
@given(st.sampled_from(sorted(FORMS)), st.integers(1, 700), st.binary(max_size=30))
def test_facts_do_not_depend_on_how_an_archive_arrives(form, size, tail):
    content = FORMS[form] + tail
    recognition = Recognition()
    for at in range(0, len(content), size):
        recognition.feed(content[at : at + size])
    assert recognition.finish() == recognise(content)


# Descriptors -----------------------------------------------------------------------------------------------------


def described(content: bytes) -> ItemDescriptor:
    facts = recognise(content)
    digest = hashlib.sha256(content).digest()
    return ItemDescriptor("x", len(content), digest, facts.media_type, DataCategory.CONTENT, members=facts.members)


def test_a_descriptor_that_lists_other_members_is_caught(disagreement):
    content = zipped()
    honest = described(content)
    assert disagreement(honest, content) is None
    lie = msgspec.structs.replace(honest.members, count=3)
    for members in (None, lie):
        assert disagreement(msgspec.structs.replace(honest, members=members), content) is Disagreement.MEMBERS


def test_a_descriptor_with_members_passes_through_its_frame():
    assert unframe(frame(described(zipped()))) == described(zipped())


def test_the_longest_names_of_everything_leave_room_in_a_frame():
    many = described(zipped({"\U0001f600" * 96 + str(number): b"" for number in range(40)}))
    longest = msgspec.structs.replace(many, name="x" * 98_304, source="y" * 256)
    assert unframe(frame(longest)).members == many.members
