"""`comity law …`: what the instruments say, rule by rule, each with its article."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from comity.entrypoints.cli import law_asking, law_reckoning
from comity.entrypoints.cli.client_options import AsJson
from comity.entrypoints.cli.law_options import Own

app = typer.Typer(
    no_args_is_help=True, help="Ask the law as a node asks it: routes, findings, clocks, rules. Needs no node."
)
app.add_typer(law_asking.app)
app.add_typer(law_reckoning.app)


@app.command("instruments")
def instruments(*, own: Own = None, json: AsJson = False) -> None:
    """List the instruments (treaties, regulations, statutes) and their measures."""
    from comity.entrypoints.cli.law_pages import listed_instruments, print_instruments
    from comity.entrypoints.cli.pages import print_json

    found = listed_instruments(own)
    print_json(found) if json else print_instruments(found)


@app.command("explain")
def explain(
    instrument: Annotated[
        str, typer.Argument(help="Its id, e.g. CETS185 (comity law instruments).", show_default=False)
    ],
    asked: Annotated[
        str,
        typer.Argument(metavar="[ARTICLE|MEASURE]", help='An article, e.g. "29(7)", or a measure; everything without.'),
    ] = "",
    *,
    at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="As of that day; today without.", show_default=False),
    ] = None,
    own: Own = None,
    json: AsJson = False,
) -> None:
    """Explain a measure or an article: who may, what it must say, which grounds, which clocks; with source and article."""
    from comity.entrypoints.cli.law_pages import explained, print_explanation
    from comity.entrypoints.cli.pages import print_json

    found = explained(instrument, asked, at.replace(tzinfo=UTC) if at else datetime.now(UTC), own)
    print_json(found) if json else print_explanation(found)
