"""The figures of a year, counted from acts: each from a small case whose count anybody can check, and all of them added up."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts import order_bodies as o
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import Condition, DataSought, Portion, StoredObject
from comity.acts.paper_bodies import PaperAnswerRecorded
from comity.acts.payload import Payload, type_of
from comity.cases.state import Direction, FiledAct
from comity.cases.statistics import Line, Span, Tally, figures
from comity.law.packaged import packaged_law
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind

REGULATION = packaged_law().instruments["EU-2023-1543"]
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
START = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
ISSUED, RECEIVED, ENCLOSED = Direction.ISSUED, Direction.RECEIVED, Direction.ENCLOSED
EPOC, EPOC_PR = ActType.PRODUCTION_ORDERED, ActType.PRESERVATION_ORDERED
TRAFFIC, SUBSCRIBER = DataCategory.TRAFFIC, DataCategory.SUBSCRIBER
PHONE = Target(TargetKind.PHONE, "351910000000")
LIFE = EmergencyGround.LIFE_INTEGRITY_SAFETY
NOTHING = "0" * 32
HOUR = 3600


def ident(number):
    return f"{number:064x}"


def said(number, body, direction, *, hours=0, late=0, re=(), issuer="pt", to=("provider",), instrument="EU-2023-1543"):
    """An act with that number, so many hours after the start, and filed `late` hours after that."""
    payload = Payload(
        v=1,
        issuer=issuer,
        to=to,
        case=NOTHING,
        nonce=NOTHING,
        at=START + timedelta(hours=hours),
        directory=1,
        re=tuple(map(ident, re)),
        act=ActClass(type_of(body), instrument, Urgency.ORDINARY),
        seals=("EdDSA",),
        author=None,
        body=body,
    )
    return FiledAct(ident(number), payload, direction, START + timedelta(hours=hours + late))


def production(*categories, **more):
    return b.ProductionOrdered(
        measure="production", issuing_kind=OfficeKind.JUDGE, data=DataSought((PHONE,), categories), **more
    )


def preservation(*categories, **more):
    return b.PreservationOrdered(
        measure="preservation", data=DataSought((PHONE,), categories), days=60, grounds="x", **more
    )


def handed_over(order, portion=None):
    stored = StoredObject(ident(0), 1)
    return b.ExhibitHandedOver(NOTHING, NOTHING, ident(0), 1, 1, stored, (), (), "", ident(order), portion=portion)


def received(hand_over):
    return b.ExhibitReceived(NOTHING, ident(hand_over), ident(0), ident(0), 1, opened=False)


HELD = b.HoldConfirmed(NOTHING, ident(0), 1, 1, 1, START, START + timedelta(days=60))
PAPER = PaperAnswerRecorded(
    ident(1), "provider", ActType.HOLD_CONFIRMED, "EU-2023-1543", START, ident(0), 1, NOTHING, effected_at=START
)
UNVALIDATED = production(SUBSCRIBER, without_validation=True, emergency=LIFE)
ENFORCE = o.EnforcementRequested(measure="enforcement", order=ident(1), reasons="x")
NOTICE = o.AuthorityNotified(measure="notification", order=ident(1))


CLAIMED = o.CostsClaimed(ident(1), 3750, "EUR")
PAID = o.CostsReimbursed(ident(1), 3000, "EUR")


def lodged(state, hours=0):
    return o.RemedyLodged(ident(1), state, START + timedelta(hours=hours))


def follow_up(hours):
    return o.FollowUpConfirmed(ident(1), "CETS185", "x", START + timedelta(hours=hours))


def counted(*cases, year=YEAR):
    """The lines of every figure, without empty ones."""
    found = figures(REGULATION, cases, year, lambda authority: {"pt": "PT"}.get(authority, ""))
    return {figure.id: figure.lines for figure in found if figure.lines}


def by(order, **more):
    """A line as the split by data, addressee and emergency has it."""
    whole = {"data": (SUBSCRIBER,), "addressees": ("provider",), "emergency": False}
    return lambda tally, number=1, **also: Line(tally, number, order=order, **{**whole, **more, **also})


def at_provider(order, **more):
    return by(order, addressees=None, issuing_state="PT", **more)


EPOC_LINE, PR_LINE = by(EPOC), by(EPOC_PR)
URGENT = by(EPOC, emergency=True)

CASES = {
    "an order is issued and not fulfilled": (
        [said(1, production(SUBSCRIBER), ISSUED)],
        {"ms-a": (EPOC_LINE(Tally.ISSUED),), "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED),)},
    ),
    "two kinds of data in one order are one order": (
        [said(1, production(TRAFFIC, SUBSCRIBER), ISSUED)],
        {
            "ms-a": (EPOC_LINE(Tally.ISSUED, data=(SUBSCRIBER, TRAFFIC)),),
            "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED, data=(SUBSCRIBER, TRAFFIC)),),
        },
    ),
    "what another instrument orders is not counted": (
        [said(1, production(SUBSCRIBER), ISSUED, instrument="CETS185")],
        {},
    ),
    "what is enclosed in the acts of others is not counted": ([said(1, production(SUBSCRIBER), ENCLOSED)], {}),
    "an order of another year is not counted, whenever it is fulfilled": (
        [said(1, preservation(SUBSCRIBER), ISSUED, hours=-24 * 365), said(2, HELD, RECEIVED, re=(1,))],
        {},
    ),
    "data are obtained when the last hand-over was taken over": (
        [
            said(1, production(SUBSCRIBER), ISSUED),
            said(2, handed_over(1, Portion(1, ("a",), 0, 3)), RECEIVED, hours=5),
            said(3, received(2), ISSUED, hours=6),
            said(4, handed_over(1, Portion(2, ("b",), 3, 0)), RECEIVED, hours=20),
            said(5, received(4), ISSUED, hours=24),
        ],
        {
            "ms-a": (EPOC_LINE(Tally.ISSUED),),
            "ms-c": (EPOC_LINE(Tally.FULFILLED),),
            "ms-e": (EPOC_LINE(Tally.FULFILLED, mean_seconds=24.0 * HOUR),),
        },
    ),
    "a hand-over that is not taken over fulfils nothing": (
        [said(1, production(SUBSCRIBER), ISSUED), said(2, handed_over(1), RECEIVED, hours=5)],
        {"ms-a": (EPOC_LINE(Tally.ISSUED),), "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED),)},
    ),
    "a preservation is followed up": (
        [
            said(1, preservation(SUBSCRIBER), ISSUED),
            said(2, HELD, RECEIVED, hours=1, re=(1,)),
            said(3, follow_up(72), ISSUED, hours=100),
        ],
        {
            "ms-a": (PR_LINE(Tally.ISSUED),),
            "ms-c": (PR_LINE(Tally.FULFILLED),),
            "ms-f": (PR_LINE(Tally.FULFILLED, emergency=None, mean_seconds=72.0 * HOUR),),
        },
    ),
    "a preservation that is not held is followed up without being fulfilled": (
        [said(1, preservation(SUBSCRIBER), ISSUED), said(3, follow_up(72), ISSUED, hours=100)],
        {"ms-a": (PR_LINE(Tally.ISSUED),), "ms-c": (PR_LINE(Tally.NOT_FULFILLED),)},
    ),
    "a preservation is fulfilled on paper": (
        [said(1, preservation(SUBSCRIBER), ISSUED), said(2, PAPER, ISSUED, hours=1, re=(1,), instrument="node")],
        {"ms-a": (PR_LINE(Tally.ISSUED),), "ms-c": (PR_LINE(Tally.FULFILLED),)},
    ),
    "an order without validation is withdrawn": (
        [said(1, UNVALIDATED, ISSUED), said(2, b.ProductionWithdrawn(ident(1), "x"), ISSUED, hours=50)],
        {
            "ms-a": (URGENT(Tally.ISSUED),),
            "ms-b": (Line(Tally.WITHOUT_VALIDATION, 1, order=EPOC),),
            "ms-c": (URGENT(Tally.NOT_FULFILLED),),
            "ms-i": (Line(Tally.VALIDATION_REFUSED, 1, order=EPOC),),
        },
    ),
    "an order that was validated is withdrawn for another reason": (
        [
            said(1, UNVALIDATED, ISSUED),
            said(2, b.ProductionValidated(ident(1), OfficeKind.JUDGE), ISSUED, hours=2),
            said(3, b.ProductionWithdrawn(ident(1), "x"), ISSUED, hours=50),
        ],
        {
            "ms-a": (URGENT(Tally.ISSUED),),
            "ms-b": (Line(Tally.WITHOUT_VALIDATION, 1, order=EPOC),),
            "ms-c": (URGENT(Tally.NOT_FULFILLED),),
        },
    ),
    "an authority is notified and refuses": (
        [
            said(1, production(TRAFFIC), ISSUED),
            said(2, NOTICE, ISSUED, to=("de",)),
            said(3, o.GroundsRaised(ident(1), ("immunity", "ne-bis"), "all"), RECEIVED, issuer="de", to=("pt",)),
        ],
        {
            "ms-a": (EPOC_LINE(Tally.ISSUED, data=(TRAFFIC,)),),
            "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED, data=(TRAFFIC,)),),
            "ms-d": (
                EPOC_LINE(Tally.NOTIFIED, data=(TRAFFIC,)),
                EPOC_LINE(Tally.REFUSED, data=(TRAFFIC,), grounds=("immunity", "ne-bis")),
            ),
        },
    ),
    "conditions refuse nothing": (
        [
            said(1, production(SUBSCRIBER), ISSUED),
            said(
                3,
                o.GroundsRaised(ident(1), ("immunity",), "conditions", conditions=(Condition("x"),)),
                RECEIVED,
                issuer="de",
                to=("pt",),
            ),
        ],
        {"ms-a": (EPOC_LINE(Tally.ISSUED),), "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED),)},
    ),
    "an order sent for enforcement twice is sent once, and fulfilled after that": (
        [
            said(1, production(SUBSCRIBER), ISSUED),
            said(2, ENFORCE, ISSUED, hours=300, to=("de",)),
            said(3, ENFORCE, ISSUED, hours=301, to=("de",)),
            said(4, handed_over(1), RECEIVED, hours=400),
            said(5, received(4), ISSUED, hours=400),
        ],
        {
            "ms-a": (EPOC_LINE(Tally.ISSUED),),
            "ms-c": (EPOC_LINE(Tally.FULFILLED),),
            "ms-e": (EPOC_LINE(Tally.FULFILLED, mean_seconds=400.0 * HOUR),),
            "ms-g": (EPOC_LINE(Tally.FULFILLED_AFTER_ENFORCEMENT), EPOC_LINE(Tally.SENT_FOR_ENFORCEMENT)),
        },
    ),
    "an enforcing authority that has not the order says what it has not": (
        [said(2, ENFORCE, RECEIVED, to=("de",))],
        {"ms-g": (Line(Tally.RECEIVED_FOR_ENFORCEMENT, 1),)},
    ),
    "an enforcing authority that has the order enclosed splits by it": (
        [said(1, production(SUBSCRIBER), ENCLOSED), said(2, ENFORCE, RECEIVED, to=("de",))],
        {"ms-g": (EPOC_LINE(Tally.RECEIVED_FOR_ENFORCEMENT),)},
    ),
    "remedies against an order are counted by where they were lodged": (
        [
            said(1, production(SUBSCRIBER), ISSUED),
            said(2, lodged("issuing"), ISSUED),
            said(3, lodged("enforcing"), RECEIVED, issuer="de", to=("pt",)),
            # The same two, as the other side recorded them.
            said(4, lodged("issuing"), RECEIVED, issuer="de", to=("pt",)),
            said(5, lodged("enforcing"), ISSUED, to=("de",)),
        ],
        {
            "ms-a": (EPOC_LINE(Tally.ISSUED),),
            "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED),),
            "ms-h": (
                EPOC_LINE(Tally.REMEDY_IN_ENFORCING_STATE, addressees=None, emergency=None),
                EPOC_LINE(Tally.REMEDY_IN_ISSUING_STATE, addressees=None, emergency=None),
            ),
        },
    ),
    "an enforcing authority counts the remedy that it recorded itself": (
        [said(1, production(SUBSCRIBER), ENCLOSED), said(2, lodged("enforcing"), ISSUED, issuer="de", to=("pt",))],
        {"ms-h": (EPOC_LINE(Tally.REMEDY_IN_ENFORCING_STATE, addressees=None, emergency=None),)},
    ),
    "whoever is told of a remedy and did not order counts none": (
        [said(2, lodged("issuing"), RECEIVED)],
        {},
    ),
    "a remedy in no State that the law names is counted nowhere": (
        [said(1, production(SUBSCRIBER), ENCLOSED), said(2, lodged("third"), ISSUED)],
        {},
    ),
    "costs are counted and added up, as they were claimed and as they were paid": (
        [
            said(1, production(SUBSCRIBER), ISSUED),
            said(2, CLAIMED, RECEIVED, issuer="provider", to=("pt",)),
            said(3, CLAIMED, RECEIVED, issuer="provider", to=("pt",)),
            said(4, PAID, ISSUED),
        ],
        {
            "ms-a": (EPOC_LINE(Tally.ISSUED),),
            "ms-c": (EPOC_LINE(Tally.NOT_FULFILLED),),
            "ms-j": (
                Line(Tally.COSTS_CLAIMED, 2, order=EPOC, currency="EUR", amount=7500),
                Line(Tally.COSTS_REIMBURSED, 1, order=EPOC, currency="EUR", amount=3000),
            ),
        },
    ),
    "a provider's own claims are no figure of a State": (
        [said(1, production(SUBSCRIBER), ENCLOSED), said(2, CLAIMED, ISSUED, issuer="provider", to=("pt",))],
        {},
    ),
    "a provider's time runs from when the order came": (
        [
            said(1, production(SUBSCRIBER), RECEIVED, late=2),
            said(2, handed_over(1), ISSUED, hours=12, issuer="provider", to=("pt",)),
        ],
        {
            "sp-a": (at_provider(EPOC)(Tally.RECEIVED),),
            "sp-b": (at_provider(EPOC)(Tally.FULFILLED),),
            "sp-c": (at_provider(EPOC)(Tally.FULFILLED, mean_seconds=10.0 * HOUR),),
        },
    ),
    "a provider's time to the request that follows runs from the issue": (
        [
            said(1, preservation(SUBSCRIBER), RECEIVED, late=2),
            said(2, HELD, ISSUED, hours=3, re=(1,), issuer="provider", to=("pt",)),
            said(3, follow_up(48), RECEIVED, hours=50),
        ],
        {
            "sp-a": (at_provider(EPOC_PR)(Tally.RECEIVED),),
            "sp-b": (at_provider(EPOC_PR)(Tally.FULFILLED),),
            "sp-d": (at_provider(EPOC_PR)(Tally.FULFILLED, emergency=None, mean_seconds=48.0 * HOUR),),
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_small_case_counts(name):
    acts, expected = CASES[name]
    assert counted(acts) == expected


def test_an_order_counts_in_one_year_alone_by_the_very_second():
    cases = [said(1, production(SUBSCRIBER), ISSUED)]
    before, after = Span(YEAR.begins, START), Span(START, YEAR.ends)
    assert (counted(cases, year=before), set(counted(cases, year=after))) == ({}, {"ms-a", "ms-c"})


def test_the_mean_is_that_of_all_orders_of_a_line():
    def case(hours):
        return [
            said(1, production(SUBSCRIBER), ISSUED),
            said(2, handed_over(1), RECEIVED, hours=hours),
            said(3, received(2), ISSUED, hours=hours),
        ]

    (line,) = counted(case(10), case(10), case(40))["ms-e"]
    assert (line.number, line.mean_seconds) == (3, 20.0 * HOUR)


def test_every_figure_of_the_regulation_is_counted_by_some_case():
    assert set(counted(*(acts for acts, _ in CASES.values()))) == {rule.id for rule in REGULATION.file.figure}


def test_a_remedy_and_costs_count_in_the_year_in_which_they_came():
    order = said(1, production(SUBSCRIBER), ISSUED)
    late = 24 * 60  # hours: in the next year
    acts = [order, said(2, lodged("issuing", late), ISSUED, hours=late), said(3, CLAIMED, RECEIVED, hours=late)]
    after = Span(YEAR.ends, YEAR.ends + timedelta(days=365))
    assert set(counted(acts)) == {"ms-a", "ms-c"}
    assert set(counted(acts, year=after)) == {"ms-h", "ms-j"}


def totals(found):
    """Numbers and sums of seconds by figure and line: what adds up, as means do not."""
    numbers, seconds = Counter(), Counter()
    for key, lines in found.items():
        for line in lines:
            name = (key, replace(line, number=0, mean_seconds=None, amount=None))
            numbers[name] += line.number
            numbers[name, "money"] += line.amount or 0
            seconds[name] += round((line.mean_seconds or 0) * line.number)
    return numbers, seconds


@given(st.lists(st.tuples(st.sampled_from(sorted(CASES)), st.booleans())))
def test_the_figures_of_a_split_set_of_cases_add_up(drawn):
    here, there = ([CASES[name][0] for name, side in drawn if side is each] for each in (True, False))
    (numbers, seconds), (more, longer) = totals(counted(*here)), totals(counted(*there))
    assert totals(counted(*here, *there)) == (numbers + more, seconds + longer)
