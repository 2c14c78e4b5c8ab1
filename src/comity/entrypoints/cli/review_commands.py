"""The commands of `comity case` by which a custodian looks through what an order matches before it is handed over."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Most, Office, TokenFile, Url, client
from comity.entrypoints.cli.name_files import NamesFile, names_in

if TYPE_CHECKING:
    from comity.casework.custody.review_match import ReviewMatch

app = typer.Typer()

PANEL = "Evidence"

Order = Annotated[str, typer.Argument(metavar="ORDER", help="The order's act id.", show_default=False)]
TakenIn = Annotated[
    str,
    typer.Option("--exhibit", help="For a production order: the exhibit that was taken in.", show_default=False),
]
Named = Annotated[
    list[str] | None,
    typer.Option("--name", help="An item's name, or a folder's: all of it. May be given more than once."),
]
Words = Annotated[str, typer.Option(help="Why, in your words. They stay at this node.", show_default=False)]


@app.command("match", rich_help_panel=PANEL)
def match(
    order: Order, *, url: Url, token_file: TokenFile, exhibit: TakenIn = "", limit: Most = 0, json: AsJson = False
) -> None:
    """List what an order matches: what is to go, what is withheld and why, what went. That you looked is on record."""
    from comity.casework.custody.consult import ITEMS_LIMIT
    from comity.casework.custody.review_match import MatchPage
    from comity.entrypoints.cli.desk_pages import lines_of
    from comity.entrypoints.cli.pages import print_json, print_match

    query = {"exhibit": exhibit, "limit": str(min(limit or ITEMS_LIMIT, ITEMS_LIMIT))}
    found = lines_of(client(url, token_file).pages(MatchPage, "matches", order, query=query), limit)
    print_json(found) if json else print_match(found)


@app.command("withhold", rich_help_panel=PANEL)
def withhold(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    reason: Annotated[
        str, typer.Option(help="press, health, third-party, privileged or decrypt-impossible.", show_default=False)
    ],
    reasons: Words,
    name: Named = None,
    names_from: NamesFile = None,
    exhibit: TakenIn = "",
    json: AsJson = False,
) -> None:
    """Withhold items of what an order matches; `release` then hands over the rest. Only their number by reason goes out."""
    from comity.casework.custody.review_match import ReviewMatch
    from comity.vocabulary.categories import REVIEWED, WithheldReason

    if reason not in REVIEWED:
        raise typer.BadParameter(f"one of {', '.join(sorted(REVIEWED))}", param_hint="--reason")
    names = _names(name, names_from)
    command = ReviewMatch(order, office, names, WithheldReason(reason), reasons, exhibit or None)
    _review(url, token_file, command, json=json)


@app.command("let-go", rich_help_panel=PANEL)
def let_go(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    reasons: Words,
    name: Named = None,
    names_from: NamesFile = None,
    exhibit: TakenIn = "",
    json: AsJson = False,
) -> None:
    """Withhold items no longer: `release` hands them over with the rest of what the order matches."""
    from comity.casework.custody.review_match import ReviewMatch

    command = ReviewMatch(order, office, _names(name, names_from), None, reasons, exhibit or None)
    _review(url, token_file, command, json=json)


def _review(url: str, token_file: Path, command: "ReviewMatch", *, json: bool) -> None:
    from comity.casework.custody.review_match import ReviewedMatch
    from comity.entrypoints.cli.pages import print_json, say
    from comity.evidence.dossier.words import count

    found = client(url, token_file).post(ReviewedMatch, "match-reviews", command)
    if json:
        print_json(found)
        return
    withheld = ", ".join(f"{each.items:,} {each.reason}" for each in found.withheld) or "none"
    say(f"act  {found.act}", f"{count(found.items, 'item')} reviewed; withheld from the order by now: {withheld}")


def _names(named: list[str] | None, path: Path | None) -> tuple[str, ...]:
    """What is named here and in the file."""
    names = (*(named or ()), *names_in(path))
    if not names:
        raise typer.BadParameter("name an item or a folder", param_hint="--name")
    return names
