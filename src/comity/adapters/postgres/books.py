"""The node's rows as of one instant, for the check of the whole system: read-only, a portion at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import msgspec
from django.db import transaction
from psycopg.rows import TupleRow

from comity.acts.classes import ActClass
from comity.adapters.postgres.case_rows import VIEW, act_of, view_of
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.adapters.postgres.ledger_reader import PostgresLedger, StoredTiles
from comity.casework.ports.case import StoredExhibitKey
from comity.casework.ports.check import Books, CaseRows, DeliveryRow, FiledRow, LooseEntry, ReceiptRow
from comity.ledger.entries import PADDING_CLASS
from comity.ledger.tiles import TILE_HEIGHT, TileSource
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import encode

_PORTION = 64
"""Cases read at once."""

_MANY = 512
"""Receipts or checkpoints read at once."""

_LEVELS = 8

_CASES = f"""
SELECT {VIEW} FROM comity_case WHERE id > %b ORDER BY id LIMIT %b
"""  # noqa: S608 - columns that are written down

_ACTS = """
SELECT act.id, act.case_id, act.direction, act.filed_at, act.sealed, coalesce(entry.index, -1), entry.act_class
FROM comity_act act LEFT JOIN comity_ledgerentry entry ON entry.act = act.id
WHERE act.case_id = ANY(%b) ORDER BY act.case_id, entry.index
"""

_TOKENS = "SELECT case_id, token FROM comity_token WHERE case_id = ANY(%b)"

_DELIVERIES = """
SELECT act.case_id, delivery.act_id, delivery.peer, delivery.state = 'delivered', delivery.receipt_id IS NOT NULL
FROM comity_delivery delivery JOIN comity_act act ON act.id = delivery.act_id WHERE act.case_id = ANY(%b)
ORDER BY delivery.id
"""

_EXHIBITS = """
SELECT key."case", key.exhibit, key.role, key.wrapped, key.index,
    ARRAY(SELECT digest FROM comity_exhibitobject object WHERE object.key_id = key.id ORDER BY place)
FROM comity_exhibitkey key WHERE key."case" = ANY(%b) ORDER BY key.id
"""

_STRAY = """
SELECT count(*) FROM comity_exhibitkey key WHERE NOT EXISTS (SELECT 1 FROM comity_case WHERE id = key."case")
"""

_BEYOND = """
SELECT (SELECT count(*) FROM comity_ledgerentry WHERE index >= %b)
    + (SELECT count(*) FROM comity_tile tile JOIN unnest(%b::int8[]) WITH ORDINALITY AS full_tiles (count, level)
       ON tile.level = full_tiles.level - 1 AND tile.index >= full_tiles.count)
    + (SELECT count(*) FROM comity_tile WHERE level >= %b)
"""

_WITNESSED = """
SELECT size, epoch, note FROM comity_witnessedcheckpoint WHERE (size, epoch) > (%b::int8, %b::int4)
ORDER BY size, epoch LIMIT %b
"""

_LOOSE = """
SELECT entry.index, entry.act FROM comity_ledgerentry entry LEFT JOIN comity_act act ON act.id = entry.act
WHERE act.id IS NULL AND entry.act_class <> %b AND entry.index < %b ORDER BY entry.index
"""

_RECEIPTS = """
SELECT receipt.id, receipt.peer, receipt.sealed, receipt.origin, array_agg(delivery.act_id ORDER BY delivery.leaf),
    array_agg(delivery.leaf ORDER BY delivery.leaf), max(delivery.delivered_at)
FROM comity_receipt receipt LEFT JOIN comity_delivery delivery ON delivery.receipt_id = receipt.id
WHERE receipt.id IN (SELECT id FROM comity_receipt WHERE id > %b ORDER BY id LIMIT %b)
GROUP BY receipt.id ORDER BY receipt.id
"""


class PostgresBooks(Books):
    """See the port. `damaged` comes from the key store, which is outside the database."""

    def __init__(self, authority: AuthorityId, damaged: Callable[[], Sequence[int]]) -> None:
        self._authority = authority
        self._damaged = damaged

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See the port: one read-only transaction of this thread's connection (repeatable read)."""
        with operation(), transaction.atomic(durable=True):
            bulk_cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    def cases(self) -> Iterator[CaseRows]:
        """See the port."""
        last = b""
        while rows := _all(_CASES, [last, _PORTION]):
            last = rows[-1][0]
            yield from _case_rows(rows)

    def leaf_runs(self, size: int) -> Iterator[bytes]:
        """See the port."""
        return PostgresLedger(self._authority).leaf_runs(size)

    def tiles(self) -> TileSource:
        """See the port."""
        return StoredTiles(self._authority)

    def beyond(self, size: int) -> int:
        """See the port."""
        full = [size >> TILE_HEIGHT * (level + 1) for level in range(_LEVELS - 1)]
        return int(_all(_BEYOND, [size, full, len(full)])[0][0])

    def witnessed(self) -> Iterator[tuple[int, str]]:
        """See the port."""
        size, epoch = -1, 0
        while rows := _all(_WITNESSED, [size, epoch, _MANY]):
            for size, epoch, note in rows:  # noqa: B007 - the last of them is where the next portion begins
                yield size, note

    def loose_entries(self, size: int) -> Iterator[LooseEntry]:
        """See the port. Few: the acts of disposed cases."""
        for index, act in _all(_LOOSE, [encode(PADDING_CLASS), size]):
            yield LooseEntry(index, act.hex())

    def receipts(self) -> Iterator[ReceiptRow]:
        """See the port."""
        last = 0
        while rows := _all(_RECEIPTS, [last, _MANY]):
            for last, peer, sealed, origin, acts, leaves, kept_at in rows:  # noqa: B007 - as in `witnessed`
                placed = tuple((act.hex(), leaf) for act, leaf in zip(acts, leaves, strict=True) if act)
                if placed:
                    yield ReceiptRow(peer, sealed, origin, placed, kept_at)

    def stray_exhibits(self) -> int:
        """See the port."""
        return int(_all(_STRAY, [])[0][0])

    def damaged_keys(self) -> Sequence[int]:
        """See the port."""
        return self._damaged()


def _case_rows(rows: Sequence[TupleRow]) -> Iterator[CaseRows]:
    ids = [row[0] for row in rows]
    acts: dict[bytes, list[FiledRow]] = defaultdict(list)
    for *act, encoded in _all(_ACTS, [ids]):
        acts[act[1]].append(FiledRow(act_of(tuple(act)), _class_of(encoded) if encoded else None))
    tokens: dict[bytes, set[bytes]] = defaultdict(set)
    for case, token in _all(_TOKENS, [ids]):
        tokens[case].add(token)
    deliveries: dict[bytes, list[DeliveryRow]] = defaultdict(list)
    for case, sent, peer, delivered, receipted in _all(_DELIVERIES, [ids]):
        deliveries[case].append(DeliveryRow(sent.hex(), peer, delivered, receipted))
    exhibits: dict[bytes, list[StoredExhibitKey]] = defaultdict(list)
    for case, exhibit, role, wrapped, index, objects in _all(_EXHIBITS, [ids]):
        digests = tuple(digest.hex() for digest in objects)
        exhibits[case].append(StoredExhibitKey(exhibit.hex(), role, case.hex(), wrapped, digests, index))
    for row in rows:
        case = row[0]
        yield CaseRows(
            view_of(row), tuple(acts[case]), frozenset(tokens[case]), tuple(deliveries[case]), tuple(exhibits[case])
        )


@lru_cache(maxsize=1024)
def _class_of(encoded: bytes) -> ActClass:
    return msgspec.json.decode(encoded, type=ActClass)


def _all(query: str, arguments: Sequence[object]) -> list[TupleRow]:
    with operation():
        return bulk_cursor().execute(query, arguments, binary=True).fetchall()
