import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from comity.acts.classes import ActClass, ActType
from comity.ledger.entries import PADDING_CLASS, Entry, padding_act, padding_entry
from comity.ledger.openings import (
    ClassOpening,
    ShownAct,
    acts_of,
    match_acts,
    open_class,
    verify_act_opening,
    verify_openings,
    verify_padding_opening,
)
from comity.ledger.tree import EMPTY_ROOT, root_of
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import tagged_hash

MARK = "without-validation"
EMERGENCY = ActClass(ActType.PRODUCTION_ORDERED, "EU-2023-1543", Urgency.EMERGENCY, (MARK,))
ORDINARY = ActClass(ActType.PRODUCTION_ORDERED, "EU-2023-1543", Urgency.ORDINARY)
RECEIVED = ActClass(ActType.EXHIBIT_RECEIVED, "CETS185", Urgency.URGENT)


def _bytes(name, number):
    return tagged_hash(name, number.to_bytes(2))


def _entry(number, act_class):
    return Entry(_bytes("act", number).hex(), act_class, _bytes("salt", number), _bytes("class salt", number))


def _padding(number):
    return padding_entry(_bytes("seed", number), _bytes("salt", number), _bytes("class salt", number))


ENTRIES = [
    _entry(0, RECEIVED),
    _entry(1, EMERGENCY),
    _entry(2, ORDINARY),
    _entry(3, EMERGENCY),
    _padding(4),
    _entry(5, EMERGENCY),
    _padding(6),
]
OPENINGS = [open_class(entry) for entry in ENTRIES]
ROOT = root_of([entry.leaf_hash() for entry in ENTRIES])


def _shown(*places, entries=ENTRIES):
    return {at: ShownAct(entries[at].act, entries[at].act_class, entries[at].salt) for at in places}


def _rejected(call, *arguments):
    with pytest.raises(BrokenInputError) as caught:
        call(*arguments)
    assert caught.value.code is ErrorCode.BAD_PROOF
    return caught.value.what


@pytest.mark.parametrize("at", range(len(ENTRIES)))
@pytest.mark.parametrize(
    "stated", [EMERGENCY, ORDINARY, RECEIVED, PADDING_CLASS], ids=lambda stated: f"{stated.type} {stated.urgency}"
)
def test_a_misstated_class_is_caught(at, stated):
    openings = list(OPENINGS)
    openings[at] = replace(openings[at], act_class=stated)
    if openings != OPENINGS:
        assert "step 3" in _rejected(verify_openings, openings, ROOT, len(openings))


@pytest.mark.parametrize("at", range(len(ENTRIES)))
def test_a_left_out_leaf_is_caught_whatever_size_is_claimed(at):
    openings = OPENINGS[:at] + OPENINGS[at + 1 :]
    assert "step 1" in _rejected(verify_openings, openings, ROOT, len(OPENINGS))
    assert "step 3" in _rejected(verify_openings, openings, ROOT, len(openings))


@pytest.mark.parametrize("at", range(len(ENTRIES) + 1))
def test_an_extra_leaf_is_caught_whatever_size_is_claimed(at):
    openings = [*OPENINGS[:at], open_class(_padding(9)), *OPENINGS[at:]]
    assert "step 1" in _rejected(verify_openings, openings, ROOT, len(OPENINGS))
    assert "step 3" in _rejected(verify_openings, openings, ROOT, len(openings))


@given(st.permutations(OPENINGS))
def test_re_ordered_leaves_are_caught(openings):
    assume(openings != OPENINGS)
    assert "step 3" in _rejected(verify_openings, openings, ROOT, len(openings))


def test_a_leaf_exchanged_for_another_is_caught():
    openings = [*OPENINGS[:3], open_class(_entry(8, EMERGENCY)), *OPENINGS[4:]]
    assert "step 3" in _rejected(verify_openings, openings, ROOT, len(openings))


@pytest.mark.parametrize(
    ("name", "length"), [("act_commitment", 31), ("act_commitment", 33), ("class_salt", 0), ("class_salt", 33)]
)
def test_an_opening_that_is_not_whole_is_caught(name, length):
    openings = [replace(OPENINGS[0], **{name: bytes(length)}), *OPENINGS[1:]]
    assert "step 2" in _rejected(verify_openings, openings, ROOT, len(openings))


def test_bytes_shifted_from_one_commitment_to_the_other_are_caught():
    first = OPENINGS[0]
    moved = ClassOpening(first.act_commitment + first.class_salt[:1], first.class_salt[1:], first.act_class)
    assert "step 2" in _rejected(verify_openings, [moved, *OPENINGS[1:]], ROOT, len(OPENINGS))


def test_true_openings_prove_how_many_there_are_of_each_class():
    count = verify_openings(OPENINGS, ROOT, len(OPENINGS))
    assert count.count(MARK) == 3
    assert count.count(ActType.PRODUCTION_ORDERED) == 4
    assert count.count(ActType.PADDING) == 2
    assert count.count("unknown-mark") == count.count(ActType.CASE_CLOSED) == 0
    assert sum(number for _, number in count.classes) == count.size == 7


def test_an_empty_ledger_is_proven_empty():
    assert verify_openings([], EMPTY_ROOT, 0).count(MARK) == 0
    _rejected(verify_openings, [], ROOT, 0)


def test_an_opening_has_the_leaf_hash_of_its_entry():
    assert [opening.leaf_hash() for opening in OPENINGS] == [entry.leaf_hash() for entry in ENTRIES]


def test_a_mark_is_never_taken_for_a_type():
    sly = open_class(_entry(0, ActClass(ActType.CASE_CLOSED, "CETS185", Urgency.ORDINARY, ("padding",))))
    assert acts_of([*OPENINGS, sly], ActType.PADDING) == (4, 6)
    assert acts_of([*OPENINGS, sly], "padding") == (7,)


@pytest.mark.parametrize("other", [0, 2, 3, 5])
def test_an_act_opens_its_own_leaf_and_no_other(other):
    verify_act_opening(OPENINGS[1], ENTRIES[1].salt, ENTRIES[1].act)
    _rejected(verify_act_opening, OPENINGS[1], ENTRIES[other].salt, ENTRIES[1].act)
    _rejected(verify_act_opening, OPENINGS[1], ENTRIES[1].salt, ENTRIES[other].act)
    _rejected(verify_act_opening, OPENINGS[other], ENTRIES[1].salt, ENTRIES[1].act)
    _rejected(verify_act_opening, OPENINGS[1], ENTRIES[1].salt[:31], ENTRIES[1].act)


def test_a_node_that_hides_the_third_act_is_caught():
    review = match_acts(OPENINGS, MARK, _shown(1, 3))
    assert not review.complete
    assert (review.proven, review.matched, review.kept_back) == (3, (1, 3), (5,))


def test_the_same_act_shown_for_the_hidden_leaf_is_caught():
    shown = {**_shown(1, 3), 5: _shown(3)[3]}
    review = match_acts(OPENINGS, MARK, shown)
    assert not review.complete
    assert (review.matched, review.mismatched) == ((1, 3), (5,))


def test_one_act_entered_twice_is_told_from_two_acts():
    twice = [*ENTRIES[:5], Entry(ENTRIES[3].act, EMERGENCY, b"x" * 32, b"y" * 32)]
    review = match_acts([open_class(entry) for entry in twice], MARK, _shown(1, 3, 5, entries=twice))
    assert not review.complete
    assert (review.matched, review.repeated) == ((1, 3), (5,))


def test_an_act_whose_own_class_is_not_the_leafs_is_caught():
    shown = _shown(1, 3, 5)
    shown[5] = replace(shown[5], act_class=ORDINARY)
    assert match_acts(OPENINGS, MARK, shown).mismatched == (5,)


def test_an_act_id_that_is_none_is_a_mismatch_and_not_an_accident():
    shown = _shown(1, 3, 5)
    shown[5] = replace(shown[5], act="not an id")
    assert match_acts(OPENINGS, MARK, shown).mismatched == (5,)


def test_acts_shown_for_leaves_of_other_classes_prove_nothing():
    review = match_acts(OPENINGS, MARK, {**_shown(1, 3, 5, 2), 99: _shown(1)[1]})
    assert review.complete
    assert review.outside == (2, 99)


@settings(deadline=None)
@given(st.sets(st.sampled_from([1, 3, 5])))
def test_a_review_is_complete_only_when_every_act_was_shown(places):
    review = match_acts(OPENINGS, MARK, _shown(*places))
    assert review.complete == (places == {1, 3, 5})
    assert set(review.kept_back) == {1, 3, 5} - places


def test_an_act_passed_off_as_padding_cannot_be_opened_as_padding():
    hidden = Entry(ENTRIES[1].act, PADDING_CLASS, b"x" * 32, b"y" * 32)
    opening = open_class(hidden)
    verify_openings([opening], hidden.leaf_hash(), 1)
    _rejected(verify_padding_opening, opening, hidden.salt, bytes.fromhex(hidden.act))
    _rejected(verify_padding_opening, opening, hidden.salt, _bytes("seed", 4))


def test_padding_opens_with_its_seed_and_only_as_padding():
    verify_padding_opening(OPENINGS[4], ENTRIES[4].salt, _bytes("seed", 4))
    _rejected(verify_padding_opening, OPENINGS[4], ENTRIES[4].salt, _bytes("seed", 6))
    as_order = Entry(padding_act(_bytes("seed", 4)), EMERGENCY, b"x" * 32, b"y" * 32)
    _rejected(verify_padding_opening, open_class(as_order), as_order.salt, _bytes("seed", 4))
