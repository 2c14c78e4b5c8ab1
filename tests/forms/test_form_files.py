"""Forms and words are data: complete in every language, cited, and refused with file, line and reason when they are not."""

import re
import tomllib
from enum import StrEnum

import pytest

from comity.forms.loader import Forms, MalformedForms, read_forms
from comity.forms.packaged import packaged_forms, packaged_sheets, packaged_words
from comity.forms.terms import Audience, Language
from comity.forms.words import CLOSED
from comity.law.packaged import packaged_law

SHEETS, WORDS = packaged_sheets(), packaged_words()
FORMS = {
    *("epoc", "epoc-pr", "non-execution", "follow-up", "extension", "preservation-request", "disclosure-request"),
    *("investigation-order", "order-receipt", "subscriber-order", "giving-effect"),
}


def refused(sheets=None, words=None):
    """The problems of the packaged files with some of them changed."""
    found = read_forms({**SHEETS, **(sheets or {})}, {**WORDS, **(words or {})})
    assert isinstance(found, MalformedForms)
    return found.problems


def changed(name, old, new, files=SHEETS):
    text = files[name].decode()
    assert text.count(old) >= 1, old
    return {name: text.replace(old, new, 1).encode()}


def line_of(name, mark, files=SHEETS):
    return next(number for number, line in enumerate(files[name].decode().splitlines(), 1) if mark in line)


def test_the_forms_that_the_instruments_ask_for_are_there():
    assert set(packaged_forms().forms) == FORMS


def test_every_form_rests_on_an_instrument_and_measures_that_the_law_knows():
    law = packaged_law()
    for form in packaged_forms().forms.values():
        instrument = law.instruments[form.form.instrument]
        assert set(form.form.measures) <= set(instrument.measures), form.form.id
        opened = {instrument.measures[each].rule.opens for each in form.form.measures}
        assert set(form.form.order) == opened, form.form.id


def test_section_m_is_for_the_enforcing_authority_alone():
    section = next(each for each in packaged_forms().forms["epoc"].sheet.section if each.letter == "M")
    assert section.audience == (Audience.ENFORCING_AUTHORITY,)


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_label_and_code_and_none_is_left_in_another(language):
    files = {tomllib.loads(data.decode())["language"]: tomllib.loads(data.decode())["words"] for data in WORDS.values()}
    mine, english = files[language.value], files["en"]
    assert {group: set(keys) for group, keys in mine.items()} == {group: set(keys) for group, keys in english.items()}
    for group, vocabulary in CLOSED.items():
        assert {each.value for each in vocabulary} <= set(mine[group])
    if language is not Language.ENGLISH:
        long = {
            (g, k) for g, keys in mine.items() for k, word in keys.items() if len(word) > 25 and word == english[g][k]
        }
        assert long == set()
    if language is Language.ARABIC:
        latin = {
            (g, k) for g, keys in mine.items() for k, word in keys.items() if not re.search("[\u0620-\u064a]", word)
        }
        assert latin == set()


def test_every_code_that_the_law_lists_for_a_field_of_a_form_has_a_word():
    law, words = packaged_law(), packaged_forms().words[Language.ENGLISH]
    instruments = {form.form.instrument for form in packaged_forms().forms.values()}
    offences = {
        code.code
        for each in instruments
        for listed in law.instruments[each].file.list
        if "offence" in listed.id
        for code in listed.codes
    }
    assert {code for code in offences if words.code("offence", code) is None} == set()
    reasons = next(each for each in law.instruments["EU-2023-1543"].file.list if each.id == "non-execution-reasons")
    assert {code.code for code in reasons.codes if words.code("non-execution", code.code) is None} == set()


CODES = {
    "addressee-kind": "eu7.addressee-kind",
    "readdressed": "eu7.readdressed",
    "proceedings": "eu2.proceedings",
    "earlier": "eu9.earlier",
    "data-to": "eu9.data-to",
    "delay": "eu13.delay-grounds",
}
"""Group of words -> the rule that names the codes of that group."""


def test_the_words_for_what_an_order_says_besides_are_those_of_the_codes_that_the_law_lets_it_say():
    law, words = packaged_law().instruments["EU-2023-1543"].file, packaged_forms().words[Language.ENGLISH].groups
    rules = {rule.id: set(rule.values) for rule in law.require}
    assert {group: set(words[group]) for group in CODES} == {group: rules[rule] for group, rule in CODES.items()}
    options = next(each for each in law.list if each.id == "data-options")
    assert {code.code for each in law.list if each.id in options.includes for code in each.codes} == set(
        words["option"]
    )


def test_a_code_of_a_field_belongs_to_its_closed_vocabulary_where_it_has_one():
    assert all(issubclass(each, StrEnum) for each in CLOSED.values())


@pytest.mark.parametrize(
    ("old", "new", "mark", "reason"),
    [
        ('path = "order.says.offence.provisions"', 'path = "order.says.offence.nothing"', 'id = "provisions"', "offence.nothing"),
        ('path = "order.says.offence.provisions"', 'path = "order.provisions"', 'id = "provisions"', "does not begin"),
        ('kind = "moment", path = "order.act.at"', 'kind = "span", path = "order.act.at"', 'id = "date-of-issue"', "cannot be shown"),
        ('section = "k", kind = "name"', 'section = "z", kind = "name"', 'id = "notified"', "no section 'z'"),
        ('codes = "category", ', "", 'id = "categories"', "group of words"),
        ('id = "email", section', 'id = "phone", section', 'id = "email"', "stands twice"),
        ('source = "schema" },\n  { id = "identifiers"', 'source = "hearsay" },\n  { id = "identifiers"', 'id = "items"', "no source 'hearsay'"),
        ('kind = "flag", path = "order.says.controller_informed"', 'kind = "flags", path = "order.says.controller_informed"', 'id = "controller-informed"', "Invalid enum"),
        ('required = true },\n  { id = "organisation"', 'requird = true },\n  { id = "organisation"', 'id = "issuing-authority"', "unknown key"),
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused_with_file_line_and_reason(old, new, mark, reason):
    problems = [each for each in refused(changed("epoc.toml", old, new)) if each.file == "epoc.toml"]
    assert any(reason in each.reason and each.line == line_of("epoc.toml", mark) for each in problems), problems


def test_everything_that_is_wrong_is_told_at_once():
    sheets = {
        **changed("epoc.toml", "order.says.offence.code", "order.says.offence.cod"),
        **changed("epoc-pr.toml", "order.says.days", "order.says.day"),
        "broken.toml": b"[form\n",
    }
    assert {each.file for each in refused(sheets)} == {"epoc.toml", "epoc-pr.toml", "broken.toml"}


def test_a_language_without_a_word_is_refused_naming_the_word():
    words = changed("pl.toml", 'traffic = "', 'trafic = "', WORDS)
    told = [each.reason for each in refused(words=words) if each.file == "pl.toml"]
    assert told == ["words.category: pl has no word for traffic"]


def test_a_language_whose_file_is_missing_is_refused():
    found = read_forms(SHEETS, {name: data for name, data in WORDS.items() if name != "ar.toml"})
    assert isinstance(found, MalformedForms)
    assert "ar" in found.problems[0].reason


def test_the_version_of_the_forms_changes_with_any_byte():
    other = read_forms(SHEETS, {**WORDS, "en.toml": WORDS["en.toml"] + b"\n"})
    assert isinstance(other, Forms)
    assert other.version != packaged_forms().version
