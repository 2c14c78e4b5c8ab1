import hashlib
import os
import threading
import time
from datetime import timedelta

import msgspec
import pytest

from comity.acts.matters import ScopePart
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK, ChunkPipeline, PipelineTerms
from comity.adapters.objects.manifest_files import read_manifest, write_manifest
from comity.adapters.objects.packing import ChunkPacker
from comity.evidence.items.descriptors import frame, unframe
from comity.evidence.items.exhibits import PackedExhibit
from comity.evidence.items.manifest import ManifestEnd, ManifestItem, ManifestReader
from comity.evidence.items.scope import HeldUp
from comity.evidence.items.segment_index import Span
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.targets import Target, TargetKind


def test_an_honest_exhibit_is_accepted_as_it_came(desk, folder, scopes):
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],))
    taken = desk.receive(disclosed, new, scope=(scopes["day"],))
    assert taken.received.accepted == disclosed.packed
    assert (taken.received.repacked, taken.received.quarantined, taken.counts()) == (False, None, {})
    assert sorted(taken.accepted()) == ["logs/access.log/2026-11-03/000002", "mail.mbox/000002"]


# Over-delivery ---------------------------------------------------------------------------------------------------


def test_an_item_slipped_in_outside_the_scope_is_put_aside(make_desk, folder, scopes):
    desk = make_desk("store", unsafe_extra=lambda descriptor: descriptor.name == "mail.mbox/000001")
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],))
    assert disclosed.packed.items == 3
    taken = desk.receive(disclosed, new, scope=(scopes["day"],))
    assert taken.counts() == {"out-of-scope": 1}
    assert sorted(taken.accepted()) == ["logs/access.log/2026-11-03/000002", "mail.mbox/000002"]
    assert list(taken.quarantined()) == ["mail.mbox/000001"]


def test_what_its_giver_says_is_held_up_and_sends_all_the_same_is_put_aside_although_it_was_ordered(desk, folder):
    a_mail_of_eva(folder)
    everything, mails = ScopePart("all", tuple(DataCategory)), ScopePart("mails", (DataCategory.CONTENT,))
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    assert "mail.mbox/000002" in desk.receive(disclosed, new, scope=(everything,)).accepted()
    for targets, free in (((ANA,), ()), ((), ()), ((ANA,), (EVA,))):
        taken = desk.receive(disclosed, new, scope=(everything,), held_up=HeldUp((mails,), targets, free))
        assert {"mail.mbox/000002", "mail.mbox/000003"} <= set(taken.quarantined())
        assert "logs/access.log/2026-11-03/000002" in taken.accepted()
        assert ("mail.mbox/000001" in taken.accepted()) is (EVA in free)


def lying(change):
    """A custodian that rewrites descriptors before committing to them."""

    def describe(descriptor):
        return change(descriptor) if descriptor.name == "mail.mbox/000001" else descriptor

    return describe


LIES = {
    "time": lambda each: msgspec.structs.replace(
        each, first=each.first + timedelta(days=1), last=each.last + timedelta(days=1)
    ),
    "kind": lambda each: msgspec.structs.replace(
        each, category=DataCategory.TRAFFIC, first=each.first + timedelta(days=1), last=each.last + timedelta(days=1)
    ),
    "hash": lambda each: msgspec.structs.replace(
        each, sha256=bytes(32), first=each.first + timedelta(days=1), last=each.last + timedelta(days=1)
    ),
    "size": lambda each: msgspec.structs.replace(
        each, size=each.size + 1, first=each.first + timedelta(days=1), last=each.last + timedelta(days=1)
    ),
}


ANA, EVA, RUI = (Target(TargetKind.EMAIL, name) for name in ("ana@example.org", "eva@example.org", "rui@example.net"))
OF_ANA = ScopePart("ana's", (DataCategory.CONTENT,), targets=(ANA,))


def a_mail_of_eva(folder):
    box = folder / "mail.mbox"
    box.write_bytes(box.read_bytes().replace(b"From: ana@", b"From: eva@", 1))


def test_another_persons_mail_is_not_handed_over_and_slipped_in_it_is_put_aside(make_desk, folder):
    a_mail_of_eva(folder)
    desk = make_desk("store", unsafe_extra=lambda descriptor: descriptor.name == "mail.mbox/000001")
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(OF_ANA,))
    taken = desk.receive(disclosed, new, scope=(OF_ANA,))
    assert taken.counts() == {"out-of-scope": 1}
    assert sorted(taken.accepted()) == ["mail.mbox/000002", "mail.mbox/000003"]
    assert list(taken.quarantined()) == ["mail.mbox/000001"]


def test_a_range_of_addresses_takes_the_lines_of_a_log_that_name_one_inside(desk, folder):
    ten = Target(TargetKind.IP_RANGE, "10.0.0.3-10.0.0.9")
    scope = (ScopePart("from there", (DataCategory.TRAFFIC,), targets=(ten,)),)
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=scope)
    assert list(desk.receive(disclosed, new, scope=scope).accepted()) == ["logs/access.log/2026-11-03/000002"]


@pytest.mark.parametrize("claimed", [(EVA, RUI, ANA), (ANA,)], ids=["one more", "another"])
def test_an_item_that_claims_an_identifier_its_content_does_not_name_is_put_aside(make_desk, folder, claimed):
    a_mail_of_eva(folder)
    desk = make_desk("store")
    lie = lying(lambda each: msgspec.structs.replace(each, targets=claimed))
    desk.settings["rules"] = msgspec.structs.replace(desk.settings["rules"], unsafe_describe=lie)
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(OF_ANA,))
    assert disclosed.packed.items == 3
    taken = desk.receive(disclosed, new, scope=(OF_ANA,))
    assert taken.counts() == {"descriptor-differs": 1}
    assert sorted(taken.accepted()) == ["mail.mbox/000002", "mail.mbox/000003"]


@pytest.mark.parametrize("lie", sorted(LIES))
def test_an_item_whose_descriptor_lies_is_put_aside(make_desk, folder, scopes, lie):
    desk = make_desk("store")
    desk.settings["rules"] = msgspec.structs.replace(desk.settings["rules"], unsafe_describe=lying(LIES[lie]))
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],))
    assert disclosed.packed.items == 3
    taken = desk.receive(disclosed, new, scope=(scopes["day"],))
    assert taken.counts() == {"descriptor-differs": 1}
    assert sorted(taken.accepted()) == ["logs/access.log/2026-11-03/000002", "mail.mbox/000002"]
    assert b"needle-2" in b"".join(
        piece
        for each in listed(desk, taken.received.quarantined, taken.closed)
        for piece in pieces(desk, taken.received.quarantined, taken.closed, each)
    )


def listed(desk, packed, identity):
    return [
        record
        for record in read_manifest(packed.manifest, desk.store, desk.cipher, identity)
        if isinstance(record, ManifestItem)
    ]


def pieces(desk, packed, identity, record):
    from comity.adapters.objects.packing import ChunkReader

    return map(bytes, ChunkReader(desk.store, desk.cipher, identity, packed.objects).pieces(record.spans))


def test_after_a_quarantine_no_key_but_its_own_opens_the_item(make_desk, folder, scopes):
    """The exhibit as it came is named whole for destruction, and nothing else that its key opens is left."""
    desk = make_desk("store", unsafe_extra=lambda descriptor: descriptor.name == "mail.mbox/000001")
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],))
    taken = desk.receive(disclosed, new, scope=(scopes["day"],))
    assert taken.received.superseded == (disclosed.packed.manifest, *disclosed.packed.objects)
    accepted, aside = taken.received.accepted, taken.received.quarantined
    for stored in (accepted.manifest, *accepted.objects):
        plain = desk.cipher.decrypt(desk.store.read(stored), taken.identity)
        assert b"needle-2" not in plain
        assert b"mail.mbox/000001" not in plain
    for stored in (aside.manifest, *aside.objects):
        for wrong in (taken.identity, new, identity):
            with pytest.raises(BrokenInputError):
                desk.cipher.decrypt(desk.store.read(stored), wrong)
    assert [record.code.value for record in listed(desk, aside, taken.closed)] == ["out-of-scope"]


def test_accepted_items_still_prove_themselves_after_repacking(make_desk, folder, scopes):
    desk = make_desk("store", unsafe_extra=lambda descriptor: descriptor.name == "mail.mbox/000001")
    held, identity, intake = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity, granted=(scopes["day"],))
    taken = desk.receive(disclosed, new, scope=(scopes["day"],))
    again = msgspec.structs.replace(disclosed, packed=taken.received.accepted)
    assert desk.receive(again, taken.identity, scope=(scopes["day"],)).received.repacked is False
    assert disclosed.hold_root == intake.root


def test_when_every_item_fails_nothing_is_accepted(desk, folder):
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    taken = desk.receive(disclosed, new, scope=())
    assert taken.accepted() == {}
    assert taken.counts() == {"out-of-scope": disclosed.packed.items}


# Forged exhibits -------------------------------------------------------------------------------------------------


def forge(desk, disclosed, identity, change, *, filler=b"") -> PackedExhibit:
    """The exhibit packed again as a hostile sender would: `change` takes and gives (record, content) pairs."""
    recipient = desk.cipher.recipient_of(identity)
    records = list(read_manifest(disclosed.packed.manifest, desk.store, desk.cipher, identity))
    items = [
        (record, b"".join(pieces(desk, disclosed.packed, identity, record)))
        for record in records
        if isinstance(record, ManifestItem)
    ]
    header, end = records[0], []
    size = 0
    with ChunkPipeline(desk.store, desk.cipher, recipient, PipelineTerms(chunk=LEAST_CHUNK)) as lanes:
        packer, out = ChunkPacker(lanes), []
        for record, content in change(items):
            spans: list[Span] = []
            packer.write(content, spans)
            packer.write(filler, [])
            size += len(content)
            out.append(msgspec.structs.replace(record, spans=tuple(spans)))
        end.append(ManifestEnd(len(out), size, packer.drain()))
    manifest = write_manifest(iter([header, *out, *end]), desk.store, desk.cipher, recipient)
    return PackedExhibit(disclosed.packed.exhibit, manifest, end[0].objects(), len(out), size)


@pytest.fixture
def disclosed(desk, folder):
    held, identity, _ = desk.hold(folder)
    return desk.disclose(held, identity)


def never_held(items):
    """One more item, with a salt and a place of its own but no leaf in the hold."""
    record, _ = items[0]
    content = b"planted"
    planted = msgspec.structs.replace(unframe(record.frame), size=7, sha256=hashlib.sha256(content).digest())
    forged = msgspec.structs.replace(record, frame=frame(planted), salt=os.urandom(32), leaf=10**6)
    return [*items, (forged, content)]


def other_content(items):
    record, content = items[0]
    return [(record, bytes(len(content) or 1)), *items[1:]]


def another_place(items):
    record, content = items[0]
    return [(msgspec.structs.replace(record, segment=99), content), *items[1:]]


def unreadable_frame(items):
    record, content = items[0]
    return [(msgspec.structs.replace(record, frame=b"\x00\x00\x00\x01\xc1"), content), *items[1:]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (never_held, "not-under-hold"),
        (another_place, "not-under-hold"),
        (unreadable_frame, "not-under-hold"),
        (other_content, "descriptor-differs"),
    ],
)
def test_a_forged_item_is_put_aside_and_the_others_accepted(desk, disclosed, change, code):
    exhibit, new = disclosed
    packed = forge(desk, exhibit, new, change)
    taken = desk.receive(exhibit, new, packed=packed)
    assert taken.counts() == {code: 1}
    assert taken.received.accepted.items == packed.items - 1


def test_an_item_listed_twice_is_refused(desk, disclosed):
    exhibit, new = disclosed
    packed = forge(desk, exhibit, new, lambda items: [*items, items[0]])
    assert refused(desk, exhibit, new, packed=packed) is ErrorCode.MALFORMED


def test_bytes_that_no_item_speaks_of_are_refused(desk, disclosed):
    exhibit, new = disclosed
    packed = forge(desk, exhibit, new, lambda items: items, filler=b"hidden")
    assert refused(desk, exhibit, new, packed=packed) is ErrorCode.MALFORMED


def refused(desk, exhibit, identity, **changes) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        desk.receive(exhibit, identity, **changes)
    return caught.value.code


def test_an_exhibit_that_announces_something_else_is_refused(desk, disclosed):
    exhibit, new = disclosed
    packed = exhibit.packed
    for lie in (
        {"items": packed.items + 1},
        {"size": packed.size - 1},
        {"exhibit": "9" * 32},
        {"objects": packed.objects[:-1]},
        {"objects": (*packed.objects, packed.manifest)},
        {"objects": packed.objects[::-1]},
    ):
        assert refused(desk, exhibit, new, packed=msgspec.structs.replace(packed, **lie)) in {
            ErrorCode.ID_DIFFERS,
            ErrorCode.MALFORMED,
        }


def test_another_hold_or_another_root_is_refused(desk, disclosed):
    exhibit, new = disclosed
    assert refused(desk, exhibit, new, hold_root="0" * 64) is ErrorCode.BAD_PROOF
    assert refused(desk, exhibit, new, hold_exhibit="9" * 32) is ErrorCode.ID_DIFFERS


def test_a_damaged_or_missing_object_means_that_nothing_is_accepted(desk, disclosed):
    exhibit, new = disclosed
    for stored in (exhibit.packed.manifest, *exhibit.packed.objects):
        path = desk.store._path(stored.digest)
        good = path.read_bytes()
        for at in (0, 40, len(good) // 2, len(good) - 1):
            bad = bytearray(good)
            bad[at] ^= 1
            path.write_bytes(bad)
            assert refused(desk, exhibit, new) in {ErrorCode.STORE_DAMAGED, ErrorCode.CANNOT_DECRYPT}
        path.write_bytes(good[:-1])
        assert refused(desk, exhibit, new) in {ErrorCode.STORE_DAMAGED, ErrorCode.CANNOT_DECRYPT, ErrorCode.NOT_FOUND}
        path.unlink()
        assert refused(desk, exhibit, new) is ErrorCode.NOT_FOUND
        path.write_bytes(good)
    assert desk.receive(exhibit, new).received.repacked is False


def test_a_failed_reception_leaves_only_what_a_sweep_removes(desk, disclosed):
    exhibit, new = disclosed
    before = set(desk.store.digests())
    packed = forge(desk, exhibit, new, lambda items: items, filler=b"hidden")
    refused(desk, exhibit, new, packed=packed)
    desk.store.sweep(before.__contains__)
    assert set(desk.store.digests()) == before


def test_the_scope_is_that_of_the_order_not_of_the_sender(desk, folder, scopes):
    held, identity, _ = desk.hold(folder)
    wide = ScopePart("wide", tuple(DataCategory))
    exhibit, new = desk.disclose(held, identity, granted=(wide,))
    taken = desk.receive(exhibit, new, scope=(scopes["day"],))
    assert sorted(taken.accepted()) == ["logs/access.log/2026-11-03/000002", "mail.mbox/000002"]
    assert taken.counts() == {"out-of-scope": 6}


def test_a_manifest_left_half_read_is_let_go_of_at_once_however_slow_its_reading(desk, folder, monkeypatch):
    """The garbage collector may be who lets go, in a thread that holds what the reading one needs to end."""
    held, identity, _ = desk.hold(folder)
    disclosed, new = desk.disclose(held, identity)
    slow = threading.Event()
    monkeypatch.setattr(ManifestReader, "finish", lambda _reader: slow.wait(60))
    records = read_manifest(disclosed.packed.manifest, desk.store, desk.cipher, new)
    next(records)
    begun = time.monotonic()
    records.close()
    waited = time.monotonic() - begun
    slow.set()
    assert waited < 20
