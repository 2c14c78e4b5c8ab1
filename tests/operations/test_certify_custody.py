"""Certifying custody at a real node: from acts alone, also when the exhibit is gone, and only to whoever may read the case."""

import io
import subprocess
from datetime import timedelta

import pytest

from comity.adapters.alarm_board import FileAlarmBoard
from comity.adapters.fixity_journal import FileFixityJournal
from comity.adapters.pacing import EvenPace
from comity.casework.custody.exhibits import destroy
from comity.casework.dossier.certify_custody import CertifyCustody, certify, certify_on_paper
from comity.casework.dossier.export import ExportCase, export
from comity.casework.ports.access import OfficerRef
from comity.casework.upkeep.fixity import FixityStores, Verifier, verify_next_batch
from comity.evidence.archive import bag
from comity.evidence.archive.read import read_archive
from comity.evidence.dossier import format as layout
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError

CASE = "a1" * 16


def exhibits(world):
    return {each.role: each.exhibit for each in world.node.bench.records.exhibits.of_case(CASE)}


def test_a_hold_is_certified_with_officer_office_citation_and_hash(world):
    page = certify(world.node.bench, world.officer, CertifyCustody(exhibits(world)["held"])).pages[0]
    taken = next(touch for touch in page.touches if touch.kind == "taken-in")
    assert (taken.officer, taken.office) == ("provider.lee", "provider-desk")
    assert "Convention" in taken.citation
    assert taken.after.startswith("items ")
    assert page.findings == ()


def test_what_was_handed_over_has_a_page_for_itself_and_one_for_its_hold(world):
    found = certify(world.node.bench, world.officer, CertifyCustody(exhibits(world)["assembled"]))
    assert [page.exhibit for page in found.pages] == [exhibits(world)["assembled"], exhibits(world)["held"]]
    assert [touch.kind for touch in found.pages[0].touches] == ["handed-over", "received"]
    assert found.pages[0].touches[0].after == found.pages[0].touches[1].before


def test_an_exhibit_that_is_gone_is_still_certified(world):
    bench, exhibit = world.node.bench, exhibits(world)["assembled"]
    destroy(bench, exhibit)
    assert certify(bench, world.officer, CertifyCustody(exhibit)).pages[0].exhibit == exhibit


def test_every_round_in_which_the_store_was_read_again_is_on_the_certificate(world, tmp_path):
    bench = world.node.bench
    verifier = Verifier(
        bench=bench,
        stores=FixityStores(bench.store),
        referred=bench.records.exhibits,
        journal=FileFixityJournal(tmp_path / "fixity"),
        board=FileAlarmBoard(tmp_path / "alarms"),
        pace=EvenPace(1 << 34),
        interval=timedelta(0),
    )
    held = next(each for each in bench.records.exhibits.of_case(CASE) if each.role == "held")
    verify_next_batch(verifier)
    broken = next(path for path in world.objects() if path.name in held.objects)
    broken.write_bytes(b"")
    verify_next_batch(verifier)
    page = certify(bench, world.officer, CertifyCustody(held.exhibit)).pages[0]
    read = [touch for touch in page.touches if touch.kind == "verified"]
    many = f"read {len(set(held.objects))} objects again: "
    assert [touch.what for touch in read] == [f"{many}all as they were", f"{many}1 broken"]
    assert all(touch.before == touch.after for touch in read)
    assert certify_on_paper(bench, world.node.publishing, world.officer, CertifyCustody(held.exhibit))


def judged(pdf, poppler, folder):
    """What pdfsig says of it."""
    (folder / "judged.pdf").write_bytes(pdf)
    return subprocess.run(
        [poppler("pdfsig"), "judged.pdf"], capture_output=True, text=True, check=False, cwd=folder
    ).stdout


def test_pdfsig_finds_one_valid_signature_over_the_whole_certificate(world, poppler, tmp_path):
    exhibit = exhibits(world)["held"]
    pdf = certify_on_paper(world.node.bench, world.node.publishing, world.officer, CertifyCustody(exhibit))
    said = judged(pdf, poppler, tmp_path)
    assert said.count("Signature #") == 1
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert f"custody of exhibit {exhibit}" in said


def test_pdfsig_sees_a_hash_on_the_certificate_altered(world, poppler, tmp_path):
    command = CertifyCustody(exhibits(world)["held"])
    altered = bytearray(certify_on_paper(world.node.bench, world.node.publishing, world.officer, command))
    altered[2000] ^= 1
    assert "Signature is Valid" not in judged(altered, poppler, tmp_path)


def test_pdfsig_finds_one_valid_signature_over_the_pages_of_a_whole_dossier(world, poppler, tmp_path):
    world.publish()
    officer = OfficerRef("provider.prosecutor", "provider", {"prosecutor": OfficeKind.PROSECUTOR})
    made = export(world.node.bench, world.node.publishing, officer, ExportCase(CASE, "prosecutor", "the court"))
    archive = read_archive(io.BytesIO(b"".join(made.content)))
    said = judged(archive.read(f"{bag.BASE}{layout.PAGES}", limit=1 << 24), poppler, tmp_path)
    assert said.count("Signature #") == 1
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert f"dossier of case {CASE}" in said


def test_certifying_is_a_reading_on_record(world):
    before = len(world.node.bench.records.readings.before(None, 100))
    certify(world.node.bench, world.officer, CertifyCustody(exhibits(world)["held"]))
    kept = world.node.bench.records.readings.before(None, 100)
    assert len(kept) == before + 1
    assert (kept[0].officer, kept[0].subject) == ("provider.lee", exhibits(world)["held"])


def test_whoever_holds_no_office_is_refused_before_anything_is_looked_up(world):
    officer = OfficerRef("provider.other", "provider", {})
    for exhibit in (exhibits(world)["held"], "0" * 32):
        assert certify(world.node.bench, officer, CertifyCustody(exhibit)).code == "office-not-held"


def test_an_exhibit_that_is_not_yours_and_one_that_is_not_here_are_answered_alike(world):
    officer = OfficerRef("provider.other", "provider", {"filter": OfficeKind.FILTER_TEAM})
    bench, gone = world.node.bench, exhibits(world)["assembled"]
    destroy(bench, gone)
    answers = []
    for exhibit in (exhibits(world)["held"], gone, "0" * 32):
        with pytest.raises(BrokenInputError) as caught:
            certify(bench, officer, CertifyCustody(exhibit))
        assert caught.value.found == exhibit
        answers.append((caught.value.code, caught.value.what, caught.value.do, caught.value.expected))
    assert len(set(answers)) == 1
    assert not [each for each in bench.records.readings.before(None, 100) if each.officer == officer.officer]
