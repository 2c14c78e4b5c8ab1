"""A wire between a client and a server of the S3 protocol: it passes everything on, but for the faults it was told of.

It compares checksums as the real service does, whatever the server behind it does: a body that is not what its header
`x-amz-checksum-sha256` says is answered with 400 BadDigest and goes no further.
"""

import base64
import contextlib
import hashlib
import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

_OF_THE_CONNECTION = ("content-length", "connection", "transfer-encoding", "server", "date", "host")
CHECKSUM = "x-amz-checksum-sha256"


class Fault(StrEnum):
    """What goes wrong with one request."""

    FLIP_UP = "flip-up"
    """One bit of what goes to the server is flipped."""

    FLIP_DOWN = "flip-down"
    """One bit of what comes back is flipped."""

    CUT_UP = "cut-up"
    """The connection ends in the middle of what goes to the server."""

    CUT_DOWN = "cut-down"
    """The server did as it was asked; the connection ends in the middle of its answer."""

    BUSY = "busy"
    """The server says that it is busy."""

    REFUSED = "refused"
    """The server says that the account may not."""

    HANG = "hang"
    """Nothing is passed on before `FaultyWire.let_go`."""


@dataclass
class _Planned:
    fault: Fault
    method: str
    has: str
    times: int


@dataclass(frozen=True)
class Asked:
    """One request that came to the wire: `sent` its bytes as the client sent them, as far as they came."""

    method: str
    target: str
    sent: int
    checksum: bool
    fault: Fault | None


class FaultyWire:
    """`address` is for the client. For any number of threads."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.asked: list[Asked] = []
        self.hanging = threading.Event()
        self.retell: Callable[[bytes], bytes] = bytes
        """What the client is told instead of the server's answers."""

        self._free = threading.Event()
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self.pool = urllib3.PoolManager(maxsize=16, retries=False)
        handler = type("Handler", (_Handler,), {"wire": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def plan(self, fault: str, method: str, has: str = "", times: int = 1 << 30) -> None:
        """The next so many requests of that method, with that in their target, meet the fault."""
        with self._lock:
            self._planned.append(_Planned(Fault(fault), method, has, times))

    def let_go(self) -> None:
        """What hangs is passed on, and hangs no more."""
        self._free.set()

    def wait_free(self) -> None:
        self.hanging.set()
        self._free.wait()

    def count(self, method: str, has: str = "", fault: str | None = None) -> int:
        """Requests like that, of all or of those that met the fault."""
        return sum(
            each.method == method and has in each.target and fault in (None, each.fault) for each in list(self.asked)
        )

    def fault_for(self, method: str, target: str) -> Fault | None:
        with self._lock:
            for each in self._planned:
                if each.times and each.method == method and each.has in target:
                    each.times -= 1
                    return each.fault
        return None

    def close(self) -> None:
        self._free.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.pool.clear()


def flipped(data: bytes) -> bytes:
    """One bit in the middle is another."""
    changed = bytearray(data)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


class _Handler(BaseHTTPRequestHandler):
    wire: FaultyWire
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        fault = self.wire.fault_for(self.command, self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size // 2 if fault is Fault.CUT_UP else size)
        self.wire.asked.append(Asked(self.command, self.path, len(body), CHECKSUM in self.headers, fault))
        match fault:
            case Fault.CUT_UP:
                self.close_connection = True
                return
            case Fault.BUSY:
                self._answer(503, b"<Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>")
                return
            case Fault.REFUSED:
                self._answer(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
                return
            case Fault.FLIP_UP:
                body = flipped(body)
            case Fault.HANG:
                self.wire.wait_free()
            case _:
                pass
        told = self.headers.get(CHECKSUM)
        if told is not None and base64.b64decode(told) != hashlib.sha256(body).digest():
            self._answer(400, b"<Error><Code>BadDigest</Code><Message>The checksum differs.</Message></Error>")
            return
        names = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        answer = self.wire.pool.request(self.command, self.wire.behind + self.path, body=body or None, headers=names)
        self._answer(answer.status, self.wire.retell(answer.data), answer.headers, fault)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - the names the server calls

    def _answer(self, status: int, body: bytes, headers=None, fault: Fault | None = None) -> None:
        if fault is Fault.FLIP_DOWN:
            body = flipped(body)
        if fault is Fault.CUT_DOWN and not body:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in (headers or {}).items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        length = (headers or {}).get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        if status != http.client.NO_CONTENT:
            self.send_header("Content-Length", length)
        self.end_headers()
        if fault is Fault.CUT_DOWN:
            body, self.close_connection = body[: len(body) // 2], True
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
