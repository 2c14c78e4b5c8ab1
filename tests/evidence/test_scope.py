from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.acts.matters import ScopePart, Withheld
from comity.evidence.descriptors import ItemDescriptor
from comity.evidence.scope import (
    Given,
    HeldUp,
    HeldUpScope,
    Names,
    Past,
    Scope,
    WithheldCount,
    is_in_part,
    reason_to_withhold,
)
from comity.vocabulary.categories import DataCategory, WithheldReason
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

DAY = timedelta(days=1)
START = datetime(2026, 11, 3, tzinfo=UTC)
PERIOD = Period(START, START + DAY)
CONTENT, TRAFFIC = DataCategory.CONTENT, DataCategory.TRAFFIC


def item(name="mail/1", category=CONTENT, first=START, last=None) -> ItemDescriptor:
    return ItemDescriptor(name, 1, bytes(32), "text/plain", category, first, last or first)


def part(categories=(CONTENT,), period=PERIOD, names=()) -> ScopePart:
    return ScopePart("a", categories, period, names)


def test_an_item_that_meets_every_criterion_is_inside():
    assert is_in_part(item(), part())
    assert is_in_part(item(), part(period=None))


@pytest.mark.parametrize(
    "outside",
    [
        item(category=TRAFFIC),
        item(first=None),
        item(first=START - timedelta(microseconds=1)),
        item(first=START + DAY),
        item(first=START, last=START + DAY),
        item(first=START - DAY, last=START + 2 * DAY),
    ],
)
def test_an_item_that_misses_one_criterion_is_outside(outside):
    assert not is_in_part(outside, part())


def test_an_item_of_unknown_time_is_inside_only_without_a_period():
    assert not is_in_part(item(first=None), part())
    assert is_in_part(item(first=None), part(period=None))


def test_a_part_without_categories_contains_nothing():
    assert not is_in_part(item(), part(categories=()))


@pytest.mark.parametrize(
    ("name", "names", "inside"),
    [
        ("mail/1", ("mail/1",), True),
        ("mail/1", ("mail",), True),
        ("mail/1", ("mail/",), True),
        ("mail/1", ("mail/1/2",), False),
        ("mail2/1", ("mail",), False),
        ("mail/10", ("mail/1",), False),
        ("Mail/1", ("mail",), False),
        ("mail/1", ("",), False),
        ("mail/1", ("/",), False),
        ("mail/1", (".",), False),
        ("a/../mail/1", ("mail",), False),
        ("mail/../x", ("mail",), True),
        ("a\nmail/1", ("mail",), False),
    ],
)
def test_names_match_as_a_whole_or_by_leading_folder(name, names, inside):
    assert is_in_part(item(name=name), part(names=names)) is inside


def test_each_listed_name_above_an_item_is_found_once_the_shortest_first():
    names = Names(("mail/1/", "mail", "mail/1", "a/much/longer/name", "mail/12"))
    assert list(names.leading("mail/1/2")) == ["mail", "mail/1"]
    assert list(names.leading("mail/1")) == ["mail", "mail/1"]
    assert list(names.leading("mai")) == []


def test_nothing_is_in_an_empty_scope():
    assert not Scope(()).contains(item())


def test_what_is_granted_in_one_part_is_not_refused_in_another():
    granted, refused = Scope([part()]), Scope([part(period=None)])
    assert reason_to_withhold(item(), granted, refused) is None
    assert reason_to_withhold(item(first=None), granted, refused) is WithheldReason.REFUSED
    assert reason_to_withhold(item(category=TRAFFIC), granted, refused) is WithheldReason.OUT_OF_SCOPE


def test_a_hostile_name_and_a_long_list_cost_little():
    scope = Scope([part(names=tuple(f"folder-{number}/{'x' * (number % 50)}" for number in range(10_000)))])
    hostile = item(name="/" * 98_000)
    assert not any(scope.contains(hostile) for _ in range(10_000))
    assert scope.contains(item(name="folder-7/xxxxxxx/a"))


def test_withheld_items_are_counted_by_reason_only():
    count = WithheldCount()
    assert count.counts() == ()
    for reason in (WithheldReason.REFUSED, WithheldReason.OUT_OF_SCOPE, WithheldReason.REFUSED):
        count.add(reason)
    assert count.counts() == (Withheld(WithheldReason.OUT_OF_SCOPE, 1), Withheld(WithheldReason.REFUSED, 2))


# Held up ----------------------------------------------------------------------------------------------------------------

A, B_ = (Target(TargetKind.EMAIL, f"{name}@mail.example") for name in "ab")
HELD_UP = HeldUp((part(period=None),), (A,), (B_,))


@pytest.mark.parametrize(
    ("named", "more", "stays"),
    [
        ((), False, True),
        ((A,), False, True),
        ((A, B_), False, True),
        ((B_,), True, True),
        ((Target(TargetKind.IPV4, "192.0.2.7"),), False, True),
        ((B_,), False, False),
        ((B_, Target(TargetKind.IPV4, "192.0.2.7")), False, False),
    ],
    ids=["nobody", "its own", "both", "of the other and more", "somebody", "of the other", "of the other and somebody"],
)
def test_what_may_be_of_what_is_held_up_stays_when_in_doubt(named, more, stays):
    one = msgspec.structs.replace(item(), targets=named, more_targets=more)
    assert HeldUpScope(HELD_UP).contains(one) is stays
    assert not HeldUpScope(HELD_UP).contains(msgspec.structs.replace(one, category=TRAFFIC))
    given = Given((part(period=None),), HELD_UP)
    assert Past([given]).contains(one) is not stays


def test_items_of_one_identifier_are_told_apart_by_their_kind_alone():
    """The same person's identifier stands in the part that waits and in the one that may go."""
    same = HeldUp((part(period=None),), (A,), ())
    assert HeldUpScope(same).contains(msgspec.structs.replace(item(), targets=(A,)))
    assert not HeldUpScope(same).contains(msgspec.structs.replace(item(category=TRAFFIC), targets=(A,)))
