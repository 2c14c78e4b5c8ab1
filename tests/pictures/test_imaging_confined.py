"""What is hostile is drawn where it can do nothing, and what comes back is believed as pixels only."""

import subprocess
import sys
import threading

import pytest
from PIL import Image

from comity.adapters.pictures.imaging import ConfinedImaging
from comity.evidence.redaction.files import JPEG, PDF, PNG
from comity.evidence.redaction.pictures import Cover, Imaging, Raster, Region, derive_pictures
from comity.vocabulary.categories import RemovalReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

COVER = Cover(Region(1, 10, 10, 300, 40), RemovalReason.HEALTH)


def confined(code: str) -> str:
    """How code ends that runs where pictures are drawn."""
    program = f"from comity.adapters.pictures.drawing import confine\nimport os, resource, socket\nconfine()\n{code}"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else f"done {done.stdout}"


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("print(1)", "done 1\n"),
        ("open('/etc/hostname')", "OSError: [Errno 24]"),
        ("open('/tmp/comity-drawing', 'w')", "OSError: [Errno 24]"),
        ("socket.socket()", "OSError: [Errno 24]"),
        ("os.pipe()", "OSError: [Errno 24]"),
        ("os.fork()", "BlockingIOError: [Errno 11]"),
        ("resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))", "ValueError: not allowed to raise maximum limit"),
        ("os.setuid(0)", "PermissionError"),
        ("bytearray(2 << 30)", "MemoryError"),
    ],
)
def test_the_drawing_process_opens_nothing_and_stays_within_its_memory(code, end):
    assert confined(code).startswith(end)


def test_a_drawing_that_takes_too_long_is_ended(tools):
    with pytest.raises(BrokenInputError) as caught:
        list(ConfinedImaging(seconds=0.01).draw(tools.saved(tools.picture(), "PNG"), PNG))
    assert caught.value.code is ErrorCode.OVERSIZED


def test_one_file_is_drawn_at_a_time_and_nobody_waits_for_ever(tools):
    imaging, content = ConfinedImaging(patience=0.05), tools.saved(tools.picture(), "PNG")
    first = imaging.draw(content, PNG)
    next(first)
    with pytest.raises(BrokenInputError) as caught:
        next(imaging.draw(content, PNG))
    assert caught.value.code is ErrorCode.UNAVAILABLE
    first.close()
    assert len(list(imaging.draw(content, PNG))) == 1


def test_a_reader_who_goes_leaves_no_process_and_no_thread(tools):
    imaging = ConfinedImaging()
    drawing = imaging.draw(tools.saved(tools.picture((4000, 4000)), "PNG"), PNG)
    next(drawing)
    drawing.close()
    waiting = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    for each in waiting:
        each.join(timeout=60)
    assert not any(each.is_alive() for each in waiting)


class Deceived(Imaging):
    """Draws what it was told to, and packs as Pillow does; what it is asked to draw second may differ."""

    def __init__(self, *shown: Raster, packed=None) -> None:
        self._shown, self._packed = list(shown), packed

    def draw(self, content: bytes, media_type: str):  # noqa: ARG002 - the port's signature
        yield self._shown.pop(0)

    def pack(self, raster: Raster):
        return (PNG, self._packed) if self._packed else ConfinedImaging().pack(raster)


def white(width=400, height=300) -> Raster:
    return Raster(width, height, bytearray(b"\xff") * (3 * width * height))


def painted(**how) -> Raster:
    raster = white(**how)
    for row in range(10, 50):
        raster.pixels[3 * (400 * row + 10) : 3 * (400 * row + 310)] = bytes(900)
    return raster


def test_a_copy_that_looks_as_it_should_is_given_out():
    assert derive_pictures(b"", PNG, [COVER], Deceived(white(), painted())).media_type == PNG


@pytest.mark.parametrize("seen", [white(), painted(height=299), painted(height=301)], ids=["bare", "less", "more"])
def test_a_copy_that_does_not_look_painted_is_not_given_out(seen):
    with pytest.raises(BrokenInputError) as caught:
        derive_pictures(b"", PNG, [COVER], Deceived(white(), seen))
    assert caught.value.code is ErrorCode.NOT_ALLOWED


def test_one_pixel_that_shows_through_is_enough():
    seen = painted()
    seen.pixels[3 * (400 * 49 + 309)] = 1
    with pytest.raises(BrokenInputError):
        derive_pictures(b"", PNG, [COVER], Deceived(white(), seen))


def test_a_library_that_packs_more_than_pixels_gives_no_copy(tools):
    how = {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}
    loaded = tools.saved(Image.new("RGB", (400, 300)), "PNG", **how)
    with pytest.raises(BrokenInputError) as caught:
        derive_pictures(b"", PNG, [COVER], Deceived(white(), painted(), packed=loaded))
    assert caught.value.code is ErrorCode.NOT_ALLOWED


def test_the_same_file_and_regions_give_the_same_bytes(tools, imaging):
    noise = tools.saved(Image.effect_noise((500, 400), 80).convert("RGB"), "JPEG")
    for content, media_type in ((noise, JPEG), (tools.write_pdf(tools.Hostile()), PDF)):
        first, second = (derive_pictures(content, media_type, [COVER], imaging) for _ in range(2))
        assert first == second


@pytest.mark.parametrize("reason", RemovalReason)
def test_the_reason_stands_in_white_on_what_is_painted(tools, imaging, pages, reason):
    copy = derive_pictures(tools.saved(tools.picture(), "PNG"), PNG, [Cover(Region(1, 0, 0, 320, 60), reason)], imaging)
    (page,) = pages(copy.content, PNG)
    place = page.crop((0, 0, 320, 60))
    colours = {colour: count for count, colour in place.getcolors()}
    assert set(colours) == {(0, 0, 0), (255, 255, 255)}
    assert colours[255, 255, 255] < colours[0, 0, 0]


def test_a_place_too_small_for_its_reason_is_black_alone(tools, imaging, pages):
    cover = Cover(Region(1, 0, 0, 30, 10), RemovalReason.OUT_OF_SCOPE)
    (page,) = pages(derive_pictures(tools.saved(tools.picture(), "PNG"), PNG, [cover], imaging).content, PNG)
    assert page.crop((0, 0, 30, 10)).getcolors() == [(300, (0, 0, 0))]
