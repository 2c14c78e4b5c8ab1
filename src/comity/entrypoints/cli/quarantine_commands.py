"""`comity quarantine`: for filter teams. What was put aside, a look at it, and what becomes of it."""

from pathlib import Path
from typing import Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Exhibit, Office, TokenFile, Url, client

app = typer.Typer(
    no_args_is_help=True,
    help="See and decide on what was set aside: delivered beyond its scope, or maybe privileged. For a filter team's officers, "
    "and nobody who works on the case.",
)

Purpose = Annotated[
    str,
    typer.Option(
        help="What for: scope-review, privilege-review or grant-review. Without one you are refused, and the refusal "
        "is recorded.",
        show_default=False,
    ),
]
Words = Annotated[str, typer.Option(help="Your reasons in words.", show_default=False)]


@app.command("list")
def list_aside(*, url: Url, token_file: TokenFile, office: Office, json: AsJson = False) -> None:
    """Count what lies in quarantine at your node, exhibit by exhibit, and when the office's own term for it ends."""
    from comity.casework.custody.quarantine import QuarantineLine
    from comity.entrypoints.cli.pages import print_json
    from comity.entrypoints.cli.quarantine_pages import print_quarantine

    found = client(url, token_file).get(tuple[QuarantineLine, ...], "quarantine", query={"office": office})
    print_json(found) if json else print_quarantine(found)


@app.command("open")
def open_aside(
    case: Case,
    exhibit: Exhibit,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    reasons: Words = "",
    item: Annotated[str, typer.Option(help="The item to open; without one, all are listed.", show_default=False)] = "",
    to: Annotated[
        Path | None,
        typer.Option(help="The file to write an item to, which must not exist.", metavar="FILE", show_default=False),
    ] = None,
    json: AsJson = False,
) -> None:
    """Look at what was put aside of an exhibit: the list, or with --item and --to the content of one item."""
    from comity.casework.custody.quarantine import LookAside
    from comity.entrypoints.cli.pages import print_json
    from comity.entrypoints.cli.quarantine_pages import AsideShown, print_aside
    from comity.entrypoints.cli.receiving import ACT, receive
    from comity.entrypoints.cli.telling import tell_done

    if bool(item) != (to is not None):
        raise typer.BadParameter("an item is written to a file: --item and --to go together", param_hint="--to")
    command = LookAside(case, exhibit, office, purpose, reasons, item or None)
    node = client(url, token_file)
    if to is not None:
        said = receive(node, "quarantine-openings", command, to)
        tell_done(f"opened, on record as act {said.get(ACT)}")
        return
    shown = node.post(AsideShown, "quarantine-looks", command)
    print_json(shown) if json else print_aside(shown)


@app.command("decide")
def decide(
    case: Case,
    exhibit: Exhibit,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    release_under: Annotated[
        str,
        typer.Option(
            metavar="ACT",
            help="Release what this further grant covers: its supplier's decision, or your order to it.",
            show_default=False,
        ),
    ] = "",
    release: Annotated[
        bool,
        typer.Option(
            "--not-privileged",
            help="Release what a screen of the case put aside: you found it not privileged, all of it or each --item.",
        ),
    ] = False,
    item: Annotated[
        list[str] | None,
        typer.Option(help="Release this item only, which you found not privileged. May be given more than once."),
    ] = None,
    destroy: Annotated[
        str,
        typer.Option(
            metavar="REASON",
            help="Destroy all that lies aside, for a reason: not-covered, privileged or unproven.",
            show_default=False,
        ),
    ] = "",
    reasons: Words = "",
    json: AsJson = False,
) -> None:
    """Decide what becomes of what was put aside. The supplier is told a count and a code, and nothing else."""
    from comity.casework.custody.quarantine_deciding import AsideDecided, DecideAside
    from comity.entrypoints.cli.pages import print_json, say
    from comity.vocabulary.categories import FilterDecision, FilterReason

    ways = (bool(release_under), release, bool(destroy))
    if sum(ways) != 1 or (destroy and destroy not in set(FilterReason)) or (destroy and item):
        raise typer.BadParameter("one of --release-under ACT, --not-privileged, or --destroy with one of its reasons")
    decision = FilterDecision.DESTROY if destroy else FilterDecision.RELEASE
    freeing = FilterReason.NOT_PRIVILEGED if release else FilterReason.SUPPLEMENTARY_GRANT
    reason = FilterReason(destroy) if destroy else freeing
    chosen = tuple(item or ())
    command = DecideAside(case, exhibit, office, decision, reason, reasons, release_under or None, purpose, chosen)
    decided = client(url, token_file).post(AsideDecided, "quarantine-decisions", command)
    if json:
        print_json(decided)
        return
    say(f"act      {decided.act}", f"{decided.items} items: {decision}; {decided.left} left aside")
    if decided.released:
        say(f"exhibit  {decided.released}")
