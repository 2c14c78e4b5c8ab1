"""`comity verify` as one of the commands: handed on whole to the verifier, which is loaded only then."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command(
    "verify",
    rich_help_panel="For everyone",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
def verify(arguments: Annotated[list[str] | None, typer.Argument(metavar="DOSSIER [--trust FILE]")] = None) -> None:
    """Check a dossier in numbered steps and say whether it can be relied on. Needs no node, database or network."""
    from comity.entrypoints.verify.command import verify as judge

    alone = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    alone.command()(judge)
    alone(args=arguments or ["--help"], prog_name="comity verify")
