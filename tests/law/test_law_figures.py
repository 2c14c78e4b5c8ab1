"""Invariant I16 of Regulation 2023/1543: every figure of Article 28 is counted from the acts alone."""

from datetime import timedelta

from tests.law.test_law_invariants import HANDED, LAW, ORDER, REGULATION, START, held, order

from comity.acts.bodies import ExhibitReceived, HoldConfirmed, ProductionWithdrawn
from comity.acts.order_bodies import (
    AuthorityNotified,
    CostsClaimed,
    EnforcementRequested,
    FollowUpConfirmed,
    GroundsRaised,
    RemedyLodged,
)
from comity.cases.state import Direction, FiledAct
from comity.cases.statistics import Span, figures
from comity.vocabulary.categories import DataCategory, EmergencyGround


def test_i16_every_figure_is_counted_from_the_acts_alone(payload_of):
    """Each story is an order and what came of it, at the node that issued or received it."""
    hold = HoldConfirmed("0" * 32, ORDER, 1, 1, 1, START, START)
    taken = ExhibitReceived("0" * 32, f"{1:064x}", ORDER, ORDER, 1, opened=False)
    asked = FollowUpConfirmed(ORDER, "x", "x", START + timedelta(hours=3))
    produce, ours, theirs = order(DataCategory.TRAFFIC), Direction.ISSUED, Direction.RECEIVED
    unvalidated = order(without_validation=True, emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY)
    stories = (
        ((produce, ours), (HANDED, theirs), (taken, ours)),
        ((produce, theirs), (HANDED, ours)),
        ((held(), ours), (hold, theirs), (asked, ours)),
        ((held(), theirs), (hold, ours), (asked, theirs)),
        ((unvalidated, ours), (ProductionWithdrawn(ORDER, "x"), ours)),
        ((produce, ours), (AuthorityNotified("notification", ORDER), ours)),
        ((produce, ours), (GroundsRaised(ORDER, ("immunity",), "all"), theirs)),
        ((produce, ours), (EnforcementRequested("enforcement", ORDER, "x"), ours)),
        ((produce, ours), (RemedyLodged(ORDER, "issuing", START), ours), (CostsClaimed(ORDER, 1, "EUR"), theirs)),
    )
    times = [START + timedelta(hours=hours) for hours in range(3)]

    def filed(number, body, direction):
        re = (ORDER,) if number else ()
        said = payload_of(body, REGULATION, at=times[number], re=re)
        return FiledAct(f"{number:064x}", said, direction, times[number])

    cases = [[filed(number, *act) for number, act in enumerate(story)] for story in stories]
    year = Span(START, START + timedelta(days=1))
    found = {each.id: each for each in figures(LAW.instruments[REGULATION], cases, year, lambda _: "PT")}
    numbers = {key: sum(line.number for line in each.lines) for key, each in found.items()}
    counted = {"ms-a": 7, "ms-b": 1, "ms-c": 7, "ms-d": 2, "ms-e": 1, "ms-f": 1, "ms-g": 1, "ms-i": 1}
    assert numbers == counted | {"ms-h": 1, "ms-j": 1, "sp-a": 2, "sp-b": 2, "sp-c": 1, "sp-d": 1}
    means = {
        key: each.lines[0].mean_seconds for key, each in found.items() if each.lines and each.lines[0].mean_seconds
    }
    assert means == {"ms-e": 7200, "ms-f": 10800, "sp-c": 3600, "sp-d": 10800}
