"""What is more than one act can hand over is refused before anything is assembled, and goes part by part."""

import os

import pytest

from comity.acts import bodies as b
from comity.acts.matters import ScopePart
from comity.adapters.objects import disclosure
from comity.adapters.objects.chunk_pipeline import CHUNK
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.custody.hand_over import Release, release
from comity.casework.custody.hold import TakeIn, take_into_hold
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CASE = "b7" * 16
DESK = "provider-desk"


def test_what_no_act_can_hand_over_at_once_leaves_nothing_behind_and_goes_part_by_part(
    world, what_is_wrong, monkeypatch
):
    monkeypatch.setattr(disclosure, "MOST_OBJECTS", 1)
    monkeypatch.setattr(disclosure, "MOST_CHUNK", CHUNK)
    bench, source = world.node.bench, world.folder / "large"
    source.mkdir()
    for name in ("one.bin", "two.bin"):
        (source / name).write_bytes(os.urandom(CHUNK - 1))
    hold = take_into_hold(bench, world.officer, TakeIn(world.order(CASE), str(source), DESK)).act
    parts = tuple(ScopePart(name, tuple(DataCategory), names=(name,)) for name in ("one.bin", "two.bin"))
    body = b.DisclosureOrdered("production-order", hold, parts)
    order = world.deliver_to_us("de", CASE, body, approver="de.richter", re=[hold])
    before = set(bench.store.digests())
    acts = len(state_of(bench, CASE).steps)

    with pytest.raises(BrokenInputError) as caught:
        release(bench, world.officer, Release(order, DESK))

    assert caught.value.code is ErrorCode.OVERSIZED
    assert "--part" in caught.value.do
    assert set(bench.store.digests()) == before
    assert len(state_of(bench, CASE).steps) == acts
    for part in ("one.bin", "two.bin"):
        given = release(bench, world.officer, Release(order, DESK, parts=(part,)))
        assert (given.items, len(payload_of(bench, given.act).body.objects)) == (1, 1)
    assert what_is_wrong(world.check()) == {}
