import hashlib
import os
import resource
import stat
import subprocess
from contextlib import contextmanager

import pytest

from comity.acts.matters import StoredObject
from comity.adapters.objects import local
from comity.adapters.objects.local import LocalEvidenceStore
from comity.vocabulary.errors import BrokenInputError, ErrorCode

DATA = os.urandom(300_000)


@pytest.fixture
def store(tmp_path):
    return LocalEvidenceStore(tmp_path / "store")


def files_below(root) -> list:
    return [path for path in root.rglob("*") if path.is_file() and path.name != "lock"]


def test_files_and_folders_are_for_their_owner_only(tmp_path, store):
    old = os.umask(0)
    try:
        store.put(DATA)
        store.append(StoredObject("a" * 64, 3), 0, b"x")
        store.begin().write(b"x")
    finally:
        os.umask(old)
    for path in (tmp_path / "store").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_an_object_is_synced_before_it_is_renamed_and_its_folder_after(store, monkeypatch):
    steps = []
    real_fsync, real_rename = os.fsync, local.Path.rename

    def fsync(fd):
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "sync file")
        real_fsync(fd)

    def rename(path, target):
        steps.append("rename")
        return real_rename(path, target)

    store.put(b"first in its folder")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(local.Path, "rename", rename)
    store.put(b"first in its folder")
    assert steps == ["sync file", "rename", "sync folder"]


@contextmanager
def file_limit(size: int):
    """Files of this process can grow to `size` bytes: the write then fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of one megabyte."""
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]
    mount = subprocess.run(command, check=False, capture_output=True)
    if mount.returncode:
        pytest.skip("mounting a file system of limited size needs more rights than this user has")
    yield place
    subprocess.run(["/bin/umount", place], check=True)


def test_a_file_that_cannot_grow_is_reported_as_a_full_store(tmp_path, store):
    kept = store.put(b"kept")
    with file_limit(100_000), pytest.raises(BrokenInputError) as caught:
        store.put(DATA)
    assert caught.value.code is ErrorCode.STORE_FULL
    assert caught.value.do
    assert files_below(tmp_path / "store") == [store._path(kept.digest)]
    assert store.read(kept) == b"kept"


def test_a_full_disk_loses_nothing_and_shows_nothing_half(tiny_disk):
    store = LocalEvidenceStore(tiny_disk / "store")
    kept = [store.put(DATA)]
    with pytest.raises(BrokenInputError) as caught:  # noqa: PT012
        while True:
            kept.append(store.put(os.urandom(300_000)))
    assert caught.value.code is ErrorCode.STORE_FULL
    assert len(files_below(tiny_disk)) == len(kept)
    for stored in kept:
        store.read(stored)
    store.delete([kept.pop().digest])
    kept.append(store.put(os.urandom(300_000)))
    assert sorted(store.digests()) == sorted(stored.digest for stored in kept)


def test_a_transfer_into_a_full_disk_keeps_what_came_and_goes_on_later(tiny_disk):
    store = LocalEvidenceStore(tiny_disk / "store")
    ballast = store.put(os.urandom(850_000))
    expected = StoredObject(hashlib.sha256(DATA).hexdigest(), len(DATA))
    with pytest.raises(BrokenInputError) as caught:
        store.append(expected, 0, DATA)
    assert caught.value.code is ErrorCode.STORE_FULL
    at = store.resume_at(expected)
    store.delete([ballast.digest])
    store.append(expected, at, DATA[at:])
    store.finish(expected)
    assert store.read(expected) == DATA


def test_a_link_in_the_place_of_an_object_is_not_followed(tmp_path, store):
    stored = store.put(DATA)
    secret = tmp_path / "secret"
    secret.write_bytes(DATA)
    path = store._path(stored.digest)
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(BrokenInputError) as caught:
        store.read(stored)
    assert caught.value.code is ErrorCode.STORE_DAMAGED
