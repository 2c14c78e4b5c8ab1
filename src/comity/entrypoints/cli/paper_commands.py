"""The commands of `comity case` about partners without a node: what was sent by hand, and what came back on paper."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import Act, AsJson, Office, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.acts.classes import ActType
    from comity.vocabulary.categories import PaperMeans

app = typer.Typer()

PAPER = "A partner without a node"

Partner = Annotated[str, typer.Option(help="The partner, by its name in the directory.", show_default=False)]
Instant = Annotated[datetime | None, typer.Option(help="UTC; without it, now.", show_default=False)]


@app.command("sent-by-hand", rich_help_panel=PAPER)
def sent_by_hand(
    act: Act,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The very file that was sent.", show_default=False)],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    to: Partner,
    means: Annotated[str, typer.Option(help="e-mail, post, courier, fax or in-person.", show_default=False)],
    at: Instant = None,
    alternative: Annotated[
        str, typer.Option(help="The alternative-means-recorded act, where the partner has a node.", show_default=False)
    ] = "",
    json: AsJson = False,
) -> None:
    """Record that an act went to a partner by hand, as this file (comity form render makes it). Then it counts as sent."""
    from comity.casework.desk.by_hand import PaperOnRecord, RecordSending
    from comity.entrypoints.cli.pages import print_json, say

    content = file.read_bytes()
    command = RecordSending(
        act=act,
        to=to,
        office=office,
        means=_means(means),
        sent_at=_instant(at),
        file=sha256(content).hexdigest(),
        size=len(content),
        alternative=alternative or None,
    )
    found = client(url, token_file).post(PaperOnRecord, "sendings", command)
    print_json(found) if json else say(f"sent by hand  {found.act}", f"file          {found.file}")


@app.command("answered-on-paper", rich_help_panel=PAPER)
def answered_on_paper(
    act: Annotated[str, typer.Argument(metavar="ACT", help="The act that is answered.", show_default=False)],
    scan: Annotated[Path, typer.Argument(metavar="SCAN", help="The scan of the paper.", show_default=False)],
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    partner: Partner,
    counts_as: Annotated[
        str,
        typer.Option(
            "--as",
            help="What the paper amounts to, e.g. preservation-confirmed or request-refused.",
            show_default=False,
        ),
    ],
    received: Instant = None,
    ground: Annotated[
        list[str] | None,
        typer.Option(help="Why the partner refuses, by its code; may be repeated.", show_default=False),
    ] = None,
    effected: Annotated[
        datetime | None, typer.Option(help="Since when data are held, by the paper; UTC.", show_default=False)
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Until when a delay is thought to last; UTC.", show_default=False)
    ] = None,
    json: AsJson = False,
) -> None:
    """Draft the record of an answer that came on paper, with the scan. Approved by another officer, it moves the clocks."""
    from comity.casework.desk.by_hand import RecordAnswer
    from comity.casework.desk.draft import Drafted
    from comity.entrypoints.cli.pages import print_drafted, print_json

    command = RecordAnswer(
        answers=act,
        partner=partner,
        office=office,
        counts_as=_kind(counts_as),
        received=_instant(received),
        scan=scan.read_bytes(),
        grounds=tuple(ground or ()),
        effected_at=_instant(effected),
        until=_instant(until),
    )
    found = client(url, token_file).post(Drafted, "paper-answers", command)
    print_json(found) if json else print_drafted(found)


@app.command("scan", rich_help_panel=PAPER)
def scan_of(
    act: Act,
    *,
    url: Url,
    token_file: TokenFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The new file to write.", show_default=False)],
) -> None:
    """Write the scan that an act names to a file, or one that a draft names: whoever approves holds the two together."""
    from comity.casework.desk.scans import ReadScan
    from comity.entrypoints.cli.receiving import receive
    from comity.entrypoints.cli.telling import tell_done

    receive(client(url, token_file), "paper-scans", ReadScan(act), output)
    tell_done(f"wrote {output}")


def _instant(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _means(code: str) -> "PaperMeans":
    from comity.vocabulary.categories import PaperMeans

    if code not in set(PaperMeans):
        raise typer.BadParameter(f"one of {', '.join(PaperMeans)}", param_hint="--means")
    return PaperMeans(code)


def _kind(code: str) -> "ActType":
    from comity.acts.classes import ActType
    from comity.acts.paper_bodies import PAPER_ANSWERS

    if code not in PAPER_ANSWERS:
        raise typer.BadParameter(f"one of {', '.join(sorted(PAPER_ANSWERS))}", param_hint="--as")
    return ActType(code)
