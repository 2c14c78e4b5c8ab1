"""What leaves its holder otherwise than by a hand-over, at real nodes: a copy given out, an exhibit given back."""

import base64
import hashlib
import io
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from rich.console import Console

from comity.acts.classes import ActType
from comity.entrypoints.cli.main import main
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.play_end import dossier
from comity.entrypoints.demo.sample_evidence import write_sample
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.trust.anchors import read_anchor

PURPOSE = "same-investigation"


@pytest.fixture(scope="module")
def stage(federation, tmp_path_factory):
    out = tmp_path_factory.mktemp("touches")
    write_sample(out / "sample", messages=20, log_lines=100, blob_mib=1)
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), out / "sample", out)
    for step in (play.draft_and_approve, play.send, play.hold, play.request_disclosure, play.disclose):
        step(stage)
    return stage


@pytest.fixture(scope="module")
def exhibit(stage):
    (name,) = stage.reader(PT).client.get(f"/api/cases/{stage.case}")["state"]["exhibits"]
    return str(name)


def refused(call):
    with pytest.raises(NodeRefusedError) as caught:
        call()
    return caught.value.refusal["code"]


def custody_state(stage, node, exhibit):
    return stage.reader(node).client.get(f"/api/cases/{stage.case}")["state"]["exhibits"][exhibit]["state"]


def copying(stage, exhibit, officer, purpose=PURPOSE):
    page = stage.officer("pt.marques").client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")
    return {
        "case": stage.case,
        "exhibit": exhibit,
        "item": page["lines"][0]["item"],
        "office": officer.office,
        "medium": "disk 4711",
        "holder": "forensic laboratory, Lisbon",
        "purpose": purpose,
    }


def test_a_copy_is_given_out_for_a_purpose_with_its_hash_and_who_answers_for_it(stage, exhibit, census):
    marques, ramos = stage.officer("pt.marques"), stage.officer("pt.ramos")
    told = len(stage.acts(DE, ActType.ITEM_OPENED))
    for officer, purpose, code in ((marques, "", "no-purpose"), (ramos, PURPOSE, "not-permitted")):
        command = copying(stage, exhibit, officer, purpose)
        assert (
            refused(lambda officer=officer, command=command: officer.client.post("/api/item-copies", command)) == code
        )
    assert stage.acts(PT, ActType.ITEM_COPIED) == []
    content, said = marques.client.call("POST", "/api/item-copies", copying(stage, exhibit, marques))
    body = play.body_of(stage, PT, said["Comity-Act"])
    assert hashlib.sha256(content).hexdigest() == body["digest"] == said["Comity-Digest"]
    assert (body["size"], body["medium"], body["holder"]) == (
        len(content),
        "disk 4711",
        "forensic laboratory, Lisbon",
    )
    stage.await_act(DE, ActType.ITEM_OPENED, count=told + 1)
    assert stage.acts(DE, ActType.ITEM_COPIED) == []
    census.assert_sound(PT)


def test_many_items_are_opened_by_one_act_and_arrive_in_a_new_folder(stage, exhibit, tmp_path, census):
    marques = stage.officer("pt.marques")
    token = stage.federation.folder / "officers" / "pt.marques.token"
    into = tmp_path / "opened"
    line = ["case", "open", stage.case, exhibit, "--url", stage.federation.endpoints[PT].url]
    line += ["--token-file", str(token), "--office", marques.office, "--into", str(into)]
    page = marques.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")
    names = tmp_path / "names"
    names.write_text("".join(f"{each['descriptor'][0]}\n" for each in page["lines"]))
    before = [len(stage.acts(PT, kind)) for kind in (ActType.ITEM_OPENED, ActType.OPENING_REFUSED)]
    told = len(stage.acts(DE, ActType.ITEM_OPENED))
    # 1. Without a purpose: one refusal for all of them, and no folder.
    assert main([*line, "--names-from", str(names), "--purpose", ""]) != 0
    assert not into.exists()
    # 2. With one: one act.
    assert main([*line, "--names-from", str(names), "--purpose", PURPOSE]) == 0
    after = [len(stage.acts(PT, kind)) for kind in (ActType.ITEM_OPENED, ActType.OPENING_REFUSED)]
    assert after == [before[0] + 1, before[1] + 1]
    found = {hashlib.sha256(file.read_bytes()).digest() for file in into.iterdir()}
    assert len(list(into.iterdir())) == len(page["lines"]) > 1
    assert {base64.b64encode(each).decode() for each in found} == {each["descriptor"][2] for each in page["lines"]}
    # 3. The supplier hears of it, with the list.
    stage.await_act(DE, ActType.ITEM_OPENED, count=told + 1)
    heard = play.body_of(stage, DE, stage.acts(DE, ActType.ITEM_OPENED)[-1]["act"])
    assert heard["listed"] == sorted(each["item"] for each in page["lines"])
    census.assert_sound(PT)


def test_what_a_legal_hold_keeps_is_not_given_back(stage, exhibit):
    marques = stage.officer("pt.marques")
    named = {"case": stage.case, "office": marques.office}
    hold = marques.client.post("/api/legal-holds", {**named, "reason": "appeal-pending"})
    back = {**named, "exhibit": exhibit, "reason": "no-longer-needed"}
    assert refused(lambda: marques.client.post("/api/exhibit-returns", back)) == "legal-hold"
    assert custody_state(stage, PT, exhibit) == "held"
    lift = {**named, "hold": hold["act"], "reason": "proceedings-over"}
    marques.client.post("/api/legal-holds-lifted", lift)


@pytest.mark.parametrize("name", ["pt.ramos", "pt.silva", "pt.neves"])
def test_who_may_not_gives_nothing_back(stage, exhibit, name):
    officer = stage.officer(name)
    back = {"case": stage.case, "office": officer.office, "exhibit": exhibit, "reason": "no-longer-needed"}
    assert refused(lambda: officer.client.post("/api/exhibit-returns", back)) == "not-permitted"


def test_an_exhibit_given_back_is_the_givers_alone_and_the_chain_and_the_certificate_say_so(stage, exhibit, census):
    marques = stage.officer("pt.marques")
    back = {"case": stage.case, "office": marques.office, "exhibit": exhibit, "reason": "no-longer-needed"}
    act = marques.client.post("/api/exhibit-returns", back)["act"]
    assert refused(lambda: marques.client.post("/api/exhibit-returns", back)) == "nothing-to-return"
    # 1. Nothing is left here.
    query = "SELECT count(*) FROM comity_exhibitkey WHERE \"case\" = decode(%s, 'hex')"
    with psycopg.connect(stage.federation.endpoints[PT].database) as connection:
        assert connection.execute(query, [stage.case]).fetchone() == (0,)
    assert custody_state(stage, PT, exhibit) == "destroyed"
    # 2. The giver hears of it, and has it again.
    stage.await_act(DE, ActType.EXHIBIT_RETURNED)
    assert custody_state(stage, DE, exhibit) == "held"
    assert stage.acts(PROVIDER, ActType.EXHIBIT_RETURNED) == []
    # 3. Every touch is on the certificate, with its hashes, and there is no gap.
    page = marques.client.get(f"/api/exhibits/{exhibit}/custody")["pages"][0]
    touches = {touch["kind"]: touch for touch in page["touches"]}
    assert {"received", "opened", "copied", "destroying", "returned"} <= set(touches)
    assert touches["returned"]["act"] == act
    assert touches["returned"]["before"] == touches["received"]["after"]
    assert (touches["returned"]["after"], touches["destroying"]["officer"]) == ("destroyed", "pt.marques")
    assert touches["copied"]["before"].removeprefix("item ") == touches["copied"]["after"].removeprefix("copy ")
    assert PT not in page["holder"]
    assert [finding for finding in page["findings"] if not finding["open"]] == []
    census.assert_sound(PT, DE)


def test_a_dossier_of_what_was_given_back_holds_before_the_verifier(stage):
    dossier(stage)
    anchor = read_anchor((stage.out / "trust.json").read_bytes())
    data = (stage.out / "dossier.zip").read_bytes()
    report = verify_dossier(io.BytesIO(data), anchor, datetime.now(UTC) + timedelta(days=30))
    assert report.verdict is Verdict.VALID, report.deciding
