"""Every kind of act has one row that says all that holds of it, and everything else is read from there."""

import typing

import pytest
from msgspec.structs import replace

from comity.acts import rules
from comity.acts.bodies import AnyBody, NamingOrder, order_of
from comity.acts.body import AboutOrder, Body, UnderMeasure, measure_of
from comity.acts.classes import ActType
from comity.acts.order_bodies import OrderBody
from comity.acts.rules import BY_HAND, NEEDS_APPROVAL, RULES, Basis, Making, Sayer
from comity.cases.transitions import TABLES
from comity.vocabulary.procedures import Procedure, Stage

BODIES = {ActType(str(body.__struct_config__.tag)): body for body in typing.get_args(AnyBody)}


def test_every_kind_of_act_has_exactly_one_row() -> None:
    assert list(RULES) != []
    assert set(RULES) == set(ActType)
    assert all(rule.type is kind for kind, rule in RULES.items())


@pytest.mark.parametrize("kind", list(ActType))
def test_a_kind_of_act_without_a_row_or_with_two_cannot_be_loaded(kind: ActType) -> None:
    rows = tuple(RULES.values())
    with pytest.raises(ValueError, match=kind.value):
        rules._each_once(tuple(row for row in rows if row.type is not kind))
    with pytest.raises(ValueError, match=kind.value):
        rules._each_once((*rows, RULES[kind]))
    with pytest.raises(TypeError):
        RULES[kind] = replace(RULES[kind], in_house=True)  # type: ignore[index]


def test_every_kind_of_act_but_padding_has_a_body() -> None:
    assert set(BODIES) == set(ActType) - {ActType.PADDING}


def test_every_kind_of_act_but_padding_can_follow_somewhere() -> None:
    nowhere = {kind for kind, rule in RULES.items() if rule.opens is None and not rule.follows}
    assert nowhere == {ActType.PADDING}


def test_no_act_leads_from_one_stage_to_two() -> None:
    for rule in RULES.values():
        places = [(move.procedure, move.at) for move in rule.follows]
        assert len(places) == len(set(places)), rule.type


def test_every_procedure_has_a_table_and_every_stage_in_it_can_be_reached() -> None:
    assert set(TABLES) == set(Procedure)
    for procedure, table in TABLES.items():
        first = {rule.opens.stage for rule in RULES.values() if rule.opens and rule.opens.procedure is procedure}
        reached = first | {stage for row in table.values() for stage in row.values()}
        assert set(table) <= reached


def test_no_stage_is_a_stage_of_nothing() -> None:
    opened = {rule.opens.stage for rule in RULES.values() if rule.opens}
    assert opened | {move.to for rule in RULES.values() for move in rule.follows} == set(Stage)


def test_what_is_approved_goes_to_somebody_or_is_prepared_by_a_step_for_the_node_itself() -> None:
    for kind in NEEDS_APPROVAL:
        assert RULES[kind].making in (Making.APPROVED, Making.PREPARED)
        assert (RULES[kind].sayer is Sayer.ITSELF) == (RULES[kind].making is Making.PREPARED)


def test_only_acts_of_the_node_itself_stand_in_its_house_and_rest_on_no_law() -> None:
    for rule in RULES.values():
        if rule.in_house:
            assert (rule.making, rule.basis) == (Making.BY_STEP, Basis.NODE)
        # No instrument speaks of redaction, and a court may say what it decided of one all the same.
        if rule.type in BY_HAND - {ActType.LIFTING_DECIDED}:
            assert rule.basis is Basis.INSTRUMENT, rule.type


def test_what_only_the_issuer_of_an_order_says_names_the_order() -> None:
    for kind, rule in RULES.items():
        if rule.sayer is Sayer.ISSUER:
            assert issubclass(BODIES[kind], AboutOrder), kind


def test_every_act_about_an_order_is_its_issuers_or_its_addressees_or_says_why_not() -> None:
    anyones = {
        # Who tells an authority of an order or asks it to enforce, a third State's court, the office that informs a person:
        # none of them need be party to the order, so who they are is for the law and the access policies.
        *("authority-notified", "enforcement-requested"),
        *("court-review-requested", "court-review-decided", "person-informed", "information-delayed", "use-restricted"),
        *("clarification-given", "alternative-means-recorded"),
        # Before an order there is none to be party to; of a third country's law the court asks that reviews.
        *("consultation-requested", "third-country-asked"),
        # Remedies are lodged in two States, and each records its own.
        "remedy-lodged",
    }
    kinds = {ActType(str(body.__struct_config__.tag)) for body in typing.get_args(OrderBody)}
    assert {kind.value for kind in kinds if RULES[kind].sayer is Sayer.PARTY} == anyones


def test_a_body_that_names_its_measure_is_found_by_it_and_no_other_is() -> None:
    for kind, body in BODIES.items():
        assert issubclass(body, UnderMeasure) == ("measure" in body.__struct_fields__), kind
    assert measure_of(BODIES[ActType.AUTHORITY_NOTIFIED]("notification", "0" * 64)) == "notification"
    assert measure_of(BODIES[ActType.NO_GROUND_RAISED]("0" * 64)) is None


def test_a_body_that_names_an_order_is_found_by_it_and_no_other_is() -> None:
    for kind, body in BODIES.items():
        assert issubclass(body, NamingOrder) == ("order" in body.__struct_fields__), kind
    assert order_of(BODIES[ActType.NO_GROUND_RAISED]("0" * 64)) == "0" * 64
    assert order_of(BODIES[ActType.AUTHORITY_NOTIFIED]("notification", "1" * 64)) == "1" * 64
    assert order_of(BODIES[ActType.CASE_CLOSED]("done")) is None


def test_the_acts_that_go_along_are_read_from_every_body_that_can_name_some() -> None:
    naming = {kind for kind, body in BODIES.items() if "encloses" in body.__struct_fields__}
    assert naming == {ActType.PRESERVATION_CONFIRMED, ActType.EXHIBIT_HANDED_OVER}


def test_every_body_is_a_body() -> None:
    assert all(issubclass(body, Body) for body in BODIES.values())
