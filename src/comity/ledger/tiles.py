"""The log as tiles of 256 hashes (C2SP tlog-tiles): what is written when leaves come, and every proof read back.

Tile `index` at `level` holds the hashes of the complete subtrees over 256**level leaves, 256 of them when it is full. A
full tile's own root is one hash of the tile above; a partial tile stands at the right edge, and nothing above it knows
it. Hashes in a tile never change, a partial tile only gets wider: so a reader who sees a wider tile than it asked for
can use its beginning, and a proof for an older size comes from the same tiles as one for today's.

Appending needs the partial tiles only (`RightEdge`, at most eight tiles): the full ones are written once and not read.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from comity.ledger.spans import MAX_SIZE
from comity.ledger.tree import HASH_SIZE, Frontier, StoredTree, TreeView, pair_up, require_hashes, split_run
from comity.vocabulary.errors import BrokenInputError, ErrorCode

TILE_HEIGHT = 8
"""Levels of the tree that one tile spans."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes of a full tile."""

_MAX_LEVEL = 63
_FULL = TILE_WIDTH * HASH_SIZE


class TileAddress(Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """Where a tile stands, and how many hashes it holds: 256 when full, 1 to 255 when partial."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        inside = 0 <= self.level <= _MAX_LEVEL and 0 <= self.index <= MAX_SIZE and 1 <= self.width <= TILE_WIDTH
        if not inside:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND, "no tile has that address", found=f"{self.level}/{self.index}, width {self.width}"
            )

    def path(self) -> str:
        """Path below the log's prefix, e.g. `tile/0/x001/x234/067.p/8` (tlog-tiles, Merkle Tree)."""
        groups = [f"{self.index % 1000:03}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(reversed(groups))}{partial}"


class RightEdge(Struct, frozen=True, forbid_unknown_fields=True):
    """The partial tiles of a log of `size` leaves: all that appending to it needs.

    `partial[level]` is the partial tile of that level, empty where the last tile is full; its width is given by the
    size: `(size >> 8 * level) % 256` hashes.
    """

    size: int = 0
    partial: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        widths = _widths(self.size)
        if [len(tile) for tile in self.partial] != [width * HASH_SIZE for width in widths]:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "the partial tiles are not those of a log of that size",
                found=f"{[len(tile) for tile in self.partial]} bytes",
                expected=f"{widths} hashes for size {self.size}",
            )

    def frontier(self) -> Frontier:
        """The complete subtrees at the right edge."""
        hashes: list[bytes] = []
        for tile in self.partial:
            hashes = [*Frontier().append(split_run(tile)).hashes, *hashes]
        return Frontier(self.size, tuple(hashes))

    def root(self) -> bytes:
        """Root of the log (RFC 6962 section 2.1)."""
        return self.frontier().root()


class Extension(Struct, frozen=True):
    """What an append comes to: the new right edge, and every tile that is new or has become wider."""

    edge: RightEdge
    tiles: dict[TileAddress, bytes]


def extend(edge: RightEdge, leaf_hashes: Sequence[bytes]) -> Extension:
    """The tiles to write when these leaf hashes come behind the last one; costs one hash per leaf.

    Level by level: the partial tile and the new hashes are cut into full tiles and a new partial one, and the roots of
    the full tiles are the new hashes of the level above. A full tile is written once in the life of the log; a partial
    one replaces the narrower one with the same level and index.
    """
    require_hashes(leaf_hashes, ErrorCode.MALFORMED)
    size = edge.size + len(leaf_hashes)
    tiles: dict[TileAddress, bytes] = {}
    partial: list[bytes] = []
    new = leaf_hashes
    for level in range(len(_widths(size))):
        before = edge.partial[level] if level < len(edge.partial) else b""
        hashes = [*split_run(before), *new]
        index = edge.size >> TILE_HEIGHT * (level + 1)
        complete = len(hashes) - len(hashes) % TILE_WIDTH
        run = b"".join(hashes)
        for at in range(0, complete * HASH_SIZE, _FULL):
            tiles[TileAddress(level, index)] = run[at : at + _FULL]
            index += 1
        rest = run[complete * HASH_SIZE :]
        if rest and new:
            tiles[TileAddress(level, index, len(rest) // HASH_SIZE)] = rest
        partial.append(rest)
        new = _tile_roots(hashes[:complete])
    return Extension(RightEdge(size, tuple(partial)), tiles)


def _tile_roots(hashes: Sequence[bytes]) -> Sequence[bytes]:
    """Roots of the full tiles that these hashes fill, in order."""
    for _ in range(TILE_HEIGHT):
        hashes = pair_up(hashes)
    return hashes


def _widths(size: int) -> list[int]:
    """Width of the partial tile of each level of a log of that size, from level 0 to the highest that has any hash."""
    if not 0 <= size <= MAX_SIZE:
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "no log has that size", found=str(size))
    levels = -(-size.bit_length() // TILE_HEIGHT)
    return [size >> TILE_HEIGHT * level & (TILE_WIDTH - 1) for level in range(levels)]


class TileSource(Protocol):
    """Reads the tiles of one log.

    Guarantee: `read` gives the tile at least as wide as it is in a log of any size whose checkpoint the caller has
    seen; a wider tile begins with the same hashes. It raises `BrokenInputError` (not-found) for a tile that was never
    written. Usable by one caller at a time.
    """

    def read(self, level: int, index: int) -> bytes:
        """Hashes of that tile, one after the other: 32 bytes each, 1 to 256 of them."""
        ...


class TiledTree(TreeView):
    """A log of `size` leaves seen through its tiles. Keeps the tiles it read: make one for each unit of work."""

    def __init__(self, source: TileSource, size: int) -> None:
        self.size = size
        self._source = source
        self._tiles: dict[tuple[int, int], StoredTree] = {}

    def complete(self, height: int, index: int) -> bytes:
        """Hash of the complete subtree at that height and place, from the tile it lies in."""
        level, above = divmod(height, TILE_HEIGHT)
        tile, within = divmod(index << above, TILE_WIDTH)
        return self._tile(level, tile, within + (1 << above)).complete(above, within >> above)

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        """The `count` hashes from `first` of a tile level; at level 0 they are leaf hashes."""
        found: list[bytes] = []
        at, end = first, first + count
        while at < end:
            index, offset = divmod(at, TILE_WIDTH)
            stop = min(end - index * TILE_WIDTH, TILE_WIDTH)
            found += self._tile(level, index, stop).leaves(offset, stop)
            at = index * TILE_WIDTH + stop
        return found

    def edge(self) -> RightEdge:
        """The right edge to append to."""
        partial: list[bytes] = []
        for level, width in enumerate(_widths(self.size)):
            first = (self.size >> TILE_HEIGHT * level) - width
            partial.append(b"".join(self.hashes(level, first, width)))
        return RightEdge(self.size, tuple(partial))

    def _tile(self, level: int, index: int, width: int) -> StoredTree:
        """The tile as the small tree it is, at least `width` hashes wide."""
        key = (level, index)
        if key not in self._tiles:
            self._tiles[key] = StoredTree(split_run(self._source.read(level, index)))
        tile = self._tiles[key]
        if not width <= tile.size <= TILE_WIDTH:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "a tile has another width than the log's size asks for",
                found=f"{tile.size} hashes at level {level}, index {index}",
                expected=f"{width} to {TILE_WIDTH} hashes",
            )
        return tile
