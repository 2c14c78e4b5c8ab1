"""The commands of `comity case` about drafts: which there are, what exactly would be approved, and discarding one."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Most, TokenFile, Url, client

app = typer.Typer()

PANEL = "Write and approve acts"

Draft = Annotated[str, typer.Argument(metavar="DRAFT", help="The draft's id.", show_default=False)]


@app.command("drafts", rich_help_panel=PANEL)
def drafts(*, url: Url, token_file: TokenFile, limit: Most = 0, json: AsJson = False) -> None:
    """List the drafts that you wrote or may approve, oldest first."""
    from comity.casework.desk.drafts import DraftPage
    from comity.entrypoints.cli.desk_pages import lines_of, print_drafts
    from comity.entrypoints.cli.pages import print_json

    found = lines_of(client(url, token_file).pages(DraftPage, "drafts"), limit)
    print_json(found) if json else print_drafts(found)


@app.command("read-draft", rich_help_panel=PANEL)
def read_draft(
    draft: Draft,
    *,
    url: Url,
    token_file: TokenFile,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the exact bytes, to a new file.", show_default=False),
    ] = None,
    json: AsJson = False,
) -> None:
    """Read exactly what would be approved. The bytes are hashed and read here, not by the node: what you see is what you sign."""
    from comity.casework.desk.drafts import DraftText
    from comity.entrypoints.cli.desk_pages import print_draft
    from comity.entrypoints.cli.draft_files import bytes_to_approve, write_new
    from comity.entrypoints.cli.pages import print_json

    found = client(url, token_file).get(DraftText, "drafts", draft)
    data = bytes_to_approve(found, draft)
    if to is not None:
        write_new(to, data)
    print_json(found) if json else print_draft(found, data)


@app.command("discard-draft", rich_help_panel=PANEL)
def discard_draft(draft: Draft, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """Discard a draft that you wrote or may approve: nobody can approve it any more. Who discarded it stays on record."""
    from comity.casework.desk.drafts import DiscardDraft, Discarded
    from comity.entrypoints.cli.pages import print_json, say

    found = client(url, token_file).post(Discarded, "discards", DiscardDraft(draft))
    print_json(found) if json else say(f"discarded  {found.draft}")
