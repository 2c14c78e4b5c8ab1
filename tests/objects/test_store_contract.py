"""What every evidence store must do; a second store is tested by subclassing `EvidenceStoreContract`."""

import hashlib
import os
import threading

import pytest

from comity.acts.matters import StoredObject
from comity.adapters.objects.local import LocalEvidenceStore
from comity.casework.ports.evidence import EvidenceStore
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def stored_form(data: bytes) -> StoredObject:
    return StoredObject(hashlib.sha256(data).hexdigest(), len(data))


DATA = os.urandom(100_000)
OBJECT = stored_form(DATA)


def code_of(action) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action()
    return caught.value.code


class EvidenceStoreContract:
    @pytest.fixture
    def store(self, tmp_path) -> EvidenceStore:
        raise NotImplementedError

    def damage(self, store, digest: str) -> None:
        """Change one bit of a stored object behind the store's back."""
        raise NotImplementedError

    def test_what_was_put_is_read_back_under_its_hash(self, store):
        assert store.put(DATA) == OBJECT
        assert store.read(OBJECT) == DATA
        assert store.size(OBJECT.digest) == len(DATA)
        assert list(store.digests()) == [OBJECT.digest]

    def test_putting_twice_has_one_effect(self, store):
        assert store.put(DATA) == store.put(memoryview(DATA), OBJECT.digest)
        assert list(store.digests()) == [OBJECT.digest]

    def test_an_object_in_pieces_is_visible_only_when_committed(self, store):
        writer = store.begin()
        writer.write(DATA[:10])
        writer.write(DATA[10:])
        assert list(store.digests()) == []
        assert writer.commit() == OBJECT
        writer.abort()
        assert store.read(OBJECT) == DATA

    def test_an_aborted_object_leaves_nothing(self, store):
        writer = store.begin()
        writer.write(DATA)
        writer.abort()
        writer.abort()
        assert list(store.digests()) == []
        assert store.sweep(lambda _: False) == 0

    def test_a_missing_object_is_an_error_with_a_code(self, store):
        assert store.size(OBJECT.digest) is None
        assert code_of(lambda: store.read(OBJECT)) is ErrorCode.NOT_FOUND
        assert code_of(lambda: store.open_range(OBJECT.digest)) is ErrorCode.NOT_FOUND

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a" * 65])
    def test_what_is_no_digest_is_never_a_name(self, store, name):
        assert code_of(lambda: store.open_range(name)) is ErrorCode.MALFORMED
        assert code_of(lambda: store.put(DATA, name)) is ErrorCode.MALFORMED

    def test_a_damaged_object_is_not_read(self, store):
        store.put(DATA)
        self.damage(store, OBJECT.digest)
        assert code_of(lambda: store.read(OBJECT)) is ErrorCode.STORE_DAMAGED

    def test_an_object_of_another_size_is_not_read(self, store):
        store.put(DATA)
        for size in (len(DATA) - 1, len(DATA) + 1):
            assert code_of(lambda size=size: store.read(StoredObject(OBJECT.digest, size))) is ErrorCode.STORE_DAMAGED

    def test_a_range_begins_where_it_is_asked_to(self, store):
        store.put(DATA)
        reader = store.open_range(OBJECT.digest, 99_990)
        assert reader.read(4) + reader.read(100) + reader.read(1) == DATA[99_990:]
        reader.close()
        reader.close()

    def test_deleted_objects_are_gone_and_the_others_stay(self, store):
        other = store.put(b"other")
        store.put(DATA)
        assert store.delete([OBJECT.digest, "0" * 64]) == 1
        assert list(store.digests()) == [other.digest]
        assert store.delete([OBJECT.digest]) == 0

    def test_many_threads_may_write_the_same_object(self, store):
        threads = [threading.Thread(target=store.put, args=(DATA,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.read(OBJECT) == DATA

    def test_a_sweep_removes_what_nothing_refers_to(self, store):
        kept = store.put(b"kept")
        store.put(DATA)
        store.append(stored_form(b"xyz"), 0, b"x")
        store.begin().write(b"abandoned")
        assert store.sweep(lambda digest: digest == kept.digest) == 3
        assert list(store.digests()) == [kept.digest]

    def test_a_sweep_keeps_a_transfer_that_is_expected(self, store):
        expected = stored_form(b"xyz")
        store.append(expected, 0, b"xy")
        store.sweep(lambda digest: digest == expected.digest)
        assert store.resume_at(expected) == 2

    def test_a_sweep_waits_for_no_writer_and_spoils_none(self, store):
        with store.writing(), store.writing():
            store.put(DATA)
            assert code_of(lambda: store.sweep(lambda _: False)) is ErrorCode.UNAVAILABLE
        assert store.sweep(lambda _: False) == 1

    def test_a_transfer_resumes_where_it_broke_off(self, store):
        assert store.resume_at(OBJECT) == 0
        store.append(OBJECT, 0, DATA[:70_000])
        assert store.resume_at(OBJECT) == 70_000
        assert list(store.digests()) == []
        store.append(OBJECT, 70_000, DATA[70_000:])
        store.finish(OBJECT)
        store.finish(OBJECT)
        assert store.resume_at(OBJECT) == len(DATA)
        assert store.read(OBJECT) == DATA
        assert store.sweep(lambda _: True) == 0

    @pytest.mark.parametrize("offset", [1, 9, 11])
    def test_a_transfer_with_a_gap_or_an_overlap_is_refused(self, store, offset):
        store.append(OBJECT, 0, DATA[:10])
        assert code_of(lambda: store.append(OBJECT, offset, DATA[offset:])) is ErrorCode.OUT_OF_ORDER
        assert store.resume_at(OBJECT) == 10

    def test_a_transfer_longer_than_announced_is_refused(self, store):
        assert code_of(lambda: store.append(OBJECT, 0, DATA + b"x")) is ErrorCode.OVERSIZED
        assert store.resume_at(OBJECT) == 0

    def test_a_transfer_of_another_content_is_dropped_and_can_start_again(self, store):
        store.append(OBJECT, 0, bytes(len(DATA)))
        assert code_of(lambda: store.finish(OBJECT)) is ErrorCode.ID_DIFFERS
        assert store.resume_at(OBJECT) == 0
        assert list(store.digests()) == []
        store.append(OBJECT, 0, DATA)
        store.finish(OBJECT)

    def test_a_transfer_that_stopped_short_is_not_finished(self, store):
        assert code_of(lambda: store.finish(OBJECT)) is ErrorCode.NOT_FOUND
        store.append(OBJECT, 0, DATA[:-1])
        assert code_of(lambda: store.finish(OBJECT)) is ErrorCode.ID_DIFFERS


class TestLocalEvidenceStore(EvidenceStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return LocalEvidenceStore(tmp_path / "store")

    def damage(self, store, digest):
        path = store._path(digest)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


class TestBucketEvidenceStore(EvidenceStoreContract):
    @pytest.fixture
    def store(self, bucket_store):
        return bucket_store

    def damage(self, store, digest):
        data = bytearray(store.open_range(digest).read(len(DATA)))
        data[len(data) // 2] ^= 1
        store._bucket.put(f"objects/{digest[:2]}/{digest}", bytes(data))
