"""The verifier runs where nothing but the base install is: no node, no database driver, no web framework."""

import json
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from comity.trust.anchors import write_anchor

ROOT = Path(__file__).parents[2]

OURS = ["law", "cases", "exchange", "safeguards", "casework", "adapters", "bootstrap", "config"]

RUN = """
import json, sys
blocked = set(json.loads(sys.argv[1]))

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in blocked or name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is not in the base install", name=name)
        return None

sys.meta_path.insert(0, Blocker())
import typer
from comity.entrypoints.verify.command import verify
sys.argv = ["verify", *sys.argv[2:]]
typer.run(verify)
"""


def base_install():
    """Distributions that the project's base dependencies bring, by normalised name, markers of this machine applied."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found, queue = set(), [Requirement(line) for line in declared]
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if (name, *sorted(extras)) in found:
            continue
        found.add((name, *sorted(extras)))
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                queue.append(needed)
    return {name for name, *_ in found}


def blocked_names():
    """Every module that the base install does not bring, and our packages above the verifier."""
    base = base_install()
    modules = metadata.packages_distributions().items()
    return [
        *(module for module, brought_by in modules if base.isdisjoint(map(canonicalize_name, brought_by))),
        *(f"comity.{package}" for package in OURS),
    ]


def test_it_runs_with_nothing_importable_but_the_base_install(workshop, tmp_path):
    (tmp_path / "dossier.zip").write_bytes(workshop.dossier)
    (tmp_path / "trust.json").write_bytes(write_anchor(workshop.federation.anchor()))
    blocked = [name for name in blocked_names() if name != "comity"]
    assert {"django", "psycopg", "typst", "cedarpy", "comity.casework"} <= set(blocked)
    arguments = [str(tmp_path / "dossier.zip"), "--trust", str(tmp_path / "trust.json")]
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(blocked), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().splitlines()[-1].startswith("verdict: valid")


def test_the_blocker_blocks():
    done = subprocess.run(
        [sys.executable, "-c", RUN.replace("import typer\n", "import django\n"), json.dumps(["django"]), "x.zip"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "django is not in the base install" in done.stderr
