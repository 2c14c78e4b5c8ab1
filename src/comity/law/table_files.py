"""TOML files of tables: parsed, and what is wrong with one told by file, line as near as TOML allows, and reason."""

import re
import tomllib
from typing import TypeVar

from msgspec import Struct

from comity.law.positions import line_of
from comity.law.shapes import Fault, read_table

T = TypeVar("T", bound=Struct)

_AT_LINE = re.compile(r"\(at line (\d+),")


class Problem(Struct, frozen=True):
    """One thing wrong with one file."""

    file: str
    line: int
    reason: str

    def in_words(self) -> str:
        """E.g. `here.toml:12: the file has no measure 'x'`."""
        return f"{self.file}:{self.line}: {self.reason}"


def parse_file(file: str, data: bytes) -> dict[str, object] | Problem:
    """The file's tree, or why it has none: it is not UTF-8, or not TOML."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Problem(file, data.count(b"\n", 0, error.start) + 1, "the file is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.search(str(error))
        return Problem(file, int(match[1]) if match else data.count(b"\n") + 1, f"not TOML: {error}")


def read_file(shape: type[T], file: str, data: bytes) -> T | tuple[Problem, ...]:
    """The file as that struct, or everything that is wrong with it."""
    tree = parse_file(file, data)
    if isinstance(tree, Problem):
        return (tree,)
    found = read_table(shape, tree)
    return tuple(problem_at(file, data, fault) for fault in found) if isinstance(found, tuple) else found


def problem_at(file: str, data: bytes, fault: Fault) -> Problem:
    """The fault, at its line of the file."""
    where, reason = fault
    way = ".".join(str(part) for part in where if isinstance(part, str))
    return Problem(file, line_of(data.decode("utf-8", errors="replace"), where), f"{way}: {reason}" if way else reason)
