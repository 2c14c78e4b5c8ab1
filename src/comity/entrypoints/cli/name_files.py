"""Files that list names of items, a name on each line."""

from pathlib import Path
from typing import Annotated

import typer

NamesFile = Annotated[
    Path | None,
    typer.Option("--names-from", help="A file with a name on each line.", exists=True, dir_okay=False),
]


def names_in(path: Path | None) -> tuple[str, ...]:
    """The names, whose lines end at line feeds alone: other ends of lines may stand in names. None without a file."""
    lines = path.read_text("utf-8").split("\n") if path else []
    return tuple(line.removesuffix("\r") for line in lines if line.strip())
