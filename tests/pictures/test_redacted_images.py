"""A redacted picture is its pixels: no metadata, no thumbnail, nothing behind the end, nothing under transparency."""

import struct
import zlib

import pytest
from PIL import Image, ImageSequence, PngImagePlugin

from comity.evidence.redaction.files import JPEG, PDF, PNG
from comity.evidence.redaction.pictures import GIF, TIFF, WEBP, Region
from comity.vocabulary.errors import BrokenInputError, ErrorCode

PLACE = Region(1, 50, 50, 200, 40)
"""Where the word of a picture of ours stands."""

OTHER = "Tschernobylo"
GPS, MAKE, ARTIST, DESCRIPTION, ORIENTATION = 0x8825, 0x010F, 0x013B, 0x010E, 0x0112


def exif(tools, word, *, thumbnail=True) -> bytes:
    """With names, a place on earth, and a small picture of the whole."""
    tags = Image.Exif()
    tags[MAKE] = tags[ARTIST] = tags[DESCRIPTION] = word
    tags.get_ifd(GPS).update({1: "N", 2: (38.0, 43.0, 0.0), 29: word})
    body = tags.tobytes()
    return body + tools.saved(tools.picture((160, 120), text=word, at=(15, 15)), "JPEG") if thumbnail else body


def photograph(tools, word, **how) -> bytes:
    return tools.saved(
        tools.picture(text=word),
        "JPEG",
        exif=exif(tools, word),
        comment=word.encode(),
        icc_profile=b"profile of " + word.encode(),
        xmp=b"<x:xmpmeta>" + word.encode(),
        **how,
    )


def portrait(tools, word) -> bytes:
    """A PNG with texts, packed and not, a profile, a chunk of nobody's, and something behind its end."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", word)
    notes.add_text("Comment", word * 9, zip=True)
    notes.add_itxt("XML:com.adobe.xmp", word, zip=True)
    notes.add(b"prVt", word.encode())
    content = tools.saved(
        tools.picture(text=word), "PNG", pnginfo=notes, icc_profile=word.encode(), exif=exif(tools, word)
    )
    return content + b"PK\x03\x04" + word.encode() + zlib.compress(word.encode() * 9)


def veiled(tools, word) -> bytes:
    """A PNG whose transparent pixels have the word in their colours."""
    hidden = tools.picture(text=word, at=(300, 300)).convert("RGBA")
    hidden.putalpha(Image.new("L", hidden.size, 0))
    return tools.saved(hidden, "PNG")


def palette(tools, word) -> bytes:
    """A GIF with a comment, and colours of its table that no pixel has."""
    drawn = tools.picture(mode="P", text=word)
    drawn.putpalette([255, 255, 255, 0, 0, 0, *word.encode().ljust(30)])
    return tools.saved(drawn, "GIF", comment=word.encode())


MAKERS = {
    "a photograph": (photograph, JPEG),
    "a PNG": (portrait, PNG),
    "a transparent PNG": (veiled, PNG),
    "a GIF": (palette, GIF),
    "a TIFF": (
        lambda tools, word: tools.saved(tools.picture(text=word), "TIFF", tiffinfo={270: word, 315: word, 33432: word}),
        TIFF,
    ),
    "a WebP": (
        lambda tools, word: tools.saved(
            tools.picture(text=word), "WEBP", lossless=True, exif=exif(tools, word), xmp=word
        ),
        WEBP,
    ),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_whatever_the_word_was_the_copy_is_the_same_to_the_byte(tools, redact, kind):
    make, media_type = MAKERS[kind]
    originals = [make(tools, word) for word in (tools.WORD, OTHER)]
    assert originals[0] != originals[1]
    first, second = (redact(each, media_type, PLACE) for each in originals)
    assert first.content == second.content
    assert first.media_type == PNG
    assert not tools.keeps(first.content)


@pytest.mark.parametrize("kind", ["a photograph", "a PNG", "a GIF", "a TIFF", "a WebP"])
def test_the_search_would_have_found_the_word_in_the_original(tools, kind):
    make, _ = MAKERS[kind]
    assert tools.keeps(make(tools, tools.WORD))


@pytest.mark.parametrize("kind", ["a photograph", "a PNG"])
def test_another_reader_finds_no_metadata(tools, redact, kind, tmp_path):
    make, media_type = MAKERS[kind]
    path = tmp_path / "copy"
    path.write_bytes(redact(make(tools, tools.WORD), media_type, PLACE).content)
    with Image.open(path) as seen:
        assert (seen.info, dict(seen.getexif()), seen.mode) == ({}, {}, "RGB")


def test_a_noisy_photograph_becomes_a_jpeg_with_nothing_but_its_picture(tools, redact, pages):
    noise = Image.effect_noise((640, 480), 90).convert("RGB")
    noise.paste(tools.picture((200, 40), at=(5, 5)), (50, 50))
    copy = redact(tools.saved(noise, "JPEG", exif=exif(tools, tools.WORD), quality=95), JPEG, PLACE)
    assert copy.media_type == JPEG
    assert not tools.keeps(copy.content)
    assert copy.content.count(b"\xff\xd8\xff") == 1
    assert b"Exif" not in copy.content
    (page,) = pages(copy.content, JPEG)
    assert max(high for _, high in page.crop((50, 70, 250, 90)).getextrema()) < 60


@pytest.mark.parametrize(("turn", "size"), [(1, (640, 480)), (3, (640, 480)), (6, (480, 640)), (8, (480, 640))])
def test_a_region_is_measured_on_the_picture_as_it_is_seen(tools, redact, pages, turn, size):
    tags = Image.Exif()
    tags[ORIENTATION] = turn
    content = tools.saved(Image.new("RGB", (640, 480), "white"), "JPEG", exif=tags)
    (page,) = pages(redact(content, JPEG, Region(1, 0, 0, 200, 100)).content, PNG)
    assert page.size == size
    assert page.getpixel((150, 90)) == (0, 0, 0)
    assert page.getpixel((300, 300)) == (255, 255, 255)


def test_the_frames_of_a_moving_picture_are_never_given_out(tools, redact):
    frames = [tools.picture(text=text) for text in ("one", tools.WORD)]
    for form, media_type in (("GIF", GIF), ("PNG", PNG), ("WEBP", WEBP)):
        content = tools.saved(frames[0], form, save_all=True, append_images=frames[1:])
        with pytest.raises(BrokenInputError) as caught:
            redact(content, media_type, PLACE)
        assert caught.value.code is ErrorCode.UNKNOWN_TYPE


def test_further_pictures_in_a_photograph_end_with_it(tools, redact):
    def with_preview(word):
        return tools.saved(
            tools.picture(text="seen"), "MPO", save_all=True, append_images=[tools.picture(text=word, at=(300, 300))]
        )

    first, second = (redact(with_preview(word), JPEG, PLACE) for word in (tools.WORD, OTHER))
    assert with_preview(tools.WORD) != with_preview(OTHER)
    assert first.content == second.content


def test_every_page_of_a_tiff_is_painted_where_it_should_be(tools, redact, pages):
    sheets = [tools.picture((400, 300), text=f"sheet {number}") for number in (1, 2, 3)]
    content = tools.saved(sheets[0], "TIFF", save_all=True, append_images=sheets[1:])
    copy = redact(content, TIFF, Region(1, 0, 0, 50, 50), Region(3, 300, 200, 100, 100))
    assert (copy.media_type, copy.pages) == (PDF, 3)
    first, second, third = pages(copy.content, PDF)
    assert first.crop((0, 30, 50, 50)).getcolors() == [(1000, (0, 0, 0))]
    assert second.tobytes() == sheets[1].tobytes()
    assert third.crop((300, 230, 400, 300)).getcolors() == [(7000, (0, 0, 0))]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_every_way_to_write_colours_is_seen_in_the_same_place(tools, redact, pages, mode):
    form = {"CMYK": "JPEG", "YCbCr": "JPEG", "PA": "TIFF"}.get(mode, "PNG")
    drawn = Image.new("L", (300, 200), 255)
    drawn.paste(0, (100, 100, 150, 150))
    if mode == "I;16":
        wide = Image.frombytes("I;16", drawn.size, b"".join(struct.pack("<H", each * 257) for each in drawn.tobytes()))
    else:
        wide = drawn.convert("RGB").convert(mode) if mode == "PA" else drawn.convert(mode)
    content = tools.saved(wide, form)
    media_type = {"JPEG": JPEG, "TIFF": TIFF}.get(form, PNG)
    (page,) = pages(redact(content, media_type, Region(1, 0, 0, 20, 20)).content, PNG)
    assert max(page.getpixel((125, 125))) < 16
    assert min(page.getpixel((250, 50))) > 239


def bomb() -> bytes:
    """A PNG of 60,000 by 60,000 pixels in some kilobytes."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20))
    chunks = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_does(redact):
    with pytest.raises(BrokenInputError) as caught:
        redact(bomb(), PNG, PLACE)
    assert caught.value.code is ErrorCode.OVERSIZED


@pytest.mark.parametrize("media_type", [PDF, PNG, JPEG, GIF, TIFF, WEBP])
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 5000, b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF"]
)
def test_what_is_no_picture_gives_an_error_and_no_copy(redact, content, media_type):
    with pytest.raises(BrokenInputError) as caught:
        redact(content, media_type, PLACE)
    assert caught.value.code is ErrorCode.MALFORMED


def test_no_form_is_read_as_another(tools, redact):
    with pytest.raises(BrokenInputError):
        redact(tools.saved(tools.picture(), "PNG"), JPEG, PLACE)


def test_a_picture_cut_short_is_refused(tools, redact):
    with pytest.raises(BrokenInputError):
        redact(photograph(tools, "x")[:-4000], JPEG, PLACE)


def test_frames_are_counted_as_another_library_counts_them(tools, redact, tmp_path):
    path = tmp_path / "copy.png"
    path.write_bytes(redact(portrait(tools, "x"), PNG, PLACE).content)
    with Image.open(path) as seen:
        assert len(list(ImageSequence.Iterator(seen))) == 1
