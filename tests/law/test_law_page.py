"""The page of rules is that of the files, and the guide speaks of what is there."""

import runpy
from pathlib import Path

import msgspec
import pytest

from comity.law.checks import PROVISION_LISTS, provisions
from comity.law.golden_format import Asks, Case
from comity.law.questions import Question
from comity.law.terms import EventKind, Must, NoteKind, PrerequisiteKind

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "law.md").read_text("utf-8")
TOOL = runpy.run_path(str(ROOT / "tools" / "law_page.py"))


def test_the_page_of_rules_is_that_of_the_files():
    page = (ROOT / "docs" / "law-rules.md").read_text("utf-8")
    assert page == TOOL["page"](), "run `python tools/law_page.py`"


def test_every_rule_stands_on_the_page_with_whether_it_was_read(law):
    page = TOOL["page"]()
    for instrument in law.instruments.values():
        for _, row in provisions(instrument.file):
            lines = [each for each in page.splitlines() if each.startswith(f"| {row.id} | ")]
            assert any(f" | {row.article} | " in line for line in lines)
        doubtful = TOOL["unverified"](instrument)
        assert f"| {instrument.head.id} | {instrument.head.title} | " in page
        assert f"| {doubtful} | " in page


def test_what_nobody_has_read_is_listed_rule_by_rule_and_counted(law):
    page = (ROOT / "docs" / "law-unverified.md").read_text("utf-8")
    assert page == TOOL["doubts"](), "run `python tools/law_page.py`"
    for instrument in law.instruments.values():
        doubtful = [row for _, row in provisions(instrument.file) if not row.verified]
        assert f"| {instrument.head.id} | {len(list(provisions(instrument.file)))} | {len(doubtful)} | " in page
        assert [row.id for row in doubtful if f"| {row.id} | " not in page] == []


@pytest.mark.parametrize("words", [Must, EventKind, NoteKind, PrerequisiteKind, Asks], ids=lambda each: each.__name__)
def test_the_guide_explains_every_word_of_the_format(words):
    assert [word.value for word in words if f"`{word.value}`" not in GUIDE] == []


def test_the_guide_explains_every_table_and_what_cases_and_questions_say():
    assert [name for name in PROVISION_LISTS if f"`[[{name}]]`" not in GUIDE] == []
    for shape in (Case, Question):
        fields = [field.name for field in msgspec.structs.fields(shape)]
        assert [name for name in fields if f"`{name}`" not in GUIDE] == []
