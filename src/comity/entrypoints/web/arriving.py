"""A request on its way in: what of it has come, whether that is all, and for how long the rest may be waited for.

Only what decides when a request is whole is read here: where the head ends, and the one stated length. What cannot be
decided without guessing (two lengths, a length and an encoding, a header that is not one line, a head without end) is
refused, so that this reader and the one
that answers the request can never disagree about where it ends.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

HEAD_LIMIT = 32 << 10
"""Bytes of a request's first line and headers."""

_END = b"\r\n\r\n"
_CONTINUE = re.compile(rb"^expect[ \t]*:[ \t]*100-continue[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
_FIRST = re.compile(rb"[^\x00\r\n]*\Z")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\x00\r\n]*)\Z")
"""RFC 9112, clauses 5.1 and 2.2: no space before the colon, and neither a bare CR nor a bare LF anywhere."""
_NUMBER = re.compile(rb"[0-9]{1,15}\Z")


class Pace(Struct, frozen=True):
    """How slow a client may be. Seconds, and bytes for each second.

    `head` is from a connection's start, or a request's first byte, to the end of its headers, a TLS handshake included;
    `whole` is for all of a request; `idle` is between two requests. A body, and an answer that is being taken, may fall
    behind `rate` by what `grace` seconds make up.
    """

    head: float = 10.0
    whole: float = 120.0
    idle: float = 30.0
    grace: float = 5.0
    rate: int = 4096


class Stage(StrEnum):
    """How much of a request has come."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"
    WHOLE = "whole"


class Arriving:
    """The bytes of one connection since its last request. Instants are of the monotonic clock.

    `limit` is the longest body that is waited for, by the path that is asked for: of a request that states more, or no
    length that can be known beforehand, the head alone counts as whole, so that it is answered and none of its body is
    read. Such a request is the last of its connection (RFC 9112, clause 9.3): what follows it is its body, and would
    otherwise be taken for requests that somebody in front of this node never saw. What came of its body already is `behind`,
    for whoever reads bodies while they come.
    """

    def __init__(self, at: float, limit: Callable[[bytes], int], *, fresh: bool = True) -> None:
        self.since = at
        self.stage = Stage.NOTHING
        self.wants_word = False
        """The client waits for `100 Continue` before it sends the body."""
        self.last = False
        """Not all of the request is read: nothing that follows it on the connection may be."""
        self.behind = b""
        self._fresh = fresh
        self._limit = limit
        self._data = bytearray()
        self._head = 0
        self._body = 0
        self._body_since = at

    def __len__(self) -> int:
        return len(self._data)

    def take(self, portion: bytes, at: float) -> Stage:
        """More bytes came. Raises `BrokenInputError`: oversized or malformed for a head that is not waited for."""
        if self.stage is Stage.NOTHING and portion:
            self.stage = Stage.HEAD
            self.since = self.since if self._fresh else at
        seen = max(0, len(self._data) - len(_END))
        self._data += portion
        if self.stage is Stage.HEAD:
            self._read_head(seen, at)
        if self.stage is Stage.BODY and len(self._data) >= self._head + self._body:
            self.stage = Stage.WHOLE
        return self.stage

    def whole(self) -> bytes:
        """The request, taken out; what came after it stays, unless the request is the last."""
        size = self._head + self._body
        data = bytes(memoryview(self._data)[:size])
        if self.last:
            self.behind = bytes(memoryview(self._data)[size:])
        del self._data[: None if self.last else size]
        return data

    def rest(self, at: float) -> "Arriving":
        """The next request on the same connection, with what has come of it already."""
        following = Arriving(at, self._limit, fresh=False)
        following.take(bytes(self._data), at)
        return following

    def path(self) -> bytes:
        """The path that is asked for, as the application will see it; empty for what has none."""
        words = bytes(self._data[: self._data.find(b"\r\n", 1)]).removeprefix(b"\r\n").split(b" ", 2)
        return unquote_to_bytes(words[1].partition(b"?")[0]) if len(words) > 1 else b""

    def is_late(self, at: float, pace: Pace) -> bool:
        """Whether nothing more is waited for."""
        waited = at - self.since
        if self.stage is Stage.NOTHING and not self._fresh:
            return waited > pace.idle
        if self.stage is not Stage.BODY:
            return waited > pace.head
        came = len(self._data) - self._head
        return waited > pace.whole or came < pace.rate * (at - self._body_since - pace.grace)

    def _read_head(self, seen: int, at: float) -> None:
        end = self._data.find(_END, seen)
        if end < 0 and len(self._data) <= HEAD_LIMIT:
            return
        if end < 0 or end > HEAD_LIMIT:
            raise BrokenInputError(
                ErrorCode.OVERSIZED, "the request's head is too long", expected=f"at most {HEAD_LIMIT} bytes"
            )
        self._head = end + len(_END)
        head = bytes(self._data[: self._head])
        self._body = self._stated(head)
        self.wants_word = bool(self._body and _CONTINUE.search(head))
        self.stage, self._body_since = Stage.BODY, at

    def _stated(self, head: bytes) -> int:
        """Bytes of the body to wait for."""
        headers = _headers(head)
        lengths = [value for name, value in headers if name == b"content-length"]
        encoded = any(name == b"transfer-encoding" for name, _ in headers)
        if len(lengths) + encoded > 1 or (lengths and not _NUMBER.match(lengths[0])):
            raise _endless()
        stated = int(lengths[0]) if lengths else 0
        self.last = encoded or stated > self._limit(self.path())
        return 0 if self.last else stated


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names in lower case, and values. Raises `BrokenInputError`: malformed for what two readers may read in two ways."""
    first, *lines = head.removeprefix(b"\r\n").removesuffix(_END).split(b"\r\n")
    found = [_HEADER.match(line) for line in lines]
    if not _FIRST.match(first) or None in found:
        raise _endless()
    return [(each[1].lower(), each[2].strip(b" \t")) for each in found if each is not None]


def _endless() -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.MALFORMED,
        "it can't be told where the request ends",
        expected="headers on one line each, and at most one Content-Length, a number, without Transfer-Encoding",
    )
