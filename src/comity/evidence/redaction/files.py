"""Files that hold pictures and nothing else: how they are written, and how one is read to say that nothing else is in it.

A PNG of one header, one stream of pixels and an end; a JPEG of its tables and its scan; a PDF that shows one picture on each
page. No text, metadata, profile, thumbnail, attachment, script or earlier state has a place in any of them. Whoever reads
one writes it again from its pictures: what comes out is the file to the last byte, or it is refused.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"

PIXELS_PER_POINT = 2
"""Pixels of a page to one point (1/72 inch) on paper: 144 to the inch."""

MOST_PIXELS = 40_000_000
"""Pixels of one picture."""

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">IIBBBBB")
_RGB = (8, 2, 0, 0, 0)
"""Eight bits a channel, true colour without transparency, not interlaced (PNG section 11.2.1)."""
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_JFIF, _TABLES, _FRAME, _SCAN = 0xE0, frozenset({0xDB, 0xC4}), 0xC0, 0xDA
_BARE_JFIF = re.compile(rb"JFIF\0\x01.\x00\x00\x01\x00\x01\x00\x00", re.DOTALL)
"""No unit of density, and no thumbnail (JFIF 1.02)."""
_FRAME_SIZE = 15
"""Bytes of a frame's header with three channels (T.81 B.2.2), behind its length."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
"""What ends a scan: any marker but a restart."""
_PIECE = 1 << 20


class Picture(Struct, frozen=True):
    """One picture. `data` is a PNG's stream of pixels where it is `lossless`, else a whole JPEG."""

    width: int
    height: int
    lossless: bool
    data: bytes


def read_png(content: bytes) -> Picture:
    """The picture of a PNG that holds nothing else. Raises `BrokenInputError` (not-allowed)."""
    chunks = list(_chunks(content)) if content.startswith(_PNG_START) else []
    names = [name for name, _ in chunks]
    head = chunks[0][1] if chunks else b""
    if names != [b"IHDR", *[b"IDAT"] * (len(names) - 2), b"IEND"] or len(head) != _PNG_HEADER.size or chunks[-1][1]:
        raise _more_than("PNG")
    width, height, *form = _PNG_HEADER.unpack(head)
    data = b"".join(each for _, each in chunks[1:-1])
    if tuple(form) != _RGB or width * height > MOST_PIXELS or not _inflates_to(data, height * (3 * width + 1)):
        raise _more_than("PNG")
    return Picture(width, height, lossless=True, data=data)


def read_jpeg(content: bytes) -> Picture:
    """The picture of a JPEG that holds nothing else. Raises `BrokenInputError` (not-allowed)."""
    segments = list(_segments(content))
    markers = [marker for marker, _, _ in segments]
    frames = [body for marker, body, _ in segments if marker == _FRAME]
    if (
        (markers[:1], markers[-1:]) != ([_JFIF], [_SCAN])
        or not set(markers[1:-1]) <= _TABLES | {_FRAME}
        or [len(frame) for frame in frames] != [_FRAME_SIZE]
        or not _BARE_JFIF.fullmatch(segments[0][1])
        or _end_of_scan(content, segments[-1][2]) != len(content)
    ):
        raise _more_than("JPEG")
    height, width = struct.unpack_from(">HH", frames[0], 1)
    return Picture(width, height, lossless=False, data=content)


def write_png(picture: Picture) -> bytes:
    """The file of a lossless picture."""
    head = _PNG_HEADER.pack(picture.width, picture.height, *_RGB)
    return _PNG_START + _chunk(b"IHDR", head) + _chunk(b"IDAT", picture.data) + _chunk(b"IEND", b"")


def write_pdf(pictures: Sequence[Picture]) -> bytes:
    """A PDF with each picture on a page of its size, and nothing else. Object numbers follow the pages' order."""
    kids = " ".join(f"{3 + 3 * at} 0 R" for at in range(len(pictures)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pictures)} /Kids [{kids}] >>".encode(),
    ]
    for at, picture in enumerate(pictures):
        objects += _page(3 + 3 * at, picture)
    return _numbered(objects)


def read_pdf(content: bytes) -> tuple[Picture, ...]:
    """The pictures of a PDF of ours that holds nothing else. Raises `BrokenInputError` (not-allowed)."""
    pictures = tuple(_pictures(content))
    if not pictures or write_pdf(pictures) != content:
        raise _more_than("PDF")
    return pictures


def read_pictures(content: bytes) -> tuple[Picture, ...]:
    """The pictures of a derived file of any of the three kinds. Raises `BrokenInputError` (not-allowed)."""
    if content.startswith(b"%PDF-"):
        return read_pdf(content)
    return (read_png(content) if content.startswith(_PNG_START) else read_jpeg(content),)


_XOBJECT = re.compile(
    rb"/Subtype /Image /Width ([0-9]{1,6}) /Height ([0-9]{1,6}) [^>]{1,200}?/Filter /(Flate|DCT)Decode "
    rb"(?:/DecodeParms <<[^>]{1,100}>> )?/Length ([0-9]{1,10}) >>\nstream\n"
)


def _pictures(content: bytes) -> Iterator[Picture]:
    at = 0
    while found := _XOBJECT.search(content, at):
        at = found.end() + int(found[4])
        data = content[found.end() : at]
        if found[3] == b"DCT":
            yield read_jpeg(data)
        else:
            # Through the file of its own that it would be, so that one rule says what a picture is.
            yield read_png(write_png(Picture(int(found[1]), int(found[2]), lossless=True, data=data)))


def _page(number: int, picture: Picture) -> tuple[bytes, bytes, bytes]:
    width, height = (_points(side) for side in (picture.width, picture.height))
    drawn = f"{width} 0 0 {height} 0 0 cm /P Do".encode()
    parameters = f"/DecodeParms << /Predictor 15 /Colors 3 /Columns {picture.width} >> " if picture.lossless else ""
    image = (
        f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} /ColorSpace /DeviceRGB "
        f"/BitsPerComponent 8 /Filter /{'Flate' if picture.lossless else 'DCT'}Decode {parameters}"
    )
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {number + 1} 0 R "
        f"/Resources << /XObject << /P {number + 2} 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        image.encode() + b"/Length %d >>\nstream\n%b\nendstream" % (len(picture.data), picture.data),
    )


def _points(pixels: int) -> str:
    return str(pixels / PIXELS_PER_POINT)


def _numbered(objects: Sequence[bytes]) -> bytes:
    """The objects as a file (ISO 32000-1 section 7.5), without an identifier: it would say when it was made."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = len(out)
    count = len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\n" % (count, table, count)
    out += b"startxref\n%d\n%%%%EOF\n" % end
    return bytes(out)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_START)
    while at < len(content):
        length = int.from_bytes(content[at : at + 4])
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if _chunk(name, data) != content[at : at + 12 + length]:
            raise _more_than("PNG")
        yield name, data
        at += 12 + length


def _segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, body and end of each segment up to the scan's own (T.81 B.1.1.4)."""
    at, marker = 2, 0
    while content.startswith(_JPEG_START) and marker != _SCAN and content[at : at + 1] == b"\xff":
        marker, end = int.from_bytes(content[at + 1 : at + 2]), at + 2 + int.from_bytes(content[at + 2 : at + 4])
        yield marker, content[at + 4 : end], end
        at = end


def _inflates_to(data: bytes, size: int) -> bool:
    """Whether the stream has exactly so many bytes in it, and nothing behind."""
    inflating, found = zlib.decompressobj(), 0
    try:
        while not inflating.eof and found <= size:
            piece = inflating.decompress(data, _PIECE)
            data = inflating.unconsumed_tail
            if not piece and not data:
                break
            found += len(piece)
    except zlib.error:
        return False
    return inflating.eof and found == size and not inflating.unused_data


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the file must end, which is behind the first marker that is none of the scan's own; 0 for another marker."""
    found = _MARKER.search(content, at)
    return found.end() if found and found[0] == _JPEG_END else 0


def _more_than(form: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.NOT_ALLOWED, f"a redacted {form} is not made of pictures alone")
