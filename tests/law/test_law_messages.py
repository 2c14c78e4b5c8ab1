"""The twenty-nine messages of Regulation (EU) 2023/1543: each is an act that its law knows, under a measure where it belongs."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from comity.acts.classes import ActType
from comity.acts.rules import RULES, Basis
from comity.law.corpus import Law

REGULATION = "EU-2023-1543"
FACTS = Path(__file__).resolve().parents[3] / "shared" / "law" / "eu-e-evidence.md"

ENFORCING = ("enforcement-of-production", "enforcement-of-preservation")
BOTH = ("production", "preservation")

MESSAGES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "M01": (("production-ordered",), ("production",)),
    "M02": (("authority-notified",), ("notification",)),
    "M03": (("preservation-ordered",), ("preservation",)),
    "M04": (("non-execution-stated",), BOTH),
    "M05": (("clarification-given",), (*BOTH, "notification")),
    "M06": (("deadline-set",), ("production",)),
    "M07": (("non-execution-accepted",), BOTH),
    "M08": (("production-withdrawn", "order-reviewed"), BOTH),
    "M09": (("preservation-released",), BOTH),
    "M10": (("follow-up-confirmed",), ("preservation",)),
    "M11": (("preservation-extended",), ("preservation",)),
    "M12": (("clarification-requested", "clarification-given"), ("notification",)),
    "M13": (("no-ground-raised",), ("production", "notification")),
    "M14": (("grounds-raised",), ("production", "notification")),
    "M15": (("waiver-requested",), ("production", "notification")),
    "M16": (("exhibit-handed-over",), ("production",)),
    "M17": (("alternative-means-recorded",), ("alternative-means",)),
    "M18": (("enforcement-requested",), ENFORCING),
    "M19": (("enforcement-decided",), ENFORCING),
    "M20": (("compliance-required",), ENFORCING),
    "M21": (("objection-raised",), ENFORCING),
    "M22": (("clarification-requested", "clarification-given"), ENFORCING),
    "M23": (("exhibit-handed-over",), ("enforcement-of-production",)),
    "M24": (("penalty-decided",), ENFORCING),
    "M25": (("court-review-requested", "court-review-decided"), ("production",)),
    "M26": (("third-country-asked",), ("production",)),
    "M27": (("person-informed",), ("production",)),
    "M28": (("consultation-requested",), ("consultation",)),
    "M29": (("controller-informed",), ("production",)),
}
"""Of each message, the acts that it is and the measures under which every one of them is given."""


def unknown(messages: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]], law: Law) -> set[str]:
    """The messages that are no act of the law: of no kind that there is, resting on none, or under a measure without it."""
    measures = {name: asked.rule for name, asked in law.instruments[REGULATION].measures.items()}
    missing = set()
    for number, (kinds, under) in messages.items():
        for kind in kinds:
            known = kind in {each.value for each in ActType} and RULES[ActType(kind)].basis is Basis.INSTRUMENT
            given = all(kind in {measures[name].opens, *measures[name].acts} for name in under if name in measures)
            if not (known and given and under and set(under) <= set(measures)):
                missing.add(number)
    return missing


def test_each_of_the_twenty_nine_messages_is_an_act_under_its_measure(law: Law) -> None:
    assert list(MESSAGES) == [f"M{number:02}" for number in range(1, 30)]
    assert unknown(MESSAGES, law) == set()


@pytest.mark.parametrize("number", MESSAGES)
def test_a_message_under_a_measure_that_does_not_know_it_is_told(law: Law, number: str) -> None:
    kinds, _ = MESSAGES[number]
    assert unknown({number: (kinds, ("duties-at-large",))}, law) == {number}
    assert unknown({number: (("no-such-act",), MESSAGES[number][1])}, law) == {number}


def test_the_table_of_facts_has_no_message_beyond_these() -> None:
    if not FACTS.exists():
        pytest.skip("the facts of the Regulation are not beside this repository")
    rows = re.findall(r"^\| (M\d\d)\b", FACTS.read_text("utf-8"), re.MULTILINE)
    assert rows == list(MESSAGES)
