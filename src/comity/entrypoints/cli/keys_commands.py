"""`comity keys …`: replacing a node's own keys."""

from enum import StrEnum
from typing import Annotated

import typer

from comity.entrypoints.cli.node_options import Folder

app = typer.Typer(no_args_is_help=True, help="Replace a node's own keys.")


class RotatedKey(StrEnum):
    """The keys that peers know the public half of."""

    SEAL = "seal"
    LEDGER = "ledger"
    WITNESS = "witness"
    AGREEMENT = "agreement"


@app.command("rotate")
def rotate(
    folder: Folder,
    kind: Annotated[RotatedKey, typer.Argument(metavar="KEY", help="Which key.", show_default=False)],
) -> None:
    """Replace a key: seal (acts), ledger (checkpoints), witness (co-signatures) or agreement (envelopes).

    The new key is announced by an act under the old seal; running processes and peers use it as soon as they read that.
    """
    from comity.entrypoints.cli.node_mending import rotate_key

    rotated = rotate_key(folder, kind.value)
    typer.echo(f"the {rotated.key} key is replaced; everyone is told by act {rotated.act}")
    typer.echo(f"Next: have it listed in the next version of the directory:  comity node entry {folder} > entry.json")
