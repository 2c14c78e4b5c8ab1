from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acts.matters import ScopePart, Withheld
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.scope import (
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
from comity.vocabulary.targets import Aim, Target, TargetKind, normalise
from comity.vocabulary.wire import decode, encode

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


ARCHIVE = msgspec.structs.replace(item("box/takeout.zip"), unpacked=True)


@pytest.mark.parametrize(
    ("names", "inside"),
    [((), False), (("box",), False), (("box/takeout.zip",), True), (("box", "box/takeout.zip/"), True)],
)
def test_an_archive_whose_members_are_items_is_inside_only_where_it_is_named_itself(names, inside):
    assert is_in_part(ARCHIVE, part(names=names)) is inside
    assert is_in_part(msgspec.structs.replace(ARCHIVE, unpacked=False), part(names=names))
    assert is_in_part(item("box/takeout.zip/mail/000001"), part(names=names))


def test_an_archive_whose_members_may_be_held_up_is_held_up():
    assert HeldUpScope(HeldUp((part(names=("other",)),))).contains(ARCHIVE)
    assert not HeldUpScope(HeldUp()).contains(ARCHIVE)


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


@pytest.mark.parametrize(
    ("named", "stays"),
    [
        ((B_, "192.0.2.20"), True),
        ((B_, "192.0.2.20-192.0.2.20"), True),
        ((B_, "192.0.2.0-192.0.2.255"), True),
        ((B_, "192.0.2.31-192.0.2.40"), True),
        ((B_, "192.0.2.32"), False),
        (("198.51.100.9", "192.0.2.32"), False),
        (("198.51.100.9", "192.0.2.20"), True),
        (("198.51.100.0-198.51.101.0",), True),
    ],
)
def test_a_range_of_addresses_that_is_held_up_stands_for_each_of_them_and_so_does_one_that_may_go(named, stays):
    free = Target(TargetKind.IP_RANGE, "198.51.100.0-198.51.100.255")
    held_up = HeldUpScope(HeldUp((part(period=None),), (RANGE,), (B_, free)))
    targets = tuple(each if isinstance(each, Target) else addressed(each) for each in named)
    assert held_up.contains(msgspec.structs.replace(item(), targets=targets)) is stays


def addressed(text: str) -> Target:
    return Target(TargetKind.IP_RANGE if "-" in text else TargetKind.IPV4, text)


# Identifiers ------------------------------------------------------------------------------------------------------------

LINE = Target(TargetKind.PHONE, "351910000001")
RANGE = Target(TargetKind.IP_RANGE, "192.0.2.16-192.0.2.31")
WIDE = Target(TargetKind.IP_RANGE, normalise(TargetKind.IP_RANGE, "2001:db8::/64"))


def of(*targets: Target) -> ScopePart:
    return ScopePart("a", (CONTENT,), targets=targets)


def naming(*targets: Target, more: bool = False) -> ItemDescriptor:
    return msgspec.structs.replace(item(first=None, last=None), targets=targets, more_targets=more)


def at(address: str) -> Target:
    kind = TargetKind.IPV6 if ":" in address else TargetKind.IPV4
    return Target(kind, normalise(kind, address))


def test_somebody_elses_mail_is_outside_a_part_that_says_whose():
    assert not is_in_part(naming(B_), of(A))
    assert not is_in_part(naming(B_, LINE), of(A, RANGE))
    assert is_in_part(naming(B_, A), of(A))
    assert is_in_part(naming(LINE), of(A, LINE))


def test_what_names_nobody_is_outside_a_part_that_says_whose_and_inside_one_that_does_not():
    assert not is_in_part(naming(), of(A))
    assert is_in_part(naming(), of())
    assert is_in_part(naming(B_), ScopePart("a", (CONTENT,)))


def test_what_names_more_than_it_lists_is_outside_unless_a_listed_one_is_asked_for():
    assert not is_in_part(naming(B_, more=True), of(A))
    assert is_in_part(naming(A, more=True), of(A))


def test_an_identifier_is_of_its_kind_alone():
    assert not is_in_part(naming(Target(TargetKind.ACCOUNT, A.value)), of(A))
    assert not is_in_part(naming(Target(TargetKind.ACCOUNT, "192.0.2.20")), of(RANGE))


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("192.0.2.15", False),
        ("192.0.2.16", True),
        ("192.0.2.31", True),
        ("192.0.2.32", False),
        ("192.0.2.2", False),
        ("::c000:0210", False),
        ("::ffff:192.0.2.16", False),
        ("2001:db8::", True),
        ("2001:db8::ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::", False),
    ],
)
def test_a_range_of_addresses_stands_for_each_address_inside_and_no_other(address, inside):
    assert is_in_part(naming(at(address)), of(RANGE, WIDE)) is inside


@given(st.ip_addresses(), st.ip_addresses(), st.ip_addresses())
def test_a_range_covers_what_lies_between_its_ends_by_number(one, other, asked):
    if one.version != other.version:
        return
    first, last = sorted((one, other))
    wide = Target(TargetKind.IP_RANGE, f"{first.exploded}-{last.exploded}")
    assert Aim([wide]).covers(at(str(asked))) == (asked.version == first.version and first <= asked <= last)


def test_the_other_criteria_hold_as_well():
    one = ScopePart("a", (CONTENT,), PERIOD, ("mail",), (A,))
    inside = msgspec.structs.replace(item(), targets=(A,))
    assert is_in_part(inside, one)
    for outside in ({"category": TRAFFIC}, {"first": None, "last": None}, {"name": "log"}, {"targets": ()}):
        assert not is_in_part(msgspec.structs.replace(inside, **outside), one)


def test_a_part_that_says_no_identifiers_is_encoded_as_it_always_was():
    assert encode(part()) == encode({"label": "a", "categories": ["content"], "period": PERIOD, "names": []})
    assert decode(encode(of(A, RANGE)), ScopePart, limit=4096) == of(A, RANGE)


def test_a_scope_of_ten_thousand_identifiers_costs_no_more_per_item():
    many = Scope([of(*(Target(TargetKind.PHONE, str(10_000_000 + number)) for number in range(10_000)))])
    assert not any(many.contains(naming(LINE)) for _ in range(10_000))
    assert many.contains(naming(Target(TargetKind.PHONE, "10009999")))
