"""What is for the enforcing authority alone never reaches a provider: not by type, not by any act, not in any byte of a PDF."""

import re
import subprocess
import types
import zlib
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from comity.acts.classes import ActType
from comity.forms.copies import PROVIDER_WORDS, ProviderCopy, provider_copy
from comity.forms.loader import MalformedForms, read_forms
from comity.forms.making import make
from comity.forms.packaged import packaged_forms, packaged_sheets, packaged_words
from comity.forms.terms import Audience, Language
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode

WITHHELD = {
    "necessity",
    "summary",
    "facts",
    "grounds",
    "listed_offence",
    "notification_grounds",
    "validation_unobtainable",
}
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def fields_reached(shape, seen):
    """Every field name that a value of the type can hold, at any depth."""
    origin = get_origin(shape)
    if origin is Annotated:
        yield from fields_reached(get_args(shape)[0], seen)
    elif origin in (Union, types.UnionType, tuple):
        for each in get_args(shape):
            yield from fields_reached(each, seen)
    elif isinstance(shape, type) and issubclass(shape, Struct) and shape not in seen:
        seen.add(shape)
        for name, hint in get_type_hints(shape, include_extras=True).items():
            yield name
            yield from fields_reached(hint, seen)


def test_the_type_of_a_providers_copy_has_no_field_for_it():
    assert set(fields_reached(ProviderCopy, set())) & WITHHELD == set()


def test_the_acts_that_exist_to_carry_it_have_no_form_for_a_provider():
    assert {ActType.AUTHORITY_NOTIFIED, ActType.ORDER_REASONED} & set(PROVIDER_WORDS) == set()


def test_no_act_that_carries_it_can_become_a_providers_copy(acts):
    _, _, order, notice = acts.copies["epoc enforcing"]
    with pytest.raises(BrokenInputError) as told:
        provider_copy(read_sealed(order), read_sealed(notice))
    assert told.value.code is ErrorCode.NOT_ALLOWED
    with pytest.raises(BrokenInputError) as told:
        make(packaged_forms(), acts.kind("epoc", Audience.PROVIDER), order=order, answer=notice)
    assert told.value.code is ErrorCode.NOT_ALLOWED


def test_a_form_file_that_wants_to_show_it_to_a_provider_is_refused_with_its_line():
    sheets = dict(packaged_sheets())
    text = sheets["epoc.toml"].decode()
    wrong = text.replace(
        'title = "for-enforcing-authority", audience = ["',
        'title = "for-enforcing-authority", audience = ["provider", "',
    )
    assert wrong != text
    refused = read_forms({**sheets, "epoc.toml": wrong.encode()}, packaged_words())
    assert isinstance(refused, MalformedForms)
    lines = {number for number, line in enumerate(text.splitlines(), 1) if 'section = "m"' in line}
    assert {problem.line for problem in refused.problems if problem.file == "epoc.toml"} == lines
    assert all("provider" in problem.reason for problem in refused.problems)


def test_a_preservation_order_that_carries_its_grounds_is_not_put_into_a_form(acts):
    order = acts.sealed(acts.preservation(grounds="GROUNDWORDS"), "eu")[1]
    with pytest.raises(BrokenInputError) as told:
        make(packaged_forms(), acts.kind("epoc-pr", Audience.PROVIDER), order=order)
    assert (told.value.code, told.value.found) == (ErrorCode.NOT_ALLOWED, "grounds")


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40).map(lambda text: "ZQX" + text)


@settings(max_examples=60, deadline=None)
@given(secret=WORDS, told=st.text(max_size=40), language=st.sampled_from(Language))
def test_whatever_stands_in_it_and_in_the_order_a_provider_is_shown_none_of_it(acts, secret, told, language):
    order, sealed_order = acts.sealed(acts.production(delay_reasons=told.replace("ZQX", "")), "eu")
    notice = msgspec.structs.replace(acts.notice(order), necessity=secret, summary=secret, facts=secret)
    _, sealed_notice = acts.sealed(notice, "eu", to=("de",), re=(order,))
    forms = packaged_forms()
    shown = make(forms, acts.kind("epoc", Audience.PROVIDER, language), order=sealed_order)
    entire = make(
        forms, acts.kind("epoc", Audience.ENFORCING_AUTHORITY, language), order=sealed_order, answer=sealed_notice
    )
    assert "ZQX" not in msgspec.json.encode(shown.view).decode()
    assert {each.letter for each in entire.view.sections} - {each.letter for each in shown.view.sections} == {"M"}
    assert (
        sum(
            value.text == secret
            for section in entire.view.sections
            for entry in section.entries
            for value in entry.values
        )
        == 3
    )
    assert set(shown.enclosed.values()) == {sealed_order}


def unpacked(pdf):
    """The bytes of a PDF with every stream unpacked beside it."""
    parts = [pdf]
    for match in STREAM.finditer(pdf):
        try:
            parts.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_no_byte_of_a_providers_pdf_holds_it(acts):
    """Section M is in the authority's file, packed as it is; so the search would find it in a provider's."""
    words = (b"NECESSARYWORDS", b"SUMMARYWORDS", b"FACTWORDS")
    title = packaged_forms().words[Language.ENGLISH].section("for-enforcing-authority").encode()
    theirs = acts.signed(acts.made("epoc enforcing"))
    providers = acts.signed(acts.made("epoc provider"))
    reading = acts.read(theirs)
    assert all(any(word in acts_read(content) for content in reading.sealed.values()) for word in words)
    for name, data in acts.read(providers).sealed.items():
        assert [word for word in words if word in acts_read(data)] == [], name
    assert [word for word in (*words, title) if word in unpacked(providers)] == []


def acts_read(sealed):
    """The payload's own bytes: base64url hides words."""
    return read_sealed(sealed).payload_bytes


def test_a_text_extractor_finds_it_in_the_authoritys_copy_and_not_in_the_providers(acts, tmp_path, poppler):
    found = {}
    for name in ("epoc enforcing", "epoc provider"):
        (tmp_path / "form.pdf").write_bytes(acts.signed(acts.made(name)))
        done = subprocess.run(
            [poppler("pdftotext"), tmp_path / "form.pdf", "-"], capture_output=True, text=True, check=True
        )
        found[name] = done.stdout
    for word in ("NECESSARYWORDS", "SUMMARYWORDS", "FACTWORDS", "For the enforcing authority only"):
        assert word in found["epoc enforcing"]
        assert word not in found["epoc provider"]
