"""What the courts of a State want, and what stands against taking a case there, laid out."""

from datetime import UTC, datetime
from pathlib import Path

from comity.casework.dossier.leaving import ALWAYS, LANGUAGES, Leaving
from comity.entrypoints.cli.client_options import client
from comity.entrypoints.cli.law_dockets import Node
from comity.entrypoints.cli.law_files import law_of
from comity.entrypoints.cli.law_files import state as state_code
from comity.entrypoints.cli.law_layout import Sheet
from comity.law.courts import WantStanding, court_opinion
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_WORDS = {WantStanding.MET: "has it", WantStanding.LACKING: "LACKS", WantStanding.TO_LOOK_AT: "look at it"}


def ask_courts(state: str, case: str, own: Path | None, *, node: Node) -> Leaving:
    """What the node says of the case, or what the files at hand say of that State's courts. Raises `BrokenInputError`."""
    country = state_code(state, "STATE")
    url, token_file = node
    if case:
        if not url or token_file is None:
            raise BrokenInputError(ErrorCode.MALFORMED, "which node has the case?", expected="--url and --token-file")
        return client(url, token_file).get(Leaving, "cases", case, "leaving", query={"state": country})
    courts = law_of(own).courts
    found = court_opinion(courts, country, ALWAYS, LANGUAGES, on=datetime.now(UTC).date())
    return Leaving(state=country, passing_on=(), may_leave=True, court=found)


def print_leaving(found: Leaving) -> None:
    """What is against passing on, then what the courts want."""
    sheet = Sheet()
    sheet.title(f"A dossier for the courts of {found.state}")
    if found.passing_on:
        sheet.heading("Passing on" if found.may_leave else "It may not go there")
        sheet.labelled((("", f"{gap.message} [{gap.citation}]") for gap in found.passing_on), width=1)
    if not found.court.known:
        sheet.line()
        sheet.line(
            f"What the courts of {found.state} want is not known here, and nothing is guessed: ask them, or a lawyer there, "
            "and write down the answer as law/template/courts.toml shows."
        )
        return
    sheet.heading(f"{found.court.title}, as of {found.court.as_of}")
    for want in found.court.wants:
        lacks = f" ({', '.join(want.lacks)})" if want.lacks else ""
        sheet.labelled(((_WORDS[want.standing], f"{want.kind.value}: {want.text}{lacks} [{want.citation}]"),))
