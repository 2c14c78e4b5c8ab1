"""What comes in scope and meets a screen is put aside unseen; what a filter team clears passes, and nothing besides."""

import msgspec
import pytest

from comity.acts.matters import ScopePart
from comity.acts.quarantine_bodies import ScreenSet
from comity.adapters.objects.manifest_files import read_manifest
from comity.evidence.items.exhibits import SecondLook
from comity.evidence.items.manifest import ManifestItem
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.targets import Target, TargetKind

ANA = Target(TargetKind.EMAIL, "ana@example.org")
COUNSEL = ScreenSet((ANA,))
LETTERS = ScreenSet(names=("mail.mbox",))
MAILS = [f"mail.mbox/00000{number}" for number in (1, 2, 3)]
EVERYTHING = ScopePart("all", tuple(DataCategory))


def hiding(change):
    return lambda descriptor: change(descriptor) if descriptor.name == MAILS[1] else descriptor


@pytest.fixture
def received(make_desk, folder):
    """What of the folder is received under these screens."""

    def receive(*screens, scope=(EVERYTHING,), describe=None, **more):
        desk = make_desk("store")
        if describe is not None:
            desk.settings["rules"] = msgspec.structs.replace(desk.settings["rules"], unsafe_describe=describe)
        held, identity, _ = desk.hold(folder)
        disclosed, new = desk.disclose(held, identity)
        return desk, disclosed, desk.receive(disclosed, new, scope=scope, screens=screens, **more)

    return receive


def codes(desk, taken):
    records = read_manifest(taken.received.quarantined.manifest, desk.store, desk.cipher, taken.closed)
    return {each.leaf_hash().hex(): each.code.value for each in records if isinstance(each, ManifestItem)}


def names(desk, taken):
    listed = desk.room.each_item(taken.received.quarantined, taken.closed)
    return {each.descriptor.name: each.item for each in listed}


def again(desk, disclosed, taken, *screens, items=(), scope=(EVERYTHING,)):
    """The second look of a filter team at what lies aside."""
    aside = msgspec.structs.replace(disclosed, packed=taken.received.quarantined)
    look = SecondLook(frozenset(items))
    return desk.receive(aside, taken.closed, scope=scope, screens=screens, second_look=look)


# Hostile ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [False, True])
def test_a_descriptor_that_hides_an_identifier_comes_past_no_screen_and_is_cleared_by_nobody(received, more):
    hide = hiding(lambda each: msgspec.structs.replace(each, targets=(), more_targets=more))
    desk, disclosed, taken = received(COUNSEL, describe=hide)
    assert taken.counts() == {"descriptor-differs": 1, "privileged": 3}
    assert MAILS[1] in taken.quarantined()
    cleared = again(desk, disclosed, taken, items=[names(desk, taken)[MAILS[1]]])
    assert cleared.accepted() == {}


def test_an_item_that_names_more_than_its_descriptor_lists_is_put_aside_in_doubt(received, folder):
    many = ", ".join(f"p{number}@crowd.example" for number in range(40))
    (folder / "crowd.eml").write_text(f"From: x@crowd.example\nTo: {many}\nDate: 3 Nov 2026 10:00:00 +0000\n\nHello\n")
    elsewhere = ScreenSet((Target(TargetKind.EMAIL, "counsel@chambers.example"),))
    _, _, taken = received(elsewhere)
    assert list(taken.quarantined()) == ["crowd.eml"]
    assert taken.counts() == {"privileged": 1}


def test_what_is_out_of_scope_too_is_put_aside_as_out_of_scope(received, scopes):
    desk, _, taken = received(COUNSEL, scope=(scopes["day"],))
    assert taken.counts() == {"out-of-scope": 6, "privileged": 1}
    assert codes(desk, taken)[names(desk, taken)[MAILS[1]]] == "privileged"


def test_a_lie_about_the_content_is_no_matter_of_privilege(received):
    lie = hiding(lambda each: msgspec.structs.replace(each, sha256=bytes(32)))
    _, _, taken = received(COUNSEL, describe=lie)
    assert taken.counts() == {"descriptor-differs": 1, "privileged": 3}


def test_what_a_screen_put_aside_opens_under_no_key_but_the_quarantines(received):
    desk, _, taken = received(COUNSEL)
    for stored in (taken.received.accepted.manifest, *taken.received.accepted.objects):
        plain = bytes(desk.cipher.decrypt(desk.store.read(stored), taken.identity))
        assert b"ana@example.org" not in plain
        assert b"needle-2" not in plain


# What a second look lets pass ------------------------------------------------------------------------------------


def test_a_clearing_of_one_item_lets_that_one_pass_and_no_other(received, scopes):
    desk, disclosed, taken = received(LETTERS, scope=(scopes["day"],))
    before, listed = codes(desk, taken), names(desk, taken)
    cleared = again(desk, disclosed, taken, items=[listed[MAILS[1]]], scope=(scopes["day"],))
    assert list(cleared.accepted()) == [MAILS[1]]
    assert codes(desk, cleared) == {item: code for item, code in before.items() if item != listed[MAILS[1]]}


def test_a_clearing_that_names_what_was_out_of_scope_lets_it_pass_no_more_than_before(received, scopes):
    desk, disclosed, taken = received(COUNSEL, scope=(scopes["day"],))
    listed = names(desk, taken)
    cleared = again(desk, disclosed, taken, items=[listed[MAILS[0]], "0" * 64], scope=(scopes["day"],))
    assert cleared.accepted() == {}
    assert set(codes(desk, cleared).values()) == {"out-of-scope", "privileged"}


def test_a_grant_lets_nothing_pass_that_a_screen_holds_unless_it_is_named(received, scopes):
    desk, disclosed, taken = received(COUNSEL, scope=(scopes["day"],))
    listed = names(desk, taken)
    held = again(desk, disclosed, taken, COUNSEL)
    assert not [name for name in held.accepted() if name.startswith("mail.mbox")]
    assert codes(desk, held)[listed[MAILS[0]]] == "out-of-scope"
    assert list(again(desk, disclosed, taken, items=[listed[MAILS[0]]]).accepted()) == [MAILS[0]]


def test_without_a_screen_nothing_in_scope_is_put_aside(received):
    assert received()[2].counts() == {}


def test_a_listed_folder_puts_aside_what_lies_in_it_and_nothing_that_begins_like_it(received):
    assert sorted(received(LETTERS)[2].quarantined()) == MAILS
    assert received(ScreenSet(names=("mail",)))[2].counts() == {}
