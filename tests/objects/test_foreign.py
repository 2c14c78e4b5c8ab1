import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.foreign import judge as judge_copy
from comity.adapters.objects.private_copy import KEY, PrivateCopy
from comity.evidence.checks.foreign import Foreign, is_safe, judge_bag
from comity.evidence.checks.verdicts import Report, Verdict
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def judge(place: Path) -> tuple[str, Report]:
    with tempfile.TemporaryFile() as file:
        return judge_copy(PrivateCopy(place, file, bytes(KEY)))


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "bag"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"hello")
    (folder / "deep" / "name with % and ü.bin").write_bytes(bytes(1_000))
    (folder / "line\nfeed").write_bytes(b"x")
    return folder


@pytest.fixture
def packed(place):
    bagit.make_bag(str(place), {"Contact-Name": "Ana"}, checksums=["sha256", "sha512"])
    return place


def verdict(place: Path) -> Report:
    kind, report = judge(place)
    assert kind == "bagit"
    return report


def judged_by_the_library(place: Path) -> bool:
    try:
        bagit.Bag(str(place)).validate()
    except bagit.BagError:
        return False
    return True


def decided(place: Path) -> str:
    report = verdict(place)
    assert report.deciding is not None
    return report.deciding.name


def without_tag_manifests(place: Path) -> None:
    for path in place.glob("tagmanifest-*"):
        path.unlink()


def test_a_bag_that_the_library_made_is_valid(packed):
    report = verdict(packed)
    assert judged_by_the_library(packed)
    assert (report.verdict, [check.number for check in report.checks]) == (Verdict.VALID, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_a_bag_whose_hashes_prove_nothing_any_more_is_indeterminate(place, algorithm):
    bagit.make_bag(str(place), checksums=[algorithm])
    report = verdict(place)
    assert (report.verdict, report.deciding.name) == (Verdict.INDETERMINATE, "fixity")


def altered(place):
    (place / "data" / "a.txt").write_bytes(b"Hello")


def missing(place):
    (place / "data" / "a.txt").unlink()


def added(place):
    (place / "data" / "b.txt").write_bytes(b"")


def tag_altered(place):
    (place / "bag-info.txt").write_text("Contact-Name: Rui\n")


def tag_missing(place):
    (place / "bag-info.txt").unlink()


def undeclared(place):
    (place / "bagit.txt").write_text("BagIt-Version: 1.0\n")


def without_manifest(place):
    for path in place.glob("manifest-*"):
        path.unlink()


@pytest.mark.parametrize("change", [altered, missing, added, tag_altered, tag_missing, undeclared, without_manifest])
def test_what_the_library_refuses_we_refuse(packed, change):
    change(packed)
    assert not judged_by_the_library(packed)
    assert verdict(packed).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "data/../../x",
        "/etc/passwd",
        "data//x",
        "data/./x",
        "data\\..\\..\\x",
        "C:\\x",
        "~/x",
        "data/\x1bx",
        "bagit.txt",
        "data/",
    ],
)
def test_a_manifest_that_leads_out_of_the_bag_is_invalid_at_its_paths(packed, path):
    without_tag_manifests(packed)
    with (packed / "manifest-sha256.txt").open("a") as manifest:
        manifest.write(f"{'0' * 64}  {path}\n")
    assert decided(packed) == "paths"
    assert len(verdict(packed).checks) == 2


def test_a_path_named_twice_is_invalid(packed):
    without_tag_manifests(packed)
    manifest = packed / "manifest-sha256.txt"
    manifest.write_text(manifest.read_text() + manifest.read_text().splitlines(keepends=True)[0])
    assert decided(packed) == "paths"


def test_a_link_in_a_bag_is_invalid_and_not_followed(packed, tmp_path):
    (tmp_path / "secret").write_bytes(b"hello")
    (packed / "data" / "a.txt").unlink()
    (packed / "data" / "a.txt").symlink_to(tmp_path / "secret")
    assert decided(packed) == "paths"


def test_a_pipe_in_a_bag_does_not_stop_the_judge(packed):
    os.mkfifo(packed / "data" / "pipe")
    assert decided(packed) == "paths"


def test_a_bag_with_parts_to_be_fetched_is_invalid(packed):
    without_tag_manifests(packed)
    (packed / "fetch.txt").write_text("http://192.0.2.1/x 1 data/x\n")
    assert decided(packed) == "information"


def test_another_count_than_the_bag_says_is_invalid(packed):
    without_tag_manifests(packed)
    info = packed / "bag-info.txt"
    info.write_text(info.read_text().replace("Payload-Oxum: ", "Payload-Oxum: 1"))
    assert decided(packed) == "information"


def test_a_bag_of_another_version_is_indeterminate(packed):
    without_tag_manifests(packed)
    (packed / "bagit.txt").write_text("BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n")
    assert verdict(packed).verdict is Verdict.INDETERMINATE


def test_an_age_file_is_taken_for_what_it_is_and_not_for_more(tmp_path):
    cipher = AgeCipher()
    path = tmp_path / "x.age"
    path.write_bytes(cipher.encrypt(b"secret", cipher.recipient_of(cipher.new_identity())))
    kind, report = judge(path)
    assert (kind, report.verdict) == ("age", Verdict.INDETERMINATE)
    path.write_bytes(b"age-encryption.org/v1\n-> scrypt x 18\n")
    assert judge(path)[1].verdict is Verdict.INDETERMINATE


def test_what_is_neither_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    for place in (tmp_path, tmp_path / "x"):
        with pytest.raises(BrokenInputError) as caught:
            judge(place)
        assert caught.value.code is ErrorCode.UNKNOWN_TYPE


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_tag_file_makes_the_judge_raise(manifest, declaration):
    tags = {"bagit.txt": declaration, "manifest-sha256.txt": manifest, "bag-info.txt": manifest}
    assert judge_bag(Foreign({}, tags)).verdict is not Verdict.VALID


@given(st.text(alphabet="abü./\\ ~:%\n", max_size=12))
def test_a_path_that_passes_never_leaves_its_folder(path):
    if is_safe(path):
        assert os.path.normpath(f"/bag/{path}").startswith("/bag/")
        assert ".." not in path.replace("\\", "/").split("/")


def test_the_library_program_accepts_what_we_call_valid(packed):
    program = Path(sys.executable).with_name("bagit.py")
    done = subprocess.run([program, "--validate", str(packed)], capture_output=True, check=False)
    assert done.returncode == 0
