"""Objects locked by the bucket itself: nobody deletes them before their time, and what is said to be gone is gone."""

import hashlib
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import urllib3

from comity.acts.matters import StoredObject
from comity.adapters.objects.bucket import BucketEvidenceStore
from comity.adapters.objects.bucket_requests import BucketRequests, object_key
from comity.vocabulary.errors import BrokenInputError, ErrorCode

DATA = os.urandom(1000)
LARGE = os.urandom((8 << 20) + 1)
OBJECT = StoredObject(hashlib.sha256(DATA).hexdigest(), len(DATA))
KEY = object_key(OBJECT.digest)
LONG = timedelta(days=30)
SHORT = timedelta(seconds=2)


def code_of(action) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action()
    return caught.value.code


@pytest.fixture
def locking(terms, bucket_server):
    """The terms of a bucket with object lock."""
    place = f"{bucket_server}/{terms.bucket}-locked"
    assert urllib3.request("PUT", place, headers={"x-amz-bucket-object-lock-enabled": "true"}).status == 200
    return msgspec.structs.replace(terms, bucket=f"{terms.bucket}-locked", lock=LONG)


@pytest.fixture
def make(locking, tmp_path):
    """A store over that bucket."""
    return lambda **changes: BucketEvidenceStore(tmp_path / "staging", msgspec.structs.replace(locking, **changes))


@pytest.fixture
def said(locking, bucket_server):
    """What the server itself says or does, asked without our code by whoever owns the bucket."""
    owner = {"Authorization": "AWS4-HMAC-SHA256 Credential=owner/20261122/us-east-1/s3/aws4_request"}

    def ask(method: str, what: str = "", key: str = KEY, body: bytes = b""):
        place = f"{bucket_server}/{locking.bucket}/{locking.prefix}/{key}{what}"
        return urllib3.request(method, place, body=body or None, headers=owner, retries=False)

    return ask


def wait_for_end(until: Callable[[], datetime | None]) -> None:
    """Until the lock is over by the word of whoever is asked."""
    deadline = time.monotonic() + 120
    while (end := until()) is not None and end > datetime.now(UTC):
        assert time.monotonic() < deadline, f"locked until {end}"
        time.sleep(0.05)


def by_put(store, data):
    store.put(data)


def by_writer(store, data):
    writer = store.begin()
    writer.write(data)
    writer.commit()


def by_transfer(store, data):
    stored = StoredObject(hashlib.sha256(data).hexdigest(), len(data))
    store.append(stored, 0, data)
    store.finish(stored)


@pytest.mark.parametrize("way", [by_put, by_writer, by_transfer])
@pytest.mark.parametrize("data", [DATA, LARGE], ids=["small", "large"])
def test_what_is_stored_is_locked_when_anyone_is_told(make, said, way, data):
    before = datetime.now(UTC).replace(microsecond=0)
    way(make(), data)
    answer = said("HEAD", key=object_key(hashlib.sha256(data).hexdigest()))
    assert answer.headers["x-amz-object-lock-mode"] == "COMPLIANCE"
    until = datetime.fromisoformat(answer.headers["x-amz-object-lock-retain-until-date"])
    assert before + LONG <= until <= datetime.now(UTC) + LONG


def test_a_bucket_that_offers_no_lock_takes_nothing_that_is_to_be_locked(terms, make, tmp_path):
    plain = BucketEvidenceStore(tmp_path / "plain", msgspec.structs.replace(terms, lock=LONG))
    assert code_of(lambda: plain.put(DATA)) is ErrorCode.UNAVAILABLE
    assert not plain.lock.offered()
    assert make().lock.offered()
    assert make(lock=timedelta()).lock is None


def test_an_object_whose_lock_was_not_set_is_not_said_to_be_stored(make, wire):
    wire.plan("busy", "PUT", "retention")
    assert code_of(lambda: make(endpoint=wire.address).put(DATA)) is ErrorCode.UNAVAILABLE


def test_an_object_that_arrived_and_was_not_locked_is_locked_when_its_transfer_is_finished_again(make, wire):
    store = make(endpoint=wire.address)
    wire.plan("refused", "PUT", "retention", times=1)
    assert code_of(lambda: by_transfer(store, DATA)) is ErrorCode.UNAVAILABLE
    assert store.lock.until(OBJECT.digest) is None
    store.finish(OBJECT)
    assert store.lock.until(OBJECT.digest) is not None


def test_whether_locks_are_offered_is_not_guessed_where_the_account_may_not_ask(make, wire):
    wire.plan("refused", "GET", "object-lock")
    assert code_of(make(endpoint=wire.address).lock.offered) is ErrorCode.UNAVAILABLE


def test_nobody_deletes_a_locked_object_and_no_deletion_is_claimed(make, said, locking):
    store = make()
    store.put(DATA)
    (version,) = BucketRequests(locking).versions(KEY)
    assert b"AccessDenied" in said("DELETE", f"?versionId={version}").data
    assert b"AccessDenied" not in said("DELETE", "?versionId=another").data
    assert not BucketRequests(locking).delete(KEY, version)
    assert store.delete([OBJECT.digest]) == 0
    assert store.sweep(lambda _: False) == 0
    assert store.read(OBJECT) == DATA
    assert list(store.digests()) == [OBJECT.digest]


def test_a_mark_of_deletion_that_others_set_hides_a_locked_object_only_until_it_is_removed(make, said):
    store = make()
    store.put(DATA)
    assert said("DELETE").status == 204
    assert store.size(OBJECT.digest) is None
    assert store.delete([OBJECT.digest]) == 0
    assert store.read(OBJECT) == DATA


def test_when_the_lock_is_over_an_object_goes_without_a_trace(make, locking):
    store = make(lock=SHORT)
    store.put(DATA)
    store.put(DATA)
    assert len(BucketRequests(locking).versions(KEY)) == 2
    wait_for_end(lambda: store.lock.until(OBJECT.digest))
    assert store.sweep(lambda _: False) == 1
    assert BucketRequests(locking).versions(KEY) == []
    assert store.delete([OBJECT.digest]) == 0


def test_an_object_of_which_an_older_version_is_locked_is_not_gone(make):
    store = make()
    store.put(DATA)
    make(lock=SHORT).put(DATA)
    wait_for_end(lambda: store.lock.until(OBJECT.digest))
    assert store.delete([OBJECT.digest]) == 0
    assert store.read(OBJECT) == DATA
    assert store.lock.until(OBJECT.digest) is not None


def test_a_legal_hold_that_others_set_in_the_bucket_outlasts_the_lock(make, said):
    store = make(lock=SHORT)
    store.put(DATA)
    assert said("PUT", "?legal-hold", body=b"<LegalHold><Status>ON</Status></LegalHold>").status == 200
    wait_for_end(lambda: datetime.fromisoformat(said("HEAD").headers["x-amz-object-lock-retain-until-date"]))
    assert store.delete([OBJECT.digest]) == 0
    assert said("PUT", "?legal-hold", body=b"<LegalHold><Status>OFF</Status></LegalHold>").status == 200
    assert store.delete([OBJECT.digest]) == 1


def test_a_deletion_that_is_refused_without_a_lock_is_an_error(make, wire):
    store = make(lock=SHORT, endpoint=wire.address)
    store.put(DATA)
    wait_for_end(lambda: store.lock.until(OBJECT.digest))
    wire.plan("refused", "DELETE", "versionId")
    assert code_of(lambda: store.delete([OBJECT.digest])) is ErrorCode.UNAVAILABLE


def test_a_lock_is_renewed_when_less_than_half_is_left_and_not_before(make, locking, wire):
    store = make(endpoint=wire.address)
    store.put(DATA)
    first = store.lock.until(OBJECT.digest)
    store.lock.renew(OBJECT.digest)
    assert wire.count("PUT", "retention") == 1
    BucketRequests(locking).lock(KEY, datetime.now(UTC) + LONG / 3)
    store.lock.renew(OBJECT.digest)
    assert wire.count("PUT", "retention") == 2
    assert store.lock.until(OBJECT.digest) >= first
