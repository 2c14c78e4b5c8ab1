"""Every byte of a dossier counts: whatever is changed, wherever, the verdict is invalid and says where."""

import io
import random
import shutil
import subprocess

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.checks.verdicts import Verdict

FIRST_HEADER = 60
CLOSING_RECORDS = 22


@settings(max_examples=300)
@given(fraction=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_makes_it_invalid_and_names_check_and_file(workshop, fraction, bit):
    data = bytearray(workshop.dossier)
    data[int(fraction * len(data))] ^= 1 << bit
    report = workshop.federation.verify(bytes(data))
    assert report.verdict is Verdict.INVALID
    assert report.decided_by == 1
    assert report.deciding.file or position(fraction, data) in ("first header", "closing records")


def position(fraction, data):
    at = int(fraction * len(data))
    if at < FIRST_HEADER:
        return "first header"
    return "closing records" if at >= len(data) - CLOSING_RECORDS else "a file's own bytes"


@pytest.mark.parametrize("at", [0, 1000, None])
@pytest.mark.parametrize("byte", [b"\x00", b"P", b"\n"])
def test_a_byte_before_inside_or_after_makes_it_invalid(workshop, at, byte):
    data = workshop.dossier
    at = len(data) if at is None else at
    assert workshop.federation.verify(data[:at] + byte + data[at:]).verdict is Verdict.INVALID


def test_a_flipped_bit_in_an_items_content_names_that_item(workshop):
    data = bytearray(workshop.dossier)
    data[data.index(b"letter 3\n")] ^= 1
    report = workshop.federation.verify(bytes(data))
    assert report.deciding.file.endswith("/items/00000003.bin")


def test_flipping_a_bit_and_packing_again_is_caught_by_the_check_behind(workshop):
    draw = random.Random(1)
    for path, data in workshop.files.items():
        if not path.startswith("data/") or path == "data/dossier.json":
            continue
        at = draw.randrange(8 * len(data))
        altered = bytearray(data)
        altered[at // 8] ^= 1 << at % 8
        report = workshop.federation.verify(workshop.altered({path: bytes(altered)}, vouch=False))
        assert report.verdict is Verdict.INVALID, path
        assert workshop.federation.verify(workshop.altered({path: data}, vouch=False)).verdict is Verdict.VALID


def test_an_archive_packed_again_with_another_tool_is_invalid(workshop, tmp_path):
    (tmp_path / "dossier.zip").write_bytes(workshop.dossier)
    shutil.unpack_archive(tmp_path / "dossier.zip", tmp_path / "out")
    packed = shutil.make_archive(str(tmp_path / "again"), "zip", tmp_path / "out")
    with open(packed, "rb") as file:  # noqa: PTH123
        report = workshop.federation.verify(file.read())
    assert report.verdict is Verdict.INVALID
    assert report.decided_by == 1


def test_the_bagit_library_finds_the_bag_valid(workshop, tmp_path):
    (tmp_path / "dossier.zip").write_bytes(workshop.dossier)
    shutil.unpack_archive(tmp_path / "dossier.zip", tmp_path / "out")
    bag = bagit.Bag(str(tmp_path / "out" / "dossier"))
    bag.validate()
    assert bag.info["External-Identifier"] == "c0" * 16


def test_the_bagit_library_and_our_check_agree_that_a_changed_file_breaks_the_bag(workshop, tmp_path):
    (tmp_path / "dossier.zip").write_bytes(workshop.dossier)
    shutil.unpack_archive(tmp_path / "dossier.zip", tmp_path / "out")
    with (tmp_path / "out/dossier/data/index.txt").open("ab") as index:
        index.write(b"!")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(tmp_path / "out" / "dossier")).validate()


@pytest.mark.parametrize("manifest", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_sha256sum_accepts_the_manifests(workshop, tmp_path, manifest):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("this machine has no sha256sum")
    (tmp_path / "dossier.zip").write_bytes(workshop.dossier)
    shutil.unpack_archive(tmp_path / "dossier.zip", tmp_path / "out")
    done = subprocess.run([tool, "-c", "--strict", "--quiet", manifest], cwd=tmp_path / "out/dossier", check=False)
    assert done.returncode == 0


def test_the_same_contents_give_the_same_bytes(make_workshop, workshop):
    again = make_workshop(workshop.new_federation())
    assert again.dossier == workshop.dossier


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_get_a_verdict_and_never_an_exception(workshop, data):
    assert workshop.federation.verify(data).verdict is Verdict.INVALID


def test_the_archive_is_read_from_its_beginning_whatever_was_read_before(workshop):
    from comity.evidence.checks.verify import verify_dossier

    source = io.BytesIO(workshop.dossier)
    source.read(100)
    assert verify_dossier(source, workshop.federation.anchor(), workshop.federation.now).verdict is Verdict.VALID
