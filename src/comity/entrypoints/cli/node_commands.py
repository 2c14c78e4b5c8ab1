"""`comity node …`: make a node, and run it."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.log_lines import log_to_stderr

app = typer.Typer(no_args_is_help=True, help="Make a node and run it.")

Folder = Annotated[Path, typer.Argument(help="The node's folder.", envvar="COMITY_NODE", show_default=False)]


@app.command("serve")
def serve(
    folder: Folder,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="Whether this process also delivers, checkpoints and watches clocks; by default as the settings say.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve officers and other nodes until SIGTERM.

    A node whose database is `embedded` starts its own PostgreSQL in its folder, and stops it at the end.
    """
    from comity.entrypoints.cli.node_processes import serve_node

    log_to_stderr()
    serve_node(folder, with_worker=worker)


@app.command("worker")
def work(folder: Folder) -> None:
    """Deliver, checkpoint and watch clocks until SIGTERM; any number of workers may run beside `serve --no-worker`."""
    from comity.entrypoints.cli.node_processes import work_for_node

    log_to_stderr()
    work_for_node(folder)


@app.command("token")
def token(
    folder: Folder,
    officer: Annotated[str, typer.Argument(help="The officer, as the directory lists them.", show_default=False)],
) -> None:
    """Print a new token with which an officer's programs call the node; it is shown once and kept as a hash."""
    from comity.entrypoints.cli.node_processes import new_token

    typer.echo(new_token(folder, officer))
