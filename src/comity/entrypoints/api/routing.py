"""One route: what it takes, what it gives, and which use case it calls. The OpenAPI document is made from the same rows."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import View
from msgspec import Struct

from comity.casework.access import OfficerRef
from comity.casework.sequencer import RefusedError
from comity.entrypoints.api.answers import answer, broken
from comity.entrypoints.api.sessions import Login
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode

_NAME = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")

BODY_LIMIT = 8 << 20
"""Bytes of one request body."""


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """A command without words of its own."""


class Call(Struct, frozen=True):
    """One request, parsed: who asks, what for, and the names in the path and the query."""

    officer: OfficerRef
    command: Any
    path: Mapping[str, str]
    query: Mapping[str, str]


class Route(Struct, frozen=True):
    """A row of the API. `handle` returns a value to encode, or a response for content that is not JSON."""

    method: str
    path: str
    summary: str
    handle: Callable[[Call], object]
    takes: Any = Nothing
    gives: Any = None


class ApiView(View):
    """All routes of one path. Parses, authenticates, calls one use case, renders; no rules of its own."""

    routes: Mapping[str, Route] = {}
    login: Login = cast("Login", None)  # always given by `as_view`, which wants the attribute to exist

    def dispatch(self, request: HttpRequest, *_args: Any, **kwargs: str) -> HttpResponseBase:
        """Answers the request, whatever its method."""
        route = self.routes.get(request.method or "")
        if route is None:
            return HttpResponse(status=405, headers={"Allow": ", ".join(sorted(self.routes))})
        try:
            officer = self.login.officer(request.headers.get("Authorization", ""))
            _require_names(kwargs.values())
            body = request.body
            command = decode(body or b"{}", route.takes, limit=BODY_LIMIT)
            result = route.handle(
                Call(officer, command, kwargs, {key: str(value) for key, value in request.GET.items()})
            )
        except RefusedError as refused:
            return answer(refused.refusal)
        except BrokenInputError as error:
            return broken(error)
        return result if isinstance(result, HttpResponseBase) else answer(result)


def _require_names(names: Iterable[str]) -> None:
    """What stands in a path is the name of a case, an act or an exhibit: lower-case hexadecimal, and nothing else."""
    if not all(_NAME.fullmatch(name) for name in names):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "the path names nothing that can be here", expected="32 or 64 hexadecimal digits"
        )
