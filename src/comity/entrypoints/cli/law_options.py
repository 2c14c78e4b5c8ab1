"""Options of the commands that ask the law."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from comity.law.terms import Aim
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency

_WHERE, _WHAT = "Where", "What for"
_FACTS = "What is known besides (what is not said, the routes say to establish)"
_AROUND, _NODE = "What is known around the act", "Of a node instead of a file"
_INSTANT = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"]


def _many(words: str, panel: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(help=words, rich_help_panel=panel, show_default=False)
    return option


Own = Annotated[
    Path | None,
    typer.Option("--own", help="Folder of your office's own instrument files (*.toml).", show_default=False),
]
On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="As of that day; today without.", show_default=False),
]
At = Annotated[
    datetime | None,
    typer.Option("--at", formats=_INSTANT, help="As of that instant (UTC); the file's, or now.", show_default=False),
]
NodeUrl = Annotated[
    str,
    typer.Option("--url", envvar="COMITY_URL", help="A node's address.", rich_help_panel=_NODE, show_default=False),
]
NodeToken = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="COMITY_TOKEN_FILE",
        help="File with your token there.",
        rich_help_panel=_NODE,
        show_default=False,
    ),
]
Draft = Annotated[
    str,
    typer.Option("--draft", help="A draft kept there.", rich_help_panel=_NODE, show_default=False),
]
Act = Annotated[
    str,
    typer.Option("--act", help="An act filed there.", rich_help_panel=_NODE, show_default=False),
]
Case = Annotated[
    str,
    typer.Option("--case", help="A case there.", rich_help_panel=_NODE, show_default=False),
]
KeptVersion = Annotated[
    str,
    typer.Option("--law", help="A version kept there, by 8 digits or more.", rich_help_panel=_NODE, show_default=False),
]

Asking = Annotated[str, typer.Option("--from", help="The state that asks.", rich_help_panel=_WHERE, show_default=False)]
Asked = Annotated[
    str,
    typer.Option("--to", help="The state asked; left out: the provider's.", rich_help_panel=_WHERE, show_default=False),
]
ProviderIn = Annotated[list[str] | None, _many("State of the provider or its representative.", _WHERE)]
ProviderServes = Annotated[list[str] | None, _many("State where it offers services.", _WHERE)]
DataIn = Annotated[list[str] | None, _many("State where the data lie.", _WHERE)]
AimOf = Annotated[Aim, typer.Option(help="What is sought.", rich_help_panel=_WHAT)]
Categories = Annotated[list[DataCategory] | None, _many("Kind of data; may be repeated.", _WHAT)]
OffenceCode = Annotated[
    str,
    typer.Option(help="By the code of an instrument's list.", rich_help_panel=_WHAT, show_default=False),
]
MaxPenalty = Annotated[int | None, _many("Maximum penalty in years.", _WHAT)]
Issuing = Annotated[OfficeKind | None, _many("Kind of office that issues.", _WHAT)]
UrgencyOf = Annotated[Urgency, typer.Option(help="How urgent.", rich_help_panel=_WHAT)]
Yes = Annotated[list[str] | None, _many("A fact that holds, e.g. consent; `--yes help` lists them.", _FACTS)]
No = Annotated[list[str] | None, _many("A fact that does not hold, e.g. public-data.", _FACTS)]
Show = Annotated[list[str] | None, typer.Option(help="Show that route whole; may be repeated.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Show every route whole.")]

ActFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        help="A draft (TOML or JSON, as `comity case example` prints), or a sealed act.",
        show_default=False,
    ),
]
From = Annotated[str, typer.Option("--from", help="The issuer's state.", rich_help_panel=_AROUND, show_default=False)]
To = Annotated[
    list[str] | None,
    typer.Option("--to", help="An addressee's state; may be repeated.", rich_help_panel=_AROUND, show_default=False),
]
Addressee = Annotated[OfficeKind | None, _many("Kind of the addressee's office.", _AROUND)]
DraftedBy = Annotated[OfficeKind | None, _many("Kind of office that drafted it.", _AROUND)]
ApprovedBy = Annotated[list[OfficeKind] | None, _many("Kind of office that approved it; none yet without.", _AROUND)]
MeasureOf = Annotated[
    str,
    typer.Option("--measure", help="For an act that names none.", rich_help_panel=_AROUND, show_default=False),
]
Answering = Annotated[Path | None, _many("File of the act that opened the measure.", _AROUND)]
Facts = Annotated[list[str] | None, _many("NAME=VALUE, what no act says, e.g. signature-grade=advanced.", _AROUND)]
