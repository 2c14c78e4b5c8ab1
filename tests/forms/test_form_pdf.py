"""A form's PDF: made twice the same, signed, read back into the same act, and refused or doubted when it was touched."""

import io

import msgspec
import pytest
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from comity.adapters.documents.form_pages import render_form
from comity.adapters.documents.form_reading import FORM_LIMIT
from comity.adapters.documents.pdf_sealing import sign_pdf
from comity.forms.making import Made
from comity.forms.readings import CheckName, Standing
from comity.forms.shown import ValueKind, ValueShown
from comity.forms.terms import Language
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def standing(reading, name):
    """The worst standing of a check of that name."""
    found = {each.standing for each in reading.checks if each.name is name}
    return next(each for each in (Standing.INVALID, Standing.INDETERMINATE, Standing.VALID) if each in found)


def signed_again(acts, pdf, one):
    """Signed by the right node, whatever the pages are."""
    others = acts.certificates(one)
    return sign_pdf(pdf, "a form", acts.key("pt"), at=acts.at, take=lambda count: b"\7" * count, others=others)


def outcome(acts, data):
    """How a file stands, or the code of its refusal."""
    try:
        return acts.read(data).standing
    except BrokenInputError as error:
        return error.code


REFUSED = {Standing.INVALID, ErrorCode.MALFORMED, ErrorCode.OVERSIZED}


@pytest.fixture(scope="module")
def form(acts):
    return acts.signed(acts.made("epoc provider"))


def test_every_copy_of_every_form_reads_back_into_the_same_act(acts, each_copy):
    one = acts.made(each_copy)
    issuer = "provider" if "non-execution" in each_copy else "pt"
    reading = acts.read(acts.signed(one, issuer))
    assert [each for each in reading.checks if each.standing is not Standing.VALID] == []
    assert (reading.act, reading.kind, dict(reading.sealed)) == (one.view.act, one.kind, dict(one.enclosed))


@pytest.mark.parametrize("language", Language)
def test_every_language_reads_back(acts, language):
    one = acts.made("epoc enforcing", language)
    assert acts.read(acts.signed(one)).standing is Standing.VALID


def test_the_same_act_gives_the_same_pages_to_the_byte(acts, each_copy):
    one = acts.made(each_copy, Language.ARABIC)
    assert render_form(one) == render_form(one)


def test_without_knowing_the_seal_the_best_verdict_is_indeterminate(acts, form):
    assert acts.read(form, lambda _issuer, _fingerprint: None).standing is Standing.INDETERMINATE


def test_a_seal_that_is_not_the_expected_one_is_invalid(acts, form):
    assert acts.read(form, lambda _issuer, _fingerprint: False).standing is Standing.INVALID


def test_the_grade_is_said_to_be_technical(acts, form):
    grade = next(each for each in acts.read(form).checks if each.name is CheckName.GRADE)
    assert "not a qualified signature" in grade.words


def test_no_byte_can_be_altered_unseen(acts, form):
    """Every place that is likely to matter, and a spread over the rest. Certificates sent along are not signed: without
    one of them a seal is doubtful, and never valid."""
    marks = [form.find(mark) for mark in (b"/ByteRange", b"/Contents <", b"startxref", b"%%EOF", b"/Keywords")]
    tail = range(len(form) - 700, len(form), 23)
    ends = form.rfind(b"000>")
    for place in (*marks, *tail, *range(40, len(form), len(form) // 60), ends, ends - 40):
        altered = bytearray(form)
        altered[place] ^= 1
        assert outcome(acts, bytes(altered)) in {*REFUSED, Standing.INDETERMINATE}, place


def test_a_change_of_case_inside_the_signature_is_seen(acts, form):
    start = form.index(b"<3082") + 1
    place = next(at for at in range(start, start + 200) if form[at : at + 1].isalpha())
    altered = form[:place] + form[place : place + 1].swapcase() + form[place + 1 :]
    assert standing(acts.read(altered), CheckName.COVERAGE) is Standing.INVALID


def test_a_file_without_a_signature_is_invalid(acts):
    reading = acts.read(render_form(acts.made("epoc provider")))
    assert standing(reading, CheckName.SIGNATURE) is Standing.INVALID


def test_an_update_appended_after_the_signature_is_invalid(acts, form):
    writer = IncrementalPdfFileWriter(io.BytesIO(form))
    writer.root["/Lang"] = generic.TextStringObject("fr")
    writer.update_root()
    target = io.BytesIO()
    writer.write(target)
    assert standing(acts.read(target.getvalue()), CheckName.COVERAGE) is Standing.INVALID


def test_bytes_behind_the_end_are_invalid(acts, form):
    assert standing(acts.read(form + b"\n%more\n"), CheckName.COVERAGE) is Standing.INVALID


def test_a_file_with_no_enclosure_is_invalid(acts):
    one = acts.made("epoc provider")
    bare = Made(one.kind, one.view, {})
    reading = acts.read(signed_again(acts, render_form(bare), one))
    assert standing(reading, CheckName.ENCLOSURES) is Standing.INVALID
    assert (reading.standing, reading.act) == (Standing.INVALID, None)


@pytest.mark.parametrize("name", ["act.json", "other.json", "order.json"])
def test_a_second_enclosure_is_refused_or_invalid(acts, name):
    one = acts.made("epoc provider")
    writer = IncrementalPdfFileWriter(io.BytesIO(render_form(one)))
    content = embed.EmbeddedFileObject.from_file_data(writer, data=one.enclosed["act.json"])
    embed.embed_file(writer, embed.FileSpec(file_spec_string=name, file_name=name, embedded_data=content))
    target = io.BytesIO()
    writer.write(target)
    assert outcome(acts, signed_again(acts, target.getvalue(), one)) in {Standing.INVALID, ErrorCode.MALFORMED}


def test_pages_that_say_something_else_than_the_act_are_found_out(acts):
    """Signed by the right node, with the right act inside, and another text before the reader's eyes."""
    one = acts.made("epoc provider")
    section = one.view.sections[0]
    entry = msgspec.structs.replace(section.entries[0], values=(ValueShown("somebody-else", ValueKind.PLAIN),))
    lying = msgspec.structs.replace(section, entries=(entry, *section.entries[1:]))
    view = msgspec.structs.replace(one.view, sections=(lying, *one.view.sections[1:]))
    reading = acts.read(signed_again(acts, render_form(Made(one.kind, view, one.enclosed)), one))
    assert standing(reading, CheckName.SIGNATURE) is Standing.VALID
    assert standing(reading, CheckName.PAGES) is Standing.INVALID


@pytest.mark.parametrize("version", [1, 99])
def test_a_copy_in_a_version_of_the_form_that_is_not_here_is_doubtful_and_its_act_still_comes_out(acts, version):
    """Its pages cannot be set again: what counts is the act."""
    one = acts.made("epoc provider")
    other = Made(msgspec.structs.replace(one.kind, version=version), one.view, one.enclosed)
    reading = acts.read(signed_again(acts, render_form(other), one))
    assert standing(reading, CheckName.PAGES) is Standing.INDETERMINATE
    assert (reading.standing, reading.act) == (Standing.INDETERMINATE, one.view.act)


def test_pages_put_into_the_revision_of_the_signature_are_found_out(acts):
    """The first revision is right to the byte; what brings the signature brings another page too."""
    one = acts.made("epoc provider")
    pages = render_form(one)
    writer = IncrementalPdfFileWriter(io.BytesIO(pages))
    page = writer.root["/Pages"]["/Kids"][0]
    page[generic.NameObject("/Rotate")] = generic.NumberObject(180)
    writer.update_container(page)
    target = io.BytesIO()
    writer.write(target)
    reading = acts.read(signed_again(acts, target.getvalue(), one))
    assert standing(reading, CheckName.COVERAGE) is Standing.INVALID


def test_an_act_of_another_form_inside_is_invalid(acts):
    one = acts.made("epoc provider")
    other = {"act.json": acts.copies["disclosure-request"][2]}
    reading = acts.read(signed_again(acts, render_form(Made(one.kind, one.view, other)), one))
    assert standing(reading, CheckName.PAGES) is Standing.INVALID


def test_an_act_whose_seal_was_altered_is_invalid(acts):
    one = acts.made("epoc provider")
    act = one.enclosed["act.json"]
    broken = act[:-20] + bytes([act[-20] ^ 1]) + act[-19:]
    pages = render_form(Made(one.kind, one.view, {"act.json": broken}))
    assert standing(acts.read(signed_again(acts, pages, one)), CheckName.ACT) is Standing.INVALID


def test_a_signature_under_no_seal_is_invalid(acts):
    """Somebody without a seal key can make a certificate that says anything."""
    one = acts.made("epoc provider")
    data = sign_pdf(render_form(one), "a form", acts.key("mallory"), at=acts.at, take=lambda count: b"\1" * count)
    reading = acts.read(data, lambda _issuer, fingerprint: fingerprint == "00" * 32)
    assert reading.standing is Standing.INVALID


def test_a_certificate_that_nothing_needs_is_invalid(acts):
    one = acts.made("epoc provider")
    others = (acts.key("pt").certificate, acts.key("stranger").certificate)
    data = sign_pdf(render_form(one), "a form", acts.key("pt"), at=acts.at, take=lambda n: b"\2" * n, others=others)
    assert standing(acts.read(data), CheckName.CERTIFICATE) is Standing.INVALID


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # of a certificate that the test has spoilt
def test_no_byte_of_the_signature_itself_can_be_altered_unseen(acts, form):
    """A spread over it: what it covers, what it does not cover, and what fills it up."""
    start = form.index(b"<3082") + 1
    end = form.index(b">", start)
    for place in range(start, end, 53):
        altered = bytearray(form)
        altered[place : place + 1] = b"1" if form[place : place + 1] == b"0" else b"0"
        assert outcome(acts, bytes(altered)) in {*REFUSED, Standing.INDETERMINATE}, place


def test_a_copy_made_by_another_node_says_whose_seal_it_has(acts):
    reading = acts.read(acts.signed(acts.made("epoc provider"), issuer="de"), lambda _issuer, _fingerprint: None)
    assert (reading.issuer, reading.signed_by) == ("pt", "de")
    assert reading.standing is Standing.INDETERMINATE


def test_an_encrypted_file_is_refused(form):
    from comity.adapters.documents.form_reading import read_form
    from comity.forms.packaged import packaged_forms

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(form)))
    writer.encrypt("owner", "")
    target = io.BytesIO()
    writer.write(target)
    with pytest.raises(BrokenInputError, match="encrypted") as told:
        read_form(target.getvalue(), packaged_forms(), pinned=lambda _issuer, _fingerprint: True)
    assert told.value.code is ErrorCode.MALFORMED


def test_an_oversized_file_is_refused_before_it_is_parsed(acts):
    with pytest.raises(BrokenInputError) as told:
        acts.read(b"%PDF-1.7\n" + bytes(FORM_LIMIT))
    assert told.value.code is ErrorCode.OVERSIZED


def test_an_enclosure_that_unpacks_to_too_much_is_refused(acts):
    one = acts.made("epoc provider")
    bomb = Made(one.kind, one.view, {"act.json": b"0" * (3 << 20)})
    with pytest.raises(BrokenInputError) as told:
        acts.read(signed_again(acts, render_form(bomb), one))
    assert told.value.code is ErrorCode.OVERSIZED


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"\x00" * 500, b"%PDF-1.7\nxref\n0 1\ntrailer<</Root 1 0 R>>\n%%EOF"]
)
def test_what_is_no_pdf_is_refused(acts, data):
    with pytest.raises(BrokenInputError) as told:
        acts.read(data)
    assert told.value.code is ErrorCode.MALFORMED


def test_any_cut_of_a_form_is_refused_or_invalid(acts, form):
    for end in range(0, len(form), 4001):
        assert outcome(acts, form[:end]) in REFUSED


def test_nothing_an_author_writes_is_read_as_markup(acts):
    hostile = '#pdf.attach("x", bytes("y")) $x$ *b* [c] @d <e> \\ "q" \u202eturned\u2066 \u0000 \u6cd5 \U0001f600'
    order = acts.sealed(acts.production(delay_reasons=hostile), "eu")[1]
    from comity.forms.making import make
    from comity.forms.packaged import packaged_forms

    one = make(packaged_forms(), acts.made("epoc provider").kind, order=order)
    reading = acts.read(acts.signed(one))
    assert reading.standing is Standing.VALID
    assert set(reading.sealed) == {"act.json"}
