"""Negative vectors of check 9: an item that was not held, is another, is altered, or stands twice."""

import hashlib
import random
import tracemalloc
from types import SimpleNamespace

import msgspec
import pytest

from comity.evidence.archive.read import ArchivedFile
from comity.evidence.checks.acts import LoadedActs
from comity.evidence.checks.items import check_items
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierItem, ExhibitSeal
from comity.evidence.items.descriptors import ItemDescriptor, frame
from comity.evidence.items.exhibit_seal import BoundSegment, binding_root, item_leaf
from comity.ledger.tree import StoredTree
from comity.vocabulary.categories import DataCategory

INVALID = Verdict.INVALID


@pytest.fixture(scope="module")
def two(make_workshop, workshop):
    """A dossier with two exhibits from two holds."""
    exhibits = tuple(
        workshop.exhibit(name, 9, 5, content=lambda number, name=name: f"{name} {number}".encode())
        for name in ("mail", "logs")
    )
    return make_workshop(workshop.new_federation(), exhibits)


def lines_of(shop, exhibit):
    return [msgspec.json.decode(line, type=DossierItem) for line in shop.files[layout.items_path(exhibit)].splitlines()]


def with_lines(exhibit, items):
    return {layout.items_path(exhibit): b"".join(msgspec.json.encode(item) + b"\n" for item in items)}


def test_a_dossier_with_two_exhibits_is_valid(two):
    assert two.failing(two.dossier) == {}
    assert len(two.federation.exhibits) == 2


def test_an_item_swapped_between_exhibits(two):
    first, second = two.federation.exhibits
    ours, theirs = lines_of(two, first), lines_of(two, second)
    ours[1], theirs[1] = theirs[1], ours[1]
    one, other = layout.content_path(first, 1), layout.content_path(second, 1)
    contents = {one: two.files[other], other: two.files[one]}
    dossier = two.altered(with_lines(first, ours) | with_lines(second, theirs) | contents)
    report = two.federation.verify(dossier)
    assert two.failing(dossier)[9] is INVALID
    assert {finding.file for finding in report.checks[8].detail} >= {one, other}
    assert [number for number, outcome in two.failing(dossier).items()] == [9]


def test_contents_swapped_between_two_items_of_an_exhibit(two):
    exhibit = next(iter(two.federation.exhibits))
    one, other = layout.content_path(exhibit, 1), layout.content_path(exhibit, 2)
    changed = {one: two.files[other], other: two.files[one]}
    assert two.failing(two.altered(changed)) == {9: INVALID}


def test_an_altered_content(two):
    exhibit = next(iter(two.federation.exhibits))
    path = layout.content_path(exhibit, 3)
    report = two.federation.verify(two.altered({path: two.files[path][::-1]}))
    assert (report.decided_by, report.deciding.file) == (9, path)


def test_a_descriptor_that_fits_an_altered_content_is_no_leaf_any_more(two):
    import hashlib

    from comity.evidence.items.descriptors import frame, unframe

    exhibit = next(iter(two.federation.exhibits))
    path, items = layout.content_path(exhibit, 2), lines_of(two, exhibit)
    forged = b"forged"
    described = msgspec.structs.replace(
        unframe(items[2].frame), size=len(forged), sha256=hashlib.sha256(forged).digest()
    )
    items[2] = msgspec.structs.replace(items[2], frame=frame(described))
    report = two.federation.verify(two.altered({path: forged} | with_lines(exhibit, items)))
    assert (report.decided_by, report.deciding.file) == (9, path)


def test_an_item_that_stands_twice(two):
    exhibit = next(iter(two.federation.exhibits))
    items = lines_of(two, exhibit)
    items[4] = msgspec.structs.replace(items[3], number=4)
    content = {layout.content_path(exhibit, 4): two.files[layout.content_path(exhibit, 3)]}
    failing = two.failing(two.altered(with_lines(exhibit, items) | content))
    assert failing == {9: INVALID}


def test_a_content_without_an_item_and_an_item_without_a_content(two):
    exhibit = next(iter(two.federation.exhibits))
    assert two.failing(two.altered({layout.content_path(exhibit, 5): b"stowaway"})) == {9: INVALID}
    assert two.failing(two.altered({layout.content_path(exhibit, 4): None})) == {9: INVALID}


def test_a_hold_root_that_no_act_committed_to(two, workshop):
    exhibit = next(iter(two.federation.exhibits))
    invented = workshop.exhibit("invented", 9, 5, content=lambda number: f"mail {number}".encode())

    def reroot(seal):
        return msgspec.structs.replace(seal, segments=invented.segments, hold_root=invented.root.hex())

    changed = two.rewritten(layout.seal_path(exhibit), ExhibitSeal, reroot)
    items = {layout.items_path(exhibit): b"".join(msgspec.json.encode(item) + b"\n" for item in invented.items())}
    assert two.failing(two.altered(changed | items)) == {9: INVALID}


def test_segments_that_do_not_lead_to_the_root(two):
    exhibit = next(iter(two.federation.exhibits))

    def reorder(seal):
        return msgspec.structs.replace(seal, segments=seal.segments[::-1])

    assert two.failing(two.altered(two.rewritten(layout.seal_path(exhibit), ExhibitSeal, reorder))) == {9: INVALID}


@pytest.mark.parametrize("data", [b"{}\n", b"\n", b"null\n", b'{"number":0', b"x" * 300_000])
def test_lines_that_are_no_items(two, data):
    exhibit = next(iter(two.federation.exhibits))
    assert two.failing(two.altered({layout.items_path(exhibit): data}))[9] is INVALID


@pytest.mark.parametrize("data", [b"", b"{}", b"[]"])
def test_a_seal_that_is_none(two, data):
    exhibit = next(iter(two.federation.exhibits))
    assert two.failing(two.altered({layout.seal_path(exhibit): data})) == {9: INVALID}


def test_a_segment_and_a_leaf_that_the_hold_does_not_have(two):
    exhibit = next(iter(two.federation.exhibits))
    for change in ({"segment": 99}, {"leaf": 99}, {"segment": 1 << 62}, {"path": ()}):
        items = lines_of(two, exhibit)
        items[0] = msgspec.structs.replace(items[0], **change)
        assert two.failing(two.altered(with_lines(exhibit, items)))[9] is INVALID


def test_proving_ten_times_the_items_takes_no_more_memory():
    """Peak beside what there is before: the lists of items are made as they are read, each segment in random order."""
    few, many = peak_of_proving(2), peak_of_proving(20)
    assert many < few + 200_000, (few, many)


def peak_of_proving(segments: int, each: int = 256) -> int:
    """Bytes at most while check 9 proves so many segments of so many items."""
    exhibit, digest = "5" * 32, hashlib.sha256(b"").digest()
    framed = frame(ItemDescriptor("name", 0, digest, "text/plain", DataCategory.CONTENT))
    salts = [number.to_bytes(32) for number in range(each)]
    tree = StoredTree([item_leaf(salt, framed) for salt in salts])
    bound = (BoundSegment(tree.root(), each),) * segments
    root = binding_root(bound).hex()
    seal = msgspec.json.encode(ExhibitSeal(exhibit, "6" * 32, root, bound, segments * each, 0))
    order = random.Random(1).sample(range(each), each)

    def lines(_path):
        for number in range(segments * each):
            segment, leaf = number // each, order[number % each]
            path = tree.inclusion_path(leaf)
            yield msgspec.json.encode(DossierItem(number, framed, salts[leaf], segment, leaf, path))

    dossier = SimpleNamespace(
        header=SimpleNamespace(exhibits=(exhibit,), authority="pt", derived=()),
        paths=lambda: (layout.content_path(exhibit, number) for number in range(segments * each)),
        read=lambda _path, limit: seal,  # noqa: ARG005
        lines=lines,
        file=lambda _path: ArchivedFile(0, 0, digest),
    )
    tracemalloc.start()
    contained, check = check_items(dossier, LoadedActs((), {}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # No act is there to confirm the hold; nothing else may be amiss.
    assert (contained[exhibit].items, len(check.detail)) == (segments * each, 1), check
    return peak
