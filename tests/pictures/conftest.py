"""Files made to keep a word, and programs of others that look for it."""

import re
import shutil
import subprocess
import sys
import zlib
from io import BytesIO
from typing import NamedTuple

import pytest
from PIL import Image, ImageDraw

from comity.adapters.pictures.imaging import ConfinedImaging
from comity.evidence.redaction.pictures import Cover, Region, derive_pictures
from comity.vocabulary.categories import RemovalReason

WORD = "Quarantania"
TEXT = f"BT /F 24 Tf 100 700 Td ({WORD} met Rui) Tj ET"
FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
BOX = Region(1, 190, 226, 700, 70)
"""Where the word of a page of ours stands: 100 points from the left, 700 from below, 24 high, on a page of A4."""


class Hostile(NamedTuple):
    """A PDF by its parts: what its page draws, what else the page, the catalogue and the file have."""

    draws: str = TEXT
    page: str = ""
    catalogue: str = ""
    more: tuple[str | bytes, ...] = ()
    resources: str = ""
    trailer: str = ""


def stream(data: bytes, more: str = "", *, packed: bool = True) -> bytes:
    body = zlib.compress(data) if packed else data
    form = f"{more} /Filter /FlateDecode" if packed else more
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (form.encode(), len(body), body)


def write_pdf(made: Hostile) -> bytes:
    """Objects 1 to 5 are catalogue, pages, page, drawing and font; what is more begins at 6."""
    resources = f"/Font << /F 5 0 R >> {made.resources}"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {made.catalogue} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {made.page} /Resources << {resources} >> >>",
        stream(made.draws.encode("latin-1")),
        FONT,
        *made.more,
    ]
    return revision(b"%PDF-1.7\n", dict(enumerate(objects, 1)), made.trailer)


def revision(before: bytes, objects: dict[int, str | bytes], trailer: str = "", size: int | None = None) -> bytes:
    """The objects behind what is already there, as an incremental update has it."""
    out, places = bytearray(before), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body if isinstance(body, bytes) else body.encode("latin-1"))
    table = b"".join(b"%d 1\n%010d 00000 n \n" % (number, place) for number, place in places.items())
    head = b"xref\n0 1\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out) + head % (table, size or max(objects) + 1, trailer.encode("latin-1"), len(out))


def picture(size=(640, 480), mode="RGB", text=WORD, at=(60, 60)) -> Image.Image:
    drawn = Image.new(mode, size, "white" if mode != "P" else 0)
    ImageDraw.Draw(drawn).text(at, text, fill="black" if mode != "P" else 1)
    return drawn


def saved(image: Image.Image, form: str, **how) -> bytes:
    out = BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def forms_of(word: str) -> set[bytes]:
    raw = {word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), word[::-1].encode()}
    return {each.lower() for each in raw} | {each.hex().encode() for each in raw}


def layers(content: bytes, depth: int = 3):
    """The bytes, and everything in them that inflates, wherever it begins."""
    yield content
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content) if depth else ():
        try:
            inside = zlib.decompressobj().decompress(content[found.start() :], 1 << 22)
        except zlib.error:
            continue
        if len(inside) > 8:
            yield from layers(inside, depth - 1)


def keeps(content: bytes, word: str = WORD) -> bool:
    """Whether the word stands in the bytes, or in anything packed in them, in a form that an examiner tries."""
    return any(form in layer.lower() for layer in layers(content) for form in forms_of(word))


@pytest.fixture(scope="session")
def tools():
    """The builders of this file."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def imaging():
    return ConfinedImaging()


@pytest.fixture
def redact(imaging):
    def make(content, media_type, *regions, reason=RemovalReason.THIRD_PARTY):
        covers = [Cover(each, reason) for each in regions or (BOX,)]
        return derive_pictures(content, media_type, covers, imaging)

    return make


@pytest.fixture
def pages(imaging):
    """The pages of a file as Pillow's pictures."""

    def look(content, media_type):
        drawn = imaging.draw(content, media_type)
        return [Image.frombytes("RGB", (each.width, each.height), bytes(each.pixels)) for each in drawn]

    return look


@pytest.fixture
def said(tmp_path):
    """What another program says of the file; skips where the program is not there."""

    def say(program, content, *options, after=()):
        tool = shutil.which(program)
        if tool is None:
            pytest.skip(f"{program} is not installed")
        path = tmp_path / "copy"
        path.write_bytes(content)
        done = subprocess.run([tool, *options, path, *after], capture_output=True, check=False)
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    return say
