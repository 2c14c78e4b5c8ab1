"""A question about routes as it stands on a command line, put to the law; what is misspelt is told with what there is."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import msgspec
from msgspec import Struct

from comity.entrypoints.cli.law_files import law_of, state
from comity.entrypoints.cli.telling import tell_done
from comity.law.corpus import Law
from comity.law.questions import Question
from comity.law.routes import Routes, routes
from comity.law.terms import Aim
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FACTS: Mapping[str, str] = {
    "offence-here": "the offence was committed in the requesting state",
    "resident-here": "the person resides in the requesting state",
    "person-of-requested": "the person is of the state asked, by nationality or residence",
    "consent": "who may lawfully disclose the data consents",
    "public-data": "the data are open to everyone",
    "privileged": "privilege, press or another protection is in play",
    "for-public-authority": "the provider holds the data for a public authority",
    "treaty-between": "a mutual assistance treaty is in force between the two",
}
"""What a question may say besides, by its name on the command line."""


class Asked(Struct, frozen=True):
    """The words of the command line; `facts` by their names there."""

    requesting: str
    requested: str
    provider_in: tuple[str, ...]
    provider_serves: tuple[str, ...]
    data_in: tuple[str, ...]
    aim: Aim
    categories: tuple[DataCategory, ...]
    offence: str
    max_penalty_years: int | None
    issuing: OfficeKind | None
    urgency: Urgency
    on: date
    facts: Mapping[str, bool]


def ask_routes(asked: Asked, own: Path | None) -> Routes:
    """The routes. Raises `BrokenInputError` for a state or a fact that is none, and where nobody is asked."""
    law = law_of(own)
    question = _question(asked)
    _tell_unknown_offence(law, question.offence)
    return routes(law, question)


def _question(asked: Asked) -> Question:
    facts = {name.replace("_", "-"): holds for name, holds in asked.facts.items()}
    if unknown := sorted(set(facts) - set(FACTS)):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "that is no fact a question can say",
            found=", ".join(unknown),
            expected="\n".join(f"{name}: {words}" for name, words in FACTS.items()),
        )
    provider = tuple(state(each, "--provider-in") for each in asked.provider_in)
    if not asked.requested and not provider:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "whom would be asked?",
            expected="--to STATE, or --provider-in STATE for the state of a provider",
        )
    question = Question(
        aim=asked.aim,
        requesting=state(asked.requesting, "--from"),
        requested=state(asked.requested, "--to") if asked.requested else provider[0],
        on=asked.on,
        categories=asked.categories,
        offence=asked.offence,
        max_penalty_years=asked.max_penalty_years,
        issuing=asked.issuing,
        urgency=asked.urgency,
        data_in=tuple(state(each, "--data-in") for each in asked.data_in),
        provider_in=provider,
        provider_serves=tuple(state(each, "--provider-serves") for each in asked.provider_serves),
    )
    return msgspec.structs.replace(question, **{name.replace("-", "_"): holds for name, holds in facts.items()})


def _tell_unknown_offence(law: Law, code: str) -> None:
    """An offence outside every list is lawful to ask about; a misspelt one should be noticed."""
    lists = [codes for instrument in law.instruments.values() for codes in instrument.file.list]
    known = {listed.code for codes in lists for listed in codes.codes}
    if code and code not in known:
        near = ", ".join(get_close_matches(code, known, 5)) or "none that is spelt alike"
        tell_done(f"Note: no list of offences here has the code {code!r}; near it: {near}.")
