"""Where in a TOML text a value stands, as near as can be told without a parser that keeps positions.

Instrument files are flat lists of tables, so a line is found by counting headers: the n-th `[[require]]`, and below it
the key. Rows of an inline list (`rows = [` with one table a line) are found by counting lines that open a table.
"""

import re
from itertools import islice

Where = tuple[str | int, ...]
"""The way to a value: table names, positions in lists, keys."""

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$")


def line_of(text: str, where: Where) -> int:
    """The line (from 1) of the value, or of the nearest table around it, or 1."""
    lines = text.splitlines()
    first, end, rest = _table(lines, where)
    for part in rest:
        found = _key(lines, first, end, part) if isinstance(part, str) else _row(lines, first, end, part)
        if found is None:
            break
        first = found
    return first + 1


def _table(lines: list[str], where: Where) -> tuple[int, int, Where]:
    """First line and end of the table, and what of the way is left inside it."""
    headers = [(number, match[1]) for number, line in enumerate(lines) if (match := _HEADER.match(line))]
    for name, position, rest in _candidates(where):
        found = next(islice((number for number, header in headers if header == name), position, None), None)
        if found is not None:
            return found, next((number for number, _ in headers if number > found), len(lines)), rest
    return 0, len(lines), where


def _candidates(where: Where) -> tuple[tuple[str, int, Where], ...]:
    """The headers a way may begin with, the narrowest first."""
    match where:
        case (str(table), int(position), *rest):
            return ((table, position, tuple(rest)),)
        case (str(table), str(inner), *rest):
            return ((f"{table}.{inner}", 0, tuple(rest)), (table, 0, where[1:]))
        case (str(table),):
            return ((table, 0, ()),)
        case _:
            return ()


def _key(lines: list[str], first: int, end: int, key: str) -> int | None:
    pattern = re.compile(rf'(^|[{{,])\s*"?{re.escape(key)}"?\s*=')
    return next((number for number in range(first, end) if pattern.search(lines[number])), None)


def _row(lines: list[str], first: int, end: int, position: int) -> int | None:
    rows = (number for number in range(first, end) if lines[number].lstrip().startswith("{"))
    return next(islice(rows, position, None), None)
