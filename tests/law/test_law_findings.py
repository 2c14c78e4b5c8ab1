"""What the law says about acts, at the side that sends and at the side that receives."""

from datetime import UTC, datetime

import msgspec
import pytest

from comity.acts.bodies import (
    DisclosureDecided,
    DisclosureRequested,
    OrderReasoned,
    PreservationConfirmed,
    PreservationOrdered,
    PreservationRequested,
    ProductionOrdered,
    ProductionValidated,
    RequestRefused,
)
from comity.acts.matters import Condition, DataSought, Offence, PartDecision, ScopePart
from comity.acts.particulars import ProductionParticulars, Validating
from comity.law.answers import blocking
from comity.law.findings import findings
from comity.law.matters import Participant
from comity.law.terms import Severity, Side
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

TREATY, REGULATION = "CETS185", "EU-2023-1543"
DAY = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)


def codes(found):
    return {finding.code for finding in found}


@pytest.fixture
def ask(law, payload_of):
    def asked(body, instrument=TREATY, *, side=Side.SENDING, states=("PT", "DE"), at=DAY, kind=None, **more):
        issuer, *others = states
        return findings(
            law,
            payload_of(body, instrument, at=at),
            side=side,
            issuer=Participant(issuer),
            addressees=tuple(Participant(other, kind) for other in others),
            at=at,
            **more,
        )

    return asked


def test_an_empty_draft_gets_all_its_gaps_at_once_each_with_its_article(ask):
    found = ask(PreservationRequested(measure="expedited-preservation"))
    articles = {finding.code: finding.citation.article for finding in found}
    assert articles == {
        "bc29.authority": "Art 29(2)(a)",
        "bc29.offence": "Art 29(2)(b)",
        "bc29.provisions": "Art 29(2)(b)",
        "bc29.facts": "Art 29(2)(b)",
        "bc29.target": "Art 29(2)(c)",
        "bc29.data": "Art 29(2)(c)",
        "bc29.link": "Art 29(2)(c)",
        "bc29.whereabouts": "Art 29(2)(d)",
        "bc29.necessity": "Art 29(2)(e)",
        "bc29.intention": "Art 29(2)(f)",
    }
    assert codes(found) - codes(blocking(found)) == {"bc29.whereabouts"}


def test_blank_text_is_missing_text(ask, preservation):
    assert codes(ask(msgspec.structs.replace(preservation, necessity=" \n\t"))) == {"bc29.necessity"}


def test_an_offence_outside_the_list_is_not_an_offence(ask, preservation):
    odd = msgspec.structs.replace(preservation, offence=Offence("jaywalking", "Road Code"))
    assert codes(ask(odd)) == {"bc29.offence"}


@pytest.mark.parametrize("side", list(Side))
def test_a_full_request_has_no_findings_on_either_side(ask, preservation, side):
    assert ask(preservation, side=side) == ()


def test_where_the_data_are_can_stand_for_who_holds_them(ask, preservation):
    located = msgspec.structs.replace(preservation, custodian=None, location="a data centre in Frankfurt")
    assert ask(located) == ()


def test_an_act_before_entry_into_force_is_blocked(ask, preservation):
    before = datetime(2004, 6, 30, tzinfo=UTC)
    assert "instrument.not-in-force" in codes(ask(preservation, at=before))


@pytest.mark.parametrize("states", [("IE", "DE"), ("PT", "IE"), ("PT", "RU"), ("ZA", "DE")])
def test_a_state_that_only_signed_or_never_did_is_not_bound(ask, preservation, states):
    (finding,) = ask(preservation, states=states)
    assert finding.code == "bc.parties"
    assert finding.severity is Severity.BLOCKS


def test_a_state_is_bound_from_its_own_entry_into_force(ask, preservation):
    before, after = datetime(2025, 9, 30, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
    assert codes(ask(preservation, states=("PT", "VU"), at=before)) == {"bc.parties"}
    assert ask(preservation, states=("PT", "VU"), at=after) == ()


def test_a_request_within_one_state_is_told_to_be_a_domestic_order(ask, preservation):
    assert codes(ask(preservation, states=("PT", "PT"))) == {"bc.two-states"}


def test_a_custodian_order_does_not_reach_abroad_and_lasts_ninety_days_at_most(ask):
    data = DataSought((Target(TargetKind.EMAIL, "someone@example.org"),), (DataCategory.CONTENT,))
    order = PreservationOrdered(measure="custodian-preservation", data=data, days=91, grounds="logs are overwritten")
    assert codes(ask(order, states=("DE", "PT"))) == {"bc.own-territory", "bc16.days"}
    assert ask(msgspec.structs.replace(order, days=90), states=("DE", "DE")) == ()


def test_an_order_for_no_days_is_no_order(ask):
    data = DataSought((Target(TargetKind.EMAIL, "someone@example.org"),), (DataCategory.CONTENT,))
    order = PreservationOrdered(measure="custodian-preservation", data=data, days=0, grounds="logs are overwritten")
    assert codes(ask(order, states=("DE", "DE"))) == {"bc16.some-days"}


@pytest.mark.parametrize(("until", "wrong"), [((2027, 1, 19), True), ((2027, 1, 20), False), ((2027, 2, 20), False)])
def test_a_confirmation_promises_at_least_sixty_days(ask, until, wrong):
    confirmed = PreservationConfirmed(
        exhibit="0" * 32,
        root="0" * 64,
        items=1,
        size=1,
        effected_at=DAY,
        at_least_until=datetime(*until, 14, 3, tzinfo=UTC),
    )
    found = ask(confirmed, measure="expedited-preservation", states=("DE", "PT"))
    assert codes(found) == ({"bc29.sixty-days"} if wrong else set())


def test_a_refusal_needs_a_ground_of_the_measure_it_refuses(ask, preservation, payload_of):
    opening = payload_of(preservation, TREATY)
    refuse = {"measure": "expedited-preservation", "states": ("DE", "PT"), "opening": opening}
    assert codes(ask(RequestRefused("too-much-work", "no"), **refuse)) == {"bc29.ground"}
    assert codes(ask(RequestRefused("law-of-requested-party", "no"), **refuse)) == {"bc29.ground"}
    assert ask(RequestRefused("political-offence", "it is one"), **refuse) == ()


def test_an_unreserved_party_cannot_refuse_preservation_for_want_of_dual_criminality(ask):
    refusal = RequestRefused("dual-criminality", "no such offence here")
    assert codes(ask(refusal, measure="expedited-preservation", states=("RO", "PT"))) == {"bc29.ground"}


def test_a_refusal_that_fits_several_measures_must_say_which(ask):
    (finding,) = ask(RequestRefused("political-offence", "it is one"))
    assert finding.code == "measure.not-said"


def test_each_refused_part_needs_a_ground_and_reasons_and_granted_parts_do_not(ask):
    parts = (PartDecision("a", granted=True), PartDecision("b", granted=False))
    found = ask(DisclosureDecided(parts), states=("DE", "PT"))
    assert [(finding.code, finding.field) for finding in found] == [
        ("bc31.part-ground", "parts[1].ground"),
        ("bc31.part-reasons", "parts[1].reasons"),
    ]


def test_a_condition_the_instrument_does_not_know_is_found(ask):
    decided = DisclosureDecided((PartDecision("a", granted=True),), (Condition("account-of-use"), Condition("secret")))
    assert [finding.field for finding in ask(decided, states=("DE", "PT"))] == ["conditions[1].code"]


def test_what_rests_on_an_unverified_source_says_so(ask):
    request = DisclosureRequested(
        measure="stored-data-assistance",
        offence=Offence("illegal-access", ""),
        scope=(ScopePart("a", (DataCategory.TRAFFIC,)),),
        necessity="to name the intruder",
        purpose="the investigation",
    )
    doubtful = {finding.code: finding for finding in ask(request) if not finding.verified}
    assert set(doubtful) == {"bc31.facts", "bc31.provisions"}
    assert "unverified" in doubtful["bc31.facts"].gap().citation
    assert not doubtful["bc31.facts"].gap().verified


def test_every_finding_names_the_version_of_the_law(ask, law):
    found = ask(PreservationRequested(measure="expedited-preservation"))
    assert {finding.law for finding in found} == {law.version}


def test_an_unknown_instrument_or_measure_or_a_foreign_act_is_a_finding_not_an_error(ask, preservation):
    assert codes(ask(preservation, "NOWHERE")) == {"instrument.unknown"}
    assert codes(ask(msgspec.structs.replace(preservation, measure="torture"))) == {"measure.unknown"}
    assert codes(ask(msgspec.structs.replace(preservation, measure="production-order"))) == {"measure.other-act"}


# Orders of the Union ------------------------------------------------------------------------------------------------


def test_an_emergency_order_for_subscriber_data_goes_without_validation(ask, emergency):
    assert ask(emergency, REGULATION, approvers=(OfficeKind.POLICE,)) == ()


@pytest.mark.parametrize("category", [DataCategory.TRAFFIC, DataCategory.CONTENT])
@pytest.mark.parametrize("side", list(Side))
def test_without_validation_traffic_and_content_cannot_be_ordered_at_all(ask, emergency, category, side):
    data = msgspec.structs.replace(emergency.data, categories=(DataCategory.SUBSCRIBER, category))
    order = msgspec.structs.replace(emergency, data=data)
    found = ask(order, REGULATION, side=side, approvers=(OfficeKind.POLICE,))
    assert "eu4.unvalidated-data" in codes(blocking(found))


def test_without_validation_everything_the_exception_asks_must_be_there(ask):
    bare = ProductionOrdered(measure="production", issuing_kind=OfficeKind.PROSECUTOR, without_validation=True)
    assert codes(ask(bare, REGULATION)) == {
        "eu4.unvalidated-data",
        "eu4.unvalidated-emergency",
        "eu4.unvalidated-issuer",
        "eu4.unvalidated-reason",
        "eu4.unvalidated-domestic",
        "eu5.authority",
        "eu5.user",
        "eu5.category",
        "eu5.provisions",
    }


def validated(emergency, *categories):
    data = msgspec.structs.replace(emergency.data, categories=categories)
    here = {"offence_here": True, "resident_here": True, "notification_grounds": "registered there"}
    here["particulars"] = ProductionParticulars(validating=Validating(kind=OfficeKind.JUDGE))
    return msgspec.structs.replace(emergency, data=data, without_validation=False, emergency=None, **here)


@pytest.mark.parametrize(
    ("categories", "approver", "missing"),
    [
        ((DataCategory.SUBSCRIBER,), OfficeKind.PROSECUTOR, set()),
        ((DataCategory.SUBSCRIBER,), OfficeKind.POLICE, {"eu4.light"}),
        ((DataCategory.CONTENT,), OfficeKind.PROSECUTOR, {"eu4.strict"}),
        ((DataCategory.CONTENT,), OfficeKind.JUDGE, set()),
        ((DataCategory.SUBSCRIBER, DataCategory.TRAFFIC), OfficeKind.PROSECUTOR, {"eu4.strict"}),
        ((DataCategory.SUBSCRIBER, DataCategory.TRAFFIC), OfficeKind.POLICE, {"eu4.light", "eu4.strict"}),
    ],
)
def test_who_validates_depends_on_each_category(ask, emergency, categories, approver, missing):
    found = ask(validated(emergency, *categories), REGULATION, approvers=(approver,))
    assert codes(found) - {"eu5.time-range"} == missing


def test_an_incompetent_issuer_blocks_the_sender_and_lets_the_addressee_refuse(ask, emergency):
    order = validated(emergency, DataCategory.SUBSCRIBER)
    weights = {
        side: {finding.severity for finding in ask(order, REGULATION, side=side, approvers=(OfficeKind.POLICE,))}
        for side in Side
    }
    assert weights == {Side.SENDING: {Severity.BLOCKS}, Side.RECEIVING: {Severity.REFUSABLE}}


def test_a_validating_authority_of_no_kind_is_asked_for_its_kind_once(ask, emergency):
    order = validated(emergency, DataCategory.CONTENT)
    here = ProductionParticulars(validating=Validating(organisation="The court"))
    found = ask(msgspec.structs.replace(order, particulars=here), REGULATION, approvers=(OfficeKind.JUDGE,))
    (asked,) = [each for each in found if each.code.startswith("eu4.validating-")]
    assert asked.message.startswith("say which kind of authority validated the order")


def test_a_draft_nobody_has_approved_yet_is_not_said_to_be_approved_wrongly(ask, emergency):
    assert ask(validated(emergency, DataCategory.SUBSCRIBER), REGULATION, approvers=None) == ()


def test_content_needs_a_serious_offence_by_penalty_or_by_list(ask, emergency):
    order = validated(emergency, DataCategory.CONTENT)
    petty = msgspec.structs.replace(order, offence=Offence("theft", "Penal Code, theft", 2))
    listed = msgspec.structs.replace(order, offence=Offence("it-2013-40", "Law 109/2009", 2))
    unknown = msgspec.structs.replace(order, offence=Offence("theft", "Penal Code, theft"))
    judged = {"approvers": (OfficeKind.JUDGE,)}
    assert "eu5.threshold" in codes(ask(petty, REGULATION, **judged))
    assert "eu5.threshold" in codes(ask(unknown, REGULATION, **judged))
    assert "eu5.threshold" not in codes(ask(listed, REGULATION, **judged))


def test_an_order_does_not_reach_a_state_that_is_not_bound(ask, emergency):
    (finding,) = ask(emergency, REGULATION, states=("PT", "DK"))
    assert finding.code == "eu.bound"
    assert "DK" in finding.message
    assert not finding.verified


def test_the_grounds_and_the_summary_are_never_shown_to_the_addressee(ask):
    reasons = OrderReasoned("necessary because", "a child is missing")
    hidden = ask(reasons, REGULATION, kind=OfficeKind.PROVIDER_DESK)
    assert codes(hidden) == {"eu9.addressee-view"}
    assert ask(reasons, REGULATION, kind=OfficeKind.CENTRAL_AUTHORITY) == ()


def test_an_order_is_reasoned_in_both_parts(ask):
    assert codes(ask(OrderReasoned("", ""), REGULATION)) == {"eu5.necessity", "eu5.summary"}


@pytest.mark.parametrize("measure", ["production", "preservation"])
def test_police_cannot_validate_what_police_issued(ask, measure):
    validation = ProductionValidated("0" * 64, OfficeKind.POLICE)
    found = ask(validation, REGULATION, approvers=(OfficeKind.POLICE,), measure=measure)
    assert codes(found) == {"eu4.validating-kind", "eu4.light-afterwards"}
