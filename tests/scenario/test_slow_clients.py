"""A running node under slow clients: officers and other nodes are served as if they were alone."""

import contextlib
import http.client
import socket
import sys
import threading
import time

from comity.entrypoints.demo.cast import PT
from comity.entrypoints.web.arriving import Pace

HEADS = (
    b"POST /api/drafts HTTP/1.1\r\nHost: pt\r\nContent-Length: 900000\r\n\r\n",
    b"POST /exchange/envelopes HTTP/1.1\r\nHost: pt\r\nContent-Length: 900000\r\n\r\n",
    b"GET /api/cases HTTP/1.1\r\nHost: pt\r\nX-Slow: ",
    b"GET /ledger/checkpoint HTTP/1.1\r\nHost: pt\r\nX-Slow: ",
)


def test_64_slow_clients_hold_up_neither_officers_nor_peers(federation, capsys):
    port = federation.endpoints[PT].port
    clients = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(64)]
    for number, client in enumerate(clients):
        client.sendall(HEADS[number % len(HEADS)])
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.5):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b"a")

    dripping = threading.Thread(target=drip)
    dripping.start()
    took = []
    try:
        silva = federation.officer("pt.silva")
        for _ in range(10):
            began = time.monotonic()
            silva.client.get("/api/cases")
            took.append(time.monotonic() - began)
            began = time.monotonic()
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as peer:
                peer.request("POST", "/exchange/envelopes", b"no envelope at all")
                assert peer.getresponse().status == http.client.BAD_REQUEST
            took.append(time.monotonic() - began)
    finally:
        stop.set()
        dripping.join()
        for client in clients:
            client.close()
    with capsys.disabled():
        sys.stdout.write(f"  longest {max(took) * 1000:.0f} ms")
    # Whoever has to wait until a slow client is sent away waits for twice as long.
    assert max(took) < Pace().head / 2
