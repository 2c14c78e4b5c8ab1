"""Reading the tables of a SQLite file from its pages (the published file format), and nothing but reading.

No statement of the file is ever carried out: there is no engine here that could. A trigger, a view, a generated column
or a virtual table is text in the schema, and a table that needs one of them cannot be read. Every page is visited at most
once, so a file whose pages point at one another in circles costs no more than its size.
"""

import struct
from collections.abc import Iterator, Sequence

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

MAX_ROWS = 1_000_000
"""Rows of one table that are looked at; a table with more is not read."""

MAX_TABLES = 1_000
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_LEAF, _INTERIOR = 13, 5
_MAX_SQL = 65_536
_MAX_HEADER = 16_384
_VARINT = 9
_ENCODINGS = {0: "utf-8", 1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT, _ZERO, _ONE = 7, 8, 9
_FIRST_BYTES = 12
_CONSTRAINTS = frozenset({"constraint", "primary", "unique", "check", "foreign"})
_QUOTES = {'"': '"', "'": "'", "`": "`", "[": "]"}

Value = int | float | str | bytes | None


class Table(Struct, frozen=True):
    """A table whose rows are stored: its first page, and the names of its columns in lower case, as they are stored."""

    name: str
    root: int
    columns: tuple[str, ...]


class Database:
    """A whole SQLite file. Every method raises `BrokenInputError` (malformed) where the pages are not what they should be."""

    def __init__(self, content: bytes | bytearray) -> None:
        if len(content) < _HEADER or not content.startswith(_MAGIC):
            raise _broken("no SQLite file")
        size = int.from_bytes(content[16:18])
        self._page = 65_536 if size == 1 else size
        self._usable = self._page - content[20]
        encoding = _ENCODINGS.get(int.from_bytes(content[56:60]))
        if self._page < 512 or self._page & (self._page - 1) or self._usable < 480 or encoding is None:  # noqa: PLR2004 - section 1.3 of the format
            raise _broken("a header that no SQLite file has")
        self._content = memoryview(content)
        self._encoding = encoding
        # Rows do not overlap: whoever reads every byte twice is being led in circles.
        self._left = 2 * len(content)

    def tables(self) -> dict[str, Table]:
        """The tables by their names in lower case; of what is no ordinary table there is nothing."""
        found: dict[str, Table] = {}
        for number, row in enumerate(self._rows(1, (0, 1, 3, 4))):
            if number == MAX_TABLES:
                raise _broken("too many tables")
            kind, name, root, sql = row
            if kind != "table" or not isinstance(name, str) or not isinstance(root, int) or not isinstance(sql, str):
                continue
            columns = _columns(sql)
            if root > 1 and columns is not None:
                found[name.lower()] = Table(name.lower(), root, columns)
        return found

    def rows(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """The named columns of every row; at most `MAX_ROWS`."""
        places = tuple(table.columns.index(name) for name in columns)
        for number, row in enumerate(self._rows(table.root, places)):
            if number == MAX_ROWS:
                raise _broken("too many rows")
            yield row

    def _rows(self, root: int, places: tuple[int, ...]) -> Iterator[tuple[Value, ...]]:
        waiting, seen = [root], {root}
        while waiting:
            number = waiting.pop()
            page = self._page_of(number)
            at = _HEADER if number == 1 else 0
            kind, cells = page[at], int.from_bytes(page[at + 3 : at + 5])
            if kind not in (_LEAF, _INTERIOR):
                raise _broken("a page that belongs to no table")
            pointers = at + (8 if kind == _LEAF else 12)
            offsets = [int.from_bytes(page[pointers + 2 * n : pointers + 2 * n + 2]) for n in range(cells)]
            if kind == _LEAF:
                for offset in offsets:
                    yield self._row(page, offset, places)
                continue
            below = [int.from_bytes(page[offset : offset + 4]) for offset in offsets]
            below.append(int.from_bytes(page[at + 8 : at + 12]))
            if len(set(below)) != len(below) or not seen.isdisjoint(below):
                raise _broken("pages in a circle")
            seen.update(below)
            waiting.extend(reversed(below))

    def _page_of(self, number: int) -> memoryview:
        start = (number - 1) * self._page
        page = self._content[start : start + self._page] if number > 0 else b""
        if len(page) < self._usable:
            raise _broken("a page beyond the end")
        return memoryview(page)

    def _row(self, page: memoryview, offset: int, places: tuple[int, ...]) -> tuple[Value, ...]:
        size, at = _varint(page, offset)
        _, at = _varint(page, at)
        payload = _Payload(self, page, at, size)
        width, _ = _varint(payload.read(0, min(size, _VARINT)), 0)
        if width > min(size, _MAX_HEADER):
            raise _broken("a row's header is larger than the row")
        self.spend(width)
        kinds = _serial_types(payload.read(0, width))
        return tuple(self._value(payload, width, kinds, place) for place in places)

    def _value(self, payload: "_Payload", width: int, kinds: list[int], place: int) -> Value:
        """One column; NULL for one that a row does not have, because it was added later."""
        if place >= len(kinds):
            return None
        kind = kinds[place]
        start = width + sum(map(_size_of, kinds[:place]))
        if kind in (_ZERO, _ONE):
            return kind - _ZERO
        data = payload.read(start, min(_size_of(kind), _MAX_SQL))
        if kind in _INTEGERS:
            return int.from_bytes(data, signed=True)
        if kind == _FLOAT:
            number: float = struct.unpack(">d", data)[0]
            return number
        if kind >= _FIRST_BYTES:
            return bytes(data) if kind % 2 == 0 else bytes(data).decode(self._encoding, "replace")
        return None

    def spend(self, size: int) -> None:
        """So many bytes are looked at. Raises `BrokenInputError` when all were looked at more than once."""
        self._left -= size
        if self._left < 0:
            raise _broken("rows that lie over one another")

    def local_size(self, size: int) -> int:
        """Bytes of a payload of that size that lie in the page itself (section 1.6 of the format)."""
        most = self._usable - 35
        if size <= most:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self._usable - 4)
        return local if local <= most else least

    def overflow(self, number: int) -> tuple[int, memoryview]:
        """The next page's number, and what an overflow page holds."""
        self.spend(self._usable)
        page = self._page_of(number)
        return int.from_bytes(page[:4]), page[4 : self._usable]


class _Payload:
    """A row's bytes: those in the page, and as many of the overflow pages as are asked for."""

    def __init__(self, database: Database, page: memoryview, at: int, size: int) -> None:
        local = database.local_size(size)
        self._database = database
        self._size = size
        self._bytes = bytearray(page[at : at + local])
        if len(self._bytes) != local:
            raise _broken("a row beyond its page")
        self._next = int.from_bytes(page[at + local : at + local + 4]) if local < size else 0

    def read(self, start: int, length: int) -> bytes:
        end = start + length
        if end > self._size:
            raise _broken("a value beyond its row")
        while len(self._bytes) < end:
            self._next, more = self._database.overflow(self._next)
            self._bytes += more
        return bytes(self._bytes[start:end])


def _serial_types(header: bytes) -> list[int]:
    _, at = _varint(header, 0)
    kinds: list[int] = []
    while at < len(header):
        kind, at = _varint(header, at)
        kinds.append(kind)
    return kinds


def _size_of(kind: int) -> int:
    if kind in _INTEGERS:
        return _INTEGERS[kind]
    if kind == _FLOAT:
        return 8
    return (kind - _FIRST_BYTES) // 2 if kind >= _FIRST_BYTES else 0


def _varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    number = 0
    for step in range(_VARINT):
        if at >= len(data):
            raise _broken("a number beyond the end")
        byte = data[at]
        at += 1
        if step == _VARINT - 1:
            return number << 8 | byte, at
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the bit that says more follows
            break
    return number, at


def _columns(sql: str) -> tuple[str, ...] | None:
    """Names of the stored columns in order; None where the statement is no plain table of stored columns."""
    head, opened, rest = sql.partition("(")
    if not opened or "virtual" in head.lower().split() or len(sql) >= _MAX_SQL:
        return None
    names: list[str] = []
    for part in _definitions(rest):
        text = part.strip()
        words = text.lower().split(None, 1)
        if not words or words[0] in _CONSTRAINTS:
            break
        if "generated" in words[-1] or " as (" in f" {words[-1]}":
            return None
        names.append(_name(text))
    return tuple(names) or None


def _definitions(text: str) -> Iterator[str]:
    """The parts between commas, up to the parenthesis that closes them."""
    depth = start = 0
    closing = ""
    for at, letter in enumerate(text):
        if closing:
            closing = "" if letter == closing else closing
        elif letter in _QUOTES:
            closing = _QUOTES[letter]
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif letter in ",)" and not depth:
            yield text[start:at]
            start = at + 1
            if letter == ")":
                return


def _name(text: str) -> str:
    closing = _QUOTES.get(text[:1])
    if closing:
        return text[1 : max(text.find(closing, 1), 1)].lower()
    return text.split(None, 1)[0].lower()


def _broken(what: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.MALFORMED, "a database cannot be read", found=what)
