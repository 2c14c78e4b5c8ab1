"""Servers of the tests' own on free ports, with and without TLS."""

import contextlib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.entrypoints.api.lengths import StatedLengths
from comity.entrypoints.streams import STREAMS
from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.gate import Room
from comity.entrypoints.web.server import GatedServer, LanePlan


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Starts a server of an application and names its port; all of them are stopped afterwards."""
    with contextlib.ExitStack() as cleaning:

        def start(
            application: Any, room: Room, pace: Pace, lanes: tuple[LanePlan, ...], tls: tuple[Path, Path] | None
        ) -> int:
            stated = StatedLengths(application, room.body, (f"/{STREAMS}",))
            server = GatedServer(("127.0.0.1", 0), stated, room=room, pace=pace, lanes=lanes)
            if tls is not None:
                server.secure(*tls)
            server.prepare()
            serving = threading.Thread(target=server.serve)
            serving.start()
            cleaning.callback(serving.join, 10)
            cleaning.callback(server.stop)
            return int(server.bind_addr[1])

        yield start


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, *words], check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """What a client of such a server trusts."""
    context = ssl.create_default_context(cafile=str(certificate[0]))
    context.check_hostname = False
    return context
