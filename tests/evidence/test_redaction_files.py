"""A file of pictures is read to the last byte: whatever else is in it, wherever it is put, it is refused."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.redaction.files import (
    Picture,
    read_jpeg,
    read_pdf,
    read_pictures,
    read_png,
    write_pdf,
    write_png,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def picture(width=4, height=3, shade=b"\x7f") -> Picture:
    return Picture(width, height, lossless=True, data=zlib.compress((b"\0" + shade * 3 * width) * height))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


JFIF = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
TABLE = segment(0xDB, bytes(65))
FRAME = segment(0xC0, b"\x08" + struct.pack(">HH", 3, 4) + b"\x03" + bytes(9))
CODES = segment(0xC4, bytes(17))
SCAN = segment(0xDA, bytes(10)) + b"\x12\xff\x00\x34\xff\xd0\x56"
JPEG = b"\xff\xd8" + JFIF + TABLE + FRAME + CODES + SCAN + b"\xff\xd9"
PNG = write_png(picture())
PDF = write_pdf([picture(), Picture(4, 3, lossless=False, data=JPEG), picture(7, 2)])


def test_what_is_written_is_read_again():
    assert read_png(PNG) == picture()
    assert read_jpeg(JPEG) == Picture(4, 3, lossless=False, data=JPEG)
    assert read_pdf(PDF) == (picture(), Picture(4, 3, lossless=False, data=JPEG), picture(7, 2))
    assert read_pictures(PNG) == (picture(),)


@pytest.mark.parametrize("whole", [PNG, JPEG, PDF], ids=["png", "jpeg", "pdf"])
@pytest.mark.parametrize("more", [b"x", b"\n", b"\0", b"PK\x03\x04", b"%PDF-1.7\n", b"\xff\xd8\xff\xd9"])
def test_nothing_stands_behind_the_end(whole, more):
    with pytest.raises(BrokenInputError) as caught:
        read_pictures(whole + more)
    assert caught.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("whole", [PNG, JPEG, PDF], ids=["png", "jpeg", "pdf"])
def test_no_file_may_be_shorter(whole):
    for end in range(0, len(whole), 7):
        with pytest.raises(BrokenInputError):
            read_pictures(whole[:end])


@pytest.mark.parametrize(
    "more",
    [
        chunk(b"tEXt", b"Author\0Ana"),
        chunk(b"iTXt", b"x\0\0\0\0\0Ana"),
        chunk(b"eXIf", b"MM\0*"),
        chunk(b"iCCP", b"x\0\0"),
        chunk(b"tIME", bytes(7)),
        chunk(b"prVt", b"Ana"),
        chunk(b"IDAT", b"Ana"),
        chunk(b"IEND", b"Ana"),
    ],
)
@pytest.mark.parametrize("where", [33, len(PNG) - 12, len(PNG)])
def test_a_png_has_no_room_for_anything_else(more, where):
    with pytest.raises(BrokenInputError):
        read_png(PNG[:where] + more + PNG[where:])


@pytest.mark.parametrize(
    "data",
    [
        picture().data + b"Ana",
        zlib.compress((b"\0" + bytes(12)) * 3 + b"Ana"),
        zlib.compress((b"\0" + bytes(12)) * 2),
        zlib.compress(bytes(1 << 24)),
        picture().data[:-4],
        b"",
    ],
)
def test_a_png_holds_as_many_bytes_as_it_shows(data):
    with pytest.raises(BrokenInputError):
        read_png(write_png(Picture(4, 3, lossless=True, data=data)))


@pytest.mark.parametrize("form", [(8, 6, 0, 0, 0), (8, 3, 0, 0, 0), (16, 2, 0, 0, 0), (8, 2, 0, 0, 1)])
def test_a_png_has_no_transparency_palette_or_hidden_depth(form):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 3, *form))
    with pytest.raises(BrokenInputError):
        read_png(PNG[:8] + head + PNG[33:])


OTHER = [
    segment(0xE1, b"Exif\0\0MM\0*"),
    segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
    segment(0xE2, b"ICC_PROFILE\0"),
    segment(0xE2, b"MPF\0"),
    segment(0xED, b"Photoshop 3.0\0"),
    segment(0xFE, b"Ana"),
    JFIF,
    FRAME,
    b"\xff\xd9",
    b"Ana",
]
AFTER_START, AFTER_HEAD, IN_SCAN = 2, 2 + len(JFIF), len(JPEG) - 2


@pytest.mark.parametrize(
    ("more", "where"),
    [
        (more, where)
        for more in OTHER
        for where in (AFTER_START, AFTER_HEAD, IN_SCAN)
        # Two of the first segment are looked for behind it; bytes of the scan are pixels.
        if (where, more) not in ((AFTER_START, JFIF), (IN_SCAN, b"Ana"))
    ],
)
def test_a_jpeg_has_no_room_for_anything_else(more, where):
    with pytest.raises(BrokenInputError):
        read_jpeg(JPEG[:where] + more + JPEG[where:])


def test_a_jpeg_has_no_thumbnail_in_its_first_segment():
    thumbnail = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01" + b"Ana")
    with pytest.raises(BrokenInputError):
        read_jpeg(JPEG.replace(JFIF, thumbnail))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<< /Type /Catalog", b"<< /Lang (Ana) /Type /Catalog"),
        (b"/Root 1 0 R >>", b"/Root 1 0 R /Info 1 0 R >>"),
        (b"/Root 1 0 R >>", b"/Root 1 0 R /ID [<00> <00>] >>"),
        (b"%PDF-1.4\n", b"%PDF-1.4\n% Ana\n"),
        (b"/MediaBox [0 0 2.0 1.5]", b"/MediaBox [0 0 1.0 1.5]"),
        (b"0 0 cm /P Do", b"0 0 cm /P Do BT (Ana) Tj ET"),
        (b"/DeviceRGB", b"/DeviceRGB /SMask 3 0 R"),
        (b"/Type /Page /Parent", b"/Type /Page /Annots [] /Parent"),
        (b"endobj\n", b"endobj\n99 0 obj\n(Ana)\nendobj\n"),
    ],
)
def test_a_pdf_has_no_room_for_anything_else(old, new):
    assert old in PDF
    with pytest.raises(BrokenInputError):
        read_pdf(PDF.replace(old, new, 1))


def test_a_picture_in_a_pdf_is_as_bare_as_one_of_its_own():
    loaded = JPEG[:2] + JFIF + segment(0xFE, b"Ana") + JPEG[2 + len(JFIF) :]
    for data, lossless in ((loaded, False), (picture().data + b"Ana", True)):
        with pytest.raises(BrokenInputError):
            read_pdf(write_pdf([Picture(4, 3, lossless=lossless, data=data)]))


def test_an_update_behind_a_pdf_is_refused():
    with pytest.raises(BrokenInputError):
        read_pdf(PDF + b"1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n")


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([PNG, JPEG, PDF]), st.integers(0, 4_000), st.binary(max_size=12), st.integers(0, 12))
def test_whatever_is_put_anywhere_is_refused_or_is_part_of_a_picture(whole, at, more, gone):
    at %= len(whole)
    altered = whole[:at] + more + whole[at + gone :]
    try:
        pictures = read_pictures(altered)
    except BrokenInputError:
        return
    if altered.startswith(b"%PDF-"):
        assert write_pdf(pictures) == altered
    elif pictures[0].lossless:
        assert write_png(pictures[0]) == altered or altered.count(b"IDAT") > 1
    else:
        assert altered.endswith(b"\xff\xd9")
