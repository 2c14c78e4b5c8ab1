"""`comity import`: what others packed enters custody with the verdict on it."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Office, TokenFile, Url, client

app = typer.Typer()


@app.command("import", rich_help_panel="For officers (through their node)")
def import_foreign(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's act id.", show_default=False)],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    source: Annotated[
        Path,
        typer.Option(
            "--from",
            help="The bag's folder or the age file, on the node's machine, below a folder its settings name.",
            show_default=False,
            resolve_path=True,
        ),
    ],
    origin: Annotated[str, typer.Option("--described", help="Where it comes from, in words.", show_default=False)] = "",
    despite: Annotated[bool, typer.Option("--despite", help="Take it in although it is not sound.")] = False,
    json: AsJson = False,
) -> None:
    """Judge a BagIt bag or an age file, and take it in under an order. The verdict stands in every item's description."""
    from comity.casework.dossier.import_foreign import Imported, ImportForeign
    from comity.entrypoints.cli.intake_progress import shown_progress
    from comity.entrypoints.cli.pages import print_json, print_taken, say
    from comity.evidence.items.exhibits import IntakeTerms

    node = client(url, token_file)
    command = ImportForeign(order, str(source), office, IntakeTerms(origin), despite)
    with shown_progress(node, order):
        imported = node.post(Imported, "imports", command)
    if json:
        print_json(imported)
        return
    print_taken(imported.taken)
    say(f"{imported.kind} is {imported.report.verdict}")
    say(*(f"{check.number}  {check.outcome:13}  {check.name}: {check.what}" for check in imported.report.checks))
