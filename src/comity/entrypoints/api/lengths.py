"""Bodies are refused by the length they state, before a byte of them is read, on every path alike."""

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from comity.entrypoints.api.answers import said
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import encode


class StatedLengths:
    """A WSGI application before another: requests of more than `limit` bytes, or of unknown length, end here.

    On paths that begin with `streamed` bodies are read while they come, and are as long as they are.
    The answer is the same JSON as for every other error. It is the last of its connection, so that what was refused is
    not read afterwards either: the gate sees to that wherever not all of a request is read
    (`comity.entrypoints.web.arriving`).
    """

    def __init__(self, application: WSGIApplication, limit: int, streamed: tuple[str, ...] = ()) -> None:
        self._application = application
        self._limit = limit
        self._streamed = streamed

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The other application's answer, or the refusal."""
        stated = environ.get("CONTENT_LENGTH") or "0"
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        short = not chunked and stated.isascii() and stated.isdigit() and int(stated) <= self._limit
        if short or environ["PATH_INFO"].startswith(self._streamed):
            return self._application(environ, start_response)
        body = encode(said(oversized("no stated length" if chunked else f"{stated[:20]} bytes", self._limit)))
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]


def oversized(found: str, limit: int) -> BrokenInputError:
    """The error for a request whose body is not read."""
    return BrokenInputError(
        ErrorCode.OVERSIZED,
        "the request is too large or does not say how large it is",
        found=found,
        expected=f"at most {limit} bytes, stated in Content-Length",
        do="send fewer acts at a time",
    )
