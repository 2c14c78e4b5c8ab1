"""Every no in one form: what happened, found, expected, do; every gap with its article; an exit code for each kind."""

import pytest

from comity.entrypoints.cli.exits import ExitCode
from comity.entrypoints.cli.safe_text import safe
from comity.entrypoints.cli.telling import tell_broken, tell_refusal
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap, Refusal

HOSTILE = "name\x1b[2J\u202egpj.exe [bold]x[/bold]\r\nnext"


def test_a_refusal_shows_every_gap_with_its_provision(capsys):
    gaps = tuple(Gap(f"g{number}", f"field.{number}", f"say {number}", f"Art {number}") for number in range(30))
    assert tell_refusal(Refusal("incomplete", "30 things are missing", gaps, do="add them")) == ExitCode.REFUSED
    said = capsys.readouterr().err
    for gap in gaps:
        (line,) = [line for line in said.splitlines() if line.split()[:1] == [gap.field]]
        assert gap.message in line
        assert line.rstrip().endswith(gap.citation)
    assert "[incomplete]" in said
    assert "add them" in said


def test_a_broken_input_says_what_was_found_and_expected_and_what_to_do(capsys):
    error = BrokenInputError(ErrorCode.MALFORMED, "it is broken", found="a", expected="b", do="mend it")
    assert tell_broken(error) == ExitCode.FAILED
    said = capsys.readouterr().err
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["found", "expected", "do"]
    assert said.startswith("Not done: it is broken [malformed]")


@pytest.mark.parametrize("code", [ErrorCode.UNAVAILABLE, ErrorCode.BEHIND_WITNESSES])
def test_what_can_be_tried_again_has_an_exit_code_of_its_own(capsys, code):
    assert tell_broken(BrokenInputError(code, "later")) == ExitCode.UNAVAILABLE
    assert capsys.readouterr().out == ""


def test_text_from_elsewhere_moves_no_cursor_and_is_no_markup(capsys):
    tell_broken(BrokenInputError(ErrorCode.MALFORMED, HOSTILE, found=HOSTILE))
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[bold]x[/bold]" in said


def test_safe_leaves_the_words_of_every_language_as_they_are():
    text = "Straße, Ação, δίκη, 裁判所"
    assert safe(text) == text


def test_nothing_is_told_of_what_has_nothing_to_tell(capsys):
    tell_broken(BrokenInputError(ErrorCode.NOT_FOUND, "it is not there"))
    assert capsys.readouterr().err.count("\n") == 1


def test_exit_codes_are_never_renumbered():
    assert [(code.name, code.value) for code in ExitCode] == [
        ("DONE", 0),
        ("FAILED", 1),
        ("MISUSED", 2),
        ("REFUSED", 3),
        ("UNAVAILABLE", 4),
        ("NEEDS_NODE_EXTRA", 5),
    ]
