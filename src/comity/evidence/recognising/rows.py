"""Tables as text (CSV, RFC 4180): rows dated by their time column.

A table is known by a first row of names, among them one of `TIME_COLUMNS`, and a second whose time can be read. Its parts
each begin with the row of names again, so that each is a table by itself and shows at the taker's what it showed here.

A row is one only as far as it is beyond doubt: one with more or fewer fields than there are names, with quotes that do
not close, or longer than `LINE_LIMIT`, has no time, and then the part it lies in has none.
"""

import csv
import re
from datetime import UTC, tzinfo

from msgspec import Struct

from comity.evidence.items.recognised import ItemFormat
from comity.evidence.recognising.runs import BOM, LINE_LIMIT, LineFacts, Pieces
from comity.evidence.recognising.timestamps import epoch_instant, iso_instant
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import TargetKind

MAX_NAMES = 2_048
"""Bytes of the row of names, which is repeated in every part."""

TIME_COLUMNS = frozenset(
    [
        "timestamp",
        "time",
        "date",
        "datetime",
        "date_time",
        "created",
        "created_at",
        "sent",
        "sent_at",
        "date_sent",
        "received",
        "received_at",
        "event_time",
        "event_timestamp",
        "eventtime",
        "start",
        "started_at",
        "start_time",
        "call_time",
        "call_date",
        "message_date",
        "occurred_at",
        "logged_at",
    ]
)
_ZONE_WORDS = frozenset({"utc", "gmt", "z"})
_UNIT_WORDS = frozenset({"ms", "unix", "epoch", "s"})
_TEXTS = frozenset(["body", "text", "message", "message_text", "content", "subject", "snippet", "transcript"])
_TRAFFIC = frozenset(
    [
        "caller",
        "callee",
        "calling",
        "called",
        "calling_number",
        "called_number",
        "a_number",
        "b_number",
        "msisdn",
        "imei",
        "imsi",
        "duration",
        "cell",
        "cell_id",
        "ip",
        "ip_address",
        "source_ip",
        "src_ip",
        "dst_ip",
        "client_ip",
        "user_agent",
        "direction",
    ]
)
_IDENTIFIERS = {
    **dict.fromkeys(["email", "from", "to", "sender", "recipient", "account_email"], TargetKind.EMAIL),
    **dict.fromkeys(
        ["phone", "msisdn", "caller", "callee", "calling_number", "called_number", "a_number", "b_number"],
        TargetKind.PHONE,
    ),
    **dict.fromkeys(["ip", "ip_address", "source_ip", "src_ip", "client_ip"], TargetKind.IPV4),
    "imei": TargetKind.IMEI,
}
_DELIMITERS = ",;\t|"
_TELLING = re.compile(rb"time|date|sent|created|received|start|occurred|logged", re.IGNORECASE)
_NUMBER = re.compile(r"\d{9,16}(?:\.\d{1,9})?\Z")
_MOST_FIELDS = 512


class RowForm(Struct, frozen=True):
    """How the rows of one table are read. `names` are its columns, `time` the place of the one that dates a row.

    A time that says no zone is in UTC where the name of its column says so, else in the `zone` that is assumed.
    """

    opening: bytes
    delimiter: str
    names: tuple[str, ...]
    time: int
    is_utc: bool
    zone: tzinfo | None
    format: ItemFormat = ItemFormat.ROWS
    media_type: str = "text/csv"
    titled: bool = True

    def reader(self) -> "RowReader":
        """A reader of rows."""
        return RowReader()

    def continues(self, _row: bytes) -> bool:
        """A row without a time is undated."""
        return False

    def read(self, row: bytes) -> LineFacts | None:
        """What a row shows, or None when it has no time that can be read."""
        fields = _fields(row, self.delimiter)
        if fields is None or len(fields) != len(self.names):
            return None
        when = _when(fields[self.time], UTC if self.is_utc else None)
        assumed = when is None and self.zone is not None
        if assumed:
            when = _when(fields[self.time], self.zone)
        if when is None:
            return None
        found = tuple(
            (_kind(name, value), value)
            for name, value in zip(self.names, fields, strict=True)
            if name in _IDENTIFIERS and value
        )
        return LineFacts(when, self._category(fields), found, assumed)

    def _category(self, fields: list[str]) -> DataCategory | None:
        """What the row itself says it is; else tables with a column of texts are content, of calls and lines traffic."""
        said = fields[self.names.index("category")] if "category" in self.names else ""
        if said in set(DataCategory):
            return DataCategory(said)
        if not _TEXTS.isdisjoint(self.names):
            return DataCategory.CONTENT
        return None if _TRAFFIC.isdisjoint(self.names) else DataCategory.TRAFFIC


def row_form(head: bytes, zone: tzinfo | None) -> RowForm | None:
    """The form of a table that begins so, its times in that zone if they say none, or None where it is no table whose rows are dated."""
    end = head.find(b"\n", 0, MAX_NAMES)
    if end < 0 or _TELLING.search(head, 0, end) is None:
        return None
    reader = RowReader()
    rows = [row for fresh, row in [*reader.feed(head[:LINE_LIMIT]), *reader.finish()] if fresh][:2]
    if len(rows) < 2 or len(rows[0]) > MAX_NAMES:  # noqa: PLR2004 - the names, and one row to date
        return None
    for delimiter in _DELIMITERS:
        raw = _fields(rows[0].removeprefix(BOM), delimiter)
        if raw is None or not 2 <= len(raw) <= _MOST_FIELDS:  # noqa: PLR2004 - one column is no table
            continue
        words = [re.findall(r"[a-z0-9]+", name.lower()) for name in raw]
        names = tuple("_".join(word for word in each if word not in _ZONE_WORDS | _UNIT_WORDS) for each in words)
        for place, name in enumerate(names):
            if name in TIME_COLUMNS:
                form = RowForm(rows[0], delimiter, names, place, not _ZONE_WORDS.isdisjoint(words[place]), zone)
                if form.read(rows[1]) is not None:
                    return form
    return None


class RowReader:
    """Gives the rows of a table, losing no byte: a line feed inside quotes ends none; a long one as `Pieces` has it."""

    def __init__(self) -> None:
        self._row = bytearray()
        self._quoted = False
        self._pieces = Pieces()

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Pieces in order; True where a piece begins a row."""
        out: list[tuple[bool, bytes]] = []
        at = 0
        while at < len(data):
            end = data.find(b"\n", at) + 1
            piece = data[at : end or len(data)]
            at += len(piece)
            self._row += piece
            self._quoted ^= piece.count(b'"') % 2 == 1
            if end and not self._quoted:
                self._emit(out)
                self._pieces.fresh = True
            elif len(self._row) > LINE_LIMIT or not self._pieces.fresh:
                self._emit(out)
        return out

    def finish(self) -> list[tuple[bool, bytes]]:
        """What was kept back."""
        out: list[tuple[bool, bytes]] = []
        if self._row:
            self._emit(out)
        return out

    def _emit(self, out: list[tuple[bool, bytes]]) -> None:
        self._pieces.add(bytes(self._row), out)
        self._row.clear()


def _fields(row: bytes, delimiter: str) -> list[str] | None:
    """The fields of one whole row, or None where it is not one beyond doubt."""
    if len(row) >= LINE_LIMIT or row.count(b'"') % 2:
        return None
    try:
        rows = list(csv.reader([row.decode("utf-8", "replace")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _when(text: str, assumed: tzinfo | None) -> Instant | None:
    text = text.strip()
    if _NUMBER.match(text):
        return epoch_instant(float(text))
    return iso_instant(text.encode("utf-8", "replace"), assumed)


def _kind(name: str, value: str) -> TargetKind:
    kind = _IDENTIFIERS[name]
    return TargetKind.IPV6 if kind is TargetKind.IPV4 and ":" in value else kind
