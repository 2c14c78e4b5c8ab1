"""The golden cases a lawyer wrote hold, and a case that is wrong or broken is told with its place."""

from pathlib import Path

import pytest

from comity.law.golden import run_cases
from comity.law.packaged import packaged_law, run_golden_cases

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "law" / "cases"
TEMPLATE = ROOT / "law" / "template"
OUTCOMES = run_golden_cases(FOLDER)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: f"{each.file}:{each.line}: {each.name}")
def test_the_law_answers_as_its_golden_case_expects(outcome):
    assert outcome.differences == ()


def test_there_are_enough_cases_and_enough_that_say_no():
    assert len(OUTCOMES) >= 150
    assert sum(outcome.negative for outcome in OUTCOMES) >= 40


def test_every_case_has_a_name_of_its_own_and_cites_an_article():
    names = [(outcome.file, outcome.article, outcome.name) for outcome in OUTCOMES]
    assert len(set(names)) == len(names)
    assert all(outcome.article for outcome in OUTCOMES)


def test_every_instrument_of_the_package_has_cases(law):
    assert set(law.instruments) == {outcome.instrument for outcome in OUTCOMES}


def test_an_offices_own_treaty_and_national_law_are_two_files_and_their_cases():
    own = {path.name: path.read_bytes() for path in TEMPLATE.glob("*.toml")}
    outcomes = run_golden_cases(TEMPLATE / "cases", own)
    assert len(outcomes) >= 10
    assert [(outcome.name, outcome.differences) for outcome in outcomes if not outcome.passed] == []


CASE = """
[given."a request"]
type = "preservation-requested"
measure = "expedited-preservation"

[[case]]
name = "nothing is said"
article = "Art 29(2)"
asks = "act"
instrument = "CETS185"
on = 2026-11-21
act = "a request"
states = ["PT", "DE"]
blocks = ["bc29.authority"]
"""


def differences(text):
    outcomes = run_cases({"cases.toml": text.encode()}, packaged_law())
    return " / ".join(each for outcome in outcomes for each in outcome.differences), outcomes[0].line


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('blocks = ["bc29.authority"]', 'blocks = ["bc29.authority", "bc29.moon"]', "blocks: expected bc29.moon"),
        ('name = "nothing', 'nane = "nothing', "unknown key 'nane'"),
        ('article = "Art 29(2)"', 'article = "Art 290"', "stands at 'Art 290'"),
        ('instrument = "CETS185"', 'instrument = "CETS1850"', "no instrument 'CETS1850'"),
        ('act = "a request"', 'act = "another request"', "no act is given as 'another request'"),
        ('type = "preservation-requested"', 'type = "preservation-dreamt"', "is no act"),
        ("on = 2026-11-21\n", "", "on which day"),
        ('states = ["PT", "DE"]\n', "", "who issues and to whom"),
        ('blocks = ["bc29.authority"]', 'change = { "measure.deep" = 1 }', "leads nowhere"),
        ('asks = "act"', 'asks = "routes"', "what is sought"),
        ("[[case]]", "[[case]", "not TOML"),
    ],
)
def test_a_case_that_is_wrong_or_broken_is_told(old, new, said):
    assert old in CASE
    told, line = differences(CASE.replace(old, new, 1))
    assert said in told
    assert 1 <= line <= CASE.count("\n")


LIMITS = """
[given."an order"]
type = "production-ordered"
measure = "production"
issuing_kind = "police"
emergency = "life-integrity-safety"
without_validation = true

[given."its validation"]
type = "production-validated"
order = "0000000000000000000000000000000000000000000000000000000000000000"
validating_kind = "prosecutor"

[[case]]
name = "validated after a day"
article = "Art 4(5)"
asks = "clocks"
instrument = "EU-2023-1543"
at = 2026-12-01T00:00:00Z
happened = [
  { act = "an order", at = 2026-11-20T14:00:00Z },
  { act = "its validation", at = 2026-11-21T14:00:00Z, answers = [1] },
]
limits = [{ id = "tl-08", article = "Art 4(5)", state = "met", settled = 2026-11-21T14:00:00Z, who = "issuing" }]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('Art 4(5)", state', 'Art 5(4)", state', "tl-08: article is Art 4(5), expected Art 5(4)"),
        ("settled = 2026-11-21", "settled = 2026-11-22", "tl-08: settled is 2026-11-21"),
        ('who = "issuing"', 'who = "addressee"', "tl-08: who is issuing, expected addressee"),
    ],
)
def test_an_expectation_of_a_limit_that_does_not_hold_is_told(old, new, said):
    assert differences(LIMITS)[0] == ""
    assert old in LIMITS
    assert said in differences(LIMITS.replace(old, new, 1))[0]


def test_what_is_found_besides_is_told_with_what_is_missing():
    told, line = differences(CASE)
    assert "blocks: found besides bc29.data" in told
    assert line == CASE.splitlines().index("[[case]]") + 1
