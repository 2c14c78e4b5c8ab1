"""Writes `requirements/*.txt` from `uv.lock`, for machines that have pip and no uv: `python tools/requirements.py`.

Four sets, each with the hashes of every file that may be installed and none with the address of an index: an office may
keep its own. `base` is the verifier, `node` adds what a node needs, `dev` what tests and checks need, and `build` builds
the package itself. `tests/architecture/test_requirements.py` reads the lock again and fails when they differ.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "base": ("--no-default-groups",),
    "node": ("--no-default-groups", "--extra", "node"),
    "dev": ("--extra", "node", "--group", "dev"),
    "build": ("--only-group", "build"),
}
OPTIONS = ("--locked", "--quiet", "--no-header", "--no-annotate", "--no-emit-project", "--format", "requirements.txt")
HEAD = "# Made by tools/requirements.py from uv.lock; not edited by hand.\n"


def exported(uv: str, choice: tuple[str, ...]) -> str:
    """One set as pip reads it; ends the program when the lock does not fit pyproject.toml."""
    done = subprocess.run([uv, "export", *OPTIONS, *choice], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"uv could not export the lock:\n{done.stderr}\nAfter a change of dependencies, run `uv lock` first.")
    return HEAD + done.stdout


if __name__ == "__main__":
    program = shutil.which("uv")
    if program is None:
        sys.exit("uv was not found: only it reads and writes uv.lock. Install uv, then run this again.")
    for name, choice in SETS.items():
        page = ROOT / "requirements" / f"{name}.txt"
        page.write_text(exported(program, choice), "utf-8")
        print(f"wrote {page.relative_to(ROOT)}")
