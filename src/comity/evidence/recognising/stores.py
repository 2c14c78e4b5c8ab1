"""Stores of messages, calls and visits as apps keep them (SQLite): what they are, and the span of their entries.

Known by their tables and columns. Each stays one item. The span covers every entry that the store still lists; what lies
in free pages, or in a journal beside the file, is not seen. One entry without a time that can be read leaves the whole
undated, and a store larger than `STORE_LIMIT` is not looked into: neither then falls into an order with a period.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from comity.evidence.items.recognised import ItemFormat, Recognised, TargetSet, TimeRange
from comity.evidence.recognising.sqlite_pages import Database, Table, Value
from comity.evidence.recognising.timestamps import epoch_instant
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import TargetKind

STORE_LIMIT = 48 << 20
"""Bytes of a store that is looked into; they are in memory once while it is."""

MEDIA_TYPE = "application/vnd.sqlite3"


class _Unit(StrEnum):
    """What a number in a time column counts."""

    UNIX = "seconds or milliseconds since 1970"
    APPLE = "seconds or nanoseconds since 2001"
    WEBKIT = "microseconds since 1601"


class _Entries(Struct, frozen=True):
    """A table of entries: its columns of times, and one that names a line or account."""

    table: str
    times: tuple[str, ...]
    unit: _Unit = _Unit.UNIX
    line: str = ""


class _Schema(Struct, frozen=True):
    """A store is of this kind when it has the first table with its columns; the others count where they are."""

    entries: tuple[_Entries, ...]
    category: DataCategory = DataCategory.CONTENT


# A store that holds more than traffic (an address book beside the calls) is content, which the law protects most.
_SCHEMAS = (
    _Schema((_Entries("sms", ("date",), line="address"), _Entries("pdu", ("date",)))),
    _Schema((_Entries("message", ("date", "handle_id"), _Unit.APPLE),)),
    _Schema((_Entries("message", ("timestamp", "chat_row_id")),)),
    _Schema((_Entries("zwamessage", ("zmessagedate",), _Unit.APPLE),)),
    _Schema((_Entries("zkikmessage", ("ztimestamp", "zreceivedtimestamp"), _Unit.APPLE),)),
    _Schema((_Entries("statuses", ("created", "status_id")), _Entries("conversation_entries", ("created",)))),
    _Schema((_Entries("calls", ("date",), line="number"),)),
    _Schema((_Entries("visits", ("visit_time",), _Unit.WEBKIT), _Entries("downloads", ("start_time",), _Unit.WEBKIT))),
    _Schema((_Entries("zliveusage", ("ztimestamp",), _Unit.APPLE),), DataCategory.TRAFFIC),
)
_MARKS = frozenset({"handle_id", "chat_row_id", "status_id"})
"""Columns that tell one app's table from another's of the same name; they hold no time."""

_APPLE_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_WEBKIT_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_APPLE_SECONDS = range(1, 10_000_000_000)
_APPLE_NANOSECONDS = range(10**16, 10**19)
_WEBKIT = range(11_644_473_600_000_000, 21_644_473_600_000_000)


class StoreRecogniser:
    """The facts of a SQLite file, kept whole until it ends or grows beyond the limit."""

    def __init__(self) -> None:
        self._content = bytearray()
        self.wants_more = True

    def feed(self, data: bytes) -> None:
        """More of the content."""
        if len(self._content) + len(data) > STORE_LIMIT:
            self.wants_more = False
            self._content = bytearray()
        if self.wants_more:
            self._content += data

    def finish(self) -> Recognised:
        """The facts; of a store that cannot be read, or is of no known kind, only what it is."""
        if not self.wants_more:
            return Recognised(ItemFormat.STORE, MEDIA_TYPE)
        try:
            return _recognise(Database(self._content))
        except BrokenInputError:
            return Recognised(ItemFormat.STORE, MEDIA_TYPE)
        finally:
            self._content = bytearray()


def _recognise(database: Database) -> Recognised:
    tables = database.tables()
    schema = next((each for each in _SCHEMAS if _fits(each.entries[0], tables)), None)
    if schema is None:
        return Recognised(ItemFormat.STORE, MEDIA_TYPE)
    times, targets = TimeRange(), TargetSet()
    for entries in schema.entries:
        if _fits(entries, tables):
            times.add(_each_time(database, tables[entries.table], entries, targets))
        elif entries.table in tables:
            # A table of entries that cannot be dated: the whole cannot be.
            times.add((None,))
    return Recognised(
        ItemFormat.STORE, MEDIA_TYPE, schema.category, times.first, times.last, targets.targets(), targets.more
    )


def _fits(entries: _Entries, tables: dict[str, Table]) -> bool:
    table = tables.get(entries.table)
    return table is not None and {*entries.times, *filter(None, (entries.line,))} <= set(table.columns)


def _each_time(database: Database, table: Table, entries: _Entries, targets: TargetSet) -> Iterator[Instant | None]:
    times = [name for name in entries.times if name not in _MARKS]
    columns = [*times, *filter(None, (entries.line,))]
    for row in database.rows(table, columns):
        yield from _instants(row[: len(times)], entries.unit)
        line = row[len(times)] if entries.line else None
        if isinstance(line, str):
            targets.add(TargetKind.PHONE, line)


def _instants(values: Iterable[Value], unit: _Unit) -> Iterator[Instant | None]:
    for value in values:
        known = isinstance(value, int | float) and value == value  # noqa: PLR0124 - what is no number differs from itself
        yield _instant(value, unit) if known and isinstance(value, int | float) else None


def _instant(number: float, unit: _Unit) -> Instant | None:
    if abs(number) >= _APPLE_NANOSECONDS.stop:
        return None
    whole = int(number)
    if unit is _Unit.UNIX:
        return epoch_instant(number)
    if unit is _Unit.WEBKIT:
        return _WEBKIT_EPOCH + timedelta(microseconds=whole) if whole in _WEBKIT else None
    if whole in _APPLE_SECONDS:
        return _APPLE_EPOCH + timedelta(seconds=number)
    return _APPLE_EPOCH + timedelta(microseconds=whole // 1_000) if whole in _APPLE_NANOSECONDS else None
