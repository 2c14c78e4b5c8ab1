"""Clocks of a case: what starts them, what stops them, where they stand and why."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity.acts.bodies import (
    DisclosureDecided,
    DisclosureRequested,
    ExhibitHandedOver,
    PreservationConfirmed,
    PreservationOrdered,
    ProductionValidated,
    ProductionWithdrawn,
)
from comity.acts.classes import ActType
from comity.acts.matters import DataSought, PartDecision, ScopePart, StoredObject
from comity.law.calendars import calendar_of
from comity.law.clock_run import ClockStatus, Counter, Happening, Run, begin, happen, settle
from comity.law.clocks import clocks, one_way
from comity.law.history import past_act
from comity.law.instruments import ClockRule, Event, Start
from comity.law.packaged import packaged_law
from comity.law.terms import ClockKind, EventKind, Side
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

TREATY, REGULATION = "CETS185", "EU-2023-1543"
EFFECTED = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BERLIN = calendar_of("DE", "Europe/Berlin")
IN_BERLIN = one_way(BERLIN, BERLIN)


@pytest.fixture
def case(law, payload_of):
    """Tells a case act by act; `stands` gives one clock as of an instant."""

    class Case:
        def __init__(self):
            self.acts = []

        def add(self, body, instrument, *, at, received_at=None, re=(), measure=None):
            name = f"{len(self.acts):064x}"
            payload = payload_of(body, instrument, at=at, re=tuple(re))
            self.acts.append(past_act(law, name, payload, received_at=received_at or at, measure=measure))
            return name

        def all(self, at, calendars=IN_BERLIN):
            return clocks(law, self.acts, at=at, calendars=calendars)

        def stands(self, clock, at, calendars=IN_BERLIN):
            (found,) = [state for state in self.all(at, calendars) if state.id == clock]
            return found

    return Case()


def confirmed(at):
    return PreservationConfirmed(
        exhibit="0" * 32, root="0" * 64, items=1, size=1, effected_at=at, at_least_until=at + 60 * DAY
    )


@pytest.fixture
def hold(case, preservation):
    request = case.add(preservation, TREATY, at=EFFECTED - HOUR)
    return case.add(confirmed(EFFECTED), TREATY, at=EFFECTED + HOUR, re=[request])


def disclosure():
    return DisclosureRequested(
        measure="stored-data-assistance", scope=(ScopePart("a", (DataCategory.TRAFFIC,)),), necessity="needed"
    )


# Preservation -------------------------------------------------------------------------------------------------------


def test_the_sixty_days_run_from_when_preservation_was_effected(case, hold):
    state = case.stands("bc29.min", EFFECTED + DAY)
    assert state.state is ClockStatus.RUNNING
    assert state.kind is ClockKind.MIN
    assert state.started_by == hold
    assert state.started_at == EFFECTED
    assert state.target_due == EFFECTED + 60 * DAY
    assert state.legal_due == datetime(2027, 1, 20, 23, 0, tzinfo=UTC)  # the end of that day in Berlin
    assert state.citation.article == "Art 29(7)"
    assert state.verified
    assert state.trace[0] == (
        "60 calendar days from 21 November 2026 15:03 Europe/Berlin (14:03 UTC) (preservation effected)"
    )


@pytest.mark.usefixtures("hold")
def test_a_minimum_that_is_over_has_passed_and_not_lapsed(case):
    state = case.stands("bc29.min", EFFECTED + 61 * DAY)
    assert state.state is ClockStatus.PASSED
    assert state.consequence == "hold-may-end"


def test_a_request_for_the_data_holds_them_until_it_is_decided(case, hold):
    request = case.add(disclosure(), TREATY, at=EFFECTED + 50 * DAY, re=[hold])
    held = case.stands("bc29.min", EFFECTED + 300 * DAY)
    assert held.state is ClockStatus.HELD
    assert held.legal_due is None
    assert held.then == "held until decision on the request"
    decision = DisclosureDecided((PartDecision("a", granted=True),))
    case.add(decision, TREATY, at=EFFECTED + 70 * DAY, re=[request])
    assert case.stands("bc29.min", EFFECTED + 71 * DAY).state is ClockStatus.ENDED


def test_a_request_that_comes_after_the_sixty_days_revives_nothing(case, hold):
    case.add(disclosure(), TREATY, at=EFFECTED + 62 * DAY, re=[hold])
    state = case.stands("bc29.min", EFFECTED + 63 * DAY)
    assert state.state is ClockStatus.PASSED
    assert any("came late" in line for line in state.trace)


def test_the_request_counts_when_it_is_received(case, hold):
    late = EFFECTED + 62 * DAY
    case.add(disclosure(), TREATY, at=EFFECTED + 50 * DAY, received_at=late, re=[hold])
    assert case.stands("bc29.min", late + DAY).state is ClockStatus.PASSED


@pytest.mark.usefixtures("hold")
def test_a_request_about_another_hold_changes_nothing(case, preservation):
    other = case.add(preservation, TREATY, at=EFFECTED)
    case.add(disclosure(), TREATY, at=EFFECTED + 50 * DAY, re=[other])
    assert case.stands("bc29.min", EFFECTED + 51 * DAY).state is ClockStatus.RUNNING


def test_an_old_question_has_an_old_answer(case, hold):
    case.add(disclosure(), TREATY, at=EFFECTED + 50 * DAY, re=[hold])
    assert case.stands("bc29.min", EFFECTED + 49 * DAY).state is ClockStatus.RUNNING


def ordered(days):
    data = DataSought((Target(TargetKind.EMAIL, "someone@example.org"),), (DataCategory.CONTENT,))
    return PreservationOrdered(measure="custodian-preservation", data=data, days=days, grounds="vulnerable")


@pytest.mark.parametrize(("days", "lasts"), [(30, 30), (90, 90), (400, 90)])
def test_a_custodian_order_lasts_as_ordered_and_ninety_days_at_most(case, days, lasts):
    case.add(ordered(days), TREATY, at=EFFECTED, received_at=EFFECTED + HOUR)
    state = case.stands("bc16.max", EFFECTED + 2 * HOUR)
    assert state.legal_due == EFFECTED + HOUR + lasts * DAY
    after = case.stands("bc16.max", EFFECTED + 2 * HOUR + lasts * DAY)
    assert (after.state, after.consequence) == (ClockStatus.LAPSED, "order-lapses")


def test_a_renewed_order_replaces_the_one_it_answers(case):
    first = case.add(ordered(90), TREATY, at=EFFECTED)
    second = case.add(ordered(90), TREATY, at=EFFECTED + 80 * DAY, re=[first])
    states = {state.started_by: state.state for state in case.all(EFFECTED + 100 * DAY) if state.id == "bc16.max"}
    assert states == {first: ClockStatus.ENDED, second: ClockStatus.RUNNING}


def test_where_the_law_says_promptly_there_is_a_duty_and_no_number(case, hold):
    state = case.stands("bc29.inform", EFFECTED + 400 * DAY)
    assert state.kind is ClockKind.QUALITATIVE
    assert (state.state, state.legal_due, state.target_due) == (ClockStatus.RUNNING, None, None)
    assert state.only_if
    outcome = case.add(disclosure(), TREATY, at=EFFECTED + DAY, re=[hold])
    assert case.stands("bc27.outcome", EFFECTED + 2 * DAY).state is ClockStatus.RUNNING
    case.add(DisclosureDecided((PartDecision("a", granted=True),)), TREATY, at=EFFECTED + 3 * DAY, re=[outcome])
    assert case.stands("bc27.outcome", EFFECTED + 4 * DAY).state is ClockStatus.MET


@pytest.mark.usefixtures("hold")
def test_availability_stands_without_any_act_starting_it(case):
    state = case.stands("bc35.available", EFFECTED + DAY)
    assert (state.kind, state.started_by, state.state) == (ClockKind.AVAILABILITY, None, ClockStatus.RUNNING)


# The emergency ------------------------------------------------------------------------------------------------------

ISSUED = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
VALIDATED = ProductionValidated("0" * 64, OfficeKind.PROSECUTOR)


@pytest.fixture
def order(case, emergency):
    return case.add(emergency, REGULATION, at=ISSUED, received_at=ISSUED + HOUR)


@pytest.mark.usefixtures("order")
def test_the_forty_eight_hours_run_over_the_weekend_from_the_issue_of_the_order(case):
    state = case.stands("tl-08", ISSUED + HOUR)
    assert state.target_due == ISSUED + 48 * HOUR
    assert state.legal_due == datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # Sunday, from the next full hour
    assert state.alarm_due == state.target_due
    assert state.acting is Side.SENDING
    assert state.citation.verified
    assert not state.verified  # the way of counting is from memory


def test_validated_in_time_the_clock_is_met(case, order):
    case.add(VALIDATED, REGULATION, at=ISSUED + 20 * HOUR, re=[order], measure="production")
    state = case.stands("tl-08", ISSUED + 100 * HOUR)
    assert (state.state, state.settled_at) == (ClockStatus.MET, ISSUED + 20 * HOUR)


@pytest.mark.usefixtures("order")
def test_not_validated_in_time_the_order_is_to_be_withdrawn_and_the_data_deleted(case):
    state = case.stands("tl-08", ISSUED + 49 * HOUR)
    assert state.state is ClockStatus.LAPSED
    assert state.consequence == "withdraw-and-delete"
    assert "withdraw" in state.consequence_text
    assert state.who == "issuing"


def test_a_validation_that_comes_too_late_changes_nothing(case, order):
    case.add(VALIDATED, REGULATION, at=ISSUED + 49 * HOUR, re=[order])
    state = case.stands("tl-08", ISSUED + 50 * HOUR)
    assert state.state is ClockStatus.LAPSED
    assert any("too late" in line for line in state.trace)


def test_a_validation_by_someone_who_cannot_validate_changes_nothing(case, order):
    case.add(ProductionValidated("0" * 64, OfficeKind.POLICE), REGULATION, at=ISSUED + HOUR, re=[order])
    assert case.stands("tl-08", ISSUED + 2 * HOUR).state is ClockStatus.RUNNING


def test_validating_one_order_does_not_validate_another(case, order, emergency):
    other = case.add(emergency, REGULATION, at=ISSUED)
    case.add(VALIDATED, REGULATION, at=ISSUED + HOUR, re=[order])
    states = {state.started_by: state.state for state in case.all(ISSUED + 60 * HOUR) if state.id == "tl-08"}
    assert states == {order: ClockStatus.MET, other: ClockStatus.LAPSED}


def test_once_withdrawn_nothing_is_owed_any_more(case, order):
    case.add(ProductionWithdrawn("0" * 64, "not validated"), REGULATION, at=ISSUED + 49 * HOUR, re=[order])
    state = case.stands("tl-08", ISSUED + 50 * HOUR)
    assert state.state is ClockStatus.ENDED
    assert any("after it had lapsed" in line for line in state.trace)
    assert case.stands("tl-05", ISSUED + 50 * HOUR).state is ClockStatus.ENDED


def test_an_order_that_was_validated_before_starts_no_such_clock(case, emergency):
    case.add(msgspec.structs.replace(emergency, without_validation=False), REGULATION, at=ISSUED)
    assert "tl-08" not in {state.id for state in case.all(ISSUED + HOUR)}


def handed_over():
    stored = StoredObject("0" * 64, 1)
    return ExhibitHandedOver("0" * 32, "0" * 32, "0" * 64, 1, 1, stored, (stored,), (), "key", "0" * 64)


def test_in_an_emergency_the_addressee_has_eight_hours_from_receipt(case, order):
    state = case.stands("tl-05", ISSUED + 2 * HOUR)
    assert state.target_due == ISSUED + 9 * HOUR
    assert state.acting is Side.RECEIVING
    assert "tl-02" not in {each.id for each in case.all(ISSUED + 2 * HOUR)}
    case.add(handed_over(), REGULATION, at=ISSUED + 3 * HOUR, re=[order])
    assert case.stands("tl-05", ISSUED + 99 * HOUR).state is ClockStatus.MET


def test_without_emergency_the_addressee_has_ten_days(case, emergency):
    calm = msgspec.structs.replace(emergency, emergency=None, without_validation=False)
    case.add(calm, REGULATION, at=ISSUED)
    state = case.stands("tl-02", ISSUED + HOUR)
    assert state.legal_due == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert "tl-05" not in {each.id for each in case.all(ISSUED + HOUR)}


def test_until_receipt_is_known_a_limit_of_the_addressee_does_not_run(law, emergency, payload_of):
    sent = past_act(law, "a" * 64, payload_of(emergency, REGULATION, at=ISSUED), received_at=None)
    running = {state.id for state in clocks(law, [sent], at=ISSUED + HOUR, calendars=IN_BERLIN)}
    assert running == {"tl-08"}


def test_each_side_counts_by_its_own_calendar(case, emergency):
    received = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # ten days on, a holiday in Portugal only
    case.add(msgspec.structs.replace(emergency, emergency=None, without_validation=False), REGULATION, at=received)
    for country, zone, due in (("PT", "Europe/Lisbon", (3, 0)), ("DE", "Europe/Berlin", (1, 23))):
        place = calendar_of(country, zone)
        end = case.stands("tl-02", received + HOUR, one_way(BERLIN, place))
        assert end.legal_due == datetime(2026, 12, *due, tzinfo=UTC)


# What acts can do to a clock, by a rule of the tests' own ------------------------------------------------------------

LAW = packaged_law()
UNION = LAW.instruments[REGULATION].countings["reg-1182-71"]


def rule(kind=ClockKind.MAX, limit="P10D", **more):
    return ClockRule(
        id="made-up",
        article="Section 1",
        source="here",
        verified=True,
        kind=kind,
        who="someone",
        acting=Side.RECEIVING,
        text="do it",
        limit=limit,
        counting="reg-1182-71",
        **more,
    )


def running(started, limit="P10D", **more) -> Run:
    counter = Counter(rule=rule(limit=limit, **more), counting=UNION, calendar=BERLIN)
    return begin(counter, Start(act=ActType.PRESERVATION_ORDERED, called="the start"), started, {})


def does(kind, at, facts=None, position=0, **more):
    event = Event(act=ActType.DISCLOSURE_REQUESTED, does=kind, **more)
    return Happening(position=position, event=event, at=at, facts=facts or {})


STARTED = datetime(2026, 11, 11, 9, 0, tzinfo=UTC)


def test_an_extension_is_counted_from_the_start_and_only_as_often_as_allowed():
    run = running(STARTED, "P60D")
    once = happen(run, does(EventKind.EXTENDS, STARTED + DAY, by="P30D", times=1))
    twice = happen(once, does(EventKind.EXTENDS, STARTED + 2 * DAY, by="P30D", times=1))
    assert once.due.legal_due == running(STARTED, "P90D").due.legal_due
    assert twice.due == once.due


def test_an_extension_after_the_end_has_no_effect():
    run = happen(running(STARTED), does(EventKind.EXTENDS, STARTED + 20 * DAY, by="P30D"))
    assert settle(run, STARTED + 21 * DAY).status is ClockStatus.LAPSED


def test_a_new_deadline_is_the_instant_the_act_states():
    until = STARTED + 33 * DAY
    extended = happen(running(STARTED), does(EventKind.EXTENDS, STARTED + DAY, {"until": until}, to_field="until"))
    assert extended.due.legal_due == until


def test_a_restart_counts_anew():
    again = happen(running(STARTED), does(EventKind.RESTARTS, STARTED + 5 * DAY))
    assert again.due.legal_due == running(STARTED + 5 * DAY).due.legal_due


def test_while_suspended_there_is_no_end_and_nothing_lapses():
    stopped = happen(running(STARTED), does(EventKind.SUSPENDS, STARTED + DAY))
    assert (stopped.due, settle(stopped, STARTED + 999 * DAY).status) == (None, ClockStatus.SUSPENDED)


moments = st.timedeltas(timedelta(), timedelta(days=9))
limits = st.sampled_from(["P10D", "PT240H", "P1M", "P2W"])


@given(st.datetimes(datetime(2015, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)), limits, moments, moments)  # noqa: DTZ001
@example(datetime(2015, 1, 28, 21, 26, tzinfo=UTC), "P1M", timedelta(), timedelta(minutes=94))  # to a shorter month
def test_suspending_and_resuming_never_shortens(started, limit, first, length):
    run = running(started, limit)
    stopped = happen(run, does(EventKind.SUSPENDS, started + first))
    again = happen(stopped, does(EventKind.RESUMES, started + first + length))
    assert again.due.legal_due >= run.due.legal_due
    assert again.due.target_due >= run.due.target_due


@given(moments, moments)
def test_a_deadline_set_by_an_act_moves_by_the_time_it_stood_still(first, length):
    until = STARTED + 33 * DAY
    fixed = happen(running(STARTED), does(EventKind.EXTENDS, STARTED, {"until": until}, to_field="until"))
    stopped = happen(fixed, does(EventKind.SUSPENDS, STARTED + first))
    again = happen(stopped, does(EventKind.RESUMES, STARTED + first + length))
    assert again.due.legal_due == until + length


@given(st.permutations(range(3)))
def test_the_order_in_which_acts_are_given_does_not_matter(payload_of, preservation, order):
    def kept(name, body, at, *re):
        return past_act(
            LAW, name * 64, payload_of(body, TREATY, at=at, re=tuple(one * 64 for one in re)), received_at=at
        )

    acts = [
        kept("a", preservation, EFFECTED),
        kept("b", confirmed(EFFECTED), EFFECTED + HOUR, "a"),
        kept("c", disclosure(), EFFECTED + 50 * DAY, "b"),
    ]
    at = EFFECTED + 55 * DAY
    shuffled = clocks(LAW, [acts[n] for n in order], at=at, calendars=IN_BERLIN)
    assert {state.id: state for state in shuffled} == {
        state.id: state for state in clocks(LAW, acts, at=at, calendars=IN_BERLIN)
    }


def test_acts_that_claim_to_answer_each_other_are_looked_at_once(payload_of, preservation):
    circle = [
        past_act(LAW, name * 64, payload_of(preservation, TREATY, re=(other * 64,)), received_at=EFFECTED)
        for name, other in (("a", "b"), ("b", "a"))
    ]
    assert clocks(LAW, circle, at=EFFECTED, calendars=IN_BERLIN)
