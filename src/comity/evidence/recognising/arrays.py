"""JSON arrays of dated objects: read one object at a time, however large the array is, and cut into runs of one day (UTC).

Every part but the first begins with a bracket of its own, and only the last ends with one: each shows at the taker's what it
showed here. An object is dated only as far as it is beyond doubt: with anything beside it but a comma or the array's
brackets, it has no time.
"""

import re

from comity.evidence.items.recognised import ItemFormat
from comity.evidence.recognising.lines import JsonLines
from comity.evidence.recognising.runs import BOM, LINE_LIMIT, LineFacts, Pieces, UnitReader

_OUTSIDE = re.compile(rb'["{}\[\]]')
_QUOTED = re.compile(rb'["\\]')
_BESIDE = frozenset({b"", b",", b"]"})


class JsonArray(JsonLines):
    """Objects in one array, as services export them."""

    format = ItemFormat.JSON_ARRAY
    media_type = "application/json"
    opening = b"["

    def reader(self) -> UnitReader:
        """A reader of objects."""
        return ElementReader()

    def read(self, line: bytes) -> LineFacts | None:
        """What an object shows, with what stands around it up to the next, or None."""
        begin, end = line.find(b"{"), line.rfind(b"}") + 1
        before, behind = line[: max(0, begin)].removeprefix(BOM).strip(), b"".join(line[end:].split())
        if len(line) >= LINE_LIMIT or before not in (b"", b"[") or behind not in _BESIDE:
            return None
        return super().read(line[begin:end])


class ElementReader:
    """Gives the objects of an array, each up to where the next begins, losing no byte; a long one as `Pieces` has it."""

    def __init__(self) -> None:
        self._element = bytearray()
        self._depth = 0
        self._quoted = self._escaped = self._begun = False
        self._pieces = Pieces()

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Pieces in order; True where a piece begins an object."""
        out: list[tuple[bool, bytes]] = []
        at = 0
        for start in self._starts(data):
            self._element += data[at:start]
            at = start
            self._emit(out)
            self._pieces.fresh = True
        self._element += data[at:]
        if len(self._element) > LINE_LIMIT or not self._pieces.fresh:
            self._emit(out)
        return out

    def finish(self) -> list[tuple[bool, bytes]]:
        """What was kept back."""
        out: list[tuple[bool, bytes]] = []
        self._emit(out)
        return out

    def _starts(self, data: bytes) -> list[int]:
        """Where an object of the array begins, but for the first: that has what stands before it."""
        starts: list[int] = []
        at = int(self._escaped and bool(data))
        self._escaped = self._escaped and not data
        while (match := (_QUOTED if self._quoted else _OUTSIDE).search(data, at)) is not None:
            at = match.end()
            if match[0] == b"\\":
                self._escaped = at == len(data)
                at += 1
            elif match[0] == b'"':
                self._quoted = not self._quoted
            elif self._steps(match[0]):
                starts.append(match.start())
        return starts

    def _steps(self, bracket: bytes) -> bool:
        """Whether an object of the array begins here that is not its first."""
        if bracket in b"}]":
            self._depth -= 1
            return False
        self._depth += 1
        if bracket != b"{" or self._depth != 2:  # noqa: PLR2004 - the array's own bracket, and the object's
            return False
        self._begun, begun = True, self._begun
        return begun

    def _emit(self, out: list[tuple[bool, bytes]]) -> None:
        if self._element:
            self._pieces.add(bytes(self._element), out)
            self._element.clear()
