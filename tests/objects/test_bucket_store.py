"""The store in a bucket, against a real server of the S3 protocol in a process of its own."""

import hashlib
import os
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
import urllib3

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
    assert code_of(lambda: store.put(DATA)) in (ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE)


class Stumbling(BaseHTTPRequestHandler):
    """Passes requests on to the real server, but refuses every other one as a busy server does."""

    behind = ""
    asked = 0

    def _pass_on(self) -> None:
        type(self).asked += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.asked % 2:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
            return
        names = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        answer = urllib3.request(self.command, self.behind + self.path, body=body or None, headers=names, retries=False)
        self._answer(answer.status, answer.data, answer.headers)

    do_GET = do_PUT = do_POST = _pass_on  # noqa: N815 - the names the server calls

    def _answer(self, status: int, body: bytes, headers=None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_busy_server_is_asked_again(bucket_server, terms, tmp_path):
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), type("Busy", (Stumbling,), {"behind": bucket_server}))
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        busy = msgspec.structs.replace(terms, endpoint=f"http://127.0.0.1:{proxy.server_port}")
        store = BucketEvidenceStore(tmp_path / "busy", busy)
        data = os.urandom((18 << 20) + 1)
        stored = store.put(data)
        assert BucketEvidenceStore(tmp_path / "calm", terms).read(stored) == data
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


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
