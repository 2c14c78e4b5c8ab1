"""The commands of `comity case` that touch evidence: many items opened together, a copy given out, an exhibit given back."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import (
    AsJson,
    Case,
    Exhibit,
    Item,
    Office,
    Purpose,
    Reasons,
    TokenFile,
    Url,
    client,
)
from comity.entrypoints.cli.name_files import NamesFile, names_in

app = typer.Typer()

PANEL = "Evidence"


@app.command("open", rich_help_panel=PANEL)
def open_together(
    case: Case,
    exhibit: Exhibit,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    into: Annotated[Path, typer.Option(help="The folder to make and write to.", metavar="FOLDER", show_default=False)],
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="An item's name, or a folder's: all of it. May be given more than once."),
    ] = None,
    names_from: NamesFile = None,
    reasons: Reasons = "",
) -> None:
    """Open many items of an exhibit for one purpose, all or none. It is one act, which lists them and may be told."""
    from comity.casework.custody.consult import OpenItems
    from comity.entrypoints.cli.item_folder import chosen, receive_folder
    from comity.entrypoints.cli.pages import say
    from comity.entrypoints.cli.receiving import ACT, SUPPLIER_TOLD
    from comity.entrypoints.cli.telling import tell_done
    from comity.evidence.dossier.words import count

    names = (*(name or ()), *names_in(names_from))
    if not names:
        raise typer.BadParameter("name an item or a folder", param_hint="--name")
    node = client(url, token_file)
    lines = chosen(node, case, exhibit, names)
    command = OpenItems(case, exhibit, tuple(sorted(lines)), office, purpose, reasons)
    said, written = receive_folder(node, "joint-openings", command, lines, into)
    say(*(f"{file}  {line.descriptor.name}" for file, line in written.items()))
    told = "; the supplier is told" if said.get(SUPPLIER_TOLD) == "true" else ""
    tell_done(f"opened {count(len(written), 'item')}, on record as act {said.get(ACT)}{told}")


@app.command("copy", rich_help_panel=PANEL)
def copy(
    case: Case,
    exhibit: Exhibit,
    item: Item,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    medium: Annotated[str, typer.Option(help="What it is written to, e.g. a disk by its number.", show_default=False)],
    holder: Annotated[str, typer.Option("--for", help="Who answers for the copy from now on.", show_default=False)],
    to: Annotated[
        Path, typer.Option(help="The file to write, which must not exist.", metavar="FILE", show_default=False)
    ],
    reasons: Reasons = "",
) -> None:
    """Give a copy of one item out. Opening and copying are acts, with the copy's hash and who answers for it."""
    from comity.casework.custody.copy_out import CopyItem
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
    from comity.casework.custody.give_back import ReturnExhibit
    from comity.entrypoints.cli.filing import file_and_tell

    file_and_tell(
        client(url, token_file), "exhibit-returns", ReturnExhibit(case, exhibit, office, reason), "returned", json=json
    )
