"""The real node of a test behind its own web server on a free port, and officers who call it."""

import dataclasses
import http.client
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256

from comity.acts import bodies as b
from comity.casework.desk.draft import Drafted, WriteAct, draft
from comity.casework.ports.access import OfficerRef
from comity.entrypoints.demo.federation import free_ports
from comity.entrypoints.demo.officers import Client
from comity.entrypoints.demo.play import preservation
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
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with suppress(OSError):
                if self.call("GET", "/health")[0] == 200:
                    return
            time.sleep(0.05)
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


def said(content: bytes) -> dict:
    found = json.loads(content)
    return found if isinstance(found, dict) else {"list": found}


def refuse(world, case: str = "f1" * 16) -> Drafted:
    """A refusal of a request of `pt`, drafted by lee."""
    request = world.deliver_to_us("pt", case, preservation(), approver="pt.costa")
    body = b.RequestRefused("political-offence", "The account is that of a newspaper.")
    lee = OfficerRef("provider.lee", "provider", {"provider-desk": OfficeKind.PROVIDER_DESK})
    found = draft(world.node.bench, lee, WriteAct("CETS185", body, "provider-desk", case, ("pt",), (request,)))
    assert isinstance(found, Drafted), found
    return found
