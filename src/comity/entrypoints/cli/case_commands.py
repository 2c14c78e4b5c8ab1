"""`comity case …`: read cases, write acts, approve them. Everything goes through the node's HTTP API."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import Act, AsJson, Case, Most, Office, TokenFile, Url, client

app = typer.Typer(
    no_args_is_help=True,
    help="Work on cases: read, draft, approve, hold, hand over. Calls a node as one officer (--url, --token-file).",
)

READ, WRITE = "Read", "Write and approve acts"

DraftFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The act, as TOML or as JSON (*.json). `comity case example` prints one to begin with.",
        show_default=False,
    ),
]
InCase = Annotated[
    str, typer.Option("--case", help="The case it belongs to; a new one is opened without.", show_default=False)
]
To = Annotated[list[str] | None, typer.Option("--to", help="Whom it goes to; may be repeated.", show_default=False)]
Re = Annotated[
    list[str] | None,
    typer.Option("--re", help="The act it answers; further ones are related acts.", show_default=False),
]


@app.command("list", rich_help_panel=READ)
def list_cases(*, url: Url, token_file: TokenFile, limit: Most = 0, json: AsJson = False) -> None:
    """List this node's cases that you may read, newest change first."""
    from comity.casework.desk.casebook import CasePage
    from comity.entrypoints.cli.desk_pages import lines_of
    from comity.entrypoints.cli.pages import print_cases, print_json

    found = lines_of(client(url, token_file).pages(CasePage, "cases"), limit)
    print_json(found) if json else print_cases(found)


@app.command("show", rich_help_panel=READ)
def show(case: Case, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """Show a case: its timeline, matters, holds, exhibits and clocks."""
    from comity.casework.desk.casebook import CaseFile
    from comity.entrypoints.cli.pages import print_case, print_json

    found = client(url, token_file).get(CaseFile, "cases", case)
    print_json(found) if json else print_case(found)


@app.command("clocks", rich_help_panel=READ)
def clocks(case: Case, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """Show a case's legal clocks, each with how its end was counted."""
    from comity.casework.desk.casebook import CaseFile
    from comity.entrypoints.cli.pages import print_clocks, print_json

    found = client(url, token_file).get(CaseFile, "cases", case).clocks
    print_json(found) if json else print_clocks(found, traced=True)


@app.command("read", rich_help_panel=READ)
def read(act: Act, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """Read one act in full."""
    from comity.casework.desk.casebook import ActText
    from comity.entrypoints.cli.pages import print_act, print_json

    found = client(url, token_file).get(ActText, "acts", act)
    print_json(found) if json else print_act(found)


@app.command("search", rich_help_panel=READ)
def search(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="email, phone, ipv4, ipv6, account, imei, mac or ip-range.", show_default=False
        ),
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The identifier.", show_default=False)],
    *,
    url: Url,
    token_file: TokenFile,
    limit: Most = 0,
    json: AsJson = False,
) -> None:
    """Find the cases with an act aimed at an identifier. That you searched is on record, not what you searched for."""
    from comity.entrypoints.cli.desk_pages import cases_found
    from comity.entrypoints.cli.pages import print_json, say

    found = cases_found(client(url, token_file), kind, value, limit)
    print_json(found) if json else say(*(found or ("no case is aimed at that",)))


@app.command("example", rich_help_panel=WRITE)
def example(
    act_type: Annotated[
        str, typer.Argument(metavar="[TYPE]", help="An act's type; without it all types are listed.")
    ] = "",
) -> None:
    """Print an act to begin a draft with: `comity case example preservation-requested > request.toml`."""
    from comity.entrypoints.cli.act_examples import example_of, listed_types

    typer.echo(example_of(act_type) if act_type else "\n".join(listed_types()), nl=not act_type)


@app.command("draft", rich_help_panel=WRITE)
def draft(
    file: DraftFile,
    *,
    url: Url,
    token_file: TokenFile,
    case: InCase = "",
    to: To = None,
    re: Re = None,
    json: AsJson = False,
) -> None:
    """Draft an act that another officer must approve. What it lacks is listed whole, each with the article (exit code 3)."""
    from comity.casework.desk.draft import Drafted
    from comity.entrypoints.cli.draft_files import read_draft
    from comity.entrypoints.cli.pages import print_drafted, print_json

    found = client(url, token_file).post(Drafted, "drafts", read_draft(file, case=case, to=to, re=re))
    print_json(found) if json else print_drafted(found)


@app.command("approve", rich_help_panel=WRITE)
def approve(
    draft_id: Annotated[str, typer.Argument(metavar="DRAFT", help="The draft's id.", show_default=False)],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    assertion: Annotated[
        Path | None,
        typer.Option(help="JSON of your passkey's assertion over the draft's challenge.", show_default=False),
    ] = None,
    officer: Annotated[
        str, typer.Option(help="You, as the directory lists you; needed with --assertion.", show_default=False)
    ] = "",
    unsafe_software_key: Annotated[
        Path | None,
        typer.Option(help="UNSAFE, for rehearsals: a software authenticator's file.", show_default=False),
    ] = None,
    enclose: Annotated[
        list[str] | None, typer.Option(help="An act of others to send along as evidence.", show_default=False)
    ] = None,
    json: AsJson = False,
) -> None:
    """Approve a draft with your passkey. The node then seals it, enters it in its ledger and sends it."""
    from comity.entrypoints.cli.approving import approval_from, approve_draft
    from comity.entrypoints.cli.pages import print_approved, print_json

    approval = approval_from(
        draft_id, office=office, officer=officer, assertion=assertion, software_key=unsafe_software_key
    )
    found = approve_draft(client(url, token_file), draft_id, approval, enclose or ())
    print_json(found) if json else print_approved(found)


@app.command("file", rich_help_panel=WRITE)
def file_act(
    file: DraftFile,
    *,
    url: Url,
    token_file: TokenFile,
    case: InCase = "",
    to: To = None,
    re: Re = None,
    enclose: Annotated[
        list[str] | None, typer.Option(help="An act of others to send along as evidence.", show_default=False)
    ] = None,
    json: AsJson = False,
) -> None:
    """File an act that needs no second officer, such as a confirmation: sealed and sent at once."""
    from comity.entrypoints.cli.draft_files import read_draft
    from comity.entrypoints.cli.filing import file_and_tell

    command = read_draft(file, case=case, to=to, re=re, enclosing=enclose)
    file_and_tell(client(url, token_file), "acts", command, "act", json=json)
