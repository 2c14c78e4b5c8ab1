"""One route: what it takes, what it gives, and which use case it calls. The OpenAPI document is made from the same rows."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.views import View
from msgspec import Struct

from comity.casework.bench.sequencer import RefusedError
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.evidence import ByteStream
from comity.entrypoints.api.answers import BYTES, answer, broken, method_not_allowed
from comity.entrypoints.api.sessions import Login
from comity.entrypoints.streams import BODY, COMMAND, STREAMS
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode

_NAME = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """A command without words of its own."""


class Call(Struct, frozen=True):
    """One request, parsed: who asks, what for, the names in the path, what the query asks, and the bytes that come with it."""

    officer: OfficerRef
    command: Any
    path: Mapping[str, str]
    query: Any
    stream: ByteStream


class Route(Struct, frozen=True):
    """A row of the API. `handle` returns a value to encode, or a response for content that is not JSON.

    `takes` is the body, `asks` the query, `gives` the answer; without `gives`, `media` is what comes, with these `headers`
    (name to what it says). Of one below `STREAMS` the body is bytes of any length, and the command stands in `COMMAND`.
    """

    method: str
    path: str
    summary: str
    handle: Callable[[Call], object]
    takes: Any = Nothing
    gives: Any = None
    asks: Any = Nothing
    media: str = BYTES
    headers: Mapping[str, str] = {}

    @property
    def is_streamed(self) -> bool:
        """Whether its body is read while it comes."""
        return self.path.startswith(STREAMS)


class ApiView(View):
    """All routes of one path. Parses, authenticates, calls one use case, renders; no rules of its own."""

    routes: Mapping[str, Route] = {}
    login: Login = cast("Login", None)  # always given by `as_view`, which wants the attribute to exist
    limit: int = 0
    """Bytes of one body."""

    def dispatch(self, request: HttpRequest, *_args: Any, **kwargs: str) -> HttpResponseBase:
        """Answers the request, whatever its method."""
        route = self.routes.get(request.method or "")
        if route is None:
            return method_not_allowed(self.routes)
        try:
            officer = self.login.officer(request.headers.get("Authorization", ""))
            _require_names(kwargs.values())
            said = request.headers.get(COMMAND, "").encode("latin-1") if route.is_streamed else request.body
            command = decode(said or b"{}", route.takes, limit=self.limit)
            asked = _asked(request.GET, route.asks)
            result = route.handle(Call(officer, command, kwargs, asked, request.META[BODY]))
        except RefusedError as refused:
            return answer(refused.refusal)
        except BrokenInputError as error:
            return broken(error)
        return result if isinstance(result, HttpResponseBase) else answer(result)


def _asked(query: QueryDict, shape: Any) -> Any:
    """The query as that shape; a name that is unknown, or there twice, is refused like one in a body."""
    if any(len(values) > 1 for _, values in query.lists()):
        raise BrokenInputError(ErrorCode.DUPLICATE_KEY, "the query names something twice")
    try:
        return msgspec.convert({name: str(value) for name, value in query.items()}, shape, strict=False)
    except ValueError as error:  # what msgspec raises is one
        raise BrokenInputError(
            ErrorCode.MALFORMED, "the query does not have the expected form", found=str(error)
        ) from None


def _require_names(names: Iterable[str]) -> None:
    """What stands in a path is the name of a case, an act or an exhibit: lower-case hexadecimal, and nothing else."""
    if not all(_NAME.fullmatch(name) for name in names):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "the path names nothing that can be here", expected="32 or 64 hexadecimal digits"
        )
