"""The page that verifies in a browser, as it lies in a dossier: a tag file that the export act's seal covers all the same."""

import hashlib
import io
import shutil

import bagit
import msgspec
import pytest

from comity.evidence.archive import bag
from comity.evidence.browser.page import verifier_digest, verifier_page
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.write import write_dossier


class Shop:
    """A dossier with the page in it."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.federation = workshop.new_federation()
        workshop.play(self.federation)
        contents = self.federation.contents()
        header = msgspec.structs.replace(contents.header, verifier=verifier_digest())
        fields = vars(contents) | {"header": header, "verifier": verifier_page()}
        target = io.BytesIO()
        write_dossier(target, type(contents)(**fields), self.federation.export_act)
        self.dossier = target.getvalue()
        self.files = workshop.unpack(self.dossier)

    def failing(self, dossier):
        report = self.federation.verify(dossier)
        return {
            check.number: (check.outcome, check.file) for check in report.checks if check.outcome is not Verdict.VALID
        }

    def packed(self, changes):
        """The dossier with files changed and both manifests made anew, but nothing sealed again."""
        files = {path: data for path, data in (self.files | changes).items() if data is not None}
        tags = {path for path in files if not bag.is_payload(path) and path != bag.TAG_MANIFEST}
        digests = {path: hashlib.sha256(files[path]).digest() for path in sorted(tags)}
        files[bag.TAG_MANIFEST] = b"".join(bag.manifest(digests.items()))
        return self.workshop.zip({bag.BASE + path: data for path, data in files.items()})


@pytest.fixture(scope="module")
def shop(workshop):
    return Shop(workshop)


def test_a_dossier_with_the_page_is_valid(shop):
    assert shop.failing(shop.dossier) == {}
    assert shop.files[layout.VERIFIER] == verifier_page()


def test_a_page_that_was_exchanged_is_noticed_even_where_the_manifests_were_made_anew(shop):
    assert shop.failing(shop.packed({layout.VERIFIER: b"<h1>Valid</h1>"})) == {2: (Verdict.INVALID, layout.VERIFIER)}


def test_a_page_that_was_taken_out_is_missed(shop):
    assert shop.failing(shop.packed({layout.VERIFIER: None})) == {2: (Verdict.INVALID, layout.VERIFIER)}


def test_a_page_that_the_header_does_not_speak_of_is_a_foreign_file(workshop):
    files = workshop.files | {layout.VERIFIER: verifier_page()}
    tags = {path: data for path, data in files.items() if not bag.is_payload(path) and path != bag.TAG_MANIFEST}
    digests = {path: hashlib.sha256(tags[path]).digest() for path in sorted(tags)}
    files[bag.TAG_MANIFEST] = b"".join(bag.manifest(digests.items()))
    report = workshop.federation.verify(workshop.zip({bag.BASE + path: data for path, data in files.items()}))
    assert (report.decided_by, report.deciding.file) == (2, layout.VERIFIER)


def test_the_bagit_library_finds_a_bag_with_the_page_valid(shop, tmp_path):
    (tmp_path / "dossier.zip").write_bytes(shop.dossier)
    shutil.unpack_archive(tmp_path / "dossier.zip", tmp_path / "out")
    bagit.Bag(str(tmp_path / "out" / "dossier")).validate()
    (tmp_path / "out/dossier/verify.html").write_bytes(b"other")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(tmp_path / "out" / "dossier")).validate()
