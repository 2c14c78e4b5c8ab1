"""HTTP to other nodes over connections that are kept open.

A peer is a machine of another state: it may be down, slow, replaced by a portal that redirects, or hostile. So every answer
has a limit in bytes and in time, nothing is followed or decompressed, and whatever is not exactly what was asked for is
`UNAVAILABLE`: the act stays in the outbox and the next attempt is made later. What an answer *says* is judged elsewhere.

The scheme is the one in the directory; nothing here ever falls back from https to http.
"""

import re
import ssl
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout, parse_url

from comity.casework.ports.node import Peers
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

_PORTION = 1 << 16
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_TICKET = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}\Z")
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})\Z")
_HEADERS = {"User-Agent": "comity", "Accept-Encoding": "identity"}


class PeerLimits(Struct, frozen=True):
    """What a peer may cost: seconds to connect, to wait for the next bytes, for one whole answer; sizes in bytes."""

    connect: float = 3.0
    read: float = 30.0
    whole: float = 120.0
    answer: int = 16 << 20
    witness: int = 1 << 16
    object: int = 1 << 40
    connections: int = 4


class HttpPeers(Peers):
    """See `Peers`. One object for a process; safe for threads. TLS certificates are always verified."""

    def __init__(self, limits: PeerLimits | None = None, authorities: Path | None = None) -> None:
        """`authorities`: PEM file of the only certificate authorities to believe; the system's when None."""
        self._limits = limits or PeerLimits()
        tls = ssl.create_default_context(cafile=authorities)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._pools = urllib3.PoolManager(
            num_pools=64,
            maxsize=self._limits.connections,
            timeout=Timeout(connect=self._limits.connect, read=self._limits.read),
            retries=False,
            ssl_context=tls,
            headers=_HEADERS,
        )

    def close(self) -> None:
        """Idle connections are closed."""
        self._pools.clear()

    def post_envelope(self, endpoint: str, envelope: bytes) -> bytes:
        """See `Peers.post_envelope`."""
        response = self._ask("POST", f"{_base(endpoint)}/exchange/envelopes", envelope)
        with _Reply(response, endpoint) as reply:
            reply.expect(HTTPStatus.OK)
            return reply.whole(self._limits.answer, self._limits.whole)

    def add_checkpoint(self, endpoint: str, request: bytes) -> tuple[int, bytes]:
        """See `Peers.add_checkpoint`. Answers of the protocol are 2xx and 4xx; others mean that no witness answered."""
        response = self._ask("POST", f"{_base(endpoint)}/witness/add-checkpoint", request)
        with _Reply(response, endpoint) as reply:
            if response.status // 100 not in (2, 4):
                reply.expect(HTTPStatus.OK)
            return response.status, reply.whole(self._limits.witness, self._limits.whole)

    def seen_checkpoint(self, endpoint: str, origin: str) -> str | None:
        """See `Peers.seen_checkpoint`."""
        response = self._ask("GET", f"{_base(endpoint)}/witness/seen?{urlencode({'origin': origin})}", None)
        with _Reply(response, endpoint) as reply:
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            reply.expect(HTTPStatus.OK)
            return reply.whole(self._limits.witness, self._limits.whole).decode("utf-8", "replace")

    def issued(self, endpoint: str, ticket: str) -> bytes:
        """See `Peers.issued`."""
        response = self._ask("POST", f"{_base(endpoint)}/exchange/issued", b"", {"Comity-Ticket": ticket})
        with _Reply(response, endpoint) as reply:
            reply.expect(HTTPStatus.OK)
            return reply.whole(self._limits.answer, self._limits.whole)

    def pull(self, endpoint: str, digest: Digest, ticket: str, start: int) -> Iterator[bytes]:
        """See `Peers.pull`. A transfer that breaks off raises after the last byte that came; ask again from there."""
        if not _DIGEST.match(digest) or not _TICKET.match(ticket) or start < 0:
            raise BrokenInputError(
                ErrorCode.MALFORMED,
                "an object can't be asked for like this",
                expected="a SHA-256 in hexadecimal, a ticket of URL-safe characters and a start of 0 or more",
            )
        return self._pull(endpoint, f"{_base(endpoint)}/exchange/objects/{digest}", ticket, start)

    def _pull(self, endpoint: str, url: str, ticket: str, start: int) -> Iterator[bytes]:
        wanted = {"Range": f"bytes={start}-"} if start else {}
        response = self._ask("GET", url, None, {"Comity-Ticket": ticket, **wanted})
        with _Reply(response, endpoint) as reply:
            reply.expect(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
            if start:
                _check_range(response, endpoint, start)
            yield from reply.portions(self._limits.object - start, None)

    def _ask(self, method: str, url: str, body: bytes | None, more: dict[str, str] | None = None) -> BaseHTTPResponse:
        headers = {**_HEADERS, **(more or {})}
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        try:
            return self._pools.request(
                method, url, body=body, headers=headers, redirect=False, preload_content=False, decode_content=False
            )
        except HTTPError as error:
            found = _name(error)
        # Raised out here, so that no chain of exceptions keeps the half-read answer and its socket alive.
        raise _unavailable(url, found, "an answer over a connection it accepts")


class _Reply:
    """An answer being read. The connection goes back to the pool only when the answer was read to its end."""

    def __init__(self, response: BaseHTTPResponse, endpoint: str) -> None:
        self._response = response
        self._endpoint = endpoint
        self._finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._finished:
            self._response.release_conn()
        else:
            self._response.close()

    def expect(self, status: HTTPStatus) -> None:
        """Raises unless it has this status."""
        if self._response.status != status:
            raise _unavailable(self._endpoint, f"HTTP {self._response.status}", f"HTTP {int(status)}")

    def whole(self, limit: int, seconds: float) -> bytes:
        """All of it, at most `limit` bytes within that many seconds."""
        return b"".join(self.portions(limit, time.monotonic() + seconds))

    def portions(self, limit: int, deadline: float | None) -> Iterator[bytes]:
        """Its bytes as they come, at most `limit`; `deadline` is an instant of the monotonic clock."""
        self._refuse_form(limit)
        came = 0
        while portion := self._next():
            came += len(portion)
            if came > limit:
                raise _unavailable(self._endpoint, f"more than {limit} bytes", f"at most {limit} bytes")
            if deadline is not None and time.monotonic() > deadline:
                raise _unavailable(self._endpoint, f"{came} bytes so far", "the whole answer in time")
            yield portion
        self._finished = True

    def _next(self) -> bytes:
        try:
            return self._response.read1(_PORTION)
        except HTTPError as error:
            raise _unavailable(self._endpoint, _name(error), "an answer to its end") from error

    def _refuse_form(self, limit: int) -> None:
        headers = self._response.headers
        if headers.get("Content-Encoding", "identity") != "identity":
            raise _unavailable(self._endpoint, "a compressed answer", "the bytes as they are")
        length = headers.get("Content-Length", "")
        if headers.get("Transfer-Encoding", "").lower() == "chunked" and not length:
            return
        # An answer that just ends when the connection does can't be told from one that was cut off.
        if not length.isascii() or not length.isdigit() or int(length) > limit:
            raise _unavailable(
                self._endpoint, f"an answer of length {length[:20]!r}", f"a stated length of at most {limit} bytes"
            )


def _base(endpoint: str) -> str:
    """The endpoint without a slash at its end. Raises `BrokenInputError(MALFORMED)` when it is no plain http(s) URL."""
    try:
        url = parse_url(endpoint)
    except HTTPError:
        url = parse_url("")
    plain = url.scheme in ("http", "https") and url.host and not (url.auth or url.query or url.fragment)
    if not plain or any(not "!" <= c <= "~" for c in endpoint):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the directory gives an endpoint that is no address of a node",
            found=repr(endpoint[:200]),
            expected="https://host[:port][/path] or, where the directory allows it, http://",
        )
    return endpoint.rstrip("/")


def _check_range(response: BaseHTTPResponse, endpoint: str, start: int) -> None:
    given = response.headers.get("Content-Range", "")
    match = _RANGE.match(given)
    if not match or int(match[1]) != start or int(match[2]) + 1 != int(match[3]):
        raise _unavailable(endpoint, f"the range {given[:80]!r}", f"everything from byte {start} on")


def _unavailable(endpoint: str, found: str, expected: str) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.UNAVAILABLE,
        f"{endpoint} does not answer as a node",
        found=found,
        expected=expected,
        do="nothing: it is tried again; if it stays, call the peer over the number in the directory",
    )


def _name(error: HTTPError) -> str:
    """What happened, without addresses of objects in memory."""
    cause = error.__cause__ or error
    return f"{type(error).__name__}: {re.sub(r'<[^>]*>(: )?', '', str(cause))}"[:300]
