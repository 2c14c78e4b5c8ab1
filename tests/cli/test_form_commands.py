"""`comity form` without a node: what forms there are, and what came by e-mail."""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def made():
    """A signed form, and the acts that are inside it."""
    place = Path(__file__).parents[1] / "forms" / "conftest.py"
    spec = importlib.util.spec_from_file_location("acts_for_forms", place)
    acts = sys.modules.setdefault("acts_for_forms", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(acts)
    one = acts.made("epoc enforcing")
    return acts.signed(one), one.enclosed, hashlib.sha256(acts.key("pt").certificate).hexdigest()


@pytest.fixture
def file(made, tmp_path):
    path = tmp_path / "form.pdf"
    path.write_bytes(made[0])
    return path


def test_forms_are_listed_with_their_citation(comity):
    code, out, _ = comity("form", "list")
    assert code == 0
    assert "epoc (version 2)" in out
    assert "Annex I" in out


def test_a_form_is_shown_with_who_sees_what_and_what_was_not_read(comity):
    code, out, _ = comity("form", "show", "epoc", "--language", "de")
    assert code == 0
    assert "Nur für die Vollstreckungsbehörde" in out
    assert "no: unverified" in out


def test_the_codes_that_an_act_can_say_in_a_form_are_shown_by_where_it_says_them(comity):
    code, out, _ = comity("form", "show", "epoc", "--codes", "--language", "de")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Die Daten gehen an: order.says.particulars.data_to" in lines
    assert "other-competent-authority Eine andere zuständige Behörde" in lines
    assert "mailbox-dump Inhalt des Postfachs" in lines


def test_the_list_and_a_form_are_there_for_programs(comity):
    assert {each["id"] for each in json.loads(comity("form", "list", "--json")[1])} >= {"epoc", "epoc-pr"}
    assert json.loads(comity("form", "show", "epoc", "--json")[1])["sections"][-1]["letter"] == "M"


def test_a_form_is_read_and_the_exact_act_taken_out(comity, made, file, tmp_path):
    code, out, _ = comity("form", "read", file, "--save", tmp_path / "out", "--fingerprint", made[2])
    assert (code, out.splitlines()[-1]) == (0, "verdict: valid")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == dict(made[1])


def test_without_a_fingerprint_a_form_is_indeterminate_and_the_fingerprint_shown(comity, made, file):
    code, out, _ = comity("form", "read", file)
    assert code == 2
    assert made[2] in out
    assert "another channel" in out


def test_another_fingerprint_is_invalid(comity, file):
    assert comity("form", "read", file, "--fingerprint", "ab" * 32)[0] == 1


def test_an_altered_form_is_invalid_and_says_so(comity, file):
    data = bytearray(file.read_bytes())
    data[3000] ^= 1
    file.write_bytes(data)
    code, out, err = comity("form", "read", file)
    assert code == 1
    assert "invalid" in out or "no PDF" in err


@pytest.mark.parametrize(
    "arguments", [("show", "nothing"), ("show", "epoc", "--language", "xx"), ("read", "README.md")]
)
def test_what_is_not_there_is_said_in_words(comity, arguments):
    code, _, err = comity("form", *arguments)
    assert code == 1
    assert "Not done" in err
