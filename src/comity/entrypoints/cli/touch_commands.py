"""The commands of `comity case` by which evidence leaves its holder otherwise than by a hand-over."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Exhibit, Item, Office, Reasons, TokenFile, Url, client

app = typer.Typer()

PANEL = "Evidence"


@app.command("copy", rich_help_panel=PANEL)
def copy(
    case: Case,
    exhibit: Exhibit,
    item: Item,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Annotated[
        str,
        typer.Option(
            help="What for, by a code of the instrument. Without one that the case covers you are refused, and the refusal "
            "is recorded.",
            show_default=False,
        ),
    ],
    medium: Annotated[str, typer.Option(help="What it is written to, e.g. a disk by its number.", show_default=False)],
    holder: Annotated[str, typer.Option("--for", help="Who answers for the copy from now on.", show_default=False)],
    to: Annotated[
        Path, typer.Option(help="The file to write, which must not exist.", metavar="FILE", show_default=False)
    ],
    reasons: Reasons = "",
) -> None:
    """Give a copy of one item out. Opening and copying are acts, with the copy's hash and who answers for it."""
    from comity.casework.copy_out import CopyItem
    from comity.entrypoints.cli.receiving import ACT, DIGEST, receive
    from comity.entrypoints.cli.telling import tell_done

    command = CopyItem(case, exhibit, item, office, medium, holder, purpose, reasons)
    said = receive(client(url, token_file), "item-copies", command, to)
    tell_done(f"copied, on record as act {said.get(ACT)}, SHA-256 {said.get(DIGEST)}")


@app.command("return", rich_help_panel=PANEL)
def give_back(
    case: Case,
    exhibit: Exhibit,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    reason: Annotated[str, typer.Option(help="Why, by a code, e.g. no-longer-needed.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Give an exhibit back to whom it came from. What is kept of it here is destroyed; a legal hold stands against that."""
    from comity.casework.give_back import ReturnExhibit
    from comity.entrypoints.cli.answers import Filed
    from comity.entrypoints.cli.pages import print_json, say

    found = client(url, token_file).post(Filed, "exhibit-returns", ReturnExhibit(case, exhibit, office, reason))
    print_json(found) if json else say(f"returned  {found.act}")
