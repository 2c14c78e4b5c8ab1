import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.matters import StoredObject
from comity.evidence.items.exhibit_seal import (
    ORDER_BYTES,
    BoundSegment,
    LeafPlaces,
    arrangement,
    binding_leaves,
    binding_root,
    check_item,
    check_segments,
    item_leaf,
    objects_root,
)
from comity.ledger.tree import EMPTY_ROOT, StoredTree, leaf_hash, root_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def hold(counts: list[int]) -> tuple[list[list[bytes]], list[BoundSegment]]:
    leaves = [[item_leaf(bytes([s, i]) * 16, b"frame") for i in range(count)] for s, count in enumerate(counts)]
    return leaves, [BoundSegment(root_of(each), len(each)) for each in leaves]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=7), st.data())
def test_every_item_proves_itself_in_its_segment_and_nowhere_else(counts, data):
    if not any(counts):
        counts = [*counts, 1]
    leaves, segments = hold(counts)
    check_segments(segments, binding_root(segments))
    number = data.draw(st.sampled_from([s for s, count in enumerate(counts) if count]))
    at = data.draw(st.integers(0, counts[number] - 1))
    item, segment = leaves[number][at], segments[number]
    path = StoredTree(leaves[number]).inclusion_path(at)
    check_item(item, at, path, segment)
    for wrong in (
        (leaf_hash(b"other"), at, path, segment),
        (item, at + 1, path, segment),
        (item, at, (*path, bytes(32)), segment),
        (item, at, path, BoundSegment(bytes(32), segment.items)),
        (item, at, path, BoundSegment(segment.root, at)),
    ):
        with pytest.raises(BrokenInputError) as caught:
            check_item(*wrong)
        assert caught.value.code is ErrorCode.BAD_PROOF


def test_segments_in_another_order_or_with_other_counts_are_refused():
    _, segments = hold([2, 3])
    root = binding_root(segments)
    check_segments(segments, root)
    for other in (segments[::-1], segments[:1], [segments[0], BoundSegment(segments[1].root, 4)], []):
        with pytest.raises(BrokenInputError) as caught:
            check_segments(other, root)
        assert caught.value.code is ErrorCode.BAD_PROOF


def test_a_hold_without_segments_has_the_empty_root():
    assert binding_root([]) == EMPTY_ROOT


def test_a_segment_root_is_no_item_of_the_binding_tree():
    """An inner node or a root handed in as a leaf must not prove."""
    _, segments = hold([2, 2])
    tree = StoredTree(binding_leaves(segments))
    with pytest.raises(BrokenInputError):
        check_item(segments[0].root, 0, tree.inclusion_path(0), BoundSegment(binding_root(segments), 2))


def test_the_same_descriptor_with_another_salt_is_another_leaf():
    assert item_leaf(bytes(32), b"frame") != item_leaf(b"\x01" * 32, b"frame")


def test_a_salt_of_another_length_is_refused():
    with pytest.raises(BrokenInputError) as caught:
        item_leaf(bytes(31), b"\x00frame")
    assert caught.value.code is ErrorCode.MALFORMED


@given(st.integers(0, 50), st.randoms(use_true_random=False))
def test_an_arrangement_is_an_order_of_all(count, random):
    assert sorted(arrangement(count, random.randbytes(count * ORDER_BYTES))) == list(range(count))


def test_every_order_of_three_is_about_as_likely():
    import random

    source = random.Random(7)
    seen = Counter(tuple(arrangement(3, source.randbytes(3 * ORDER_BYTES))) for _ in range(6_000))
    assert len(seen) == 6
    assert all(800 < count < 1_200 for count in seen.values())


def test_too_few_random_bytes_are_refused():
    with pytest.raises(ValueError, match="random bytes"):
        arrangement(2, bytes(ORDER_BYTES))


def test_the_objects_root_depends_on_order_and_every_digest():
    first, second = StoredObject("aa" * 32, 1), StoredObject("bb" * 32, 1)
    assert objects_root([first, second]) != objects_root([second, first])
    assert objects_root([first]) == leaf_hash(b"\xaa" * 32)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**60) | st.integers(0, 2_000)), max_size=200))
def test_a_place_is_new_exactly_once(places):
    seen, listed = set(), LeafPlaces()
    for place in places:
        assert listed.add(*place) is (place not in seen)
        seen.add(place)


def test_a_hundred_thousand_places_take_less_than_a_fifth_of_a_megabyte():
    listed = LeafPlaces()
    tracemalloc.start()
    for leaf in range(100_000):
        listed.add(leaf >> 15, leaf & 0x7FFF)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 200_000
