"""Growing the ledger: the head's row is the one place where all processes of a node queue, so little happens there.

Leaves are hashed before the head is locked; then their places are known, the tiles are extended from the partial ones in
the head's row, and entries, full tiles and the new head are written in three statements. Full tiles are written once and
never change; partial ones live in the head's row only.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from psycopg import Cursor
from psycopg.rows import TupleRow

from comity.adapters.postgres.columns import raw
from comity.casework.ports.ledger import LedgerHead, SignHead
from comity.ledger.entries import Entry, leaves_of
from comity.ledger.origins import log_origin
from comity.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, RightEdge, TileAddress, extend
from comity.ledger.tree import HASH_SIZE, leaf_hashes
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import encode

_READ_HEAD = "SELECT epoch, first, size, root, note, edge FROM comity_ledgerhead"
_LOCK_HEAD = "SELECT epoch, first, size, root, note, edge FROM comity_ledgerhead FOR UPDATE"
_ENTRY_COLUMNS = ["int8", "bytea", "bytea", "bytea", "bytea", "bytea"]


class HeadRow(Struct, frozen=True):
    """The ledger's head with what is needed to go on from it."""

    epoch: int
    head: LedgerHead
    edge: RightEdge


def read_head(cursor: "Cursor[TupleRow]", authority: AuthorityId, *, lock: bool = False) -> HeadRow:
    """The head as last committed; with `lock`, nobody else appends until this transaction ends."""
    cursor.execute(_LOCK_HEAD if lock else _READ_HEAD, binary=True)
    row = cursor.fetchone()
    if row is None:
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "the ledger has no head", do="Restore a backup of the node.")
    epoch, first, size, root, note, edge = row
    return HeadRow(epoch, LedgerHead(log_origin(authority, epoch), first, size, root, note), edge_of(size, edge))


def edge_of(size: int, run: bytes) -> RightEdge:
    """The partial tiles of a ledger of that size, stored one after the other, lowest level first."""
    tiles: list[bytes] = []
    at = 0
    for level in range(-(-size.bit_length() // TILE_HEIGHT)):
        end = at + (size >> TILE_HEIGHT * level) % TILE_WIDTH * HASH_SIZE
        tiles.append(run[at:end])
        at = end
    return RightEdge(size, tuple(tiles))


def append_entries(
    cursor: "Cursor[TupleRow]", authority: AuthorityId, entries: Sequence[Entry], sign: SignHead
) -> LedgerHead:
    """Adds the entries in order and signs the new head. Without entries nothing changes."""
    leaves = _Leaves.of(entries)
    row = read_head(cursor, authority, lock=True)
    return _append(cursor, row, leaves, sign)


def append_made(
    cursor: "Cursor[TupleRow]", authority: AuthorityId, make: Callable[[int], Sequence[Entry]], sign: SignHead
) -> LedgerHead:
    """Adds the entries that are made for the present size, which stays what it is meanwhile."""
    row = read_head(cursor, authority, lock=True)
    return _append(cursor, row, _Leaves.of(make(row.head.size)), sign)


def begin_epoch(cursor: "Cursor[TupleRow]", authority: AuthorityId, sign: SignHead, epoch: int = 0) -> LedgerHead:
    """The same leaves under a new origin: that of `epoch` if it is later than the next one."""
    row = read_head(cursor, authority, lock=True)
    epoch, size, root = max(row.epoch + 1, epoch), row.head.size, row.head.root
    origin = log_origin(authority, epoch)
    note = sign(origin, size, root)
    cursor.execute("UPDATE comity_ledgerhead SET epoch = %s, first = %s, note = %s", [epoch, size, note])
    return LedgerHead(origin, size, size, root, note)


class _Leaves(Struct, frozen=True):
    """Entries with their leaves' data and hashes, made before anything is locked."""

    entries: Sequence[Entry]
    data: Sequence[bytes]
    hashes: Sequence[bytes]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "_Leaves":
        data = leaves_of(entries)
        return cls(entries, data, leaf_hashes(data))


def _append(cursor: "Cursor[TupleRow]", row: HeadRow, leaves: _Leaves, sign: SignHead) -> LedgerHead:
    if not leaves.entries:
        return row.head
    first = row.head.size
    extension = extend(row.edge, leaves.hashes)
    _copy_entries(cursor, first, leaves)
    _copy_tiles(cursor, extension.tiles)
    size, root = extension.edge.size, extension.edge.root()
    note = sign(row.head.origin, size, root)
    cursor.execute(
        "UPDATE comity_ledgerhead SET first = %b, size = %b, root = %b, edge = %b, note = %b",
        [first, size, root, b"".join(extension.edge.partial), note],
    )
    return LedgerHead(row.head.origin, first, size, root, note)


def _copy_entries(cursor: "Cursor[TupleRow]", first: int, leaves: _Leaves) -> None:
    encoded = {each: encode(each) for each in {entry.act_class for entry in leaves.entries}}
    with cursor.copy(
        "COPY comity_ledgerentry (index, act, salt, class_salt, act_class, leaf) FROM STDIN (FORMAT BINARY)"
    ) as rows:
        rows.set_types(_ENTRY_COLUMNS)
        write = rows.write_row
        for index, (entry, leaf) in enumerate(zip(leaves.entries, leaves.data, strict=True), first):
            write((index, raw(entry.act), entry.salt, entry.class_salt, encoded[entry.act_class], leaf))


def _copy_tiles(cursor: "Cursor[TupleRow]", tiles: dict[TileAddress, bytes]) -> None:
    full = [(address, hashes) for address, hashes in tiles.items() if address.width == TILE_WIDTH]
    if not full:
        return
    with cursor.copy("COPY comity_tile (level, index, hashes) FROM STDIN (FORMAT BINARY)") as rows:
        rows.set_types(["int2", "int8", "bytea"])
        for address, hashes in full:
            rows.write_row((address.level, address.index, hashes))
