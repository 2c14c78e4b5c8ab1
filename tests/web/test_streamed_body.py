"""A body read while it comes: whole only when the client says so, in no memory of its own, and never for longer than the pace."""

import contextlib
import hashlib
import http.client
import random
import socket
import threading
import tracemalloc

import pytest

from comity.entrypoints.streams import BODY
from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.gate import Room
from comity.entrypoints.web.server import LanePlan
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


# Behind the gate ----------------------------------------------------------------------------------------------------------

HEAD = b"POST /api/streams/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
HIDDEN = b"GET /api/hidden HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(params=["plain", "tls"])
def talk(serve, request):
    """Sends portions on one connection, says that no more comes, and gives all answers; and the paths that were asked for."""
    asked = []

    def application(environ, start_response):
        asked.append(environ["PATH_INFO"])
        try:
            said = str(hashlib.sha256(read(environ[BODY])).hexdigest()).encode()
        except OSError as error:
            said = type(error).__name__.encode()
        start_response("200 OK", [("Content-Length", str(len(said)))])
        return [said]

    is_secure = request.param == "tls"
    tls = request.getfixturevalue("certificate") if is_secure else None
    room = Room(8, 8, 1 << 16, 1 << 18, narrower=((b"/api/streams/", 0),))
    port = serve(application, room, Pace(), (LanePlan("streams", (), 2, 2, Pace()),), tls)

    def told(*portions: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            client = request.getfixturevalue("trusting").wrap_socket(plain) if is_secure else plain
            for portion in portions:
                client.sendall(portion)
            if not is_secure:
                client.shutdown(socket.SHUT_WR)
            answers = http.client.HTTPResponse(client)
            answers.begin()
            said = answers.read()
            with contextlib.suppress(OSError):
                assert client.recv(1) == b""
            client.close()
        return said

    return told, asked


@pytest.mark.parametrize("portion", [1, 100, 10_000])
def test_a_body_beyond_every_limit_is_read_while_it_comes_and_nothing_behind_it_is_a_request(talk, portion):
    told, asked = talk
    content = random.Random(1).randbytes(300 * portion)
    chunks = [b"%x\r\n%b\r\n" % (portion, content[at : at + portion]) for at in range(0, len(content), portion)]
    assert told(HEAD, *chunks, b"0\r\n\r\n" + HIDDEN * 2).decode() == hashlib.sha256(content).hexdigest()
    assert asked == ["/api/streams/x"]


def test_what_is_no_chunk_is_an_error_behind_the_gate_too(talk):
    told, asked = talk
    assert told(HEAD + b"5\r\nhello", b"XX" + HIDDEN) == b"ConnectionError"
    assert asked == ["/api/streams/x"]


def test_a_request_without_a_body_is_an_empty_stream(talk):
    told, _ = talk
    head = HEAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: 0\r\nConnection: close")
    assert told(head).decode() == hashlib.sha256(b"").hexdigest()
