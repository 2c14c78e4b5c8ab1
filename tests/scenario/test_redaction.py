"""An order in parts and a provisional redaction at living nodes, and the dossiers before and after a court lifts it."""

import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from rich.console import Console

from comity.acts.bodies import DisclosureDecided, DisclosureOrdered, DisclosureRequested
from comity.acts.classes import ActType
from comity.acts.matters import PartDecision, ScopePart
from comity.acts.redaction_bodies import LiftingDecided
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.chromium import find
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.play import BUDAPEST, Stage
from comity.entrypoints.demo.play_browser import in_a_browser
from comity.entrypoints.demo.play_end import export_dossier
from comity.entrypoints.demo.play_redact import certify
from comity.entrypoints.demo.play_rolling import disclose_in_parts
from comity.entrypoints.demo.sample_evidence import write_sample
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.archive.bag import BASE
from comity.evidence.archive.read import read_archive
from comity.evidence.browser.page import verifier_page
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.evidence.dossier.format import INDEX, DossierItem, ExhibitSeal, items_path, seal_path
from comity.evidence.items.descriptors import unframe
from comity.trust.anchors import read_anchor
from comity.vocabulary.categories import DataCategory

PURPOSE = "same-investigation"
DAY = "access.log/2026-10-06"
ALIAS = "the lady of locker 4711"
PAPER = b"%PDF-1.7 what a court decided"


@pytest.fixture(scope="module")
def stage(federation: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The case up to the disclosure, which comes in two parts, with nothing delivered that should not be."""
    out = tmp_path_factory.mktemp("redaction")
    write_sample(out / "sample", messages=60, log_lines=500, blob_mib=1)
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), out / "sample", out)
    UnsafeRehearsal(federation.endpoints[PROVIDER].folder).write(UnsafeFaults())
    for step in (play.draft_and_approve, play.send, play.hold, play.request_disclosure, disclose_in_parts):
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
    exhibit = given(stage)[0]["exhibit"]
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


def refused(officer: Officer, path: str, words: dict[str, Any]) -> str:
    """The code with which the node refuses."""
    with pytest.raises(NodeRefusedError) as caught:
        officer.client.call("POST", path, words)
    return str(caught.value.refusal["code"])


@dataclass(frozen=True)
class Unpacked:
    """A valid dossier: its files, and the seal of the exhibit with the mails, which came first."""

    files: dict[str, bytes]
    seal: ExhibitSeal

    @property
    def hashes(self) -> set[str]:
        return {hashlib.sha256(data).hexdigest() for data in self.files.values()}

    @property
    def for_people(self) -> bytes:
        return b"".join(data for path, data in self.files.items() if path.endswith(("index.txt", "jsonld")))


def test_the_page_in_the_dossier_is_taken_out_and_another_verdict_than_the_commands_is_an_error(stage: Stage):
    path, trust = stage.out / "page.zip", stage.federation.folder / "trust.json"
    export_dossier(stage, path)
    in_a_browser(stage, path, trust, "valid")
    assert (stage.out / "verify.html").read_bytes() == verifier_page()
    if find() is not None:
        with pytest.raises(RuntimeError, match="comity verify says invalid"):
            in_a_browser(stage, path, trust, "invalid")


def exported(stage: Stage) -> Unpacked:
    """A dossier of the case as it is, proven valid at a present after everything in it."""
    path = stage.out / "now.zip"
    export_dossier(stage, path)
    anchor = read_anchor((stage.federation.folder / "trust.json").read_bytes())
    report = verify_dossier(io.BytesIO(path.read_bytes()), anchor, datetime.now(UTC) + timedelta(days=200))
    assert report.verdict is Verdict.VALID, report.deciding
    archive = read_archive(io.BytesIO(path.read_bytes()))
    files = {name.removeprefix(BASE): archive.read(name, limit=1 << 30) for name in archive.files}
    seal = files[seal_path(given(stage)[0]["exhibit"])]
    return Unpacked(files, msgspec.json.decode(seal, type=ExhibitSeal))


def given(stage: Stage) -> list[Any]:
    """What the provider says of each hand-over, in their order."""
    acts = [str(line["act"]) for line in stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER)]
    return [play.body_of(stage, PROVIDER, act) for act in acts]


def test_each_part_has_the_running_totals_against_the_seal_and_they_travel_on(stage: Stage):
    held = play.body_of(stage, PROVIDER, stage.await_act(PROVIDER, ActType.HOLD_CONFIRMED))["items"]
    first, second = given(stage)
    for body in (first, second):
        withheld = sum(each["items"] for each in body["withheld"])
        assert body["portion"]["before"] + body["items"] + body["portion"]["later"] + withheld == held
    assert (first["portion"]["number"], second["portion"]["number"]) == (1, 2)
    assert (first["portion"]["before"], first["portion"]["later"]) == (0, second["items"])
    assert (second["portion"]["before"], second["portion"]["later"]) == (first["items"], 0)
    passed_on = [line for line in stage.acts(PT, ActType.EXHIBIT_HANDED_OVER) if line["issuer"] == DE]
    found = [play.body_of(stage, PT, str(line["act"]))["portion"] for line in passed_on]
    assert found == [first["portion"], second["portion"]]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (["attachments"], "handed-over"),
        ([], "handed-over"),
        (["access log, three weeks"], "no-such-part"),
        (["attachments", "everything"], "no-such-part"),
    ],
    ids=["a part once more", "all that is left", "a refused part", "a part nobody asked for"],
)
def test_no_part_is_handed_over_twice_nor_one_that_was_not_granted(stage: Stage, parts: list[str], code: str):
    lee = stage.officer("provider.lee")
    order = stage.await_act(PROVIDER, ActType.DISCLOSURE_ORDERED)
    assert refused(lee, "/api/releases", {"order": order, "office": lee.office, "parts": parts}) == code
    assert len(given(stage)) == 2


def test_the_custody_certificate_of_the_demo_is_a_pdf_about_the_mails(stage: Stage):
    certify(stage)
    assert (stage.out / "custody.pdf").read_bytes().startswith(b"%PDF-1.7")


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


def lifting(stage: Stage, derived: str, officer: str = "pt.lopes", **cited: Any) -> str:
    """The draft of a lifting."""
    who = stage.officer(officer)
    words = {"case": stage.case, "derived": derived, "office": who.office, "decision": "12/26", **cited}
    return str(who.client.post("/api/redaction-liftings", words)["draft"])


def not_approved(stage: Stage, officer: str, draft: str) -> str:
    with pytest.raises(NodeRefusedError) as caught:
        stage.officer(officer).approve(draft)
    return str(caught.value.refusal["code"])


def test_while_it_stands_the_original_stays_closed_and_nobody_but_a_judge_lifts_it(stage, redaction):
    marques, derived = stage.officer("pt.marques"), redaction.made["derived"]
    assert refused(marques, "/api/openings", redaction.opening) == "redacted"
    for name in ("silva", "neves", "ramos"):
        with pytest.raises(NodeRefusedError, match="not-permitted"):
            lifting(stage, derived, f"pt.{name}")
    draft = lifting(stage, derived)
    assert not_approved(stage, "pt.lopes", draft) == "own-draft"
    assert not_approved(stage, "pt.marques", draft) == "own-redaction"
    assert not_approved(stage, "pt.lopes", lifting(stage, derived, "pt.nunes")) == "court-needed"
    with pytest.raises(NodeRefusedError, match="own-redaction"):
        lifting(stage, derived, "pt.marques", court="a court", scan=b64encode(PAPER).decode())
    words = ({"court": "a court"}, {"scan": b64encode(PAPER).decode()}, {"decided_by": redaction.made["act"]})
    codes = []
    for cited in words:
        with pytest.raises(NodeRefusedError) as caught:
            lifting(stage, derived, **cited)
        codes.append(caught.value.refusal["code"])
    assert codes == ["which-decision", "which-decision", "no-such-decision"]
    assert refused(marques, "/api/openings", redaction.opening) == "redacted"


def test_while_it_stands_a_dossier_has_the_copy_and_of_the_original_only_its_place_under_the_hold(stage, redaction):
    found = exported(stage)
    assert [each.item for each in found.seal.kept_out] == [redaction.mail["item"]]
    assert found.files[f"data/derived/{redaction.made['derived']}.bin"] == redaction.copy
    assert hashlib.sha256(redaction.original).hexdigest() not in found.hashes
    assert redaction.mail["descriptor"][0].encode() not in found.for_people


def test_lifted_by_a_judge_the_original_opens_again_and_lies_in_a_dossier_beside_the_copy(stage, redaction):
    draft, late = (lifting(stage, redaction.made["derived"]) for _ in range(2))
    stage.officer("pt.nunes").approve(draft)
    assert not_approved(stage, "pt.nunes", late) == "nothing-to-lift"
    again, _ = stage.officer("pt.marques").client.call("POST", "/api/openings", redaction.opening)
    assert again == redaction.original
    found = exported(stage)
    assert found.seal.kept_out == ()
    assert {hashlib.sha256(each).hexdigest() for each in (redaction.copy, redaction.original)} <= found.hashes
    assert redaction.mail["descriptor"][0].encode() in found.for_people


def test_who_is_who_is_in_no_dossier_and_opened_by_a_court_that_decided_or_a_filter_team(stage, redaction):
    marques = stage.officer("pt.marques")
    opening = another(stage, redaction, 4, persons=[["mail.example", ALIAS]], removals=[])
    reading = {**redaction.reading, "derived": opening["derived"]}
    copy, _ = marques.client.call("POST", "/api/derived-openings", reading)
    assert b"person-1" in copy
    found = exported(stage)
    assert ALIAS.encode() not in b"".join(found.files.values())
    codes = {
        name: names_refused(stage, f"pt.{name}", reading) for name in ("silva", "marques", "lopes", "ramos", "nunes")
    }
    assert set(codes.values()) == {"court-needed"}
    shown = names_shown(stage, "pt.neves", reading)
    assert shown == names_shown(stage, "pt.neves", reading), "to have looked makes a filter officer no investigator"
    assert shown == [{"alias": "person-1", "spellings": ["mail.example", ALIAS]}]
    stage.officer("pt.nunes").approve(lifting(stage, opening["derived"]))
    assert names_shown(stage, "pt.nunes", reading) == shown
    assert names_refused(stage, "pt.lopes", reading) == "court-needed"
    assert ALIAS.encode() not in b"".join(exported(stage).files.values())


def names_refused(stage: Stage, officer: str, reading: dict[str, Any]) -> str:
    who = stage.officer(officer)
    return refused(who, "/api/derived-names", {**reading, "office": who.office})


def names_shown(stage: Stage, officer: str, reading: dict[str, Any]) -> Any:
    """Who is who, as an officer sees it; that they looked is an act that came first."""
    who = stage.officer(officer)
    opened: Any = who.client.post("/api/derived-names", {**reading, "office": who.office})
    assert play.body_of(stage, PT, opened["act"])["names"]
    return opened["names"]["persons"]


def test_what_was_withheld_is_opened_later_under_an_order_of_its_own_and_proves_itself_against_the_same_hold(
    stage: Stage,
):
    """A day of the refused access log: asked for again, granted, ordered of the same hold, handed over, passed on, read."""
    before, scope = exported(stage).seal.hold_root, (ScopePart("one day", (DataCategory.TRAFFIC,), None, (DAY,)),)
    confirmed = {node: stage.await_act(node, ActType.HOLD_CONFIRMED) for node in (DE, PROVIDER)}
    held = stage.await_act(PT, ActType.PRESERVATION_CONFIRMED)
    earlier = given(stage)
    first = play.body_of(stage, PT, str(stage.acts(PT, ActType.DISCLOSURE_REQUESTED)[0]["act"]))
    asked = msgspec.structs.replace(msgspec.convert(first, DisclosureRequested), scope=scope)
    stage.approved(
        "pt.marques", "pt.lopes", lambda who: who.draft(BUDAPEST, asked, case=stage.case, to=[DE], re=[held])
    )
    request = stage.await_act(DE, ActType.DISCLOSURE_REQUESTED, count=2)
    granted = DisclosureDecided((PartDecision("one day", granted=True),))
    stage.approved(
        "de.vogel", "de.richter", lambda who: who.draft(BUDAPEST, granted, case=stage.case, to=[PT], re=[request])
    )
    decision = stage.await_act(DE, ActType.DISCLOSURE_DECIDED, count=2)
    order = DisclosureOrdered("production-order", confirmed[DE], scope)
    stage.approved(
        "de.weber", "de.richter", lambda who: who.draft(BUDAPEST, order, case=stage.case, to=[PROVIDER], re=[decision])
    )
    further = stage.await_act(PROVIDER, ActType.DISCLOSURE_ORDERED, count=2)
    lee = stage.officer("provider.lee")
    done = lee.client.post("/api/releases", {"order": further, "office": lee.office})
    last = str(stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER)[1]["act"])
    assert done["portion"]["reopened"] == {"hand_over": last, "items": [{"reason": "refused", "items": done["items"]}]}
    assert (done["items"], {body["hold_root"] for body in (*earlier, given(stage)[2])}) == (1, {before})
    stage.await_act(PROVIDER, ActType.EXHIBIT_RECEIVED, count=3)
    play.pass_on(stage, str(done["exhibit"]))
    stage.await_act(DE, ActType.EXHIBIT_RECEIVED, count=6)
    files = exported(stage).files
    (line,) = files[items_path(str(done["exhibit"]))].splitlines()
    item = msgspec.json.decode(line, type=DossierItem)
    assert unframe(item.frame).name.startswith(DAY)
    assert b"withheld before" in files[INDEX]


def another(stage: Stage, redaction: Redaction, number: int, **changed: Any) -> dict[str, Any]:
    """One more mail of which the prosecutor makes a provisional copy; the command that opens the original."""
    marques = stage.officer("pt.marques")
    page = marques.client.get(f"/api/cases/{stage.case}/exhibits/{redaction.command['exhibit']}")
    mails = [each for each in page["lines"] if each["descriptor"][3] == "application/mbox"]
    command = {**redaction.command, "item": mails[number]["item"], **changed}
    made = marques.client.post("/api/redactions", command)
    return {**{key: command[key] for key in redaction.opening}, "derived": made["derived"]}


def opens(stage: Stage, opening: dict[str, Any]) -> bool:
    words = {key: value for key, value in opening.items() if key != "derived"}
    try:
        stage.officer("pt.marques").client.call("POST", "/api/openings", words)
    except NodeRefusedError as caught:
        if caught.refusal["code"] != "redacted":
            raise
        return False
    return True


def test_a_court_elsewhere_decides_by_an_act_of_its_own_and_two_officers_here_carry_it_out(stage, redaction):
    opening = another(stage, redaction, 1)
    handed = str(stage.acts(DE, ActType.EXHIBIT_HANDED_OVER)[-1]["act"])
    decision = LiftingDecided(opening["derived"], "Amtsgericht (demo) 9/26")
    with pytest.raises(NodeRefusedError, match="not-permitted"):
        stage.officer("de.weber").draft("node", decision, case=stage.case, to=[PT], re=[handed])
    stage.approved(
        "de.vogel", "de.richter", lambda who: who.draft("node", decision, case=stage.case, to=[PT], re=[handed])
    )
    came = stage.await_act(PT, ActType.LIFTING_DECIDED)
    with pytest.raises(NodeRefusedError, match="no-such-decision"):
        lifting(stage, another(stage, redaction, 2)["derived"], decided_by=came)
    assert not opens(stage, opening), "what a court decided elsewhere is carried out by an act here"
    draft = lifting(stage, opening["derived"], "pt.nunes", decided_by=came)
    stage.officer("pt.lopes").approve(draft)
    assert opens(stage, opening)
    assert play.body_of(stage, PT, draft)["decided_by"] == came


def test_a_decision_on_paper_is_kept_read_by_whoever_approves_and_cited(stage, redaction):
    opening = another(stage, redaction, 3)
    paper = {"court": "Court of Appeal (demo)", "scan": b64encode(PAPER).decode()}
    draft = lifting(stage, opening["derived"], "pt.nunes", **paper)
    lopes = stage.officer("pt.lopes")
    assert lopes.client.call("POST", "/api/paper-scans", {"act": draft})[0] == PAPER
    lopes.approve(draft)
    assert opens(stage, opening)
    assert lopes.client.call("POST", "/api/paper-scans", {"act": draft})[0] == PAPER
    assert play.body_of(stage, PT, draft)["on_paper"]["file"] == hashlib.sha256(PAPER).hexdigest()
