import hashlib
import os
import random
import sys
import threading
import time
from pathlib import Path

import pytest

from comity.acts.matters import StoredObject
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK, ChunkPipeline, PipelineTerms
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CIPHER = AgeCipher()
IDENTITY = CIPHER.new_identity()


class Shelf:
    """The part of a store that a pipeline uses, slow by chance."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.fails = False

    def put(self, data, digest=None):
        time.sleep(random.random() * 0.01)
        if self.fails:
            raise BrokenInputError(ErrorCode.STORE_FULL, "the evidence store is full")
        content = bytes(data)
        assert digest == hashlib.sha256(content).hexdigest()
        self.objects[digest] = content
        return StoredObject(digest, len(content))


def pipeline(shelf: Shelf, lanes: int = 3) -> ChunkPipeline:
    terms = PipelineTerms(chunk=LEAST_CHUNK, lanes=lanes)
    return ChunkPipeline(shelf, CIPHER, CIPHER.recipient_of(IDENTITY), terms)


def fill(lanes: ChunkPipeline, content: bytes) -> None:
    lanes.buffer()[: len(content)] = content
    lanes.submit(len(content))


def test_chunks_come_out_in_order_and_open_to_what_went_in():
    shelf = Shelf()
    contents = [os.urandom(random.randrange(1, LEAST_CHUNK)) for _ in range(20)]
    with pipeline(shelf) as lanes:
        for content in contents[:13]:
            fill(lanes, content)
        chunks = lanes.drain()
        for content in contents[13:]:
            fill(lanes, content)
        chunks += lanes.drain()
    assert [CIPHER.decrypt(shelf.objects[chunk.digest.hex()], IDENTITY) for chunk in chunks] == contents
    assert [chunk.plain for chunk in chunks] == [len(content) for content in contents]
    assert [chunk.size for chunk in chunks] == [len(shelf.objects[chunk.digest.hex()]) for chunk in chunks]


def test_the_first_error_of_a_lane_reaches_whoever_fills():
    shelf = Shelf()
    with pipeline(shelf) as lanes, pytest.raises(BrokenInputError) as caught:  # noqa: PT012
        fill(lanes, b"good")
        lanes.drain()
        shelf.fails = True
        for _ in range(100):
            fill(lanes, b"lost")
    assert caught.value.code is ErrorCode.STORE_FULL
    assert len(shelf.objects) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted by /proc")
def test_closing_ends_every_thread_and_descriptor():
    threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    lanes = pipeline(Shelf())
    for _ in range(10):
        fill(lanes, b"x")
    lanes.close()
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_a_chunk_that_cannot_hold_a_head_is_refused():
    with pytest.raises(ValueError, match="at least"):
        PipelineTerms(chunk=LEAST_CHUNK - 1)
