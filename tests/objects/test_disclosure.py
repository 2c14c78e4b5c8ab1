import hashlib
import os
import threading

import msgspec
import pytest

from comity.acts.matters import ScopePart, StoredObject, Withheld
from comity.acts.payload import PAYLOAD_LIMIT
from comity.adapters.objects import disclosure
from comity.adapters.objects.age_cipher import sealed_limit
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK
from comity.adapters.objects.intake import SEAL_ITEMS
from comity.adapters.objects.manifest_files import read_manifest
from comity.evidence.items.descriptors import frame, unframe
from comity.evidence.items.manifest import ManifestItem
from comity.evidence.items.scope import EarlierDisclosure, Given
from comity.evidence.items.segment_index import decode_index, encode_index
from comity.ledger.tree import StoredTree, leaf_hashes
from comity.vocabulary.categories import DataCategory, WithheldReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import encode

CONTENT_ONLY = ScopePart("mail", (DataCategory.CONTENT,), names=("mail.mbox",))


def test_exactly_the_granted_items_are_handed_over_and_the_others_counted(desk, folder, scopes):
    held, identity, intake = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],), refused=(CONTENT_ONLY,))
    found = desk.contents(disclosed.packed, new)
    assert sorted(found) == ["logs/access.log/2026-11-03/000002", "mail.mbox/000002"]
    assert disclosed.packed.items == 2
    assert disclosed.packed.size == sum(map(len, found.values()))
    assert disclosed.withheld == (
        Withheld(WithheldReason.OUT_OF_SCOPE, 4),
        Withheld(WithheldReason.REFUSED, 2),
    )
    assert disclosed.packed.items + sum(each.items for each in disclosed.withheld) == intake.items
    assert disclosed.hold_root == intake.root


def test_parts_of_one_order_share_no_item_and_their_totals_add_up_to_the_seal(desk, folder, scopes):
    """The second part covers the first one's items as well: they are counted, and not handed over again."""
    held, identity, intake = desk.hold(folder)
    found = []
    for granted, before, later in (
        ((scopes["day"],), (), (CONTENT_ONLY,)),
        ((CONTENT_ONLY,), (scopes["day"],), ()),
    ):
        new = desk.room.new_identity()
        disclosed = desk.room.disclose(
            held,
            identity,
            granted=granted,
            refused=(),
            before=(Given(before),) if before else (),
            later=later,
            exhibit=desk.exhibit_id(),
            new_identity=new,
        )
        withheld = sum(each.items for each in disclosed.withheld)
        assert disclosed.packed.items + disclosed.before + disclosed.later + withheld == intake.items
        found.append((disclosed, desk.contents(disclosed.packed, new)))
    (first, one), (second, two) = found
    assert set(one).isdisjoint(two)
    assert (first.before, first.later) == (0, len(two)) == (0, 2)
    assert (second.before, second.later) == (len(one), 0) == (2, 0)
    assert first.withheld == second.withheld


def test_a_disclosure_of_nothing_is_whole(desk, folder):
    held, identity, intake = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=())
    assert desk.contents(disclosed.packed, new) == {}
    assert (disclosed.packed.items, disclosed.packed.objects) == (0, ())
    assert disclosed.withheld == (Withheld(WithheldReason.OUT_OF_SCOPE, intake.items),)
    assert desk.receive(disclosed, new, scope=()).accepted() == {}


def test_what_was_withheld_leaves_no_trace_in_what_is_handed_over(desk, folder, scopes):
    """Neither content nor name, salt or frame of a withheld item is inside the new objects, opened."""
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],))
    opened = b"".join(
        bytes(desk.cipher.decrypt(desk.store.read(stored), new))
        for stored in (disclosed.packed.manifest, *disclosed.packed.objects)
    )
    for needle in (b"needle-2", b"needle-4", b"02/Nov/2026", b"mail.mbox/000001", b"subscriber", b"notes.bin"):
        assert needle not in opened
    assert b"needle-3" in opened


def test_the_hold_identity_does_not_open_the_disclosure_nor_the_other_way_round(desk, folder):
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    for stored, wrong in ((disclosed.packed.manifest, identity), (held.seals[0].index, new)):
        with pytest.raises(BrokenInputError) as caught:
            desk.cipher.decrypt(desk.store.read(stored), wrong)
        assert caught.value.code is ErrorCode.CANNOT_DECRYPT


def test_a_large_item_over_several_segments_is_handed_over_whole(make_desk, tmp_path):
    import itertools

    ticks = itertools.count(0.0, 20.0)
    rules = msgspec.structs.replace(make_desk().settings["rules"], monotonic=lambda: next(ticks))
    desk = make_desk("store", rules=rules)
    data = os.urandom(9 * LEAST_CHUNK + 3)
    (tmp_path / "large").write_bytes(data)
    held, identity, _ = desk.hold(tmp_path / "large")
    assert len(held.seals) > 2
    disclosed, new = desk.disclose(held, identity)
    assert desk.contents(disclosed.packed, new) == {"large": data}
    assert desk.receive(disclosed, new).accepted() == {"large": data}


def test_withheld_items_are_opened_one_by_one_later_and_prove_themselves_against_the_same_root(desk, folder, scopes):
    """One that was refused, then one that was out of scope, and one that was given before and is not opened again."""
    held, identity, intake = desk.hold(folder)
    first, _ = desk.disclose(held, identity, granted=(scopes["day"],), refused=(CONTENT_ONLY,))
    earlier = EarlierDisclosure((scopes["day"],), (CONTENT_ONLY,), (Given((scopes["day"],)),))
    for name, category, reopened in (
        ("mail.mbox/000001", DataCategory.CONTENT, (Withheld(WithheldReason.REFUSED, 1),)),
        ("logs/access.log/2026-11-02", DataCategory.TRAFFIC, (Withheld(WithheldReason.OUT_OF_SCOPE, 1),)),
        ("mail.mbox/000002", DataCategory.CONTENT, ()),
    ):
        new, scope = desk.room.new_identity(), (ScopePart("one", (category,), names=(name,)),)
        disclosed = desk.room.disclose(
            held, identity, granted=scope, refused=(), earlier=earlier, exhibit=desk.exhibit_id(), new_identity=new
        )
        assert (disclosed.packed.items, disclosed.reopened) == (1, reopened)
        assert disclosed.hold_root == first.hold_root == intake.root
        (accepted,) = desk.receive(disclosed, new, scope=scope).accepted()
        assert accepted.startswith(name)


def test_what_was_granted_and_not_given_yet_was_not_withheld(desk, folder):
    held, identity, _ = desk.hold(folder)
    disclosed = desk.room.disclose(
        held,
        identity,
        granted=(CONTENT_ONLY,),
        refused=(),
        earlier=EarlierDisclosure((CONTENT_ONLY,), (), ()),
        exhibit=desk.exhibit_id(),
        new_identity=desk.room.new_identity(),
    )
    assert disclosed.packed.items > 0
    assert disclosed.reopened == ()


def test_a_damaged_hold_gives_no_disclosure(desk, folder):
    held, identity, _ = desk.hold(folder)
    path = desk.store._path(held.seals[0].objects[0].digest)
    data = bytearray(path.read_bytes())
    data[-20] ^= 4
    path.write_bytes(data)
    with pytest.raises(BrokenInputError) as caught:
        desk.disclose(held, identity)
    assert caught.value.code is ErrorCode.STORE_DAMAGED
    before = {seal.index.digest for seal in held.seals} | {s.digest for seal in held.seals for s in seal.objects}
    desk.store.sweep(before.__contains__)
    assert set(desk.store.digests()) == before


def _with_index(desk, held, identity, number, change):
    """The hold with one segment's index rewritten, and the seal naming the new object."""
    seal = held.seals[number]
    index = change(decode_index(desk.cipher.decrypt(desk.store.read(seal.index), identity)))
    sealed = bytes(desk.cipher.encrypt(encode_index(index), desk.cipher.recipient_of(identity)))
    with desk.store.writing():
        stored = desk.store.put(sealed, hashlib.sha256(sealed).hexdigest())
    seals = (*held.seals[:number], msgspec.structs.replace(seal, index=stored), *held.seals[number + 1 :])
    return msgspec.structs.replace(held, seals=seals)


def _renamed(index):
    first = index.items[0]
    descriptor = msgspec.structs.replace(unframe(first.frame), name="another")
    items = (msgspec.structs.replace(first, frame=frame(descriptor)), *index.items[1:])
    return msgspec.structs.replace(index, items=items)


@pytest.mark.parametrize(
    "change",
    [
        _renamed,
        lambda index: msgspec.structs.replace(_renamed(index), row=b""),
        lambda index: msgspec.structs.replace(index, row=bytes(len(index.row))),
        lambda index: msgspec.structs.replace(index, row=index.row * 2),
        lambda index: msgspec.structs.replace(index, row=index.row[:-1]),
        lambda index: msgspec.structs.replace(index, items=index.items[:-1]),
    ],
    ids=["item", "item without row", "row", "longer row", "cut row", "fewer items"],
)
def test_an_index_that_does_not_lead_to_the_seal_gives_no_disclosure(desk, folder, change):
    held, identity, _ = desk.hold(folder)
    with pytest.raises(BrokenInputError) as caught:
        desk.disclose(_with_index(desk, held, identity, 0, change), identity)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_an_index_from_before_nodes_were_kept_proves_its_items_the_same(desk, folder, scopes):
    held, identity, _ = desk.hold(folder)
    older = _with_index(desk, held, identity, 0, lambda index: msgspec.structs.replace(index, row=b""))
    proofs = []
    for each in (held, older):
        disclosed, new = desk.disclose(each, identity, granted=(scopes["day"],))
        records = read_manifest(disclosed.packed.manifest, desk.store, desk.cipher, new)
        proofs.append([(r.frame, r.leaf, r.path) for r in records if isinstance(r, ManifestItem)])
    assert proofs[0] == proofs[1] != []


def test_segments_in_another_order_are_refused(desk, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for number in range(20):
        (place / f"{number}").write_bytes(b"x")
    held, identity, _ = desk.hold(place)
    with pytest.raises(BrokenInputError) as caught:
        desk.disclose(msgspec.structs.replace(held, seals=held.seals[::-1]), identity)
    assert caught.value.code is ErrorCode.OUT_OF_ORDER


def test_an_item_is_found_by_its_leaf_and_its_damage_is_noticed(desk, folder):
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    listed = {each.descriptor.name: each for each in desk.room.each_item(disclosed.packed, new)}
    mail = listed["mail.mbox/000002"]
    assert desk.room.find_item(disclosed.packed, new, mail.item) == mail
    wrong = msgspec.structs.replace(mail, record=listed["mail.mbox/000001"].record)
    with pytest.raises(BrokenInputError) as caught:
        b"".join(desk.room.read_item(disclosed.packed, new, wrong))
    assert caught.value.code is ErrorCode.STORE_DAMAGED
    with pytest.raises(BrokenInputError) as caught:
        desk.room.find_item(disclosed.packed, new, "0" * 64)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_the_thread_of_a_listing_that_is_not_read_to_its_end_ends_by_itself(desk, folder):
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    before = threading.active_count()
    for _ in range(5):
        items = desk.room.each_item(disclosed.packed, new)
        next(items)
        items.close()
    for thread in threading.enumerate():
        if thread.name.startswith("comity-manifest"):
            thread.join(30)
    assert threading.active_count() == before


def test_the_proof_of_an_item_of_the_largest_segment_is_below_a_kilobyte():
    tree = StoredTree(leaf_hashes(number.to_bytes(4) for number in range(SEAL_ITEMS)))
    sizes = [len(msgspec.msgpack.encode(tree.inclusion_path(at))) for at in range(0, SEAL_ITEMS, 997)]
    assert max(sizes) < 1_000


# More than one act can name -------------------------------------------------------------------------------------------


def a_large_hold(desk, folder, monkeypatch, *, objects, largest):
    """Ten chunks of the least size beside the rest, at a desk whose acts name that many objects."""
    for number in range(5):
        (folder / f"large-{number}").write_bytes(os.urandom(2 * LEAST_CHUNK))
    monkeypatch.setattr(disclosure, "MOST_OBJECTS", objects)
    monkeypatch.setattr(disclosure, "MOST_CHUNK", largest)
    return desk.hold(folder)


def test_what_would_be_too_many_objects_for_its_act_goes_in_larger_ones(desk, folder, monkeypatch):
    held, identity, intake = a_large_hold(desk, folder, monkeypatch, objects=4, largest=8 * LEAST_CHUNK)
    disclosed, new = desk.disclose(held, identity)
    assert len(disclosed.packed.objects) <= 4
    assert (disclosed.packed.items, disclosed.packed.size) == (intake.items, intake.size)
    taken = desk.receive(disclosed, new)
    assert taken.counts() == {}
    found = taken.accepted()
    assert all(found[f"large-{number}"] == (folder / f"large-{number}").read_bytes() for number in range(5))


def test_what_no_act_can_name_is_refused_before_anything_of_it_is_assembled(desk, folder, monkeypatch):
    held, identity, intake = a_large_hold(desk, folder, monkeypatch, objects=2, largest=2 * LEAST_CHUNK)
    before = set(desk.store.digests())
    monkeypatch.setattr(disclosure, "ChunkPipeline", None)
    with pytest.raises(BrokenInputError) as caught:
        desk.disclose(held, identity)
    assert caught.value.code is ErrorCode.OVERSIZED
    assert (caught.value.found, caught.value.expected) == (f"{intake.size} bytes", f"at most {4 * LEAST_CHUNK} bytes")
    assert "--part" in caught.value.do
    assert set(desk.store.digests()) == before


def test_a_part_that_fits_goes_from_a_hold_that_does_not(desk, folder, scopes, monkeypatch):
    held, identity, _ = a_large_hold(desk, folder, monkeypatch, objects=2, largest=2 * LEAST_CHUNK)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],), refused=(CONTENT_ONLY,))
    assert sorted(desk.contents(disclosed.packed, new)) == ["logs/access.log/2026-11-03/000002", "mail.mbox/000002"]
    assert disclosed.withheld == (Withheld(WithheldReason.OUT_OF_SCOPE, 9), Withheld(WithheldReason.REFUSED, 2))


def test_an_act_has_room_for_the_most_objects_and_for_all_else_it_says():
    largest = StoredObject("f" * 64, sealed_limit(disclosure.MOST_CHUNK))
    named = encode((largest,) * disclosure.MOST_OBJECTS)
    assert PAYLOAD_LIMIT - len(named) >= 64 << 10
    assert disclosure.MOST_OBJECTS * disclosure.MOST_CHUNK > 350_000_000_000
