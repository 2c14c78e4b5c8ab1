"""`comity consult`, `comity export`, `comity review`, `comity readings`: looking, taking a case out, and overseeing."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import (
    AsJson,
    Case,
    Exhibit,
    Item,
    Most,
    Office,
    Purpose,
    Reasons,
    TokenFile,
    Url,
    client,
)

app = typer.Typer()

PANEL = "For officers (through their node)"
STDOUT = "-"


@app.command("consult", rich_help_panel=PANEL)
def consult(
    case: Case,
    exhibit: Exhibit,
    item: Item,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    to: Annotated[
        str,
        typer.Option(
            help="The file to write, which must not exist; `-` for standard output.", metavar="FILE", show_default=False
        ),
    ],
    reasons: Reasons = "",
) -> None:
    """Open one item of an exhibit for a stated purpose. That you looked is an act in the ledger, and may be told."""
    from comity.casework.custody.consult import OpenItem
    from comity.entrypoints.cli.receiving import ACT, SUPPLIER_TOLD, receive
    from comity.entrypoints.cli.telling import tell_done

    command = OpenItem(case, exhibit, item, office, purpose, reasons)
    said = receive(client(url, token_file), "openings", command, None if to == STDOUT else Path(to))
    told = "; the supplier is told" if said.get(SUPPLIER_TOLD) == "true" else ""
    tell_done(f"opened, on record as act {said.get(ACT)}{told}")


@app.command("export", rich_help_panel=PANEL)
def export(
    case: Case,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    to: Annotated[
        Path,
        typer.Option(help="The file to write, which must not exist.", show_default=False),
    ],
    purpose: Annotated[str, typer.Option(help="For whom the dossier is, in words.", show_default=False)],
    for_state: Annotated[
        str, typer.Option(help="The State whose courts it is for: what they want is looked at.", show_default=False)
    ] = "",
    despite_gaps: Annotated[bool, typer.Option("--despite-gaps", help="Accept what those courts would miss.")] = False,
    json: AsJson = False,
) -> None:
    """Export a case as a dossier: one file that proves itself to whoever holds a trust anchor (comity verify)."""
    from comity.casework.dossier.export import ExportCase
    from comity.entrypoints.cli.pages import print_json, say
    from comity.entrypoints.cli.receiving import ACT, DIGEST, LEFT_OUT, receive

    command = ExportCase(case, office, purpose, for_state, despite_gaps)
    said = receive(client(url, token_file), "exports", command, to)
    out = int(said.get(LEFT_OUT) or 0)
    if json:
        print_json({"act": said.get(ACT), "digest": said.get(DIGEST), "path": str(to), "left_out": out})
        return
    say(f"dossier  {to}", f"digest   {said.get(DIGEST)}  (of what it holds)", f"act      {said.get(ACT)}")
    if out:
        say(f"left out {out:,} exhibits; the act names each with its reason: comity case read {said.get(ACT)}")
    say("")
    say("Next: check it as its reader will:", f"  comity verify {to} --trust trust.json")


@app.command("review", rich_help_panel=PANEL)
def review(
    authority: Annotated[str, typer.Argument(help="Whose ledger, by name in the directory.", show_default=False)],
    mark: Annotated[
        str, typer.Argument(help="The mark of the acts to be shown, e.g. without-validation.", show_default=False)
    ],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    json: AsJson = False,
) -> None:
    """For oversight: ask an authority to open every class of its witnessed ledger, and to show the acts with a mark.

    The answer and its finding follow as acts: see `comity case list`.
    """
    from comity.casework.desk.review import ReviewOrder
    from comity.entrypoints.cli.filing import file_and_tell

    file_and_tell(client(url, token_file), "reviews", ReviewOrder(authority, mark, office), "asked", json=json)


@app.command("readings", rich_help_panel=PANEL)
def readings(
    *,
    url: Url,
    token_file: TokenFile,
    case: Annotated[str, typer.Option("--case", help="Only of this case.", show_default=False)] = "",
    officer: Annotated[str, typer.Option("--officer", help="Only by this officer.", show_default=False)] = "",
    limit: Most = 100,
    json: AsJson = False,
) -> None:
    """For inspectors: list who read what of cases at this node, newest first. Openings of items are acts of their case."""
    from comity.casework.bench.readings import ReadingPage
    from comity.entrypoints.cli.desk_pages import lines_of, print_readings
    from comity.entrypoints.cli.pages import print_json

    query = {name: value for name, value in (("case", case), ("officer", officer)) if value}
    found = lines_of(client(url, token_file).pages(ReadingPage, "readings", query=query), limit)
    print_json(found) if json else print_readings(found)
