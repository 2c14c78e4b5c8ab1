"""Orders of which the enforcing authority is notified: it reaches the provider, and nothing goes, or is looked at, before its time.

pt orders content of the provider, de is notified. The steps are those of Regulation (EU) 2023/1543 Articles 8, 10, 12 and 16.
"""

import io
import sys
from typing import Any

import pytest
from rich.console import Console

from comity.acts import bodies as b
from comity.acts import order_bodies as o
from comity.acts.classes import ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.timeline import Timeline
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually

REGULATION = "EU-2023-1543"
ACCOUNT = "someone@example.org"


@pytest.fixture(scope="module")
def stage(federation, tmp_path_factory):
    out = tmp_path_factory.mktemp("notified")
    return Stage(federation, Timeline(Console(file=io.StringIO())), out, out)


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
