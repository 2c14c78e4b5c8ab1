"""Holds answers of a node against its OpenAPI document: status, media type, headers, and the part of JSON Schema it uses."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

TEMPLATE = re.compile(r"\{\w+\}")


class Document:
    """A node's document, as it serves it."""

    def __init__(self, content: bytes) -> None:
        self.whole = json.loads(content)
        self.components = self.whole["components"]["schemas"]
        self._paths = {
            re.compile(TEMPLATE.sub("[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))): path
            for path in sorted(self.whole["paths"], key=lambda path: path.count("{"))
        }

    def operations(self) -> list[tuple[str, str, dict]]:
        """Path, method and operation of every route."""
        return [(path, method, one) for path, each in self.whole["paths"].items() for method, one in each.items()]

    def template(self, path: str) -> str | None:
        """The path of the document that this one is of."""
        bare = path.partition("?")[0]
        return next((each for found, each in self._paths.items() if found.fullmatch(bare)), None)

    def unlike(self, method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> list[str]:
        """What of the answer is not as the document says."""
        template = self.template(path)
        operation = self.whole["paths"].get(template, {}).get(method.lower())
        if operation is None:
            return [f"{method} {path} is not in the document"]
        said = operation["responses"].get(str(status))
        if said is None:
            return [f"{method} {template}: status {status} is not in the document"]
        if "$ref" in said:
            said = self.whole["components"]["responses"][said["$ref"].rpartition("/")[2]]
        ((media, about),) = said["content"].items()
        named = {name.lower(): value for name, value in headers.items()}
        found = [f"the header {name} is missing" for name in said.get("headers", {}) if name.lower() not in named]
        if named.get("content-type", "").partition(";")[0] != media:
            found.append(f"{named.get('content-type')} is not {media}")
        elif media == "application/json":
            found += misfits(json.loads(content), about["schema"], self.components)
        return [f"{method} {template} {status}: {each}" for each in found]


def misfits(value: object, schema: dict, components: dict, place: str = "$") -> list[str]:
    """What of the value does not fit the schema: the part of JSON Schema 2020-12 that our document uses."""
    if "$ref" in schema:
        return misfits(value, components[schema["$ref"].rpartition("/")[2]], components, place)
    if "anyOf" in schema:
        each = [misfits(value, one, components, place) for one in schema["anyOf"]]
        return [] if any(not found for found in each) else min(each, key=len)
    found = [fault for one in schema.get("allOf", ()) for fault in misfits(value, one, components, place)]
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        found.append(f"{place}: {value!r} is not {schema.get('enum', schema.get('const'))}")
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return [*found, f"{place}: {type(value).__name__} is not {kinds}"]
    return found + _inside(value, schema, components, place)


def _inside(value: object, schema: dict, components: dict, place: str) -> list[str]:
    if isinstance(value, str):
        return _text(value, schema, place)
    if isinstance(value, dict):
        return _object(value, schema, components, place)
    found = []
    for number, one in enumerate(value if isinstance(value, list) else ()):
        before = schema.get("prefixItems", [])
        shape = before[number] if number < len(before) else schema.get("items", {})
        found += misfits(one, shape, components, f"{place}[{number}]") if isinstance(shape, dict) else []
    return found


def _object(value: dict, schema: dict, components: dict, place: str) -> list[str]:
    known = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    found = [f"{place}: {name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, one in value.items():
        shape = known.get(name, more)
        if shape is False:
            found.append(f"{place}: {name} is not expected")
        elif isinstance(shape, dict):
            found += misfits(one, shape, components, f"{place}.{name}")
    # msgspec leaves additional fields open; an answer has none that the document does not name.
    if schema.get("type") == "object" and known and more is True:
        found += [f"{place}: {name} is not in the document" for name in value if name not in known]
    return found


def _text(value: str, schema: dict, place: str) -> list[str]:
    found = []
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{place}: {value!r} does not match {schema['pattern']}")
    if schema.get("format") == "date-time":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            found.append(f"{place}: {value!r} is no instant")
    return found


def _is(value: object, kind: str) -> bool:
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": dict, "boolean": bool, "null": type(None)}[kind])
