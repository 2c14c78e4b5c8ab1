"""Orders to preserve that the police issue in an emergency without prior validation (Regulation (EU) 2023/1543, Article 4(5))."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.entrypoints.demo.cast import PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.sample_evidence import write_subscriber
from comity.entrypoints.demo.timeline import Timeline
from comity.law.packaged import packaged_law
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind

REGULATION = "EU-2023-1543"


@pytest.fixture(scope="module")
def stage(federation, tmp_path_factory):
    out = tmp_path_factory.mktemp("holds")
    return Stage(federation, Timeline(Console(file=io.StringIO())), out, out)


def ordered(**changes):
    said = {
        "measure": "preservation",
        "data": DataSought((Target(TargetKind.EMAIL, "someone@example.org"),), (DataCategory.CONTENT,)),
        "days": 60,
        "grounds": "The mailbox may be emptied within hours.",
        "issuing": Contact("Policia Judiciaria (demo)", "police", "pt.ramos"),
        "offence": Offence("kidnapping", "Penal code (demo) section 160", max_penalty_years=8),
        "issuing_kind": OfficeKind.POLICE,
        "emergency": EmergencyGround.LIFE_INTEGRITY_SAFETY,
        "emergency_reasons": "The missing person's life is in danger.",
        "without_validation": True,
        "validation_unobtainable": "No judge or prosecutor could be reached in time at night.",
        "domestic_equivalent": "Code of criminal procedure (demo) section 252a",
        **changes,
    }
    return b.PreservationOrdered(**said)


def held(stage):
    """The police order content to be preserved, and the provider holds it: the case and the order."""
    draft = stage.officer("pt.ramos").draft(REGULATION, ordered(), to=[PROVIDER], urgency=Urgency.EMERGENCY)
    done = stage.officer("pt.rocha").approve(str(draft["draft"]))
    case, order = str(done["case"]), str(done["act"])
    stage.await_act(PROVIDER, ActType.PRESERVATION_ORDERED, case)
    folder = stage.federation.folder / "subscriber"
    write_subscriber(folder)
    kim = stage.officer("provider.kim")
    kim.client.post("/api/holds", {"order": order, "source": str(folder), "office": kim.office})
    stage.await_act(PT, ActType.HOLD_CONFIRMED, case)
    return case, order


def test_a_hold_that_nobody_validates_in_time_is_withdrawn_and_destroyed_and_a_validated_one_stands(stage, census):
    missed, _ = held(stage)
    case, order = held(stage)
    body = b.ProductionValidated(order, OfficeKind.PROSECUTOR)
    draft = stage.officer("pt.marques").draft(REGULATION, body, case=case, to=[PROVIDER], re=[order])
    stage.officer("pt.lopes").approve(str(draft["draft"]))
    stage.await_act(PROVIDER, ActType.PRODUCTION_VALIDATED, case)
    stage.federation.advance_clock(timedelta(hours=50))
    for step in (ActType.PRODUCTION_WITHDRAWN, ActType.EXHIBIT_DESTROYED):
        stage.await_act(PROVIDER, step, missed)
    stage.await_act(PT, ActType.EXHIBIT_DESTROYED, missed)
    withdrawn = stage.await_act(PROVIDER, ActType.PRODUCTION_WITHDRAWN, missed)
    payload = stage.reader(PROVIDER).client.get(f"/api/acts/{withdrawn}")["payload"]
    limit = payload["body"]["lapsed"]
    assert (limit["rule"], limit["article"], payload["law"]) == ("tl-08", "Art 4(5)", packaged_law().version)
    assert limit["due"] <= payload["at"]
    assert any("48" in step for step in limit["trace"])
    for step in (ActType.PRODUCTION_WITHDRAWN, ActType.EXHIBIT_DESTROYED):
        assert stage.acts(PROVIDER, step, case) == []
    census.assert_sound(PT, PROVIDER)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"emergency": None}, "incomplete"),
        ({"without_validation": False}, "incomplete"),
        ({"issuing_kind": OfficeKind.PROSECUTOR}, "incomplete"),
    ],
)
def test_the_police_alone_order_no_hold_that_is_not_such_an_emergency(stage, changes, code):
    ramos, rocha = stage.officer("pt.ramos"), stage.officer("pt.rocha")
    with pytest.raises(NodeRefusedError) as refused:
        rocha.approve(str(ramos.draft(REGULATION, ordered(**changes), to=[PROVIDER])["draft"]))
    assert refused.value.refusal["code"] == code
