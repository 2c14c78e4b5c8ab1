"""Findings add up to checks, and checks to a verdict: the worst decides, whatever came before it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from comity.entrypoints.verify.progress import _Watched
from comity.evidence.checks.verdicts import FINDINGS_SHOWN, Check, Examination, Verdict, report_on, worst

VALID, OPEN, INVALID = Verdict.VALID, Verdict.INDETERMINATE, Verdict.INVALID


@given(st.lists(st.sampled_from(Verdict)))
def test_any_invalid_makes_it_invalid_and_else_any_open_makes_it_open(outcomes):
    expected = INVALID if INVALID in outcomes else OPEN if OPEN in outcomes else VALID
    assert worst(outcomes) is expected
    report = report_on([Check(number, "x", outcome, "") for number, outcome in enumerate(outcomes)])
    assert report.verdict is expected
    assert report.decided_by == (None if expected is VALID else outcomes.index(expected))


@pytest.mark.parametrize("noise", [0, 1, FINDINGS_SHOWN, 10_000])
def test_a_fault_is_shown_first_however_many_remarks_came_before(noise):
    examination = Examination(4, "seals")
    for number in range(noise):
        examination.remark(f"remark {number}")
    examination.doubt("something is missing", file="b")
    examination.fault("something is wrong", file="c")
    check = examination.close("all is well")
    assert (check.outcome, check.what, check.file) == (INVALID, "something is wrong", "c")
    assert [finding.outcome for finding in check.detail[:2]] == [INVALID, OPEN]
    assert len(check.detail) <= FINDINGS_SHOWN + 3


def test_a_check_with_remarks_only_holds():
    examination = Examination(1, "archive")
    examination.remark("by the way")
    assert examination.holds
    assert examination.close("all is well").outcome is VALID


def test_watching_a_file_being_read_changes_nothing_in_what_is_read():
    data = bytes(range(256)) * 100_000
    console = Console(file=io.StringIO(), force_terminal=True)
    with Progress(console=console) as progress:
        watched = _Watched(io.BytesIO(data), progress, len(data))
        read = b"".join(iter(lambda: watched.read(1 << 20), b""))
        watched.seek(5)
        assert read == data
        assert watched.read(3) == data[5:8]
        assert progress.tasks[0].completed > len(data) / 2
