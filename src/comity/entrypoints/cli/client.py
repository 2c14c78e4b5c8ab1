"""A client of a node's HTTP API, as one officer. What the node says no with becomes the same exceptions as everywhere else.

Plain http is for this machine only: an officer's token never crosses a network in the clear.
"""

import http.client
import json
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from comity.entrypoints.cli.answers import ErrorAnswer, broken
from comity.entrypoints.cli.exits import CommandRefusedError
from comity.entrypoints.streams import COMMAND, STREAMS
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal

T = TypeVar("T")


class _Page(Protocol):
    """A page of a list: `next` is where the next one begins."""

    @property
    def next(self) -> str | None: ...


P = TypeVar("P", bound=_Page)

_CONNECT_SECONDS = 10
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN_LIMIT = 512
_OTHERS = 0o077
_PIECE = 1 << 20


class _Refused(ErrorAnswer, frozen=True):
    """The body of any answer but 200: an error, or a refusal."""

    refusal: Refusal | None = None


class NodeClient:
    """Calls one node as the officer of a token. One connection for each call; nothing is tried twice."""

    def __init__(self, url: str, token: str) -> None:
        """Raises `BrokenInputError(NOT_ALLOWED)` for a URL that would carry the token in the clear."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BrokenInputError(
                ErrorCode.MALFORMED, "that is no node's address", found=url, expected="https://host[:port]"
            )
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "the officer's token would cross the network in the clear",
                found=url,
                expected="https://, or http:// on this machine",
            )
        self._secure = parts.scheme == "https"
        self._address = parts.netloc
        self._base = parts.path.rstrip("/")
        self._token = token

    def get(self, shape: type[T], *path: str, query: Mapping[str, str] | None = None) -> T:
        """The answer at that path, read as that shape."""
        with self._call("GET", path, query=query) as answer:
            return _read(b"".join(_pieces(answer)), shape)

    def pages(self, shape: type[P], *path: str, query: Mapping[str, str] | None = None) -> Iterator[P]:
        """Every page of the list at that path, each asked for when it is wanted."""
        after: str | None = ""
        while after is not None:
            page = self.get(shape, *path, query={**(query or {}), **({"after": after} if after else {})})
            yield page
            after = page.next

    def post(self, shape: type[T], path: str, body: object) -> T:
        """The answer to that command, read as that shape; waited for as long as it takes."""
        with self._call("POST", (path,), body=msgspec.json.encode(body)) as answer:
            return _read(b"".join(_pieces(answer)), shape)

    def send(self, shape: type[T], path: str, command: object, content: Iterable[bytes]) -> T:
        """The answer to that command, which bytes of any length go with, read as that shape. What `content` raises comes through."""
        with self._call("POST", (path,), body=content, command=command) as answer:
            return _read(b"".join(_pieces(answer)), shape)

    @contextmanager
    def stream(self, path: str, body: object) -> Iterator[tuple[Message, Iterator[bytes]]]:
        """The headers and the content of an answer that is no JSON, piece by piece."""
        with self._call("POST", (path,), body=msgspec.json.encode(body)) as answer:
            yield answer.headers, _pieces(answer)

    @contextmanager
    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
        command: object = None,
    ) -> Iterator[http.client.HTTPResponse]:
        below = "api/" if command is None else STREAMS
        where = f"{self._base}/{below}" + "/".join(quote(each, safe="") for each in path)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if command is not None:
            headers |= {"Content-Type": "application/octet-stream", COMMAND: json.dumps(msgspec.to_builtins(command))}
        with closing(self._connection()) as connection:
            with _reaching(self._address):
                connection.connect()
                # A hold may take hours to be taken in: the node is waited for as long as the connection stands.
                connection.sock.settimeout(None)
                # A node that refuses does not wait for the rest of a stream: its answer is there to be read.
                with suppress(OSError):
                    connection.request(method, f"{where}?{urlencode(query)}" if query else where, body, headers)
                answer = connection.getresponse()
                said = b"" if answer.status == http.client.OK else answer.read(_PIECE)
            if answer.status != http.client.OK:
                raise _refused(answer.status, said)
            yield answer

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(
                self._address, timeout=_CONNECT_SECONDS, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(self._address, timeout=_CONNECT_SECONDS)


def read_token(path: Path) -> str:
    """The token in a file that only this user may read.

    Raises `BrokenInputError`: NOT_FOUND, NOT_ALLOWED when others may read it, MALFORMED.
    """
    if not path.is_file():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is no token file", found=str(path), do="ask for a token: comity node token"
        )
    mode = path.stat().st_mode & 0o777
    if mode & _OTHERS:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "the token file is open to other users of this machine",
            found=f"mode {mode:04o}",
            expected="mode 0600",
            do=f"chmod 600 {path}; if in doubt ask for a new token",
        )
    token = path.read_bytes()[:_TOKEN_LIMIT].strip()
    if not token.isascii() or not token or b"\n" in token:
        raise BrokenInputError(ErrorCode.MALFORMED, "the token file holds no token", expected="one line")
    return token.decode("ascii")


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    """What the network says no with, in this project's words."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the node can't be reached, or the connection to it broke",
            found=f"{address}: {str(error) or type(error).__name__}",
            do="look whether it runs (comity node serve), and whether --url is right",
        ) from None


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The answer's content; raises `BrokenInputError` (UNAVAILABLE) when it breaks off before its end."""
    while True:
        with _reaching("the answer"):
            piece = answer.read(_PIECE)
        if not piece:
            break
        yield piece
    if answer.length:  # http.client ends such a reading in silence
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            "the answer broke off before its end",
            found=f"{answer.length} bytes missing",
            do="try again",
        )


def _read(content: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.DecodeError as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the node's answer can't be read; it may be of another version",
            found=str(error),
            do="use the command line of the node's version",
        ) from None


def _refused(status: int, content: bytes) -> Exception:
    """The node's no, as it would be raised here."""
    try:
        said = msgspec.json.decode(content, type=_Refused)
    except msgspec.DecodeError:
        said = _Refused()
    if said.refusal is not None:
        return CommandRefusedError(said.refusal)
    return broken(said if said.what else ErrorAnswer(said.code, f"the node answered with HTTP {status}"))
