"""Derived items of pictures and of PDF: every page as its pixels, regions of it painted over, and a new file of the pixels.

Regions are measured in pixels of the page as a person sees it: upright, from its upper left corner, to the right and down;
pages count from 1. A picture has its own pixels; a page of a PDF has two to the point (144 to the inch), so that a page of
210 by 297 mm is 1191 by 1684 pixels. What is drawn is all that goes on: text behind the page, what lies outside its
cropping, metadata, attachments, earlier states and transparency end where the pixels begin.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from comity.evidence.redaction.files import JPEG, PDF, PNG, Picture, read_jpeg, read_pictures, write_pdf, write_png
from comity.evidence.redaction.stamp import Block, stamp
from comity.vocabulary.categories import RemovalReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

GIF, TIFF, WEBP = "image/gif", "image/tiff", "image/webp"
PICTURES = frozenset({PDF, PNG, JPEG, GIF, TIFF, WEBP})
"""What can be drawn."""

MOST_PAGES = 200
LARGEST_COPY = 64 << 20
"""Bytes of a derived file of pictures."""

_FURTHEST = 1_000_000
_Place = Annotated[int, Meta(ge=0, le=_FURTHEST)]
_Side = Annotated[int, Meta(ge=1, le=_FURTHEST)]
_DARKEST = {True: 0, False: 96}
"""How bright a channel may be where it was painted black: a JPEG rings beside the letters of a stamp."""


class Region(Struct, frozen=True, forbid_unknown_fields=True):
    """A rectangle of a page: its upper left pixel and its sides, as the module says."""

    page: Annotated[int, Meta(ge=1, le=MOST_PAGES)]
    x: _Place
    y: _Place
    width: _Side
    height: _Side


class Raster(Struct):
    """A page as pixels: rows from the top, each of three bytes a pixel (red, green, blue)."""

    width: int
    height: int
    pixels: bytearray


class Imaging(Protocol):
    """Draws what is hostile, and packs pixels of ours. Usable from any number of threads.

    The same content and the same version of the libraries give the same pixels and bytes.
    """

    def draw(self, content: bytes, media_type: str) -> Generator[Raster]:
        """Every page, upright, on white, one at a time; at least one.

        Raises `BrokenInputError`: malformed, oversized (also in time), unknown-type (encrypted, moving), unavailable.
        """
        ...

    def pack(self, raster: Raster) -> tuple[str, bytes]:
        """Media type (PNG or JPEG) and bytes of a file of these pixels; without loss where that is small enough."""
        ...


class Cover(Struct, frozen=True):
    """A region that is painted over, and why."""

    region: Region
    reason: RemovalReason


class PictureCopy(Struct, frozen=True):
    """A file of pictures alone."""

    content: bytes
    media_type: str
    pages: int


def derive_pictures(content: bytes, media_type: str, covers: Sequence[Cover], imaging: Imaging) -> PictureCopy:
    """The file with the regions painted over. Raises `BrokenInputError` where it cannot be made safely; then there is none.

    1. Every page is drawn and painted, and packed without anything else. 2. Every region was on a page. 3. The file: of a
    PDF, and of several pages, a PDF; else a PNG or a JPEG. 4. It holds pictures and nothing else, to the last byte. 5. Drawn
    again as a reader would, it is dark wherever it was painted.
    """
    # 1.
    pictures: list[Picture] = []
    with closing(imaging.draw(content, media_type)) as pages:
        for number, raster in enumerate(pages, 1):
            _paint(raster, _on_page(covers, number))
            pictures.append(_packed(imaging, raster))
            _require_room(pictures)
    # 2.
    _require_pages(covers, len(pictures))
    # 3.
    copy = _file(pictures, as_pdf=media_type == PDF or len(pictures) > 1)
    # 4.
    if read_pictures(copy.content) != tuple(pictures):
        raise BrokenInputError(ErrorCode.NOT_ALLOWED, "a redacted file does not hold the pictures it was made of")
    # 5.
    _require_dark(copy, pictures, covers, imaging)
    return copy


def _on_page(covers: Sequence[Cover], page: int) -> list[Cover]:
    return [each for each in covers if each.region.page == page]


def _paint(raster: Raster, covers: Sequence[Cover]) -> None:
    for each in covers:
        _fill(raster, _inside(raster, each.region), b"\0")
    for each in covers:
        _write(raster, each, b"\xff")


def _inside(raster: Raster, region: Region) -> Block:
    if region.x + region.width > raster.width or region.y + region.height > raster.height:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "a region is not wholly on its page",
            found=f"page {region.page}: to {region.x + region.width}, {region.y + region.height}",
            expected=f"within {raster.width} x {raster.height} pixels",
            do="measure on the page as it is seen, from its upper left corner",
        )
    return Block(region.x, region.y, region.width, region.height)


def _write(raster: Raster, cover: Cover, colour: bytes) -> None:
    for block in stamp(_inside(raster, cover.region), cover.reason):
        _fill(raster, block, colour)


def _fill(raster: Raster, block: Block, colour: bytes) -> None:
    row = colour * (3 * block.width)
    for start in _rows(raster, block):
        raster.pixels[start : start + len(row)] = row


def _rows(raster: Raster, block: Block) -> range:
    """Where each row of the block starts among the pixels."""
    line = 3 * raster.width
    first = line * block.y + 3 * block.x
    return range(first, first + line * block.height, line)


def _packed(imaging: Imaging, raster: Raster) -> Picture:
    media_type, content = imaging.pack(raster)
    if media_type == JPEG:
        return read_jpeg(content)
    (picture,) = read_pictures(content)
    return picture


def _file(pictures: Sequence[Picture], *, as_pdf: bool) -> PictureCopy:
    if as_pdf:
        return PictureCopy(write_pdf(pictures), PDF, len(pictures))
    (picture,) = pictures
    return PictureCopy(write_png(picture), PNG, 1) if picture.lossless else PictureCopy(picture.data, JPEG, 1)


def _require_room(pictures: Sequence[Picture]) -> None:
    if sum(len(each.data) for each in pictures) > LARGEST_COPY:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "the redacted copy would be too large", expected=f"at most {LARGEST_COPY} bytes"
        )


def _require_pages(covers: Sequence[Cover], pages: int) -> None:
    furthest = max(each.region.page for each in covers)
    if furthest > pages:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "a region is on a page that is not there",
            found=str(furthest),
            expected=f"1 to {pages}",
        )


def _require_dark(copy: PictureCopy, pictures: Sequence[Picture], covers: Sequence[Cover], imaging: Imaging) -> None:
    with closing(imaging.draw(copy.content, copy.media_type)) as pages:
        for number, (raster, picture) in enumerate(zip(pages, pictures, strict=True), 1):
            if (raster.width, raster.height) != (picture.width, picture.height):
                raise _not_painted()
            here = _on_page(covers, number)
            for each in here:
                _write(raster, each, b"\0")
            dark = bytes(range(_DARKEST[picture.lossless] + 1))
            if not all(_is_dark(raster, _inside(raster, each.region), dark) for each in here):
                raise _not_painted()


def _is_dark(raster: Raster, block: Block, dark: bytes) -> bool:
    """Whether nothing of the block is left when the dark values are taken out."""
    size = 3 * block.width
    return not any(raster.pixels[start : start + size].translate(None, dark) for start in _rows(raster, block))


def _not_painted() -> BrokenInputError:
    return BrokenInputError(ErrorCode.NOT_ALLOWED, "a redacted page, drawn again, is not dark where it was painted")
