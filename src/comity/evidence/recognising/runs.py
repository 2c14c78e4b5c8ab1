"""Runs: cutting what comes unit by unit (lines, objects, rows) into runs of one day (UTC) each, and telling what it shows.

Every function here sees at most `LINE_LIMIT` bytes of a unit, however long it is and however the bytes arrive: what is
recognised depends on the content alone, so that giver and taker come to the same facts.
"""

from typing import Protocol

from msgspec import Struct

from comity.evidence.items.recognised import ItemFormat, Recognised, TargetSet, TimeRange
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import TargetKind

BOM = b"\xef\xbb\xbf"
"""What some exports put before UTF-8; it is no part of the first line."""

LINE_LIMIT = 65_536
"""Bytes of a line, an object or a row that are looked at; the rest belongs to it unseen."""

MAX_PARTS = 65_536
"""Parts of one source; what follows stays in the last: one shuffled on purpose does not grow without end."""

UNDATED = "undated"


class LineFacts(Struct, frozen=True):
    """What one line shows. `identifiers` are as written, not yet in normal form. `assumed`: its time says no zone."""

    when: Instant
    category: DataCategory | None = None
    identifiers: tuple[tuple[TargetKind, str], ...] = ()
    assumed: bool = False


class UnitReader(Protocol):
    """Gives the units of a stream (lines, objects), losing no byte; a long one as `Pieces` has it."""

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Pieces in order; True where a piece begins a unit."""
        ...

    def finish(self) -> list[tuple[bool, bytes]]:
        """What was kept back."""
        ...


class LineForm(Protocol):
    """How the units of a log, an array or a table are told apart and read."""

    @property
    def format(self) -> ItemFormat:
        """What it is."""
        ...

    @property
    def media_type(self) -> str:
        """As what it is known elsewhere."""
        ...

    @property
    def titled(self) -> bool:
        """Whether the first unit names what the others hold: it is no entry, and belongs to the run behind it."""
        ...

    @property
    def opening(self) -> bytes:
        """What every part but the first begins with that the source holds once."""
        ...

    def reader(self) -> UnitReader:
        """A reader of the units, at the beginning of a source or part."""
        ...

    def read(self, line: bytes) -> LineFacts | None:
        """What the unit shows, or None when it has no time that can be read. `line` is cut at `LINE_LIMIT`."""
        ...

    def continues(self, line: bytes) -> bool:
        """Whether a unit without a time belongs to the entry before it (a stack trace); otherwise it is undated."""
        ...


class Pieces:
    """What a reader gives of its units (lines, rows): each as a whole, or where it is longer than `LINE_LIMIT` in pieces.

    A longer one comes as its first `LINE_LIMIT` bytes and then the rest, wherever the stream was cut.
    """

    def __init__(self) -> None:
        self.fresh = True
        """Whether the next piece begins a unit."""

    def add(self, piece: bytes, out: list[tuple[bool, bytes]]) -> None:
        """More of a unit; in `out`, True stands beside what begins one."""
        if self.fresh and len(piece) > LINE_LIMIT:
            out.append((True, piece[:LINE_LIMIT]))
            piece = piece[LINE_LIMIT:]
            self.fresh = False
        out.append((self.fresh, piece))
        self.fresh = False


class RunCutter:
    """Cuts a source into runs of neighbouring units of one day (UTC), losing no byte; undated ones make runs of their own."""

    def __init__(self, form: LineForm) -> None:
        self.opening = form.opening
        self._form = form
        self._reader = form.reader()
        self._title = form.titled
        self._kept = b""
        self._run: str | None = None
        self._parts = 0

    def feed(self, data: bytes) -> list[tuple[str | None, bytes]]:
        """Pieces in order; a piece that begins a run bears the run's day, or `undated`."""
        return self._cut(self._reader.feed(data))

    def finish(self) -> list[tuple[str | None, bytes]]:
        """What was kept back."""
        pieces = self._cut(self._reader.finish())
        return [*pieces, (UNDATED, self._kept)] if self._kept else pieces

    def _cut(self, lines: list[tuple[bool, bytes]]) -> list[tuple[str | None, bytes]]:
        pieces: list[tuple[str | None, list[bytes]]] = []
        for fresh, line in lines:
            if self._title:
                self._title, self._kept = False, line
                continue
            run = self._run_of(line) if fresh else self._run
            if run != self._run:
                self._run, self._parts = run, self._parts + 1
                pieces.append((run, [self._kept] if self._kept else []))
                self._kept = b""
            elif not pieces:
                pieces.append((None, []))
            pieces[-1][1].append(line)
        return [(run, b"".join(parts)) for run, parts in pieces]

    def _run_of(self, line: bytes) -> str | None:
        if self._parts == MAX_PARTS:
            return self._run
        facts = self._form.read(line)
        if facts is not None:
            return facts.when.date().isoformat()
        goes_on = self._run is not None and (_is_empty(line) or self._form.continues(line))
        return self._run if goes_on else UNDATED


class RunRecogniser:
    """The facts of a log, an array or a table: the times of all its entries, unknown as soon as a unit of its own has none."""

    wants_more = True

    def __init__(self, form: LineForm) -> None:
        self._form = form
        self._reader = form.reader()
        self._title = form.titled
        self._times = TimeRange()
        self._targets = TargetSet()
        self._categories: set[DataCategory | None] = set()
        self._assumed = False

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._take(self._reader.feed(data))

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        self._take(self._reader.finish())
        return Recognised(
            self._form.format,
            self._form.media_type,
            self._category(),
            self._times.first,
            self._times.last,
            self._targets.targets(),
            self._targets.more,
            assumed=self._assumed,
        )

    def _take(self, lines: list[tuple[bool, bytes]]) -> None:
        for line in (line for fresh, line in lines if fresh):
            if self._title:
                self._title = False
                continue
            facts = self._form.read(line)
            if facts is not None:
                self._times.add((facts.when,))
                self._assumed = self._assumed or facts.assumed
                self._categories.add(facts.category)
                for kind, text in facts.identifiers:
                    self._targets.add(kind, text)
            elif not _is_empty(line) and not self._form.continues(line):
                self._times.add((None,))
                self._categories.add(None)

    def _category(self) -> DataCategory | None:
        """One category where all entries show the same; content where any is content; otherwise open."""
        if DataCategory.CONTENT in self._categories:
            return DataCategory.CONTENT
        return next(iter(self._categories)) if len(self._categories) == 1 else None


def _is_empty(line: bytes) -> bool:
    """Whether nothing stands in a unit: of one that is not seen to its end, nobody knows."""
    return len(line) < LINE_LIMIT and not line.strip()
