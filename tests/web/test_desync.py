"""Requests hidden in the bodies of other requests: none is ever answered, and good connections go on as before."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.gate import Room
from comity.entrypoints.web.server import LanePlan

ROOM = Room(64, 64, 1 << 20, 4 << 20, narrower=((b"/exchange/", 10), (b"/witness/", 10)))
HIDDEN = b"GET /api/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
SIZE = b"Content-Length: %d\r\n" % len(HIDDEN)

PACE = Pace()

Start = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def started(serve: Callable[..., int]) -> Start:
    """Starts servers that write down every path they are asked for."""

    def start(tls: tuple[Path, Path] | None = None) -> tuple[int, list[str]]:
        asked: list[str] = []

        def application(environ: Any, start_response: Any) -> list[bytes]:
            asked.append(environ["PATH_INFO"])
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"nothing"
            status = "200 OK" if environ["PATH_INFO"].startswith("/api/") else "404 Not Found"
            start_response(status, [("Content-Length", str(len(body)))])
            return [body]

        return serve(application, ROOM, PACE, (LanePlan("desk", (), 3, 3, PACE),), tls), asked

    return start


def told(port: int, *portions: bytes, secure: ssl.SSLContext | None = None) -> bytes:
    """All that the server says on one connection until it ends it."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        client = plain if secure is None else secure.wrap_socket(plain)
        for portion in portions:
            client.sendall(portion)
            time.sleep(0.05)
        with contextlib.suppress(ssl.SSLEOFError):
            while portion := client.recv(1 << 16):
                said += portion
        client.close()
    return said


def request(headers: bytes, path: bytes = b"/api/x", version: bytes = b"1.1") -> bytes:
    return b"POST " + path + b" HTTP/" + version + b"\r\nHost: x\r\nConnection: keep-alive\r\n" + headers + b"\r\n"


def is_the_last(said: bytes, status: bytes) -> bool:
    head = said.partition(b"\r\n\r\n")[0]
    return (said.count(b"HTTP/1.1 "), head[9:12], b"\r\nConnection: close" in head) == (1, status, True)


UNREAD = {
    "over the limit": (request(b"Content-Length: 99999999\r\n"), HIDDEN, b"413"),
    "over the exchange's limit": (request(SIZE, b"/exchange/x"), HIDDEN, b"404"),
    "over the exchange's limit, after an empty line": (b"\r\n" + request(SIZE, b"/exchange/x"), HIDDEN, b"404"),
    "over the witness's limit": (request(SIZE, b"/%77itness/x"), HIDDEN, b"404"),
    "chunked": (request(b"Transfer-Encoding: chunked\r\n"), CHUNKED, b"413"),
    "chunked, on a narrow path": (request(b"transfer-encoding:chunked\r\n", b"/exchange/x"), CHUNKED, b"413"),
    "another encoding": (request(b"Transfer-Encoding: gzip, chunked\r\n"), CHUNKED, b"501"),
    "an empty encoding": (request(b"Transfer-Encoding:\r\n"), HIDDEN, b"413"),
    "an encoding and a length": (request(b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), CHUNKED, b"400"),
    "a length and an encoding": (request(SIZE + b"Transfer-Encoding: identity\r\n"), HIDDEN, b"400"),
    "two encodings": (request(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), CHUNKED, b"501"),
    "two lengths": (request(b"Content-Length: 0\r\n" + SIZE), HIDDEN, b"400"),
    "the same length twice": (request(SIZE + SIZE), HIDDEN, b"400"),
    "a negative length": (request(b"Content-Length: -1\r\n"), HIDDEN, b"400"),
    "a length in words": (request(b"Content-Length: none\r\n"), HIDDEN, b"400"),
    "a space before the colon": (request(SIZE.replace(b":", b" :")), HIDDEN, b"400"),
    "a tab in the name": (request(SIZE.replace(b":", b"\x0b:")), HIDDEN, b"400"),
    "a return too many": (request(SIZE.replace(b"\r", b"\r\r")), HIDDEN, b"400"),
    "a bare line feed": (request(b"X: y\n" + SIZE), HIDDEN, b"400"),
    "a nameless header": (request(b"Content-Length\r\n"), HIDDEN, b"400"),
    "a folded encoding": (request(b"Transfer-Encoding:\r\n chunked\r\n"), CHUNKED, b"400"),
}


@pytest.mark.parametrize("pieces", [1, 2], ids=["at once", "after the head"])
@pytest.mark.parametrize("case", UNREAD)
def test_a_request_in_a_body_that_is_not_read_reaches_nobody(started, case, pieces):
    port, asked = started()
    head, body, status = UNREAD[case]
    said = told(port, head + body) if pieces == 1 else told(port, head, body)
    assert is_the_last(said, status), said
    assert "/api/hidden" not in asked


@pytest.mark.parametrize("case", ["over the exchange's limit", "chunked", "two lengths"])
def test_the_same_holds_after_a_good_request_on_the_same_connection(started, case):
    port, asked = started()
    head, body, status = UNREAD[case]
    good, rest = told(port, b"GET /api/first HTTP/1.1\r\nHost: x\r\n\r\n" + head + body).split(b"nothing", 1)
    assert good.startswith(b"HTTP/1.1 200 OK")
    assert is_the_last(rest, status)
    assert [asked[0], "/api/hidden" in asked] == ["/api/first", False]


def test_the_same_holds_over_tls(started, certificate, trusting):
    port, asked = started(certificate)
    assert is_the_last(told(port, request(SIZE, b"/exchange/x") + HIDDEN, secure=trusting), b"404")
    assert asked == ["/exchange/x"]


def test_in_http_1_0_too_even_when_the_connection_is_to_be_kept(started):
    port, asked = started()
    head = request(SIZE, b"/exchange/x", b"1.0").replace(b"keep-alive", b"Keep-Alive")
    said = told(port, head + HIDDEN)
    assert [said.count(b"HTTP/1."), b"Keep-Alive" in said, asked] == [1, False, ["/exchange/x"]]


def test_a_client_that_sends_all_of_a_body_nobody_reads_still_reads_its_answer(started):
    port, _ = started()
    portions = [b"y" * (512 << 10)] * 6
    assert is_the_last(told(port, request(b"Content-Length: 3145728\r\n"), *portions), b"413")


def test_a_client_that_never_ends_a_body_nobody_reads_is_cut_off_soon(started):
    port, _ = started()
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(request(b"Transfer-Encoding: chunked\r\n"))
        cut_off = False
        while not cut_off:
            assert time.monotonic() - began < PACE.whole / 2
            try:
                client.sendall(b"y")
            except (ConnectionResetError, BrokenPipeError):
                cut_off = True
            time.sleep(0.1)
    assert time.monotonic() - began > 1


def test_good_requests_in_one_piece_are_answered_in_order(started):
    port, asked = started()
    hides = request(SIZE, b"/api/one") + HIDDEN
    said = told(port, hides + b"GET /api/two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [said.count(b"HTTP/1.1 200 OK"), HIDDEN in said, asked] == [2, True, ["/api/one", "/api/two"]]


@pytest.mark.parametrize(("kept", "answers"), [(b"", 1), (b"Connection: Keep-Alive\r\n", 2)])
def test_http_1_0_is_answered_and_kept_only_when_asked(started, kept, answers):
    port, _ = started()
    end = b"GET /api/two HTTP/1.0\r\n\r\n"
    said = told(port, b"POST /api/one HTTP/1.0\r\n" + kept + b"Content-Length: 2\r\n\r\nok" + end)
    assert said.count(b" 200 OK") == answers
