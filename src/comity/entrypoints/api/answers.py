"""How values become HTTP answers: a status that fits, JSON that is stable, and errors that say what to do."""

from django.http import HttpResponse
from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.wire import encode

_STATUS = {
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.NOT_ALLOWED: 403,
    ErrorCode.OVERSIZED: 413,
    ErrorCode.STORE_FULL: 507,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.BEHIND_WITNESSES: 503,
    ErrorCode.KEY_DESTROYED: 410,
}

_BAD_REQUEST, _REFUSED = 400, 422


class ErrorAnswer(Struct, frozen=True):
    """The body of every error: a stable code for machines; what happened, was found and was expected, and what to do."""

    code: str
    what: str
    found: str
    expected: str
    do: str


class RefusalAnswer(Struct, frozen=True):
    """The body of every expected refusal, with all its reasons."""

    refusal: Refusal


def answer(value: object) -> HttpResponse:
    """200 with the value, or 422 with the refusal that it is."""
    if isinstance(value, Refusal):
        return _json(RefusalAnswer(value), _REFUSED)
    return _json(value, 200)


def broken(error: BrokenInputError) -> HttpResponse:
    """The status that fits the code, and the error in words."""
    return _json(said(error), _STATUS.get(error.code, _BAD_REQUEST))


def said(error: BrokenInputError) -> ErrorAnswer:
    """The error as data."""
    return ErrorAnswer(str(error.code), error.what, error.found, error.expected, error.do)


def _json(value: object, status: int) -> HttpResponse:
    return HttpResponse(encode(value), status=status, content_type="application/json")
