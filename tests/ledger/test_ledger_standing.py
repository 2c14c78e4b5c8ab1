import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.checkpoints import Checkpoint
from comity.ledger.origins import epoch_of, log_origin
from comity.ledger.standing import Behind, Current, Forked, left_behind, require_current, stand
from comity.ledger.tree import StoredTree, leaf_hash
from comity.vocabulary.errors import BrokenInputError, ErrorCode

LEAVES = [leaf_hash(number.to_bytes(2)) for number in range(300)]
TREE = StoredTree(LEAVES)


def _head(size, tree=TREE):
    return Checkpoint("pt.example/ledger", size, tree.root(size))


def _stand(size, *witnessed):
    return stand(size, TREE.root(size), witnessed, TREE.root)


def _forged(size):
    return Checkpoint("pt.example/ledger", size, leaf_hash(b"forged"))


@pytest.mark.parametrize("size", [1, 99, 100])
def test_a_witnessed_head_that_the_own_log_does_not_lead_to_is_a_fork(size):
    assert _stand(100, _forged(size)) == Forked(_forged(size), TREE.root(size))


def test_a_fork_outranks_being_behind_in_either_order():
    assert isinstance(_stand(100, _head(200), _forged(50)), Forked)
    assert isinstance(_stand(100, _forged(50), _head(200)), Forked)


def test_two_roots_for_one_size_ahead_of_the_own_log_are_a_fork():
    assert isinstance(_stand(100, _head(200), _forged(200)), Forked)


def test_a_log_shorter_than_a_witnessed_head_is_behind_the_largest():
    assert _stand(100, _head(150), _head(200), _head(50)) == Behind(100, _head(200))


def test_a_node_that_is_behind_may_not_sign():
    with pytest.raises(BrokenInputError) as caught:
        require_current(_stand(100, _head(200)))
    assert caught.value.code is ErrorCode.BEHIND_WITNESSES


def test_a_node_whose_log_is_forked_may_not_sign():
    with pytest.raises(BrokenInputError) as caught:
        require_current(_stand(100, _forged(7)))
    assert caught.value.code is ErrorCode.FORK


@given(st.lists(st.integers(0, 100), max_size=5))
def test_a_log_that_every_witnessed_head_is_a_prefix_of_is_current(sizes):
    standing = _stand(100, *(_head(size) for size in sizes))
    assert standing == Current()
    require_current(standing)


def _epoch(number, size):
    return Checkpoint(log_origin("pt", number), size, TREE.root(size))


def test_a_head_of_a_later_epoch_means_behind_however_large_the_log_is():
    assert left_behind(log_origin("pt"), 300, [_epoch(1, 300), _epoch(2, 20)]) == Behind(300, _epoch(2, 20))


def test_the_latest_epoch_counts_and_in_it_the_largest_head():
    seen = [_epoch(3, 5), _epoch(2, 200), _epoch(3, 9), _epoch(1, 100)]
    assert left_behind(log_origin("pt"), 10, seen) == Behind(10, _epoch(3, 9))


def test_heads_of_this_epoch_and_earlier_ones_leave_nothing_behind():
    assert left_behind(log_origin("pt", 2), 10, [_epoch(1, 100), _epoch(2, 100)]) is None
    assert left_behind(log_origin("pt", 2), 10, []) is None


@pytest.mark.parametrize(
    ("epoch", "origin"), [(1, "comity/pt/ledger"), (2, "comity/pt/ledger/2"), (999, "comity/pt/ledger/999")]
)
def test_an_origin_says_its_epoch(epoch, origin):
    assert (epoch_of(origin), log_origin("pt", epoch)) == (epoch, origin)


@pytest.mark.parametrize("origin", ["", "comity/pt/ledger/1", "comity/pt/ledger/01", "pt.example/ledger"])
def test_what_is_no_origin_has_no_epoch(origin):
    with pytest.raises(BrokenInputError):
        epoch_of(origin)
