"""The real node as a witness of `de`: what it remembers of a log, and how a restored log goes on under its eyes."""

import pytest

from comity.casework.upkeep.witness import add_checkpoint
from comity.ledger.checkpoints import Checkpoint, sign_checkpoint
from comity.ledger.origins import log_key, log_origin, witness_key
from comity.ledger.tree import StoredTree, leaf_hash
from comity.ledger.witness import AddCheckpoint

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
TREE = StoredTree(LEAVES)
OTHER = StoredTree([*LEAVES[:6], *(leaf_hash(b"other %d" % number) for number in range(34))])


@pytest.fixture
def ask(world):
    """Asks the node to co-sign a head of `de`'s ledger; the answer's status and body."""

    def asking(old: int, size: int, *, epoch: int = 1, tree: StoredTree = TREE) -> tuple[int, str]:
        key, origin = world.played["de"].keys.ledger_key(), log_origin("de", epoch)
        head = sign_checkpoint(Checkpoint(origin, size, tree.root(size)), log_key(origin, key.public), key.sign)
        mine = world.node.keyring.witness_key()
        request = AddCheckpoint(old, tree.consistency_proof(old, size) if old else (), head)
        answer = add_checkpoint(
            world.node.bench, request.encode(), key=witness_key("provider", mine.public), sign=mine.sign
        )
        return answer.status, answer.body

    return asking


def test_a_restored_log_goes_on_from_what_it_shares_with_the_witness(ask):
    for old, size in ((0, 4), (4, 8), (8, 16)):
        assert ask(old, size)[0] == 200
    # Restored at 10 leaves: the largest head co-signed up to there is the one of 8.
    assert ask(0, 10, epoch=2) == (409, "8\n")
    assert ask(8, 10, epoch=2)[0] == 200
    assert ask(10, 30, epoch=2)[0] == 200
    assert ask(16, 20) == (422, "epoch-over: a later epoch of this log has begun\n")


def test_a_new_history_under_a_new_epoch_is_refused(ask):
    ask(0, 4)
    ask(4, 8)
    assert ask(8, 10, epoch=2, tree=OTHER)[0] == 422
    assert ask(4, 10, epoch=2, tree=OTHER) == (409, "8\n")
    # Down to what it still shares it may go: that is what the restore then says in the open.
    assert ask(4, 5, epoch=2, tree=OTHER)[0] == 200
    assert ask(5, 20, epoch=2, tree=OTHER)[0] == 200


def test_an_epoch_smaller_than_anything_co_signed_is_refused(ask):
    ask(0, 8)
    assert ask(0, 3, epoch=2)[0] == 422


def test_a_witness_that_saw_nothing_of_earlier_epochs_begins_with_the_one_it_is_shown(ask):
    assert ask(0, 8, epoch=7)[0] == 200
    assert ask(0, 9, epoch=6)[0] == 422


def test_there_is_no_epoch_beyond_the_last(ask):
    assert ask(0, 8, epoch=1000)[0] == 404


def test_old_heads_are_thinned_and_the_newest_all_remembered(world, ask, monkeypatch):
    from comity.adapters.postgres import witnessing

    monkeypatch.setattr(witnessing, "REMEMBERED", 4)
    monkeypatch.setattr(witnessing, "THINNED", 5)
    for size in range(1, 21):
        assert ask(size - 1, size)[0] == 200
    logs, origin = world.node.records.witnessed_logs, log_origin("de")
    kept = {logs.largest([origin], size)[origin][0] for size in range(1, 21)}
    assert kept == {1, 6, 11, 16, 17, 18, 19, 20}
    assert logs.largest([origin, log_origin("de", 2)], 18) == {origin: (18, TREE.root(18))}
    assert set(logs.known([origin, log_origin("de", 2)])) == {origin}
    assert logs.largest([origin], 0) == {}


@pytest.mark.usefixtures("world")
def test_two_epochs_of_one_log_are_locked_together():
    from comity.adapters.postgres import witnessing

    assert witnessing._log_of(log_origin("de", 2)) == witnessing._log_of(log_origin("de"))
    assert witnessing._log_of(log_origin("de")) != witnessing._log_of(log_origin("pt"))
