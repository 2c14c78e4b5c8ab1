"""A redacted PDF is its pages' pixels: what stood in the original in any other way has nowhere to stand."""

import zlib
from io import BytesIO
from typing import NamedTuple

import pytest
from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import PdfFileReader

from comity.evidence.redaction.files import read_pdf
from comity.evidence.redaction.pictures import Region
from comity.vocabulary.errors import BrokenInputError, ErrorCode

OTHER = "Tschernobylo"
XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:title>{word}</dc:title></x:xmpmeta>"


class Packed(NamedTuple):
    """A stream with the word in it, and what its dictionary says."""

    text: str
    more: str = ""


PICTURE = "a picture of the word"

ON_THE_PAGE = {
    "under a black box": {"draws": "BT /F 24 Tf 100 700 Td ({word} met Rui) Tj ET 0 0 0 rg 95 690 350 40 re f"},
    "invisible text": {"draws": "BT /F 24 Tf 3 Tr 50 300 Td ({word}) Tj ET"},
    "white text": {"draws": "1 1 1 rg BT /F 24 Tf 50 300 Td ({word}) Tj ET"},
    "outside the page": {"draws": "BT /F 24 Tf 50 2000 Td ({word}) Tj ET"},
    "outside the cropping": {"draws": "BT /F 24 Tf 50 100 Td ({word}) Tj ET", "page": "/CropBox [0 200 595 842]"},
    "a picture that is cut off": {
        "draws": "q 0 0 10 10 re W n 600 0 0 800 0 0 cm /I Do Q",
        "resources": "/XObject << /I 6 0 R >>",
        "more": (PICTURE,),
    },
    "a hidden layer": {
        "draws": "/OC /L BDC BT /F 24 Tf 50 300 Td ({word}) Tj ET EMC",
        "resources": "/Properties << /L 6 0 R >>",
        "more": ("<< /Type /OCG /Name ({word}) >>",),
        "catalogue": "/OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] >> >>",
    },
    "text for other eyes": {"draws": "/Span << /ActualText ({word}) >> BDC 0 0 1 1 re f EMC"},
    "a hidden note": {
        "page": "/Annots [6 0 R]",
        "more": ("<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /F 2 /Contents ({word}) /T ({word}) >>",),
    },
    "a link": {
        "page": "/Annots [6 0 R]",
        "more": (
            "<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [0 0 9 9] /A << /S /URI /URI ({word}.example) >> >>",
        ),
    },
    "a form field": {
        "page": "/Annots [6 0 R]",
        "more": ("<< /Subtype /Widget /FT /Tx /T (name) /V ({word}) /Rect [100 690 400 730] /DA (/F 12 Tf) >>",),
        "catalogue": "/AcroForm << /Fields [6 0 R] /NeedAppearances true >>",
    },
    "a thumbnail": {"page": "/Thumb 6 0 R", "more": (PICTURE,)},
    "private data": {"page": "/PieceInfo << /App << /Private ({word}) >> >>"},
}
IN_THE_FILE = {
    "an XFA form": {
        "more": (Packed("<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><name>{word}</name></xdp:xdp>"),),
        "catalogue": "/AcroForm << /Fields [] /XFA 6 0 R >>",
    },
    "an attachment": {
        "more": (
            Packed("name;illness\n{word};x\n", "/Type /EmbeddedFile"),
            "<< /Type /Filespec /F (a.csv) /UF ({word}.csv) /EF << /F 6 0 R >> >>",
        ),
        "catalogue": "/Names << /EmbeddedFiles << /Names [(a) 7 0 R] >> >> /AF [7 0 R]",
    },
    "a script": {"more": ("<< /S /JavaScript /JS (app.alert\\('{word}'\\)) >>",), "catalogue": "/OpenAction 6 0 R"},
    "metadata": {"more": (Packed(XMP, "/Type /Metadata /Subtype /XML"),), "catalogue": "/Metadata 6 0 R"},
    "document information": {"more": ("<< /Title ({word}) /Author ({word}) >>",), "trailer": "/Info 6 0 R"},
    "a bookmark": {
        "more": ("<< /First 7 0 R /Last 7 0 R >>", "<< /Title ({word}) /Parent 6 0 R /Dest [3 0 R /Fit] >>"),
        "catalogue": "/Outlines 6 0 R",
    },
    "nothing refers to it": {"more": (Packed("BT ({word}) Tj ET"),)},
}
HIDING = ON_THE_PAGE | IN_THE_FILE
"""Where a PDF keeps what its page does not show, or shows only beneath something. Its sixth object is the first of `more`."""


def spelt(tools, part, word):
    if part is PICTURE:
        more = f"/Subtype /Image /Width 640 /Height 480 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Note ({word})"
        return tools.stream(tools.picture(text=word).tobytes(), more)
    if isinstance(part, Packed):
        return tools.stream(part.text.replace("{word}", word).encode(), part.more)
    return part.replace("{word}", word)


def pdf(tools, word, *, draws=None, more=(), **parts):
    """The parts with the word in them."""
    filled = {name: spelt(tools, part, word) for name, part in parts.items()}
    drawn = tools.TEXT if draws is None else spelt(tools, draws, word)
    return tools.write_pdf(tools.Hostile(draws=drawn, more=tuple(spelt(tools, each, word) for each in more), **filled))


@pytest.mark.parametrize("way", HIDING)
def test_whatever_the_word_was_the_copy_is_the_same_to_the_byte(tools, redact, way):
    parts = HIDING[way]
    first, second = (redact(pdf(tools, word, **parts), "application/pdf") for word in (tools.WORD, OTHER))
    assert tools.keeps(pdf(tools, tools.WORD, **parts)), "else the search is worth nothing"
    assert not tools.keeps(first.content)
    assert first.content == second.content


@pytest.mark.parametrize("way", ["under a black box", "invisible text", "an attachment", "a form field", "a script"])
def test_programs_of_others_find_a_page_and_nothing_else(tools, redact, said, way):
    copy = redact(pdf(tools, tools.WORD, **HIDING[way]), "application/pdf").content
    assert said("pdftotext", copy, after=("-",)).strip() == ""
    assert "0 embedded files" in said("pdfdetach", copy, "-list")
    facts = dict(line.split(":", 1) for line in said("pdfinfo", copy).splitlines() if ":" in line)
    facts = {name: value.strip() for name, value in facts.items()}
    assert (facts["Form"], facts["JavaScript"], facts["Metadata Stream"], facts["Pages"]) == ("none", "no", "no", "1")
    assert not {"Title", "Author", "Creator", "Producer", "CreationDate", "ModDate"} & set(facts)
    assert said("pdffonts", copy).count("\n") == 2, "the head of an empty list"
    assert len(said("pdfimages", copy, "-list").strip().splitlines()) == 3, "a head of two lines, and the page"


def test_another_reader_finds_five_objects_of_one_revision(tools, redact):
    copy = redact(pdf(tools, tools.WORD, draws=tools.TEXT), "application/pdf").content
    read = PdfFileReader(BytesIO(copy))
    assert read.xrefs.total_revisions == 1
    assert set(read.trailer) <= {"/Size", "/Root"}
    assert set(read.root) == {"/Type", "/Pages"}
    found = [read.get_object(Reference(number, 0)) for number in range(1, 6)]
    assert set(found[2]) == {"/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"}
    assert found[3].data == b"595.0 0 0 842.0 0 0 cm /P Do"


def test_an_earlier_state_of_the_file_does_not_go_along(tools, redact):
    def revised(word):
        first = pdf(tools, word, draws="BT /F 24 Tf 50 300 Td ({word}) Tj ET")
        return tools.revision(first, {4: tools.stream(b"0 0 1 rg 50 50 50 50 re f")}, "/Prev 0", 6)

    first, second = (redact(revised(word), "application/pdf") for word in (tools.WORD, OTHER))
    assert tools.keeps(revised(tools.WORD))
    assert first.content == second.content


def test_what_stands_outside_the_regions_is_still_there_to_see(tools, redact, pages):
    original = pdf(tools, "x", draws=tools.TEXT + " 1 0 0 rg 0 0 100 100 re f")
    (page,) = pages(redact(original, "application/pdf").content, "application/pdf")
    assert page.size == (1190, 1684)
    assert page.getpixel((50, 1650)) == (255, 0, 0)
    assert page.getpixel((600, 260)) == (0, 0, 0)
    assert page.getpixel((1000, 500)) == (255, 255, 255)


def test_a_page_that_is_turned_is_measured_as_it_is_seen(tools, redact, pages):
    original = pdf(tools, "x", draws="1 0 0 rg 0 0 595 842 re f", page="/Rotate 90")
    (page,) = pages(redact(original, "application/pdf", Region(1, 1500, 0, 184, 1190)).content, "application/pdf")
    assert page.size == (1684, 1190)
    assert page.crop((1520, 60, 1684, 1190)).getcolors() == [(164 * 1130, (0, 0, 0))]
    assert page.crop((0, 0, 1500, 1190)).getcolors() == [(1500 * 1190, (255, 0, 0))]


def test_a_form_field_is_drawn_with_what_it_shows(tools, redact, pages):
    shown = pdf(tools, "Rui", **HIDING["a form field"])
    (page,) = pages(redact(shown, "application/pdf", Region(1, 0, 0, 1, 1)).content, "application/pdf")
    assert len(page.crop((200, 220, 800, 310)).getcolors(1 << 20)) > 2, "the field's text is on the page"


@pytest.mark.parametrize(
    "region", [Region(2, 0, 0, 5, 5), Region(1, 1190, 0, 1, 1), Region(1, 0, 1600, 5, 85)], ids=str
)
def test_a_region_that_is_on_no_page_stops_the_whole(tools, redact, region):
    with pytest.raises(BrokenInputError) as caught:
        redact(pdf(tools, "x", draws=tools.TEXT), "application/pdf", region)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"page": "/MediaBox [0 0 20000 20000]"}, ErrorCode.OVERSIZED),
        ({"trailer": "/Encrypt << /Filter /Standard /V 9 /R 9 /O (x) /U (x) /P 1 >>"}, ErrorCode.MALFORMED),
    ],
)
def test_what_cannot_be_drawn_gives_no_copy(tools, redact, parts, code):
    with pytest.raises(BrokenInputError) as caught:
        redact(pdf(tools, "x", draws=tools.TEXT, **parts), "application/pdf")
    assert caught.value.code is code


def test_a_stream_that_inflates_without_end_ends_the_drawing_and_not_the_node(tools, redact):
    packing = zlib.compressobj(9)
    bomb = b"".join(packing.compress(bytes(1 << 24)) for _ in range(128)) + packing.flush()
    image = "/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    made = tools.Hostile(
        draws="600 0 0 800 0 0 cm /I Do",
        resources="/XObject << /I 6 0 R >>",
        more=(b"<< %b /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (image.encode(), len(bomb), bomb),),
    )
    try:
        copy = redact(tools.write_pdf(made), "application/pdf")
    except BrokenInputError:
        return
    assert len(read_pdf(copy.content)) == 1


def test_a_copy_can_be_redacted_again_and_loses_nothing_else(tools, redact):
    once = redact(pdf(tools, "x", draws=tools.TEXT), "application/pdf")
    again = redact(once.content, "application/pdf")
    assert again.content == once.content
