import hashlib
import os
import random
import signal
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


def pipeline(shelf: Shelf, processes: int, lanes: int = 3) -> ChunkPipeline:
    terms = PipelineTerms(chunk=LEAST_CHUNK, lanes=lanes, processes=processes)
    return ChunkPipeline(shelf, CIPHER, CIPHER.recipient_of(IDENTITY), terms)


def fill(lanes: ChunkPipeline, content: bytes) -> None:
    lanes.buffer()[: len(content)] = content
    lanes.submit(len(content))


def children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_chunks_come_out_in_order_and_open_to_what_went_in(processes):
    shelf = Shelf()
    contents = [os.urandom(random.randrange(1, LEAST_CHUNK)) for _ in range(20)]
    with pipeline(shelf, processes) as lanes:
        for content in contents[:13]:
            fill(lanes, content)
        chunks = lanes.drain()
        for content in contents[13:]:
            fill(lanes, content)
        chunks += lanes.drain()
    assert [CIPHER.decrypt(shelf.objects[chunk.digest.hex()], IDENTITY) for chunk in chunks] == contents
    assert [chunk.plain for chunk in chunks] == [len(content) for content in contents]
    assert [chunk.size for chunk in chunks] == [len(shelf.objects[chunk.digest.hex()]) for chunk in chunks]


@pytest.mark.parametrize("processes", [0, 2])
def test_the_first_error_of_a_lane_reaches_whoever_fills(processes):
    shelf = Shelf()
    with pipeline(shelf, processes) as lanes, pytest.raises(BrokenInputError) as caught:  # noqa: PT012
        fill(lanes, b"good")
        lanes.drain()
        shelf.fails = True
        for _ in range(100):
            fill(lanes, b"lost")
    assert caught.value.code is ErrorCode.STORE_FULL
    assert len(shelf.objects) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc")
def test_a_process_that_dies_is_an_error_and_not_a_gap():
    others = set(children())
    with pipeline(Shelf(), 1) as lanes, pytest.raises(BrokenInputError) as caught:  # noqa: PT012
        for _ in range(4):
            fill(lanes, b"x")
        lanes.drain()
        for pid in set(children()) - others:
            os.kill(pid, signal.SIGKILL)
        for _ in range(4):
            fill(lanes, b"y")
        lanes.drain()
    assert caught.value.code is ErrorCode.UNAVAILABLE


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc")
def test_closing_ends_every_thread_process_and_descriptor():
    others = set(children())
    threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    lanes = pipeline(Shelf(), 2)
    for _ in range(10):
        fill(lanes, b"x")
    lanes.close()
    assert threading.active_count() == threads
    assert set(children()) <= others
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_the_recipient_is_not_among_the_arguments_of_a_process():
    """Every user of the machine can read those."""
    others = set(children())
    with pipeline(Shelf(), 1) as lanes:
        for _ in range(4):
            fill(lanes, b"x")
        lanes.drain()
        arguments = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in set(children()) - others)
    assert b"cipher_worker" in arguments
    assert CIPHER.recipient_of(IDENTITY).encode() not in arguments


def test_a_chunk_that_cannot_hold_a_head_is_refused():
    with pytest.raises(ValueError, match="at least"):
        PipelineTerms(chunk=LEAST_CHUNK - 1)
