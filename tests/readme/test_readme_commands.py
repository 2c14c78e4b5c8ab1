"""The README's commands are run as a newcomer runs them: in a fresh folder with an environment of its own, as written."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"^    ((?:make|\.venv/bin/comity) [^#\n]*[^#\s])", re.MULTILINE)
NOT_TRACKED = shutil.ignore_patterns(".git", ".venv", "demo", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info")
STEP_SHOWN, STEP_PROMISED = r"^ ?(\d+)\. +[A-Z]", r"^(\d+)\. \*\*"
ONE_TEST = "tests/vocabulary"
LIMIT_SECONDS = 900


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Path]:
    """What a checkout has, and nothing that was made in it. `src/comity/entrypoints/demo` is no output of a demo.

    Not under the folder of this test run: another run's start takes that away from the account of the database.
    """
    with tempfile.TemporaryDirectory(prefix="comity-newcomer-") as home:
        place = Path(home) / "comity"
        (Path(home) / "tmp").mkdir()
        shutil.copytree(
            ROOT, place, ignore=lambda at, names: NOT_TRACKED(at, names) if Path(at) == ROOT else kept(names)
        )
        yield place


def kept(names: list[str]) -> set[str]:
    return {each for each in names if each == "__pycache__"}


def run(command: str, place: Path, **settings: str) -> str:
    """What it says; it must succeed. Of the surroundings nothing is passed on that a test run may have added.

    A test run started here has a place of its own for its files.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("COMITY_", "PYTEST_", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        shlex.split(command),
        cwd=place,
        env=inherited | {"TMPDIR": str(place.parent / "tmp")} | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"
    return done.stdout


def test_the_commands_of_the_readme_do_what_it_says_in_a_fresh_folder(readme, newcomer):
    demo, test, verify = COMMAND.findall(readme)
    assert (demo, test) == ("make demo", "make test")
    said = run(demo, newcomer)
    assert "Done: every step went as it must." in said
    assert re.findall(STEP_SHOWN, said, re.MULTILINE) == re.findall(STEP_PROMISED, readme, re.MULTILINE)
    assert "verdict: valid" in run(verify, newcomer)
    spoiled = bytearray((newcomer / "demo" / "dossier.zip").read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    (newcomer / "demo" / "dossier.zip").write_bytes(spoiled)
    with pytest.raises(AssertionError, match="verdict: invalid"):
        run(verify, newcomer)
    assert " passed" in run(test, newcomer, ARGS=ONE_TEST)
