"""Imaging in two halves: what is hostile is drawn by a confined process, and only its pixels are packed here.

The process gets the file and nothing else: no folder, no environment, no name of the machine's. What it says is taken as
sides and pixels of those sides, whatever became of it; so neither a file's text nor its metadata has a way to go.
"""

import subprocess
import sys
import threading
import zlib
from collections.abc import Generator
from io import BytesIO
from signal import SIGKILL, SIGXCPU
from typing import IO

from comity.adapters.pictures.page_stream import COUNT, NOT_DRAWN, SIDES, TOO_LARGE
from comity.evidence.redaction.files import JPEG, MOST_PIXELS, PNG
from comity.evidence.redaction.pictures import MOST_PAGES, Raster
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_SECONDS = 300.0
"""Longest time from the first byte to the last page, what is done with the pages included."""
_PATIENCE = 60.0
"""Longest wait for one that is under way."""

_SAMPLE = 16
"""One row in so many tells whether a picture shrinks."""
_SHRINKS = 4
"""Times that a sample must shrink for its picture to be kept without loss: text and drawings do, photographs don't."""
_QUALITY = 90


class ConfinedImaging:
    """See `Imaging`. Draws one file at a time, which bounds what all of them together take of the machine."""

    def __init__(self, seconds: float = _SECONDS, patience: float = _PATIENCE) -> None:
        self._seconds, self._patience = seconds, patience
        self._one = threading.Lock()

    def draw(self, content: bytes, media_type: str) -> Generator[Raster]:
        """See `Imaging`."""
        if not self._one.acquire(timeout=self._patience):
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE, "another picture is being redacted", do="try again in some minutes"
            )
        try:
            yield from _drawn(content, media_type, self._seconds)
        finally:
            self._one.release()

    def pack(self, raster: Raster) -> tuple[str, bytes]:
        """See `Imaging`."""
        from PIL import Image

        picture = Image.frombuffer("RGB", (raster.width, raster.height), raster.pixels, "raw", "RGB", 0, 1)
        out = BytesIO()
        if _shrinks(raster):
            picture.save(out, "PNG")
            return PNG, out.getvalue()
        picture.save(out, "JPEG", quality=_QUALITY, subsampling=0)
        return JPEG, out.getvalue()


def _drawn(content: bytes, media_type: str, seconds: float) -> Generator[Raster]:
    program = [sys.executable, "-I", "-m", "comity.adapters.pictures.drawing", media_type]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={}
    ) as process:
        late = threading.Timer(seconds, process.kill)
        late.start()
        try:
            yield from _pages(process, content)
        except EOFError:
            raise _not_drawn(process.wait()) from None
        finally:
            late.cancel()
            process.kill()


def _pages(process: subprocess.Popen[bytes], content: bytes) -> Generator[Raster]:
    """What the process says. Raises `EOFError` where it ends before it said all."""
    entry, said = process.stdin, process.stdout
    if entry is None or said is None:
        raise EOFError
    try:
        with entry:
            entry.write(content)
    except BrokenPipeError:
        raise EOFError from None
    (count,) = COUNT.unpack(_exactly(said, COUNT.size))
    if not 1 <= count <= MOST_PAGES:
        raise EOFError
    for _ in range(count):
        width, height = SIDES.unpack(_exactly(said, SIDES.size))
        if not 1 <= width * height <= MOST_PIXELS:
            raise EOFError
        yield Raster(width, height, _exactly(said, 3 * width * height))
    if process.wait() != 0:
        raise EOFError


def _exactly(said: IO[bytes], size: int) -> bytearray:
    room = bytearray(size)
    seen, at = memoryview(room), 0
    while at < size:
        count = said.readinto(seen[at:])  # type: ignore[attr-defined]  # a buffered reader of a pipe has it
        if not count:
            raise EOFError
        at += count
    return room


def _not_drawn(status: int) -> BrokenInputError:
    if status == NOT_DRAWN:
        return BrokenInputError(
            ErrorCode.UNKNOWN_TYPE,
            "nothing can be taken out of pictures of this kind",
            found="a moving picture, or values that are no colours",
            expected="PDF, PNG, JPEG, GIF, TIFF or WebP that stands still",
        )
    if status in (TOO_LARGE, -SIGKILL, -SIGXCPU):
        return BrokenInputError(
            ErrorCode.OVERSIZED,
            "the item is too large to be drawn, or takes too long",
            expected=f"at most {MOST_PAGES} pages of {MOST_PIXELS} pixels",
        )
    return BrokenInputError(
        ErrorCode.MALFORMED,
        "the item cannot be drawn",
        expected="a whole picture, or a PDF that opens without a password",
    )


def _shrinks(raster: Raster) -> bool:
    line = 3 * raster.width
    sample = b"".join(raster.pixels[at : at + line] for at in range(0, len(raster.pixels), line * _SAMPLE))
    return len(zlib.compress(sample, 1)) * _SHRINKS <= len(sample)
