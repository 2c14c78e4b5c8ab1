"""Golden cases: facts, a question, and the answer a lawyer expects, each citing its article.

A case is a table in `golden/*.toml`. What every case has:

    name = "what is tested, in one sentence"
    article = "Art 29(7)"                 # the provision it is about
    question = "findings"                 # or clocks, may-open, ground
    instrument = "..."
    at = 2026-11-21T14:03:00Z             # the day whose law counts

For `findings`: `body` (an act's body, with its `type`), `states` (issuer's, then addressees'), `side`, and where needed
`approvers`, `measure`, `addressee_kind`, `opening` (a body) and `facts`. `expect` lists every finding: code, article, severity; or
nothing. For `clocks`: `acts` (each with `body`, `at`, `received_at`, and `re`, the positions of acts it answers), `country`, `zone`;
`expect` lists the clocks to look at, each with what is expected of it. For `may-open`: `measure`, `purpose`, `conditions`; for
`ground`: `measure`, `ground`, `country`; `expect` is the code of the finding, or "" when nothing stands against it.
"""

import tomllib
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from comity.acts.bodies import AnyBody
from comity.law.calendars import calendar_of
from comity.law.clocks import clocks
from comity.law.findings import findings
from comity.law.grounds import check_ground
from comity.law.history import past_act
from comity.law.matters import Participant
from comity.law.purposes import may_open
from comity.law.terms import Side
from comity.vocabulary.categories import OfficeKind

FILES = sorted((Path(__file__).parent / "golden").glob("*.toml"))
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in FILES
    for case in tomllib.loads(file.read_text())["case"]
]


def body_of(tree):
    return msgspec.convert(tree, AnyBody)


def answer_findings(case, law, payload_of):
    issuer, *others = case["states"]
    kind = OfficeKind(case["addressee_kind"]) if "addressee_kind" in case else None
    opening = payload_of(body_of(case["opening"]), case["instrument"]) if "opening" in case else None
    found = findings(
        law,
        payload_of(body_of(case["body"]), case["instrument"], at=case["at"]),
        side=Side(case["side"]),
        issuer=Participant(issuer),
        addressees=tuple(Participant(other, kind) for other in others),
        at=case["at"],
        approvers=tuple(OfficeKind(each) for each in case["approvers"]) if "approvers" in case else None,
        measure=case.get("measure"),
        opening=opening,
        facts=case.get("facts", {}),
    )
    rows = [
        {"code": each.code, "article": each.citation.article if each.citation else "", "severity": each.severity.value}
        for each in found
    ]
    unverified = {each.code for each in found if not each.verified}
    assert unverified == set(case.get("unverified", []))
    assert sorted(rows, key=str) == sorted(case["expect"], key=str)


def answer_clocks(case, law, payload_of):
    history = []
    for position, act in enumerate(case["acts"]):
        payload = payload_of(
            body_of(act["body"]),
            case["instrument"],
            at=act["at"],
            re=tuple(f"{answered:064x}" for answered in act.get("re", [])),
        )
        received = act.get("received_at", act["at"])
        history.append(past_act(law, f"{position:064x}", payload, received_at=received, measure=act.get("measure")))
    calendars = dict.fromkeys(Side, calendar_of(case["country"], case["zone"]))
    found = {state.id: state for state in clocks(law, history, at=case["at"], calendars=calendars)}
    for expected in case["expect"]:
        state = found[expected["id"]]
        shown = {**msgspec.structs.asdict(state), "article": state.citation.article}
        for key, value in expected.items():
            got = shown[key]
            assert (got if isinstance(got, bool | datetime) or got is None else str(got)) == value, key
    assert set(case.get("absent", [])) & set(found) == set()


def answer_may_open(case, law, _payload_of):
    found = may_open(
        law, case["instrument"], case["measure"], case["purpose"], case.get("conditions", []), at=case["at"]
    )
    assert (found.code if found else "") == case["expect"]


def answer_ground(case, law, payload_of):
    opening = payload_of(body_of(case["opening"]), case["instrument"]) if "opening" in case else None
    found = check_ground(
        law,
        case["instrument"],
        case["measure"],
        case["ground"],
        country=case["country"],
        at=case["at"],
        opening=opening,
    )
    assert (found.code if found else "") == case["expect"]


ANSWERS = {
    "findings": answer_findings,
    "clocks": answer_clocks,
    "may-open": answer_may_open,
    "ground": answer_ground,
}


@pytest.mark.parametrize("case", CASES)
def test_the_law_answers_as_a_lawyer_expects(case, law, payload_of):
    assert case["article"]
    ANSWERS[case["question"]](case, law, payload_of)
