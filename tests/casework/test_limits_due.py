"""Which limits of the law people are told about, and the alarm that each is at an instant."""

from datetime import UTC, datetime, timedelta

import pytest

from comity.acts.bodies import PreservationOrdered, ProductionOrdered
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import Contact, DataSought, NonExecution, Offence
from comity.acts.order_bodies import ClarificationGiven, NonExecutionStated, PreservationReleased
from comity.acts.payload import Payload
from comity.cases.state import Direction, FiledAct
from comity.casework.bench.histories import observer
from comity.casework.bench.views import rebuild
from comity.casework.desk.limits_due import alarm_of, limits_due
from comity.casework.ports.alarms import AlarmCode
from comity.law.calendars import Calendar, no_holidays
from comity.law.clocks import clocks, one_way
from comity.law.packaged import packaged_law
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind

LAW = packaged_law()
REGULATION = "EU-2023-1543"
START = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)  # a Monday
DAY, LEAD = timedelta(days=1), timedelta(hours=48)
NOWHERE = Calendar("UTC", no_holidays, "none")
PLACE = one_way(NOWHERE, NOWHERE)
SOUGHT = DataSought((Target(TargetKind.PHONE, "351910000000"),), (DataCategory.SUBSCRIBER,))
ORDER = ProductionOrdered(
    measure="production",
    issuing_kind=OfficeKind.JUDGE,
    issuing=Contact("Court", "judge", "M"),
    data=SOUGHT,
    offence=Offence("k", "Code", 5),
)
HOLD = PreservationOrdered("preservation", SOUGHT, 60, "x")
CASE, FIRST = "c" * 32, "0" * 64


def filed(number, body, at, issuer, me):
    payload = Payload(
        v=1,
        issuer=issuer,
        to=("provider" if issuer == "pt" else "pt",),
        case=CASE,
        nonce="0" * 32,
        at=at,
        directory=1,
        re=(f"{number - 1:064x}",) if number else (),
        act=ActClass(ActType(body.__struct_config__.tag), REGULATION, Urgency.URGENT),
        seals=("EdDSA",),
        author=None,
        body=body,
    )
    return FiledAct(f"{number:064x}", payload, Direction.ISSUED if issuer == me else Direction.RECEIVED, at)


def due(me, *story):
    """The limits told about at a node, by clock: each step is a body, days after the start, and who says it."""
    acts = [filed(number, body, START + days * DAY, who, me) for number, (body, days, who) in enumerate(story)]
    view = rebuild(CASE, acts, observer(LAW, me))
    found = clocks(LAW, view.history, at=acts[-1].filed_at, calendars=PLACE)
    return {each.clock: each for each in limits_due(me, view.state, found)}


def code(limit, days):
    alarm = alarm_of(CASE, limit, START + days * DAY, LEAD)
    return alarm.code if alarm else None


def test_who_must_meet_a_limit_is_told_ahead_and_the_other_side_once_it_has_passed():
    theirs, ours = due("provider", (ORDER, 0, "pt"))["tl-02"], due("pt", (ORDER, 0, "pt"))["tl-02"]
    told = [code(theirs, days) for days in (7, 8.5, 10.5, 12)]
    assert told == [None, AlarmCode.CLOCK_DUE_SOON, AlarmCode.CLOCK_DUE, AlarmCode.CLOCK_PASSED]
    assert [code(ours, days) for days in (7, 8.5, 10.5, 12)] == [None, None, None, AlarmCode.CLOCK_PASSED]


def test_the_alarm_goes_by_the_stricter_end_and_the_breach_by_the_legal_one():
    limit = due("provider", (ORDER, 0, "pt"))["tl-02"]
    assert limit.strict == START + 10 * DAY
    assert limit.legal > limit.strict
    assert alarm_of(CASE, limit, limit.legal, LEAD).code is AlarmCode.CLOCK_DUE
    passed = alarm_of(CASE, limit, limit.legal + timedelta(seconds=1), LEAD)
    assert (passed.code, passed.since) == (AlarmCode.CLOCK_PASSED, limit.legal)
    assert "enforcement-may-be-requested" in passed.detail


@pytest.mark.parametrize("me", ["pt", "provider"])
def test_the_end_of_a_hold_is_told_ahead_on_both_sides_and_what_ceases_with_it(me):
    limit = due(me, (HOLD, 0, "pt"))["tl-16"]
    assert (limit.ahead, limit.consequence) == (True, "preservation-ceases")
    assert code(limit, 59) is AlarmCode.CLOCK_DUE_SOON
    assert "preservation-ceases" in alarm_of(CASE, limit, START + 70 * DAY, LEAD).detail


def test_what_the_ordering_side_owes_is_told_there_although_no_act_says_when_its_order_came():
    limit = due("pt", (HOLD, 0, "pt"))["tl-18"]
    assert limit.ahead
    assert code(limit, 59) is AlarmCode.CLOCK_DUE_SOON


def test_what_is_suspended_or_ended_is_told_no_more_and_what_became_due_instead_is():
    doubts = NonExecutionStated(FIRST, (NonExecution("incomplete"),), information_needed="which line?")
    assert "tl-02" in due("provider", (ORDER, 0, "pt"))
    assert set(due("provider", (ORDER, 0, "pt"), (doubts, 1, "provider"))) == {"tl-10"}
    assert {"tl-16", "tl-18"} <= set(due("pt", (HOLD, 0, "pt")))
    assert due("pt", (HOLD, 0, "pt"), (PreservationReleased(FIRST), 70, "pt")) == {}


def test_what_was_done_too_late_is_told_no_more():
    doubts = NonExecutionStated(FIRST, (NonExecution("incomplete"),), information_needed="which line?")
    late = (ORDER, 0, "pt"), (doubts, 1, "provider"), (ClarificationGiven(FIRST, "the last digit is 7"), 20, "pt")
    assert "tl-10" in due("pt", *late[:2])
    assert "tl-10" not in due("pt", *late)


def test_a_wait_from_which_nothing_follows_and_what_depends_on_other_things_are_no_alarms():
    assert {"tl-03", "tl-17", "tl-30"} & {*due("provider", (ORDER, 0, "pt")), *due("pt", (HOLD, 0, "pt"))} == set()
