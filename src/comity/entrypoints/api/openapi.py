"""The OpenAPI 3.1 document, made from the routes and the types they take and give."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from comity.entrypoints.api.answers import ErrorAnswer, RefusalAnswer
from comity.entrypoints.api.routing import Nothing, Route

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """The whole document, ready to be encoded as JSON."""
    types = [route.takes for route in routes] + [route.gives for route in routes if route.gives is not None]
    schemas, components = msgspec.json.schema_components(
        [*types, ErrorAnswer, RefusalAnswer], ref_template="#/components/schemas/{name}"
    )
    takes, gives = schemas[: len(routes)], iter(schemas[len(routes) :])
    paths: dict[str, dict[str, Any]] = {}
    for route, body in zip(routes, takes, strict=True):
        result = next(gives) if route.gives is not None else None
        paths.setdefault("/" + _PARAMETER.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(
            route, body, result
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Comity node", "version": version, "license": {"name": "Apache-2.0"}},
        "security": [{"officer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"officer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, body: Any, result: Any) -> dict[str, Any]:
    words = _PARAMETER.sub(r"by-\1", route.path).strip("/").replace("/", "-")
    name = f"{route.method.lower()}-{words}"
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": route.summary,
        "parameters": [
            {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
            for each in _PARAMETER.findall(route.path)
        ],
        "responses": {
            "200": _content(result),
            "4XX": {**_content({"$ref": "#/components/schemas/ErrorAnswer"}), "description": "Not as expected"},
            "422": {
                **_content({"$ref": "#/components/schemas/RefusalAnswer"}),
                "description": "Refused, with all reasons",
            },
        },
    }
    if route.takes is not Nothing:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _content(schema: Any) -> dict[str, Any]:
    if schema is None:
        return {"description": "Bytes", "content": {"application/octet-stream": {}}}
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}
