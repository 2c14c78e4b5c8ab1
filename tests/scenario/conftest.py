"""One federation of four real nodes for all tests of this folder, a hostile peer, and a census of what each node holds.

The federation is founded once (about ten seconds); tests use cases of their own and move its clock forward only. Tests are
no packages, so the modules beside this file are loaded by their place.
"""

import contextlib
import hashlib
import importlib.util
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import psycopg
import pytest

from comity.acts.payload import Payload, write_payload
from comity.acts.seal_format import SealedAct
from comity.entrypoints.demo import federation as founding
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, OFFICERS, PROVIDER, PT
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.officers import Client, NodeRefusedError
from comity.trust.directory_format import DatedCertificate
from comity.trust.keys import SealKey, seal_certificate
from comity.vocabulary.wire import b64url, tagged_hash

DISK = 160 << 20
"""Bytes of the file system that the provider's evidence lies on, where one can be mounted."""


def _beside(name: str) -> ModuleType:
    place = Path(__file__).parent.joinpath(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"scenario_{place.stem}", place)
    assert spec is not None
    assert spec.loader is not None
    if spec.name not in sys.modules:
        sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules[spec.name]


hostile_peer: Any = _beside("hostile_peer")
openapi_answers: Any = _beside("../openapi_answers")
census_of: Any = _beside("census")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A line for every test, whatever is captured: some of them take a while."""
    if Path(__file__).parent in item.path.parents:
        plugins = item.config.pluginmanager
        with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
            plugins.get_plugin("terminalreporter").write_line(f"  scenario: {item.name}")


@pytest.fixture(scope="session")
def expired_key() -> SealKey:
    """A seal key of pt that the founding directory lists, and whose time has passed."""
    seed, now = tagged_hash("expired key of a test"), datetime.now(UTC)
    der = seal_certificate(
        seed, PT, not_before=now - timedelta(days=30), not_after=now - timedelta(days=1), serial=4711
    )
    return SealKey(seed, der)


@pytest.fixture(scope="session")
def federation(tmp_path_factory: pytest.TempPathFactory, expired_key: SealKey) -> Iterator[Federation]:
    """Four nodes that answer. The provider's evidence lies on a small file system of its own, if this user may mount one."""
    folder = tmp_path_factory.mktemp("federation") / "nodes"
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as cleaning:
        publish = founding._publish

        def with_expired_key(to: Path, entries: list[Any], now: datetime) -> None:
            listed = DatedCertificate(
                der=b64url(expired_key.certificate),
                valid_from=now - timedelta(days=30),
                valid_until=now - timedelta(days=1),
            )
            publish(to, [_with_certificate(entry, listed) if entry.id == PT else entry for entry in entries], now)

        patch.setattr(founding, "_publish", with_expired_key)
        # Stopped before the file system under it is taken away.
        started = Federation.found(folder)
        cleaning.callback(lambda: _unmount(folder / PROVIDER / "evidence"))
        cleaning.enter_context(started)
        _mount(folder / PROVIDER / "evidence")
        started.start()
        _hand_out_tokens(started)
        _hold_against_the_document(started, patch)
        yield started


@pytest.fixture(scope="session")
def new_tokens(federation: Federation) -> Callable[[str], None]:
    """Gives the officers of one node tokens that count, whatever became of those they had."""
    return lambda authority: _hand_out_tokens(federation, [authority])


def _hand_out_tokens(federation: Federation, authorities: Collection[str] = tuple(OFFICERS)) -> None:
    """Every officer's token, written into the nodes' databases: fourteen runs of `comity node token` take a minute."""
    for authority, officers in OFFICERS.items():
        if authority not in authorities:
            continue
        with psycopg.connect(federation.endpoints[authority].database) as connection:
            for officer in officers:
                token = secrets.token_urlsafe(32)
                hashed = hashlib.sha256(token.encode()).digest()
                connection.execute(
                    "INSERT INTO comity_officertoken (token_hash, officer, made_at, expires_at)"
                    " VALUES (%s, %s, now(), now() + interval '10 years')",
                    [hashed, officer],
                )
                path = federation.folder / "officers" / f"{officer}.token"
                path.touch(mode=0o600)
                path.write_text(token)


def _hold_against_the_document(federation: Federation, patch: pytest.MonkeyPatch) -> None:
    """Every answer that an officer of these tests gets is as the OpenAPI document of the nodes says."""
    document = openapi_answers.Document(Client(federation.endpoints[PT].url, "").call("GET", "/api/openapi.json")[0])
    call = Client.call

    def checked(self: Client, method: str, path: str, body: object = None) -> Any:
        try:
            content, headers = call(self, method, path, body)
        except NodeRefusedError as refused:
            raw = msgspec.json.encode(refused.answer)
            said = {"Content-Type": "application/json"}
            _require_like(document.unlike(method, path, refused.status, said, raw))
            raise
        _require_like(document.unlike(method, path, HTTPStatus.OK, dict(headers), content))
        return content, headers

    patch.setattr(Client, "call", checked)


def _require_like(faults: list[str]) -> None:
    assert faults == []


def _with_certificate(entry: Any, listed: DatedCertificate) -> Any:
    return msgspec.structs.replace(entry, seal_certificates=(listed, *entry.seal_certificates))


def _mount(place: Path) -> None:
    place.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        options = f"size={DISK},mode=0700"
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=False, capture_output=True)


def _unmount(place: Path) -> None:
    if place.is_mount():
        subprocess.run(["/bin/umount", "--lazy", place], check=True)


@pytest.fixture(scope="session")
def census(federation: Federation) -> Iterator[Any]:
    """Counts what the nodes hold, and checks them."""
    counting = census_of.Census(federation)
    yield counting
    counting.close()


@pytest.fixture(scope="session")
def as_node(federation: Federation) -> Callable[[str], Any]:
    """A hostile peer with the keys of that node. All know the same of agreement keys that were rotated."""
    agreement: dict[str, bytes] = {}
    return lambda name: hostile_peer.HostilePeer(federation, name, agreement)


@dataclass
class Requests:
    """Makes preservation requests of pt to de as they ought to be, for tests to spoil."""

    peer: Any

    def payload(self, **changes: Any) -> Payload:
        """A complete request, under a case of its own."""
        words = {"instrument": play.BUDAPEST, "to": [DE], "author": ("pt.silva", "contact-point"), **changes}
        made: Payload = self.peer.payload(words.pop("body", play.preservation()), **words)
        return made

    def sealed(self, payload: Payload | bytes | None = None, **seal: Any) -> SealedAct:
        """The request with a second officer's approval, sealed by pt's key."""
        data = write_payload(payload or self.payload()) if not isinstance(payload, bytes) else payload
        approval = self.peer.approval(data, "pt.costa", "contact-point")
        made: SealedAct = self.peer.seal(data, [approval], **seal)
        return made


@pytest.fixture(scope="session")
def pt(as_node: Callable[[str], Any]) -> Any:
    """pt without its manners."""
    return as_node(PT)


@pytest.fixture(scope="session")
def requests(pt: Any) -> Requests:
    """Well-made requests of pt to de."""
    return Requests(pt)


@pytest.fixture
def de_goes_on(pt: Any, requests: Requests, census: Any) -> Iterator[None]:
    """After the test, de takes a sound request, gives one receipt for it, and passes the check of a whole node.

    What other tests sent by pt's own node has arrived before, so that nothing else is counted.
    """
    hostile_peer.eventually(lambda: not census.on_its_way(PT, DE), "what was sent before has arrived")
    yield
    act = requests.sealed()
    name = hostile_peer.named(act)
    with census.adds(**{DE: [name]}):
        said = pt.send(DE, act)
        assert said.receipted == (name,)
    census.assert_sound(DE)
