"""What Annexes I to III, V and VI of Regulation (EU) 2023/1543 have room for stands in their sheets, in its section, as the facts tag it."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Struct

from comity.acts.particulars import (
    AnswerParticulars,
    EarlierRequest,
    ExtensionParticulars,
    FollowUpParticulars,
    OrderParticulars,
    Party,
    ProductionParticulars,
)
from comity.acts.payload import read_payload, write_payload
from comity.forms.form_format import FormFile
from comity.forms.making import Made, made_from, make
from comity.forms.packaged import packaged_forms
from comity.forms.readings import Standing
from comity.forms.terms import Audience, FieldKind, Language
from comity.forms.words import EARLIER, PARTY
from comity.law.fields import plain
from comity.trust.seals import read_sealed

FACTS = Path(__file__).resolve().parents[3] / "shared" / "law" / "eu-e-evidence.md"

READ = ("V", "VE", "VD")
"""Tags of words that were read: in the articles, in the beginning of an annex in English or in German."""

OF_EPOC = """
-  VE  addressees-duties
A  VE  issuing-state issuing-authority organisation validating-authority file-number own-file-number validating-file-number
B  VE  addressee addressee-kind readdressed
B  X   provider-concerned provider-country provider-number
B  M   addressee-details addressee-other
C  V   deadline emergency-ground emergency-reasons
C  M   other-deadlines
D  M   earlier about-earlier
E  VD  identifiers
E  V   time-range
E  X   items
E  M   services other-identifiers about-identifiers
F  V   categories
F  X   options description
F  M   limits
G  V   provisions processor-reason controller-informed controller-not-informed privileged-reason
G  M   proceedings nature offence max-penalty other-information
H  V   delay-reasons
H  X   delay-grounds
H  M   person-not-told
I  V   without-validation
I  X   issuing-kind contact-person post-held address phone fax email languages contact-point date-of-issue signed-in-person
I  M   time-zone
J  X   validating-kind validating-details validated-on
K  X   notified notified-details
L  X   data-to data-to-party
L  M   data-format
M  V   necessity case-summary listed-offence listed-penalty
M  M   other-facts
"""
OF_EPOC_PR = """
-  VD  addressees-duties
A  VD  issuing-state issuing-authority organisation validating-authority file-number own-file-number validating-file-number
B  VD  addressee addressee-kind readdressed
B  X   provider-concerned provider-country provider-number
B  M   addressee-details addressee-other
C  VD  identifiers
C  V   time-range
C  X   items
C  M   services other-identifiers about-identifiers
D  V   categories
D  VD  days confidential
D  M   options description limits
E  V   provisions
E  M   proceedings nature offence other-information
F  X   issuing-kind without-validation contact-person post-held address phone fax email languages contact-point
F  X   date-of-issue signed-in-person
F  M   time-zone
G  X   validating-kind validating-details validated-on
"""
OF_NON_EXECUTION = """
-  VD  addressees-duties
A  VD  certificate
B  M   issuing-authority file-number own-file-number validating-authority validating-file-number order-id date-of-issue
B  M   received enforcing-authority enforcing-file-number
C  M   addressee addressee-file-number
D  VD  reasons
D  M   further-reasons
E  X   conflict-interests
E  M   conflict-country conflict-law conflict-provision conflict-text conflict-in-words conflict-applicable conflict-why
E  M   conflict-link conflict-consequences conflict-other
F  X   information-needed
G  X   preserved not-preserved
H  M   signed-by addressee-kind addressee-details authorised-person date signed-in-person
"""
WHAT_FOLLOWS = """
A  M   issuing-state issuing-authority file-number own-file-number validating-authority validating-file-number
B  M   addressee addressee-details provider-concerned provider-country provider-number addressee-other
C  M   order-id date-of-issue order-sent-on order-sent-to extended-on
E  M   organisation contact-person post-held address phone fax email languages time-zone contact-point date signed-in-person
F  M   validating-kind validating-details validated-on
"""
ANNEXES = {
    "epoc": OF_EPOC,
    "epoc-pr": OF_EPOC_PR,
    "non-execution": OF_NON_EXECUTION,
    "follow-up": WHAT_FOLLOWS
    + """
D  V   follow-up-instrument follow-up-issued
D  M   issued-by follow-up-reference sent-on sent-to
""",
    "extension": WHAT_FOLLOWS + "\nD  V  extension\n",
}
"""Of each form, by letter and tag of the facts, its fields; `-` is what stands before the first letter."""

LETTERS = {"epoc": "ABCDEFGHIJKLM", "epoc-pr": "ABCDEFG", "non-execution": "ABCDEFGH", "follow-up": "ABCDEF", "extension": "ABCDEF"}  # fmt: skip
HEADINGS = {"epoc": "### 3.2", "epoc-pr": "### 3.3", "non-execution": "### 3.4", "follow-up": "### 3.6", "extension": "### 3.6"}  # fmt: skip

SAID = {
    "order": (OrderParticulars, ProductionParticulars),
    "answer": (AnswerParticulars, ExtensionParticulars, FollowUpParticulars),
}
"""What an act may say besides, by its part in a form."""


def rows(table: str) -> list[tuple[str, str, str]]:
    """Letter, tag and field of each."""
    return [
        (letter.strip("-"), tag, field)
        for line in table.strip().splitlines()
        if line.strip()
        for letter, tag, *fields in (line.split(),)
        for field in fields
    ]


def sheet(name: str) -> FormFile:
    return packaged_forms().forms[name]


@pytest.mark.parametrize("name", ANNEXES)
def test_every_letter_of_the_annex_is_a_section_in_its_order(name):
    assert "".join(section.letter for section in sheet(name).sheet.section) == LETTERS[name]
    assert {letter for letter, _, _ in rows(ANNEXES[name])} - {""} == set(LETTERS[name])


@pytest.mark.parametrize("name", ANNEXES)
def test_the_letters_are_those_of_the_facts(name):
    if not FACTS.is_file():
        pytest.skip("the facts of law are not beside this checkout")
    part = FACTS.read_text("utf-8").split(HEADINGS[name])[1].split("\n###")[0].split("\n---")[0]
    assert "".join(dict.fromkeys(re.findall(r"^\| ([A-M])(?:\(| )", part, re.MULTILINE))) == LETTERS[name]


@pytest.mark.parametrize("name", ANNEXES)
def test_every_field_of_the_annex_stands_in_its_section_and_is_verified_only_where_its_words_were_read(name):
    form = sheet(name)
    letters = {section.id: section.letter for section in form.sheet.section}
    stands = {(letters[row.section], row.id, form.verified(row.source)) for row in form.sheet.field}
    assert stands == {(letter, field, tag in READ) for letter, tag, field in rows(ANNEXES[name])}


def unshown(shape: type[Struct], at: str, paths: set[str]) -> set[str]:
    """The fields of what an act says besides that no path of a form shows; of a party that is shown, those it has beyond one."""
    lacking = set()
    for field in msgspec.structs.fields(shape):
        path, inner = f"{at}.{field.name}", plain(field.type)
        if isinstance(inner, type) and issubclass(inner, Struct):
            beyond = unshown(inner, path, paths)
            lacking |= beyond - {f"{path}.{each}" for each in PARTY.values()} if path in paths else beyond
        elif path not in paths:
            lacking.add(path)
    return lacking


def test_nothing_that_an_act_can_say_besides_is_left_out_of_every_form():
    paths = {row.path for name in ANNEXES for row in sheet(name).sheet.field}
    for role, shapes in SAID.items():
        for shape in shapes:
            assert unshown(shape, f"{role}.says.particulars", paths) == set(), shape


def test_all_that_is_said_of_a_party_or_an_earlier_request_is_shown_where_it_is_one_field():
    assert set(PARTY.values()) == set(Party.__struct_fields__)
    assert {*EARLIER.values(), "code"} == set(EarlierRequest.__struct_fields__)


def test_the_deadline_is_one_and_never_both_of_ten_days(acts):
    """Two of the schema's values are of ten days, and the schema is said to let both stand: here one is chosen."""
    deadline = next(row for row in sheet("epoc").sheet.field if row.id == "deadline")
    assert deadline.kind is FieldKind.CHOICE
    assert [option.code for option in deadline.options] == ["eight-hours", "end-of-ten-days", "within-ten-days"]
    for changes in ({}, {"notified": None}, {"emergency": acts.emergency}):
        order = acts.sealed(acts.production(**changes), "eu")[1]
        view = make(packaged_forms(), acts.kind("epoc", Audience.PROVIDER), order=order).view
        assert [len(entry.values) for part in view.sections for entry in part.entries if entry.id == "deadline"] == [1]


@pytest.mark.parametrize("name", ["epoc provider", "epoc enforcing", "epoc-pr", "non-execution issuing", "follow-up", "extension"])  # fmt: skip
@pytest.mark.parametrize("language", Language)
def test_a_form_with_everything_filled_in_shows_every_section_and_field_and_reads_back(acts, name, language):
    one = acts.made(name, language)
    form = sheet(one.kind.form)
    mine = [row for row in form.sheet.field if one.kind.audience in form.readers(row)]
    entries = {entry.id: entry for section in one.view.sections for entry in section.entries}
    unsaid = {"emergency-ground", "emergency-reasons", "privileged-reason"}
    assert {row.id for row in mine} - set(entries) <= unsaid
    assert [entry.id for entry in entries.values() if entry.missing] == []
    again = made_from(packaged_forms(), one.kind, one.enclosed)
    assert (again.view, dict(again.enclosed)) == (one.view, dict(one.enclosed))


@pytest.mark.parametrize("name", ["epoc provider", "epoc-pr", "non-execution enforcing", "follow-up"])
@pytest.mark.parametrize("language", [Language.FRENCH, Language.POLISH, Language.ARABIC])
def test_its_pdf_reads_back_into_the_same_act_with_every_particular(acts, name, language):
    one = acts.made(name, language)
    reading = acts.read(acts.signed(one, "provider" if "non-execution" in name else "pt"))
    assert reading.standing is Standing.VALID
    role = 3 if one.view.act != read_sealed(acts.copies[name][2]).id else 2
    sent = read_sealed(acts.copies[name][role])
    came = read_sealed(reading.sealed["act.json"])
    assert (came.id, came.payload.body.particulars) == (sent.id, sent.payload.body.particulars)
    assert came.payload.body.particulars is not UNSET


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
PARTICULARS = st.builds(
    ProductionParticulars,
    deadlines=WORDS,
    nature=WORDS,
    services=st.lists(WORDS, max_size=2).map(tuple),
    contact_point=st.none() | st.builds(Party, organisation=WORDS, address=WORDS, fax=WORDS),
    earlier=st.lists(st.builds(EarlierRequest, by=WORDS, to=WORDS), max_size=2).map(tuple),
    data_to=st.lists(st.sampled_from(["issuing-authority", "validating-authority"]), unique=True).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(said=PARTICULARS, language=st.sampled_from(Language))
def test_whatever_is_said_besides_reads_back_and_gives_the_same_pages(acts, said, language):
    order = acts.sealed(acts.production(particulars=said), "eu")[1]
    kind = acts.kind("epoc", Audience.PROVIDER, language)
    one: Made = make(packaged_forms(), kind, order=order)
    assert read_sealed(one.enclosed["act.json"]).payload.body.particulars == said
    assert made_from(packaged_forms(), kind, one.enclosed).view == one.view
    assert {section.letter for section in one.view.sections} <= set("ABCDEFGHIJKL") | {""}


def test_an_act_without_particulars_is_written_as_before_there_were_any(acts):
    """So a node that knows none can read it, and the same words have the same id."""
    bare = acts.production(particulars=UNSET, items=())
    written = write_payload(read_sealed(acts.sealed(bare, "eu")[1]).payload)
    assert b"particulars" not in written
    assert written.endswith(b'"return_days":null,"legal_grounds":""},"law":null}')
    item = msgspec.json.encode(msgspec.structs.replace(acts.production().items[0], options=UNSET))
    assert b"options" not in item
    assert read_payload(written).body.particulars is UNSET


def test_what_is_not_said_within_them_is_not_written_either():
    assert msgspec.json.encode(ProductionParticulars(data_format="paper")) == b'{"data_format":"paper"}'
