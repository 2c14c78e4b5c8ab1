"""The commands of `comity case` about screens: what comes and may be privileged goes to the filter team first."""

from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Office, TokenFile, Url, client
from comity.entrypoints.cli.name_files import NamesFile, names_in

if TYPE_CHECKING:
    from comity.vocabulary.targets import Target

app = typer.Typer()

PANEL = "Evidence"


@app.command("screen", rich_help_panel=PANEL)
def screen(
    case: Case,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    counsel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:IDENTIFIER",
            help="An identifier of counsel, e.g. email:ana@chambers.example. May be given more than once.",
        ),
    ] = None,
    names_from: NamesFile = None,
    json: AsJson = False,
) -> None:
    """Set aside what comes from now on and may be privileged: the filter team decides on it before an investigator sees it."""
    from comity.acts.quarantine_bodies import ScreenSet
    from comity.casework.custody.screens import Screening, SetScreen
    from comity.entrypoints.cli.pages import print_json, say

    listed = tuple(_identifier(each) for each in counsel or ()), names_in(names_from)
    if not any(listed):
        raise typer.BadParameter("name counsel's identifiers, or a file with names of items", param_hint="--counsel")
    found = client(url, token_file).post(Screening, "screens", SetScreen(case, office, ScreenSet(*listed)))
    if json:
        print_json(found)
        return
    say(
        f"screen    {found.act}",
        *(
            f"too late  for exhibit {each}, which had come before: nothing of it is put aside"
            for each in found.too_late_for
        ),
    )


@app.command("lift-screen", rich_help_panel=PANEL)
def lift_screen(
    case: Case,
    screen: Annotated[
        str, typer.Argument(metavar="SCREEN", help="The screen's act id (comity case screens).", show_default=False)
    ],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    reasons: Annotated[str, typer.Option(help="Why, in your words.", show_default=False)],
    json: AsJson = False,
) -> None:
    """As a judge or a filter team, lift one screen. What it put aside stays there until the filter team has decided."""
    from comity.casework.custody.screens import LiftScreen
    from comity.entrypoints.cli.filing import file_and_tell

    file_and_tell(
        client(url, token_file), "screens-lifted", LiftScreen(case, office, screen, reasons), "lifted", json=json
    )


@app.command("screens", rich_help_panel=PANEL)
def screens(case: Case, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """List the screens that stand in a case."""
    from comity.casework.custody.screens import ScreenLine
    from comity.entrypoints.cli.pages import moment, print_json, say

    found = client(url, token_file).get(tuple[ScreenLine, ...], "cases", case, "screens")
    if json:
        print_json(found)
        return
    for line in found:
        listed = (*(f"{each.kind}:{each.value}" for each in line.screen.counsel), *line.screen.names)
        say(line.act, f"    since {moment(line.since)}  by {line.officer} ({line.office})")
        say(*(f"    {each}" for each in listed))
    if not found:
        say("no screen stands")


def _identifier(text: str) -> "Target":
    from comity.vocabulary.targets import Target, TargetKind, normalise

    kind, _, value = text.partition(":")
    if kind not in set(TargetKind):
        raise typer.BadParameter(f"KIND:IDENTIFIER, of a kind out of {', '.join(TargetKind)}", param_hint="--counsel")
    try:
        return Target(TargetKind(kind), normalise(TargetKind(kind), value))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--counsel") from None
