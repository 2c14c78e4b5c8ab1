"""Many items in a new folder: names from outside lead nowhere, nothing is written over, and what was not asked for is refused."""

import io
import tarfile
import unicodedata
from datetime import UTC, datetime

import msgspec
import pytest

from comity.acts.custody_bodies import LISTED_AT_ONCE
from comity.casework.custody.consult import ItemLine, ItemPage, OpenItems
from comity.entrypoints.api.item_archive import tar_of
from comity.entrypoints.cli.item_folder import chosen, file_name, receive_folder
from comity.evidence.items.descriptors import ItemDescriptor
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CASE, EXHIBIT = "c" * 32, "e" * 32
HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "",
    "a/..",
    "C:\\Windows\\..\\system.ini",
    "x\x1b[2J\r\n\x00",
    "\u202egpj.exe",
    ".bashrc",
    "-rf",
    "n" * 4000,
    "\U0001f600" * 2000,
    "ends in dots...",
    "a:b|c?d*e<f>",
]


def line(number, name="letter.txt", size=3):
    instant = datetime(2026, 11, 22, tzinfo=UTC)
    said = ItemDescriptor(
        name=name,
        size=size,
        sha256=bytes(32),
        media_type="text/plain",
        category=DataCategory.CONTENT,
        source="files",
        first=instant,
        last=instant,
    )
    return ItemLine(f"{number:064x}"[::-1], said)


class Node:
    """Sends these bytes, and these pages of a list."""

    def __init__(self, sends=b"", *, pages=(), piece=7):
        self.sends, self.listed, self.piece, self.asked = sends, pages, piece, []

    def stream(self, path, command):
        self.asked.append((path, command))
        return self

    def __enter__(self):
        pieces = (self.sends[at : at + self.piece] for at in range(0, len(self.sends), self.piece))
        return {"Comity-Act": "a1"}, pieces

    def __exit__(self, *_):
        return None

    def pages(self, *_, **__):
        return iter(self.listed)


def sent(*lines, content=b"abc"):
    return b"".join(tar_of((each, [content[: each.descriptor.size]]) for each in lines))


def received(node, asked, into):
    command = OpenItems(CASE, EXHIBIT, tuple(each.item for each in asked), "desk", "trial")
    return receive_folder(node, "joint-openings", command, {each.item: each for each in asked}, into)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_has_a_name_that_leads_nowhere_and_hides_nothing(tmp_path, name):
    one = line(1, name)
    made = file_name(one)
    assert made.startswith(one.item[:16])
    assert len(made.encode()) < 200
    assert not set(made) & set('/\\:|?*<>"\x00')
    assert not any(unicodedata.category(each).startswith("C") for each in made)
    said, written = received(Node(sent(one)), [one], tmp_path / "new")
    assert said["Comity-Act"] == "a1"
    (file,) = (tmp_path / "new").iterdir()
    assert (file.name, written) == (made, {made: one})
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"abc", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_items_of_one_name_and_of_any_size_stand_side_by_side(tmp_path):
    lines = [line(number, "same.txt", size) for number, size in enumerate((0, 1, 511, 512, 513, 70_000), start=1)]
    content = bytes(range(256)) * 300
    received(Node(sent(*lines, content=content), piece=1000), lines, tmp_path / "new")
    assert sorted(file.stat().st_size for file in (tmp_path / "new").iterdir()) == [0, 1, 511, 512, 513, 70_000]


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_is_not_written_to_and_nothing_is_asked(tmp_path, there):
    into, other = tmp_path / "new", tmp_path / "other"
    other.mkdir()
    {"file": into.touch, "folder": into.mkdir, "link": lambda: into.symlink_to(other)}[there]()
    node = Node(sent(line(1)))
    with pytest.raises(BrokenInputError) as caught:
        received(node, [line(1)], into)
    assert (caught.value.code, node.asked, list(other.iterdir())) == (ErrorCode.NOT_ALLOWED, [], [])


def link(name):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    return held.getvalue()


@pytest.mark.parametrize(
    "sends",
    [
        sent(line(9)),
        sent(line(1), line(1)),
        sent(line(1), line(2), line(9)),
        sent(line(1)),
        sent(line(1), line(2))[:700],
        sent(line(1), line(2))[:1400],
        link(line(1).item),
        b"",
        b"no archive at all" * 100,
    ],
    ids=[
        "another",
        "twice",
        "one-more",
        "one-less",
        "cut-in-content",
        "cut-in-a-head",
        "link",
        "nothing",
        "no-archive",
    ],
)
def test_what_is_not_exactly_what_was_asked_for_is_an_error_and_no_item_is_half(tmp_path, sends):
    into = tmp_path / "new"
    with pytest.raises(BrokenInputError):
        received(Node(sends), [line(1), line(2)], into)
    files = list(into.iterdir()) if into.exists() else []
    assert all(file.read_bytes() == b"abc" and file.name in {file_name(line(1)), file_name(line(2))} for file in files)
    assert into.exists() == bool(files)


def test_a_name_is_an_items_or_a_folders():
    lines = (line(1, "mail/inbox/1.eml"), line(2, "mail/inbox2/1.eml"), line(3, "log.txt"), line(4, "mail"))
    node = Node(pages=(ItemPage(lines[:2], "2"), ItemPage(lines[2:])))
    assert set(chosen(node, CASE, EXHIBIT, ("mail/inbox/", "log.txt"))) == {lines[0].item, lines[2].item}
    with pytest.raises(BrokenInputError) as caught:
        chosen(node, CASE, EXHIBIT, ("log.txt", "mai"))
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_more_than_one_act_lists_is_not_asked_for():
    many = tuple(line(number, f"mail/{number}") for number in range(LISTED_AT_ONCE + 1))
    with pytest.raises(BrokenInputError) as caught:
        chosen(Node(pages=(ItemPage(many),)), CASE, EXHIBIT, ("mail",))
    assert caught.value.code is ErrorCode.OVERSIZED
    assert len(chosen(Node(pages=(ItemPage(many[:-1]),)), CASE, EXHIBIT, ("mail",))) == LISTED_AT_ONCE


def test_the_most_that_one_command_lists_can_be_sent():
    most = tuple(f"{number:064x}" for number in range(LISTED_AT_ONCE))
    assert len(msgspec.json.encode(OpenItems(CASE, EXHIBIT, most, "desk", "trial"))) < 1 << 20
