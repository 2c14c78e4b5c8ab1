"""The bucket over a wire that flips bits, ends connections and meets a busy server: nothing half, nothing wrong, is taken as stored."""

import hashlib
import itertools
import os

import msgspec
import pytest

from comity.acts.matters import StoredObject
from comity.adapters.objects.bucket import BucketEvidenceStore
from comity.vocabulary.errors import BrokenInputError, ErrorCode

SMALL = os.urandom(100_000)
LARGE = os.urandom((9 << 20) + 1)
ATTEMPTS = 9
"""The first and eight more."""


def stored_form(data: bytes) -> StoredObject:
    return StoredObject(hashlib.sha256(data).hexdigest(), len(data))


def code_of(action) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action()
    return caught.value.code


def put_whole(store, data):
    return store.put(data)


def put_in_pieces(store, data):
    writer = store.begin()
    try:
        writer.write(data)
        return writer.commit()
    finally:
        writer.abort()


def put_by_transfer(store, data):
    stored = stored_form(data)
    at = store.resume_at(stored)
    store.append(stored, at, data[at:]) if at < len(data) else None
    store.finish(stored)
    return stored


UPLOADS = [(SMALL, "PUT", "objects/"), (LARGE, "PUT", "partNumber=2"), (LARGE, "POST", "uploadId")]
"""What is sent, and the request that meets the fault."""


def name_of(value) -> str:
    """What a case is called: not by its megabytes."""
    return "-".join(map(name_of, value)) if isinstance(value, tuple) else value if isinstance(value, str) else "data"


WAYS = [put_whole, put_in_pieces, put_by_transfer]


@pytest.fixture
def store(wire, terms, tmp_path):
    """Over the faulty wire."""
    return BucketEvidenceStore(tmp_path / "far", msgspec.structs.replace(terms, endpoint=wire.address))


@pytest.fixture
def near(bucket_store):
    """The same bucket without the wire: what is really there."""
    return bucket_store


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("upload", UPLOADS[:2], ids=name_of)
def test_a_bit_flipped_on_its_way_up_is_never_taken_as_stored(store, near, wire, way, upload):
    data, _, has = upload
    wire.plan("flip-up", "PUT", has, times=1)
    assert code_of(lambda: way(store, data)) is ErrorCode.UNAVAILABLE
    assert wire.count("PUT", fault="flip-up") == 1
    assert list(near.digests()) == []
    assert way(store, data) == stored_form(data)
    assert near.read(stored_form(data)) == data


def test_every_byte_that_goes_up_goes_under_a_checksum(store, wire):
    store.put(SMALL)
    store.put(LARGE)
    put_in_pieces(store, LARGE[1:])
    bodies = [each for each in wire.asked if each.method == "PUT" and each.sent]
    assert sum(each.sent for each in bodies) == len(SMALL) + 2 * len(LARGE) - 1
    assert all(each.checksum for each in bodies)


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_a_bit_flipped_on_its_way_down_is_found_by_the_hash(store, wire, data):
    stored = store.put(data)
    wire.plan("flip-down", "GET", stored.digest, times=1)
    assert code_of(lambda: store.read(stored)) is ErrorCode.STORE_DAMAGED
    assert store.read(stored) == data


@pytest.mark.parametrize("case", [*itertools.product(["cut-up", "cut-down", "busy"], UPLOADS)], ids=name_of)
def test_an_upload_that_is_cut_is_tried_again_until_it_is_there(store, near, wire, case):
    fault, (data, method, has) = case
    wire.plan(fault, method, has, times=2)
    assert store.put(data) == stored_form(data)
    assert wire.count(method, has, fault) == 2
    assert near.read(stored_form(data)) == data


@pytest.mark.parametrize("upload", UPLOADS, ids=name_of)
def test_an_upload_that_is_cut_again_and_again_ends_and_shows_nothing(store, near, wire, upload):
    data, method, has = upload
    wire.plan("cut-up", method, has)
    assert code_of(lambda: store.put(data)) is ErrorCode.UNAVAILABLE
    assert 1 < wire.count(method, has) <= ATTEMPTS
    assert list(near.digests()) == []
    assert near.size(stored_form(data).digest) is None


def test_a_download_that_is_cut_goes_on(store, wire):
    stored = store.put(LARGE)
    wire.plan("cut-down", "GET", stored.digest, times=2)
    assert store.read(stored) == LARGE
    assert wire.count("GET", fault="cut-down") == 2


def test_a_download_that_is_cut_again_and_again_ends_and_gives_nothing(store, wire):
    stored = store.put(LARGE)
    wire.plan("cut-down", "GET", stored.digest)
    assert code_of(lambda: store.read(stored)) is ErrorCode.UNAVAILABLE
    assert 1 < wire.count("GET", fault="cut-down") <= ATTEMPTS


@pytest.mark.parametrize("page", ["list-type", "continuation-token"], ids=["first", "second"])
def test_a_listing_that_is_cut_is_whole_or_an_error(store, wire, page):
    stored = sorted(store.put(bytes([number])).digest for number in range(8))
    wire.plan("cut-down", "GET", page, times=2)
    assert sorted(store.digests()) == stored
    assert wire.count("GET", page, "cut-down") == 2
    wire.plan("cut-down", "GET", page)
    assert code_of(lambda: list(store.digests())) is ErrorCode.UNAVAILABLE
    assert wire.count("GET", page, "cut-down") <= 2 + ATTEMPTS
