"""Draws one hostile file in a process of its own: `python -I -m comity.adapters.pictures.drawing MEDIA-TYPE`.

The file comes in whole; the number of pages goes out, then each page as its sides and pixels. Before the first byte is
looked at, the process can open no file and no connection, start no process, and has bounds of memory and of time. It
catches nothing but being too large: whatever a library makes of the file, the process ends, and there is no picture.
"""

import contextlib
import math
import os
import resource
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw  # type: ignore[import-untyped]
from PIL import Image, ImageOps, ImageSequence

from comity.adapters.pictures.page_stream import COUNT, NOT_DRAWN, SIDES, TOO_LARGE
from comity.evidence.redaction.files import JPEG, MOST_PIXELS, PDF, PIXELS_PER_POINT, PNG
from comity.evidence.redaction.pictures import GIF, MOST_PAGES, TIFF, WEBP

MEMORY = 1 << 30
"""Bytes of address space beyond what the libraries take up when they are loaded."""
PROCESSOR_SECONDS = 120

_NOBODY = 65_534

_FORMATS = {PNG: "PNG", JPEG: "JPEG", GIF: "GIF", TIFF: "TIFF", WEBP: "WEBP"}
_STRIP = 1 << 20
"""Pixels that are handed out at a time."""
_Rows = Callable[[int, int], bytes]
"""The pixels of rows, from the first to the one behind the last."""


def confine() -> None:
    """From here on this process opens nothing, starts nothing and stays within its bounds."""
    _rehearse()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    if os.geteuid() == 0:
        # Root is bound by no number of processes, and may lift any bound again; one without the right to become another is not.
        with contextlib.suppress(PermissionError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
    for bound, most in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(bound, (most, most))


def _rehearse() -> None:
    """Draws a picture of every kind: Pillow loads parts of itself at first use, and later no file can be opened.

    No PDF: what is drawn of one must not depend on the fonts of this machine, which its library then looks for in vain.
    """
    for media_type, form in _FORMATS.items():
        sample = BytesIO()
        Image.new("RGB", (1, 1)).save(sample, "MPO" if form == "JPEG" else form)
        draw(sample.getvalue(), media_type, BytesIO())


def draw(content: bytes, media_type: str, out: BinaryIO) -> None:
    """Writes the number of pages, then every page."""
    if media_type == PDF:
        _draw_pdf(content, out)
    else:
        _draw_picture(content, _FORMATS[media_type], out)


def _draw_pdf(content: bytes, out: BinaryIO) -> None:
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    _begin(len(document), out)
    for page in document:
        _require_size(*(math.ceil(side * PIXELS_PER_POINT) for side in page.get_size()))
        bitmap = page.render(scale=PIXELS_PER_POINT, rev_byteorder=True)
        seen, stride, line = memoryview(bitmap.buffer), bitmap.stride, 3 * bitmap.width

        def rows(start: int, end: int, seen: memoryview = seen, stride: int = stride, line: int = line) -> bytes:
            return b"".join(seen[at : at + line] for at in range(start * stride, end * stride, stride))

        _write(bitmap.width, bitmap.height, rows, out)
        page.close()


def _draw_picture(content: bytes, form: str, out: BinaryIO) -> None:
    opened = Image.open(BytesIO(content), formats=[form])
    # A JPEG that brings further pictures (a preview, a map of brightness) is seen as its first; the others end here.
    count = 1 if form == "JPEG" else getattr(opened, "n_frames", 1)
    if count > 1 and form != "TIFF":
        sys.exit(NOT_DRAWN)
    _begin(count, out)
    for frame in ImageSequence.Iterator(opened) if count > 1 else [opened]:
        _require_size(*frame.size)
        upright = _on_white(ImageOps.exif_transpose(frame))

        def rows(start: int, end: int, upright: Image.Image = upright) -> bytes:
            return upright.crop((0, start, upright.width, end)).tobytes()

        _write(upright.width, upright.height, rows, out)


def _on_white(picture: Image.Image) -> Image.Image:
    """In three channels of eight bits; what is transparent shows white, and nothing of what it hides."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("I", "F"):
        sys.exit(NOT_DRAWN)
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture.convert("RGBA"))
        picture = white
    return picture.convert("RGB")


def _begin(count: int, out: BinaryIO) -> None:
    if count > MOST_PAGES:
        sys.exit(TOO_LARGE)
    out.write(COUNT.pack(count))


def _require_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        sys.exit(TOO_LARGE)


def _write(width: int, height: int, rows: _Rows, out: BinaryIO) -> None:
    out.write(SIDES.pack(width, height))
    step = max(1, _STRIP // width)
    out.writelines(rows(start, min(height, start + step)) for start in range(0, height, step))


if __name__ == "__main__":
    confine()
    try:
        draw(sys.stdin.buffer.read(), sys.argv[1], sys.stdout.buffer)
    except (Image.DecompressionBombError, MemoryError):
        sys.exit(TOO_LARGE)
    sys.stdout.flush()
