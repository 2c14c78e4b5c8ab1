import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.ledger.proofs import verify_consistency, verify_inclusion, verify_range
from comity.ledger.tiles import (
    RightEdge,
    TileAddress,
    TiledTree,
    TileSource,
    extend,
)
from comity.ledger.tree import EMPTY_ROOT, Frontier, StoredTree, leaf_hash, root_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FAST = settings(deadline=None, max_examples=25)
LEAVES = [leaf_hash(number.to_bytes(4)) for number in range(70_000)]
TREE = StoredTree(LEAVES)


class _Shelf(TileSource):
    """Keeps the widest of each tile, as a node's store does."""

    def __init__(self):
        self.tiles = {}

    def write(self, tiles):
        for address, hashes in tiles.items():
            before = self.tiles.get((address.level, address.index), b"")
            assert hashes.startswith(before), "a hash in a tile never changes"
            assert len(hashes) > len(before), "a tile that did not grow is not written again"
            assert len(hashes) == address.width * 32
            self.tiles[address.level, address.index] = hashes

    def read(self, level, index):
        if (level, index) not in self.tiles:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "no such tile")
        return self.tiles[level, index]


def _grown(*parts):
    shelf, edge, at = _Shelf(), RightEdge(), 0
    for part in parts:
        extension = extend(edge, LEAVES[at : at + part])
        shelf.write(extension.tiles)
        edge = extension.edge
        at += part
    return shelf, edge


@pytest.mark.parametrize(
    "change",
    [lambda tile: tile[:-32], lambda tile: tile[:-1], lambda tile: tile + bytes(32), lambda _: b""],
    ids=["a hash less", "a byte less", "a hash more", "empty"],
)
def test_a_damaged_tile_is_an_error_and_not_a_proof(change):
    shelf, _ = _grown(600)
    shelf.tiles[0, 1] = change(shelf.tiles[0, 1])
    with pytest.raises(BrokenInputError) as caught:
        TiledTree(shelf, 600).inclusion_path(300)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_a_missing_tile_is_an_error_and_not_a_proof():
    shelf, _ = _grown(600)
    del shelf.tiles[0, 1]
    with pytest.raises(BrokenInputError) as caught:
        TiledTree(shelf, 600).inclusion_path(300)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_a_flipped_bit_in_a_tile_yields_a_proof_that_does_not_verify():
    shelf, edge = _grown(600)
    tile = bytearray(shelf.tiles[0, 1])
    tile[40] ^= 1
    shelf.tiles[0, 1] = bytes(tile)
    with pytest.raises(BrokenInputError) as caught:
        verify_inclusion(LEAVES[256], 256, 600, TiledTree(shelf, 600).inclusion_path(256), edge.root())
    assert caught.value.code is ErrorCode.BAD_PROOF


@pytest.mark.parametrize(
    ("size", "partial"),
    [
        (1, ()),
        (0, (b"",)),
        (256, (b"",)),
        (256, (b"", b"")),
        (257, (bytes(32), bytes(33))),
        (1, (bytes(64),)),
        (-1, ()),
    ],
)
def test_a_right_edge_that_no_log_has_is_refused(size, partial):
    with pytest.raises(BrokenInputError) as caught:
        RightEdge(size, partial)
    assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_a_leaf_hash_of_another_length_is_not_appended():
    with pytest.raises(BrokenInputError) as caught:
        extend(RightEdge(), [bytes(31)])
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (TileAddress(0, 0), "tile/0/000"),
        (TileAddress(0, 1234067), "tile/0/x001/x234/067"),
        (TileAddress(3, 999, 7), "tile/3/999.p/7"),
        (TileAddress(63, 1000, 255), "tile/63/x001/000.p/255"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(address, path):
    assert address.path() == path


def test_a_log_of_70000_leaves_has_the_tiles_that_the_specification_counts():
    addresses = extend(RightEdge(), LEAVES).tiles.keys()
    assert addresses == {TileAddress(0, index) for index in range(273)} | {
        TileAddress(0, 273, 112),
        TileAddress(1, 0),
        TileAddress(1, 1, 17),
        TileAddress(2, 0, 1),
    }


def test_a_log_of_256_leaves_has_a_full_tile_and_one_hash_above_it():
    extension = extend(RightEdge(), LEAVES[:256])
    assert extension.tiles.keys() == {TileAddress(0, 0), TileAddress(1, 0, 1)}
    assert extension.tiles[TileAddress(1, 0, 1)] == TREE.root(256)


def test_appending_nothing_writes_nothing():
    _, edge = _grown(300)
    extension = extend(edge, [])
    assert extension.edge == edge
    assert not extension.tiles
    assert RightEdge().root() == EMPTY_ROOT


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_a_log_grown_by_tiles_has_the_root_and_frontier_of_the_tree(size):
    shelf, edge = _grown(size)
    assert edge.root() == root_of(LEAVES[:size])
    assert edge.frontier() == Frontier().append(LEAVES[:size])
    assert TiledTree(shelf, size).edge() == edge
    assert TiledTree(shelf, size).root() == edge.root()


@FAST
@given(st.lists(st.integers(0, 700), min_size=1, max_size=8))
def test_a_log_is_the_same_however_its_leaves_are_cut_into_appends(parts):
    shelf, edge = _grown(*parts)
    whole, whole_edge = _grown(sum(parts))
    assert edge == whole_edge
    assert shelf.tiles == whole.tiles


@FAST
@given(st.data())
def test_every_proof_from_tiles_is_that_of_the_tree_at_any_older_size(data):
    shelf, _ = _grown(66_000)
    size = data.draw(st.integers(1, 66_000))
    first = data.draw(st.integers(0, size - 1))
    count = data.draw(st.integers(1, size - first))
    old = data.draw(st.integers(1, size))
    tiled = TiledTree(shelf, 66_000)
    root = TREE.root(size)
    assert tiled.root(size) == root
    assert tiled.inclusion_path(first, size) == TREE.inclusion_path(first, size)
    verify_inclusion(LEAVES[first], first, size, tiled.inclusion_path(first, size), root)
    verify_consistency(old, size, tiled.consistency_proof(old, size), TREE.root(old), root)
    verify_range(LEAVES[first : first + count], first, size, tiled.range_proof(first, count, size), root)


@FAST
@given(st.data())
def test_leaf_hashes_read_back_from_tiles_are_those_appended(data):
    shelf, _ = _grown(1000)
    first = data.draw(st.integers(0, 1000))
    count = data.draw(st.integers(0, 1000 - first))
    assert TiledTree(shelf, 1000).hashes(0, first, count) == LEAVES[first : first + count]
