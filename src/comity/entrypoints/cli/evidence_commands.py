"""The commands of `comity case` that move evidence: taking in, handing over, listing items."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Exhibit, Most, Office, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.casework.hand_over import HandedOver
    from comity.casework.hold import TakeIn, Taken
    from comity.entrypoints.cli.client import NodeClient

app = typer.Typer()

PANEL = "Evidence"

Order = Annotated[str, typer.Argument(metavar="ORDER", help="The order's act id.", show_default=False)]
Source = Annotated[
    Path,
    typer.Option(
        "--from",
        help="The folder or file to take in, on the node's machine, below a folder its settings name.",
        show_default=False,
        resolve_path=True,
    ),
]
From = Annotated[str, typer.Option("--described", help="Where the data come from, in words.", show_default=False)]
Category = Annotated[
    str,
    typer.Option(help="Kind of the items whose content does not show theirs: subscriber, traffic or content."),
]


@app.command("hold", rich_help_panel=PANEL)
def hold(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    source: Source,
    origin: From = "",
    category: Category = "content",
    json: AsJson = False,
) -> None:
    """Carry out a preservation order: take the data in, commit to every item, and confirm. Goes on where it broke off."""
    taken = _sent(client(url, token_file), "holds", _take_in(order, source, office, origin, category))
    _print_taken(taken, json=json)


@app.command("produce", rich_help_panel=PANEL)
def produce(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    source: Source,
    origin: From = "",
    category: Category = "content",
    json: AsJson = False,
) -> None:
    """Take in what a production order asks for; `release` then hands it over."""
    taken = _sent(client(url, token_file), "productions", _take_in(order, source, office, origin, category))
    _print_taken(taken, json=json)


@app.command("release", rich_help_panel=PANEL)
def release(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    exhibit: Annotated[
        str, typer.Option(help="For a production order: the exhibit that was taken in.", show_default=False)
    ] = "",
    part: Annotated[
        list[str] | None,
        typer.Option(help="A part of the order to hand over now, by its label; the others later.", show_default=False),
    ] = None,
    json: AsJson = False,
) -> None:
    """Hand over exactly what an order grants, to whoever ordered it; the rest is only counted."""
    from comity.casework.hand_over import HandedOver, Release

    command = Release(order, office, exhibit or None, tuple(part or ()))
    _print_handed_over(client(url, token_file).post(HandedOver, "releases", command), json=json)


@app.command("pass-on", rich_help_panel=PANEL)
def pass_on(
    exhibit: Exhibit,
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="The request it answers.", show_default=False)],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    json: AsJson = False,
) -> None:
    """Hand an exhibit on, unopened, to the authority whose request it answers."""
    from comity.casework.hand_over import HandedOver, PassOn

    command = PassOn(exhibit, request, office)
    _print_handed_over(client(url, token_file).post(HandedOver, "passings", command), json=json)


@app.command("items", rich_help_panel=PANEL)
def items(
    case: Case, exhibit: Exhibit, *, url: Url, token_file: TokenFile, limit: Most = 0, json: AsJson = False
) -> None:
    """List the items of an exhibit that may be opened (comity consult). That you looked at the list is on record."""
    from comity.casework.consult import ITEMS_LIMIT, ItemPage
    from comity.entrypoints.cli.desk_pages import lines_of
    from comity.entrypoints.cli.pages import print_items, print_json

    query = {"limit": str(min(limit or ITEMS_LIMIT, ITEMS_LIMIT))}
    found = lines_of(client(url, token_file).pages(ItemPage, "cases", case, "exhibits", exhibit, query=query), limit)
    print_json(found) if json else print_items(found)


def _sent(node: "NodeClient", path: str, command: "TakeIn") -> "Taken":
    from comity.casework.hold import Taken
    from comity.entrypoints.cli.intake_progress import shown_progress

    with shown_progress(node, command.order):
        return node.post(Taken, path, command)


def _take_in(order: str, source: Path, office: str, origin: str, category: str) -> "TakeIn":
    from comity.casework.hold import TakeIn
    from comity.evidence.exhibits import IntakeTerms
    from comity.vocabulary.categories import DataCategory

    if category not in set(DataCategory):
        raise typer.BadParameter(f"one of {', '.join(DataCategory)}", param_hint="--category")
    return TakeIn(order, str(source), office, IntakeTerms(origin, DataCategory(category)))


def _print_taken(taken: "Taken", *, json: bool) -> None:
    from comity.entrypoints.cli.pages import print_json, print_taken

    print_json(taken) if json else print_taken(taken)


def _print_handed_over(handed: "HandedOver", *, json: bool) -> None:
    from comity.entrypoints.cli.pages import print_json, say
    from comity.evidence.dossier_words import count, size_words

    if json:
        print_json(handed)
        return
    say(f"act      {handed.act}", f"exhibit  {handed.exhibit}")
    say(f"{count(handed.items, 'item')}, {size_words(handed.size)} handed over; {handed.withheld:,} withheld")
    portion = handed.portion
    if portion is not None:
        so_far = count(portion.before + handed.items, "item")
        say(f"part {portion.number} under this order: {so_far} handed over so far, {portion.later:,} still to come")
        if portion.held_up:
            say(f"refused or suspended, and not in it: {', '.join(portion.held_up)}")
        if portion.reopened is not None:
            reasons = ", ".join(f"{part.items:,} {part.reason}" for part in portion.reopened.items)
            say(f"withheld under an earlier order, opened now: {reasons}")
