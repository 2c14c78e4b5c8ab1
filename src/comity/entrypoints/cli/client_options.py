"""Options that every command has which calls a node; and the client made of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from comity.entrypoints.cli.client import NodeClient

_PANEL = "Which node, and as whom"

Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="COMITY_URL",
        help="The node's address, e.g. https://node.example or http://127.0.0.1:8443.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]

TokenFile = Annotated[
    Path,
    typer.Option(
        "--token-file",
        envvar="COMITY_TOKEN_FILE",
        help="File with the officer's token (comity node token), readable by nobody else.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]

Office = Annotated[
    str,
    typer.Option(
        "--office",
        envvar="COMITY_OFFICE",
        help="The office you act in, by its id in the directory.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print the node's answer as JSON.")]

Most = Annotated[int, typer.Option("--limit", min=0, help="Lines at most; 0 for all, page after page.")]

Case = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.", show_default=False)]
Act = Annotated[str, typer.Argument(metavar="ACT", help="The act's id.", show_default=False)]
Exhibit = Annotated[str, typer.Argument(metavar="EXHIBIT", help="The exhibit's id.", show_default=False)]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="The item's id (comity case items).", show_default=False)]
Purpose = Annotated[
    str,
    typer.Option(
        "--purpose",
        help="Why you look, by a code of the instrument, e.g. same-investigation. Without one that the case covers "
        "you are refused, and the refusal is recorded.",
        show_default=False,
    ),
]
Reasons = Annotated[str, typer.Option("--reasons", help="The purpose in your words.", show_default=False)]


def client(url: str, token_file: Path) -> "NodeClient":
    """A client of that node as the officer whose token the file holds."""
    from comity.entrypoints.cli.client import NodeClient, read_token

    return NodeClient(url, read_token(token_file))
