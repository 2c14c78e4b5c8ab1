"""What stands in a case is not replaced by a later act: a bound root, a holder, a grant."""

from datetime import datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.conftest import CASE, NOON, Thread

from comity.acts import bodies as b
from comity.acts.matters import DataSought, PartDecision, ScopePart, StoredObject
from comity.cases.evolve import evolve
from comity.cases.grants import beyond
from comity.cases.state import CaseState, CustodyState, Direction, FiledAct
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

EXHIBIT, HELD = "e" * 32, "f" * 32
ROOT, OTHER_ROOT = "a" * 64, "b" * 64
PT, DE, PROVIDER, RIVAL = "pt", "de", "provider", "rival"
MAILS = ScopePart("mails", (DataCategory.CONTENT,), names=("mail",))
LOG = ScopePart("log", (DataCategory.TRAFFIC,))


def order(days: int = 90) -> b.PreservationOrdered:
    return b.PreservationOrdered("preservation", DataSought((), ()), days, "grounds")


def hold(root: str = ROOT, exhibit: str = HELD) -> b.HoldConfirmed:
    return b.HoldConfirmed(exhibit, root, 1, 10, 100, NOON, NOON + timedelta(days=90))


def confirmed(root: str = ROOT, items: int = 10) -> b.PreservationConfirmed:
    return b.PreservationConfirmed(HELD, root, items, 100, NOON, NOON + timedelta(days=60))


def handed_over(hold_root: str = ROOT, exhibit: str = EXHIBIT) -> b.ExhibitHandedOver:
    stored = StoredObject(ROOT, 10)
    return b.ExhibitHandedOver(exhibit, HELD, hold_root, 3, 30, stored, (stored,), (), "key", ROOT)


def held_at_de() -> tuple[Thread, str, str]:
    """PT asked DE, DE ordered the provider, the provider holds; PT asked for disclosure of the mails and the log."""
    node = Thread(DE)
    request = node.add(b.PreservationRequested(measure="expedited-preservation"), PT, (DE,))
    ordered = node.add(order(), DE, (PROVIDER,), (request,))
    bound = node.add(hold(), PROVIDER, (DE,), (ordered,))
    node.add(confirmed(), DE, (PT,), (bound,))
    asked = node.add(b.DisclosureRequested("stored-data-assistance", bound, scope=(MAILS, LOG)), PT, (DE,), (bound,))
    return node, bound, asked


@pytest.mark.parametrize("root", [ROOT, OTHER_ROOT])
def test_a_hold_is_bound_once_whatever_a_second_confirmation_says(root: str) -> None:
    node, bound, _ = held_at_de()
    again = node.add(order(), DE, (PROVIDER,))
    assert node.code(hold(root), PROVIDER, (DE,), (again,)) == "hold-confirmed-before"
    assert node.state.holds[HELD].root == ROOT
    assert node.state.holds[HELD].confirmed_by == bound


def test_a_rival_custodian_cannot_rebind_anothers_hold() -> None:
    node, _, _ = held_at_de()
    again = node.add(order(), DE, (RIVAL,))
    assert node.code(hold(OTHER_ROOT), RIVAL, (DE,), (again,)) == "hold-confirmed-before"


def test_a_further_hold_under_a_name_of_its_own_stands_beside_the_first() -> None:
    node, _, _ = held_at_de()
    again = node.add(order(), DE, (PROVIDER,))
    node.add(hold(OTHER_ROOT, "d" * 32), PROVIDER, (DE,), (again,))
    assert {name: each.root for name, each in node.state.holds.items()} == {HELD: ROOT, "d" * 32: OTHER_ROOT}


def test_a_second_confirmation_that_was_filed_before_this_was_refused_still_replays_to_the_first_root() -> None:
    node, _, _ = held_at_de()
    again = node.add(order(), DE, (PROVIDER,))
    late = FiledAct("9" * 64, node.payload(hold(OTHER_ROOT), PROVIDER, (DE,), (again,)), Direction.RECEIVED, NOON)
    assert reduce(evolve, [*node.filed, late], CaseState(CASE)).holds[HELD].root == ROOT


@pytest.mark.parametrize("lie", [confirmed(OTHER_ROOT), confirmed(items=11)])
def test_a_confirmation_passed_on_says_what_the_custodian_bound(lie: b.PreservationConfirmed) -> None:
    node = Thread(PT)
    first = node.add(b.PreservationRequested(measure="expedited-preservation"), PT, (DE,))
    node.add(confirmed(), DE, (PT,), (first,))
    second = node.add(b.PreservationRequested(measure="expedited-preservation"), PT, (DE,))
    assert node.code(lie, DE, (PT,), (second,)) == "hold-differs"
    assert node.code(confirmed(), DE, (PT,), (second,)) is None


def decided_at_de() -> tuple[Thread, str, str]:
    node, bound, asked = held_at_de()
    parts = (PartDecision("mails", granted=True), PartDecision("log", granted=False, ground="g"))
    node.add(b.DisclosureDecided(parts), DE, (PT,), (asked,))
    return node, bound, asked


@pytest.mark.parametrize(
    "scope",
    [
        (MAILS, LOG),
        (LOG,),
        (ScopePart("mails", (DataCategory.CONTENT,)),),
        (ScopePart("mails", (DataCategory.CONTENT, DataCategory.TRAFFIC), names=("mail",)),),
        (ScopePart("mails", (DataCategory.CONTENT,), names=("mailbox",)),),
    ],
)
def test_an_order_beyond_the_grant_it_carries_out_is_refused(scope: tuple[ScopePart, ...]) -> None:
    node, bound, asked = decided_at_de()
    assert node.code(b.DisclosureOrdered("order", bound, scope), DE, (PROVIDER,), (asked,)) == "beyond-grant"


def test_an_order_within_the_grant_follows() -> None:
    node, bound, asked = decided_at_de()
    narrower = ScopePart("one", (DataCategory.CONTENT,), names=("mail/inbox",))
    assert node.code(b.DisclosureOrdered("order", bound, (narrower,)), DE, (PROVIDER,), (asked,)) is None


def received_at_de() -> tuple[Thread, str, str]:
    node, bound, asked = decided_at_de()
    ordered = node.add(b.DisclosureOrdered("order", bound, (MAILS,)), DE, (PROVIDER,), (asked,))
    given = node.add(handed_over(), PROVIDER, (DE,), (ordered,))
    return node, given, ordered


def test_an_exhibit_offered_is_not_offered_again_before_it_was_taken() -> None:
    node, _, ordered = received_at_de()
    assert node.code(handed_over(), PROVIDER, (DE,), (ordered,)) == "not-its-holder"


def test_only_the_taker_hands_an_exhibit_on() -> None:
    node, given, ordered = received_at_de()
    node.add(b.ExhibitReceived(EXHIBIT, given, ROOT, ROOT, 3, opened=False), DE, (PROVIDER,), (given,))
    assert node.state.exhibits[EXHIBIT].state is CustodyState.HELD
    assert node.code(handed_over(), PROVIDER, (DE,), (ordered,)) == "not-its-holder"
    assert node.code(handed_over(), DE, (PT,), (ordered,)) is None


@pytest.mark.parametrize("receipt", [False, True])
def test_what_was_handed_on_is_not_handed_on_again_whether_or_not_its_taker_has_answered(receipt: bool) -> None:
    node, given, _ = received_at_de()
    node.add(b.ExhibitReceived(EXHIBIT, given, ROOT, ROOT, 3, opened=False), DE, (PROVIDER,), (given,))
    asked = next(each.id for each in node.filed if isinstance(each.payload.body, b.DisclosureRequested))
    onward = node.add(handed_over(), DE, (PT,), (asked,))
    if receipt:
        node.add(b.ExhibitReceived(EXHIBIT, onward, ROOT, ROOT, 3, opened=True), PT, (DE,), (onward,))
    assert node.code(handed_over(), DE, (PT,), (asked,)) == "handed-over"


def test_an_exhibit_that_was_assembled_here_is_handed_over_once() -> None:
    node = Thread(PROVIDER)
    bound = node.add(hold(), PROVIDER, (DE,), (node.add(order(), DE, (PROVIDER,)),))
    ordered = node.add(b.DisclosureOrdered("order", bound, (MAILS,)), DE, (PROVIDER,), (bound,))
    node.add(handed_over(), PROVIDER, (DE,), (ordered,))
    assert node.code(handed_over(), PROVIDER, (DE,), (ordered,)) == "handed-over"


def test_a_hand_over_from_another_root_than_was_bound_is_refused() -> None:
    node, bound, asked = decided_at_de()
    ordered = node.add(b.DisclosureOrdered("order", bound, (MAILS,)), DE, (PROVIDER,), (asked,))
    assert node.code(handed_over(OTHER_ROOT), PROVIDER, (DE,), (ordered,)) == "hold-differs"


DAYS = st.integers(0, 20)


@given(DAYS, DAYS, DAYS, DAYS)
def test_a_part_keeps_within_a_grant_exactly_when_its_time_does(a: int, long: int, c: int, short: int) -> None:
    granted = ScopePart("g", (DataCategory.CONTENT,), Period(day(a), day(a + long + 1)))
    part = ScopePart("p", (DataCategory.CONTENT,), Period(day(c), day(c + short + 1)))
    inside = a <= c and c + short + 1 <= a + long + 1
    assert (beyond((part,), (granted,)) == ()) == inside
    assert beyond((ScopePart("p", (DataCategory.CONTENT,)),), (granted,)) == ("p",)


ANA, BEA = (Target(TargetKind.EMAIL, f"{name}@mail.example") for name in ("ana", "bea"))
BLOCK = Target(TargetKind.IP_RANGE, "192.0.2.0-192.0.2.255")
HALF = Target(TargetKind.IP_RANGE, "192.0.2.0-192.0.2.127")


@pytest.mark.parametrize(
    ("asked", "granted", "inside"),
    [
        ((ANA,), (), True),
        ((ANA,), (ANA, BEA), True),
        ((HALF, Target(TargetKind.IPV4, "192.0.2.200")), (BLOCK,), True),
        ((), (ANA,), False),
        ((ANA, BEA), (ANA,), False),
        ((BLOCK,), (HALF,), False),
        ((Target(TargetKind.IP_RANGE, "192.0.1.0-192.0.2.1"),), (BLOCK,), False),
    ],
    ids=["any", "one of two", "inside a block", "anybody's", "one more", "a wider block", "a block that only overlaps"],
)
def test_a_part_keeps_within_a_grant_only_when_whose_data_it_is_does(asked, granted, inside) -> None:
    part = ScopePart("p", (DataCategory.CONTENT,), targets=asked)
    over = beyond((part,), (ScopePart("g", (DataCategory.CONTENT,), targets=granted),))
    assert over == (() if inside else ("p",))


def day(n: int) -> datetime:
    return NOON + timedelta(days=n)
