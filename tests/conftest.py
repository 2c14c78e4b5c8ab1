"""One real PostgreSQL for all tests of a run, and Django over one database of it after another."""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from hypothesis import HealthCheck, settings

from comity.adapters.postgres.embedded import EmbeddedCluster, temporary_cluster

# A busy machine is slow in all it does, and no property is about that. In CI, hypothesis sees to it by itself.
if settings.get_current_profile_name() == "default":
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


@pytest.fixture
def poppler() -> Callable[[str], str]:
    """Where a program of poppler is; without it the test is skipped, saying what to install."""

    def find(program: str) -> str:
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"{program} is not here: apt-get install poppler-utils")
        return found

    return find


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedCluster]:
    with temporary_cluster() as running:
        yield running


@contextlib.contextmanager
def _django_over(url: str) -> Iterator[None]:
    from django.conf import empty, settings
    from django.db import connections

    from comity.adapters.postgres.settings import configure

    def forget() -> None:
        connections.close_all()
        connections.__dict__.pop("settings", None)
        connections._settings = None
        if hasattr(connections._connections, "default"):
            del connections["default"]

    before, settings._wrapped = settings._wrapped, empty
    if before is not empty:
        forget()
    configure(url)
    try:
        yield
    finally:
        forget()
        settings._wrapped = before


@pytest.fixture(scope="session")
def django_over() -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """Django over a database, and afterwards as it was found: a process has one database, a test run has several."""
    return _django_over


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def bucket_server():
    """The server's address. It keeps what it is given until it ends, and lists it in pages of five."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": "5"},
    ) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{address}/moto-api/data.json")
            yield address
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            urllib3.request("GET", url, timeout=30, retries=False)
            return
        time.sleep(0.1)
    raise TimeoutError(f"nobody answers at {url}")


@pytest.fixture(scope="session")
def wires():
    """The module beside this file: faulty wires to a server. Tests are no packages."""
    spec = importlib.util.spec_from_file_location("faulty_wire", Path(__file__).with_name("faulty_wire.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["faulty_wire"] = module  # its dataclasses look there for their types
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def wire(wires, bucket_server):
    """Between a client and the bucket's server."""
    wire = wires.FaultyWire(bucket_server)
    yield wire
    wire.close()
