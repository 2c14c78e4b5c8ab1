"""Every Python file of ours, read and parsed once."""

import ast
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ("exchange", "safeguards", "cases", "evidence", "forms", "law", "trust", "ledger", "acts", "vocabulary")


@dataclass(frozen=True)
class Source:
    """One file: where it is, its text, its tree."""

    path: Path

    @property
    def place(self) -> str:
        """As it is named in a finding."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    @property
    def package(self) -> str:
        """The layer it belongs to: `trust` for src/comity/trust/keys.py."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return parts[2] if parts[:2] == ("src", "comity") and len(parts) > 2 else ""


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sources() -> Sequence[Source]:
    """The package itself, what Django writes (migrations) left out."""
    found = sorted((ROOT / "src").rglob("*.py"))
    return [Source(path) for path in found if path.parent.name != "migrations"]


@pytest.fixture(scope="session")
def core(sources) -> Sequence[Source]:
    """What must be pure: from `exchange` down."""
    return [source for source in sources if source.package in CORE]


@pytest.fixture(scope="session")
def everything(sources) -> Sequence[Source]:
    """The package, its tests and its tools."""
    return [*sources, *(Source(path) for part in ("tests", "tools") for path in sorted((ROOT / part).rglob("*.py")))]


@pytest.fixture(scope="session")
def tracked() -> Sequence[Path]:
    """Every file that a clone would hold; outside a clone (an unpacked release), every file that is not made here."""
    git = shutil.which("git")
    listed = git and subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if not listed or listed.returncode:
        made = {
            ".venv",
            "demo",
            "dist",
            "__pycache__",
            ".git",
            ".mypy_cache",
            ".ruff_cache",
            ".pytest_cache",
            ".hypothesis",
        }
        return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
