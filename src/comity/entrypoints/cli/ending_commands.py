"""The commands of `comity case` that end one: closing it, and destroying what it says."""

from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Office, TokenFile, Url, client

app = typer.Typer()

END = "The case's end"


@app.command("close", rich_help_panel=END)
def close(
    case: Case,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    reason: Annotated[str, typer.Option(help="Why nothing more will happen in it.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Close a case: nothing new happens in it any more, and what is in it stays until it is disposed of."""
    from comity.casework.custody.dispose import CloseCase
    from comity.entrypoints.cli.filing import file_and_tell

    file_and_tell(client(url, token_file), "closings", CloseCase(case, office, reason), "closed", json=json)


@app.command("dispose", rich_help_panel=END)
def dispose(
    case: Case,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    rule: Annotated[str, typer.Option(help="The rule that demands or allows it.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; there is no way back.")] = False,
    json: AsJson = False,
) -> None:
    """Destroy what a closed case says: keys, rows and objects. Prints the certificate, which stays in the ledger."""
    from comity.casework.custody.dispose import DisposeCase, Disposed
    from comity.entrypoints.cli.pages import print_json, say

    if not yes:
        typer.confirm(f"Destroy everything case {case} says? There is no way back.", abort=True, err=True)
    found = client(url, token_file).post(Disposed, "disposals", DisposeCase(case, office, rule))
    if not json:
        say(f"disposed of; the certificate is act {found.act}")
    print_json(found if json else found.certificate)
