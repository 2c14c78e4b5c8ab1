"""Trees against the recursive definition of RFC 6962 section 2.1, written down here a second time."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.ledger.spans import MAX_SIZE
from comity.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    RowTree,
    StoredTree,
    inclusion_path,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root_of,
    root_of_runs,
    run_root,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FAST = settings(deadline=None, max_examples=60)
SIZES = st.integers(min_value=0, max_value=300)


def _leaves(count):
    return [leaf_hash(number.to_bytes(4)) for number in range(count)]


def _naive_split(leaves):
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return k


def _naive_root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _naive_split(leaves)
    return hashlib.sha256(b"\x01" + _naive_root(leaves[:k]) + _naive_root(leaves[k:])).digest()


def _naive_path(index, leaves):
    if len(leaves) == 1:
        return []
    k = _naive_split(leaves)
    if index < k:
        return [*_naive_path(index, leaves[:k]), _naive_root(leaves[k:])]
    return [*_naive_path(index - k, leaves[k:]), _naive_root(leaves[:k])]


def _naive_subproof(old, leaves, known):
    if old == len(leaves):
        return [] if known else [_naive_root(leaves)]
    k = _naive_split(leaves)
    if old <= k:
        return [*_naive_subproof(old, leaves[:k], known), _naive_root(leaves[k:])]
    return [*_naive_subproof(old - k, leaves[k:], known=False), _naive_root(leaves[:k])]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_leaf_hash_of_another_length_is_refused_wherever_a_tree_takes_one(length):
    hashes = [*_leaves(3), bytes(length)]
    for take in (Frontier().append, StoredTree):
        with pytest.raises(BrokenInputError) as caught:
            take(hashes)
        assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 7,
        (1).to_bytes(8),
        (1).to_bytes(8) + bytes(31),
        (1).to_bytes(8) + bytes(33),
        (1).to_bytes(8) + bytes(64),
        (0).to_bytes(8) + bytes(32),
        (MAX_SIZE + 1).to_bytes(8) + bytes(32),
        b"\xff" * 8 + bytes(32 * 64),
    ],
    ids=["empty", "cut size", "no hash", "short hash", "long hash", "hash too many", "hash for none", "2**63", "2**64"],
)
def test_frontier_bytes_that_no_frontier_has_are_refused(data):
    with pytest.raises(BrokenInputError) as caught:
        Frontier.from_bytes(data)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


@pytest.mark.parametrize(("index", "size"), [(-1, None), (5, None), (5, 5), (2, 2), (0, 0), (0, 6), (0, -1)])
def test_a_path_of_a_leaf_outside_the_tree_is_refused(index, size):
    with pytest.raises(BrokenInputError) as caught:
        StoredTree(_leaves(5)).inclusion_path(index, size)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(("old", "size"), [(-1, None), (6, None), (4, 3), (1, 6)])
def test_a_consistency_proof_from_outside_the_tree_is_refused(old, size):
    with pytest.raises(BrokenInputError) as caught:
        StoredTree(_leaves(5)).consistency_proof(old, size)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(("first", "count"), [(0, 0), (0, 6), (5, 1), (-1, 2), (2, -1)])
def test_a_range_proof_from_outside_the_tree_is_refused(first, count):
    with pytest.raises(BrokenInputError) as caught:
        StoredTree(_leaves(5)).range_proof(first, count)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    "runs",
    [[b"12345678", b"1234"], [b"1234", b"1234567"], [b"123", b"1234"], [b"1234", b""], [b"1234", b"12345678"], [b""]],
    ids=["first too long", "cut leaf", "first too short", "empty last", "last too long", "only an empty one"],
)
def test_runs_that_are_no_complete_subtrees_are_refused(runs):
    with pytest.raises(BrokenInputError) as caught:
        root_of_runs(runs, leaf_size=1, run_leaves=4)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


@pytest.mark.parametrize("leaves", [-2, 0, 3])
def test_runs_of_a_length_that_is_no_power_of_two_are_refused(leaves):
    with pytest.raises(BrokenInputError) as caught:
        root_of_runs([b"123", b"123"], leaf_size=1, run_leaves=leaves)
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize("rows", [0, 1, 3, 5])
def test_a_row_with_another_number_of_nodes_than_the_leaves_have_is_refused(rows):
    with pytest.raises(BrokenInputError) as caught:
        RowTree(7, bytes(32 * rows), 2, lambda _first, _end: [])
    assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_a_leaf_that_does_not_lead_to_the_kept_row_gives_no_path_and_its_neighbours_under_the_same_node_neither():
    leaves = _leaves(20)
    row = StoredTree(leaves).row(2)
    leaves[5] = leaf_hash(b"another")
    tree = RowTree(20, row, 2, lambda first, end: leaves[first:end])
    assert tree.inclusion_path(8) == StoredTree(_leaves(20)).inclusion_path(8)
    for index in (4, 5, 6, 7):
        with pytest.raises(BrokenInputError) as caught:
            tree.inclusion_path(index)
        assert caught.value.code is ErrorCode.STORE_DAMAGED


@pytest.mark.parametrize("index", [-1, 20])
def test_a_path_from_a_row_of_a_leaf_outside_the_tree_is_refused(index):
    leaves = _leaves(20)
    with pytest.raises(BrokenInputError):
        RowTree(20, StoredTree(leaves).row(2), 2, lambda first, end: leaves[first:end]).inclusion_path(index)


@FAST
@given(st.integers(min_value=1, max_value=300), st.integers(min_value=0, max_value=10))
def test_a_kept_row_gives_the_same_root_and_paths_as_the_whole_tree(size, height):
    leaves = _leaves(size)
    whole = StoredTree(leaves)
    tree = RowTree(size, whole.row(height), height, lambda first, end: leaves[first:end])
    assert tree.root() == whole.root()
    assert [tree.inclusion_path(at) for at in range(size)] == [whole.inclusion_path(at) for at in range(size)]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root_of([]) == Frontier().root() == StoredTree([]).root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_leaf_and_a_node_never_share_a_hash():
    left, right = _leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)


def test_many_leaves_hash_as_each_alone():
    data = [b"", b"a", b"bc"]
    assert leaf_hashes(data) == [leaf_hash(leaf) for leaf in data]


@pytest.mark.parametrize("size", range(70))
def test_every_way_to_a_root_agrees_with_the_definition(size):
    leaves = _leaves(size)
    expected = _naive_root(leaves)
    assert root_of(leaves) == expected
    assert Frontier().append(leaves).root() == expected
    assert StoredTree(leaves).root() == expected


@pytest.mark.parametrize("size", range(1, 34))
def test_every_path_agrees_with_the_definition(size):
    leaves = _leaves(size)
    tree = StoredTree(_leaves(40))
    for index in range(size):
        expected = tuple(_naive_path(index, leaves))
        assert inclusion_path(leaves, index) == tree.inclusion_path(index, size) == expected


@pytest.mark.parametrize("size", range(1, 34))
def test_every_consistency_proof_agrees_with_the_definition(size):
    leaves = _leaves(size)
    tree = StoredTree(_leaves(40))
    assert tree.consistency_proof(0, size) == ()
    for old in range(1, size + 1):
        assert tree.consistency_proof(old, size) == tuple(_naive_subproof(old, leaves, known=True))


@FAST
@given(st.lists(SIZES, max_size=6))
def test_a_frontier_grows_to_the_same_tree_however_the_leaves_are_cut(parts):
    leaves = _leaves(sum(parts))
    frontier, at = Frontier(), 0
    for part in parts:
        frontier = frontier.append(leaves[at : at + part])
        at += part
        assert frontier.root() == root_of(leaves[:at])
    assert frontier == Frontier().append(leaves)
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@FAST
@given(SIZES, st.data())
def test_a_stored_tree_knows_its_root_at_every_older_size(size, data):
    leaves = _leaves(size)
    older = data.draw(st.integers(0, size))
    assert StoredTree(leaves).root(older) == root_of(leaves[:older])


@FAST
@given(st.integers(0, 200), st.sampled_from([1, 2, 8, 64]))
def test_a_root_made_from_runs_is_the_root(count, run_leaves):
    data = b"".join(number.to_bytes(2) for number in range(count))
    step = 2 * run_leaves
    runs = [data[at : at + step] for at in range(0, len(data), step)]
    assert root_of_runs(runs, leaf_size=2, run_leaves=run_leaves) == run_root(data, 2)
