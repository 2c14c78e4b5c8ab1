"""`comity node …`: make a node, list others to it, and run it."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.log_lines import log_to_stderr
from comity.entrypoints.cli.node_options import (
    AuthorityName,
    Checkpoints,
    Country,
    Credential,
    Endpoint,
    Folder,
    Host,
    Intake,
    Kind,
    Language,
    Name,
    Officers,
    Offices,
    Port,
    Rehearsal,
    Threshold,
    Witnesses,
    Zone,
)

app = typer.Typer(no_args_is_help=True, help="Make a node and run it.")

MAKING, RUNNING, MENDING = "Make", "Run", "Mend"


@app.command("init", rich_help_panel=MAKING)
def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make; it must not exist.", show_default=False)],
    *,
    authority: AuthorityName,
    name: Name,
    country: Country,
    kind: Kind,
    zone: Zone,
    language: Language,
    port: Port = 8443,
    host: Host = "127.0.0.1",
    endpoint: Endpoint = "",
    intake: Intake = None,
    office: Offices = None,
    officer: Officers = None,
    credential: Credential = None,
    witness: Witnesses = None,
    threshold: Threshold = 0,
    checkpoint_seconds: Checkpoints = 60,
    rehearsal: Rehearsal = False,
) -> None:
    """Make a node: its keys, its settings, and the entry that the directory's keeper lists it with."""
    from comity.bootstrap.founding import NodePlan
    from comity.entrypoints.cli.node_making import OWN_INTAKE, make
    from comity.entrypoints.cli.node_plans import staff_of
    from comity.entrypoints.cli.node_words import told_of_new_node
    from comity.trust.directory_format import AuthorityKind

    staff = staff_of(office or (), officer or (), credential or ())
    plan = NodePlan(
        authority=authority,
        name=name,
        country=country,
        kind=AuthorityKind(kind.value),
        zone=zone,
        languages=tuple(language),
        port=port,
        host=host,
        endpoint=endpoint,
        intake_folders=tuple(str(each.absolute()) for each in intake) if intake else (OWN_INTAKE,),
        offices=staff.offices,
        officers=staff.officers,
        witnesses=tuple(witness or ()),
        threshold=threshold,
        checkpoint_seconds=checkpoint_seconds,
        rehearsal=rehearsal,
    )
    typer.echo(told_of_new_node(make(folder, plan, staff), [each.id for each in staff.officers]))


@app.command("directory", rich_help_panel=MAKING)
def directory(
    folder: Folder,
    published: Annotated[
        Path, typer.Argument(help="The published directory: a folder with metadata/ and targets/.", show_default=False)
    ],
    *,
    root: Annotated[
        Path | None,
        typer.Option(
            help="The root.json to pin the first time. Compare its digest with the keeper over another channel.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take a directory version into use, verified from the pinned root on, and name it in the ledger."""
    from comity.entrypoints.cli.node_directory import take_into_use
    from comity.entrypoints.cli.node_words import told_of_directory

    typer.echo(told_of_directory(folder, take_into_use(folder, published, root)))


@app.command("entry", rich_help_panel=MAKING)
def entry(folder: Folder) -> None:
    """Print the node's entry for the directory as it is now, with every key rotated since: for its keeper's next version."""
    from comity.entrypoints.cli.node_processes import present_entry

    typer.echo(present_entry(folder).decode())


@app.command("token", rich_help_panel=MAKING)
def token(
    folder: Folder,
    officer: Annotated[str, typer.Argument(help="The officer, as the directory lists them.", show_default=False)],
    *,
    hours: Annotated[
        float | None, typer.Option(help="For how long; at most, and by default, the setting token_hours.", min=0.01)
    ] = None,
) -> None:
    """Print a new token with which an officer's programs call the node; it is shown once, kept as a hash, and ends by itself."""
    from comity.entrypoints.cli.node_tokens import new_token
    from comity.entrypoints.cli.telling import tell_done

    issued = new_token(folder, officer, hours)
    typer.echo(issued.token)
    tell_done(f"counts until {issued.until:%Y-%m-%d %H:%M:%S UTC}")


@app.command("serve", rich_help_panel=RUNNING)
def serve(
    folder: Folder,
    *,
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

    A node whose database is `embedded` starts its own PostgreSQL in its folder; the last process to leave stops it.
    """
    from comity.entrypoints.cli.node_processes import serve_node

    log_to_stderr()
    serve_node(folder, with_worker=worker)


@app.command("worker", rich_help_panel=RUNNING)
def work(folder: Folder) -> None:
    """Deliver, checkpoint and watch clocks until SIGTERM; any number of workers may run beside `serve --no-worker`."""
    from comity.entrypoints.cli.node_processes import work_for_node

    log_to_stderr()
    work_for_node(folder)


@app.command("revoke", rich_help_panel=MENDING)
def revoke(
    folder: Folder,
    officer: Annotated[str, typer.Argument(help="Whose tokens; also somebody the directory no longer lists.")] = "",
    *,
    everybody: Annotated[bool, typer.Option("--all", help="The tokens of all officers of this node.")] = False,
) -> None:
    """Revoke an officer's tokens, or everybody's: from now on they open nothing. Their approvals need their passkeys anyhow."""
    from comity.entrypoints.cli.node_tokens import revoked

    if bool(officer) == everybody:
        raise typer.BadParameter("name an officer, or give --all")
    typer.echo(f"{revoked(folder, officer or None)} tokens revoked")


@app.command("recover", rich_help_panel=MENDING)
def recover(folder: Folder) -> None:
    """After a restored backup: bridge the gap to what witnesses saw, by an act that everyone is told of."""
    from comity.entrypoints.cli.node_mending import recover_node

    recover_node(folder, typer.echo)


@app.command("tidy", rich_help_panel=MENDING)
def tidy(folder: Folder) -> None:
    """Finish disposals that were cut short, and remove from the evidence store what nothing refers to.

    A worker does the same by itself, in two looks with a while between them; this is for a node whose processes are stopped.
    """
    from comity.entrypoints.operations.tidy import tidy_folder

    if tidy_folder(folder, typer.echo).waits:
        raise typer.Exit(1)
