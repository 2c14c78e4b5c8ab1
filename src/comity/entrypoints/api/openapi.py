"""The OpenAPI 3.1 document, made from the routes and the types they take and give."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from comity.entrypoints.api.answers import BAD_REQUEST, BYTES, REFUSED, STATUS, ErrorAnswer, RefusalAnswer
from comity.entrypoints.api.routing import Nothing, Route
from comity.entrypoints.streams import COMMAND
from comity.vocabulary.errors import ErrorCode
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_NAMES: Mapping[str, Any] = {"case": CaseId, "exhibit": ExhibitId, "act": ActId, "draft": ActId, "order": ActId}
"""What may stand in a path, by its name there."""

_WORDS = {
    400: "What was sent is not what it claims to be",
    403: "No officer's token, or not allowed",
    404: "Not here",
    405: "This path is called otherwise",
    410: "Destroyed with its case",
    413: "Too large, or of unknown length",
    500: "Something nobody expected; what was asked may have been done",
    503: "Cannot be done now; asking again is safe",
    507: "No room",
}

Schema = dict[str, Any]


def document(routes: Sequence[Route], version: str) -> Schema:
    """The whole document, ready to be encoded as JSON."""
    shapes = [shape for route in routes for shape in _shapes(route)]
    schemas, components = msgspec.json.schema_components(
        [*shapes, ErrorAnswer, RefusalAnswer], ref_template="#/components/schemas/{name}"
    )
    by_shape = dict(zip(map(repr, shapes), schemas, strict=False))
    paths: dict[str, Schema] = {}
    for route in routes:
        operations = paths.setdefault("/" + _PARAMETER.sub(r"{\1}", route.path), {})
        operations[route.method.lower()] = _operation(route, by_shape, components)
    found: Schema = _ecma(
        {
            "openapi": "3.1.0",
            "info": {"title": "Comity node", "version": version, "license": {"name": "Apache-2.0"}},
            "security": [{"officer": []}],
            "paths": paths,
            "components": {
                "schemas": components,
                "responses": dict(_errors()),
                "securitySchemes": {"officer": {"type": "http", "scheme": "bearer"}},
            },
        }
    )
    return found


def _shapes(route: Route) -> Iterator[Any]:
    """Every type that a route speaks of."""
    yield from (route.takes, route.asks)
    if route.gives is not None:
        yield route.gives
    yield from (_NAMES[name] for name in _PARAMETER.findall(route.path))


def _operation(route: Route, schemas: Mapping[str, Any], components: Mapping[str, Any]) -> Schema:
    words = _PARAMETER.sub(r"by-\1", route.path).strip("/").replace("/", "-")
    operation: Schema = {
        "operationId": f"{route.method.lower()}-{words}",
        "summary": route.summary,
        "parameters": [
            *(_in_path(name, schemas[repr(_NAMES[name])]) for name in _PARAMETER.findall(route.path)),
            *_in_query(schemas[repr(route.asks)], components),
            *_in_header(route, schemas),
        ],
        "responses": {
            "200": _success(route, schemas),
            str(REFUSED): {
                "description": "Refused, with all reasons",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RefusalAnswer"}}},
            },
            **{name: {"$ref": f"#/components/responses/{name}"} for name, _ in _errors()},
        },
    }
    if route.is_streamed:
        operation["requestBody"] = {"required": True, "content": {BYTES: _bytes_of(BYTES)}}
    elif route.takes is not Nothing:
        body = {"application/json": {"schema": schemas[repr(route.takes)]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(schema: Schema, components: Mapping[str, Any]) -> Iterator[Schema]:
    """One parameter for each field of the shape that a query is read as."""
    asked = components[schema["$ref"].rpartition("/")[2]]
    for name, about in asked["properties"].items():
        described = {key: value for key, value in about.items() if key != "description"}
        yield {
            "name": name,
            "in": "query",
            "required": name in asked.get("required", ()),
            "description": about.get("description", f"only of this {name}"),
            "schema": described,
        }


def _in_header(route: Route, schemas: Mapping[str, Any]) -> Iterator[Schema]:
    """The command of a route whose body is bytes."""
    if route.is_streamed:
        content = {"application/json": {"schema": schemas[repr(route.takes)]}}
        yield {"name": COMMAND, "in": "header", "required": True, "content": content}


def _success(route: Route, schemas: Mapping[str, Any]) -> Schema:
    if route.gives is not None:
        content: Schema = {"application/json": {"schema": schemas[repr(route.gives)]}}
    else:
        content = {route.media: _bytes_of(route.media)}
    headers = {
        name: {"description": words, "required": True, "schema": {"type": "string"}}
        for name, words in route.headers.items()
    }
    return {"description": "Done", "content": content, **({"headers": headers} if headers else {})}


def _bytes_of(media: str) -> Schema:
    return {"schema": {"type": "string", "contentMediaType": media}}


def _errors() -> Iterator[tuple[str, Schema]]:
    """One answer for each status that an error has, with the codes that come under it."""
    for status, words in _WORDS.items():
        codes = [str(code) for code in ErrorCode if STATUS.get(code, BAD_REQUEST) == status]
        narrowed = {"properties": {"code": {"enum": codes}}}
        schema = {"allOf": [{"$ref": "#/components/schemas/ErrorAnswer"}, narrowed]}
        yield str(status), {"description": words, "content": {"application/json": {"schema": schema}}}


def _ecma(value: Any) -> Any:
    """The same with patterns as JSON Schema reads them: for ECMA-262 the end of a text is `$` itself."""
    if isinstance(value, dict):
        return {
            key: each.replace(r"\Z", "$") if key == "pattern" and isinstance(each, str) else _ecma(each)
            for key, each in value.items()
        }
    return [_ecma(each) for each in value] if isinstance(value, list | tuple) else value
