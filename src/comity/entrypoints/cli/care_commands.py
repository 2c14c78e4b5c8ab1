"""`comity alarms`, `comity fixity`: what is wrong at a node, and whether its evidence is still what it was."""

import typer

from comity.entrypoints.cli.client_options import AsJson, TokenFile, Url, client

app = typer.Typer()

PANEL = "For officers (through their node)"


@app.command("alarms", rich_help_panel=PANEL)
def alarms(*, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """List what wants a person at the node: damaged evidence, a limit of the law that passed. Exit code 1 if any.

    What an alarm of a case is about stands with the case: comity case list, comity case show CASE.
    """
    from comity.casework.ports.alarms import Alarm
    from comity.entrypoints.cli.pages import moment, print_json, say

    found = client(url, token_file).get(tuple[Alarm, ...], "alarms")
    if json:
        print_json(found)
    for alarm in () if json else found:
        say(f"{alarm.code}  since {moment(alarm.since)}  {alarm.detail}".rstrip(), f"    {alarm.subject}")
    if found:
        raise typer.Exit(1)
    if not json:
        say("no alarm stands")


@app.command("fixity", rich_help_panel=PANEL)
def fixity(*, url: Url, token_file: TokenFile, json: AsJson = False) -> None:
    """Show how far the re-verification of everything stored is, and how much of it is broken."""
    from comity.casework.upkeep.fixity_standing import FixityStanding
    from comity.entrypoints.cli.pages import moment, print_json, say
    from comity.evidence.dossier.words import count, size_words

    found = client(url, token_file).get(FixityStanding, "fixity")
    if json:
        print_json(found)
        return
    state = "over" if found.resting else "under way"
    say(f"round {found.round}  begun {moment(found.begun_at)}  {state}" if found.round else "no round has begun yet")
    since = f"{count(found.objects, 'object')}, {size_words(found.bytes)} since the last one"
    say(f"{count(found.batches, 'act')} in this round; {since}")
    say(f"broken: {count(found.broken, 'object')} (comity alarms)" if found.broken else "nothing is broken")
