"""Orders of which the enforcing authority is notified: it reaches the provider, and nothing goes, or is looked at, before its time.

pt orders content of the provider, de is notified. The steps are those of Regulation (EU) 2023/1543 Articles 8, 10, 12 and 16.
"""

import io
import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from comity.acts import bodies as b
from comity.acts import order_bodies as o
from comity.acts.classes import ActType
from comity.acts.matters import (
    Condition,
    Contact,
    DataSought,
    LawConflict,
    LeftOut,
    NonExecution,
    Offence,
    RequestedItem,
    StoredObject,
)
from comity.entrypoints.demo import play_emergency
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage, body_of
from comity.entrypoints.demo.play_end import export_dossier
from comity.entrypoints.demo.sample_evidence import write_subscriber
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.archive.bag import BASE
from comity.evidence.archive.read import read_archive
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.evidence.dossier.format import EXPORT_ACT
from comity.trust.anchors import read_anchor
from comity.trust.seals import read_sealed
from comity.vocabulary.categories import DataCategory, EmergencyGround, LeftOutReason, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually

REGULATION = "EU-2023-1543"
ACCOUNT = "someone@example.org"


@pytest.fixture(scope="module")
def stage(federation, tmp_path_factory):
    out = tmp_path_factory.mktemp("notified")
    return Stage(federation, Timeline(Console(file=io.StringIO())), out, out)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_under_way(census):
    """After these tests every act has reached everyone it went to."""
    yield
    for node in (PT, DE, PROVIDER):
        eventually(lambda node=node: not census.undelivered(node), f"all of {node}'s acts were taken")


def ordered(**changes):
    said = {
        "measure": "production",
        "issuing_kind": OfficeKind.JUDGE,
        "issuing": Contact("Ministerio Publico (demo)", "prosecutor", "pt.marques"),
        "data": DataSought((Target(TargetKind.EMAIL, ACCOUNT),), (DataCategory.CONTENT,)),
        "offence": Offence("kidnapping", "Penal code (demo) section 160", max_penalty_years=8),
        "notified": DE,
        **changes,
    }
    return b.ProductionOrdered(**said)


def issue(stage, body, urgency=Urgency.URGENT):
    """pt orders of the provider: the case and the order, once the provider has it."""
    draft = stage.officer("pt.marques").draft(REGULATION, body, to=[PROVIDER], urgency=urgency)
    done = stage.officer("pt.nunes").approve(str(draft["draft"]))
    case, order = str(done["case"]), str(done["act"])
    stage.await_act(PROVIDER, ActType.PRODUCTION_ORDERED, case)
    return case, order


def notify(stage, case, order, *, emergency=False):
    """pt notifies de: the notice, once de has it."""
    body = o.AuthorityNotified(
        "notification", order, "Nothing else leads to the person.", "Demo summary.", emergency=emergency
    )
    notice = stage.officer("pt.marques").file(REGULATION, body, case=case, to=[DE], re=[order])
    stage.await_act(DE, ActType.AUTHORITY_NOTIFIED, case)
    return notice


def raise_grounds(stage, case, order, notice, **changes):
    """A judge of de raises a ground, another approves; it reaches pt and the provider."""
    said = {"grounds": ("immunity-privilege-press",), "extent": "all", "reasons": "A lawyer's mailbox.", **changes}
    body = o.GroundsRaised(order, **said)
    draft = stage.officer("de.richter").draft(REGULATION, body, case=case, to=[PT, PROVIDER], re=[order, notice])
    stage.officer("de.vogel").approve(str(draft["draft"]))
    for node in (PT, PROVIDER):
        stage.await_act(node, ActType.GROUNDS_RAISED, case)


def no_ground(stage, case, order, notice):
    """A judge of de says that no ground is raised; it reaches pt and the provider."""
    stage.officer("de.richter").file(
        REGULATION, o.NoGroundRaised(order), case=case, to=[PT, PROVIDER], re=[order, notice]
    )
    for node in (PT, PROVIDER):
        stage.await_act(node, ActType.NO_GROUND_RAISED, case)


def clocks_at(stage, officer, case):
    """Where each clock of the case stands at the officer's node."""
    lines = stage.officer(officer).client.get(f"/api/cases/{case}/clocks")["lines"]
    return {line["clock"]["id"]: line["clock"]["state"] for line in lines}


def test_the_notified_authority_says_to_the_provider_that_no_ground_is_raised_and_the_wait_ends(stage, census):
    case, order = issue(stage, ordered())
    assert clocks_at(stage, "provider.lee", case)["tl-03"] == "running"
    no_ground(stage, case, order, notify(stage, case, order))
    assert clocks_at(stage, "provider.lee", case)["tl-03"] == "ended"
    assert clocks_at(stage, "provider.lee", case)["tl-04"] == "running"
    census.assert_sound(PT, DE, PROVIDER)


@pytest.mark.parametrize("first", ["order", "notice"])
def test_what_the_notified_authority_answers_reaches_those_who_have_only_one_of_both(stage, census, first):
    """The provider never saw the notice; the act that it has is enough, whichever the answer names first."""
    case, order = issue(stage, ordered())
    notice = notify(stage, case, order)
    re = [order, notice] if first == "order" else [notice, order]
    stage.officer("de.richter").file(REGULATION, o.NoGroundRaised(order), case=case, to=[PT, PROVIDER], re=re)
    for node in (PT, PROVIDER):
        stage.await_act(node, ActType.NO_GROUND_RAISED, case)
    assert clocks_at(stage, "provider.lee", case)["tl-03"] == "ended"
    census.assert_sound(PT, DE, PROVIDER)


def test_an_order_that_lapses_is_withdrawn_towards_the_notified_authority_too(stage, census):
    case = play_emergency._reasoned(stage)
    play_emergency._issue(stage, case)
    order = stage.await_act(PROVIDER, ActType.PRODUCTION_ORDERED, case)
    notify(stage, case, order, emergency=True)
    stage.federation.advance_clock(timedelta(hours=50))
    for node in (PROVIDER, DE):
        stage.await_act(node, ActType.PRODUCTION_WITHDRAWN, case)
    asked = stage.officer("pt.marques").client.get(f"/api/cases/{case}/copies")["list"]
    assert {each["traced"]["holder"] for each in asked} == {DE, PROVIDER}
    for each in asked:
        eventually(lambda each=each: each["traced"]["asked"] in census.acts(each["traced"]["holder"]), "both are asked")
    assert clocks_at(stage, "de.richter", case)["tl-07"] == "ended"
    census.assert_sound(PT, DE, PROVIDER)


def test_the_notified_authority_raises_grounds_and_the_provider_is_held_by_them(stage, census):
    case, order = issue(stage, ordered())
    raise_grounds(stage, case, order, notify(stage, case, order))
    assert clocks_at(stage, "provider.lee", case)["tl-03"] == "held"
    assert clocks_at(stage, "pt.marques", case)["tl-23"] == "running"
    census.assert_sound(PT, DE, PROVIDER)


def test_nobody_but_the_notified_authority_says_that_no_ground_is_raised(stage, as_node, census):
    """Not the issuer, who would free the data early, nor the provider, nor an authority that the order does not name."""
    case, order = issue(stage, ordered())
    other, unnamed = issue(stage, ordered(data=subscriber(), notified=None))
    attempts = [(PT, case, order), (DE, other, unnamed)]
    with census.adds(provider=()):
        for liar, where, about in attempts:
            peer = as_node(liar)
            words = peer.payload(o.NoGroundRaised(about), instrument=REGULATION, to=[PROVIDER], case=where, re=[about])
            assert peer.send(PROVIDER, peer.seal(words)).code == "not-allowed"
    with pytest.raises(NodeRefusedError) as refused:
        stage.officer("pt.marques").file(REGULATION, o.NoGroundRaised(order), case=case, to=[PROVIDER], re=[order])
    assert refused.value.refusal["code"] == "not-allowed"


def subscriber():
    return DataSought((Target(TargetKind.EMAIL, ACCOUNT),), (DataCategory.SUBSCRIBER,))


@pytest.mark.parametrize("grounds", [("curiosity",), ("immunity-privilege-press", "curiosity")])
def test_a_ground_that_the_law_does_not_know_is_refused_at_the_provider_too(stage, as_node, census, grounds):
    case, order = issue(stage, ordered())
    de = as_node(DE)
    body = o.GroundsRaised(order, grounds, "all")
    words = de.payload(
        body, instrument=REGULATION, to=[PROVIDER], case=case, re=[order], author=("de.richter", "judge")
    )
    data = wire.write_payload(words)
    with census.adds(provider=()):
        said = de.send(PROVIDER, de.seal(data, [de.approval(data, "de.vogel", "judge")]))
    assert said.code == "law-unmet", said


def test_the_authority_that_is_asked_to_enforce_an_order_requires_the_provider_to_comply(stage, as_node, census):
    case, order = issue(stage, ordered(data=subscriber(), notified=None))
    request = o.EnforcementRequested("enforcement-of-production", order, "Not executed in time.", "de", enforcing=DE)
    draft = stage.officer("pt.marques").draft(REGULATION, request, case=case, to=[DE, PROVIDER], re=[order])
    stage.officer("pt.lopes").approve(str(draft["draft"]))
    asked = stage.await_act(DE, ActType.ENFORCEMENT_REQUESTED, case)
    stage.await_act(PROVIDER, ActType.ENFORCEMENT_REQUESTED, case)
    required = o.ComplianceRequired(order, 5, "A fine of up to two per cent of the turnover of the year before.")
    pt = as_node(PT)
    words = pt.payload(
        required, instrument=REGULATION, to=[PROVIDER], case=case, re=[asked], author=("pt.marques", "prosecutor")
    )
    data = wire.write_payload(words)
    with census.adds(provider=()):
        assert pt.send(PROVIDER, pt.seal(data, [pt.approval(data, "pt.lopes", "prosecutor")])).code == "not-allowed"
    draft = stage.officer("de.richter").draft(REGULATION, required, case=case, to=[PROVIDER], re=[asked])
    stage.officer("de.vogel").approve(str(draft["draft"]))
    stage.await_act(PROVIDER, ActType.COMPLIANCE_REQUIRED, case)
    assert clocks_at(stage, "provider.lee", case)["tl-26-comply"] == "running"
    census.assert_sound(PT, DE, PROVIDER)


# Nothing goes, and nothing is looked at, before its time -------------------------------------------------------------------


def taken_in(stage, order):
    """The provider takes in what is ordered: the exhibit."""
    folder = stage.federation.folder / "subscriber"
    write_subscriber(folder)
    kim = stage.officer("provider.kim")
    words = {"order": order, "source": str(folder), "office": kim.office}
    return str(kim.client.post("/api/productions", words)["exhibit"])


def release(stage, order, exhibit):
    kim = stage.officer("provider.kim")
    return kim.client.post("/api/releases", {"order": order, "office": kim.office, "exhibit": exhibit})


def not_released(stage, order, exhibit):
    """What the provider's node says when it is asked to hand over."""
    with pytest.raises(NodeRefusedError) as refused:
        release(stage, order, exhibit)
    assert refused.value.refusal["code"] == "standstill", refused.value
    return refused.value.refusal


BOTH = DataSought((Target(TargetKind.EMAIL, ACCOUNT),), (DataCategory.CONTENT, DataCategory.SUBSCRIBER))


def received(stage, case):
    """The exhibit, once pt has taken it over."""
    stage.await_act(PROVIDER, ActType.EXHIBIT_RECEIVED, case)
    return body_of(stage, PT, stage.await_act(PT, ActType.EXHIBIT_HANDED_OVER, case))["exhibit"]


def open_first(stage, case, exhibit, reasons="to find the person"):
    """A prosecutor of pt opens the exhibit's first item; its name comes from the provider's node, where none is withheld."""
    marques = stage.officer("pt.marques")
    listed = marques.client.get(f"/api/cases/{case}/exhibits/{exhibit}")["lines"]
    return opening(stage, case, exhibit, listed[0]["item"], reasons)


def opening(stage, case, exhibit, item, reasons="to find the person"):
    marques = stage.officer("pt.marques")
    words = {
        "case": case,
        "exhibit": exhibit,
        "item": item,
        "office": marques.office,
        "purpose": "same-investigation",
        "reasons": reasons,
    }
    return marques.client.call("POST", "/api/openings", words)


def test_nothing_is_handed_over_before_the_notified_authority_spoke_and_then_it_is(stage, census):
    case, order = issue(stage, ordered(data=BOTH))
    notice = notify(stage, case, order)
    exhibit = taken_in(stage, order)
    said = not_released(stage, order, exhibit)
    assert "Art 10(2) and Art 8(4)" in said["what"]
    assert "this time ends at 20" in said["what"]
    assert [gap["code"] for gap in said["gaps"]] == ["tl-03"]
    no_ground(stage, case, order, notice)
    release(stage, order, exhibit)
    open_first(stage, case, received(stage, case))
    census.assert_sound(PT, PROVIDER)


def test_what_the_notified_authority_refused_is_never_handed_over(stage, census):
    case, order = issue(stage, ordered(data=BOTH))
    exhibit = taken_in(stage, order)
    raise_grounds(stage, case, order, notify(stage, case, order))
    stage.federation.advance_clock(timedelta(days=12))
    said = not_released(stage, order, exhibit)
    assert {gap["code"] for gap in said["gaps"]} == {"tl-03", "tl-23-stop"}
    assert stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER, case) == []
    census.assert_sound(PT, PROVIDER)


def test_a_conflicting_law_that_the_provider_names_keeps_its_own_node_from_handing_over(stage):
    case, order = issue(stage, ordered(data=subscriber(), notified=None))
    exhibit = taken_in(stage, order)
    conflict = LawConflict("US", "a law", "section 1", why_conflict="it forbids disclosure", storage_place_only=False)
    body = o.NonExecutionStated(order, (NonExecution("third-country-conflict"),), conflict=conflict)
    stage.officer("provider.kim").file(REGULATION, body, case=case, to=[PT], re=[order])
    assert [gap["code"] for gap in not_released(stage, order, exhibit)["gaps"]] == ["tl-31-stop"]


def test_silence_lets_the_data_go_when_the_ten_days_are_over(stage, census):
    case, order = issue(stage, ordered(data=BOTH))
    notify(stage, case, order)
    exhibit = taken_in(stage, order)
    not_released(stage, order, exhibit)
    stage.federation.advance_clock(timedelta(days=16))
    release(stage, order, exhibit)
    open_first(stage, case, received(stage, case))
    census.assert_sound(PT, PROVIDER)


def test_what_a_provider_hands_over_too_early_is_kept_unseen_until_its_time_and_told_as_a_finding(stage, as_node):
    """The evidence is not lost by it: the act is taken, and what it brings is opened by nobody yet."""
    case, order = issue(stage, ordered())
    notify(stage, case, order)
    provider, exhibit = as_node(PROVIDER), secrets.token_hex(16)
    manifest = StoredObject("0" * 64, 1)
    body = b.ExhibitHandedOver(exhibit, "1" * 32, "2" * 64, 1, 1, manifest, (), (), "", order)
    act = provider.seal(provider.payload(body, instrument=REGULATION, to=[PT], case=case, re=[order]))
    assert provider.send(PT, act).receipted == (wire.named(act),)
    found = stage.officer("pt.marques").client.get(f"/api/acts/{wire.named(act)}/findings")["findings"]
    assert [each["weights"] for each in found if each["code"] == "tl-03"] == [
        {"sending": "blocks", "receiving": "advises"}
    ]
    with pytest.raises(NodeRefusedError) as refused:
        opening(stage, case, exhibit, "3" * 64)
    assert refused.value.refusal["code"] == "standstill"
    assert stage.acts(PT, ActType.OPENING_REFUSED, case)


def test_grounds_raised_after_an_emergency_delivery_close_what_was_delivered(stage, census):
    said = {"emergency": EmergencyGround.LIFE_INTEGRITY_SAFETY, "emergency_reasons": "The person's life is in danger."}
    case, order = issue(stage, ordered(data=BOTH, **said), Urgency.EMERGENCY)
    notice = notify(stage, case, order, emergency=True)
    exhibit = taken_in(stage, order)
    release(stage, order, exhibit)
    given = received(stage, case)
    open_first(stage, case, given)
    raise_grounds(stage, case, order, notice)
    with pytest.raises(NodeRefusedError) as refused:
        open_first(stage, case, given)
    assert refused.value.refusal["code"] == "standstill"
    with pytest.raises(NodeRefusedError):
        opening(stage, case, given, "3" * 64)
    census.assert_sound(PT, PROVIDER)


def exported(stage, case):
    """What the case's dossier, which verifies, shows of exhibits, and what its act says is left out."""
    path = stage.out / "closed.zip"
    export_dossier(replace(stage, case=case), path)
    anchor = read_anchor((stage.federation.folder / "trust.json").read_bytes())
    report = verify_dossier(io.BytesIO(path.read_bytes()), anchor, datetime.now(UTC) + timedelta(days=200))
    assert report.verdict is Verdict.VALID, report.deciding
    archive = read_archive(io.BytesIO(path.read_bytes()))
    act = read_sealed(archive.read(BASE + EXPORT_ACT, limit=1 << 20)).payload
    return {name for name in archive.files if "/exhibits/" in name}, act.body.left_out


def test_conditions_bind_every_opening_and_a_restriction_closes_the_exhibit_also_for_a_dossier(stage, census):
    said = {"emergency": EmergencyGround.LIFE_INTEGRITY_SAFETY, "emergency_reasons": "The person's life is in danger."}
    case, order = issue(stage, ordered(data=BOTH, **said), Urgency.EMERGENCY)
    notice = notify(stage, case, order, emergency=True)
    release(stage, order, taken_in(stage, order))
    given = received(stage, case)
    marques = stage.officer("pt.marques")
    item = marques.client.get(f"/api/cases/{case}/exhibits/{given}")["lines"][0]["item"]
    conditions = (Condition("own", "only to find the person"),)
    files, left_out = exported(stage, case)
    assert (bool(files), left_out) == (True, ())
    raise_grounds(stage, case, order, notice, extent="conditions", conditions=conditions)
    assert exported(stage, case) == (set(), (LeftOut(given, LeftOutReason.STANDSTILL),))

    def refused(reasons="to find the person"):
        with pytest.raises(NodeRefusedError) as no:
            opening(stage, case, given, item, reasons)
        return no.value.refusal

    assert refused()["code"] == "standstill"
    bound = o.UseRestricted(order, given, "conditions", conditions)
    marques.file(REGULATION, bound, case=case, re=[order])
    without = refused(reasons="")
    assert (without["code"], "only to find the person" in without["what"]) == ("conditions-apply", True)
    opening(stage, case, given, item)
    assert exported(stage, case) == (files, ())
    marques.file(REGULATION, o.UseRestricted(order, given, "restricted"), case=case, re=[order])
    assert refused()["code"] == "use-restricted"
    assert exported(stage, case) == (set(), (LeftOut(given, LeftOutReason.USE_RESTRICTED),))
    census.assert_sound(PT, PROVIDER)


# Refused in part --------------------------------------------------------------------------------------------------------

PERSON = Target(TargetKind.EMAIL, ACCOUNT)
LOG = RequestedItem("log", PERSON, (DataCategory.TRAFFIC,))
MAILS = RequestedItem("mails", PERSON, (DataCategory.CONTENT,))
IN_ITEMS = DataSought((PERSON,), (DataCategory.CONTENT, DataCategory.TRAFFIC))


def log_and_mails(stage, order):
    """The provider takes in a mail and a log of what is ordered: the exhibit."""
    folder = stage.federation.folder / "log-and-mails"
    folder.mkdir(exist_ok=True)
    (folder / "box.mbox").write_text(
        f"From {ACCOUNT} Mon Nov  2 10:00:00 2026\nFrom: {ACCOUNT}\nTo: x@mail.example\n"
        "Date: Mon, 02 Nov 2026 10:00:00 +0000\nSubject: hello\n\ntext\n"
    )
    (folder / "access.log").write_text('192.0.2.7 - - [02/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n' * 3)
    kim = stage.officer("provider.kim")
    words = {"order": order, "source": str(folder), "office": kim.office}
    return str(kim.client.post("/api/productions", words)["exhibit"])


def released(stage, order, exhibit, *parts):
    kim = stage.officer("provider.kim")
    words = {"order": order, "office": kim.office, "exhibit": exhibit, "parts": list(parts)}
    return kim.client.post("/api/releases", words)


def refused_so(call):
    with pytest.raises(NodeRefusedError) as refused:
        call()
    return refused.value.refusal["code"]


def test_a_ground_against_one_item_of_an_order_lets_the_other_go_and_be_read(stage, census):
    case, order = issue(stage, ordered(data=IN_ITEMS, items=(LOG, MAILS)))
    notice = notify(stage, case, order)
    exhibit = log_and_mails(stage, order)
    raise_grounds(stage, case, order, notice, extent="partial", items=("mails",))
    assert {gap["code"] for gap in not_released(stage, order, exhibit)["gaps"]} >= {"tl-03"}
    stage.federation.advance_clock(timedelta(days=16))
    assert refused_so(lambda: released(stage, order, exhibit, "mails")) == "standstill"
    given = released(stage, order, exhibit)
    assert (given["items"], given["portion"]["labels"]) == (1, ["log"])
    assert (given["portion"]["held_up"], given["portion"]["later"]) == (["mails"], 1)
    open_first(stage, case, received(stage, case))
    assert refused_so(lambda: released(stage, order, exhibit)) == "standstill"
    census.assert_sound(PT, PROVIDER)


def test_a_ground_against_every_item_of_an_order_keeps_all_of_it(stage):
    case, order = issue(stage, ordered(data=IN_ITEMS, items=(LOG, MAILS)))
    notice = notify(stage, case, order)
    exhibit = log_and_mails(stage, order)
    raise_grounds(stage, case, order, notice, extent="partial", items=("mails", "log"))
    stage.federation.advance_clock(timedelta(days=16))
    assert {gap["code"] for gap in not_released(stage, order, exhibit)["gaps"]} == {"tl-23-stop"}
    assert stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER, case) == []


@pytest.mark.parametrize(
    ("items", "labels"),
    [(("theirs",), ["hers"]), (("theirs", "hers"), None), ((), None)],
    ids=["one", "both", "all"],
)
def test_a_conflicting_law_keeps_what_it_is_said_to_be_about_and_what_may_be_of_it(stage, items, labels):
    """What is stored names nobody: it may be of the one item or of the other, and stays."""
    other = Target(TargetKind.EMAIL, "other@mail.example")
    kind = (DataCategory.SUBSCRIBER,)
    named = (RequestedItem("hers", PERSON, kind), RequestedItem("theirs", other, kind))
    case, order = issue(stage, ordered(data=DataSought((PERSON, other), kind), items=named, notified=None))
    folder = stage.federation.folder / "nobody"
    folder.mkdir(exist_ok=True)
    (folder / "record.bin").write_bytes(b"\x00\x01nobody is named")
    kim = stage.officer("provider.kim")
    words = {"order": order, "source": str(folder), "office": kim.office, "terms": {"category": "subscriber"}}
    exhibit = str(kim.client.post("/api/productions", words)["exhibit"])
    conflict = LawConflict("US", "a law", "section 1", why_conflict="it forbids disclosure", storage_place_only=False)
    body = o.NonExecutionStated(order, (NonExecution("third-country-conflict", items),), conflict=conflict)
    kim.file(REGULATION, body, case=case, to=[PT], re=[order])
    if labels is None:
        assert [gap["code"] for gap in not_released(stage, order, exhibit)["gaps"]] == ["tl-31-stop"]
        return
    given = released(stage, order, exhibit)
    assert (given["items"], given["portion"]["labels"], given["portion"]["later"]) == (0, labels, 1)
