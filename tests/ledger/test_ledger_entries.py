import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acts.classes import ActClass, ActType
from comity.ledger.entries import (
    LEAF_SIZE,
    PADDING_CLASS,
    Entry,
    act_commitment,
    class_commitment,
    class_commitments,
    leaf_of,
    leaves_of,
    padding_act,
    padding_entry,
    padding_needed,
)
from comity.ledger.tree import leaf_hash
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import encode, tagged_hash

ACT = "ab" * 32
ORDER = ActClass(ActType.PRODUCTION_ORDERED, "EU-2023-1543", Urgency.EMERGENCY, ("without-validation",))
SALT, CLASS_SALT = b"s" * 32, b"c" * 32
ENTRY = Entry(ACT, ORDER, SALT, CLASS_SALT)


def _malformed(call, *arguments):
    with pytest.raises(BrokenInputError) as caught:
        call(*arguments)
    assert caught.value.code is ErrorCode.MALFORMED


def test_one_salt_for_both_commitments_is_refused():
    _malformed(Entry, ACT, ORDER, SALT, SALT)


@pytest.mark.parametrize("salt", [b"", b"s" * 31, b"s" * 33])
def test_a_salt_of_another_length_is_refused(salt):
    _malformed(Entry, ACT, ORDER, salt, CLASS_SALT)
    _malformed(Entry, ACT, ORDER, SALT, salt)
    _malformed(leaf_of, salt, ACT, bytes(32))
    _malformed(padding_act, salt)


@pytest.mark.parametrize("act", ["", "ab" * 31, "ab" * 33, "AB" * 32, "zz" * 32, "ab " * 32, "\u0661" * 64])
def test_an_act_id_in_any_other_spelling_is_refused(act):
    _malformed(act_commitment, SALT, act)
    _malformed(leaves_of, [Entry(act, ORDER, SALT, CLASS_SALT)])


def test_a_commitment_of_another_length_makes_no_leaf():
    _malformed(leaf_of, SALT, ACT, bytes(31))


@pytest.mark.parametrize(("size", "multiple"), [(-1, 4), (1, 0), (1, -4)])
def test_padding_for_an_impossible_size_is_refused(size, multiple):
    _malformed(padding_needed, size, multiple)


def test_a_leaf_is_the_two_tagged_commitments_side_by_side():
    by_act = tagged_hash("comity-leaf-act-v1", SALT, bytes.fromhex(ACT))
    by_class = tagged_hash("comity-leaf-class-v1", CLASS_SALT, encode(ORDER))
    assert ENTRY.data() == by_act + by_class
    assert len(ENTRY.data()) == LEAF_SIZE
    assert ENTRY.leaf_hash() == leaf_hash(by_act + by_class)


def test_a_commitment_never_changes_between_versions():
    assert ENTRY.leaf_hash().hex() == "eace42478fb3ed5a8c1c6aabe741a42444721c34df07f3072769772143397e37"
    assert (
        padding_entry(bytes(32), SALT, CLASS_SALT).leaf_hash().hex()
        == "55f590aa5692b2da80f7530d2956557b7e3acd1b04fc128ae1bdaa4d9a75275c"
    )


def test_whoever_holds_act_salt_and_class_commitment_can_compute_the_leaf():
    assert leaf_of(SALT, ACT, class_commitment(CLASS_SALT, ORDER)) == ENTRY.leaf_hash()


@pytest.mark.parametrize(
    "other",
    [
        Entry("cd" * 32, ORDER, SALT, CLASS_SALT),
        Entry(ACT, PADDING_CLASS, SALT, CLASS_SALT),
        Entry(ACT, ORDER, b"t" * 32, CLASS_SALT),
        Entry(ACT, ORDER, SALT, b"d" * 32),
        Entry(ACT, ORDER, CLASS_SALT, SALT),
    ],
    ids=["act", "class", "salt", "class salt", "salts exchanged"],
)
def test_a_leaf_depends_on_each_part_of_its_entry(other):
    assert other.leaf_hash() != ENTRY.leaf_hash()


_CLASSES = st.builds(
    ActClass,
    st.sampled_from(ActType),
    st.sampled_from(["CETS185", "EU-2023-1543"]),
    st.sampled_from(Urgency),
    st.sets(st.text(max_size=5), max_size=3).map(lambda marks: tuple(sorted(marks))),
)
_ENTRIES = st.builds(
    Entry,
    st.binary(min_size=32, max_size=32).map(bytes.hex),
    _CLASSES,
    st.binary(min_size=31, max_size=31).map(lambda salt: salt + b"\x00"),
    st.binary(min_size=31, max_size=31).map(lambda salt: salt + b"\x01"),
)


@given(st.lists(_ENTRIES, max_size=8))
def test_many_entries_have_the_leaves_of_each_alone(entries):
    assert leaves_of(entries) == [entry.data() for entry in entries]
    pairs = [(entry.class_salt, entry.act_class) for entry in entries]
    assert class_commitments(pairs) == [class_commitment(*pair) for pair in pairs]


def test_padding_is_an_entry_of_the_padding_class_whose_act_id_comes_from_its_seed():
    seed = b"p" * 32
    entry = padding_entry(seed, SALT, CLASS_SALT)
    assert entry.act_class.type is ActType.PADDING
    assert entry.act == padding_act(seed) != padding_act(b"q" * 32)
    assert len(entry.data()) == len(ENTRY.data())


@pytest.mark.parametrize(
    ("size", "multiple", "previous", "expected"),
    [
        (0, 4, None, 0),
        (1, 4, None, 3),
        (4, 4, None, 0),
        (5, 1, None, 0),
        (4, 4, 4, 4),
        (5, 4, 4, 3),
        (8, 4, 4, 0),
        (0, 4, 0, 4),
    ],
)
def test_padding_fills_up_to_a_multiple_and_hides_a_quiet_interval(size, multiple, previous, expected):
    assert padding_needed(size, multiple, previous) == expected
