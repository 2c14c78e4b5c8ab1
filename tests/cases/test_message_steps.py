"""Who may send the messages around an order, and when: a consultation, a waiver, a penalty, a third country asked, a controller told."""

import pytest
from tests.cases.conftest import Thread

from comity.acts import bodies as b
from comity.acts import order_bodies as o
from comity.acts.payload import Payload
from comity.cases.parties import entitled
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.procedures import Stage

PT, DE, PROVIDER, STRANGER = "pt", "de", "provider", "xx"
CONSULTATION = o.ConsultationRequested("consultation", ("privilege",), (DataCategory.CONTENT,), "Privileged?", "direct")
ORDERED = b.ProductionOrdered("production", OfficeKind.JUDGE, notified=DE)


class Story(Thread):
    """Acts whose senders are judged too."""

    instrument = "EU-2023-1543"

    def judged(self, payload: Payload) -> Refusal | None:
        return super().judged(payload) or entitled(self.state, payload)


def ordered(me: str) -> tuple[Story, str]:
    """An order of PT to the provider, of which DE is notified."""
    story = Story(me)
    return story, story.add(ORDERED, PT, (PROVIDER, DE))


ABOUT = {
    "waiver": (PT, DE, lambda order: o.WaiverRequested(order, "immunity", "why")),
    "penalty": (DE, PROVIDER, lambda order: o.PenaltyDecided(order, imposed=False, reasons="none was due")),
    "controller": (PROVIDER, PT, lambda order: o.ControllerInformed(order, "Example Shipping")),
}


@pytest.mark.parametrize(("whose", "to", "said"), ABOUT.values(), ids=ABOUT)
def test_a_message_about_an_order_is_one_partys_to_send_and_nobody_elses(whose, to, said) -> None:
    for other in {PT, DE, PROVIDER, STRANGER} - {whose}:
        story, order = ordered(PROVIDER)
        if whose == PROVIDER and other == DE:
            continue  # the order goes to both, and both are its addressees: which office may is for the policies
        assert story.refused(said(order), other, (to,), (order,)) == "not-allowed", other
    story, order = ordered(PROVIDER)
    before = story.state.matters[order].stage
    story.add(said(order), whose, (to,), (order,))
    assert story.state.matters[order].stage is before


@pytest.mark.parametrize(("whose", "to", "said"), ABOUT.values(), ids=ABOUT)
def test_a_message_about_an_order_that_was_never_given_does_not_follow(whose, to, said) -> None:
    story, _ = ordered(PROVIDER)
    assert story.refused(said("9" * 64), whose, (to,), ("9" * 64,)) == "out-of-order"


@pytest.mark.parametrize(("whose", "to", "said"), ABOUT.values(), ids=ABOUT)
def test_a_message_about_an_order_that_was_withdrawn_comes_too_late(whose, to, said) -> None:
    story, order = ordered(PROVIDER)
    story.add(b.ProductionWithdrawn(order, "not needed"), PT, (PROVIDER, DE), (order,))
    assert story.refused(said(order), whose, (to,), (order,)) == "out-of-order"


def test_a_third_country_is_asked_about_an_order_by_a_party_and_by_no_stranger() -> None:
    story, order = ordered(PT)
    asked = o.ThirdCountryAsked(order, "US", "Does it forbid disclosure?")
    assert story.refused(asked, STRANGER, (PT,), (order,)) == "not-allowed"
    story.add(asked, PT, (), (order,))
    assert story.state.matters[order].stage is Stage.ORDERED


def test_a_consultation_comes_before_there_is_an_order_and_is_answered() -> None:
    for me in (PT, DE):
        story = Story(me)
        asked = story.add(CONSULTATION, PT, (DE,))
        assert story.state.matters[asked].stage is Stage.KEPT
        story.add(o.ClarificationGiven(asked, "It is privileged."), DE, (PT,), (asked,))
        assert story.state.matters[asked].stage is Stage.KEPT


def test_a_consultation_is_no_order_nothing_is_produced_refused_or_enforced_on_it() -> None:
    story = Story(DE)
    asked = story.add(CONSULTATION, PT, (DE,))
    for body in (
        o.GroundsRaised(asked, ("privilege",), "all"),
        o.NoGroundRaised(asked),
        o.EnforcementDecided(asked, recognised=True),
        o.PenaltyDecided(asked, imposed=False, reasons="none"),
        o.ControllerInformed(asked, "Example Shipping"),
    ):
        assert story.refused(body, DE, (PT,), (asked,)) == "out-of-order"


def test_a_stranger_answers_no_consultation() -> None:
    story = Story(PT)
    asked = story.add(CONSULTATION, PT, (DE,))
    assert story.refused(o.ClarificationGiven(asked, "no"), STRANGER, (PT,), (asked,)) == "not-allowed"


def test_after_a_consultation_the_order_follows() -> None:
    story = Story(PT)
    asked = story.add(CONSULTATION, PT, (DE,))
    order = story.add(ORDERED, PT, (PROVIDER, DE), (asked,))
    assert story.state.matters[asked].stage is Stage.ORDERED
    assert order != asked
