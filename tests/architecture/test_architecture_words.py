"""What a clone holds names no machine it was made on and no package index, and promises nothing for later."""

import re
from pathlib import Path

# The lock names where each file was found, which uv needs and its users can override; everything else leaves the choice of
# an index to the machine.
LOCK = "uv.lock"
BINARY = {".png", ".zip", ".pdf", ".gz", ".der", ".age", ".woff2"}
MACHINES = re.compile(r"(?<![\w.])/(?:work|root|tmp/house|tmp/bash_jobs|opt/wheels|home/[a-z]+/\.)(?![\w-])")
INDEXES = re.compile(r"\b(?:files\.pythonhosted|pypi|test\.pypi|registry\.npmjs)\.org\b")
LATER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XXX|HA" + r"CK)\b")


def lines(root: Path, tracked):
    """Place and text of every line in every text file, this one left out."""
    for path in tracked:
        if path.suffix in BINARY or path.name == LOCK or path == Path(__file__):
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a vector that is broken on purpose
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{path.relative_to(root).as_posix()}:{number}", line


def test_no_file_names_the_machine_it_was_written_on(root, tracked) -> None:
    assert [f"{place} {line.strip()[:80]}" for place, line in lines(root, tracked) if MACHINES.search(line)] == []


def test_no_file_but_the_lock_names_a_package_index(root, tracked) -> None:
    assert [f"{place} {line.strip()[:80]}" for place, line in lines(root, tracked) if INDEXES.search(line)] == []


def test_nothing_is_left_for_later_in_a_comment(root, tracked) -> None:
    assert [f"{place} {line.strip()[:80]}" for place, line in lines(root, tracked) if LATER.search(line)] == []
