"""Which office may write each step about an order, held against who the law's own files say takes that step."""

import tomllib
import typing
from importlib import resources

import pytest

from comity.acts.classes import ActType
from comity.acts.order_bodies import OrderBody
from comity.acts.rules import NEEDS_APPROVAL, RULES, Making
from comity.adapters.access.cedar import CedarAccess, packaged_policies
from comity.casework.ports.access import Action, Allowed, DenialCode, Denied, OfficerRef, Resource
from comity.vocabulary.categories import OfficeKind

CONTACT, CENTRAL, POLICE = OfficeKind.CONTACT_POINT, OfficeKind.CENTRAL_AUTHORITY, OfficeKind.POLICE
PROSECUTOR, JUDGE, DESK = OfficeKind.PROSECUTOR, OfficeKind.JUDGE, OfficeKind.PROVIDER_DESK

OFFICES = {
    "issuing": {POLICE, PROSECUTOR, JUDGE},
    "addressee": {DESK},
    "provider": {DESK},
    "enforcing": {PROSECUTOR, JUDGE, CENTRAL},
    "executing": {PROSECUTOR, JUDGE, CENTRAL, CONTACT},
}
"""What an actor of the instrument files can be, among the kinds of offices."""

ORDER_ACTS = sorted(ActType(str(body.__struct_config__.tag)) for body in typing.get_args(OrderBody))


def actors(act: ActType) -> set[str]:
    """Who takes this step, by every rule of every packaged instrument that is about it, and every clock it alone meets."""
    found: set[str] = set()
    for file in (resources.files("comity.law") / "instruments").iterdir():
        if not file.name.endswith(".toml") or ".parties." in file.name:
            continue
        instrument = tomllib.loads(file.read_text("utf-8"))
        found |= {row["who"] for row in instrument.get("require", ()) if row.get("act") == act}
        for clock in instrument.get("clock", ()):
            if [event["act"] for event in clock.get("events", ()) if event.get("does") == "meets"] == [act]:
                found.add(clock["who"])
    return found


@pytest.fixture(scope="module")
def access() -> CedarAccess:
    return CedarAccess("pt", packaged_policies())


def may(access: CedarAccess, action: Action, act: ActType) -> set[OfficeKind]:
    answers = {
        kind: access.decide(OfficerRef("pt.costa", "pt", {"o": kind}), action, Resource("o", act, "pt.other"))
        for kind in OfficeKind
    }
    assert all(isinstance(each, Allowed) or each.code is DenialCode.NOT_PERMITTED for each in answers.values())
    return {kind for kind, answer in answers.items() if isinstance(answer, Allowed)}


def test_the_law_says_of_most_steps_whose_they_are() -> None:
    assert len(ORDER_ACTS) == 32
    assert sum(1 for act in ORDER_ACTS if actors(act)) >= 15


@pytest.mark.parametrize("act", ORDER_ACTS)
def test_each_step_is_written_by_an_office_of_whom_the_law_names_and_by_no_other(
    access: CedarAccess, act: ActType
) -> None:
    writing = Action.DRAFT if RULES[act].making is Making.APPROVED else Action.FILE
    writers = may(access, writing, act)
    assert writers
    named = actors(act)
    for actor in named & set(OFFICES):
        assert writers & OFFICES[actor], f"the law gives {act} to the {actor} authority, and none of its offices may"
    if named and act not in BETWEEN_AUTHORITIES:
        assert writers <= set().union(*(OFFICES[actor] for actor in named & set(OFFICES)))


BETWEEN_AUTHORITIES = {
    # Requests between authorities under the conventions have these steps too, and no rule of theirs says by whom.
    ActType.CLARIFICATION_REQUESTED,
    ActType.CLARIFICATION_GIVEN,
    ActType.PRESERVATION_RELEASED,
    ActType.USE_RESTRICTED,
}


@pytest.mark.parametrize("act", ORDER_ACTS)
def test_no_overseer_and_no_filter_team_takes_a_step_about_an_order(access: CedarAccess, act: ActType) -> None:
    for action in (Action.DRAFT, Action.FILE, Action.APPROVE):
        assert not may(access, action, act) & {OfficeKind.OVERSIGHT, OfficeKind.FILTER_TEAM}


@pytest.mark.parametrize("act", ORDER_ACTS)
def test_a_step_that_needs_approval_cannot_be_filed_without_and_has_somebody_to_approve(
    access: CedarAccess, act: ActType
) -> None:
    if RULES[act].making is Making.APPROVED:
        assert not may(access, Action.FILE, act)
        assert may(access, Action.APPROVE, act)
        assert may(access, Action.APPROVE, act) <= {PROSECUTOR, JUDGE}
    else:
        assert not may(access, Action.DRAFT, act)
        assert not may(access, Action.APPROVE, act)


def test_a_court_reviews_and_nobody_else(access: CedarAccess) -> None:
    assert may(access, Action.DRAFT, ActType.COURT_REVIEW_DECIDED) == {JUDGE}
    assert may(access, Action.APPROVE, ActType.COURT_REVIEW_DECIDED) == {JUDGE}


def test_the_police_weigh_no_ones_rights(access: CedarAccess) -> None:
    for act in (ActType.INFORMATION_DELAYED, ActType.ORDER_REVIEWED, ActType.NON_EXECUTION_ACCEPTED):
        denied = access.decide(OfficerRef("pt.lima", "pt", {"o": POLICE}), Action.FILE, Resource("o", act))
        assert isinstance(denied, Denied)
        assert act.value in denied.why


@pytest.mark.parametrize("act", [kind for kind, rule in RULES.items() if rule.making is not Making.BY_STEP])
def test_every_act_that_an_officer_writes_or_prepares_has_an_office_that_does(
    access: CedarAccess, act: ActType
) -> None:
    writing = Action.DRAFT if act in NEEDS_APPROVAL else Action.FILE
    assert may(access, writing, act)
    if writing is Action.DRAFT:
        assert may(access, Action.APPROVE, act)
