"""How values become HTTP answers: a status that fits, JSON that is stable, and errors that say what to do.

Whatever happens, an officer's program reads JSON with a stable code: also for a path that is none, and for what nobody
expected. Nothing unexpected is described in the answer, for what describes it may quote a case; the log names its place.
"""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import encode

STATUS = {
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.NOT_ALLOWED: 403,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.OVERSIZED: 413,
    ErrorCode.STORE_FULL: 507,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.BEHIND_WITNESSES: 503,
    ErrorCode.KEY_DESTROYED: 410,
    ErrorCode.UNEXPECTED: 500,
}
"""The HTTP status of a code; `BAD_REQUEST` of every other."""

BAD_REQUEST, REFUSED = 400, 422

BYTES = "application/octet-stream"
"""The media type of content of which nothing is said."""


class ErrorAnswer(Struct, frozen=True):
    """The body of every error: a stable code for machines; what happened, was found and was expected, and what to do."""

    code: ErrorCode
    what: str
    found: str
    expected: str
    do: str


class RefusalAnswer(Struct, frozen=True):
    """The body of every expected refusal, with all its reasons."""

    refusal: Refusal


class Filed(Struct, frozen=True):
    """An act that was sealed and filed at once."""

    act: ActId


def filed(outcome: ActId | Refusal) -> Filed | Refusal:
    """The act that was filed; a refusal stays one."""
    return outcome if isinstance(outcome, Refusal) else Filed(outcome)


def file(
    content: bytes | Iterable[bytes], media: str, headers: Mapping[str, str] | None = None, *, name: str = ""
) -> HttpResponseBase:
    """Content that is not JSON, at once or streamed. Whoever sent it, no browser guesses what it is, or shows it."""
    kind = HttpResponse if isinstance(content, bytes) else StreamingHttpResponse
    disposition = f'attachment; filename="{name}"' if name else "attachment"
    kept = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return kind(content, content_type=media, headers={**(headers or {}), **kept})


def answer(value: object) -> HttpResponse:
    """200 with the value, or 422 with the refusal that it is."""
    if isinstance(value, Refusal):
        return _json(RefusalAnswer(value), REFUSED)
    return _json(value, 200)


def broken(error: BrokenInputError) -> HttpResponse:
    """The status that fits the code, and the error in words."""
    return _json(said(error), STATUS.get(error.code, BAD_REQUEST))


def said(error: BrokenInputError) -> ErrorAnswer:
    """The error as data."""
    return ErrorAnswer(error.code, error.what, error.found, error.expected, error.do)


def method_not_allowed(allowed: Iterable[str]) -> HttpResponse:
    """There is such a path, and it is called otherwise."""
    methods = ", ".join(sorted(allowed))
    refused = broken(BrokenInputError(ErrorCode.METHOD_NOT_ALLOWED, "this path is called otherwise", expected=methods))
    refused.headers["Allow"] = methods
    return refused


def no_such_path(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What Django answers for a path that nothing is at."""
    del exception
    return broken(
        BrokenInputError(ErrorCode.NOT_FOUND, "there is no such path", do="see what there is: GET /api/openapi.json")
    )


def bad_request(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What Django answers to a request that it can't read."""
    del exception
    return broken(BrokenInputError(ErrorCode.MALFORMED, "the request can't be read", expected="HTTP with a JSON body"))


def unexpected(_request: HttpRequest) -> HttpResponse:
    """What Django answers when a request came to something that nobody expected. Says nothing of what it was."""
    return broken(
        BrokenInputError(
            ErrorCode.UNEXPECTED,
            "the node failed in a way that nobody expected; what was asked may have been done",
            do="look whether it was done; then try again, and have the operator look into the log",
        )
    )


def _json(value: object, status: int) -> HttpResponse:
    return HttpResponse(encode(value), status=status, content_type="application/json")
