"""Check 5, no evidence without custody: planted faults in the evidence store, and the sweep that mends what a crash left."""

import pytest

from comity.acts.matters import StoredObject
from comity.casework.custody.exhibits import KeptExhibit, Role, keep
from comity.casework.upkeep.sweeping import sweep
from comity.evidence.items.exhibits import PackedExhibit
from comity.vocabulary.errors import BrokenInputError


def test_5_an_object_that_is_gone(world, found):
    for path in world.objects():
        kept = path.read_bytes()
        path.unlink()
        assert found() == {5}
        path.write_bytes(kept)
    assert found() == set()


def test_5_an_object_that_was_shortened(world, found):
    path = world.objects()[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert found(deep=False) == {5}


def test_5_an_object_in_which_one_bit_was_flipped_is_found_by_a_deep_check(world, found):
    path = world.objects()[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert found(deep=False) == set()
    assert found() == {5}


def test_5_an_object_that_nothing_refers_to(world, found):
    world.node.bench.store.put(b"nobody's")
    assert found() == {5}


def test_5_what_nothing_refers_to_is_swept_away_and_nothing_else(world, found):
    from comity.bootstrap.running import books

    before = world.objects()
    world.node.bench.store.put(b"nobody's")
    swept = sweep(world.node.bench, books(world.node))
    assert (swept.removed, swept.waits) == (1, False)
    assert world.objects() == before
    assert found() == set()


def test_5_objects_of_an_intake_that_broke_off_are_left_alone(world, found, monkeypatch):
    bench = world.node.bench
    order = world.order("b1" * 16)

    def break_off(*_args, **_more):
        bench.store.put(b"beyond the last sealed segment")
        raise BrokenInputError("unavailable", "the power went")

    with monkeypatch.context() as broken:
        broken.setattr(type(bench.evidence), "take_in", break_off)
        with pytest.raises(BrokenInputError):
            world.hold(order)
    assert found() == set()
    from comity.bootstrap.running import books

    assert sweep(bench, books(world.node)).waits
    world.hold(order)
    assert found() == {5}
    assert sweep(bench, books(world.node)).removed == 1
    assert found() == set()


def test_5_an_exhibit_that_no_act_brought(world, found):
    bench, case = world.node.bench, world.cases["held"]
    stored = bench.store.put(b"slipped in")
    packed = PackedExhibit("cc" * 16, StoredObject(stored.digest, stored.size), (), 1, 3)
    kept = KeptExhibit("id", packed, "dd" * 16, "ee" * 32)
    keep(bench, case, "cc" * 16, Role.RECEIVED, secret=kept, objects=(stored.digest,))
    assert found() == {5}


def test_5_an_exhibit_moved_to_another_case(world, found):
    planted = world.execute('UPDATE comity_exhibitkey SET "case" = %s', bytes.fromhex(world.cases["review"]))
    assert found(planted) == {5}


def test_5_an_exhibit_in_a_case_that_is_not_here(world, found):
    assert found(world.execute('UPDATE comity_exhibitkey SET "case" = %s', bytes(16))) == {5}


def test_5_a_row_that_lists_fewer_objects(world, found):
    assert found(world.execute("DELETE FROM comity_exhibitobject WHERE place = 0")) == {5}
