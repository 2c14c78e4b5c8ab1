"""Clocks asked for: of a case at a node, or of a file of facts."""

from datetime import UTC, datetime
from pathlib import Path

from comity.entrypoints.cli.client_options import client
from comity.entrypoints.cli.law_files import law_of, read_triggers
from comity.law.docket import Docket, docket
from comity.law.triggers import triggered
from comity.vocabulary.errors import BrokenInputError, ErrorCode

EXAMPLE = """# What happened, for: comity law clocks facts.toml
# Here an order to a provider in Germany, issued in Portugal without prior validation, and what followed.

instrument = "EU-2023-1543"                              # comity law instruments
name = "order of 23 November"
at = 2026-11-26T09:00:00Z                                # the instant to look at; now without
sending = { country = "PT", zone = "Europe/Lisbon" }     # holidays and zone of the side that asks or orders
receiving = { country = "DE", zone = "Europe/Berlin" }   # and of the side that is asked or ordered

[[happened]]                                             # act 1
act = "production-ordered"                               # comity case example lists act types
measure = "production"
at = 2026-11-23T10:00:00Z                                # issued
received = 2026-11-23T10:02:00Z                          # got by its addressee; as issued without
says = { "without_validation" = true, "emergency" = "life-integrity-safety" }

[[happened]]                                             # act 2
act = "production-validated"
at = 2026-11-24T15:00:00Z
answers = [1]                                            # the acts it answers, by their numbers
says = { "validating_kind" = "judge" }                   # what clocks look at; a wrong name is told with those there are
"""

Node = tuple[str, Path | None]
"""A node's address, and the file of the token there."""


def ask_docket(
    file: Path | None, case: str, at: datetime | None, own: Path | None, *, node: Node, law: str = ""
) -> Docket:
    """The clocks of the case at the node, by the law in force or one kept there; or of the facts in the file. Raises `BrokenInputError`."""
    url, token_file = node
    if case:
        if not url or token_file is None:
            raise BrokenInputError(ErrorCode.MALFORMED, "which node has the case?", expected="--url and --token-file")
        query = {"at": at.astimezone(UTC).isoformat() if at else "", "law": law}
        said = {name: value for name, value in query.items() if value}
        return client(url, token_file).get(Docket, "cases", case, "clocks", query=said)
    if file is None:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "whose clocks?",
            expected="a file of what happened, or --case CASE with --url and --token-file",
            do="comity law clocks --example > facts.toml",
        )
    known = law_of(own)
    found = read_triggers(file, known)
    instant = at or found.at or datetime.now(UTC)
    return docket(known, found.name, triggered(known, found), at=instant, calendars=found.calendars())
