"""`comity law clocks`, `diff` and `cases`: limits reckoned, versions of the law compared, golden cases run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson
from comity.entrypoints.cli.law_options import At, Case, KeptVersion, NodeToken, NodeUrl, Own

app = typer.Typer()


@app.command("clocks")
def clocks(
    file: Annotated[
        Path | None, typer.Argument(help="File of what happened (TOML); see --example.", show_default=False)
    ] = None,
    *,
    case: Case = "",
    at: At = None,
    law: KeptVersion = "",
    example: Annotated[bool, typer.Option("--example", help="Print a file to begin with.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Without how each end was counted.")] = False,
    url: NodeUrl = "",
    token_file: NodeToken = None,
    own: Own = None,
    json: AsJson = False,
) -> None:
    """Show every limit that what happened has set going: where it stands, when it ends at both ends, how that was counted.

    Example: comity law clocks --example > facts.toml; comity law clocks facts.toml
    """
    from comity.entrypoints.cli.law_docket_pages import print_docket
    from comity.entrypoints.cli.law_dockets import EXAMPLE, ask_docket
    from comity.entrypoints.cli.pages import print_json

    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    found = ask_docket(file, case, at.replace(tzinfo=UTC) if at else None, own, node=(url, token_file), law=law)
    print_json(found) if json else print_docket(found, traced=not brief)


@app.command("diff")
def diff(
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="packaged, node, a kept version, or a folder of files.", show_default=False),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="As OLD.", show_default=False)],
    *,
    facts: Annotated[
        list[Path] | None,
        typer.Option("--facts", help="A case as a file of what happened; may be repeated.", show_default=False),
    ] = None,
    at: At = None,
    url: NodeUrl = "",
    token_file: NodeToken = None,
    json: AsJson = False,
) -> None:
    """Say what a new version of the law changes, rule by rule and in open cases clock by clock, before it is put in force.

    A folder is laid over the packaged law. `node` is the law in force at a node, and a digest (its first 8 digits will do) one that
    it keeps (comity law versions): with either, the open cases there are looked at.
    Example: comity law diff packaged ./our-law-2027 --facts case-12.toml
    """
    from comity.entrypoints.cli.law_versions import ask_changes, print_changes
    from comity.entrypoints.cli.pages import print_json

    instant = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    found = ask_changes(old, new, facts or (), instant, node=(url, token_file))
    print_json(found) if json else print_changes(found)


@app.command("versions")
def versions(*, url: NodeUrl = "", token_file: NodeToken = None, json: AsJson = False) -> None:
    """List the versions of the law that a node has had in force: it keeps them all, for the acts that were made under them.

    Example: comity law versions --url ... --token-file ...
    """
    from comity.entrypoints.cli.law_versions import ask_versions, print_versions
    from comity.entrypoints.cli.pages import print_json

    found = ask_versions((url, token_file))
    print_json(found) if json else print_versions(found)


@app.command("courts")
def courts(
    state: Annotated[
        str, typer.Argument(metavar="STATE", help="Two letters of ISO 3166, e.g. FR.", show_default=False)
    ],
    *,
    case: Case = "",
    url: NodeUrl = "",
    token_file: NodeToken = None,
    own: Own = None,
    json: AsJson = False,
) -> None:
    """Say what a State's courts want of evidence from abroad and what of it a dossier has; for a case, whether it may go there.

    Example: comity law courts FR --own our-law; comity law courts FR --case CASE --url ... --token-file ...
    """
    from comity.entrypoints.cli.law_court_pages import ask_courts, print_leaving
    from comity.entrypoints.cli.pages import print_json

    found = ask_courts(state, case, own, node=(url, token_file))
    print_json(found) if json else print_leaving(found)


@app.command("cases")
def cases(
    folder: Annotated[Path, typer.Argument(help="Folder of golden cases (*.toml).")] = Path("law/cases"),
    *,
    own: Own = None,
    verbose: Annotated[bool, typer.Option("--list", help="List the cases that hold as well.")] = False,
    json: AsJson = False,
) -> None:
    """Run golden cases: facts, a question and the answer a lawyer expects. Exit code 1 when one does not hold.

    Example: comity law cases our-cases --own our-law
    """
    from comity.entrypoints.cli.exits import ExitCode
    from comity.entrypoints.cli.law_versions import print_outcomes, run_folder
    from comity.entrypoints.cli.pages import print_json

    found = run_folder(folder, own)
    print_json(found) if json else print_outcomes(found, every=verbose)
    if not all(outcome.passed for outcome in found):
        raise typer.Exit(ExitCode.FAILED)
