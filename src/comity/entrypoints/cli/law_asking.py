"""`comity law routes` and `comity law check`: which way to go, and what stands against an act, without a node."""

from datetime import UTC, datetime

import typer

from comity.entrypoints.cli import law_options as option
from comity.entrypoints.cli.client_options import AsJson
from comity.law.terms import Aim
from comity.vocabulary.categories import Urgency

app = typer.Typer()


@app.command("routes")
def routes(
    *,
    requesting: option.Asking,
    requested: option.Asked = "",
    provider_in: option.ProviderIn = None,
    provider_serves: option.ProviderServes = None,
    data_in: option.DataIn = None,
    aim: option.AimOf = Aim.DISCLOSE,
    category: option.Categories = None,
    offence: option.OffenceCode = "",
    max_penalty: option.MaxPenalty = None,
    issuing: option.Issuing = None,
    urgency: option.UrgencyOf = Urgency.ORDINARY,
    on: option.On = None,
    yes: option.Yes = None,
    no: option.No = None,
    show: option.Show = None,
    everything: option.Everything = False,
    own: option.Own = None,
    json: AsJson = False,
) -> None:
    """Which ways are open from one state to another, the fastest lawful first, what each takes, and why others are closed.

    Example: comity law routes --from PT --provider-in DE --category subscriber --issuing prosecutor --max-penalty 5
    """
    from comity.entrypoints.cli.law_questions import Asked, ask_routes
    from comity.entrypoints.cli.law_route_pages import print_routes
    from comity.entrypoints.cli.pages import print_json

    asked = Asked(
        requesting=requesting,
        requested=requested,
        provider_in=tuple(provider_in or ()),
        provider_serves=tuple(provider_serves or ()),
        data_in=tuple(data_in or ()),
        aim=aim,
        categories=tuple(category or ()),
        offence=offence,
        max_penalty_years=max_penalty,
        issuing=issuing,
        urgency=urgency,
        on=(on or datetime.now(UTC)).date(),
        facts={**dict.fromkeys(yes or (), True), **dict.fromkeys(no or (), False)},
    )
    found = ask_routes(asked, own)
    print_json(found) if json else print_routes(found, show or (), everything=everything)


@app.command("check")
def check(
    file: option.ActFile = None,
    *,
    requesting: option.From = "",
    requested: option.To = None,
    addressee: option.Addressee = None,
    drafted_by: option.DraftedBy = None,
    approved_by: option.ApprovedBy = None,
    measure: option.MeasureOf = "",
    answering: option.Answering = None,
    fact: option.Facts = None,
    on: option.On = None,
    draft: option.Draft = "",
    act: option.Act = "",
    url: option.NodeUrl = "",
    token_file: option.NodeToken = None,
    own: option.Own = None,
    json: AsJson = False,
) -> None:
    """Say everything the law has against an act, at both sides at once: missing, wrong, too much, refusable, and who can mend it.

    Exit code 3 when something keeps it from being sent or taken. Example: comity law check request.toml --from PT --to DE
    """
    from comity.entrypoints.cli.exits import ExitCode
    from comity.entrypoints.cli.law_opinions import Looked, ask_node, ask_opinion, print_opinion
    from comity.entrypoints.cli.pages import print_json
    from comity.law.terms import Side

    looked = Looked(
        file=file,
        requesting=requesting,
        requested=tuple(requested or ()),
        addressee=addressee,
        drafted_by=drafted_by,
        approved_by=None if approved_by is None else tuple(approved_by),
        measure=measure,
        answering=answering,
        facts=tuple(fact or ()),
        on=on.replace(tzinfo=UTC) if on else datetime.now(UTC),
    )
    found = ask_node(draft, act, url, token_file) if draft or act else ask_opinion(looked, own)
    print_json(found) if json else print_opinion(found)
    if any(found.blocks(side) for side in Side):
        raise typer.Exit(ExitCode.REFUSED)
