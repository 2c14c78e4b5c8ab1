"""Options and arguments of the commands about a node's folder."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_WHO, _WHERE, _PEOPLE, _LEDGER = "Who it is", "Where it is", "Who works there", "Its ledger"


class NodeKind(StrEnum):
    """The kinds of authority that a node can be made for; the words of `comity.trust.directory_format`."""

    STATE = "state"
    PROVIDER = "provider"
    OVERSIGHT = "oversight"


Folder = Annotated[Path, typer.Argument(help="The node's folder.", envvar="COMITY_NODE", show_default=False)]

AuthorityName = Annotated[
    str, typer.Option(help="Its name in the directory, e.g. pt.", rich_help_panel=_WHO, show_default=False)
]
Name = Annotated[str, typer.Option(help="Its name in words.", rich_help_panel=_WHO, show_default=False)]
Country = Annotated[str, typer.Option(help="Its country, e.g. PT.", rich_help_panel=_WHO, show_default=False)]
Kind = Annotated[NodeKind, typer.Option(help="What it is.", rich_help_panel=_WHO, show_default=False)]
Zone = Annotated[
    str,
    typer.Option(help="Time zone it works in, e.g. Europe/Lisbon: legal time is counted there.", rich_help_panel=_WHO),
]
Language = Annotated[
    list[str], typer.Option(help="A language it reads, e.g. pt; repeatable.", rich_help_panel=_WHO, show_default=False)
]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535, rich_help_panel=_WHERE)]
Host = Annotated[str, typer.Option(help="Address to listen on.", rich_help_panel=_WHERE)]
Endpoint = Annotated[
    str,
    typer.Option(
        help="Where peers reach it, https://...; without it http://HOST:PORT, for this machine only.",
        rich_help_panel=_WHERE,
        show_default=False,
    ),
]
Offices = Annotated[
    list[str] | None,
    typer.Option(
        help="An office as ID=KIND, e.g. duty=contact-point. Kinds: contact-point, central-authority, police, "
        "prosecutor, judge, provider-desk, oversight, filter-team. Repeatable.",
        metavar="ID=KIND",
        rich_help_panel=_PEOPLE,
        show_default=False,
    ),
]
Officers = Annotated[
    list[str] | None,
    typer.Option(
        help="An officer and the offices held, e.g. pt.costa=duty. Repeatable.",
        metavar="ID=OFFICE[,OFFICE]",
        rich_help_panel=_PEOPLE,
        show_default=False,
    ),
]
Credential = Annotated[
    list[str] | None,
    typer.Option(
        help="An officer's passkey for approvals: JSON with id, public_key (COSE), rp_id, origin, valid_from. Repeatable.",
        metavar="OFFICER=FILE",
        rich_help_panel=_PEOPLE,
        show_default=False,
    ),
]
Rehearsal = Annotated[
    bool,
    typer.Option(
        "--rehearsal",
        help="UNSAFE. Only rehearse: a software authenticator for every officer, http and a moved clock are let through.",
        rich_help_panel=_PEOPLE,
    ),
]
Intake = Annotated[
    list[Path] | None,
    typer.Option(
        help="A folder that data may be taken in from; repeatable. FOLDER/intake without.",
        rich_help_panel=_WHERE,
        show_default=False,
    ),
]
Witnesses = Annotated[
    list[str] | None,
    typer.Option(
        help="An authority that is asked to co-sign every checkpoint; repeatable.",
        rich_help_panel=_LEDGER,
        show_default=False,
    ),
]
Threshold = Annotated[
    int, typer.Option(help="Co-signatures a checkpoint needs to count as witnessed.", min=0, rich_help_panel=_LEDGER)
]
Checkpoints = Annotated[
    int, typer.Option(help="Seconds between two checkpoints.", min=1, max=3600, rich_help_panel=_LEDGER)
]
