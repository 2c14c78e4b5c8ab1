"""The PDF of a dossier: set from data, hostile text included, the same bytes each time."""

import re
import zlib

import msgspec
import pytest
import typst

from comity.adapters.documents import typesetting
from comity.adapters.documents.dossier_pages import render_dossier
from comity.evidence.dossier.story import CopyRow, ItemRow
from comity.vocabulary.errors import BrokenInputError

HOSTILE = [
    '#eval("1 + 1")',
    '#read("/etc/passwd")',
    "*bold* _it_ $x^2$ `raw` <label> @ref // comment /* */",
    '#import "@preview/evil:1.0.0": *',
    "]) #panic() [(",
    "\\u{202E} \\ = Heading",
    "\u88c1\u5224\u6240 \u05d1\u05d9\u05ea \U0001f600",
    "x" * 2000,
]


@pytest.fixture(scope="module")
def story(workshop):
    return workshop.federation.story()


def streams(pdf):
    """Every compressed stream of a PDF, as bytes."""
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(match[1].strip(b"\r\n"))
        except zlib.error:
            yield match[1]


def test_it_is_an_archival_and_accessible_pdf_with_a_title(story):
    pdf = render_dossier(story)
    everything = pdf + b"".join(streams(pdf))
    assert pdf.startswith(b"%PDF-1.7")
    assert b"pdfaid:part" in everything
    assert b"pdfuaid:part" in everything
    assert b"StructTreeRoot" in everything
    assert f"Dossier of case {story.case}".encode() in everything


def test_the_same_story_gives_the_same_bytes(story):
    assert render_dossier(story) == render_dossier(story)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_set_as_text_wherever_it_stands(story, text):
    exhibit = story.exhibits[0]
    item = ItemRow(0, text, "1 B", text, "", "0" * 64)
    hostile = msgspec.structs.replace(
        story,
        purpose=text,
        authority_name=text,
        parties=(msgspec.structs.replace(story.parties[0], name=text),),
        parts=(msgspec.structs.replace(story.parts[0], label=text, reasons=text),),
        exhibits=(msgspec.structs.replace(exhibit, items=(item,)),),
        clocks=(msgspec.structs.replace(story.clocks[0], explanation=text),),
    )
    assert render_dossier(hostile).startswith(b"%PDF")


def test_an_empty_case_has_pages_too(story):
    empty = msgspec.structs.replace(story, steps=(), parts=(), holds=(), exhibits=(), custody=(), clocks=(), purpose="")
    assert render_dossier(empty).startswith(b"%PDF")


def test_a_letter_that_the_fonts_surprisingly_lack_is_spelled_out(story, monkeypatch):
    monkeypatch.setattr(typesetting, "_letter", lambda letter: letter)
    assert render_dossier(msgspec.structs.replace(story, purpose="\u88c1")).startswith(b"%PDF")


def test_an_error_of_the_compiler_never_quotes_the_story(story, monkeypatch):
    def fail(*_arguments, **_options):
        raise typst.TypstError("the text `secret` could not be displayed")

    monkeypatch.setattr(typesetting.typst, "compile", fail)
    with pytest.raises(BrokenInputError) as caught:
        render_dossier(story)
    assert "secret" not in f"{caught.value.what} {caught.value.found} {caught.value.do}"


def test_redacted_copies_have_a_section_of_their_own(story):
    copy = CopyRow("ab" * 16, "cd" * 16, HOSTILE[0], HOSTILE[7], "3 B", "ef" * 32, "01" * 32)
    exhibits = tuple(msgspec.structs.replace(each, kept_out=1) for each in story.exhibits)
    told = render_dossier(msgspec.structs.replace(story, copies=(copy,), exhibits=exhibits))
    assert b"Redacted copies)" in told
    assert b"Redacted copies)" not in render_dossier(story)
