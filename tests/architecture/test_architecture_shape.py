"""Files, functions and branches stay small enough to read; there is no list of exceptions."""

import ast
import re
import subprocess
import sys

LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 60
BRANCHES = 8
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "data", "stuff", "base"}
REASONED = re.compile(r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)*\s+[-#(]\s*\w+")


def test_no_file_is_longer_than_one_can_hold_in_mind(everything) -> None:
    lengths = {source.place: source.text.count("\n") for source in everything}
    assert {place: length for place, length in lengths.items() if length > LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_screen(everything) -> None:
    long = {
        f"{source.place}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for source in everything
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_no_function_has_more_branches_than_eight_whatever_a_comment_says(root) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore-noqa", "--no-cache", "--select", "C901"]
    limit = ["--config", f"lint.mccabe.max-complexity={BRANCHES}", "--output-format", "concise"]
    done = subprocess.run(
        [*ruff, *limit, "src", "tests", "tools"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_a_package_runs_nothing(sources) -> None:
    assert [each.place for each in sources if each.path.name == "__init__.py" and each.text.strip()] == []


def test_no_file_has_a_name_that_says_nothing(sources) -> None:
    assert [source.place for source in sources if VAGUE & set(source.path.stem.split("_"))] == []


def test_every_rule_set_aside_says_why(everything) -> None:
    bare = [
        f"{source.place}:{number}"
        for source in everything
        if not source.place.startswith("tests/")
        for number, line in enumerate(source.text.splitlines(), 1)
        if "# noqa" in line and not REASONED.search(line)
    ]
    assert bare == []
