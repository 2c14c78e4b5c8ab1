"""A provisional redaction at living nodes: the copy, the original that stays closed, the dossiers before and after a court lifts it."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from rich.console import Console

from comity.acts.classes import ActType
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.play_end import export_dossier
from comity.entrypoints.demo.sample_evidence import write_sample
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.archive_read import read_archive
from comity.evidence.bag import BASE
from comity.evidence.checks import verify_dossier
from comity.evidence.dossier_format import ExhibitSeal
from comity.evidence.verdicts import Verdict
from comity.trust.anchors import read_anchor

PURPOSE = "same-investigation"


@pytest.fixture(scope="module")
def stage(federation: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The case up to the disclosure, with nothing delivered that should not be."""
    out = tmp_path_factory.mktemp("redaction")
    write_sample(out / "sample", messages=60, log_lines=500, blob_mib=1)
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), out / "sample", out)
    UnsafeRehearsal(federation.endpoints[PROVIDER].folder).write(UnsafeFaults())
    for step in (play.draft_and_approve, play.send, play.hold, play.request_disclosure, play.disclose):
        step(stage)
    return stage


@dataclass(frozen=True)
class Redaction:
    """A mail, its content, and the redacted copy of it. `command` made the copy; `told` openings came before."""

    mail: Any
    original: bytes
    made: Any
    copy: bytes
    command: dict[str, Any]

    @property
    def opening(self) -> dict[str, Any]:
        return {key: self.command[key] for key in ("case", "exhibit", "item", "office", "purpose")}

    @property
    def reading(self) -> dict[str, Any]:
        return {"derived": self.made["derived"], **{key: self.command[key] for key in ("case", "office", "purpose")}}


@pytest.fixture(scope="module")
def redaction(stage: Stage) -> Redaction:
    """The prosecutor redacts the first mail, provisionally, and reads the copy."""
    marques = stage.officer("pt.marques")
    exhibit = next(iter(_state(marques, stage)["exhibits"]))
    page = marques.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")
    mail = next(each for each in page["lines"] if each["descriptor"][3] == "application/mbox")
    command = {
        "case": stage.case,
        "exhibit": exhibit,
        "item": mail["item"],
        "office": marques.office,
        "purpose": PURPOSE,
        "removals": [{"reason": "privilege", "fields": ["subject"]}],
        "provisional": True,
    }
    opening = {key: command[key] for key in ("case", "exhibit", "item", "office", "purpose")}
    original, _ = marques.client.call("POST", "/api/openings", opening)
    made = marques.client.post("/api/redactions", command)
    reading = {"derived": made["derived"], **{key: command[key] for key in ("case", "office", "purpose")}}
    copy, _ = marques.client.call("POST", "/api/derived-openings", reading)
    return Redaction(mail, original, made, copy, command)


def _state(officer: Officer, stage: Stage) -> Any:
    return officer.client.get(f"/api/cases/{stage.case}")["state"]


def refused(officer: Officer, path: str, words: dict[str, Any]) -> str:
    """The code with which the node refuses."""
    with pytest.raises(NodeRefusedError) as caught:
        officer.client.call("POST", path, words)
    return str(caught.value.refusal["code"])


@dataclass(frozen=True)
class Unpacked:
    """A valid dossier: its files, and the seal of its only exhibit."""

    files: dict[str, bytes]
    seal: ExhibitSeal

    @property
    def hashes(self) -> set[str]:
        return {hashlib.sha256(data).hexdigest() for data in self.files.values()}

    @property
    def for_people(self) -> bytes:
        return b"".join(data for path, data in self.files.items() if path.endswith(("index.txt", "jsonld")))


def exported(stage: Stage) -> Unpacked:
    """A dossier of the case as it is, proven valid at a present after everything in it."""
    path = stage.out / "now.zip"
    export_dossier(stage, path)
    anchor = read_anchor((stage.federation.folder / "trust.json").read_bytes())
    report = verify_dossier(io.BytesIO(path.read_bytes()), anchor, datetime.now(UTC) + timedelta(days=200))
    assert report.verdict is Verdict.VALID, report.deciding
    archive = read_archive(io.BytesIO(path.read_bytes()))
    files = {name.removeprefix(BASE): archive.read(name, limit=1 << 30) for name in archive.files}
    (seal,) = (data for name, data in files.items() if name.endswith("/seal.json"))
    return Unpacked(files, msgspec.json.decode(seal, type=ExhibitSeal))


def test_redacting_and_reading_the_copy_need_a_purpose(stage: Stage, redaction: Redaction):
    marques = stage.officer("pt.marques")
    assert refused(marques, "/api/redactions", {**redaction.command, "purpose": ""}) == "no-purpose"
    assert refused(marques, "/api/derived-openings", {**redaction.reading, "purpose": "curiosity"}) == "purpose.unknown"


def test_the_copy_has_another_hash_and_not_the_words_and_says_why(stage: Stage, redaction: Redaction):
    body = play.body_of(stage, PT, redaction.made["act"])
    assert {"kind": "field", "reason": "privilege", "places": 1} in redaction.made["removed"]
    assert body["original"] == hashlib.sha256(redaction.original).hexdigest()
    assert hashlib.sha256(redaction.copy).hexdigest() == redaction.made["digest"] == body["digest"]
    lines = redaction.original.decode().splitlines()
    subject = next(line for line in lines if line.startswith("Subject: ")).encode()
    assert subject not in redaction.copy
    assert b"[removed: privilege]" in redaction.copy


def test_redacting_and_reading_the_copy_are_openings_and_the_supplier_is_told_of_each(stage, redaction):
    told = len(stage.acts(DE, ActType.ITEM_OPENED))
    _, said = stage.officer("pt.marques").client.call("POST", "/api/derived-openings", redaction.reading)
    assert said["Comity-Supplier-Told"] == "true"
    looked = play.body_of(stage, PT, said["Comity-Act"])
    assert looked["derived"] == redaction.made["derived"]
    assert (looked["item"], looked["purpose"]) == (redaction.mail["item"], PURPOSE)
    stage.await_act(DE, ActType.ITEM_OPENED, count=max(told + 1, 4))
    assert stage.acts(DE, ActType.ITEM_REDACTED) == []


def test_while_it_stands_the_original_stays_closed_and_nobody_but_a_judge_lifts_it(stage, redaction):
    marques = stage.officer("pt.marques")
    assert refused(marques, "/api/openings", redaction.opening) == "redacted"
    lifting = {"case": stage.case, "derived": redaction.made["derived"], "decision": "12/26"}
    for name in ("marques", "lopes", "silva", "neves"):
        officer = stage.officer(f"pt.{name}")
        with pytest.raises(NodeRefusedError) as caught:
            officer.client.post("/api/redaction-liftings", {**lifting, "office": officer.office})
        assert caught.value.refusal["code"] == "court-needed"
        assert "a judge" in caught.value.refusal["what"]


def test_while_it_stands_a_dossier_has_the_copy_and_of_the_original_only_its_place_under_the_hold(stage, redaction):
    found = exported(stage)
    assert [each.item for each in found.seal.kept_out] == [redaction.mail["item"]]
    assert found.files[f"data/derived/{redaction.made['derived']}.bin"] == redaction.copy
    assert hashlib.sha256(redaction.original).hexdigest() not in found.hashes
    assert redaction.mail["descriptor"][0].encode() not in found.for_people


def test_lifted_by_a_judge_the_original_opens_again_and_lies_in_a_dossier_beside_the_copy(stage, redaction):
    nunes = stage.officer("pt.nunes")
    lifting = {"case": stage.case, "derived": redaction.made["derived"], "decision": "12/26"}
    nunes.client.post("/api/redaction-liftings", {**lifting, "office": nunes.office})
    again, _ = stage.officer("pt.marques").client.call("POST", "/api/openings", redaction.opening)
    assert again == redaction.original
    found = exported(stage)
    assert found.seal.kept_out == ()
    assert {hashlib.sha256(each).hexdigest() for each in (redaction.copy, redaction.original)} <= found.hashes
    assert redaction.mail["descriptor"][0].encode() in found.for_people
