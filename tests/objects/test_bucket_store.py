"""The store in a bucket, against a real server of the S3 protocol in a process of its own."""

import hashlib
import os
import socket
import time
from datetime import timedelta

import msgspec
import pytest

from comity.acts.matters import StoredObject
from comity.adapters.objects.bucket import BucketEvidenceStore
from comity.vocabulary.errors import BrokenInputError, ErrorCode

DATA = os.urandom(100_000)
OBJECT = StoredObject(hashlib.sha256(DATA).hexdigest(), len(DATA))


def code_of(action) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action()
    return caught.value.code


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("way", ["put", "begin", "transfer"])
def test_a_large_object_goes_up_in_parts_and_comes_back_whole(bucket_store, way):
    data = os.urandom((20 << 20) + 7)
    stored = StoredObject(hashlib.sha256(data).hexdigest(), len(data))
    if way == "put":
        assert bucket_store.put(data) == stored
    elif way == "begin":
        writer = bucket_store.begin()
        for start in range(0, len(data), 1 << 20):
            writer.write(data[start : start + (1 << 20)])
        assert writer.commit() == stored
    else:
        bucket_store.append(stored, 0, data)
        bucket_store.finish(stored)
    assert bucket_store.read(stored) == data
    with bucket_store.open_range(stored.digest, 9 << 20) as reader:
        assert reader.read(11 << 20) + reader.read(1 << 20) == data[9 << 20 :]


def test_nothing_of_an_object_stays_on_the_nodes_own_disk(bucket_store, tmp_path):
    bucket_store.put(DATA)
    writer = bucket_store.begin()
    writer.write(b"other")
    writer.commit()
    third = StoredObject(hashlib.sha256(b"third").hexdigest(), 5)
    bucket_store.append(third, 0, b"third")
    bucket_store.finish(third)
    assert [path for path in (tmp_path / "staging").rglob("*") if path.is_file() and path.name != "lock"] == []
    assert len(list(bucket_store.digests())) == 3


def test_two_nodes_of_one_bucket_do_not_see_each_other(bucket_store, terms, tmp_path):
    other = BucketEvidenceStore(tmp_path / "other", msgspec.structs.replace(terms, prefix="elsewhere"))
    bucket_store.put(DATA)
    assert other.size(OBJECT.digest) is None
    assert list(other.digests()) == []


def test_a_server_that_does_not_answer_is_an_error_with_a_code_within_the_patience(terms, tmp_path):
    away = msgspec.structs.replace(terms, endpoint=f"http://127.0.0.1:{free_port()}", patience=timedelta(seconds=1))
    store = BucketEvidenceStore(tmp_path / "away", away)
    began = time.monotonic()
    for action in (lambda: store.put(DATA), lambda: store.size(OBJECT.digest), lambda: list(store.digests())):
        assert code_of(action) is ErrorCode.UNAVAILABLE
    assert time.monotonic() - began < 30


def test_a_bucket_that_is_not_there_takes_nothing(terms, tmp_path):
    store = BucketEvidenceStore(tmp_path / "none", msgspec.structs.replace(terms, bucket="nowhere"))
    assert code_of(lambda: store.put(DATA)) is ErrorCode.UNAVAILABLE


def test_a_locked_object_that_stays_is_said_and_not_counted_as_gone(bucket_store, monkeypatch):
    """As a bucket does that locks objects and lets a deletion pass without effect."""
    bucket_store.put(DATA)
    monkeypatch.setattr(type(bucket_store._bucket), "delete", lambda *_: None)
    assert code_of(lambda: bucket_store.delete([OBJECT.digest])) is ErrorCode.UNAVAILABLE


def test_the_secret_is_in_no_error(terms, tmp_path):
    store = BucketEvidenceStore(tmp_path / "away", msgspec.structs.replace(terms, endpoint="http://127.0.0.1:9"))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        store.put(DATA)
    assert "secret" not in str(caught.value)
    assert "account" not in str(caught.value)
