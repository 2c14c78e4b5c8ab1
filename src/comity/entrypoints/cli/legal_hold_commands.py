"""The commands of `comity case` about legal holds: while one stands, nothing of the case is destroyed."""

from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Office, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.vocabulary.categories import LegalHoldReason

app = typer.Typer()

END = "The case's end"

Reason = Annotated[
    str, typer.Option(help="Why, by its code, e.g. appeal-pending or proceedings-over.", show_default=False)
]


@app.command("set-hold", rich_help_panel=END)
def set_hold(
    case: Case, *, url: Url, token_file: TokenFile, office: Office, reason: Reason, json: AsJson = False
) -> None:
    """Put a case under legal hold: nothing of it is destroyed, whatever is due, until the hold is lifted."""
    from comity.casework.custody.legal_hold import HeldLegally, SetLegalHold
    from comity.entrypoints.cli.pages import print_json, say

    command = SetLegalHold(case, office, _reason(reason))
    found = client(url, token_file).post(HeldLegally, "legal-holds", command)
    if json:
        print_json(found)
        return
    say(
        f"held      {found.act}",
        *(f"too late  for exhibit {each}, whose destruction was decided before" for each in found.too_late_for),
    )


@app.command("lift-hold", rich_help_panel=END)
def lift_hold(
    case: Case,
    hold: Annotated[
        str, typer.Argument(metavar="HOLD", help="The hold's act id (comity case holds).", show_default=False)
    ],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    reason: Reason,
    json: AsJson = False,
) -> None:
    """Lift one legal hold. What was due for destruction meanwhile is destroyed where no other hold stands."""
    from comity.casework.custody.legal_hold import LiftLegalHold
    from comity.entrypoints.cli.filing import file_and_tell

    command = LiftLegalHold(case, office, hold, _reason(reason))
    file_and_tell(client(url, token_file), "legal-holds-lifted", command, "lifted", json=json)


@app.command("holds", rich_help_panel=END)
def holds(case: Case, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """List the legal holds that stand in a case."""
    from comity.casework.custody.legal_hold import LegalHoldLine
    from comity.entrypoints.cli.pages import moment, print_json, say

    found = client(url, token_file).get(tuple[LegalHoldLine, ...], "cases", case, "legal-holds")
    if json:
        print_json(found)
        return
    for line in found:
        say(f"{line.reason}  since {moment(line.since)}  by {line.officer} ({line.office})", f"    {line.hold}")
    if not found:
        say("no legal hold stands")


def _reason(code: str) -> "LegalHoldReason":
    from comity.vocabulary.categories import LegalHoldReason

    if code not in set(LegalHoldReason):
        raise typer.BadParameter(f"one of {', '.join(LegalHoldReason)}", param_hint="--reason")
    return LegalHoldReason(code)
