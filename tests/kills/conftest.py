"""One long-lived federation of real processes, and what kills them.

`--kills N` (as `make kills N=200` gives it) asks for so many kills at random instants, `--kills-seed` for the same ones
again.
"""

import importlib.util
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

A_HANDFUL = 12


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kills")
    group.addoption("--kills", type=int, default=A_HANDFUL, help="kills at random instants")
    group.addoption("--kills-seed", type=int, default=None, help="the seed of an earlier run")


def beside(name: str) -> ModuleType:
    """A module of this folder: tests are not packages, so it is loaded by its place."""
    known = sys.modules.get(f"kills_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"kills_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"kills_{name}"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def kills(request: pytest.FixtureRequest) -> int:
    """How many at random instants. The option is only known when this folder was named on the command line."""
    return int(request.config.getoption("--kills", default=A_HANDFUL))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--kills-seed", default=None)
    return secrets.randbits(32) if given is None else int(given)


@pytest.fixture(scope="session")
def assault(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[object]:
    """The federation, up, with every officer's token made; all of it is stopped at the end."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def write(line: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(line)
            sys.stderr.flush()

    with beside("assault").besieged(tmp_path_factory.mktemp("kills"), write) as made:
        yield made


@pytest.fixture(scope="session")
def inspection() -> ModuleType:
    return beside("inspection")


@pytest.fixture(scope="session")
def blow() -> type:
    return beside("assault").Blow  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def targets() -> tuple[str, ...]:
    return beside("assault").TARGETS  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def death() -> type:
    return beside("assault").Death  # type: ignore[no-any-return]
