"""The documents tell the truth: commands exist, links lead somewhere, settings are all there, decisions say what they cost."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

ONE_SCREEN = 60
ONE_PAGE = 75
HALF_A_PAGE = 45
MAKE_IN_CODE = re.compile(r"(?:`|^    )make ([a-z][a-z-]*)([^`\n#]*)", re.MULTILINE)
COMMAND = re.compile(r"(?:`|^    (?:\.venv/bin/)?)comity ([a-z]+)(?: ([a-z]+)(?=[` ]))?", re.MULTILINE)
NAMED_MODULE = re.compile(r"`(comity(?:\.\w+){2,})")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
PARTS_OF_A_DECISION = ("**Chosen.**", "**Why.**", "**Given up.**", "**Look again when**")


@pytest.fixture(scope="module")
def pages(root):
    """Every document, by its place."""
    found = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in sorted(found)}


def test_the_commands_of_the_readme_can_be_planned(root, pages) -> None:
    """Every one, in dry form; `tests/readme` runs them as written."""
    make = shutil.which("make")
    assert make, "make is needed"
    planned = {target for target, _ in MAKE_IN_CODE.findall(pages["README.md"])}
    assert {"demo", "test"} <= planned
    for target in sorted(planned):
        done = subprocess.run([make, "-n", target], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "tools/setup_environment.py" in done.stdout


def test_the_demo_passes_its_settings_on(root) -> None:
    make = shutil.which("make")
    assert make, "make is needed"
    given = [make, "-n", "demo", "EVIDENCE=/some folder", "SERVE=1"]
    planned = subprocess.run(given, cwd=root, capture_output=True, text=True, check=True).stdout
    assert '-m comity.entrypoints.demo --evidence "/some folder" --serve' in planned


def test_every_make_target_in_a_document_exists(root, pages) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {(place, target) for place, page in pages.items() for target, _ in MAKE_IN_CODE.findall(page)}
    assert {pair for pair in named if pair[1] not in targets} == set()


def test_every_make_target_is_explained(root) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    assert [line for line in makefile.splitlines() if re.match(r"[a-z-]+:", line) and " ## " not in line] == []


def test_every_comity_command_in_a_document_exists(pages) -> None:
    from comity.entrypoints.cli.main import app

    group = typer.main.get_command(app)
    commands = group.commands
    missing = set()
    for place, page in pages.items():
        for first, second in COMMAND.findall(page):
            found = commands.get(first)
            inner = getattr(found, "commands", None)
            if found is None or (second and inner is not None and second not in inner):
                missing.add((place, f"comity {first} {second}".strip()))
    assert missing == set()


def test_every_link_leads_somewhere(root, pages) -> None:
    broken = [
        f"{place}: {target}"
        for place, page in pages.items()
        for target in LINK.findall(page)
        if not target.startswith("https://") and not (root / place).parent.joinpath(target).exists()
    ]
    assert broken == []


def test_the_page_of_settings_is_that_of_the_code(root, pages) -> None:
    page = runpy.run_path(str(root / "tools" / "settings_doc.py"))["page"]
    assert pages["docs/settings.md"] == page(), "run `python tools/settings_doc.py`"


def test_every_example_of_a_module_in_the_architecture_exists(root, pages) -> None:
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)+\.py)`", pages["docs/architecture.md"])
    package = root / "src" / "comity"
    assert [name for name in named if not (package / name).exists() and not (root / name).exists()] == []


def test_every_module_that_a_text_names_exists(root) -> None:
    texts = [*(root / "src").rglob("*"), *(root / "docs").rglob("*.md"), *(root / "tests").rglob("*.py")]
    unknown = [
        f"{text.relative_to(root)}: {name}"
        for text in sorted(texts)
        if text.suffix in {".py", ".js", ".typ", ".md", ".cedar"}
        for name in NAMED_MODULE.findall(text.read_text("utf-8"))
        if not _is_module(root / "src", name.split("."))
    ]
    assert unknown == []


def _is_module(place: Path, parts: list[str]) -> bool:
    """Whether the name leads to a package, or to a module and perhaps something in it."""
    for part in parts:
        if (place / f"{part}.py").is_file():
            return True
        place /= part
    return place.is_dir()


def test_pages_keep_their_length(pages) -> None:
    assert pages["README.md"].count("\n") <= ONE_SCREEN
    assert pages["docs/architecture.md"].count("\n") <= ONE_PAGE


def test_every_decision_says_what_it_costs_and_when_to_look_again(pages) -> None:
    decisions = {place: page for place, page in pages.items() if place.startswith("docs/decisions/")}
    numbers = [int(place.rpartition("/")[2][:4]) for place in decisions]
    assert numbers == list(range(1, len(numbers) + 1))
    for place, page in decisions.items():
        assert page.startswith(f"# {int(place.rpartition('/')[2][:4])}. "), place
        assert [part for part in PARTS_OF_A_DECISION if part not in page] == [], place
        assert page.count("\n") <= HALF_A_PAGE, place
