"""The commands of `comity case` that move evidence: taking in, handing over, listing items."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Exhibit, Most, Office, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.casework.custody.hand_over import HandedOver
    from comity.casework.custody.hold import TakeIn, TakeInStream, Taken
    from comity.entrypoints.cli.client import NodeClient
    from comity.evidence.items.exhibits import IntakeTerms

app = typer.Typer()

PANEL = "Evidence"

_STANDARD_INPUT = "standard-input"
_STDIN = 0
_PIECE = 1 << 20

Order = Annotated[str, typer.Argument(metavar="ORDER", help="The order's act id.", show_default=False)]
Source = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="PATH",
        help="The folder or file to take in, on the node's machine, below a folder its settings name; - for standard input.",
        show_default=False,
    ),
]
Name = Annotated[
    str,
    typer.Option(
        help=f"With --from -: what the stream is called in the hold; {_STANDARD_INPUT} where none is given.",
        show_default=False,
    ),
]
From = Annotated[str, typer.Option("--described", help="Where the data come from, in words.", show_default=False)]
Category = Annotated[
    str,
    typer.Option(help="Kind of the items whose content does not show theirs: subscriber, traffic or content."),
]
Zone = Annotated[
    str,
    typer.Option(
        help="Time zone (IANA name) of times that say none; the confirming act and each such item name it. Else they are unknown.",
        show_default=False,
    ),
]


@app.command("hold", rich_help_panel=PANEL)
def hold(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    source: Source,
    name: Name = "",
    origin: From = "",
    category: Category = "content",
    zone: Zone = "",
    json: AsJson = False,
) -> None:
    """Carry out a preservation order: take the data in, commit to every item, and confirm. Goes on where it broke off."""
    command = _take_in(order, source, name, office, _terms(origin, category, zone))
    taken = _sent(client(url, token_file), "holds", command)
    _print_taken(taken, json=json)


@app.command("produce", rich_help_panel=PANEL)
def produce(
    order: Order,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    source: Source,
    name: Name = "",
    origin: From = "",
    category: Category = "content",
    zone: Zone = "",
    json: AsJson = False,
) -> None:
    """Take in what a production order asks for; `release` then hands it over."""
    command = _take_in(order, source, name, office, _terms(origin, category, zone))
    taken = _sent(client(url, token_file), "productions", command)
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
    from comity.casework.custody.hand_over import HandedOver, Release

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
    from comity.casework.custody.hand_over import HandedOver, PassOn

    command = PassOn(exhibit, request, office)
    _print_handed_over(client(url, token_file).post(HandedOver, "passings", command), json=json)


@app.command("items", rich_help_panel=PANEL)
def items(
    case: Case, exhibit: Exhibit, *, url: Url, token_file: TokenFile, limit: Most = 0, json: AsJson = False
) -> None:
    """List the items of an exhibit that may be opened (comity consult). That you looked at the list is on record."""
    from comity.casework.custody.consult import ITEMS_LIMIT, ItemPage
    from comity.entrypoints.cli.desk_pages import lines_of
    from comity.entrypoints.cli.pages import print_items, print_json

    query = {"limit": str(min(limit or ITEMS_LIMIT, ITEMS_LIMIT))}
    found = lines_of(client(url, token_file).pages(ItemPage, "cases", case, "exhibits", exhibit, query=query), limit)
    print_json(found) if json else print_items(found)


def _take_in(order: str, source: str, name: str, office: str, terms: "IntakeTerms") -> "TakeIn | TakeInStream":
    from comity.casework.custody.hold import TakeIn, TakeInStream
    from comity.evidence.items.descriptors import item_name

    if source == "-":
        return TakeInStream(order, item_name(os.fsencode(name or _STANDARD_INPUT)), office, terms)
    if name:
        raise typer.BadParameter("a stream alone is given one (--from -)", param_hint="--name")
    return TakeIn(order, str(Path(source).resolve()), office, terms)


def _sent(node: "NodeClient", path: str, command: "TakeIn | TakeInStream") -> "Taken":
    from comity.casework.custody.hold import TakeIn, Taken
    from comity.entrypoints.cli.intake_progress import shown_progress

    with shown_progress(node, command.order):
        if isinstance(command, TakeIn):
            return node.post(Taken, path, command)
        return node.send(Taken, path, command, _standard_input())


def _standard_input() -> Iterator[bytes]:
    """What comes there, as soon as it comes."""
    from comity.vocabulary.errors import BrokenInputError, ErrorCode

    try:
        while piece := os.read(_STDIN, _PIECE):
            yield piece
    except OSError as error:
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE, "standard input can't be read", found=str(error), do="give the stream again"
        ) from None


def _terms(origin: str, category: str, zone: str) -> "IntakeTerms":
    from comity.evidence.items.exhibits import IntakeTerms
    from comity.vocabulary.categories import DataCategory

    if category not in set(DataCategory):
        raise typer.BadParameter(f"one of {', '.join(DataCategory)}", param_hint="--category")
    return IntakeTerms(origin, DataCategory(category), zone)


def _print_taken(taken: "Taken", *, json: bool) -> None:
    from comity.entrypoints.cli.pages import print_json, print_taken

    print_json(taken) if json else print_taken(taken)


def _print_handed_over(handed: "HandedOver", *, json: bool) -> None:
    from comity.entrypoints.cli.pages import print_json, say
    from comity.evidence.dossier.words import count, size_words

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
