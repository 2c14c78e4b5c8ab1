"""`comity form …`: an act as its printed form, and a form that came back. Listing and reading need no node."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import Act, AsJson, TokenFile, Url, client

app = typer.Typer(
    no_args_is_help=True,
    help="Forms: print an act for one reader, with the act inside; read one that came by e-mail. Reading needs no node.",
)

FormId = Annotated[str, typer.Argument(metavar="FORM", help="The form's id (comity form list).", show_default=False)]
InLanguage = Annotated[str, typer.Option("--language", help="en, fr, de, es, pt, it, pl or ar.")]
Codes = Annotated[bool, typer.Option("--codes", help="Show what an act can say in the fields that take a code.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the PDF.", show_default=False)]
FINGERPRINT = "SHA-256 of the sender's seal certificate, got over another channel; 64 hexadecimal digits."


@app.command("list")
def list_forms(*, json: AsJson = False) -> None:
    """List the forms: for which acts, and for whom. Needs no node."""
    from comity.entrypoints.cli.form_pages import print_forms
    from comity.entrypoints.cli.pages import print_json
    from comity.forms.outline import listed_forms
    from comity.forms.packaged import packaged_forms

    found = listed_forms(packaged_forms())
    print_json(found) if json else print_forms(found)


@app.command("show")
def show(form: FormId, *, language: InLanguage = "en", codes: Codes = False, json: AsJson = False) -> None:
    """Show a form's fields: who sees each, when it is required, and whether its text was read. Needs no node."""
    from comity.entrypoints.cli.form_pages import language_of, print_codes, print_outline
    from comity.entrypoints.cli.pages import print_json
    from comity.forms.outline import outline
    from comity.forms.packaged import packaged_forms

    found = outline(packaged_forms(), form, language_of(language))
    print_json(found) if json else print_codes(found) if codes else print_outline(found)


@app.command("render")
def render(
    act: Act,
    *,
    output: Output,
    url: Url,
    token_file: TokenFile,
    form: Annotated[str, typer.Option(help="Which form, where more than one fits.", show_default=False)] = "",
    audience: Annotated[str, typer.Option(help="For whom, where there is a choice.", show_default=False)] = "",
    language: InLanguage = "en",
) -> None:
    """Print an act as its form: a PDF for one reader, signed by the node, with the sealed act inside."""
    from comity.casework.desk.forms import RenderForm
    from comity.entrypoints.cli.form_pages import audience_of, language_of, write_pdf

    command = RenderForm(act, form, audience_of(audience), language_of(language))
    write_pdf(client(url, token_file), "forms", command, output)


@app.command("summary")
def summary(
    act: Act,
    *,
    url: Url,
    token_file: TokenFile,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write it as a PDF; printed without.", show_default=False),
    ] = None,
    language: InLanguage = "en",
) -> None:
    """Print a request on one page, from its act alone: what, why, on which basis, by when, and what to look out for."""
    from comity.casework.desk.forms import SummariseAct
    from comity.entrypoints.cli.form_pages import language_of, print_summary, write_pdf

    command = SummariseAct(act, language_of(language))
    node = client(url, token_file)
    write_pdf(node, "summaries", command, output) if output else print_summary(node, command)


@app.command("read")
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="The form as it came.", show_default=False)],
    *,
    fingerprint: Annotated[str, typer.Option(help=FINGERPRINT, show_default=False)] = "",
    save: Annotated[
        Path | None, typer.Option(help="Folder to write the enclosed acts to, byte for byte.", show_default=False)
    ] = None,
    json: AsJson = False,
) -> None:
    """Read a form that came by e-mail: check it, and take the act out. Needs no node.

    Exit code 0: valid, 1: invalid, 2: indeterminate.
    """
    from comity.entrypoints.cli.form_pages import print_reading, read_file, save_acts
    from comity.entrypoints.cli.pages import print_json

    reading = read_file(file, fingerprint)
    if save is not None:
        save_acts(reading, save)
    print_json(reading) if json else print_reading(reading)
    raise typer.Exit({"valid": 0, "invalid": 1, "indeterminate": 2}[reading.standing.value])
