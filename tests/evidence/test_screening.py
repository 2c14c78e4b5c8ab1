"""What meets a screen: in doubt an item does, and no spelling of counsel's identifiers slips through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acts.quarantine_bodies import ScreenSet
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.screening import Screen
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.targets import Target, TargetKind, normalise


def target(kind: TargetKind, text: str) -> Target:
    return Target(kind, normalise(kind, text))


def mail(text: str) -> Target:
    return target(TargetKind.EMAIL, text)


def item(*targets: Target, name: str = "a", more: bool = False) -> ItemDescriptor:
    return ItemDescriptor(name, 1, bytes(32), "text/plain", DataCategory.CONTENT, targets=targets, more_targets=more)


def meets(screen: ScreenSet, one: ItemDescriptor) -> bool:
    return Screen([screen]).meets(one)


@pytest.mark.parametrize("written", ["Ana@Chambers.Example", "ANA@CHAMBERS.EXAMPLE", "ana@chambers.example"])
def test_letters_count_alike_in_either_case(written: str) -> None:
    assert meets(ScreenSet((mail("ana@chambers.example"),)), item(mail(written)))
    assert meets(ScreenSet((mail(written),)), item(mail("ana@chambers.example")))


@pytest.mark.parametrize("other", ["ana@chambers.example.org", "xana@chambers.example", "a@chambers.example"])
def test_another_address_is_not_counsels(other: str) -> None:
    assert not meets(ScreenSet((mail("ana@chambers.example"),)), item(mail(other)))


def test_an_address_within_counsels_range_is_counsels_in_its_version_only() -> None:
    screen = ScreenSet((target(TargetKind.IP_RANGE, "192.0.2.0/28"),))
    assert meets(screen, item(target(TargetKind.IPV4, "192.0.2.15")))
    assert not meets(screen, item(target(TargetKind.IPV4, "192.0.2.16")))
    assert not meets(screen, item(target(TargetKind.IPV6, "::c000:205")))


def test_the_same_text_of_another_kind_is_another_identifier() -> None:
    screen = ScreenSet((target(TargetKind.PHONE, "351210000000"),))
    assert not meets(screen, item(target(TargetKind.ACCOUNT, "351210000000")))


def test_an_item_that_names_more_than_is_kept_of_it_is_in_doubt_counsels() -> None:
    assert meets(ScreenSet((mail("ana@chambers.example"),)), item(more=True))


def test_where_only_names_are_listed_more_identifiers_are_no_doubt() -> None:
    assert not meets(ScreenSet(names=("letters",)), item(more=True))


def test_several_screens_hold_together_what_each_holds() -> None:
    screen = Screen([ScreenSet(names=("letters",)), ScreenSet((mail("ana@chambers.example"),))])
    assert screen.meets(item(name="letters/1"))
    assert screen.meets(item(mail("ana@chambers.example")))
    assert not screen.meets(item())


@given(st.text(min_size=1, max_size=256).filter(lambda text: text.strip() == text and min(text) >= " "))
def test_no_account_name_however_strange_breaks_the_screen_and_each_meets_its_own(text: str) -> None:
    own = target(TargetKind.ACCOUNT, text)
    assert meets(ScreenSet((own,)), item(own))
    assert not Screen([]).meets(item(own))
