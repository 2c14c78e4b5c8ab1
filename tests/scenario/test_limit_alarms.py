"""Nothing lapses in silence: a limit of the law is told of before it ends, when it is due and once it has passed, and no longer
once it is met."""

import time
from datetime import timedelta

import pytest

from comity.acts import bodies as b
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.order_bodies import NonExecutionAccepted
from comity.entrypoints.demo import play_emergency
from comity.entrypoints.demo.cast import PROVIDER
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

LIMIT = "tl-02"


@pytest.fixture(scope="module")
def ordered(federation):
    """A production order of pt's that the provider has: its case and its act."""
    order = b.ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.PROSECUTOR,
        issuing=Contact("Demo authority", "prosecutor", "pt.marques"),
        data=DataSought((Target(TargetKind.PHONE, "351910000000"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal code (demo)", max_penalty_years=8),
    )
    drafted = federation.officer("pt.marques").draft(play_emergency.REGULATION, order, to=[PROVIDER])
    sent = federation.officer("pt.lopes").approve(str(drafted["draft"]))
    case, act = str(sent["case"]), str(sent["act"])
    deadline = time.monotonic() + 180
    while act not in _timeline(federation, case):
        assert time.monotonic() < deadline, "the order did not reach the provider"
        time.sleep(0.1)
    return case, act


def _timeline(federation, case):
    try:
        return str(federation.officer("provider.lee").client.get(f"/api/cases/{case}")["timeline"])
    except NodeRefusedError:
        return ""


def told(federation, officer, act):
    """The alarms about the limit of this order at the officer's node, by code."""
    found = federation.officer(officer).client.get("/api/alarms")["list"]
    return {each["code"]: each for each in found if each["subject"].endswith(f"{LIMIT} of act {act}")}


def await_alarms(federation, officer, act, codes):
    deadline = time.monotonic() + 180
    while (found := set(told(federation, officer, act))) != codes:
        assert time.monotonic() < deadline, (officer, found, codes)
        time.sleep(0.3)


def test_a_limit_is_told_of_ahead_where_it_must_be_met_and_on_both_sides_once_it_has_passed(federation, ordered):
    case, act = ordered
    assert told(federation, "provider.lee", act) == {}
    federation.advance_clock(timedelta(days=8, hours=12))
    await_alarms(federation, "provider.lee", act, {"clock-due-soon"})
    assert told(federation, "pt.marques", act) == {}
    federation.advance_clock(timedelta(days=6))
    await_alarms(federation, "provider.lee", act, {"clock-passed"})
    await_alarms(federation, "pt.marques", act, {"clock-passed"})
    alarm = told(federation, "pt.marques", act)["clock-passed"]
    assert "enforcement-may-be-requested" in alarm["detail"]
    clocks = federation.officer("pt.marques").client.get(f"/api/cases/{case}")["clocks"]
    (line,) = [each for each in clocks if each["id"] == LIMIT]
    assert line["state"] == "lapsed"
    assert line["follows"]
    assert any("presumed at its issue" in step for step in line["trace"])
    # The order need not be executed any more: nobody waits for anything.
    ended = NonExecutionAccepted(act)
    federation.officer("pt.marques").file(play_emergency.REGULATION, ended, case=case, to=[PROVIDER], re=[act])
    await_alarms(federation, "pt.marques", act, set())
    await_alarms(federation, "provider.lee", act, set())
