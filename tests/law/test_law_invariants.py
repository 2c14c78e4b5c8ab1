"""The invariants I1 to I18 of Regulation (EU) 2023/1543, as far as acts and law can express them.

I4 on what a form shows is also the business of forms. I16 stands in `test_law_figures`, its cases one by one with the counting
(`tests/cases`).
"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.bodies import (
    ExhibitHandedOver,
    PreservationOrdered,
    ProductionOrdered,
    ProductionValidated,
    ProductionWithdrawn,
)
from comity.acts.classes import ActType
from comity.acts.matters import (
    Condition,
    Contact,
    DataSought,
    LawConflict,
    NonExecution,
    Offence,
    RequestedItem,
    StoredObject,
)
from comity.acts.order_bodies import (
    AlternativeMeansRecorded,
    AuthorityNotified,
    ClarificationGiven,
    CourtReviewDecided,
    FollowUpConfirmed,
    GroundsRaised,
    InformationDelayed,
    NoGroundRaised,
    NonExecutionStated,
    OrderReviewed,
    PersonInformed,
    PreservationExtended,
    UseRestricted,
)
from comity.law.calendars import Calendar, no_holidays
from comity.law.clocks import clocks, one_way
from comity.law.findings import findings
from comity.law.grounds import check_ground
from comity.law.history import past_act
from comity.law.marks import marks
from comity.law.matters import Participant
from comity.law.packaged import packaged_law
from comity.law.standstill import standstill
from comity.law.terms import Severity, Side
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

REGULATION = "EU-2023-1543"
LAW = packaged_law()
NOWHERE = Calendar("UTC", no_holidays, "none")
PLACE = one_way(NOWHERE, NOWHERE)
START = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)  # a Monday
PHONE, MAIL = Target(TargetKind.PHONE, "351910000000"), Target(TargetKind.EMAIL, "someone@example.org")
STRICT = {DataCategory.TRAFFIC, DataCategory.CONTENT}
ORDER = "0" * 64
LETTER = "non-execution-stated"


def order(*categories, **more):
    said = {
        "measure": "production",
        "issuing_kind": OfficeKind.JUDGE,
        "issuing": Contact("Court", "judge", "Judge Marques"),
        "data": DataSought((PHONE, MAIL), categories),
        "offence": Offence("kidnapping", "Penal Code", 8),
        **more,
    }
    return ProductionOrdered(**said)


def held(**more):
    said = {
        "measure": "preservation",
        "data": DataSought((PHONE,), (DataCategory.CONTENT,)),
        "days": 60,
        "grounds": "x",
    }
    return PreservationOrdered(
        **{**said, "issuing": Contact("Court", "judge", "M"), "offence": Offence("k", "Code"), **more}
    )


@pytest.fixture(scope="session")
def codes(payload_of):
    def ask(body, *, side=Side.SENDING, **more):
        found = findings(
            LAW,
            payload_of(body, REGULATION),
            side=side,
            issuer=Participant("PT"),
            addressees=(Participant("DE", more.pop("kind", None)),),
            at=START,
            **more,
        )
        return {finding.code for finding in found if finding.severity is not Severity.ADVISES}

    return ask


@pytest.fixture(scope="session")
def states(payload_of):
    """The clocks of a story: (body, days after the start, numbers of the acts answered)."""

    def run(*story, after):
        history = [
            past_act(
                LAW,
                f"{number:064x}",
                payload_of(body, REGULATION, at=START + timedelta(days=days), re=tuple(f"{n:064x}" for n in answers)),
                received_at=START + timedelta(days=days),
            )
            for number, (body, days, answers) in enumerate(story)
        ]
        found = clocks(LAW, history, at=START + timedelta(days=after), calendars=PLACE)
        return {state.id: state for state in found}

    return run


def followed(measure, act):
    """What the law says follows on such an act under the measure, besides the clocks it starts."""
    return {row.code for row in LAW.measure(REGULATION, measure).effects if row.act is act}


HANDED = ExhibitHandedOver("0" * 32, "0" * 32, ORDER, 1, 1, StoredObject(ORDER, 1), (), (), "", ORDER)
DOUBTS = NonExecutionStated(ORDER, (NonExecution("incomplete"),), information_needed="which line?")


@pytest.mark.parametrize("category", sorted(STRICT))
def test_i1_a_prosecutor_alone_orders_no_strict_data_and_may_have_them_preserved(codes, category):
    assert "eu4.strict" in codes(order(category, notified="de"), approvers=(OfficeKind.PROSECUTOR,))
    assert codes(held(data=DataSought((PHONE,), (category,))), approvers=(OfficeKind.PROSECUTOR,)) == set()


@settings(deadline=None, max_examples=50)
@given(st.sets(st.sampled_from(sorted(DataCategory)), min_size=1), st.sampled_from(sorted(OfficeKind)))
def test_i2_no_unvalidated_order_for_strict_data_whoever_approves(codes, categories, office):
    unvalidated = order(
        *sorted(categories),
        without_validation=True,
        emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY,
        emergency_reasons="x",
        validation_unobtainable="x",
        domestic_equivalent="x",
        issuing_kind=OfficeKind.POLICE,
        notified="de",
    )
    assert ("eu4.unvalidated-data" in codes(unvalidated, approvers=(office,))) is bool(categories & STRICT)


def test_i3_an_order_never_validated_is_withdrawn_its_data_dealt_with_and_counted(states):
    unvalidated = order(
        DataCategory.SUBSCRIBER, without_validation=True, emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY
    )
    missed = states((unvalidated, 0, ()), after=3)["tl-08"]
    assert (missed.state, missed.consequence) == ("lapsed", "withdraw-and-delete")
    assert followed("production", ActType.PRODUCTION_WITHDRAWN) == {"delete-or-restrict"}
    assert "without-validation" in marks(LAW, REGULATION, unvalidated, at=START)


UNVALIDATED = {
    "without_validation": True,
    "emergency": EmergencyGround.CRITICAL_INFRASTRUCTURE,
    "validation_unobtainable": "x",
    "domestic_equivalent": "x",
    "issuing_kind": OfficeKind.POLICE,
}


@pytest.mark.parametrize("category", sorted(DataCategory))
def test_any_preservation_order_can_go_without_prior_validation_in_an_emergency(codes, category):
    data = DataSought((PHONE,), (category,))
    assert codes(held(data=data, **UNVALIDATED), approvers=(OfficeKind.POLICE,)) == set()
    assert "eu4.preservation" in codes(held(data=data), approvers=(OfficeKind.POLICE,))


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("emergency", "eu4.unvalidated-emergency"),
        ("validation_unobtainable", "eu4.unvalidated-reason"),
        ("domestic_equivalent", "eu4.unvalidated-domestic"),
        ("issuing_kind", "eu4.unvalidated-issuer"),
    ],
)
def test_a_preservation_order_without_prior_validation_says_what_allows_it(codes, left_out, missing):
    said = {name: value for name, value in UNVALIDATED.items() if name != left_out}
    assert codes(held(**said), approvers=(OfficeKind.POLICE,)) == {missing}
    for office in (OfficeKind.JUDGE, OfficeKind.PROSECUTOR):
        assert "eu4.unvalidated-issuer" in codes(held(**{**UNVALIDATED, "issuing_kind": office}))


def test_i3_a_preservation_order_never_validated_is_withdrawn_and_counted_and_a_validated_one_is_not(states):
    unvalidated = held(**UNVALIDATED)
    missed = states((unvalidated, 0, ()), after=3)["tl-08"]
    assert (missed.state, missed.consequence) == ("lapsed", "withdraw-and-delete")
    validated = (ProductionValidated(ORDER, OfficeKind.PROSECUTOR), 1, (0,))
    assert states((unvalidated, 0, ()), validated, after=3)["tl-08"].state == "met"
    withdrawn = (ProductionWithdrawn(ORDER, "withdraw-and-delete"), 3, (0,))
    assert states((unvalidated, 0, ()), withdrawn, after=4)["tl-16"].state == "ended"
    assert marks(LAW, REGULATION, unvalidated, at=START) == ("emergency", "without-validation")
    assert marks(LAW, REGULATION, held(), at=START) == ()
    assert "tl-08" not in states((held(), 0, ()), after=3)
    assert followed("preservation", ActType.PRODUCTION_WITHDRAWN) == {"delete-or-restrict"}


def test_i4_what_only_authorities_may_see_is_in_no_act_for_the_addressee(codes):
    secret = {"necessity", "summary", "listed_offence"}
    assert secret & set(ProductionOrdered.__struct_fields__) == set()
    notice = AuthorityNotified("notification", ORDER, "necessary", "summary", facts="facts")
    assert codes(notice) == set()
    assert "eu9.notice-view" in codes(notice, kind=OfficeKind.PROVIDER_DESK)
    (withheld,) = LAW.measure(REGULATION, "notification").by_act[ActType.AUTHORITY_NOTIFIED].withheld
    assert OfficeKind.PROVIDER_DESK in withheld.rule.hidden_from
    assert secret <= set(withheld.rule.fields)
    assert {"eu8.necessity", "eu8.summary"} <= codes(AuthorityNotified("notification", ORDER))


@settings(deadline=None, max_examples=50)
@given(st.sets(st.sampled_from(sorted(DataCategory)), min_size=1), st.booleans(), st.booleans(), st.booleans())
def test_i5_notification_is_wanted_exactly_for_strict_data_without_both_links(
    codes, categories, offence_here, resident_here, notified
):
    body = order(
        *sorted(categories),
        offence_here=offence_here,
        resident_here=resident_here,
        notified="de" if notified else None,
    )
    wanted = bool(categories & STRICT) and not (offence_here and resident_here)
    asked = {code for code in codes(body) if code.startswith("eu8.notify")}
    assert bool(asked) is (wanted and not notified)
    assert len(asked) <= 1


def test_i6_a_notified_order_waits_for_ten_days_unless_no_ground_is_raised(states):
    notified = order(DataCategory.TRAFFIC, notified="de")
    assert states((notified, 0, ()), after=9)["tl-03"].state == "running"
    assert states((notified, 0, ()), (NoGroundRaised(ORDER), 2, (0,)), after=3)["tl-03"].state == "ended"
    refused = GroundsRaised(ORDER, ("ne-bis-in-idem",), "all")
    found = states((notified, 0, ()), (refused, 2, (0,)), after=60)
    assert (found["tl-03"].state, found["tl-03-transmit"].state) == ("held", "ended")


def kept_from(found, act=ActType.EXHIBIT_HANDED_OVER):
    """What forbids such an act, of these clocks."""
    return {each.code for each in standstill(found.values(), act, Side.SENDING)}


def test_i6_nothing_is_handed_over_nor_looked_at_before_the_notified_authoritys_time_is_over(states):
    notified = order(DataCategory.TRAFFIC, notified="de")
    for act in (ActType.EXHIBIT_HANDED_OVER, ActType.ITEM_OPENED):
        assert kept_from(states((notified, 0, ()), after=0), act) == {"tl-03"}
        assert kept_from(states((notified, 0, ()), after=9), act) == {"tl-03"}
        assert kept_from(states((notified, 0, ()), after=11), act) == set()
        assert kept_from(states((notified, 0, ()), (NoGroundRaised(ORDER), 2, (0,)), after=3), act) == set()
    assert kept_from(states((order(DataCategory.SUBSCRIBER), 0, ()), after=0)) == set()


@pytest.mark.parametrize("extent", ["all", "partial"])
@pytest.mark.parametrize("emergency", [None, EmergencyGround.LIFE_INTEGRITY_SAFETY])
def test_i6_and_i7_grounds_stop_what_was_not_handed_over_and_close_what_was_until_the_order_is_adapted(
    states, emergency, extent
):
    ordered = order(DataCategory.TRAFFIC, notified="de", emergency=emergency)
    refused = GroundsRaised(ORDER, ("ne-bis-in-idem",), extent, items=("first",))
    story = [(ordered, 0, ()), (refused, 2, (0,))]
    for act in (ActType.EXHIBIT_HANDED_OVER, ActType.ITEM_OPENED):
        assert "tl-23-stop" in kept_from(states(*story, after=400), act)
    maintained = (OrderReviewed(ORDER, "maintained"), 3, (1,))
    assert "tl-23-stop" in kept_from(states(*story, maintained, after=400))
    adapted = (OrderReviewed(ORDER, "adapted"), 3, (1,))
    assert "tl-23-stop" not in kept_from(states(*story, adapted, after=400))


def test_i7_in_an_emergency_the_notice_keeps_nothing_back(states):
    urgent = order(DataCategory.TRAFFIC, notified="de", emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY)
    for after in (0, 1, 5):
        assert kept_from(states((urgent, 0, ()), after=after)) == set()


def test_i7_conditions_keep_the_data_closed_until_the_issuing_authority_bound_itself_to_them(states):
    urgent = order(DataCategory.TRAFFIC, notified="de", emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY)
    set_late = GroundsRaised(ORDER, ("ne-bis-in-idem",), "conditions", conditions=(Condition("own", "not for tax"),))
    bound = UseRestricted(ORDER, "0" * 32, "conditions", (Condition("own", "not for tax"),))
    story = [(urgent, 0, ()), (HANDED, 0, (0,)), (set_late, 2, (0,))]
    assert kept_from(states(*story, after=50), ActType.ITEM_OPENED) == {"tl-07-follow"}
    assert kept_from(states(*story, (bound, 3, (0,)), after=50), ActType.ITEM_OPENED) == set()


def test_use_is_bound_to_conditions_that_are_stated_and_to_none_where_there_is_no_use(codes):
    condition = (Condition("own", "not for tax"),)
    assert codes(UseRestricted(ORDER, "0" * 32, "conditions", condition), measure="production") == set()
    assert codes(UseRestricted(ORDER, "0" * 32, "conditions"), measure="production") == {"eu10.use-conditions"}
    assert codes(UseRestricted(ORDER, "0" * 32, "deleted", condition), measure="production") == {
        "eu10.use-no-conditions"
    }


@pytest.mark.parametrize(("reason", "stops"), [("third-country-conflict", True), ("not-stored", False)])
def test_i11_an_objection_for_a_conflicting_law_stops_the_hand_over_until_a_court_upheld_the_order(
    states, reason, stops
):
    stated = NonExecutionStated(ORDER, (NonExecution(reason),))
    story = [(order(DataCategory.SUBSCRIBER), 0, ()), (stated, 2, (0,))]
    assert ("tl-31-stop" in kept_from(states(*story, after=50))) is stops
    for upheld in (True, False):
        decided = (CourtReviewDecided(ORDER, upheld=upheld), 9, (1,))
        assert ("tl-31-stop" in kept_from(states(*story, decided, after=50))) is (stops and not upheld)


def test_doubts_about_a_notified_order_keep_its_data_back_until_it_is_clarified(states):
    story = [(order(DataCategory.TRAFFIC, notified="de"), 0, ()), (DOUBTS, 2, (0,))]
    assert kept_from(states(*story, after=50)) == {"tl-03"}
    clarified = (ClarificationGiven(ORDER, "this line"), 20, (1,))
    assert kept_from(states(*story, clarified, after=21)) == {"tl-03"}
    assert kept_from(states(*story, clarified, after=60)) == set()


@pytest.mark.parametrize("code", ["incomplete", "manifest-errors", "insufficient-information"])
def test_doubts_about_one_item_keep_it_back_when_the_wait_is_over_until_it_is_clarified(states, code):
    doubts = NonExecutionStated(ORDER, (NonExecution(code, ("mails",)),), information_needed="which line?")
    story = [(order(DataCategory.TRAFFIC, notified="de"), 0, ()), (doubts, 2, (0,))]
    assert kept_from(states(*story, after=50)) == {"tl-10-stop"}
    clarified = (ClarificationGiven(ORDER, "this line"), 20, (1,))
    assert kept_from(states(*story, clarified, after=50)) == set()


@pytest.mark.parametrize("about_one", ["manifest-errors", "third-country-conflict"])
def test_doubts_about_all_of_an_order_stay_such_whatever_is_said_of_one_item_besides(states, about_one):
    doubts = NonExecutionStated(ORDER, (NonExecution("incomplete"), NonExecution(about_one, ("mails",))))
    story = [(order(DataCategory.TRAFFIC, notified="de"), 0, ()), (doubts, 2, (0,))]
    assert "tl-03" in kept_from(states(*story, after=50))


def test_i7_in_an_emergency_nothing_waits_and_an_objection_afterwards_is_acted_on(states, codes):
    urgent = order(DataCategory.TRAFFIC, notified="de", emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY)
    assert "tl-03" not in states((urgent, 0, ()), after=0)
    assert "delete-restrict-or-follow" in followed("production", ActType.GROUNDS_RAISED)
    assert codes(UseRestricted(ORDER, "0" * 32, "deleted"), measure="production") == set()
    assert "eu10.use-restricted" in codes(UseRestricted(ORDER, "0" * 32, "framed"), measure="production")


@settings(deadline=None, max_examples=50)
@given(st.integers(6, 400))
def test_i8_silence_never_closes_a_production_order_and_frees_from_a_preservation_order(states, days):
    produced = states((order(DataCategory.SUBSCRIBER), 0, ()), (DOUBTS, 1, (0,)), after=1 + days)
    assert produced["tl-02"].state == "suspended"
    if days > 7:
        assert produced["tl-10"].consequence == "stays-suspended"
        freed = states((held(), 0, ()), (DOUBTS, 1, (0,)), after=1 + days)["tl-21"]
        assert (freed.state, freed.consequence) == ("lapsed", "exempt-from-preserving")


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 100), st.integers(1, 100))
def test_i9_a_hold_ends_after_sixty_days_thirty_more_or_never_as_acts_in_time_say(states, extended, confirmed):
    extension = (PreservationExtended(ORDER), extended, (0,))
    follow_up = (FollowUpConfirmed(ORDER, "EPOC", "1/26", START), confirmed, (0,))
    found = states((held(), 0, ()), *sorted((extension, follow_up), key=lambda act: act[1]), after=150)["tl-16"]
    plain = states((held(), 0, ()), after=1)["tl-16"].legal_due
    longer = states((held(), 0, ()), (PreservationExtended(ORDER), 1, (0,)), after=2)["tl-16"].legal_due
    limit = longer if START + timedelta(days=extended) <= plain else plain
    in_time = START + timedelta(days=confirmed) <= (limit if extended <= confirmed else plain)
    assert found.state == ("held" if in_time else "passed")


def test_i10_doubts_about_one_item_leave_the_others_running(states):
    items = (
        RequestedItem("who", PHONE, (DataCategory.SUBSCRIBER,)),
        RequestedItem("mail", MAIL, (DataCategory.SUBSCRIBER,)),
    )
    gone = NonExecutionStated(ORDER, (NonExecution("not-stored", ("mail",)),))
    found = states((order(DataCategory.SUBSCRIBER, items=items), 0, ()), (gone, 1, (0,)), after=2)
    assert found["tl-02"].state == "running"


def test_i10_an_item_beyond_the_order_is_no_order():
    with pytest.raises(ValueError, match="the order as a whole"):
        order(DataCategory.SUBSCRIBER, items=(RequestedItem("mail", MAIL, (DataCategory.CONTENT,)),))


def test_i11_an_objection_from_a_third_law_suspends_execution_and_keeps_the_data(states, codes):
    conflict = LawConflict("US", "a statute", "section 1", why_conflict="it forbids it")
    objection = NonExecutionStated(ORDER, (NonExecution("third-country-conflict"),), conflict=conflict)
    found = states((order(DataCategory.SUBSCRIBER), 0, ()), (objection, 5, (0,)), after=30)
    assert [found[name].state for name in ("tl-02", "tl-30", "tl-14")] == ["suspended", "met", "running"]
    lifted = CourtReviewDecided(ORDER, upheld=False)
    ended = states((order(DataCategory.SUBSCRIBER), 0, ()), (objection, 5, (0,)), (lifted, 20, (1,)), after=30)
    assert ended["tl-02"].state == "ended"
    late = states((order(DataCategory.SUBSCRIBER), 0, ()), after=30)["tl-30"]
    assert (late.state, late.consequence) == ("passed", "objection-inadmissible")
    only_place = msgspec.structs.replace(objection, conflict=msgspec.structs.replace(conflict, storage_place_only=True))
    assert "eu17.more-than-place" in codes(only_place, measure="production")
    assert codes(objection, measure="production") == set()


@pytest.mark.parametrize("left_out", ["sender", "recipient", "file_name"])
def test_i12_other_means_are_recorded_with_every_field(codes, left_out):
    record = AlternativeMeansRecorded(START, "pt", "de", "part-1.zip", 10, "technical-limit-size")
    assert codes(record, measure="alternative-means") == set()
    assert codes(msgspec.structs.replace(record, **{left_out: ""}), measure="alternative-means") != set()
    assert codes(msgspec.structs.replace(record, reason="habit"), measure="alternative-means") == {"eu19.reason"}


@pytest.mark.parametrize("grade", ["advanced", "technical", "none"])
def test_i13_a_lower_grade_than_qualified_is_a_finding_on_both_sides(codes, grade):
    judged = {"approvers": (OfficeKind.JUDGE,)}
    for side in Side:
        for body in (order(DataCategory.SUBSCRIBER), held()):
            assert codes(body, side=side, facts={"signature-grade": grade}, **judged) != set()
            assert codes(body, side=side, facts={"signature-grade": "qualified"}, **judged) == set()


def test_i14_the_duty_to_inform_is_open_from_production_until_informed_or_put_off_with_a_day(states):
    story = [(order(DataCategory.SUBSCRIBER), 0, ()), (HANDED, 2, (0,))]
    assert states(*story, after=400)["tl-25"].state == "running"
    delayed = InformationDelayed(ORDER, ("obstruct",), "accomplices", 30)
    put_off = states(*story, (delayed, 3, (0,)), after=10)
    assert (put_off["tl-25"].state, put_off["tl-25-review"].state) == ("suspended", "running")
    assert states(*story, (delayed, 3, (0,)), after=60)["tl-25-review"].state == "lapsed"
    assert states(*story, (PersonInformed(ORDER, "court"), 5, (0,)), after=60)["tl-25"].state == "met"


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(["", "l01", "l16"]), st.sampled_from([None, 1, 2, 3, 10]))
def test_i15_no_dual_criminality_where_a_listed_category_has_three_years(payload_of, listed, years):
    notice = AuthorityNotified("notification", ORDER, "x", "y", listed_offence=listed, max_penalty_years=years)
    found = check_ground(
        LAW,
        REGULATION,
        "notification",
        "no-dual-criminality",
        country="DE",
        at=START,
        opening=payload_of(notice, REGULATION),
    )
    assert (found is not None) is (bool(listed) and (years or 0) >= 3)


def test_i17_a_processor_is_addressed_for_a_reason_and_with_a_decision_on_the_controller(codes):
    assert codes(order(DataCategory.SUBSCRIBER, to_processor=True)) == {"eu5.processor-reason", "eu5.controller-told"}
    told = order(DataCategory.SUBSCRIBER, to_processor=True, processor_reason="detrimental", controller_informed=True)
    assert codes(told) == set()


def test_i18_data_of_a_public_authority_elsewhere_are_neither_ordered_nor_preserved(codes):
    assert codes(order(DataCategory.SUBSCRIBER, for_public_authority=True)) == {"eu5.public-authority"}
    assert codes(held(for_public_authority=True)) == {"eu6.public-authority"}
    for body in (order(DataCategory.SUBSCRIBER), held()):
        here = msgspec.structs.replace(body, for_public_authority=True, public_authority_here=True)
        assert codes(here) == set()


def test_a_clarified_order_runs_on_and_never_for_less_time(states):
    plain = states((order(DataCategory.SUBSCRIBER), 0, ()), after=1)["tl-02"]
    clarified = (ClarificationGiven(ORDER, "the last digit is 7"), 4, (1,))
    again = states((order(DataCategory.SUBSCRIBER), 0, ()), (DOUBTS, 1, (0,)), clarified, after=5)["tl-02"]
    assert again.state == "running"
    assert again.legal_due >= plain.legal_due + timedelta(days=2)
