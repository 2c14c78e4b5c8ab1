"""When a file was last changed is kept as its file system or archive states it, apart from what its content shows."""

import gzip
import io
import os
import struct
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from comity.acts.matters import ScopePart
from comity.adapters.objects.private_copy import KEY, PrivateCopy
from comity.adapters.objects.segment_sealing import read_index
from comity.evidence.items.descriptors import unframe
from comity.evidence.recognising.timestamps import file_instant
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Period

STATED = datetime(2026, 11, 3, 10, 0, 1, tzinfo=UTC)
SECONDS = int(STATED.timestamp())


def items(desk, held, identity):
    indices = [read_index(desk.store, desk.cipher, identity, seal) for seal in held.seals]
    return {each.name: each for index in indices for each in (unframe(item.frame) for item in index.items)}


def taken(desk, tmp_path, content: bytes):
    path = tmp_path / "in"
    path.write_bytes(content)
    os.utime(path, (0, 0))
    held, identity, _ = desk.hold(path)
    return items(desk, held, identity)


def test_a_file_and_each_part_of_it_has_the_time_its_file_system_states(desk, folder):
    for path in folder.rglob("*"):
        os.utime(path, ns=(0, SECONDS * 10**9 + 123_456_789))
    held, identity, _ = desk.hold(folder)
    found = items(desk, held, identity)
    assert {each.file_time for each in found.values()} == {STATED + timedelta(microseconds=123_456)}
    assert found["notes.bin"].first is None


def test_a_stated_time_puts_nothing_in_a_period_and_keeps_nothing_out(desk, folder):
    for path in folder.rglob("*"):
        os.utime(path, (SECONDS, SECONDS))
    held, identity, _ = desk.hold(folder)
    long_ago = Period(STATED - timedelta(hours=1), STATED + timedelta(hours=1))
    part = ScopePart("hour", tuple(DataCategory), long_ago)
    disclosed, new = desk.disclose(held, identity, granted=[part])
    assert list(desk.contents(disclosed.packed, new)) == ["mail.mbox/000002"]
    assert desk.receive(disclosed, new, scope=[part]).counts() == {}


@pytest.mark.parametrize("nanoseconds", [0, -1, -(1 << 62), 1, 10**20, 10**30])
def test_a_stated_time_that_can_hardly_be_one_is_none(nanoseconds):
    assert file_instant(nanoseconds) is None


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_tar_states_the_time_of_each_member(desk, tmp_path, form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, changed in (("stated", SECONDS), ("none", 0), ("fine", SECONDS + 0.25)):
            entry = tarfile.TarInfo(name)
            entry.mtime = changed
            archive.addfile(entry, io.BytesIO())
    found = taken(desk, tmp_path, out.getvalue())
    assert (found["in"].file_time, found["in/stated"].file_time, found["in/none"].file_time) == (None, STATED, None)
    fine = timedelta(milliseconds=250) if form == tarfile.PAX_FORMAT else timedelta()
    assert found["in/fine"].file_time == STATED + fine


def test_a_gzip_states_one_and_a_zip_only_where_it_says_it_in_utc(desk, tmp_path):
    assert taken(desk, tmp_path, gzip.compress(b"x", mtime=SECONDS))["in/content"].file_time == STATED
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("local", (2026, 11, 3, 10, 0, 0)), b"x")
        entry = zipfile.ZipInfo("universal", (2026, 11, 3, 10, 0, 0))
        entry.extra = struct.pack("<HHBI", 0x5455, 5, 1, SECONDS)
        archive.writestr(entry, b"x")
    found = taken(desk, tmp_path, out.getvalue())
    assert (found["in/local"].file_time, found["in/universal"].file_time) == (None, STATED)


def test_what_comes_as_a_copy_keeps_the_time_that_was_stated_of_the_original(desk, tmp_path):
    place = tmp_path / "file"
    place.write_bytes(b"x")
    os.utime(place, (SECONDS, SECONDS))
    with desk.store.scratch() as file:
        (source,) = PrivateCopy(place, file, bytes(KEY)).sources()
    assert source.file_time == STATED
