"""A node's log: one line for each event, and no word of a case in it."""

import logging

import pytest

from comity.entrypoints.cli.log_lines import CaselessFormatter, log_to_stderr
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NEEDLE = "accounts@victim.example"


def formatted(error):
    record = None
    try:
        raise error
    except type(error) as caught:
        info = (type(caught), caught, caught.__traceback__)
        record = logging.LogRecord("comity.x", logging.ERROR, __file__, 1, "it failed", (), info)
    return CaselessFormatter("%(levelname)s %(name)s: %(message)s").format(record)


def test_the_text_of_an_exception_is_not_logged_since_it_may_quote_a_case():
    line = formatted(ValueError(f"no such target: {NEEDLE}"))
    assert NEEDLE not in line
    assert line.startswith("ERROR comity.x: it failed / ValueError at test_log_lines.py:")


def test_a_broken_input_is_logged_with_its_words_which_carry_no_case():
    line = formatted(BrokenInputError(ErrorCode.FORK, "two heads of one size", found="7"))
    assert "BrokenInputError (fork: two heads of one size; found '7')" in line


@pytest.mark.parametrize("text", ["a\nb", "a\r\nERROR comity: forged", "a\x1b[2Jb", "a\u202eb"])
def test_an_event_is_one_line_whatever_its_text(text):
    record = logging.LogRecord("x", logging.INFO, __file__, 1, text, (), None)
    line = CaselessFormatter("%(message)s").format(record)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_others_are_heard_from_warnings_on_and_we_from_information_on(monkeypatch):
    root, ours = logging.getLogger(), logging.getLogger("comity")
    monkeypatch.setattr(root, "handlers", [])
    levels = root.level, ours.level
    try:
        log_to_stderr()
        assert logging.getLogger("django").getEffectiveLevel() == logging.WARNING
        assert logging.getLogger("comity.web").getEffectiveLevel() == logging.INFO
    finally:
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
