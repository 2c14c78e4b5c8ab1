"""A peer that was restored from a backup is sent again what the backup had forgotten."""

import pytest

from comity.acts import bodies as b
from comity.casework.post import receive as receiving
from comity.ledger.origins import log_origin
from comity.vocabulary.errors import BrokenInputError, ErrorCode


@pytest.fixture
def busy(world):
    """`de` was sent three more acts."""
    for number in range(3):
        world.hold(world.order(f"b{number}" * 16))
    world.send_out()
    return world


def due(world, peer: str = "de") -> int:
    return world.value("SELECT count(*) FROM comity_delivery WHERE peer = %s AND state = 'pending'", peer)


def delivered(world, peer: str = "de") -> int:
    return world.value("SELECT count(*) FROM comity_delivery WHERE peer = %s AND state = 'delivered'", peer)


def test_what_a_peer_lost_is_sent_again_and_receipted_under_its_new_epoch(busy, what_is_wrong):
    world = busy
    de, before = world.played["de"], delivered(world)
    assert before > 3
    kept = {entry.act for entry in de.entries[:1]}
    told = de.restore(1)
    assert de.send(told).receipts
    lost = due(world)
    assert lost >= before - 1
    world.send_out()
    assert due(world) == 0
    assert delivered(world) == before
    assert len(de.entries) == 1 + lost
    origins = world.value(
        "SELECT string_agg(DISTINCT origin, ' ' ORDER BY origin) FROM comity_receipt WHERE peer = 'de'"
    )
    assert origins == f"{log_origin('de')} {log_origin('de', 2)}"
    assert kept < {entry.act for entry in de.entries}
    assert what_is_wrong(world.check()) == {}


def test_the_same_word_twice_has_one_effect(busy):
    world = busy
    de = world.played["de"]
    told = de.restore(1)
    de.send(told)
    world.send_out()
    arrivals = de.arrivals
    assert de.send(told).receipts
    assert due(world) == 0
    world.send_out()
    assert de.arrivals == arrivals


def test_a_crash_before_the_reaction_is_made_up_for_when_the_peer_sends_its_act_again(busy, monkeypatch):
    world = busy
    de = world.played["de"]
    told = de.restore(1)

    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(receiving, "send_again", crash)
        with pytest.raises(KeyboardInterrupt):
            de.send(told)
    # Filed, and nothing was due; the peer has no receipt, so it asks again.
    assert due(world) == 0
    assert de.send(told).receipts
    assert due(world) > 0


def test_another_peers_deliveries_are_left_alone(busy):
    world = busy
    before = delivered(world, "oversight")
    world.played["de"].send(world.played["de"].restore(0))
    assert before > 0
    assert delivered(world, "oversight") == before


def test_a_peer_that_lost_nothing_of_ours_is_sent_nothing(busy):
    world = busy
    de = world.played["de"]
    de.send(de.restore(len(de.entries)))
    assert due(world) == 0


def test_what_came_after_an_earlier_restore_is_sent_again_when_an_older_backup_comes_back(busy):
    world = busy
    de = world.played["de"]
    total = delivered(world)
    de.send(de.restore(2))
    world.send_out()
    # A copy of the first epoch with one leaf more than the one restored before: what the second epoch got is lost.
    del de.entries[3:]
    de.origin = log_origin("de", 3)
    told = de.act(world.house("de"), b.LedgerRestored(3, total, "ab" * 32, 1, 3))
    assert de.send(told).receipts
    assert due(world) == total - 2
    world.send_out()
    assert delivered(world) == total


@pytest.mark.parametrize(("first", "second"), [(0, 2), (1, 1), (1, 1000), (1, 1 << 62)])
def test_there_is_no_act_with_epochs_that_no_ledger_can_have(world, first, second):
    with pytest.raises(BrokenInputError) as malformed:
        world.played["de"].act(world.house("de"), b.LedgerRestored(1, 9, "ab" * 32, first, second))
    assert malformed.value.code is ErrorCode.MALFORMED
