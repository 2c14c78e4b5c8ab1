"""`comity approvals …`: what was approved in your name."""

import typer

from comity.entrypoints.cli.client_options import AsJson, Most, TokenFile, Url, client

app = typer.Typer(no_args_is_help=True)


@app.callback()
def approvals() -> None:
    """See what was approved in your name: an approval that you do not know tells of a stolen key."""


@app.command("mine")
def mine(*, url: Url, token_file: TokenFile, limit: Most = 100, json: AsJson = False) -> None:
    """List what your own credentials approved at this node, newest first."""
    from comity.casework.desk.approvals import ApprovalPage
    from comity.entrypoints.cli.desk_pages import lines_of, print_approvals
    from comity.entrypoints.cli.pages import print_json

    found = lines_of(client(url, token_file).pages(ApprovalPage, "approvals"), limit)
    print_json(found) if json else print_approvals(found)
