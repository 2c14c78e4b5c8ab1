"""The node's own ledger, as last committed."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec
from django.db import connection, transaction
from psycopg.rows import TupleRow

from comity.acts.classes import ActClass
from comity.adapters.postgres.columns import raws
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.adapters.postgres.ledger_append import append_made, begin_epoch, read_head
from comity.casework.ports.ledger import LedgerHead, LedgerReader, SignHead
from comity.ledger.entries import LEAF_SIZE, Entry
from comity.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, TileSource
from comity.ledger.tree import HASH_SIZE
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId

RUN_LEAVES = 1 << 15
"""Leaves read at once when the whole ledger is verified: 2 MiB."""

_PORTION = 4096
_CACHED_TILES = 512
_FULL_TILE = TILE_WIDTH * HASH_SIZE

_ENTRIES = """
SELECT index, act, salt, class_salt, act_class FROM comity_ledgerentry WHERE index >= %b AND index < %b ORDER BY index
"""

_FIND = "SELECT index, act, salt, class_salt, act_class FROM comity_ledgerentry WHERE act = ANY(%b)"

_RUN = """
SELECT string_agg(leaf, ''::bytea ORDER BY index) FROM comity_ledgerentry WHERE index >= %b AND index < %b
"""


class PostgresLedger(LedgerReader):
    """See the port. Usable by any number of threads."""

    def __init__(self, authority: AuthorityId) -> None:
        self._authority = authority
        self._tiles = StoredTiles(authority)

    def head(self) -> LedgerHead:
        """See the port. Without leaves and before anything was signed, the note is empty."""
        with operation():
            return read_head(bulk_cursor(), self._authority).head

    def epoch(self) -> int:
        """How many origins the ledger has had; 1 until it is restored."""
        with operation():
            return read_head(bulk_cursor(), self._authority).epoch

    def tiles(self) -> TileSource:
        """See the port."""
        return self._tiles

    def entries(self, first: int, last: int) -> Iterator[Entry]:
        """See the port."""
        for start in range(first, last, _PORTION):
            with operation():
                rows = bulk_cursor().execute(_ENTRIES, [start, min(start + _PORTION, last)], binary=True).fetchall()
            for row in rows:
                yield _entry_of(row)

    def find(self, acts: Collection[ActId]) -> Mapping[ActId, tuple[int, Entry]]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute(_FIND, [raws(acts)], binary=True).fetchall()
        return {row[1].hex(): (row[0], _entry_of(row)) for row in rows}

    def leaf_runs(self, size: int) -> Iterator[bytes]:
        """The first `size` leaves' data (64 bytes each), `RUN_LEAVES` in a run, as stored: what the root is hashed from.

        Raises:
            BrokenInputError: store-damaged when some are missing.
        """
        for start in range(0, size, RUN_LEAVES):
            end = min(start + RUN_LEAVES, size)
            with operation():
                row = bulk_cursor().execute(_RUN, [start, end], binary=True).fetchone()
            run = row[0] if row and row[0] else b""
            if len(run) != (end - start) * LEAF_SIZE:
                raise BrokenInputError(
                    ErrorCode.STORE_DAMAGED,
                    "the ledger lacks leaves",
                    found=f"{len(run) // LEAF_SIZE} from {start} on",
                    expected=f"{end - start}",
                )
            yield run

    def witnessed(self) -> tuple[int, str] | None:
        """See the port."""
        with operation():
            row = (
                bulk_cursor()
                .execute("SELECT size, note FROM comity_witnessedcheckpoint ORDER BY epoch DESC, size DESC LIMIT 1")
                .fetchone()
            )
        return None if row is None else (row[0], row[1])

    def keep_witnessed(self, size: int, note: str) -> None:
        """See the port. It counts for the present epoch; the same size again replaces the note."""
        with operation():
            bulk_cursor().execute(
                "INSERT INTO comity_witnessedcheckpoint (epoch, size, note)"
                " SELECT epoch, %s, %s FROM comity_ledgerhead"
                " ON CONFLICT (epoch, size) DO UPDATE SET note = EXCLUDED.note",
                [size, note],
            )

    def pad(self, entries: Callable[[int], Sequence[Entry]], sign: SignHead) -> LedgerHead:
        """See the port."""
        with operation(), transaction.atomic(durable=True):
            return append_made(bulk_cursor(), self._authority, entries, sign)

    def new_epoch(self, sign: SignHead, epoch: int = 0) -> LedgerHead:
        """See the port."""
        with operation(), transaction.atomic(durable=True):
            return begin_epoch(bulk_cursor(), self._authority, sign, epoch)


class StoredTiles(TileSource):
    """The tiles of the ledger. Full tiles never change and are kept in memory, the newest asked for; safe between threads."""

    def __init__(self, authority: AuthorityId) -> None:
        self._authority = authority
        self._full: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, level: int, index: int) -> bytes:
        """See the protocol."""
        with self._lock:
            if (level, index) in self._full:
                self._full.move_to_end((level, index))
                return self._full[level, index]
        with operation():
            # A tile that is partial when first looked for may be full a moment later, but never the other way.
            tile = _full_tile(level, index) or self._partial_tile(level, index) or _full_tile(level, index)
        if tile is None:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND, "the ledger has no such tile", found=f"level {level}, index {index}"
            )
        if len(tile) == _FULL_TILE and not connection.in_atomic_block:
            self._keep((level, index), tile)
        return tile

    def _partial_tile(self, level: int, index: int) -> bytes | None:
        edge = read_head(bulk_cursor(), self._authority).edge
        if level >= len(edge.partial) or index != edge.size >> TILE_HEIGHT * (level + 1):
            return None
        return edge.partial[level] or None

    def _keep(self, address: tuple[int, int], tile: bytes) -> None:
        with self._lock:
            self._full[address] = tile
            if len(self._full) > _CACHED_TILES:
                self._full.popitem(last=False)


def _full_tile(level: int, index: int) -> bytes | None:
    row = (
        bulk_cursor()
        .execute("SELECT hashes FROM comity_tile WHERE level = %b AND index = %b", [level, index], binary=True)
        .fetchone()
    )
    return None if row is None else row[0]


def _entry_of(row: TupleRow) -> Entry:
    _, act, salt, class_salt, act_class = row
    return Entry(act.hex(), _class_of(act_class), salt, class_salt)


@lru_cache(maxsize=1024)
def _class_of(encoded: bytes) -> ActClass:
    """Few classes stand in a ledger of many leaves."""
    return msgspec.json.decode(encoded, type=ActClass)
