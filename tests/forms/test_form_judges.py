"""Other people's programs on our PDFs: poppler says signed, tagged, archival, with the act inside, and readable as text."""

import re
import subprocess
from unicodedata import normalize

import pytest

from comity.adapters.documents.form_papers import PdfPapers
from comity.adapters.randomness import SystemRandomness
from comity.forms.packaged import packaged_forms
from comity.forms.summary import summarise
from comity.forms.terms import Language
from comity.law.packaged import packaged_law
from comity.trust.seals import read_sealed


@pytest.fixture
def written(acts, tmp_path):
    """A signed form of that copy in that language, as a file."""

    def write(name, language=Language.ENGLISH):
        path = tmp_path / f"{language.value}.pdf"
        path.write_bytes(acts.signed(acts.made(name, language)))
        return path

    return write


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("language", Language)
def test_pdfsig_finds_one_valid_pades_signature_over_the_whole_file(written, poppler, language):
    told = said(poppler("pdfsig"), written("epoc enforcing", language))
    assert told.count("Signature #") == 1
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert "Certificate issuer is unknown" in told, "no provider of trust services stands behind it, and that is said"


def test_pdfsig_finds_one_valid_signature_over_a_whole_summary_that_names_its_act(acts, poppler, tmp_path):
    view = summarise(
        packaged_law(), read_sealed(acts.copies["epoc provider"][2]), packaged_forms().words[Language.ENGLISH]
    )
    pdf, pages = PdfPapers(SystemRandomness()).summary(view, acts.key("pt"), at=acts.at)
    path = tmp_path / "summary.pdf"
    path.write_bytes(pdf)
    told = said(poppler("pdfsig"), path)
    assert pages == 1
    assert told.count("Signature #") == 1
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert f"summary of act {view.act[:16]}" in told


def test_pdfsig_sees_an_altered_byte(written, poppler):
    path = written("epoc provider")
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    done = subprocess.run([poppler("pdfsig"), path], capture_output=True, text=True, check=False)
    assert "Signature is Valid" not in done.stdout


@pytest.mark.parametrize("language", Language)
def test_pdfinfo_says_tagged_and_archival(written, poppler, language):
    path = written("epoc provider", language)
    told = said(poppler("pdfinfo"), path)
    assert "Tagged:          yes" in told
    assert "Encrypted:       no" in told
    metadata = said(poppler("pdfinfo"), "-meta", path)
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert 'pdfuaid:part="1"' in metadata


def test_every_font_is_embedded(written, poppler):
    rows = [
        row for row in said(poppler("pdffonts"), written("epoc enforcing", Language.ARABIC)).splitlines()[2:] if row
    ]
    assert rows
    assert all(row.split()[-5] == "yes" for row in rows), rows


def test_pdfdetach_takes_out_the_exact_act(acts, written, poppler, tmp_path):
    path = written("epoc enforcing")
    said(poppler("pdfdetach"), "-saveall", "-o", tmp_path, path)
    enclosed = acts.made("epoc enforcing").enclosed
    assert {name: (tmp_path / name).read_bytes() for name in enclosed} == dict(enclosed)


@pytest.mark.parametrize("language", [each for each in Language if not each.right_to_left])
def test_pdftotext_reads_every_label_and_code(written, poppler, language):
    text = " ".join(said(poppler("pdftotext"), "-raw", written("epoc enforcing", language), "-").split())
    text = normalize("NFKC", text).replace("\xad", "").replace("- ", "-")
    words = packaged_forms().words[language]
    for wanted in (words.title("epoc"), words.code("category", "traffic"), words.code("delay", "obstruct")):
        assert normalize("NFKC", wanted) in text
    assert "accounts@victim.example" in text


def test_pdftotext_reads_arabic_as_arabic(written, poppler):
    text = normalize("NFKC", said(poppler("pdftotext"), written("epoc enforcing", Language.ARABIC), "-"))
    words = packaged_forms().words[Language.ARABIC]
    assert words.code("category", "traffic").split()[0] in text
    assert "accounts@victim.example" in text
    assert "2026-10-15" in text, "a date is not turned round by the letters beside it"


def test_every_section_is_a_heading_and_the_title_is_the_forms(acts, written, poppler):
    path, view = written("epoc provider"), acts.made("epoc provider").view
    headings = re.findall(r'^ *H1 "(.*)" \(block\)$', said(poppler("pdfinfo"), "-struct", path), re.MULTILINE)
    assert headings == [f"{each.letter} {each.title}".strip() for each in view.sections]
    assert f"Title:           {view.title}\n" in said(poppler("pdfinfo"), path)
