"""The real node of a test behind its own web server on a free port, and officers who call it; and a small reader of JSON Schema."""

import dataclasses
import http.client
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256

from comity.acts import bodies as b
from comity.casework.access import OfficerRef
from comity.casework.draft import Drafted, WriteAct, draft
from comity.entrypoints.demo.federation import free_ports
from comity.entrypoints.demo.officers import Client
from comity.entrypoints.demo.play import _preservation
from comity.entrypoints.serving import server
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.wire import encode

LIFE = timedelta(hours=1)


@contextmanager
def serving(world) -> Iterator["Desk"]:
    """The node answers while this is open. Its threads end with the test, so that their connections must not outlast a request."""
    from django.db import connections

    lasting = connections.settings["default"]["CONN_MAX_AGE"]
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    (port,) = free_ports(1)
    node = world.node
    settings = node.settings.model_copy(update={"listen_port": port})
    web = server(dataclasses.replace(node, settings=settings))
    thread = threading.Thread(target=web.safe_start, daemon=True)
    thread.start()
    try:
        desk = Desk(world, port)
        desk.wait()
        yield desk
    finally:
        web.stop()
        thread.join(timeout=10)
        connections.settings["default"]["CONN_MAX_AGE"] = lasting


class Desk:
    """Where officers call."""

    def __init__(self, world, port: int) -> None:
        self.world = world
        self.port = port

    def wait(self) -> None:
        for _ in range(200):
            try:
                if self.call("GET", "/health")[0] == 200:
                    return
            except OSError:
                threading.Event().wait(0.05)
        raise RuntimeError("the node does not answer")

    def token(self, officer: str) -> str:
        token = secrets.token_urlsafe(32)
        now = self.world.now()
        self.world.node.records.officer_tokens.add(officer, sha256(token.encode()).hexdigest(), now, now + LIFE)
        return token

    def officer(self, name: str) -> Client:
        return Client(f"http://127.0.0.1:{self.port}", self.token(name))

    def call(self, method: str, path: str, body: object = None, token: str = "") -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body if isinstance(body, bytes) else None if body is None else encode(body)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.headers)
        finally:
            connection.close()


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


def said(content: bytes) -> dict:
    found = json.loads(content)
    return found if isinstance(found, dict) else {"list": found}


def refuse(world, case: str = "f1" * 16) -> Drafted:
    """A refusal of a request of `pt`, drafted by lee."""
    request = world.deliver_to_us("pt", case, _preservation(), approver="pt.costa")
    body = b.RequestRefused("political-offence", "The account is that of a newspaper.")
    lee = OfficerRef("provider.lee", "provider", {"provider-desk": OfficeKind.PROVIDER_DESK})
    found = draft(world.node.bench, lee, WriteAct("CETS185", body, "provider-desk", case, ("pt",), (request,)))
    assert isinstance(found, Drafted), found
    return found
