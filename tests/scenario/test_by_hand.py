"""A partner without a node: nothing is tried towards it, an officer sends the form and says so, and its answer on paper counts."""

import hashlib
import io
import sys
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from rich.console import Console

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.order_bodies import AlternativeMeansRecorded
from comity.acts.paper_bodies import PaperAnswerRecorded
from comity.entrypoints.cli.exits import ExitCode
from comity.entrypoints.cli.main import main
from comity.entrypoints.demo import play, play_emergency
from comity.entrypoints.demo.cast import DE, NORWAY, PT
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play_forms import paper
from comity.entrypoints.demo.timeline import Timeline
from comity.trust.directory_format import AuthorityEntry
from comity.vocabulary.categories import OfficeKind

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually

LETTER = b"%PDF-1.7 the letter that came"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """A node and its witness; their directory lists a partner without a node."""
    federation = Federation.found(tmp_path_factory.mktemp("alone") / "nodes")
    with federation:
        federation.start([PT, DE])
        yield federation


def request(federation: Federation, to: str = NORWAY) -> tuple[str, str]:
    """A preservation request of pt's to that authority: its case and its act."""
    drafted = federation.officer("pt.silva").draft(play.BUDAPEST, play.preservation(), to=[to])
    sent = federation.officer("pt.costa").approve(str(drafted["draft"]))
    return str(sent["case"]), str(sent["act"])


def sending(act: str, **changed: object) -> dict[str, object]:
    file = {"file": hashlib.sha256(b"form").hexdigest(), "size": 4}
    return {
        "act": act,
        "to": NORWAY,
        "office": "contact-point",
        "means": "e-mail",
        "sent_at": datetime.now(UTC),
        **file,
        **changed,
    }


def answer(act: str, **changed: object) -> dict[str, object]:
    return {
        "answers": act,
        "partner": NORWAY,
        "office": "contact-point",
        "counts_as": "request-acknowledged",
        "received": datetime.now(UTC),
        "scan": b64encode(LETTER).decode(),
        **changed,
    }


def say(federation: Federation, path: str, command: dict[str, object]) -> str:
    return str(federation.officer("pt.silva").client.post(f"/api/{path}", command)["act"])


def draft_answer(federation: Federation, command: dict[str, object]) -> str:
    return str(federation.officer("pt.silva").client.post("/api/paper-answers", command)["draft"])


def record(federation: Federation, command: dict[str, object]) -> str:
    """Drafted by one officer, approved by another."""
    draft = draft_answer(federation, command)
    return str(federation.officer("pt.costa").approve(draft)["act"])


def not_approved(federation: Federation, by: str, draft: str) -> str:
    with pytest.raises(NodeRefusedError) as told:
        federation.officer(by).approve(draft)
    return str(told.value.refusal["code"])


def refused(federation: Federation, path: str, command: dict[str, object]) -> str:
    with pytest.raises(NodeRefusedError) as told:
        say(federation, path, command)
    return str(told.value.refusal["code"])


def delivery(federation: Federation, act: str, to: str = NORWAY) -> dict[str, Any]:
    read = federation.officer("pt.silva").client.get(f"/api/acts/{act}")
    (line,) = [each for each in read["deliveries"] if each["peer"] == to]
    return line


def clocks(federation: Federation, case: str) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in federation.officer("pt.silva").client.get(f"/api/cases/{case}")["clocks"]}


def test_what_is_for_a_partner_without_a_node_is_never_tried_and_asks_people_to_send_it(alone):
    _case, act = request(alone)
    assert (delivery(alone, act)["state"], delivery(alone, act)["attempts"]) == ("by-hand", 0)
    alone.advance_clock(timedelta(minutes=31))
    client = alone.officer("pt.silva").client

    def told() -> list[dict[str, Any]]:
        return [each for each in client.get("/api/alarms")["list"] if each["code"] == "undelivered"]

    alarm = eventually(lambda: told() and told()[0], "people are told")
    assert alarm["subject"] == NORWAY
    assert alarm["detail"].endswith("by-hand")
    say(alone, "sendings", sending(act, sent_at=delivery_time(alone)))
    eventually(lambda: not told(), "nobody is told any more")
    assert (delivery(alone, act)["state"], delivery(alone, act)["attempts"]) == ("sent-by-hand", 0)


def delivery_time(federation: Federation) -> datetime:
    """Now, by the rehearsal's clock."""
    return datetime.now(UTC) + timedelta(seconds=int((federation.folder / "clock-offset").read_text()))


def test_a_sending_that_cannot_be_is_not_recorded(alone):
    case, act = request(alone)
    now = delivery_time(alone)
    assert refused(alone, "sendings", sending(act, to="nobody", sent_at=now)) == "unknown-partner"
    assert refused(alone, "sendings", sending(act, to=DE, sent_at=now)) == "has-a-node"
    assert refused(alone, "sendings", sending(act, sent_at=now - timedelta(days=1))) == "not-then"
    assert refused(alone, "sendings", sending(act, sent_at=now + timedelta(days=1))) == "not-then"
    assert refused(alone, "sendings", sending(act, alternative=act, sent_at=now)) == "no-channel"
    assert delivery(alone, act)["state"] == "by-hand"
    say(alone, "sendings", sending(act, sent_at=now))
    assert refused(alone, "sendings", sending(act, sent_at=now)) == "recorded-before"
    assert refused(alone, "sendings", sending(say_nothing(alone, case), sent_at=now)) == "not-its-act"


def say_nothing(federation: Federation, case: str) -> str:
    """An act of this node in that case which is for nobody."""
    reason = {"case": case, "office": "contact-point", "reason": "appeal-pending"}
    return str(federation.officer("pt.silva").client.post("/api/legal-holds", reason)["act"])


def test_an_answer_that_cannot_be_is_not_recorded(alone):
    _case, act = request(alone)
    now = delivery_time(alone)
    assert refused(alone, "paper-answers", answer(act, received=now)) == "not-sent"
    say(alone, "sendings", sending(act, sent_at=now))
    later = delivery_time(alone)
    assert refused(alone, "paper-answers", answer(act, partner="nobody", received=later)) == "unknown-partner"
    assert refused(alone, "paper-answers", answer(act, partner=DE, received=later)) == "not-sent"
    assert refused(alone, "paper-answers", answer(act, received=now - timedelta(hours=1))) == "not-then"
    assert refused(alone, "paper-answers", answer(act, received=later + timedelta(hours=1))) == "not-then"
    assert refused(alone, "paper-answers", answer(act, grounds=["public-order"], received=later)) == "grounds"
    refusing = {"counts_as": "request-refused", "received": later}
    assert refused(alone, "paper-answers", answer(act, **refusing)) == "grounds"
    assert refused(alone, "paper-answers", answer(act, grounds=["no-mood"], **refusing)) == "no-such-ground"
    handed = {"counts_as": "exhibit-handed-over", "received": later}
    assert refused(alone, "paper-answers", answer(act, **handed)) == "no-such-answer"
    held = {"counts_as": "preservation-confirmed", "received": later}
    assert refused(alone, "paper-answers", answer(act, **held)) == "effected"
    assert refused(alone, "paper-answers", answer(act, **{**held, "counts_as": "hold-confirmed"})) == "out-of-order"
    record(alone, answer(act, received=later))
    again = {"scan": b64encode(b"another letter").decode(), "received": later}
    assert refused(alone, "paper-answers", answer(act, **again)) == "recorded-before"


def test_one_officer_alone_puts_no_answer_on_record(alone):
    case, act = request(alone)
    say(alone, "sendings", sending(act, sent_at=delivery_time(alone)))
    now = delivery_time(alone)
    held = {"counts_as": "preservation-confirmed", "received": now, "effected_at": now}
    draft = draft_answer(alone, answer(act, **held))
    assert not_approved(alone, "pt.silva", draft) == "own-draft"
    assert not_approved(alone, "pt.neves", draft) == "not-permitted"
    assert "bc29.min" not in clocks(alone, case)
    assert scan(alone, "pt.costa", draft) == LETTER, "whoever approves holds the words against the paper"
    with pytest.raises(NodeRefusedError):
        scan(alone, "pt.neves", draft)
    twice = draft_answer(alone, answer(act, **held))
    alone.officer("pt.costa").approve(draft)
    assert not_approved(alone, "pt.costa", twice) == "out-of-order"
    approvals = alone.officer("pt.silva").client.get(f"/api/acts/{draft}")["approvals"]
    assert [each["officer"] for each in approvals] == ["pt.costa"]


def test_a_record_is_not_written_by_hand_around_the_scan_and_a_discarded_one_leaves_none(alone):
    _case, act = request(alone)
    say(alone, "sendings", sending(act, sent_at=delivery_time(alone)))
    silva = alone.officer("pt.silva")
    body = PaperAnswerRecorded(
        act, NORWAY, ActType.REQUEST_ACKNOWLEDGED, play.BUDAPEST, delivery_time(alone), "0" * 64, 1, "5" * 32
    )
    for write in (silva.draft, silva.file):
        with pytest.raises(NodeRefusedError) as told:
            write("node", body, re=[act])
        assert told.value.refusal["code"] in ("not-by-hand", "needs-approval", "not-permitted")
    with psycopg.connect(alone.endpoints[PT].database) as database:
        draft = draft_answer(alone, answer(act, received=delivery_time(alone)))
        before = papers_kept(database)
        silva.client.post("/api/discards", {"draft": draft})
        assert papers_kept(database) == before - 1


def papers_kept(database: psycopg.Connection[Any]) -> int:
    (found,) = database.execute("SELECT count(*) FROM comity_exhibitkey WHERE role = 'paper'").fetchone() or (0,)
    database.commit()
    return int(found)


def scan(federation: Federation, officer: str, act: str) -> bytes:
    content, _ = federation.officer(officer).client.call("POST", "/api/paper-scans", {"act": act})
    return content


def test_a_confirmation_on_paper_starts_the_clock_that_the_partners_act_would_and_says_whose_word_it_is(alone):
    case, act = request(alone)
    since = delivery_time(alone)
    say(alone, "sendings", sending(act, sent_at=since))
    assert "bc29.min" not in clocks(alone, case)
    held = {"counts_as": "preservation-confirmed", "received": delivery_time(alone), "effected_at": since}
    filed = record(alone, answer(act, **held))
    clock = clocks(alone, case)["bc29.min"]
    assert clock["state"] == "running"
    assert timedelta(days=59, hours=22) < datetime.fromisoformat(clock["due"]) - since < timedelta(days=62)
    assert any("by paper, as recorded by pt (contact-point)" in step for step in clock["trace"])
    state = alone.officer("pt.silva").client.get(f"/api/cases/{case}")["state"]
    assert next(each["stage"] for each in state["matters"].values() if each["measure"]) == "confirmed"
    assert state["holds"] == {}, "no word of a partner's binds a root here"
    assert scan(alone, "pt.silva", filed) == LETTER


def test_a_refusal_on_paper_ends_the_matter_and_an_exported_dossier_takes_it_for_the_exporters_own_word(
    alone, tmp_path, capsys
):
    case, act = request(alone)
    say(alone, "sendings", sending(act, sent_at=delivery_time(alone)))
    grounds = {"counts_as": "request-refused", "grounds": ["political-offence"]}
    record(alone, answer(act, received=delivery_time(alone), **grounds))
    assert refused(alone, "paper-answers", answer(act, received=delivery_time(alone))) in (
        "out-of-order",
        "recorded-before",
    )
    dossier = tmp_path / "case.zip"
    dossier.write_bytes(eventually(lambda: exported(alone, case), "a witness has seen the acts"))
    with zipfile.ZipFile(dossier) as files:
        story = "".join(files.read(name).decode("utf-8", "replace") for name in files.namelist())
    assert f"recorded an answer of {NORWAY} on paper to act" in story
    assert main(["verify", str(dossier), "--trust", str(alone.folder / "trust.json")]) == 0
    assert "1 act went by hand to an authority without a node" in " ".join(capsys.readouterr().out.split())


def exported(federation: Federation, case: str) -> bytes:
    """The case's dossier; nothing while its acts are not witnessed."""
    words = {"case": case, "office": "prosecutor", "purpose": "trial"}
    try:
        return federation.officer("pt.marques").client.call("POST", "/api/exports", words)[0]
    except NodeRefusedError as told:
        if told.refusal["code"] != "not-witnessed":
            raise
        return b""


def test_a_disposal_waits_for_what_is_to_be_sent_by_hand_and_for_nothing_after_that(alone):
    case, act = request(alone)
    client = alone.officer("pt.marques").client
    client.post("/api/closings", {"case": case, "office": "prosecutor", "reason": "no longer needed"})
    over = {"case": case, "office": "prosecutor", "rule": "own-rule"}
    with pytest.raises(NodeRefusedError) as told:
        client.post("/api/disposals", over)
    assert told.value.refusal["code"] == "still-sending"
    say(alone, "sendings", sending(act, sent_at=delivery_time(alone)))
    certificate = client.post("/api/disposals", over)["certificate"]
    assert NORWAY in {each["holder"] for each in certificate["unreachable"]}
    assert certificate["copies"] == []


def test_a_partner_with_a_node_is_sent_to_by_hand_only_beside_the_record_its_instrument_asks_for(alone):
    marques = alone.officer("pt.marques")
    file = {"file": hashlib.sha256(b"form").hexdigest(), "size": 4}
    drafted = marques.draft(play_emergency.REGULATION, order(), to=["provider"])
    sent = alone.officer("pt.lopes").approve(str(drafted["draft"]))
    act, case = str(sent["act"]), str(sent["case"])
    words = {"act": act, "to": "provider", "office": "prosecutor", "means": "courier", **file}
    now = delivery_time(alone)
    assert refused_to(marques, {**words, "sent_at": now}) == "has-a-node"
    other = AlternativeMeansRecorded(now, "pt", "provider", "order.pdf", 4, "disruption", "0" * 64)
    wrong = marques.file(play_emergency.REGULATION, other, case=case)
    assert refused_to(marques, {**words, "sent_at": now, "alternative": wrong}) == "has-a-node"
    right = marques.file(play_emergency.REGULATION, msgspec.structs.replace(other, digest=file["file"]), case=case)
    marques.client.post("/api/sendings", {**words, "sent_at": delivery_time(alone), "alternative": right})
    assert delivery(alone, act, "provider")["state"] == "pending", "its node still gets the act"


def refused_to(officer: Any, command: dict[str, object]) -> str:
    with pytest.raises(NodeRefusedError) as told:
        officer.client.post("/api/sendings", command)
    return str(told.value.refusal["code"])


def order() -> b.ProductionOrdered:
    return b.ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.PROSECUTOR,
        issuing=play_emergency.Contact("Demo authority", "prosecutor", "pt.marques"),
        data=play_emergency.DataSought(
            (play_emergency.Target(play_emergency.TargetKind.PHONE, "351910000000"),),
            (play_emergency.DataCategory.SUBSCRIBER,),
        ),
        offence=play_emergency.Offence("kidnapping", "Penal code (demo)", max_penalty_years=8),
    )


def test_the_commands_render_send_record_and_give_the_scan_back(alone, tmp_path, capsys):
    _case, act = request(alone)
    token = alone.folder / "officers" / "pt.silva.token"
    node = ("--url", alone.endpoints[PT].url, "--token-file", str(token))
    form, scan, back = (tmp_path / name for name in ("form.pdf", "scan.pdf", "back.pdf"))
    scan.write_bytes(LETTER)
    assert main(["form", "render", act, "-o", str(form), *node]) == 0
    hand = ("--office", "contact-point", "--to", NORWAY, "--means", "e-mail")
    assert (
        main(["case", "sent-by-hand", act, str(form), *hand, "--at", "2020-01-01T00:00:00", *node]) == ExitCode.REFUSED
    )
    capsys.readouterr()
    assert main(["case", "sent-by-hand", act, str(form), *hand, *node]) == 0
    assert hashlib.sha256(form.read_bytes()).hexdigest() in capsys.readouterr().out
    came = ("--office", "contact-point", "--partner", NORWAY, "--as", "request-acknowledged")
    assert main(["case", "answered-on-paper", act, str(scan), *came, *node]) == 0
    draft = capsys.readouterr().out.split()[1]
    alone.officer("pt.costa").approve(draft)
    assert main(["case", "scan", draft, "-o", str(back), *node]) == 0
    assert back.read_bytes() == LETTER


def test_the_demo_asks_a_partner_on_paper_once_and_shows_what_came_back(alone, tmp_path):
    case, _act = request(alone, to=DE)
    said = io.StringIO()
    stage = play.Stage(alone, Timeline(Console(file=said, width=400)), tmp_path, tmp_path, case=case)
    paper(stage)
    paper(stage)
    kinds = [line["type"] for line in alone.officer("pt.silva").client.get(f"/api/cases/{case}")["timeline"]]
    assert sorted(kinds) == [
        "paper-answer-recorded",
        "preservation-requested",
        "preservation-requested",
        "sent-by-hand",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"form.pdf", "summary.pdf", "answer.pdf"}
    assert "60 calendar days from" in said.getvalue()
    assert "by paper, as recorded by pt" in said.getvalue()


def test_the_keeper_lists_a_partner_by_a_command(tmp_path: Path):
    out = tmp_path / "no.json"
    words = ["--title", "Central authority (demo)", "--country", "NO", "--contact", "post@authority.example"]
    assert (
        main(["directory", "partner", NORWAY, *words, "--zone", "Europe/Oslo", "--language", "nb", "--out", str(out)])
        == 0
    )
    entry = msgspec.json.decode(out.read_bytes(), type=AuthorityEntry)
    assert (entry.by_hand, entry.contact) == (True, "post@authority.example")
    nowhere = ["--zone", "Europe/Nowhere", "--language", "nb", "--out", str(out)]
    assert main(["directory", "partner", NORWAY, *words, *nowhere]) != 0
