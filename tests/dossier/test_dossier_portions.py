"""Negative vectors of an order carried out in parts (check 11): running totals that do not go up, a part that is missing."""

import msgspec
import pytest

from comity.acts.matters import Portion
from comity.evidence.verdicts import Verdict

INVALID, INDETERMINATE = Verdict.INVALID, Verdict.INDETERMINATE


def _parts(workshop, *portions):
    """A hold of 20 items of which an order grants 9: 4, 3 and 2 of them in parts."""
    counts = (4, 3, 2)
    return tuple(
        workshop.exhibit(
            "mail",
            20,
            counts[at],
            content=lambda number: f"letter {number}".encode(),
            first=sum(counts[:at]),
            granted=sum(counts),
            portion=portion,
        )
        for at, portion in enumerate(portions)
    )


HONEST = (
    Portion(1, ("letters",), 0, 5),
    Portion(2, ("notes",), 4, 2),
    Portion(3, ("drafts",), 7, 0),
)


def _shop(make_workshop, workshop, *portions):
    return make_workshop(workshop.new_federation(), _parts(workshop, *portions))


def test_an_order_in_three_parts_adds_up_to_the_seal_and_the_running_totals_are_told(make_workshop, workshop):
    shop = _shop(make_workshop, workshop, *HONEST)
    report = shop.federation.verify(shop.dossier)
    assert report.verdict is Verdict.VALID, report.deciding
    told = [finding.what for finding in report.checks[10].detail if "part" in finding.what]
    assert "provider handed over part 1 of an order: 5 items so far, 5 still to come" in told
    assert "provider handed over part 3 of an order: 10 items so far, 0 still to come" in told


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, {"before": 2}),
        (1, {"before": 6}),
        (2, {"before": 0}),
        (2, {"before": 10}),
        (0, {"before": 1}),
    ],
)
def test_a_part_that_counts_other_items_as_given_before_is_a_fault(make_workshop, workshop, number, change):
    portions = list(HONEST)
    portions[number] = msgspec.structs.replace(portions[number], **change)
    shop = _shop(make_workshop, workshop, *portions)
    report = shop.federation.verify(shop.dossier)
    assert report.decided_by == 11
    assert any("counts something else as given before" in finding.what for finding in report.checks[10].detail)


def test_a_part_that_counts_too_many_items_to_come_does_not_add_up_to_the_seal(make_workshop, workshop):
    shop = _shop_with_sum(make_workshop, workshop)
    assert shop.failing(shop.dossier) == {11: INVALID}


def _shop_with_sum(make_workshop, workshop):
    """A part whose act counts three items more to come than it withheld less."""

    class Lying(workshop.new_federation):
        def act(self, issuer, body, **about):
            if getattr(body, "portion", None) is not None:
                portion = msgspec.structs.replace(body.portion, later=body.portion.later + 3)
                body = msgspec.structs.replace(body, portion=portion)
            return super().act(issuer, body, **about)

    return make_workshop(Lying(), _parts(workshop, HONEST[0]))


def test_a_part_whose_earlier_ones_are_not_in_the_dossier_leaves_it_open(make_workshop, workshop):
    first, third = HONEST[0], msgspec.structs.replace(HONEST[1], number=3)
    shop = _shop(make_workshop, workshop, first, third)
    assert shop.failing(shop.dossier) == {11: INDETERMINATE}


def test_two_parts_of_one_number_are_not_counted_for_each_other(make_workshop, workshop):
    shop = _shop(make_workshop, workshop, HONEST[0], msgspec.structs.replace(HONEST[1], number=1))
    assert shop.failing(shop.dossier) == {11: INVALID}
