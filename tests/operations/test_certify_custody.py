"""Certifying custody at a real node: from acts alone, also when the exhibit is gone, and only to whoever may read the case."""

import pytest

from comity.casework.access import OfficerRef
from comity.casework.certify_custody import CertifyCustody, certify, certify_on_paper
from comity.casework.exhibits import destroy
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, Refusal

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


def test_the_pages_are_a_pdf(world):
    command = CertifyCustody(exhibits(world)["held"])
    pdf = certify_on_paper(world.node.bench, world.node.publishing, world.officer, command)
    assert pdf.startswith(b"%PDF-1.7")


def test_certifying_is_a_reading_on_record(world):
    before = len(world.node.bench.records.readings.before(None, 100))
    certify(world.node.bench, world.officer, CertifyCustody(exhibits(world)["held"]))
    kept = world.node.bench.records.readings.before(None, 100)
    assert len(kept) == before + 1
    assert (kept[0].officer, kept[0].subject) == ("provider.lee", exhibits(world)["held"])


@pytest.mark.parametrize("offices", [{}, {"filter": OfficeKind.FILTER_TEAM}])
def test_whoever_may_not_read_the_case_is_told_nothing(world, offices):
    officer = OfficerRef("provider.other", "provider", offices)
    assert isinstance(certify(world.node.bench, officer, CertifyCustody(exhibits(world)["held"])), Refusal)


def test_an_exhibit_nobody_knows_is_not_found(world):
    with pytest.raises(BrokenInputError):
        certify(world.node.bench, world.officer, CertifyCustody("0" * 32))
