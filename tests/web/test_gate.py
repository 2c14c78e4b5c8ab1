"""Slow, silent, crowding and ambiguous clients against the web server: none of them holds a thread that others need."""

import contextlib
import http.client
import logging
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.gate import Room, neighbourhood
from comity.entrypoints.web.server import LanePlan

QUICK = Pace(head=1.0, whole=2.0, idle=1.0, grace=0.5, rate=1000)
PATIENT = Pace()
AT_ONCE = PATIENT.head / 2
"""Seconds for an answer; whoever has to wait until a slow client is sent away waits for twice as long."""

ENOUGH = 60.0
"""Seconds that nothing takes, on however busy a machine."""

ROOM = Room(connections=512, per_address=128, body=1 << 20, waiting=4 << 20)
PATHS = (b"/api/cases", b"/exchange/envelopes")


class Waiting:
    """Requests that are let go together; each says that a thread is at it."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def wait(self) -> None:
        self.begun.release()
        self.go.wait(ENOUGH)


WAITING = Waiting()


def application(environ: Any, start_response: Any) -> list[bytes]:
    """Says what it was asked, waits when told to, and gives a large answer when told to."""
    path, body = environ["PATH_INFO"], environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if path.endswith("/wait"):
        WAITING.wait()
    if path.endswith("/broken"):
        raise RuntimeError("the name of a suspect")
    answer = b"x" * (64 << 20) if path.endswith("/large") else body or threading.current_thread().name.encode()
    start_response("200 OK", [("Content-Length", str(len(answer))), ("Content-Type", "text/plain")])
    return [answer]


Start = Callable[..., int]


@pytest.fixture
def started(serve: Callable[..., int]) -> Start:
    """Starts servers with a lane for objects, one for other peers and one for officers."""

    def start(pace: Pace = PATIENT, room: Room = ROOM, tls: tuple[Path, Path] | None = None) -> int:
        lanes = (
            LanePlan("transfer", (b"/exchange/objects/",), 2, 1, pace),
            LanePlan("exchange", (b"/exchange/",), 3, 2, pace),
            LanePlan("desk", (), 3, 3, pace),
        )
        return serve(application, room, pace, lanes, tls)

    return start


def connected(port: int, whence: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=ENOUGH, source_address=(whence, 0))


def ask(port: int, path: str = "/api/x", body: bytes | None = None, whence: str = "127.0.0.1") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ENOUGH, source_address=(whence, 0))
    with contextlib.closing(connection):
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def ended(connection: socket.socket) -> bytes:
    """What the server said before it closed the connection."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while portion := connection.recv(1 << 16):
            said += portion
    return said


def left_of(clients: list[socket.socket]) -> int:
    """How many of them the server has not closed; those it said nothing to."""
    left = 0
    for client in clients:
        client.settimeout(0)
        try:
            left += client.recv(1) != b""
        except BlockingIOError:
            left += 1
        except ConnectionResetError:
            pass
    return left


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def dripping(port: int, count: int, whence: str) -> Iterator[list[socket.socket]]:
    """Clients that send a byte now and then: half of them of their headers, half of their bodies, on both paths."""
    clients = [connected(port, whence) for _ in range(count)]
    stop = threading.Event()
    for number, client in enumerate(clients):
        path = PATHS[number % 2]
        head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n"
        client.sendall(head + (b"Content-Length: 900000\r\n\r\n" if number % 4 < 2 else b"X-Slow: "))

    def drip() -> None:
        while not stop.wait(0.2):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield clients
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()


@pytest.mark.parametrize("whence", ["127.0.0.1", "127.0.0.2"], ids=["from the same address", "from another"])
@pytest.mark.parametrize("room", [ROOM, Room(48, 32, 1 << 20, 4 << 20)], ids=["with room", "crowded"])
def test_64_slow_clients_on_both_paths_do_not_hold_up_a_request(started, room, whence, capsys):
    port = started(PATIENT, room)
    took = []
    with dripping(port, 64, whence):
        time.sleep(0.5)
        for number in range(20):
            began = time.monotonic()
            assert ask(port, PATHS[number % 2].decode(), b"hello") == (200, b"hello")
            took.append(time.monotonic() - began)
    with capsys.disabled():
        sys.stdout.write(f"  longest {max(took) * 1000:.0f} ms, median {statistics.median(took) * 1000:.1f} ms")
    assert max(took) < AT_ONCE


def test_a_client_that_is_late_is_told_so_and_loses_its_connection(started):
    port = started(QUICK)
    with dripping(port, 8, "127.0.0.2") as clients:
        for client in clients:
            said = ended(client)
            assert said.startswith(b"HTTP/1.1 408 ")
            assert msgspec.json.decode(said.partition(b"\r\n\r\n")[2])["code"] == "unavailable"


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_connection_that_says_nothing_is_closed(started, certificate, secure):
    with connected(started(QUICK, tls=certificate if secure else None)) as silent:
        assert ended(silent) == b""


def test_a_body_above_the_least_rate_is_waited_for(started):
    port = started(Pace(grace=0.3, rate=100))
    with connected(port) as client:
        client.sendall(b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n")
        for _ in range(10):
            client.sendall(b"y" * 500)
            time.sleep(0.2)
        assert ended(client).endswith(b"y" * 5000)


def test_a_request_in_pieces_and_two_in_one_piece_are_answered_in_order(started):
    port = started()
    with connected(port) as client:
        for portion in (
            b"\r",
            b"\nPOST /api/x HTT",
            b"P/1.1\r\nHost: x\r\nContent-Le",
            b"ngth: 3\r\n\r",
            b"\na",
            b"bc",
        ):
            client.sendall(portion)
            time.sleep(0.05)
        two = b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirstPOST /api/x HTTP/1.1\r\nHost: x\r\n"
        client.sendall(two + b"Content-Length: 6\r\nConnection: close\r\n\r\nsecond")
        said = ended(client)
    assert [said.count(b"HTTP/1.1 200 OK"), said.find(b"abc") < said.find(b"first") < said.find(b"second")] == [3, True]


def test_a_client_that_waits_for_a_word_before_its_body_gets_one(started):
    with connected(started()) as client:
        client.sendall(b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue")
        client.sendall(b"ok")
        said = b""
        while not said.endswith(b"ok"):
            portion = client.recv(1000)
            assert portion, said
            said += portion


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 3\r\ncontent-length : 4\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: 3\r\n 0\r\n",
        b"Content-Length: \r\n",
        b"Content-Length: 3, 3\r\n",
    ],
)
def test_a_request_of_which_nobody_can_tell_where_it_ends_is_refused(started, head):
    with connected(started()) as client:
        client.sendall(b"POST /api/x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\nabc")
        said = ended(client)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b'"malformed"' in said


def test_a_request_that_breaks_off_is_answered_and_reaches_no_application(started):
    with connected(started()) as client:
        client.sendall(b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
        client.shutdown(socket.SHUT_WR)
        said = ended(client)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"broke off" in said


def test_a_head_without_end_is_refused_as_too_long(started):
    with connected(started(PATIENT)) as client:
        with contextlib.suppress(OSError):
            client.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000)
        assert ended(client).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("head", [b"Content-Length: 99999999\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_too_large_or_of_unknown_length_is_answered_before_it_comes(started, head):
    with connected(started(PATIENT)) as client:
        client.sendall(b"POST /api/x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
        said = ended(client)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b'"oversized"' in said


def test_a_path_with_less_room_answers_before_a_larger_body_comes(started):
    room = Room(64, 64, 1 << 20, 4 << 20, narrower=((b"/exchange/", 100),))
    port = started(PATIENT, room)
    with connected(port) as client:
        client.sendall(b"POST /exchange/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n")
        assert ended(client).startswith(b"HTTP/1.1 200 OK")
    assert ask(port, "/api/x", b"y" * 5000) == (200, b"y" * 5000)


def test_a_client_that_does_not_take_its_answer_holds_a_thread_for_moments_only(started):
    port = started(Pace(grace=0.5, rate=1000))
    greedy = [connected(port, "127.0.0.2") for _ in range(3)]
    for client in greedy:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /api/large HTTP/1.1\r\nHost: x\r\n\r\n")
    assert ask(port)[0] == 200
    for client in greedy:
        client.close()


def test_the_exchange_cannot_starve_the_desk_nor_transfers_the_exchange(started):
    port = started(PATIENT)
    waiting = []
    for path in ["/exchange/wait"] * 6 + ["/exchange/objects/wait"] * 4 + ["/%65xchange/wait"] * 6:
        client = connected(port, "127.0.0.2")
        client.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        waiting.append(client)
    # As many as one address may have of both lanes.
    assert all(WAITING.begun.acquire(timeout=ENOUGH) for _ in range(3))
    assert ask(port, "/api/x")[1].startswith(b"desk")
    # Another address finds the thread that no single address may have.
    assert ask(port, "/exchange/x", whence="127.0.0.3")[1].startswith(b"exchange")
    assert not WAITING.begun.acquire(blocking=False)
    WAITING.go.set()
    for client in waiting:
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK"), "everybody's turn comes"
        client.close()


def test_an_address_at_its_cap_makes_room_itself_and_nobody_else_does(started):
    port = started(PATIENT, Room(connections=40, per_address=8, body=1 << 20, waiting=4 << 20))
    first = connected(port, "127.0.0.3")
    first.sendall(b"GET /api/x HTTP/1.1\r\nHost: x\r\n")
    crowd = [connected(port, "127.0.0.2") for _ in range(30)]
    until(lambda: left_of(crowd) == 8)
    first.sendall(b"\r\n")
    assert first.recv(1000).startswith(b"HTTP/1.1 200 OK")
    for client in (first, *crowd):
        client.close()


def test_what_waits_in_memory_is_bounded(started):
    port = started(PATIENT, Room(connections=64, per_address=64, body=1 << 20, waiting=2 << 20))
    clients = [connected(port, "127.0.0.2") for _ in range(8)]
    for client in clients:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"z" * 900_000)
    until(lambda: left_of(clients) == 2)
    assert ask(port, body=b"still here") == (200, b"still here")
    for client in clients:
        client.close()


def test_an_error_of_the_application_is_logged_by_its_kind_and_never_its_words(started, caplog, capfd):
    port = started()
    caplog.set_level(logging.DEBUG)
    assert ask(port, "/api/broken")[0] == 500
    written = capfd.readouterr()
    everything = caplog.text + written.out + written.err
    assert "RuntimeError" in everything
    assert "suspect" not in everything
    assert "Traceback" not in everything


def test_an_ipv6_address_counts_with_its_whole_site():
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff:2")
    assert neighbourhood("2001:db8::1") != neighbourhood("2001:db8:0:1::1")
    assert neighbourhood("::ffff:192.0.2.1") == neighbourhood("192.0.2.1")
    assert neighbourhood("fe80::1%eth0")


def test_a_tls_handshake_that_never_ends_holds_up_nobody(started, certificate, trusting):
    port = started(tls=certificate)
    silent = [connected(port, "127.0.0.2") for _ in range(64)]
    began = time.monotonic()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=ENOUGH, context=trusting)
    for number in range(3):
        connection.request("POST", "/api/x", bytes([65 + number]) * 300_000)
        assert connection.getresponse().read() == bytes([65 + number]) * 300_000
    connection.close()
    assert time.monotonic() - began < AT_ONCE
    for client in silent:
        client.close()


def test_plain_http_where_tls_is_spoken_is_closed_and_others_go_on(started, certificate, trusting):
    port = started(tls=certificate)
    with connected(port) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        ended(plain)
    with trusting.wrap_socket(connected(port)) as other:
        other.sendall(b"GET /api/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in ended(other)
