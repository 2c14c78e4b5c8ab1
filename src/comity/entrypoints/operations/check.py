"""`comity check FOLDER`: the invariants of one whole node, told by number."""

from collections.abc import Callable
from pathlib import Path

from comity.bootstrap.database import node_database
from comity.bootstrap.running import books, open_node
from comity.casework.upkeep.check import check
from comity.casework.upkeep.check_findings import CheckResult
from comity.config import load_settings

Tell = Callable[[str], None]
"""Says a line to whoever started the command."""


def check_folder(folder: Path, *, deep: bool, tell: Tell = print) -> bool:
    """Checks the node in that folder, running or not; whether every invariant holds."""
    settings = load_settings(folder)
    with node_database(settings) as url:
        node = open_node(settings, url)
        results = check(node.bench, books(node), deep=deep)
    for line in in_lines(results):
        tell(line)
    return all(each.ok for each in results)


def in_lines(results: tuple[CheckResult, ...]) -> list[str]:
    """The results as lines of text: one for each check, its problems indented below."""
    lines = []
    for each in results:
        lines.append(f"{each.number:>2} {'ok' if each.ok else 'NO'}  {each.name}: {each.counted} looked at")
        lines += [f"       {problem}" for problem in each.problems]
    return lines
