"""However an inflated run is read, each byte of it is charged once, and before much more is inflated."""

import gzip
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.objects.inflation import Inflation

CONTENT = bytes(range(256)) * 40
PACKED = gzip.compress(CONTENT, mtime=0)


def unpack() -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=io.BytesIO(PACKED))


@given(st.lists(st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 12_000)))))
def test_what_was_reached_is_charged_once_in_whatever_order_it_is_read(readings):
    charged: list[int] = []
    inflation = Inflation(unpack, charged.append)
    reached = 0
    for reading in readings:
        stream = inflation.stream()
        for at, size in reading:
            assert stream.seek(at) == min(at, len(CONTENT))
            assert stream.read(size) == CONTENT[at : at + size]
            reached = max(reached, min(at + size, len(CONTENT)))
    assert sum(charged) == reached


def test_a_step_from_here_is_one_from_the_start():
    stream = Inflation(unpack, lambda _: None).stream()
    stream.seek(100)
    stream.seek(50, os.SEEK_CUR)
    assert (stream.tell(), stream.read(3)) == (150, CONTENT[150:153])


def test_what_may_not_be_spent_is_not_inflated():
    class SpentError(Exception):
        pass

    inflated = 0

    class Endless(io.BytesIO):
        def read(self, size=-1):
            nonlocal inflated
            inflated += size
            return bytes(size)

    def spend(size):
        raise SpentError(size)

    with pytest.raises(SpentError):
        Inflation(Endless, spend).stream().seek(1 << 40)
    assert inflated <= 1 << 20
