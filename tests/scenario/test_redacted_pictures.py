"""A PDF that came with a mail, redacted at living nodes: the copy is pixels, bound to the mail by hash, and in a valid dossier."""

import hashlib
import io
import zlib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from rich.console import Console

from comity.acts.classes import ActType
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.play_end import export_dossier
from comity.entrypoints.demo.sample_evidence import NEEDLE_ACCOUNT, write_sample
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.archive.read import read_archive
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.evidence.redaction.files import PDF, Picture, read_pdf, write_pdf
from comity.trust.anchors import read_anchor

PURPOSE = "same-investigation"
SIDE = 400
SCAN = write_pdf([Picture(SIDE, SIDE, lossless=True, data=zlib.compress((b"\0" + b"\xc8" * 3 * SIDE) * SIDE))] * 2)
"""Two grey pages, as an office scans them; what a mail program adds to it is not looked at here."""


def letter() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "clinic@mail.example", NEEDLE_ACCOUNT, "Your results"
    message["Date"] = "Thu, 1 Oct 2026 10:00:00 +0000"
    message.set_content("See the attachment.")
    message.add_attachment(SCAN, maintype="application", subtype="pdf", filename="results.pdf")
    return b"From clinic@mail.example Thu Oct  1 10:00:00 2026\n" + message.as_bytes() + b"\n"


@pytest.fixture(scope="module")
def stage(federation: Any, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The case up to the disclosure."""
    out = tmp_path_factory.mktemp("pictures")
    write_sample(out / "sample", messages=20, log_lines=100, blob_mib=1)
    with (out / "sample" / "mailbox.mbox").open("ab") as mailbox:
        mailbox.write(letter())
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), out / "sample", out)
    UnsafeRehearsal(federation.endpoints[PROVIDER].folder).write(UnsafeFaults())
    for step in (play.draft_and_approve, play.send, play.hold, play.request_disclosure, play.disclose):
        step(stage)
    return stage


@pytest.fixture(scope="module")
def command(stage: Stage) -> dict[str, Any]:
    """What takes a patient's name out of the first page."""
    marques = stage.officer("pt.marques")
    state: Any = marques.client.get(f"/api/cases/{stage.case}")["state"]
    exhibit = next(iter(state["exhibits"]))
    lines: Any = marques.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")["lines"]
    mails = [each for each in lines if each["descriptor"][3] == "application/mbox"]
    return {
        "case": stage.case,
        "exhibit": exhibit,
        "item": max(mails, key=lambda each: each["descriptor"][1])["item"],
        "office": marques.office,
        "purpose": PURPOSE,
        "attachment": "2",
        "removals": [
            {"reason": "health", "regions": [{"page": 1, "x": 20, "y": 30, "width": 300, "height": 40}]},
        ],
    }


def test_the_copy_is_a_pdf_of_pixels_and_the_act_says_why_and_of_which_part(stage: Stage, command: dict[str, Any]):
    marques = stage.officer("pt.marques")
    made: Any = marques.client.post("/api/redactions", command)
    assert made["media_type"] == PDF
    assert {"kind": "region", "reason": "health", "places": 1} in made["removed"]
    assert {"kind": "unseen", "reason": "form", "places": 2} in made["removed"]
    body = play.body_of(stage, PT, made["act"])
    assert body["attachment"] == "2"
    reading = {"derived": made["derived"], **{key: command[key] for key in ("case", "office", "purpose")}}
    copy, _ = marques.client.call("POST", "/api/derived-openings", reading)
    assert hashlib.sha256(copy).hexdigest() == made["digest"] == body["digest"]
    assert [(page.width, page.height) for page in read_pdf(copy)] == [(SIDE, SIDE)] * 2
    opening = {key: command[key] for key in ("case", "exhibit", "item", "office", "purpose")}
    original, _ = marques.client.call("POST", "/api/openings", opening)
    assert hashlib.sha256(original).hexdigest() == body["original"]


def test_a_region_beyond_the_page_gives_no_copy_and_the_node_goes_on(stage: Stage, command: dict[str, Any]):
    marques = stage.officer("pt.marques")
    before = len(stage.acts(PT, ActType.ITEM_REDACTED))
    beyond = [{"reason": "health", "regions": [{"page": 1, "x": 0, "y": 0, "width": SIDE + 1, "height": 9}]}]
    with pytest.raises(NodeRefusedError) as caught:
        marques.client.post("/api/redactions", {**command, "removals": beyond})
    assert caught.value.refusal["what"] == "a region is not wholly on its page"
    assert len(stage.acts(PT, ActType.ITEM_REDACTED)) == before


def test_a_dossier_with_the_copy_is_valid_and_holds_it_to_the_byte(stage: Stage, command: dict[str, Any]):
    made: Any = stage.officer("pt.marques").client.post("/api/redactions", command)
    path = stage.out / "pictures.zip"
    export_dossier(stage, path)
    anchor = read_anchor((stage.federation.folder / "trust.json").read_bytes())
    report = verify_dossier(io.BytesIO(path.read_bytes()), anchor, datetime.now(UTC) + timedelta(days=200))
    assert report.verdict is Verdict.VALID, report.deciding
    archive = read_archive(io.BytesIO(path.read_bytes()))
    held = {hashlib.sha256(archive.read(name, limit=1 << 30)).hexdigest() for name in archive.files}
    assert made["digest"] in held
