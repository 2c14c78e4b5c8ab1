"""The page in a real browser, and the federation of tests/dossier with every dossier judged twice: by Python and by the page.

The tests here need a Chromium; without one they are skipped and say so.
"""

import importlib.util
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from comity.entrypoints.demo.chromium import CHECK, READ, Browser, find
from comity.evidence.browser.page import verifier_page, worker_script
from comity.evidence.checks.verdicts import Report
from comity.evidence.dossier.words import plain
from comity.trust.anchors import TrustAnchor, write_anchor

TESTS = Path(__file__).resolve().parents[1]


def loaded(path: Path) -> ModuleType:
    """A module by its place: tests are not packages."""
    name = f"browser_{path.parent.name}_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_dossier: Any = loaded(TESTS / "dossier/conftest.py")


@dataclass
class Page:
    """The page, as a reader uses it: files are chosen, the button is pressed, the result is read from what is shown."""

    browser: Any
    folder: Path
    anchor: bytes | None = None
    written: int = 0

    def check(self, dossier: bytes | Path, anchor: TrustAnchor | bytes | None) -> dict[str, Any]:
        """What the page shows after checking."""
        path = dossier
        if isinstance(path, bytes):
            # A name of its own each time: a browser takes a file of the same name for the one it knows.
            path = self._fresh("dossier", ".zip", path)
        self.browser.choose("#dossier", path)
        self._trust(write_anchor(anchor) if isinstance(anchor, TrustAnchor) else anchor)
        self.browser.run(CHECK)
        return dict(self.browser.run(READ))

    def _trust(self, anchor: bytes | None) -> None:
        if anchor == self.anchor:
            return
        self.anchor = anchor
        self.browser.choose("#anchor", *([] if anchor is None else [self._fresh("trust", ".json", anchor)]))

    def _fresh(self, name: str, suffix: str, data: bytes) -> Path:
        for old in self.folder.glob(f"{name}-*{suffix}"):
            old.unlink()
        self.written += 1
        path = self.folder / f"{name}-{self.written}{suffix}"
        path.write_bytes(data)
        return path

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.browser.run(expression)

    def reopen(self) -> None:
        """The page as it is when it has just been opened."""
        self.anchor = None
        self.browser.open(self.folder / "verify.html")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    program = find()
    if program is None:
        pytest.skip("no Chromium on this machine: the page is not tried in a browser")
    made = Browser(program, tmp_path_factory.mktemp("profile"))  # one that is there and does not start is a failure
    yield made
    made.close()


@pytest.fixture(scope="session")
def page(browser, tmp_path_factory) -> Page:
    folder = tmp_path_factory.mktemp("page")
    (folder / "verify.html").write_bytes(verifier_page())
    opened = Page(browser, folder)
    opened.reopen()
    return opened


def require_same(shown: dict[str, Any], report: Report) -> None:
    """The page shows what Python reports: the verdict, the check that decided, and every check's outcome, words and file."""
    assert shown["state"] == "done", shown["meaning"]
    expected = [
        {
            "number": check.number,
            "name": check.name,
            "outcome": check.outcome.value,
            "what": plain(f"{check.what[:1].upper()}{check.what[1:].removesuffix('.')}") + ".",
            "file": plain(check.file),
        }
        for check in report.checks
    ]
    assert shown["checks"] == expected
    assert shown["verdict"] == report.verdict.value
    decided = re.match(r"decided by check (\d+) ", shown["meaning"])
    assert (int(decided[1]) if decided else None) == report.decided_by


def judged_twice(page: Page) -> type:
    """The federation of tests/dossier whose every verification is done by the page too, and has to come out the same."""

    class JudgedTwice(_dossier.Federation):  # type: ignore[misc, name-defined]
        def verify(self, dossier: bytes, anchor: TrustAnchor | None = None) -> Report:
            report = super().verify(dossier, anchor)
            require_same(page.check(dossier, anchor or self.anchor()), report)
            return report

    return JudgedTwice


@pytest.fixture(scope="session")
def make_workshop(page):
    federation_kind = judged_twice(page)

    class Workshop(_dossier.Workshop):  # type: ignore[misc, name-defined]
        new_federation = staticmethod(federation_kind)

    def made(federation: Any, exhibits: Any = None) -> Any:
        acts = _dossier.played(federation, exhibits=exhibits)
        dossier = federation.dossier()
        return Workshop(federation, acts, dossier, _dossier.unpacked(dossier))

    made.federation = federation_kind  # type: ignore[attr-defined]
    return made


@pytest.fixture(scope="session")
def workshop(make_workshop):
    return make_workshop(make_workshop.federation())


_MODULES = (
    "bytes",
    "sha256",
    "crc32",
    "json",
    "values",
    "rules",
    "merkle",
    "certificates",
    "grades",
    "instants",
    "stamps",
    "verdicts",
)
_LATIN = "const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));"


@pytest.fixture(scope="module")
def lab(page) -> Callable[[str, object], Any]:
    """Runs an expression over the modules of the checks; `given` in it is the value passed, bytes as base64."""
    body = worker_script().removeprefix('"use strict";\n(() => {\n').removesuffix("})();\n")
    body = body.replace("self.onmessage", "const unused")
    names = ", ".join(f"{name}_js" for name in _MODULES)
    page.reopen()
    page.run(f"window.lab = (() => {{ {_LATIN}\n{body}\nreturn {{ bytesOf, {names} }}; }})(); 0")

    def run(expression: str, given: object = None) -> Any:
        take = f"const {{ bytesOf, {names} }} = window.lab; const given = {json.dumps(given)};"
        return page.run(f"(async () => {{ {take} return ({expression}); }})()")

    return run


@pytest.fixture
def module_beside():
    """Another module of the tests, by its place under `tests`."""
    return lambda place: loaded(TESTS / place)


def quoted(text: str) -> str:
    """Text as a literal of JavaScript."""
    return json.dumps(text)
