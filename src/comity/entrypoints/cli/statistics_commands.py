"""`comity statistics`: the figures of a year that the law asks for."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.cases.statistics import Figure, Line

app = typer.Typer()

PANEL = "For officers (through their node)"
_NOT_TOLD = "not told here"


@app.command("statistics", rich_help_panel=PANEL)
def statistics(
    *,
    url: Url,
    token_file: TokenFile,
    year: Annotated[int, typer.Option("--year", help="The calendar year.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Count what the law wants counted of a year, from the acts that the node has filed: numbers, and nothing of a case."""
    from comity.casework.desk.statistics import Statistics
    from comity.entrypoints.cli.pages import moment, print_json, say

    found = client(url, token_file).get(Statistics, "statistics", query={"year": str(year)})
    if json:
        print_json(found)
        return
    say(f"{found.year} in {found.zone}, as of {moment(found.as_of)}")
    for figure in found.figures:
        say(f"{figure.id}  {figure.text} ({figure.citation.in_words()})", *_lines(figure))
    if found.disposed:
        say(f"not counted: what was in cases disposed of since the year began ({found.disposed})")


def _lines(figure: "Figure") -> list[str]:
    return [f"    {_line(each)}" for each in figure.lines] or ["    0"]


def _line(line: "Line") -> str:
    """The number, what of, and everything that it is split by; a mean in hours."""
    said = [f"{line.number} {line.tally}", line.order or f"order {_NOT_TOLD}"]
    if line.data is not None:
        said.append(f"data {' + '.join(line.data) or 'not named'}")
    if line.addressees is not None:
        said.append(f"to {' + '.join(line.addressees)}")
    if line.issuing_state is not None:
        said.append(f"from {line.issuing_state or _NOT_TOLD}")
    if line.emergency is not None:
        said.append("emergency" if line.emergency else "no emergency")
    if line.grounds is not None:
        said.append(f"on {' + '.join(line.grounds)}")
    if line.mean_seconds is not None:
        said.append(f"mean {line.mean_seconds / timedelta(hours=1).total_seconds():.1f} h")
    if line.amount is not None:
        said.append(f"{line.amount} in the smallest units of {line.currency}")
    return "; ".join(said)
