"""A body read while it comes: whole only when the client says so, in no memory of its own, and never for longer than the pace."""

import random
import socket
import threading
import tracemalloc

import pytest

from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.streamed import StreamedBody

CONTENT = random.Random(7).randbytes(3_000)
FRAMED = b"".join(
    b"%x;a=b\r\n%b\r\n" % (len(CONTENT[at : at + 700]), CONTENT[at : at + 700]) for at in range(0, len(CONTENT), 700)
)
WHOLE = FRAMED + b"0\r\nX-Trailer: 1\r\n\r\n"


@pytest.fixture
def ends():
    pair = socket.socketpair()
    yield pair
    for each in pair:
        each.close()


def read(body: StreamedBody) -> bytes:
    found, room = b"", memoryview(bytearray(511))
    while size := body.readinto(room):
        found += room[:size]
    assert size == 0
    assert body.readinto(room) == 0
    return found


def sent(ends, data: bytes, begun: int = 0, length: int | None = None, pace: Pace = Pace()) -> StreamedBody:  # noqa: B008 - frozen
    """The body of a client that sends this, closes, and of which so much came with the head."""
    ends[1].sendall(data[begun:])
    ends[1].shutdown(socket.SHUT_WR)
    return StreamedBody(ends[0], data[:begun], length, pace)


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 37))
def test_chunks_cut_off_anywhere_are_never_whole(ends, cut):
    with pytest.raises(ConnectionError):
        read(sent(ends, WHOLE[:cut], begun=min(cut, 50)))


@pytest.mark.parametrize("cut", [*range(len(FRAMED), len(WHOLE)), len(FRAMED) - 1])
def test_not_even_the_last_chunk_is_the_end_before_its_last_byte(ends, cut):
    with pytest.raises(ConnectionError):
        read(sent(ends, WHOLE[:cut]))


@pytest.mark.parametrize("cut", [0, 1, 1500, len(CONTENT) - 1])
def test_fewer_bytes_than_stated_are_never_whole(ends, cut):
    with pytest.raises(ConnectionError):
        read(sent(ends, CONTENT[:cut], length=len(CONTENT)))


@pytest.mark.parametrize("begun", [0, 1, 5, 700, 711, 712, 713, len(WHOLE)])
def test_however_much_came_with_the_head_the_content_is_the_same(ends, begun):
    assert read(sent(ends, WHOLE, begun)) == CONTENT


def test_one_byte_at_a_time_is_the_same_content(ends):
    def trickle():
        for each in WHOLE:
            ends[1].sendall(bytes([each]))

    sending = threading.Thread(target=trickle)
    sending.start()
    body, found, room = StreamedBody(ends[0], b"", None, Pace()), b"", memoryview(bytearray(64))
    for size in iter(lambda: body.readinto(room), 0):
        found += room[: size or 0]
    sending.join()
    assert found == CONTENT


def test_what_is_stated_ends_there_and_not_behind(ends):
    assert read(sent(ends, CONTENT + b"more", begun=10, length=len(CONTENT))) == CONTENT
    assert read(StreamedBody(ends[0], b"never read", 0, Pace())) == b""


BROKEN = [
    b"zz\r\n",
    b"-1\r\n",
    b"0x5\r\n",
    b"\r\n",
    b" 5\r\nhello\r\n",
    b"5\r\nhelloX\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"1" * 16 + b"\r\n",
    b"5\x00\r\n",
    b"5\nhello",
    b"5" + b";" * 2000 + b"\r\nhello\r\n",
    b"9" * 100_000,
    b"0\r\n" + b"X: y\r\n" * 40 + b"\r\n",
    b"0\r\n" + b"X" * 100_000,
]


@pytest.mark.parametrize("data", BROKEN)
def test_framing_that_is_none_is_refused(ends, data):
    with pytest.raises(ConnectionError):
        read(sent(ends, data))


def test_a_chunk_of_a_terabyte_takes_no_memory(ends):
    ends[1].sendall(b"ffffffffff\r\n" + bytes(10_000))
    body, room = StreamedBody(ends[0], b"", None, Pace()), memoryview(bytearray(4096))
    tracemalloc.start()
    came = 0
    while came < 10_000:
        came += body.readinto(room) or 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_client_below_the_pace_is_not_waited_for(ends):
    body = StreamedBody(ends[0], b"5\r\nhel", None, Pace(rate=1000, grace=0.2))
    room = memoryview(bytearray(64))
    assert body.readinto(room) == 3
    with pytest.raises(TimeoutError, match="less than 1000 bytes a second"):
        next(size for size in iter(lambda: body.readinto(room), 0) if size)


def test_nothing_for_a_while_is_no_end(ends):
    body = StreamedBody(ends[0], b"5\r\n", None, Pace(grace=0.01, rate=1))
    room = memoryview(bytearray(64))
    ends[1].sendall(b"hello\r\n0\r\n\r\n")
    assert body.readinto(room) == 5
    assert body.readinto(room) == 0
