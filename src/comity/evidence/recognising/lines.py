"""Logs: reading them line by line, dating each line, and cutting a log into runs of one day (UTC) each.

Every function here sees at most `LINE_LIMIT` bytes of a line, however long it is and however the bytes arrive: what is
recognised depends on the content alone, so that giver and taker come to the same facts.
"""

import re
from datetime import UTC, tzinfo
from typing import Protocol

import msgspec
from msgspec import Struct

from comity.evidence.items.recognised import ItemFormat, Recognised, TargetSet, TimeRange
from comity.evidence.recognising.timestamps import ISO, LOCAL, clf_instant, epoch_instant, iso_instant
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import TargetKind

BOM = b"\xef\xbb\xbf"
"""What some exports put before UTF-8; it is no part of the first line."""

LINE_LIMIT = 65_536
"""Bytes of a line that are looked at; the rest belongs to it unseen."""


class LineFacts(Struct, frozen=True):
    """What one line shows. `identifiers` are as written, not yet in normal form. `assumed`: its time says no zone."""

    when: Instant
    category: DataCategory | None = None
    identifiers: tuple[tuple[TargetKind, str], ...] = ()
    assumed: bool = False


class LineForm(Protocol):
    """A form of log."""

    format: ItemFormat
    media_type: str
    continues: bool
    """Whether a line without a time belongs to the entry before it (a stack trace); otherwise it is undated."""

    def read(self, line: bytes) -> LineFacts | None:
        """What the line shows, or None when it has no time that can be read. `line` is cut at `LINE_LIMIT`."""
        ...


_REQUEST = re.compile(
    rb"(\S{1,255}) (\S{1,255}) [^\[\n]{0,512}?\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] \""
)
_BALANCER = re.compile(rb"(?:https?|h2|grpcs?|wss?) (" + ISO + rb") \S{1,255} ([0-9A-Fa-f:.]{3,45}):\d{1,5} ")
_CLASSIC_BALANCER = re.compile(rb"(" + ISO + rb") [A-Za-z0-9-]{1,64} ([0-9A-Fa-f:.]{3,45}):\d{1,5} ")
_DATED = re.compile(rb"(" + ISO + rb")")
_DATED_LOCAL = re.compile(rb"(" + LOCAL + rb")")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{3,45}\Z")


class TrafficLog:
    """Requests as servers and load balancers log them: common and combined log format, with or without virtual host."""

    format = ItemFormat.TRAFFIC_LOG
    media_type = "text/plain"
    continues = False

    def __init__(self, _zone: tzinfo | None) -> None:
        self._last: tuple[bytes, Instant | None] = (b"", None)

    def read(self, line: bytes) -> LineFacts | None:
        """What the line shows, or None."""
        line = line.removeprefix(BOM)
        match = _REQUEST.match(line)
        if match is not None:
            hosts = [text.decode("latin-1") for text in match.group(1, 2)]
            address = next((text for text in hosts if _ADDRESS.match(text)), "")
            return self._facts(match[3], address)
        match = _BALANCER.match(line) or _CLASSIC_BALANCER.match(line)
        return self._facts(match[1], match[2].decode("latin-1")) if match else None

    def _facts(self, text: bytes, address: str) -> LineFacts | None:
        # Neighbouring lines mostly bear the same second.
        if text != self._last[0]:
            self._last = (text, clf_instant(text) or iso_instant(text))
        when = self._last[1]
        if when is None:
            return None
        kind = TargetKind.IPV6 if ":" in address else TargetKind.IPV4
        return LineFacts(when, DataCategory.TRAFFIC, ((kind, address),) if address else ())


class DatedLog:
    """Any log whose entries start with a date, a time and a zone, or without one where one is assumed."""

    format = ItemFormat.DATED_LOG
    media_type = "text/plain"
    continues = True

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def read(self, line: bytes) -> LineFacts | None:
        """What the line shows, or None."""
        line = line.removeprefix(BOM)
        match = _DATED.match(line)
        when = iso_instant(match[1]) if match else None
        assumed = when is None and self._zone is not None
        if assumed:
            match = _DATED_LOCAL.match(line)
            when = iso_instant(match[1], self._zone) if match else None
        return LineFacts(when, assumed=assumed) if when else None


_ABSENT = msgspec.Raw()


class _JsonLine(Struct):
    """The members that tell something. Everything else in a line is passed over without being built."""

    timestamp: object = None
    at_timestamp: object = msgspec.field(name="@timestamp", default=None)
    time: object = None
    event_time: object = msgspec.field(name="eventTime", default=None)
    event_time_aws: object = msgspec.field(name="EventTime", default=None)
    event_timestamp: object = None
    creation_time: object = msgspec.field(name="CreationTime", default=None)
    ts: object = None
    sent_at: object = None
    created_at: object = None
    date: object = None
    category: object = None
    event_name: msgspec.Raw = msgspec.field(name="eventName", default=_ABSENT)
    event_name_aws: msgspec.Raw = msgspec.field(name="EventName", default=_ABSENT)
    proto_payload: msgspec.Raw = msgspec.field(name="protoPayload", default=_ABSENT)
    operation_id: msgspec.Raw = _ABSENT
    operation_name: msgspec.Raw = msgspec.field(name="operationName", default=_ABSENT)
    workload: msgspec.Raw = msgspec.field(name="Workload", default=_ABSENT)
    body: msgspec.Raw = _ABSENT
    text: msgspec.Raw = _ABSENT
    message: msgspec.Raw = _ABSENT
    sender: msgspec.Raw = msgspec.field(name="from", default=_ABSENT)
    sender_long: msgspec.Raw = msgspec.field(name="sender", default=_ABSENT)
    to: msgspec.Raw = _ABSENT
    email: object = None
    ip: object = None
    source_ip: object = msgspec.field(name="sourceIPAddress", default=None)


_json_line = msgspec.json.Decoder(_JsonLine)


class JsonLines:
    """One JSON object per line, as cloud services and message services export."""

    format = ItemFormat.JSON_LINES
    media_type = "application/jsonl"
    continues = False

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def read(self, line: bytes) -> LineFacts | None:
        """What the line shows, or None."""
        try:
            members = _json_line.decode(line.removeprefix(BOM))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None
        when = _json_time(members, None)
        assumed = when is None and self._zone is not None
        if assumed:
            when = _json_time(members, self._zone)
        return LineFacts(when, _json_category(members), _json_identifiers(members), assumed) if when else None


def _json_time(members: _JsonLine, zone: tzinfo | None) -> Instant | None:
    """The time of the first member that has one; Microsoft documents `CreationTime` as UTC though it says no zone."""
    for value in (
        members.timestamp,
        members.at_timestamp,
        members.time,
        members.event_time,
        members.event_time_aws,
        members.event_timestamp,
        members.creation_time,
        members.ts,
        members.sent_at,
        members.created_at,
        members.date,
    ):
        if value is not None:
            return read_time(value, UTC if value is members.creation_time else zone)
    return None


def read_time(value: object, assumed: tzinfo | None = None) -> Instant | None:
    """The instant a JSON value stands for: ISO 8601 text (see `iso_instant`), or a Unix time in seconds or milliseconds."""
    if isinstance(value, str):
        return iso_instant(value.encode("utf-8", "replace"), assumed)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch_instant(value)
    return None


def _json_category(members: _JsonLine) -> DataCategory | None:
    """What the line itself says it is; else messages are content, and events of a service are traffic."""
    if isinstance(members.category, str) and members.category in set(DataCategory):
        return DataCategory(members.category)
    has_text = any((members.body, members.text, members.message))
    if has_text and any((members.sender, members.sender_long, members.to)):
        return DataCategory.CONTENT
    is_event = any(
        (
            members.event_name,
            members.event_name_aws,
            members.proto_payload,
            members.operation_id,
            members.operation_name,
            members.workload,
        )
    )
    return DataCategory.TRAFFIC if is_event else None


def _json_identifiers(members: _JsonLine) -> tuple[tuple[TargetKind, str], ...]:
    found = [(TargetKind.EMAIL, members.email)]
    found.extend(
        (TargetKind.IPV6 if isinstance(text, str) and ":" in text else TargetKind.IPV4, text)
        for text in (members.ip, members.source_ip)
    )
    return tuple((kind, text) for kind, text in found if isinstance(text, str))


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


class LineReader:
    """Gives the lines of a stream with their line feeds, losing no byte; a long one as `Pieces` has it."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._size = 0
        self._pieces = Pieces()

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Pieces in order; True where a piece begins a line."""
        out: list[tuple[bool, bytes]] = []
        *whole, rest = data.split(b"\n")
        for number, line in enumerate(whole):
            text = line + b"\n"
            if number == 0 and self._pending:
                text = b"".join((*self._pending, text))
                self._pending.clear()
                self._size = 0
            self._pieces.add(text, out)
            self._pieces.fresh = True
        if rest:
            self._pending.append(rest)
            self._size += len(rest)
        if self._size > LINE_LIMIT or (self._size and not self._pieces.fresh):
            out.extend(self.finish())
        return out

    def finish(self) -> list[tuple[bool, bytes]]:
        """What was kept back."""
        out: list[tuple[bool, bytes]] = []
        if self._pending:
            self._pieces.add(b"".join(self._pending), out)
            self._pending.clear()
            self._size = 0
        return out


class UnitReader(Protocol):
    """Gives the units of a stream (lines, objects), losing no byte; a long one as `Pieces` has it."""

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Pieces in order; True where a piece begins a unit."""
        ...

    def finish(self) -> list[tuple[bool, bytes]]:
        """What was kept back."""
        ...


class RunCutter:
    """Cuts a log into runs of neighbouring lines of one day (UTC), losing no byte; undated lines make runs of their own.

    `opening` is what every part but the first begins with that the source holds once.
    """

    def __init__(self, form: LineForm, reader: UnitReader, opening: bytes = b"") -> None:
        self.opening = opening
        self._form = form
        self._reader = reader
        self._run: str | None = None

    def feed(self, data: bytes) -> list[tuple[str | None, bytes]]:
        """Pieces in order; a piece that begins a run bears the run's day, or `undated`."""
        return self._cut(self._reader.feed(data))

    def finish(self) -> list[tuple[str | None, bytes]]:
        """What was kept back."""
        return self._cut(self._reader.finish())

    def _cut(self, lines: list[tuple[bool, bytes]]) -> list[tuple[str | None, bytes]]:
        pieces: list[tuple[str | None, list[bytes]]] = []
        for fresh, line in lines:
            run = self._run_of(line) if fresh else self._run
            if run != self._run or not pieces:
                pieces.append((run if run != self._run else None, []))
                self._run = run
            pieces[-1][1].append(line)
        return [(run, b"".join(parts)) for run, parts in pieces]

    def _run_of(self, line: bytes) -> str | None:
        facts = self._form.read(line)
        if facts is not None:
            return facts.when.date().isoformat()
        if self._run is not None and (self._form.continues or not line.strip()):
            return self._run
        return UNDATED


UNDATED = "undated"


class LogRecogniser:
    """The facts of a log: the times of all its entries, unknown as soon as a line of its own has none."""

    wants_more = True

    def __init__(self, form: LineForm, reader: UnitReader) -> None:
        self._form = form
        self._reader = reader
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
        for fresh, line in lines:
            facts = self._form.read(line) if fresh else None
            if facts is not None:
                self._times.add((facts.when,))
                self._assumed = self._assumed or facts.assumed
                self._categories.add(facts.category)
                for kind, text in facts.identifiers:
                    self._targets.add(kind, text)
            elif fresh and not self._form.continues and line.strip():
                self._times.add((None,))
                self._categories.add(None)

    def _category(self) -> DataCategory | None:
        """One category where all lines show the same; content where any line is content; otherwise open."""
        if DataCategory.CONTENT in self._categories:
            return DataCategory.CONTENT
        return next(iter(self._categories)) if len(self._categories) == 1 else None
