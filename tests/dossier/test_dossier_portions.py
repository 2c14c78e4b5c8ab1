"""Negative vectors of an order carried out in parts (check 11): running totals that do not go up, a part that is missing."""

import msgspec
import pytest

from comity.acts.bodies import ExhibitHandedOver
from comity.acts.matters import Portion, Withheld
from comity.evidence.checks.verdicts import Verdict
from comity.vocabulary.categories import REVIEWED, WithheldReason

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


REFUSED, OUT_OF_SCOPE = WithheldReason.REFUSED, WithheldReason.OUT_OF_SCOPE


def _reopening(make_workshop, workshop, *opened, federation=None):
    """An order that is carried out, then a further one for each of `opened`: one withheld item is ordered and given."""
    exhibits = [_of_twenty(workshop, 0, 4)]
    for number, reopened in enumerate(opened):
        exhibit = _of_twenty(workshop, 4 + number, 1, Portion(1, ("what was withheld",), 0, 0))
        exhibit.reopened = reopened
        exhibits.append(exhibit)
    return make_workshop(federation or workshop.new_federation(), tuple(exhibits))


def _of_twenty(workshop, first, given, portion=None):
    return workshop.exhibit("mail", 20, given, content=_letter, first=first, granted=9, portion=portion)


def _letter(number):
    return f"letter {number}".encode()


def test_items_withheld_once_are_opened_later_under_orders_of_their_own_and_are_told(make_workshop, workshop):
    shop = _reopening(make_workshop, workshop, (Withheld(REFUSED, 1),), (Withheld(OUT_OF_SCOPE, 1),))
    report = shop.federation.verify(shop.dossier)
    assert report.verdict is Verdict.VALID, report.deciding
    told = [finding.what for finding in report.checks[10].detail]
    assert "provider handed over 1 item that an earlier hand-over withheld (1 refused)" in told
    assert "de handed over 1 item that an earlier hand-over withheld (1 out-of-scope)" in told


@pytest.mark.parametrize(
    "reopened",
    [
        (Withheld(REFUSED, 2),),
        (Withheld(REFUSED, 1), Withheld(REFUSED, 1)),
        (Withheld(WithheldReason.PRIVILEGED, 1),),
        (Withheld(OUT_OF_SCOPE, 3),),
        (Withheld(OUT_OF_SCOPE, 0),),
        (Withheld(OUT_OF_SCOPE, 3), Withheld(REFUSED, -1)),
    ],
    ids=["more than refused", "a reason twice", "another reason", "more than given now", "none", "below none"],
)
def test_items_opened_later_that_were_not_withheld_are_a_fault(make_workshop, workshop, reopened):
    shop = _reopening(make_workshop, workshop, reopened)
    report = shop.federation.verify(shop.dossier)
    assert report.decided_by == 11
    assert any("more items are said to be opened later" in finding.what for finding in report.checks[10].detail)


@pytest.mark.parametrize("reason", sorted(REVIEWED))
def test_what_a_custodian_withheld_is_counted_and_opened_later_by_its_own_reason(make_workshop, workshop, reason):
    class Reviewing(workshop.new_federation):
        def act(self, issuer, body, **about):
            if isinstance(body, ExhibitHandedOver):
                counts = tuple(
                    msgspec.structs.replace(each, reason=reason) if each.reason is REFUSED else each
                    for each in body.withheld
                )
                body = msgspec.structs.replace(body, withheld=counts)
            return super().act(issuer, body, **about)

    for opened, outcome in (
        ((Withheld(reason, 1),), Verdict.VALID),
        ((Withheld(reason, 2),), INVALID),
        ((Withheld(REFUSED, 1),), INVALID),
    ):
        shop = _reopening(make_workshop, workshop, opened, federation=Reviewing())
        report = shop.federation.verify(shop.dossier)
        assert report.verdict is outcome, report.deciding
        if outcome is Verdict.VALID:
            told = [finding.what for finding in report.checks[10].detail]
            assert f"provider handed over 1 item that an earlier hand-over withheld (1 {reason})" in told


class _Naming:
    """What a hand-over says it opens, turned to another act, or to its own order."""

    def __init__(self, workshop, change):
        class Naming(workshop.new_federation):
            def act(self, issuer, body, **about):
                portion = getattr(body, "portion", None)
                if portion is not None and portion.reopened is not None:
                    body = change(body, portion)
                return super().act(issuer, body, **about)

        self.federation = Naming()


def _pointing_to(name):
    def change(body, portion):
        named = msgspec.structs.replace(portion.reopened, hand_over=name(body))
        return msgspec.structs.replace(body, portion=msgspec.structs.replace(portion, reopened=named))

    return change


@pytest.mark.parametrize(
    ("name", "outcome"),
    [(lambda _: "f" * 64, INDETERMINATE), (lambda body: body.order, INVALID)],
    ids=["an act that is not here", "an act that is no hand-over"],
)
def test_what_was_opened_later_names_the_hand_over_that_withheld_it(make_workshop, workshop, name, outcome):
    federation = _Naming(workshop, _pointing_to(name)).federation
    shop = _reopening(make_workshop, workshop, (Withheld(REFUSED, 1),), federation=federation)
    assert shop.failing(shop.dossier) == {11: outcome}


def test_parts_of_one_order_together_open_no_more_than_was_withheld(make_workshop, workshop):
    """The one refused item is opened by two parts of the further order: by name they are the same hand-over's."""
    first = []

    def change(body, portion):
        first.append((portion.reopened.hand_over, body.order))
        named = msgspec.structs.replace(portion.reopened, hand_over=first[0][0])
        return msgspec.structs.replace(body, portion=msgspec.structs.replace(portion, reopened=named))

    once = (Withheld(REFUSED, 1),)
    shop = _reopening(make_workshop, workshop, once, once, federation=_Naming(workshop, change).federation)
    assert shop.failing(shop.dossier) == {11: INVALID}
