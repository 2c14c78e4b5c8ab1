"""A filled form: codes in the reader's language, the author's words as they are and marked, nothing invented, gaps named."""

import pytest

from comity.forms.making import Kind, fitting, make, read_kind
from comity.forms.packaged import packaged_forms
from comity.forms.shown import ValueKind
from comity.forms.summary import as_text, summarise
from comity.forms.terms import Audience, Language
from comity.law.packaged import packaged_law
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def values(view, field):
    return [
        value for section in view.sections for entry in section.entries if entry.id == field for value in entry.values
    ]


def texts(view, field):
    return [value.text for value in values(view, field)]


def test_every_copy_is_whole(acts, each_copy):
    assert acts.made(each_copy).view.gaps == ()


def test_one_act_reads_in_every_language(acts):
    shown = {language: acts.made("epoc provider", language).view for language in Language}
    assert len({texts(view, "categories")[0] for view in shown.values()}) == len(Language)
    assert {tuple(texts(view, "delay-reasons")) for view in shown.values()} == {("The suspects still meet.",)}
    assert all(value.kind is ValueKind.OWN for view in shown.values() for value in values(view, "delay-reasons"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"emergency": "ground", "emergency_reasons": "a child"}, "eight-hours"),
        ({}, "end-of-ten-days"),
        ({"notified": None}, "within-ten-days"),
    ],
)
def test_the_deadline_is_that_of_the_act(acts, changes, code):
    if "emergency" in changes:
        changes = {**changes, "emergency": acts.emergency}
    order = acts.sealed(acts.production(**changes), "eu")[1]
    view = make(packaged_forms(), acts.made("epoc provider").kind, order=order).view
    assert texts(view, "deadline") == [packaged_forms().words[Language.ENGLISH].code("deadline", code)]


def test_what_the_form_asks_for_and_the_act_does_not_say_is_named(acts):
    order = acts.sealed(acts.production(offence=None, emergency=acts.emergency), "eu")[1]
    view = make(packaged_forms(), acts.made("epoc provider").kind, order=order).view
    assert {gap.field for gap in view.gaps} == {"provisions", "emergency-reasons"}


def test_reasons_are_given_item_by_item(acts):
    shown = texts(acts.made("non-execution issuing").view, "reasons")
    assert shown[0].endswith("(mailbox)")
    assert shown[1] == "Which mailbox?"


def test_a_form_is_for_its_own_acts_only(acts):
    kind = acts.kind("epoc", Audience.PROVIDER)
    for name in ("subscriber-order provider", "disclosure-request", "epoc-pr"):
        with pytest.raises(BrokenInputError):
            make(packaged_forms(), kind, order=acts.copies[name][2])


def test_an_answer_to_another_order_is_refused(acts):
    other = acts.sealed(acts.production(delay_reasons="another"), "eu")[1]
    with pytest.raises(BrokenInputError) as told:
        make(packaged_forms(), acts.made("epoc enforcing").kind, order=other, answer=acts.copies["epoc enforcing"][3])
    assert told.value.code is ErrorCode.PREDECESSOR_MISSING


def test_a_version_that_is_not_here_is_refused(acts):
    kind = Kind("epoc", 1, Audience.PROVIDER, Language.ENGLISH)
    with pytest.raises(BrokenInputError) as told:
        make(packaged_forms(), kind, order=acts.copies["epoc provider"][2])
    assert told.value.code is ErrorCode.NOT_FOUND


def test_every_act_finds_the_copies_it_goes_inside_of(acts, each_copy):
    form, audience, order, answer = acts.copies[each_copy]
    row = packaged_forms().forms[form].copy_for(audience)
    main = read_sealed(answer if row.attach == "answer" else order)
    assert (form, audience) in {
        (found.form.id, each.audience) for found, each in fitting(packaged_forms(), main.payload)
    }


@pytest.mark.parametrize("line", ["", "comity-form epoc x provider en", "comity-form epoc 1 nobody en", "a b c d e f"])
def test_a_line_that_is_not_ours_names_no_copy(line):
    assert read_kind(line) is None


def test_a_copy_is_named_by_a_line_that_reads_back(acts, each_copy):
    kind = acts.made(each_copy, Language.POLISH).kind
    assert read_kind(kind.in_words()) == kind


# The summary --------------------------------------------------------------------------------------------------------------

REQUESTS = (
    "epoc provider",
    "epoc-pr",
    "preservation-request",
    "disclosure-request",
    "investigation-order",
    "giving-effect",
)


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("language", [Language.ENGLISH, Language.GERMAN, Language.ARABIC])
def test_a_summary_has_its_six_parts_and_fits_on_one_page(acts, name, language):
    import io

    from pyhanko.pdf_utils.reader import PdfFileReader

    from comity.adapters.documents.form_pages import render_summary

    words = packaged_forms().words[language]
    view = summarise(packaged_law(), read_sealed(acts.copies[name][2]), words)
    parts = ["what", "why", "basis", "necessity", "clocks", "risks"]
    assert [section.title for section in view.sections] == [words.page(part) for part in parts]
    assert PdfFileReader(io.BytesIO(render_summary(view))).root["/Pages"]["/Count"] == 1


def test_a_summary_says_what_to_look_out_for(acts):
    words = packaged_forms().words[Language.ENGLISH]
    text = as_text(summarise(packaged_law(), read_sealed(acts.copies["epoc provider"][2]), words))
    for code in ("content-data", "necessity-not-stated", "person-not-told"):
        assert words.code("risk", code) in text
    assert "10 calendar days" in text
    assert "Regulation (EU) 2023/1543, Art 5" in text


def test_a_summary_says_for_how_long_data_are_held_also_where_that_runs_from_the_answer_only(acts):
    words = packaged_forms().words[Language.ENGLISH]
    asked = as_text(summarise(packaged_law(), read_sealed(acts.copies["preservation-request"][2]), words))
    assert "60 calendar days" in asked
    assert "from: preservation effected" in asked
    ordered = as_text(summarise(packaged_law(), read_sealed(acts.copies["epoc-pr"][2]), words))
    assert "60 calendar days" in ordered


def test_a_summary_marks_law_that_was_not_read(acts):
    words = packaged_forms().words[Language.ENGLISH]
    text = as_text(summarise(packaged_law(), read_sealed(acts.copies["giving-effect"][2]), words))
    assert words.code("risk", "unverified-law") in text
    assert "†" in text


def test_an_authors_words_are_cut_and_never_rewritten(acts):
    long = "word " * 1000
    order = read_sealed(acts.sealed(acts.request(facts=long))[1])
    view = summarise(packaged_law(), order, packaged_forms().words[Language.ENGLISH], longest=100)
    (shown,) = texts(view, "facts")
    assert shown.endswith(" …")
    assert long.startswith(shown.removesuffix(" …"))


def test_an_act_that_asks_for_nothing_has_no_summary(acts):
    with pytest.raises(BrokenInputError) as told:
        summarise(packaged_law(), read_sealed(acts.copies["extension"][3]), packaged_forms().words[Language.ENGLISH])
    assert told.value.code is ErrorCode.NOT_FOUND
