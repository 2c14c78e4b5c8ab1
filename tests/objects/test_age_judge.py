"""The program `age`, with an empty environment, opens every object that is stored of an exhibit: chunks, indexes, the manifest."""

import hashlib
import random
import shutil
import subprocess

import pytest

from comity.adapters.objects.chunk_pipeline import CHUNK
from comity.adapters.objects.intake import IntakeRules

AGE = shutil.which("age") or ""

pytestmark = pytest.mark.skipif(not AGE, reason="the program age is not installed")


@pytest.fixture
def desk(make_desk):
    """A store with chunks of the size that a node writes."""
    return make_desk("full", rules=IntakeRules())


def opened(path, identity, folder):
    """What `age -d` makes of the file; None where it refuses."""
    (folder / "identity").write_text(f"{identity}\n")
    done = subprocess.run([AGE, "-d", "-i", folder / "identity", path], env={}, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def files_of(tmp_path):
    return {path.name: path for path in (tmp_path / "full").rglob("*") if path.is_file() and len(path.name) == 64}


def test_age_opens_every_object_of_a_hold_and_of_what_was_disclosed_from_it(desk, folder, tmp_path):
    (folder / "disk.img").write_bytes(random.Random(21).randbytes(CHUNK + (1 << 20)))
    held, identity, intake = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    of_hold = [each for seal in held.seals for each in (*seal.objects, seal.index)]
    of_exhibit = [disclosed.packed.manifest, *disclosed.packed.objects]
    files = files_of(tmp_path)
    assert files.keys() == {each.digest for each in (*of_hold, *of_exhibit)}, "nothing else is stored"
    assert max(each.size for each in of_hold) > CHUNK
    for objects, key, other in ((of_hold, identity, new), (of_exhibit, new, identity)):
        for each in objects:
            plain = opened(files[each.digest], key, tmp_path)
            assert plain is not None
            assert plain == desk.cipher.decrypt(files[each.digest].read_bytes(), key)
            assert opened(files[each.digest], other, tmp_path) is None
    assert intake.items == disclosed.packed.items


def test_what_age_opens_is_what_was_taken_in_byte_for_byte(desk, folder, tmp_path):
    image = random.Random(22).randbytes(CHUNK + (1 << 20))
    (folder / "disk.img").write_bytes(image)
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    files = files_of(tmp_path)
    for objects, key in (
        ([each for seal in held.seals for each in seal.objects], identity),
        (disclosed.packed.objects, new),
    ):
        plain = b"".join(opened(files[each.digest], key, tmp_path) or b"" for each in objects)
        assert image in plain
        assert len(plain) == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_age_refuses_an_object_with_one_bit_turned(desk, folder, tmp_path):
    held, identity, _ = desk.hold(folder)
    path = files_of(tmp_path)[held.seals[0].objects[0].digest]
    altered = bytearray(path.read_bytes())
    altered[len(altered) // 2] ^= 1
    (tmp_path / "altered").write_bytes(altered)
    assert opened(path, identity, tmp_path) is not None
    assert opened(tmp_path / "altered", identity, tmp_path) is None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
