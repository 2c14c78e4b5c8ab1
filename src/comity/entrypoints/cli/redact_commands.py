"""`comity redact`: derived items without what a reader may not see.

What is to be removed is read from files: words on a command line would stay in the shell's history.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Case, Exhibit, Item, Office, Reasons, TokenFile, Url, client
from comity.vocabulary.errors import BrokenInputError, ErrorCode

if TYPE_CHECKING:
    from comity.evidence.redaction.pictures import Region
    from comity.evidence.redaction.redact import Removal

app = typer.Typer(
    no_args_is_help=True, help="Redacted copies of items: made, opened, and lifted by a judge where provisional."
)

STDOUT = "-"
_PLAN_LIMIT = 1 << 20

Derived = Annotated[
    str, typer.Argument(metavar="DERIVED", help="The derived item's id (comity redact item).", show_default=False)
]
Reason = Annotated[
    str,
    typer.Option(help="Why: third-party, privilege, press, health, security or out-of-scope.", show_default=False),
]
WordsFile = Annotated[
    Path | None,
    typer.Option("--words", help="File with words or phrases to remove, one a line.", show_default=False),
]
PersonsFile = Annotated[
    Path | None,
    typer.Option(
        "--persons",
        help="File with persons who bear another name, one a line: their spellings, with | between them.",
        show_default=False,
    ),
]
Purpose = Annotated[
    str,
    typer.Option(
        help="What you open it for: a code of the instrument, or in quarantine one of a filter team's purposes. Without one you "
        "are refused, and the refusal is recorded.",
        show_default=False,
    ),
]
Attachment = Annotated[
    str, typer.Option(help="The part of a mail that alone is looked at, by its number, e.g. 2.", metavar="PART")
]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        help='File with removals for several reasons, as JSON: [{"reason": "health", "columns": ["diagnosis"]}, …].',
        show_default=False,
    ),
]


@app.command("item")
def item(
    case: Case,
    exhibit: Exhibit,
    original: Item,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    reasons: Reasons = "",
    reason: Reason = "third-party",
    column: Annotated[list[str] | None, typer.Option(help="Column of a table; may be given more than once.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="Field of a mail, e.g. from.")] = None,
    part: Annotated[list[str] | None, typer.Option(help="Part of a mail, e.g. 1.2.")] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PAGE,X,Y,WIDTH,HEIGHT",
            help="Rectangle of a picture or of a PDF's page, in pixels from the upper left corner of the page as it is seen "
            "(comity redact pages). May be given more than once.",
        ),
    ] = None,
    attachment: Attachment = "",
    words: WordsFile = None,
    persons: PersonsFile = None,
    plan: PlanFile = None,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Until a court lifts it, nobody at this node opens the original.")
    ] = False,
    aside: Annotated[
        bool, typer.Option("--aside", help="The item lies in quarantine, and you are of the filter team.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Open an item and make a redacted copy of it. The original stays as it was committed; that you looked is an act."""
    from comity.casework.custody.redact import Redacted, RedactItem
    from comity.entrypoints.cli.pages import print_json, say
    from comity.vocabulary.categories import RemovalKind

    named = _from_options(reason, words=_lines(words), columns=column, fields=field, parts=part, regions=region)
    removals = (*_from_plan(plan), *named)
    people = tuple(tuple(name.strip() for name in line.split("|") if name.strip()) for line in _lines(persons))
    command = RedactItem(
        case, exhibit, original, office, removals, people, provisional, purpose, reasons, aside, attachment
    )
    made = client(url, token_file).post(Redacted, "redactions", command)
    if json:
        print_json(made)
        return
    say(f"opened   {made.opening}", f"act      {made.act}", f"derived  {made.derived}", f"sha256   {made.digest}")
    say(*(f"removed  {each.kind} for {each.reason}, in {each.places} places" for each in made.removed))
    if made.persons:
        say(f"persons  {made.persons} bear another name")
    if any(each.kind is RemovalKind.UNSEEN for each in made.removed):
        say("It is pictures now: what else the file held is not in it, and text can no longer be searched.")


@app.command("pages")
def pages(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A picture, a PDF or a mail that was opened before.", show_default=False),
    ],
    *,
    to: Annotated[Path, typer.Option(help="A new folder for the pages.", metavar="FOLDER", show_default=False)],
    attachment: Attachment = "",
) -> None:
    """Draw every page of a file as a node sees it, to measure regions on. Asks no node; the pages are as secret as the file."""
    from comity.bootstrap.pictures import imaging
    from comity.entrypoints.cli.draft_files import write_new
    from comity.entrypoints.cli.pages import say
    from comity.evidence.redaction.pictures import PICTURES
    from comity.evidence.redaction.redact import form_of, subject

    opened, eyes = file.read_bytes(), imaging()
    content, media_type = subject(opened, form_of(opened), attachment)
    if media_type not in PICTURES:
        raise BrokenInputError(
            ErrorCode.UNKNOWN_TYPE,
            "that is neither a picture nor a PDF",
            found=media_type,
            expected="PDF, PNG, JPEG, …",
        )
    to.mkdir(mode=0o700)
    for number, raster in enumerate(eyes.draw(content, media_type), 1):
        size = f"{raster.width} x {raster.height} pixels"
        form, page = eyes.pack(raster)
        path = to / f"page-{number}.{form.removeprefix('image/')}"
        write_new(path, page)
        say(f"{path}  {size}")


@app.command("open")
def open_copy(
    case: Case,
    derived: Derived,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    reasons: Reasons = "",
    to: Annotated[
        str, typer.Option(help="The file to write; `-` for standard output.", metavar="FILE", show_default=False)
    ],
) -> None:
    """Open a redacted copy for a stated purpose. That you looked is an act in the ledger, and may be told."""
    from comity.casework.custody.read_redacted import OpenDerived
    from comity.entrypoints.cli.receiving import ACT, receive
    from comity.entrypoints.cli.telling import tell_done

    command = OpenDerived(case, derived, office, purpose, reasons)
    said = receive(client(url, token_file), "derived-openings", command, None if to == STDOUT else Path(to))
    tell_done(f"opened, on record as act {said.get(ACT)}")


@app.command("names")
def names(
    case: Case,
    derived: Derived,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    purpose: Purpose,
    reasons: Reasons = "",
) -> None:
    """Open the table of who is who in a redacted copy, as JSON. That you looked is an act.

    A judge may, once a court has lifted the redaction (comity redact lift), and a filter team; never who made the copy.
    """
    from comity.casework.custody.read_redacted import OpenDerived, OpenedNames
    from comity.entrypoints.cli.pages import print_json

    command = OpenDerived(case, derived, office, purpose, reasons)
    print_json(client(url, token_file).post(OpenedNames, "derived-names", command))


@app.command("lift")
def lift(
    case: Case,
    derived: Derived,
    *,
    url: Url,
    token_file: TokenFile,
    office: Office,
    decision: Annotated[str, typer.Option(help="The reference of the court's decision.", show_default=False)],
    decided_by: Annotated[
        str, typer.Option(help="The lifting-decided act of another authority's court.", show_default=False)
    ] = "",
    court: Annotated[str, typer.Option(help="The court whose decision came on paper.", show_default=False)] = "",
    paper: Annotated[Path | None, typer.Option(help="The scan of that decision.", show_default=False)] = None,
    json: AsJson = False,
) -> None:
    """Draft that a court has lifted a redaction: the original is opened as any other item, and who is who by a judge.

    Without --decided-by and --paper, the judge who approves it is the court.
    """
    from comity.casework.desk.draft import Drafted
    from comity.casework.desk.lift_redaction import LiftRedaction
    from comity.entrypoints.cli.pages import print_drafted, print_json

    scan = paper.read_bytes() if paper else b""
    command = LiftRedaction(case, derived, office, decision, decided_by or None, court, scan)
    drafted = client(url, token_file).post(Drafted, "redaction-liftings", command)
    print_json(drafted) if json else print_drafted(drafted)


def _from_options(
    reason: str,
    *,
    words: tuple[str, ...],
    columns: list[str] | None,
    fields: list[str] | None,
    parts: list[str] | None,
    regions: list[str] | None,
) -> "tuple[Removal, ...]":
    from comity.evidence.redaction.redact import Removal
    from comity.vocabulary.categories import RemovalReason

    if reason not in set(RemovalReason):
        raise typer.BadParameter(f"one of {', '.join(RemovalReason)}", param_hint="--reason")
    if not (columns or fields or parts or words or regions):
        return ()
    names = (tuple(columns or ()), tuple(fields or ()), tuple(parts or ()))
    return (Removal(RemovalReason(reason), words, *names, tuple(_region(each) for each in regions or ())),)


def _region(text: str) -> "Region":
    import msgspec

    from comity.evidence.redaction.pictures import Region

    try:
        return msgspec.convert(dict(zip(Region.__struct_fields__, map(int, text.split(",")), strict=True)), Region)
    except (ValueError, msgspec.ValidationError):
        raise typer.BadParameter(
            "five whole numbers: PAGE,X,Y,WIDTH,HEIGHT, the page from 1", param_hint="--region"
        ) from None


def _from_plan(plan: Path | None) -> "tuple[Removal, ...]":
    from comity.evidence.redaction.redact import Removal
    from comity.vocabulary.wire import decode

    return decode(plan.read_bytes(), tuple[Removal, ...], limit=_PLAN_LIMIT) if plan else ()


def _lines(path: Path | None) -> tuple[str, ...]:
    text = path.read_text("utf-8") if path else ""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
