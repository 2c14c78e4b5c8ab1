"""The commands of `comity case` about keeping: how long a case is kept, and what became of the copies that others have."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import Act, AsJson, Case, Office, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.casework.custody.copies import Asked
    from comity.vocabulary.categories import KeepingGround

app = typer.Typer()

END = "The case's end"

_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]

Ground = Annotated[str, typer.Option(help="Why, by its code, e.g. appeal-pending or court-order.", show_default=False)]
Until = Annotated[datetime, typer.Option(formats=_DATES, help="Until then (UTC).", show_default=False)]


@app.command("keep", rich_help_panel=END)
def keep(
    case: Case,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    rule: Annotated[str, typer.Option(help="The code of the office's own rule.", show_default=False)],
    citation: Annotated[str, typer.Option(help="What the rule rests on.", show_default=False)],
    at_least: Annotated[datetime | None, typer.Option(formats=_DATES, help="Not disposed of before (UTC).")] = None,
    at_most: Annotated[datetime | None, typer.Option(formats=_DATES, help="Not kept beyond (UTC).")] = None,
    review_every: Annotated[int | None, typer.Option(min=1, help="Looked at again every so many days.")] = None,
    json: AsJson = False,
) -> None:
    """Set how long a case is kept, by a rule of the office's own; it replaces what was set for the case before."""
    from comity.casework.custody.retention import SetRetention
    from comity.entrypoints.cli.filing import file_and_tell

    command = SetRetention(case, office, rule, citation, _utc(at_least), _utc(at_most), review_every)
    file_and_tell(client(url, token_file), "retentions", command, f"kept by {rule}", json=json)


@app.command("keep-longer", rich_help_panel=END)
def keep_longer(
    case: Case, *, url: Url, token_file: TokenFile, office: Office, ground: Ground, until: Until, json: AsJson = False
) -> None:
    """Keep a case beyond the latest date that a rule sets for it, on a coded ground until another date."""
    from comity.casework.custody.retention import ExtendRetention
    from comity.entrypoints.cli.filing import file_and_tell

    command = ExtendRetention(case, office, _ground(ground), until.replace(tzinfo=UTC))
    file_and_tell(client(url, token_file), "retentions-extended", command, "kept longer", json=json)


@app.command("still-needed", rich_help_panel=END)
def still_needed(
    case: Case,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    ground: Ground,
    next_review: Annotated[
        datetime, typer.Option(formats=_DATES, help="Looked at again by (UTC).", show_default=False)
    ],
    json: AsJson = False,
) -> None:
    """Record that you looked at a case and it is still needed. What is not is closed and disposed of."""
    from comity.casework.custody.retention import ReviewRetention
    from comity.entrypoints.cli.filing import file_and_tell

    command = ReviewRetention(case, office, _ground(ground), next_review.replace(tzinfo=UTC))
    file_and_tell(client(url, token_file), "retentions-reviewed", command, "reviewed", json=json)


@app.command("retention", rich_help_panel=END)
def retention(case: Case, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """Show every rule on how long a case is kept, whose it is, with its date and citation."""
    from comity.casework.bench.retention_standing import Keeping
    from comity.entrypoints.cli.pages import moment, print_json, say

    found = client(url, token_file).get(Keeping, "cases", case, "retention")
    if json:
        print_json(found)
        return
    for each in found.limits:
        due = moment(each.due) if each.due else "no date"
        say(f"{each.kind}  {due}  {each.rule} ({each.origin})", f"    {each.text}", f"    {each.citation.in_words()}")
    say(
        f"not disposed of before  {moment(found.earliest)}" + ("  and while a clock is held" if found.held else ""),
        f"not kept beyond         {moment(found.latest)}",
        f"looked at again by      {moment(found.review)}",
    )


@app.command("ask-copies", rich_help_panel=END)
def ask_copies(
    case: Case, order: Act, *, url: Url, token_file: TokenFile, office: Office, json: AsJson = False
) -> None:
    """Ask whoever holds copies of what came under a withdrawn order what became of them. A disposal asks by itself."""
    from comity.casework.custody.copies import AskCopies, Asked
    from comity.entrypoints.cli.pages import print_json

    found = client(url, token_file).post(tuple[Asked, ...], "copies-asked", AskCopies(case, office, order))
    print_json(found) if json else _print_copies(found)


@app.command("report-copies", rich_help_panel=END)
def report_copies(
    thread: Annotated[
        str, typer.Argument(metavar="THREAD", help="The case in which you were asked.", show_default=False)
    ],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    ground: Annotated[str, typer.Option(help="Why they are kept, by its code; left out where they are gone.")] = "",
    until: Annotated[datetime | None, typer.Option(formats=_DATES, help="Kept until then (UTC).")] = None,
    json: AsJson = False,
) -> None:
    """Answer what became of the copies that this node holds: gone, or kept on a ground until a date."""
    from comity.casework.custody.copies import ReportCopies
    from comity.entrypoints.cli.filing import file_and_tell

    command = ReportCopies(thread, office, _ground(ground) if ground else None, _utc(until))
    file_and_tell(client(url, token_file), "copies-reported", command, "reported", json=json)


@app.command("copies", rich_help_panel=END)
def copies(case: Case, *, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """List who was asked for copies of a case, also of one that was disposed of, and what was answered."""
    from comity.casework.custody.copies import Asked
    from comity.entrypoints.cli.pages import print_json

    found = client(url, token_file).get(tuple[Asked, ...], "cases", case, "copies")
    print_json(found) if json else _print_copies(found)


def _print_copies(found: "tuple[Asked, ...]") -> None:
    from comity.entrypoints.cli.pages import moment, say

    for each in found:
        traced = each.traced
        kept = f" ({traced.ground}) until {moment(traced.until)}" if traced.until else ""
        say(f"{traced.holder}  {traced.standing or 'not answered'}{kept}", f"    thread   {each.thread}")
    if not found:
        say("nobody was asked")


def _utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)


def _ground(code: str) -> "KeepingGround":
    from comity.vocabulary.categories import KeepingGround

    if code not in set(KeepingGround):
        raise typer.BadParameter(f"one of {', '.join(KeepingGround)}", param_hint="--ground")
    return KeepingGround(code)
