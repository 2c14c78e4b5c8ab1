"""`comity check`, `comity backup`, `comity restore`: an operator's care for one node."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.node_options import Folder

app = typer.Typer()

PANEL = "For operators (on the node's machine)"


@app.command("check", rich_help_panel=PANEL)
def check(
    folder: Folder,
    *,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep", help="Also verify every seal, approval, receipt and co-signature, and hash every object."
        ),
    ] = False,
) -> None:
    """Check the invariants of a whole node, running or not, in eleven numbered steps; exit code 1 when one does not hold."""
    from comity.entrypoints.operations.check import check_folder

    if not check_folder(folder, deep=deep, tell=typer.echo):
        raise typer.Exit(1)


@app.command("backup", rich_help_panel=PANEL)
def backup(
    folder: Folder,
    *,
    to: Annotated[Path, typer.Option(help="The place where backups are kept.", show_default=False, resolve_path=True)],
) -> None:
    """Copy everything a node keeps, but never a key: keys are backed up apart. The node may go on working."""
    from comity.entrypoints.operations.backup import back_up

    back_up(folder, to, typer.echo)


@app.command("restore", rich_help_panel=PANEL)
def restore(
    folder: Folder,
    *,
    source: Annotated[
        Path, typer.Option("--from", help="The place where backups are kept.", show_default=False, resolve_path=True)
    ],
    name: Annotated[str | None, typer.Option(help="Which backup; the newest without.", show_default=False)] = None,
) -> None:
    """Put a backup back. The node must be stopped; it signs nothing afterwards until `comity node recover`."""
    from comity.entrypoints.operations.restore import restore as put_back

    put_back(folder, source, name, typer.echo)
