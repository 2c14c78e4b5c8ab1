"""What may be privileged, at a real node: put aside before anybody looks, and seen by an investigator only if the filter team says so.

A screen names counsel before anything comes. A mail of counsel's from a time that nobody asked about is slipped in besides.
"""

import io
import mailbox
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from comity.acts.classes import ActType
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.casework.custody.consult import ItemPage
from comity.casework.custody.quarantine import AsideLine
from comity.entrypoints.cli.main import main
from comity.entrypoints.cli.quarantine_pages import AsideShown
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

FILTER, LOPES, MARQUES, RAMOS = "pt.neves", "pt.lopes", "pt.marques", "pt.ramos"
COUNSEL = "j.krueger@mail.example"


@pytest.fixture(scope="module")
def counsels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[str]]:
    """The sample, and the names of counsel's mails in it: those of October, and the others."""
    folder = tmp_path_factory.mktemp("screen") / "sample"
    write_sample(folder, messages=60, log_lines=200, blob_mib=1)
    inside, outside = [], []
    with closing(mailbox.mbox(folder / "mailbox.mbox")) as mails:
        for number, mail in enumerate(mails, 1):
            if mail["From"] == COUNSEL:
                october = parsedate_to_datetime(mail["Date"]).month == 10
                (inside if october else outside).append(f"mailbox.mbox/{number:06}")
    assert len(inside) > 1
    assert outside
    return folder, inside, outside


@pytest.fixture(scope="module")
def stage(federation: Any, counsels: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder, _, outside = counsels
    out = tmp_path_factory.mktemp("screen-out")
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), folder, out)
    rehearsal = UnsafeRehearsal(federation.endpoints[PROVIDER].folder)
    rehearsal.write(UnsafeFaults(slip_in=(outside[0],)))
    for step in (play.draft_and_approve, play.send, play.hold, play.request_disclosure):
        step(stage)
    yield stage
    rehearsal.write(UnsafeFaults())


def told(stage: Stage, kind: ActType, node: str = PT) -> list[Any]:
    return [play.body_of(stage, node, str(line["act"])) for line in stage.acts(node, kind)]


def words(stage: Stage, officer: Any, **more: object) -> dict[str, object]:
    return {"case": stage.case, "office": officer.office, **more}


def refused(call: Callable[[], object]) -> Any:
    with pytest.raises(NodeRefusedError) as caught:
        call()
    return caught.value.refusal["code"]


def screened(stage: Stage, name: str, **screen: object) -> Any:
    officer = stage.officer(name)
    body = {"type": "screen-set", **screen}
    return officer.client.post("/api/screens", words(stage, officer, screen=body))


def command(stage: Stage, name: str, folder: Path, *words: object, office: bool = True) -> int:
    officer = stage.officer(name)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(officer.client._token)
    options = ["--url", stage.federation.endpoints[PT].url, "--token-file", token]
    return main([str(each) for each in (*words, *options, *(("--office", officer.office) if office else ()))])


@pytest.fixture(scope="module")
def exhibit(stage: Stage) -> str:
    """The exhibit, which came when the screen stood."""
    play.disclose(stage)
    exhibits: Any = stage.reader(PT).client.get(f"/api/cases/{stage.case}")["state"]["exhibits"]
    return str(next(iter(exhibits)))


def looked(stage: Stage, exhibit: str) -> dict[str, AsideLine]:
    neves = stage.officer(FILTER)
    look = words(stage, neves, exhibit=exhibit, purpose="privilege-review", reasons="")
    content, _ = neves.client.call("POST", "/api/quarantine-looks", look)
    lines = msgspec.json.decode(content, type=AsideShown).lines
    return {each.descriptor.name: each for each in lines if each.descriptor is not None}


def decided(stage: Stage, exhibit: str, name: str = FILTER, **more: object) -> Any:
    officer = stage.officer(name)
    asked = words(stage, officer, exhibit=exhibit, purpose="privilege-review", **more)
    return officer.client.post("/api/quarantine-decisions", asked)


def listed(stage: Stage, exhibit: str) -> dict[str, str]:
    content, _ = stage.officer(MARQUES).client.call("GET", f"/api/cases/{stage.case}/exhibits/{exhibit}")
    return {each.descriptor.name: each.item for each in msgspec.json.decode(content, type=ItemPage).lines}


def test_who_only_filters_or_only_investigates_sets_no_screen_and_one_that_lists_nothing_is_none(stage, census):
    with census.adds(pt=()):
        for name in (FILTER, RAMOS):
            assert refused(lambda name=name: screened(stage, name, names=["letters"])) == "not-permitted"
        with pytest.raises(NodeRefusedError):
            screened(stage, LOPES)


def test_a_screen_is_set_listed_and_lifted_on_the_command_line_and_no_investigator_lifts_it(stage, tmp_path, capsys):
    names = tmp_path / "names.txt"
    names.write_text("letters/to counsel\nnotes\n")
    case = ("case", "screen", stage.case)
    assert command(stage, LOPES, tmp_path, *case, "--counsel", "email:Q@Chambers.EXAMPLE", "--names-from", names) == 0
    act = told(stage, ActType.SCREEN_SET)[-1]
    assert act["names"] == ["letters/to counsel", "notes"]
    assert act["counsel"] == [{"kind": "email", "value": "Q@chambers.example"}]
    for wrong in ((), ("--counsel", "nobody"), ("--counsel", "imei:x")):
        assert command(stage, LOPES, tmp_path, *case, *wrong) != 0
    capsys.readouterr()
    assert command(stage, LOPES, tmp_path, "case", "screens", stage.case, office=False) == 0
    shown = capsys.readouterr().out
    assert "email:Q@chambers.example" in shown
    screen = str(stage.acts(PT, ActType.SCREEN_SET)[-1]["act"])
    lift = ("case", "lift-screen", stage.case, screen, "--reasons", "not counsel's")
    for name in (LOPES, MARQUES, RAMOS):
        assert command(stage, name, tmp_path, *lift) != 0
    assert command(stage, FILTER, tmp_path, "case", "lift-screen", stage.case, screen, "--reasons", " ") != 0
    assert command(stage, FILTER, tmp_path, *lift) == 0
    assert command(stage, FILTER, tmp_path, *lift) != 0
    assert told(stage, ActType.SCREEN_LIFTED)[-1]["screen"] == screen
    capsys.readouterr()
    assert command(stage, LOPES, tmp_path, "case", "screens", stage.case, office=False) == 0
    assert "no screen stands" in capsys.readouterr().out
    # Counsel of the case.
    assert screened(stage, LOPES, counsel=[{"kind": "email", "value": COUNSEL.upper().split("@")[0] + "@mail.example"}])
    assert stage.acts(DE, ActType.SCREEN_SET) == []


def test_what_meets_the_screen_is_put_aside_and_what_is_out_of_scope_too_is_counted_as_that(stage, exhibit, counsels):
    _, inside, outside = counsels
    counts = {each["code"]: each["items"] for each in told(stage, ActType.ITEMS_QUARANTINED)}
    assert counts == {"privileged": len(inside), "out-of-scope": 1}
    assert counts == {each["code"]: each["items"] for each in told(stage, ActType.ITEMS_QUARANTINED, DE)}
    aside = looked(stage, exhibit)
    assert {name: each.code for name, each in aside.items()} == {
        **dict.fromkeys(inside, "privileged"),
        outside[0]: "out-of-scope",
    }
    assert listed(stage, exhibit)
    assert not set(listed(stage, exhibit)) & set(aside)


def test_before_the_decision_an_investigator_gets_to_it_in_no_way_and_each_try_is_on_record(stage, exhibit, counsels):
    item = looked(stage, exhibit)[counsels[1][0]].item
    for name in (MARQUES, RAMOS):
        officer = stage.officer(name)
        tries = len(told(stage, ActType.OPENING_REFUSED))
        look = words(stage, officer, exhibit=exhibit, purpose="privilege-review", reasons="", item=item)
        assert refused(lambda o=officer, w=look: o.client.post("/api/quarantine-openings", w)) == "investigator"
        assert len(told(stage, ActType.OPENING_REFUSED)) == tries + 1
        release = {"decision": "release", "reason": "not-privileged"}
        assert refused(lambda n=name, r=release: decided(stage, exhibit, n, **r)) == "investigator"
    marques = stage.officer(MARQUES)
    ordinary = words(stage, marques, exhibit=exhibit, item=item, purpose="same-investigation", reasons="")
    assert refused(lambda: marques.client.post("/api/openings", ordinary)) == "not-found"


def test_a_screen_does_not_reach_back_and_says_what_had_come_before(stage, exhibit):
    before = listed(stage, exhibit)
    found = screened(stage, LOPES, names=["attachments.bin"])
    assert found["too_late_for"] == [exhibit]
    assert listed(stage, exhibit) == before


def test_without_a_grant_nothing_is_released_that_no_screen_alone_put_aside(stage, exhibit, counsels, census):
    out = looked(stage, exhibit)[counsels[2][0]].item
    with census.adds(pt=()):
        for items, code in (([out], "not-screened"), (["0" * 64], "not-screened")):
            cleared = {"decision": "release", "reason": "not-privileged", "items": items}
            assert refused(lambda cleared=cleared: decided(stage, exhibit, **cleared)) == code
        assert refused(lambda: decided(stage, exhibit, decision="release", reason="privileged")) == "no-extension"
        destroy = {"decision": "destroy", "reason": "privileged", "items": [out]}
        assert refused(lambda: decided(stage, exhibit, **destroy)) == "not-one-by-one"


def test_what_the_team_finds_not_privileged_comes_into_the_case_item_by_item_without_a_grant(
    stage, exhibit, counsels, census, tmp_path
):
    _, inside, outside = counsels
    item = looked(stage, exhibit)[inside[0]].item
    one = ("--not-privileged", "--item", item, "--purpose", "privilege-review")
    assert command(stage, FILTER, tmp_path, "quarantine", "decide", stage.case, exhibit, *one) == 0
    act = told(stage, ActType.QUARANTINE_DECIDED)[-1]
    assert (act["decision"], act["reason"], act["items"], act["grant"]) == ("release", "not-privileged", 1, None)
    assert listed(stage, act["released"]) == {inside[0]: item}
    marques = stage.officer(MARQUES)
    look = words(stage, marques, exhibit=act["released"], item=item, purpose="same-investigation", reasons="")
    content, _ = marques.client.call("POST", "/api/openings", look)
    assert COUNSEL.encode() in content
    assert set(looked(stage, exhibit)) == {*inside[1:], outside[0]}
    # The rest of them, but not what needs a grant; the quarantine was left under another name.
    rest = decided(stage, exhibit, decision="release", reason="not-privileged")
    assert (rest["items"], rest["left"]) == (len(inside) - 1, 1)
    stage.await_act(DE, ActType.QUARANTINE_RESOLVED, count=2)
    assert [each["reason"] for each in told(stage, ActType.QUARANTINE_RESOLVED, DE)] == ["not-privileged"] * 2
    census.assert_sound(PT)


def test_the_custody_story_tells_who_it_was_set_aside_for_and_why_it_was_let_out(stage, exhibit):
    lopes = stage.officer(LOPES)
    released = told(stage, ActType.QUARANTINE_DECIDED)[0]["released"]
    pages: Any = lopes.client.get(f"/api/exhibits/{released}/custody")["pages"]
    assert "found not privileged" in pages[0]["touches"][0]["what"]
    came: Any = lopes.client.get(f"/api/exhibits/{exhibit}/custody")["pages"]
    aside = [touch["what"] for touch in came[0]["touches"] if touch["kind"] == "set-aside"]
    assert any("aside for the filter team" in each for each in aside)
    assert any(each.endswith("let into the case (not-privileged)") for each in aside)
    assert not [finding for page in (*pages, *came) for finding in page["findings"] if not finding["open"]]


def test_a_dossier_after_it_adds_up_before_the_verifier(stage):
    dossier(stage)
    anchor = read_anchor((stage.out / "trust.json").read_bytes())
    data = (stage.out / "dossier.zip").read_bytes()
    report = verify_dossier(io.BytesIO(data), anchor, datetime.now(UTC) + timedelta(days=30))
    assert report.verdict is Verdict.VALID, report.deciding
