"""What the demo shows as redacted never holds what was taken out, whatever kind of paper it is."""

import pytest

from comity.bootstrap.pictures import imaging
from comity.entrypoints.demo.copy_plans import KINDS, Opened
from comity.entrypoints.demo.sample_papers import COUNSEL, PAPERS, PRIVILEGED, write_papers
from comity.evidence.recognising.recognise import recognise
from comity.evidence.redaction.redact import Plan, Removal, derive
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import decode, encode


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("papers")
    write_papers(folder)
    return folder


def removals(kind, opened):
    """What the demo asks the node to take out, as the node reads it."""
    return decode(encode(kind.plan(opened)["removals"]), tuple[Removal, ...], limit=1 << 16)


@pytest.mark.parametrize(
    ("name", "kind", "gone", "left"),
    [
        ("note.txt", "text", b"Quintela-Sousa", b"sick leave"),
        ("payments.csv", "table", b"Joana Prates", b"2026-0391"),
        ("receipt.png", "picture", b"", b"\x89PNG"),
        ("contract.pdf", "PDF", b"", b"%PDF"),
    ],
)
def test_each_paper_is_of_its_kind_and_its_copy_lacks_what_was_taken_out(folder, name, kind, gone, left):
    content = (folder / PAPERS / name).read_bytes()
    media_type = recognise(content).media_type
    (known,) = (each for each in KINDS if media_type in each.media_types)
    assert known.name == kind
    made = derive(content, media_type, Plan(removals(known, Opened(content, media_type))), imaging())
    assert left in made.content
    assert made.content != content
    assert not gone or (gone in content and gone not in made.content)


def test_of_an_empty_text_no_plan_is_made():
    with pytest.raises(BrokenInputError):
        KINDS[1].plan(Opened(b"\n", "text/plain"))


def test_the_letters_with_counsel_lie_under_what_the_screen_names(folder):
    assert PRIVILEGED.startswith(f"{COUNSEL}/")
    assert len(list((folder / COUNSEL).iterdir())) == 2
