"""What must hold of every answer, whatever the case: urgency, narrowness, holds, zones, suspension."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comity.acts import bodies as b
from comity.acts.bodies import PreservationConfirmed, PreservationOrdered, ProductionOrdered
from comity.acts.matters import Contact, DataSought, NonExecution, Offence, ScopePart
from comity.acts.order_bodies import ClarificationGiven, FollowUpConfirmed, NonExecutionStated, PreservationExtended
from comity.law.calendars import Calendar, calendar_of, no_holidays
from comity.law.clocks import clocks, one_way
from comity.law.findings import findings
from comity.law.history import past_act
from comity.law.matters import Participant
from comity.law.packaged import packaged_law
from comity.law.questions import Question
from comity.law.route_standing import Weight
from comity.law.routes import routes
from comity.law.terms import Aim, Side
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

REGULATION = "EU-2023-1543"
LAW = packaged_law()
ORDER = "0" * 64
PHONE = Target(TargetKind.PHONE, "351910000000")
INSTANTS = st.integers(0, 850 * 24 * 3600).map(
    lambda seconds: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
CATEGORIES = st.sets(st.sampled_from(sorted(DataCategory)), min_size=1)
STATES = ("PT", "DE", "DK", "IE", "JP", "US", "GB", "IN")
ZONES = {"DE": "Europe/Berlin", "PT": "Europe/Lisbon", "US": "America/New_York"}
BEFORE_SPRING = datetime(2027, 2, 17, 22, 30, tzinfo=UTC)
"""In the last hour of a day in Berlin, and sixty days before a day behind the change of clocks."""

COUNTRIES = st.sampled_from(sorted(ZONES))


def order(*categories, **more):
    data = DataSought((PHONE,), tuple(sorted(categories)))
    said = {"measure": "production", "issuing_kind": OfficeKind.JUDGE, "data": data}
    return ProductionOrdered(
        **{**said, "issuing": Contact("Court", "judge", "M"), "offence": Offence("k", "Code", 5), **more}
    )


def clocks_of(payload_of, story, *, after, country="DE", ordering=None, instrument=REGULATION):
    """The clocks of a story; the receiving side works in the country, and the ordering one too unless it is named."""
    history = [
        past_act(
            LAW,
            f"{number:064x}",
            payload_of(body, instrument, at=at, re=tuple(f"{n:064x}" for n in answers)),
            received_at=at,
        )
        for number, (body, at, answers) in enumerate(story)
    ]
    there = ordering or country
    place = one_way(calendar_of(there, ZONES[there]), calendar_of(country, ZONES[country]))
    return {state.id: state for state in clocks(LAW, history, at=after, calendars=place)}


def whole_days(start, end, country):
    """Calendar days after the day of the start that are over at the end, in this place: what Regulation 1182/71 counts."""
    zone = ZoneInfo(ZONES[country])
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days - 1


def strictest(states, names):
    ends = [(states[name].target_due, states[name].legal_due) for name in names if name in states]
    return min(target for target, _ in ends), min(legal for _, legal in ends)


@settings(deadline=None, max_examples=50)
@given(INSTANTS, CATEGORIES, COUNTRIES, st.booleans())
def test_more_urgency_never_gives_a_later_deadline(payload_of, at, categories, country, notified):
    due = ("tl-02", "tl-03-transmit", "tl-05")
    more = {"notified": "de"} if notified or categories - {"subscriber", "user-identification"} else {}
    calm = clocks_of(payload_of, [(order(*categories, **more), at, ())], after=at, country=country)
    urgent_order = order(*categories, emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY, **more)
    urgent = clocks_of(payload_of, [(urgent_order, at, ())], after=at, country=country)
    for earlier, later in zip(strictest(urgent, due), strictest(calm, due), strict=True):
        assert earlier <= later


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TARGETS = st.sets(
    st.sampled_from((PHONE, Target(TargetKind.EMAIL, "a@example.org"), Target(TargetKind.EMAIL, "b@example.org"))),
    min_size=1,
)
DAYS = st.tuples(st.integers(-900, 899), st.integers(1, 900)).map(
    lambda ends: Period(NOON + timedelta(days=ends[0]), NOON + timedelta(days=sum(ends)))
)
WEIGHT = {"refusable": 1, "blocks": 2}
"""Of what stands against an act. Advice may be to do less: that a narrower order needs no notification."""


@settings(deadline=None, max_examples=100)
@given(
    st.tuples(CATEGORIES, CATEGORIES),
    st.tuples(TARGETS, TARGETS),
    st.tuples(DAYS, DAYS),
    st.tuples(
        st.sampled_from(sorted(OfficeKind)),
        st.sampled_from([(None, "de"), (1, None), (3, "de")]),
        st.sampled_from(sorted(Side)),
    ),
)
def test_a_narrower_request_never_needs_more(payload_of, categories, targets, periods, around):
    """Fewer kinds of data, fewer identifiers, a shorter time: nothing stands against it besides, and nothing weighs more."""
    approver, (years, notified), side = around

    def wants(kinds, sought, period):
        data = DataSought(tuple(sorted(sought, key=str)), tuple(sorted(kinds)), period)
        found = findings(
            LAW,
            payload_of(order(data=data, offence=Offence("k", "Code", years), notified=notified), REGULATION),
            side=side,
            issuer=Participant("PT"),
            addressees=(Participant("DE"),),
            at=NOON,
            approvers=(approver,),
        )
        return {finding.code: WEIGHT[finding.severity] for finding in found if finding.severity in WEIGHT}

    first, second = periods
    both = Period(min(first.start, second.start), max(first.end, second.end))
    narrow = wants(categories[0], targets[0], first)
    wide = wants(set().union(*categories), set().union(*targets), both)
    assert {code: weight for code, weight in narrow.items() if weight > wide.get(code, 0)} == {}


@settings(deadline=None, max_examples=50)
@given(CATEGORIES, CATEGORIES, st.sampled_from(STATES), st.sampled_from(STATES), st.sampled_from([None, 1, 3]))
def test_a_narrower_question_never_closes_a_route(first, second, here, there, years):
    def closed(categories):
        question = Question(
            aim=Aim.DISCLOSE,
            requesting=here,
            requested=there,
            on=date(2026, 11, 21),
            categories=tuple(sorted(categories)),
            max_penalty_years=years,
        )
        return {way.id for way in routes(LAW, question).closed}

    assert closed(first) <= closed(first | second)


@settings(deadline=None, max_examples=100)
@given(INSTANTS, COUNTRIES, COUNTRIES, st.booleans())
@example(at=BEFORE_SPRING, country="DE", ordering="DE", extended=False)
@example(at=datetime(2026, 10, 9, 9, tzinfo=UTC), country="DE", ordering="PT", extended=False)
def test_a_hold_never_ends_before_the_ordering_side_could_have_acted(payload_of, at, country, ordering, extended):
    """Wherever both work: the ordering side's limits are the unrolled ones, and never end after the hold itself."""
    body = PreservationOrdered("preservation", DataSought((PHONE,), (DataCategory.CONTENT,)), 60, "x")
    story = [(body, at, ())]
    story += [(PreservationExtended(ORDER), at + timedelta(days=3), (0,))] if extended else []
    states = clocks_of(payload_of, story, after=at + timedelta(days=4), country=country, ordering=ordering)
    hold = states["tl-16"].legal_due
    assert whole_days(at, hold, country) >= (90 if extended else 60)
    for theirs in ("tl-18",) if extended else ("tl-17", "tl-18"):
        assert states[theirs].legal_due <= hold
        assert whole_days(at, states[theirs].legal_due, ordering) <= (90 if extended else 60)


@settings(deadline=None, max_examples=50)
@given(INSTANTS, COUNTRIES, COUNTRIES, st.integers(55 * 24, 66 * 24))
@example(at=datetime(2026, 10, 9, 9, tzinfo=UTC), country="DE", ordering="PT", hours=61 * 24)
def test_no_follow_up_is_in_time_for_whom_it_was_due_and_too_late_for_the_hold(
    payload_of, at, country, ordering, hours
):
    body = PreservationOrdered("preservation", DataSought((PHONE,), (DataCategory.CONTENT,)), 60, "x")
    story = [(body, at, ()), (FollowUpConfirmed(ORDER, "EPOC", "1/26", at), at + timedelta(hours=hours), (0,))]
    states = clocks_of(payload_of, story, after=at + timedelta(hours=hours), country=country, ordering=ordering)
    if states["tl-18"].state == "met":
        assert states["tl-16"].state == "held"


@settings(deadline=None, max_examples=50)
@given(INSTANTS, CATEGORIES, COUNTRIES, st.integers(-14, 14))
def test_a_clock_does_not_depend_on_the_zone_in_which_instants_are_written(payload_of, at, categories, country, hours):
    elsewhere = at.astimezone(timezone(timedelta(hours=hours)))
    body = order(*categories, notified="de")
    here = clocks_of(payload_of, [(body, at, ())], after=at + timedelta(days=1), country=country)
    there = clocks_of(payload_of, [(body, elsewhere, ())], after=elsewhere + timedelta(days=1), country=country)
    assert here.keys() == there.keys()
    for name, state in here.items():
        assert (state.legal_due, state.target_due, state.state) == (
            there[name].legal_due,
            there[name].target_due,
            there[name].state,
        )


@settings(deadline=None, max_examples=50)
@given(INSTANTS, COUNTRIES, st.integers(1, 9 * 24), st.integers(1, 90 * 24))
def test_suspending_and_resuming_never_shortens(payload_of, at, country, stopped, stood):
    body = order(DataCategory.SUBSCRIBER)
    doubts = NonExecutionStated(ORDER, (NonExecution("incomplete"),))
    paused, resumed = at + timedelta(hours=stopped), at + timedelta(hours=stopped + stood)
    plain = clocks_of(payload_of, [(body, at, ())], after=at, country=country)["tl-02"]
    story = [(body, at, ()), (doubts, paused, (0,)), (ClarificationGiven(ORDER, "x"), resumed, (1,))]
    again = clocks_of(payload_of, story, after=resumed, country=country)["tl-02"]
    assert again.legal_due >= plain.legal_due
    assert again.target_due - timedelta(hours=stood) >= plain.target_due - timedelta(hours=1)  # a change of clocks


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(sorted(Aim)),
    st.tuples(st.sampled_from(STATES), st.sampled_from(STATES)),
    CATEGORIES,
    st.sampled_from(sorted(Urgency)),
    st.dates(date(2000, 1, 1), date(2030, 12, 31)),
)
def test_a_route_is_open_uncertain_or_closed_and_every_no_has_its_reason(aim, states, categories, urgency, day):
    here, there = states
    question = Question(
        aim=aim, requesting=here, requested=there, on=day, categories=tuple(sorted(categories)), urgency=urgency
    )
    found = routes(LAW, question)
    ids = [way.id for way in (*found.open, *found.uncertain, *found.closed)]
    assert len(ids) == len(set(ids))
    assert all(way.reasons() and all(point.citation.article for point in way.reasons()) for way in found.closed)
    assert all(any(point.weight is Weight.TO_ESTABLISH for point in way.points) for way in found.uncertain)
    assert not any(way.reasons() for way in (*found.open, *found.uncertain))


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(sorted(Aim)), st.sampled_from(STATES), st.sampled_from(STATES), CATEGORIES)
def test_what_is_not_in_force_is_shown_and_never_offered(aim, here, there, categories):
    question = Question(
        aim=aim, requesting=here, requested=there, on=date(2026, 11, 21), categories=tuple(sorted(categories))
    )
    found = routes(LAW, question)
    assert {way.instrument for way in (*found.open, *found.uncertain)} & {"CETS224", "UNCC"} == set()


@settings(deadline=None, max_examples=100)
@given(
    INSTANTS,
    st.sampled_from(sorted(Aim)),
    st.tuples(st.sampled_from(STATES), st.sampled_from(STATES)),
    CATEGORIES,
    st.booleans(),
)
def test_more_urgency_makes_no_way_slower_and_closes_none(at, aim, states, categories, public):
    """For every instrument and aim, whatever way was open stays so, and by the law's own limits ends no later."""
    here, there = states

    def ways(urgency):
        question = Question(
            aim=aim,
            requesting=here,
            requested=there,
            on=at.date(),
            categories=tuple(sorted(categories)),
            max_penalty_years=5,
            provider_in=(there,),
            data_in=(there,),
            public_data=public,
            consent=False,
            urgency=urgency,
        )
        return {way.id: way for way in routes(LAW, question).open}

    order_of_haste = (Urgency.ORDINARY, Urgency.URGENT, Urgency.EMERGENCY)
    for calm, hasty in pairwise(order_of_haste):
        slow, fast = ways(calm), ways(hasty)
        assert slow.keys() <= fast.keys()
        for name, way in slow.items():
            assert way.by is None or (fast[name].by is not None and fast[name].by <= way.by)


@settings(deadline=None, max_examples=50)
@given(INSTANTS)
def test_an_old_question_has_its_old_answer(payload_of, at):
    body = msgspec.structs.replace(order(DataCategory.SUBSCRIBER))
    past = past_act(LAW, "a" * 64, payload_of(body, REGULATION, at=at), received_at=at)
    nowhere = Calendar("UTC", no_holidays, "none")
    place = one_way(nowhere, nowhere)
    then = clocks(LAW, [past], at=at + timedelta(days=1), calendars=place)
    later = past_act(
        LAW, "b" * 64, payload_of(ClarificationGiven(ORDER, "x"), REGULATION, at=at + timedelta(days=2)), received_at=at
    )
    assert clocks(LAW, [past, later], at=at + timedelta(days=1), calendars=place) == then


@settings(deadline=None, max_examples=50)
@given(INSTANTS, COUNTRIES, st.integers(0, 60 * 24), st.integers(1, 400 * 24))
@example(at=BEFORE_SPRING, country="DE", asked=60 * 24, later=1)
def test_a_hold_for_another_party_lasts_until_its_request_in_time_is_decided(payload_of, at, country, asked, later):
    """The requested Party's sixty days never run out on a request that came in time, however long its decision takes."""
    held = PreservationConfirmed("e" * 32, "0" * 64, 1, 1, at, at + timedelta(days=60))
    story = [
        (b.PreservationRequested("expedited-preservation"), at - timedelta(days=1), ()),
        (held, at, (0,)),
        (b.DisclosureRequested("stored-data-assistance"), at + timedelta(hours=asked), (1,)),
    ]
    after = at + timedelta(hours=asked + later)
    alone = clocks_of(payload_of, story[:2], after=at, country=country, instrument="CETS185")["bc29.min"]
    assert alone.legal_due >= at + timedelta(days=60)
    assert clocks_of(payload_of, story, after=after, country=country, instrument="CETS185")["bc29.min"].state == "held"


@settings(deadline=None, max_examples=50)
@given(INSTANTS, COUNTRIES, st.integers(1, 200 * 24), st.integers(-14, 14))
def test_what_listens_ends_when_the_act_says_wherever_it_is_counted(payload_of, at, country, hours, zone):
    end = at + timedelta(hours=hours)
    period = Period(at, end.astimezone(timezone(timedelta(hours=zone))))
    asked = b.DisclosureRequested(
        "real-time-traffic-assistance", scope=(ScopePart("x", (DataCategory.TRAFFIC,), period),)
    )
    for after, state in ((end, "running"), (end + timedelta(seconds=1), "lapsed")):
        found = clocks_of(payload_of, [(asked, at, ())], after=after, country=country, instrument="CETS185")
        assert (found["bc15.sunset"].legal_due, found["bc15.sunset"].state) == (end, state)
