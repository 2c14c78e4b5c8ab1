"""The web server: cheroot reads and answers requests; when it may, and in which thread, is the gate's and the lanes' say.

cheroot writes messages with whatever an exception quotes, and whole tracebacks; here its log says a kind of event and the
name of an exception's class, never more.
"""

import contextlib
import logging
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from wsgiref.types import WSGIApplication

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from msgspec import Struct

from comity.entrypoints.streams import BODY
from comity.entrypoints.web.arriving import HEAD_LIMIT, Pace
from comity.entrypoints.web.gate import Caller, Gate, Room
from comity.entrypoints.web.lanes import Lane
from comity.entrypoints.web.paced import PacedWriter, WholeRequest
from comity.entrypoints.web.streamed import StreamedBody

log = logging.getLogger("comity.web")

_BACKLOG = 256
_PATIENCE = 5.0


class LanePlan(Struct, frozen=True):
    """Threads for requests whose path begins so; at most `share` of them for one address, and how slow a taker may be."""

    name: str
    prefixes: tuple[bytes, ...]
    threads: int
    share: int
    pace: Pace


class _Request(HTTPRequest):
    """A request that cheroot may refuse: it ends the connection then, and here the answer says so too."""

    def simple_response(self, status: int | str, msg: object = "") -> None:
        """Writes a refusal in one or two words."""
        body = str(msg).encode("ISO-8859-1", "replace")
        head = (
            f"{self.server.protocol} {status}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: text/plain\r\nConnection: close\r\n\r\n"
        )
        self.close_connection = True
        self.conn.wfile.write(head.encode("ISO-8859-1") + body)


class _LastRequest(_Request):
    """A request whose body was not read: every answer to it says that the connection ends."""

    close_connection = True


class _Gateway(wsgi.Gateway_10):
    """Gives the application the body that the gate did not wait for, to read while it comes."""

    def get_environ(self) -> Any:
        """cheroot's, with `BODY`."""
        environ: Any = super().get_environ()  # type: ignore[no-untyped-call]
        environ[BODY] = self.req.conn.streamed(None if self.req.chunked_read else environ.get("CONTENT_LENGTH", "0"))
        return environ


class _Answering(HTTPConnection):
    """cheroot's side of a caller's connection, for one request."""

    RequestHandlerClass = _Request

    def __init__(self, server: "GatedServer", caller: Caller, request: bytes, pace: Pace) -> None:
        super().__init__(server, caller.connection, partial(_end, request, pace))
        self.remote_addr = caller.address
        self._caller = caller
        self._pace = pace
        if caller.arriving.last:
            self.RequestHandlerClass = _LastRequest
        self.ssl_env = server.tls_words(caller)

    def streamed(self, stated: str | None) -> StreamedBody:
        """The body as it comes, of a stated length or in chunks. Empty where the request came whole."""
        arriving = self._caller.arriving
        length = 0 if not arriving.last else None if stated is None else int(stated)
        return StreamedBody(self._caller.connection, arriving.behind, length, self._pace)


def _end(request: bytes, pace: Pace, connection: Any, mode: str, _size: int) -> WholeRequest | PacedWriter:
    """What cheroot asks for as the files of a socket."""
    return WholeRequest(request) if "r" in mode else PacedWriter(connection, pace)


@dataclass(frozen=True, eq=False)
class _Turn:
    """A whole request, on its way through a lane."""

    caller: Caller
    request: bytes
    pace: Pace

    @property
    def address(self) -> str:
        """Where it comes from."""
        return self.caller.address

    def break_off(self) -> None:
        """Its connection ends."""
        self.caller.break_off()


class _Lanes:
    """All lanes, in the place of cheroot's pool of threads."""

    def __init__(self, server: "GatedServer", plans: tuple[LanePlan, ...]) -> None:
        self._lanes = [
            (plan, Lane[_Turn](plan.name, threads=plan.threads, share=plan.share, answer=server.answer))
            for plan in plans
        ]

    def start(self) -> None:
        """Threads begin when there is something for them to do."""

    def hand_on(self, caller: Caller, path: bytes, request: bytes) -> None:
        """To the first lane whose paths it is one of; the last lane takes everything."""
        for plan, lane in self._lanes:
            if not plan.prefixes or path.startswith(plan.prefixes):
                lane.put(_Turn(caller, request, plan.pace))
                return

    def stop(self, patience: float | None = None) -> None:
        """See `Lane.stop`."""
        for _, lane in self._lanes:
            lane.stop(patience or 0)


class _AtGate:
    """The gate, in the place of cheroot's keeper of connections."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.can_add_keepalive_connection = True

    def run(self, _expiration_interval: float) -> None:
        """Until it is told to stop."""
        self._gate.run()

    def stop(self) -> None:
        """Ends `run`."""
        self._gate.stop()

    def close(self) -> None:
        """Ends every connection that waits."""
        self._gate.close()


class GatedServer(wsgi.Server):
    """A WSGI server whose threads never wait for a slow client. `lanes` end with one without prefixes."""

    _connections: Any  # cheroot's own keeper of connections, and then the gate in its place

    def __init__(
        self,
        address: tuple[str, int],
        application: WSGIApplication,
        *,
        room: Room,
        pace: Pace,
        lanes: tuple[LanePlan, ...],
    ) -> None:
        super().__init__(
            address,
            application,
            request_queue_size=_BACKLOG,
            server_name="comity",
            shutdown_timeout=cast("int", _PATIENCE),
        )
        self.max_request_header_size = HEAD_LIMIT + 2
        self.gateway = _Gateway
        self.requests = _Lanes(self, lanes)
        self._room = room
        self._pace = pace
        self._gate: Gate | None = None

    def secure(self, certificate: Path, key: Path) -> None:
        """Everything over TLS, under that certificate."""
        self.ssl_adapter = BuiltinSSLAdapter(str(certificate), str(key))

    def prepare(self) -> None:
        """Binds, and opens the gate."""
        super().prepare()
        self._connections.close()
        tls = None if self.ssl_adapter is None else cast("ssl.SSLContext", self.ssl_adapter.context)
        self._gate = Gate(self.socket, room=self._room, pace=self._pace, tls=tls, hand_on=self.requests.hand_on)
        self._connections = _AtGate(self._gate)

    def answer(self, turn: _Turn) -> None:
        """One request is answered; the connection goes back to the gate, which ends it after its last request, or ends."""
        caller, gate = turn.caller, self._gate
        answering = _Answering(self, caller, turn.request, turn.pace)
        stays = False
        try:
            stays = bool(answering.communicate()) or caller.arriving.last  # type: ignore[no-untyped-call]
        except OSError as error:
            log.info("a connection broke off: %s", type(error).__name__)
        finally:
            answering.rfile.close()  # it may be large, and cheroot's objects refer to themselves
            if stays and self.ready and gate is not None:
                gate.come_back(caller)
            else:
                with contextlib.suppress(OSError):
                    caller.close()
                if gate is not None:
                    gate.gone(caller)

    def tls_words(self, caller: Caller) -> Mapping[str, object]:
        """What the application is told about the connection's TLS."""
        if self.ssl_adapter is None:
            return {}
        return cast("Mapping[str, object]", self.ssl_adapter.get_environ(caller.connection))

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """An event of cheroot's own, by the class of what was raised alone: its words may quote a request."""
        del msg
        error = sys.exc_info()[0]
        if traceback or error is not None:
            log.log(level, "the web server met %s", error.__name__ if error is not None else "an error")
        else:
            log.log(min(level, logging.DEBUG), "the web server had something to say")
