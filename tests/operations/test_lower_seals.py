"""A seal of a lower grade than the law demands: nothing goes under it but in a rehearsal, and there too it is told."""

import dataclasses
from types import SimpleNamespace

import pytest

from comity.acts.bodies import ProductionOrdered
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.payload import act_id, write_payload
from comity.casework.bench.issuing import compose
from comity.casework.bench.legality import blocking, findings_of
from comity.casework.desk import advise
from comity.law.terms import Severity, Side
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

RULE = "eu21.order-signature"
ORDER = ProductionOrdered(
    measure="production",
    issuing_kind=OfficeKind.JUDGE,
    issuing=Contact("Court", "judge", "Judge Richter"),
    data=DataSought((Target(TargetKind.PHONE, "351910000123"),), (DataCategory.SUBSCRIBER,)),
    offence=Offence("kidnapping", "Penal Code", max_penalty_years=8),
)


@pytest.mark.parametrize(("rehearsal", "severity"), [(False, Severity.BLOCKS), (True, Severity.REFUSABLE)])
def test_a_technical_seal_keeps_an_order_from_going_but_in_a_rehearsal_where_it_is_told(world, rehearsal, severity):
    own = world.node.bench
    assert own.own_rules.unsafe_seals, "the node of a test rehearses"
    bench = dataclasses.replace(own, own_rules=dataclasses.replace(own.own_rules, unsafe_seals=rehearsal))
    payload = compose(bench, case="5c" * 16, body=ORDER, instrument="EU-2023-1543", to=["pt"])
    found = findings_of(bench, payload, None, Side.SENDING, bench.clock.now())
    (told,) = [each for each in found if each.code == RULE]
    assert told.severity is severity
    assert (RULE in {gap.code for gap in blocking(found)}) is not rehearsal


def test_whoever_gets_an_order_under_a_lower_seal_may_refuse_it_rehearsal_or_not(world):
    payload = compose(world.node.bench, case="5c" * 16, body=ORDER, instrument="EU-2023-1543", to=["pt"])
    found = findings_of(world.node.bench, payload, (), Side.RECEIVING, world.now())
    assert {each.severity for each in found if each.code == RULE} == {Severity.REFUSABLE}


@pytest.mark.parametrize("rehearsal", [False, True])
def test_the_opinion_on_a_draft_weighs_a_lower_seal_as_its_approval_will(world, monkeypatch, rehearsal):
    own = world.node.bench
    bench = dataclasses.replace(own, own_rules=dataclasses.replace(own.own_rules, unsafe_seals=rehearsal))
    payload = compose(bench, case="5c" * 16, body=ORDER, instrument="EU-2023-1543", to=["pt"])
    stored = SimpleNamespace(case=payload.case)
    monkeypatch.setattr(advise, "stored_draft", lambda *_: (stored, write_payload(payload)))
    monkeypatch.setattr(advise, "draft_right", lambda *_: "desk")
    found = advise.opinion_on_draft(bench, world.officer, act_id(write_payload(payload)))
    (told,) = [each for each in found.findings if each.code == RULE]
    assert (told.weights[Side.SENDING] is Severity.BLOCKS) is not rehearsal
    assert told.weights[Side.RECEIVING] is Severity.REFUSABLE
