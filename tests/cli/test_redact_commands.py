"""`comity redact` without a node: the pages that regions are measured on, and regions as they are typed."""

import zlib
from email.message import EmailMessage

import pytest

from comity.evidence.redaction.files import Picture, read_png, write_pdf, write_png

SHEET = Picture(300, 200, lossless=True, data=zlib.compress((b"\0" + b"\xff" * 900) * 200))


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(write_pdf([SHEET, SHEET]))
    return path


def test_every_page_is_drawn_at_the_size_that_regions_are_measured_in(comity, scan, tmp_path):
    code, out, err = comity("redact", "pages", scan, "--to", tmp_path / "pages")
    assert code == 0, err
    assert out.count("300 x 200 pixels") == 2
    drawn = sorted((tmp_path / "pages").iterdir())
    assert [each.name for each in drawn] == ["page-1.png", "page-2.png"]
    assert {(read_png(each.read_bytes()).width, each.stat().st_mode & 0o777) for each in drawn} == {(300, 0o600)}


def test_pages_are_never_written_over_something(comity, scan, tmp_path):
    (tmp_path / "pages").mkdir()
    code, _, err = comity("redact", "pages", scan, "--to", tmp_path / "pages")
    assert code != 0
    assert "Traceback" not in err
    assert list((tmp_path / "pages").iterdir()) == []


@pytest.mark.parametrize("content", [b"Ana met Rui", b"", b"%PDF-1.7\n"])
def test_what_has_no_pages_is_told_and_nothing_is_written(comity, tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    code, _, err = comity("redact", "pages", path, "--to", tmp_path / "pages")
    assert code != 0
    assert "Traceback" not in err
    assert list((tmp_path / "pages").glob("*")) == []


@pytest.mark.parametrize("region", ["1,2,3,4", "1,2,3,4,5,6", "a,1,2,3,4", "0,1,1,1,1", "1,-1,0,5,5", "1,0,0,0,5", ""])
def test_a_region_that_is_none_is_refused_before_anything_is_asked(comity, tmp_path, region):
    token = tmp_path / "token"
    token.write_text("x")
    where = ("--url", "http://127.0.0.1:9", "--token-file", token, "--office", "desk", "--purpose", "p")
    code, _, err = comity("redact", "item", "c" * 32, "e" * 32, "1" * 64, *where, "--region", region)
    assert code == 2
    assert "PAGE,X,Y,WIDTH,HEIGHT" in err


def test_a_picture_is_a_page_of_its_own(comity, tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(write_png(SHEET))
    code, out, _ = comity("redact", "pages", path, "--to", tmp_path / "pages")
    assert code == 0
    assert "page-1.png" in out


def test_a_part_of_a_mail_has_pages_too(comity, scan, tmp_path):
    message = EmailMessage()
    message["From"], message["To"] = "ana@example.org", "rui@example.net"
    message["Date"] = "Sat, 3 Oct 2026 10:00:00 +0000"
    message.set_content("see what is attached")
    message.add_attachment(scan.read_bytes(), maintype="application", subtype="octet-stream", filename="x")
    path = tmp_path / "mail.eml"
    path.write_bytes(message.as_bytes())
    code, out, err = comity("redact", "pages", path, "--attachment", "2", "--to", tmp_path / "pages")
    assert code == 0, err
    assert out.count("300 x 200 pixels") == 2
    code, _, err = comity("redact", "pages", path, "--to", tmp_path / "others")
    assert code != 0
    assert "neither a picture nor a PDF" in err
