"""The law asked of a running node: routes, everything about drafts and acts, clocks in both zones, a new version's changes."""

import io
import sys
import time

import pytest

from comity.acts import bodies as b
from comity.acts.matters import Contact, DataSought, Offence
from comity.entrypoints.cli.main import main
from comity.entrypoints.demo import play, play_emergency
from comity.entrypoints.demo.cast import DE, PROVIDER
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.law.packaged import packaged_files
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

REGULATION_FILE = "eu-2023-1543.toml"
QUESTION = {"aim": "disclose", "requesting": "PT", "requested": "DE", "on": "2026-11-21", "categories": ["subscriber"]}


@pytest.fixture(scope="module")
def silva(federation):
    return federation.officer("pt.silva")


@pytest.fixture(scope="module")
def request_of_pt(federation, silva):
    """A preservation request of pt's that de has: its case and its act."""
    drafted = silva.draft(play.BUDAPEST, play.preservation(), to=[DE])
    approved = federation.officer("pt.costa").approve(str(drafted["draft"]))
    weber = federation.officer("de.weber").client
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            weber.get(f"/api/acts/{approved['act']}")
        except NodeRefusedError:
            time.sleep(0.1)
        else:
            return str(approved["case"]), str(approved["act"])
    pytest.fail("the request did not reach de")


def order(**changes):
    said = {"measure": "production", "issuing_kind": OfficeKind.PROSECUTOR, "notified": None, **changes}
    return b.ProductionOrdered(
        issuing=Contact("Demo authority", "prosecutor", "pt.marques"),
        data=DataSought((Target(TargetKind.PHONE, "351910000000"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal code (demo)", max_penalty_years=8),
        **said,
    )


def test_a_node_answers_which_way_to_go(silva):
    found = silva.client.post("/api/law-routes", QUESTION)
    ids = [way["id"] for way in (*found["open"], *found["uncertain"])]
    assert "bc.assistance" in ids
    assert all(way["points"] for way in found["closed"])


def test_a_node_explains_an_article_by_its_own_law_and_of_any_day(silva):
    found = silva.client.get("/api/law-rules?instrument=CETS185&asked=29(7)")
    lines = [line["citation"]["article"] for measure in found["measures"] for line in measure["lines"]]
    assert lines
    assert all(article.startswith("Art 29(7)") for article in lines)
    before = silva.client.get("/api/law-rules?instrument=EU-2023-1543&asked=production&at=2026-08-17T00:00:00Z")
    assert (before["applies"], found["applies"]) == (False, True)
    with pytest.raises(NodeRefusedError) as refused:
        silva.client.get("/api/law-rules?instrument=CETS999")
    assert refused.value.status == 404


def test_a_draft_is_told_with_both_sides_and_the_grounds_against_it(silva):
    drafted = silva.draft(play.BUDAPEST, play.preservation(), to=[DE])
    found = silva.client.get(f"/api/drafts/{drafted['draft']}/findings")
    assert found["findings"] == []
    assert {ground["country"] for ground in found["grounds"]} == {"DE"}
    with pytest.raises(NodeRefusedError):
        silva.client.get(f"/api/drafts/{'0' * 64}/findings")


def test_in_a_rehearsal_a_seal_of_lower_grade_is_told_at_both_sides_and_keeps_no_order_back(federation):
    marques, lopes = federation.officer("pt.marques"), federation.officer("pt.lopes")
    drafted = marques.draft(play_emergency.REGULATION, order(), to=[PROVIDER])
    assert "eu21.order-signature" in [gap["code"] for gap in drafted["advice"]]
    act = lopes.approve(str(drafted["draft"]))["act"]
    (told,) = [
        each for each in marques.client.get(f"/api/acts/{act}/findings")["findings"] if "signature" in each["code"]
    ]
    assert told["weights"] == {"sending": "refusable", "receiving": "refusable"}
    lee = federation.officer("provider.lee").client
    deadline = time.monotonic() + 180
    while True:
        try:
            received = lee.get(f"/api/acts/{act}/findings")["findings"]
            break
        except NodeRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    assert "eu21.order-signature" in [each["code"] for each in received]


def test_each_side_counts_the_clocks_of_a_case_alike(federation, silva, request_of_pt):
    case, _ = request_of_pt
    here = silva.client.get(f"/api/cases/{case}/clocks")
    there = federation.officer("de.weber").client.get(f"/api/cases/{case}/clocks")
    for found in (here, there):
        assert {tuple(sorted(line["zones"].items())) for line in found["lines"] if line["clock"]["started_by"]} <= {
            (("receiving", "Europe/Berlin"), ("sending", "Europe/Lisbon"))
        }
    past = silva.client.get(f"/api/cases/{case}/clocks?at=2020-01-01T00:00:00Z")
    assert [line for line in past["lines"] if line["clock"]["started_by"]] == []
    with pytest.raises(NodeRefusedError):
        silva.client.get(f"/api/cases/{case}/clocks?at=yesterday")


@pytest.mark.usefixtures("request_of_pt")
def test_a_new_version_is_told_rule_by_rule_and_by_what_it_does_to_open_cases(federation, silva):
    text = packaged_files()["budapest.toml"].decode()
    assert silva.client.post("/api/law-changes", {"files": {}})["rules"] == []
    new = text.replace('id = "bc29.inform"', 'id = "bc29.told"', 1)
    found = federation.officer("de.weber").client.post("/api/law-changes", {"files": {"budapest.toml": new}})
    assert {(rule["id"], rule["kind"]) for rule in found["rules"]} == {
        ("bc29.inform", "removed"),
        ("bc29.told", "added"),
    }
    assert {(clock["clock"], clock["kind"]) for clock in found["clocks"]} == {
        ("bc29.inform", "removed"),
        ("bc29.told", "added"),
    }
    with pytest.raises(NodeRefusedError) as refused:
        silva.client.post("/api/law-changes", {"files": {"bad.toml": "x"}})
    assert "bad.toml:1" in str(refused.value)


def test_before_a_case_leaves_it_is_told_what_stands_against_that(silva, request_of_pt):
    case, _ = request_of_pt
    found = silva.client.get(f"/api/cases/{case}/leaving?state=FR")
    assert (found["may_leave"], found["court"]["known"]) == (True, False)
    with pytest.raises(NodeRefusedError):
        silva.client.get(f"/api/cases/{case}/leaving?state=France")


def test_the_command_line_asks_a_node_too(federation, request_of_pt, capsys, monkeypatch):
    case, act = request_of_pt
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    endpoint = federation.endpoints["pt"].url
    token = federation.folder / "officers" / "pt.silva.token"
    node = ("--url", endpoint, "--token-file", str(token))
    assert main(["law", "clocks", "--case", case, *node]) == 0
    assert f"{case}: clocks as of" in " ".join(capsys.readouterr().out.split())
    assert main(["law", "check", "--act", act, *node]) == 0
    assert "Grounds of refusal" in capsys.readouterr().out
    assert main(["law", "diff", "node", "packaged", *node]) == 0
    assert "the same law" in capsys.readouterr().out
