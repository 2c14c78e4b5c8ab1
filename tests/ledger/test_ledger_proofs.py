import tracemalloc

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from comity.ledger import proofs
from comity.ledger.proofs import (
    Inclusions,
    verify_consistency,
    verify_inclusion,
    verify_range,
    verify_subtree_consistency,
)
from comity.ledger.tree import EMPTY_ROOT, StoredTree, leaf_hash, node_hash
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FAST = settings(deadline=None, max_examples=150)
LEAVES = [leaf_hash(number.to_bytes(4)) for number in range(130)]
TREE = StoredTree(LEAVES)
OTHER = leaf_hash(b"a hash from nowhere")


def _rejected(check, *arguments, **named):
    with pytest.raises(BrokenInputError) as caught:
        check(*arguments, **named)
    assert caught.value.code is ErrorCode.BAD_PROOF


@st.composite
def _mutations(draw, hashes):
    """Another list of hashes: one changed, left out, doubled, added, exchanged or cut."""
    changed = list(hashes)
    at = draw(st.integers(0, max(len(changed) - 1, 0)))
    kinds = ["added"] if not changed else ["added", "left out", "doubled", "bit", "cut", "exchanged"]
    match draw(st.sampled_from(kinds)):
        case "added":
            changed.insert(at, OTHER)
        case "left out":
            del changed[at]
        case "doubled":
            changed.insert(at, changed[at])
        case "bit":
            place, bit = draw(st.integers(0, 31)), draw(st.integers(0, 7))
            node = bytearray(changed[at])
            node[place] ^= 1 << bit
            changed[at] = bytes(node)
        case "cut":
            changed[at] = changed[at][:-1]
        case _:
            to = draw(st.integers(0, len(changed) - 1))
            changed[at], changed[to] = changed[to], changed[at]
    assume(changed != list(hashes))
    return changed


@st.composite
def _ranges(draw):
    size = draw(st.integers(1, len(LEAVES)))
    first = draw(st.integers(0, size - 1))
    count = draw(st.integers(1, size - first))
    return first, count, size


@FAST
@given(_ranges(), st.data())
def test_a_mutated_range_proof_is_rejected(place, data):
    first, count, size = place
    proof = data.draw(_mutations(TREE.range_proof(first, count, size)))
    _rejected(verify_range, LEAVES[first : first + count], first, size, proof, TREE.root(size))


@FAST
@given(_ranges(), st.data())
def test_mutated_leaves_of_a_range_are_rejected(place, data):
    first, count, size = place
    leaves = data.draw(_mutations(LEAVES[first : first + count]))
    _rejected(verify_range, leaves, first, size, TREE.range_proof(first, count, size), TREE.root(size))


@FAST
@given(_ranges(), st.integers(-3, 140))
def test_a_range_proof_at_another_place_is_rejected(place, other_first):
    first, count, size = place
    assume(other_first != first)
    proof, leaves = TREE.range_proof(first, count, size), LEAVES[first : first + count]
    _rejected(verify_range, leaves, other_first, size, proof, TREE.root(size))


@FAST
@given(_ranges(), st.integers(-3, 140))
def test_a_range_proof_against_the_root_of_another_size_is_rejected(place, other_size):
    first, count, size = place
    assume(other_size != size)
    proof, leaves = TREE.range_proof(first, count, size), LEAVES[first : first + count]
    root = TREE.root(other_size) if 0 <= other_size <= len(LEAVES) else OTHER
    _rejected(verify_range, leaves, first, other_size, proof, root)


@FAST
@given(_ranges())
def test_every_range_is_proven_with_at_most_two_hashes_a_level(place):
    first, count, size = place
    proof = TREE.range_proof(first, count, size)
    assert len(proof) <= 2 * (size - 1).bit_length()
    verify_range(LEAVES[first : first + count], first, size, proof, TREE.root(size))


def test_a_range_proof_has_its_hashes_in_the_documented_order():
    left, right = StoredTree(LEAVES[:4]), StoredTree(LEAVES[4:7])
    assert TREE.range_proof(3, 1, 7) == (left.root(2), LEAVES[2], right.root())
    assert TREE.range_proof(2, 3, 7) == (left.root(2), LEAVES[5], LEAVES[6])
    assert TREE.range_proof(0, 7, 7) == ()


def test_a_path_with_more_hashes_than_its_place_has_is_rejected_even_if_it_leads_to_the_root():
    leaf, other = LEAVES[:2]
    _rejected(verify_inclusion, leaf, 0, 1, [other], node_hash(other, leaf))
    _rejected(verify_inclusion, leaf, 0, 2, [other, other], node_hash(other, node_hash(leaf, other)))


def test_bytes_shifted_from_one_hash_to_its_neighbour_are_rejected_although_the_root_is_the_same():
    left, right, root = LEAVES[0], LEAVES[1], TREE.root(2)
    shorter, longer = left[:31], left[31:] + right
    _rejected(verify_inclusion, shorter, 0, 2, [longer], root)
    _rejected(verify_range, [shorter], 0, 2, [longer], root)
    _rejected(verify_range, [shorter, longer], 0, 2, [], root)
    _rejected(verify_consistency, 1, 2, [longer], shorter, root)
    _rejected(verify_subtree_consistency, 1, 2, 2, proof=[shorter], subtree_root=longer, root=root)


def test_a_span_that_is_no_subtree_is_rejected_even_with_the_proof_of_one_that_is():
    proof, old_root, root = TREE.consistency_proof(3, 4), TREE.root(3), TREE.root(4)
    verify_subtree_consistency(0, 3, 4, proof=proof, subtree_root=old_root, root=root)
    _rejected(verify_subtree_consistency, 1, 3, 4, proof=proof, subtree_root=old_root, root=root)


def test_an_empty_range_proves_nothing():
    _rejected(verify_range, [], 0, 4, [], TREE.root(4))
    _rejected(verify_range, [], 0, 0, [], EMPTY_ROOT)


@FAST
@given(_ranges(), st.data())
def test_a_mutated_path_is_rejected(place, data):
    index, _, size = place
    path = data.draw(_mutations(TREE.inclusion_path(index, size)))
    _rejected(verify_inclusion, LEAVES[index], index, size, path, TREE.root(size))


@FAST
@given(_ranges())
def test_a_path_proves_its_own_leaf_and_no_other(place):
    index, _, size = place
    path, root = TREE.inclusion_path(index, size), TREE.root(size)
    verify_inclusion(LEAVES[index], index, size, path, root)
    _rejected(verify_inclusion, OTHER, index, size, path, root)
    _rejected(verify_inclusion, LEAVES[index], index, size, path, OTHER)
    for other in {0, size // 2, size - 1} - {index}:
        _rejected(verify_inclusion, LEAVES[index], other, size, path, root)


@FAST
@given(_ranges(), st.data())
def test_a_mutated_consistency_proof_is_rejected(place, data):
    old, _, size = place
    old += 1
    proof = data.draw(_mutations(TREE.consistency_proof(old, size)))
    _rejected(verify_consistency, old, size, proof, TREE.root(old), TREE.root(size))


@FAST
@given(_ranges())
def test_a_consistency_proof_proves_its_own_trees_and_no_others(place):
    old, _, size = place
    old += 1
    proof, old_root, root = TREE.consistency_proof(old, size), TREE.root(old), TREE.root(size)
    verify_consistency(old, size, proof, old_root, root)
    _rejected(verify_consistency, old, size, proof, OTHER, root)
    _rejected(verify_consistency, old, size, proof, old_root, OTHER)
    _rejected(verify_consistency, old, size + (1 << 62), proof, old_root, root)


@FAST
@given(_ranges(), st.data())
def test_a_rewritten_log_has_no_consistency_proof_with_its_older_self(place, data):
    old, _, size = place
    old += 1
    at = data.draw(st.integers(0, old - 1))
    rewritten = StoredTree([*LEAVES[:at], OTHER, *LEAVES[at + 1 :]])
    _rejected(
        verify_consistency, old, size, rewritten.consistency_proof(old, size), TREE.root(old), rewritten.root(size)
    )


def test_nothing_is_consistent_with_an_empty_tree():
    _rejected(verify_consistency, 0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    _rejected(verify_consistency, 0, 5, [], EMPTY_ROOT, TREE.root(5))


@FAST
@given(st.data())
def test_what_proofs_showed_before_lets_no_other_proof_pass(data):
    """Whether a path holds is the same after all true paths of the tree, and after as many false ones, as alone."""
    size = data.draw(st.integers(1, len(LEAVES)))
    tree = StoredTree(LEAVES[:size])
    proven = Inclusions(size, tree.root())
    for index in data.draw(st.permutations(range(size))):
        proven.verify(LEAVES[index], index, tree.inclusion_path(index))
    for _ in range(8):
        index = data.draw(st.integers(0, size - 1))
        path = tree.inclusion_path(index)
        spoiled = tuple(data.draw(_mutations(path)))
        if spoiled != path:
            _rejected(proven.verify, LEAVES[index], index, spoiled)
        other = data.draw(st.integers(0, size))
        if other != index:
            _rejected(proven.verify, LEAVES[index], other, path)
        _rejected(proven.verify, OTHER, index, path)
        proven.verify(LEAVES[index], index, path)


def test_a_node_that_a_false_path_reached_is_not_taken_for_proven():
    """The upper hashes of a path that led elsewhere prove nothing for the next one that has them."""
    tree = StoredTree(LEAVES)
    proven, forged = Inclusions(len(LEAVES), tree.root()), (*tree.inclusion_path(0)[:-1], OTHER)
    for _ in range(2):
        _rejected(proven.verify, LEAVES[0], 0, forged)
    proven.verify(LEAVES[0], 0, tree.inclusion_path(0))


def test_what_is_remembered_of_a_tree_does_not_grow_with_its_leaves(monkeypatch):
    """All of 8,192 leaves, each with a path of its own memory, as from a dossier: 2,000 nodes where none is forgotten."""
    monkeypatch.setattr(proofs, "_MOST_REMEMBERED", 200)
    leaves = [leaf_hash(number.to_bytes(4)) for number in range(8_192)]
    tree = StoredTree(leaves)
    proven = Inclusions(len(leaves), tree.root())
    tracemalloc.start()
    for index, leaf in enumerate(leaves):
        proven.verify(leaf, index, tree.inclusion_path(index))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 400_000


@pytest.mark.parametrize("size", [1 << 63, 1 << 64, 1 << 4000, -1])
def test_a_hostile_size_is_rejected_before_any_work(size):
    _rejected(verify_inclusion, OTHER, 0, size, [OTHER] * 64, OTHER)
    _rejected(verify_range, [OTHER], 0, size, [OTHER] * 64, OTHER)
    _rejected(verify_consistency, 1, size, [OTHER] * 64, OTHER, OTHER)
    _rejected(verify_consistency, size, size, [], OTHER, OTHER)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_root_of_another_length_is_rejected_where_it_would_be_hashed(length):
    _rejected(verify_consistency, 4, 5, [LEAVES[4]], bytes(length), TREE.root(5))


@FAST
@given(_ranges())
def test_every_subtree_is_proven_consistent_with_its_tree(place):
    start, count, size = place
    width = 1 << (count - 1).bit_length()
    start -= start % width
    end = min(start + count, size)
    middle = StoredTree(LEAVES[start:end]).root()
    if start == 0:
        proof = TREE.consistency_proof(end, size)
        verify_subtree_consistency(start, end, size, proof=proof, subtree_root=middle, root=TREE.root(size))
    elif count == 1:
        proof = TREE.inclusion_path(start, size)
        verify_subtree_consistency(start, end, size, proof=proof, subtree_root=middle, root=TREE.root(size))
    _rejected(
        verify_subtree_consistency, start, end, size, proof=[OTHER] * 70, subtree_root=middle, root=TREE.root(size)
    )
