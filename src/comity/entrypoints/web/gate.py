"""The gate: one thread that holds every connection until a whole request has come, and only then gives it to a lane.

A thread that answers is dear, and a socket that says a byte a minute is cheap: so no answering thread ever waits for a
client to speak. Connections wait here without a thread of their own. Each has a deadline for its headers and one for the
whole request, a least rate for its body, and a while of idleness between requests. TLS handshakes are waited for in the
same way. There is room for so many connections, and for so many from one address; when there is none left, whoever has kept
this node waiting longest makes room, so that a flood of slow clients only ever costs slow clients their place.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import IPv4Address, ip_address, ip_network

from msgspec import Struct

from comity.entrypoints.api.answers import said
from comity.entrypoints.web.arriving import Arriving, Pace, Stage
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import encode

log = logging.getLogger("comity.web")

_PORTION = 1 << 18
_SWEEP = 0.25
_ACCEPTS = 64
_FAREWELL = 2.0
"""Seconds for which a client that was given its last answer may go on sending what nobody reads."""
_FAREWELL_BYTES = 8 << 20
_WORD = b"HTTP/1.1 100 Continue\r\n\r\n"
_WAITS = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError, InterruptedError)


class Room(Struct, frozen=True):
    """How many connections there is room for, in all and from one address; bytes of one body, and of all that waits.

    `narrower` are paths (by their beginning) with less room for a body: what is larger is refused before it comes.
    """

    connections: int
    per_address: int
    body: int
    waiting: int
    narrower: tuple[tuple[bytes, int], ...] = ()

    def longest(self, path: bytes) -> int:
        """Bytes of a body on that path that are waited for."""
        return next((limit for beginning, limit in self.narrower if path.startswith(beginning)), self.body)


class Caller:
    """One connection, from when it is accepted until it is closed."""

    def __init__(self, connection: socket.socket, address: str, arriving: Arriving) -> None:
        self.connection = connection
        self.address = address
        self.arriving = arriving
        self.shaking_hands = isinstance(connection, ssl.SSLSocket)
        self.leaving = False
        """It was given its last answer; what it still sends is thrown away unread."""
        self.thrown_away = 0

    def is_late(self, at: float, pace: Pace) -> bool:
        """Whether nothing more is waited for."""
        if self.leaving:
            return at - self.arriving.since > _FAREWELL
        return self.arriving.is_late(at, pace)

    def break_off(self) -> None:
        """Whoever reads from it or writes to it is told that it ended."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """The connection is gone."""
        self.break_off()
        self.connection.close()


def neighbourhood(address: str) -> str:
    """What counts as one remote address: an IPv4 address, or the 64 bits of an IPv6 one that a site is given."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))


class Gate:
    """Runs in one thread; `come_back` and `gone` may be called from any. `hand_on` is given whole requests, and must not wait."""

    def __init__(
        self,
        listener: socket.socket,
        *,
        room: Room,
        pace: Pace,
        tls: ssl.SSLContext | None,
        hand_on: Callable[[Caller, bytes, bytes], None],
    ) -> None:
        self._listener = listener
        self._room = room
        self._pace = pace
        self._tls = tls
        self._hand_on = hand_on
        self._selector = selectors.DefaultSelector()
        self._ear, self._mouth = socket.socketpair()
        self._here: dict[Caller, None] = {}
        """Those that wait here, in no order; those that are being answered count in `_places` only."""
        self._places: Counter[str] = Counter()
        self._told: deque[tuple[Caller, Callable[[Caller], None]]] = deque()
        self._next_sweep = 0.0
        self._running = False
        self._stopping = False
        for each in (listener, self._ear, self._mouth):
            each.settimeout(0)
        for each in (listener, self._ear):
            self._selector.register(each, selectors.EVENT_READ)

    def come_back(self, caller: Caller) -> None:
        """A request was answered, and the connection may bring another; it is ended gently if that was the last."""
        self._tell(caller, self._see_off if caller.arriving.last else self._take_back)

    def gone(self, caller: Caller) -> None:
        """The connection was closed by whoever answered it."""
        self._tell(caller, self._forget)

    def run(self) -> None:
        """Until `stop`."""
        self._running = True
        try:
            while not self._stopping:
                self._turn()
        finally:
            self._running = False

    def stop(self) -> None:
        """Returns when `run` has."""
        self._stopping = True
        self._wake()
        while self._running:
            time.sleep(0.01)

    def close(self) -> None:
        """Closes every connection that waits here."""
        for caller in list(self._here):
            self._drop(caller)
        self._selector.close()
        self._ear.close()
        self._mouth.close()

    def _tell(self, caller: Caller, what: Callable[[Caller], None]) -> None:
        self._told.append((caller, what))
        self._wake()

    def _wake(self) -> None:
        # Full of calls that were not heard yet, or closed: there is nobody left to call.
        with contextlib.suppress(OSError):
            self._mouth.send(b"!")

    def _turn(self) -> None:
        for key, _ in self._selector.select(_SWEEP):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._ear:
                with contextlib.suppress(*_WAITS):
                    self._ear.recv(_PORTION)
            elif key.data in self._here:
                self._attend(key.data)
        while self._told:
            caller, what = self._told.popleft()
            what(caller)
        if time.monotonic() >= self._next_sweep:
            self._sweep()
            self._next_sweep = time.monotonic() + _SWEEP

    # Coming and going -------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        """Those that knock, a portion at a time; each finds room, if anybody from its address or at all makes some."""
        for _ in range(_ACCEPTS):
            try:
                connection, whence = self._listener.accept()
            except _WAITS:
                return
            except OSError as error:
                log.warning("a connection could not be accepted: errno %s", error.errno)
                self._make_room(None)
                return
            address = neighbourhood(str(whence[0]))
            if self._has_room(address):
                self._welcome(connection, address)
            else:
                connection.close()

    def _welcome(self, connection: socket.socket, address: str) -> None:
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        caller = Caller(connection, address, Arriving(time.monotonic(), self._room.longest))
        self._places[address] += 1
        self._wait_for(caller)

    def _has_room(self, address: str) -> bool:
        if self._places[address] >= self._room.per_address and not self._make_room(address):
            return False
        return self._places.total() < self._room.connections or self._make_room(None)

    def _make_room(self, address: str | None) -> bool:
        """Who has waited longest makes room, of that address, or of the one that has the most; False when none can.

        Whoever has its last answer already goes before all others.
        """
        if address is None:
            crowd = Counter(caller.address for caller in self._here).most_common(1)
            address = crowd[0][0] if crowd else ""
        waiting = [caller for caller in self._here if caller.address == address]
        if not waiting:
            return False
        self._drop(min(waiting, key=lambda caller: (not caller.leaving, caller.arriving.since)))
        return True

    def _wait_for(self, caller: Caller) -> None:
        self._here[caller] = None
        self._selector.register(caller.connection, selectors.EVENT_READ, caller)

    def _leave(self, caller: Caller) -> None:
        del self._here[caller]
        self._selector.unregister(caller.connection)

    def _drop(self, caller: Caller) -> None:
        self._leave(caller)
        caller.close()
        self._forget(caller)

    def _forget(self, caller: Caller) -> None:
        self._places[caller.address] -= 1
        if self._places[caller.address] <= 0:
            del self._places[caller.address]

    def _take_back(self, caller: Caller) -> None:
        try:
            caller.connection.settimeout(0)
            self._wait_for(caller)
        except (OSError, ValueError):
            self._here.pop(caller, None)
            caller.close()
            self._forget(caller)
            return
        try:
            caller.arriving = caller.arriving.rest(time.monotonic())
        except BrokenInputError as error:
            self._refuse(caller, error)
            return
        # TLS may hold bytes already that no socket will announce again.
        self._attend(caller)

    def _see_off(self, caller: Caller) -> None:
        """Says nothing more, and throws away for a moment what still comes.

        A socket that is closed with bytes unread is reset, and its client may lose the answer (RFC 9112, clause 9.6).
        """
        caller.leaving, caller.arriving = True, Arriving(time.monotonic(), self._room.longest)
        try:
            caller.connection.settimeout(0)
            caller.connection.shutdown(socket.SHUT_WR)
            self._wait_for(caller)
        except (OSError, ValueError):
            self._here.pop(caller, None)
            caller.close()
            self._forget(caller)

    def _throw_away(self, caller: Caller) -> None:
        portion = b""
        try:
            portion = caller.connection.recv(_PORTION)
        except _WAITS:
            return
        except OSError as error:
            log.debug("a connection broke off: errno %s", error.errno)
        caller.thrown_away += len(portion)
        if not portion or caller.thrown_away > _FAREWELL_BYTES:
            self._drop(caller)

    # Listening --------------------------------------------------------------------------------------------------------

    def _attend(self, caller: Caller) -> None:
        """What came is taken; a whole request is handed on; whoever ended, or broke the rules, goes."""
        if caller.leaving:
            self._throw_away(caller)
            return
        try:
            alive = self._shake_hands(caller) and self._listen(caller)
        except _WAITS:
            return
        except (OSError, ValueError):
            self._drop(caller)
            return
        except BrokenInputError as error:
            self._refuse(caller, error)
            return
        if not alive and caller.arriving.stage is Stage.NOTHING:
            self._drop(caller)
        elif not alive:
            self._refuse(caller, _BROKEN_OFF)
        elif caller.arriving.stage is Stage.WHOLE:
            self._leave(caller)
            path = caller.arriving.path()
            self._hand_on(caller, path, caller.arriving.whole())

    def _shake_hands(self, caller: Caller) -> bool:
        if caller.shaking_hands and isinstance(caller.connection, ssl.SSLSocket):
            caller.connection.do_handshake()
            caller.shaking_hands = False
        return True

    def _listen(self, caller: Caller) -> bool:
        """Whether the connection lives. Reads no further than a whole request, and of a plain one a portion at a time."""
        arriving = caller.arriving
        if arriving.stage is Stage.WHOLE:
            return True
        while portion := caller.connection.recv(_PORTION):
            if arriving.take(portion, time.monotonic()) is Stage.WHOLE:
                return True
            if arriving.wants_word:
                arriving.wants_word = False
                caller.connection.send(_WORD)
            if not isinstance(caller.connection, ssl.SSLSocket):
                return True
        return False

    def _sweep(self) -> None:
        """Whoever is late is told and goes; then whoever waited longest, while too much waits."""
        now = time.monotonic()
        for caller in [each for each in self._here if each.is_late(now, self._pace)]:
            if caller.leaving or caller.arriving.stage is Stage.NOTHING:
                self._drop(caller)
            else:
                self._refuse(caller, _TOO_SLOW)
        while sum(len(each.arriving) for each in self._here) > self._room.waiting:
            self._drop(min((each for each in self._here if len(each.arriving)), key=lambda each: each.arriving.since))

    def _refuse(self, caller: Caller, error: BrokenInputError) -> None:
        """An answer, if the system takes it at once, and no more connection."""
        status = _STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
        body = encode(said(error))
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        log.info("a request was not waited for: %s", error.code)
        try:
            caller.connection.send(head.encode() + body)
        except (OSError, ValueError):
            self._drop(caller)
            return
        self._leave(caller)
        self._see_off(caller)


_STATUS = {
    ErrorCode.OVERSIZED: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ErrorCode.UNAVAILABLE: HTTPStatus.REQUEST_TIMEOUT,
}

_TOO_SLOW = BrokenInputError(
    ErrorCode.UNAVAILABLE,
    "the request came too slowly",
    found="less than the settings ask for",
    expected="headers and body within the time, and at the rate, that this node waits for",
    do="send it again over a better connection, in smaller parts",
)

_BROKEN_OFF = BrokenInputError(
    ErrorCode.MALFORMED,
    "the request broke off",
    found="an end of the connection before the end of the request",
    expected="as many bytes as Content-Length says",
    do="send it again, whole",
)
