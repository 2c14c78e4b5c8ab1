"""Logs: reading them line by line, and dating each line."""

import re
from datetime import UTC, tzinfo

import msgspec
from msgspec import Struct

from comity.evidence.items.recognised import ItemFormat
from comity.evidence.recognising.runs import BOM, LINE_LIMIT, LineFacts, Pieces, UnitReader
from comity.evidence.recognising.timestamps import ISO, LOCAL, clf_instant, epoch_instant, iso_instant
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import TargetKind

_REQUEST = re.compile(
    rb"(\S{1,255}) (\S{1,255}) [^\[\n]{0,512}?\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] \""
)
_BALANCER = re.compile(rb"(?:https?|h2|grpcs?|wss?) (" + ISO + rb") \S{1,255} ([0-9A-Fa-f:.]{3,45}):\d{1,5} ")
_CLASSIC_BALANCER = re.compile(rb"(" + ISO + rb") [A-Za-z0-9-]{1,64} ([0-9A-Fa-f:.]{3,45}):\d{1,5} ")
_DATED = re.compile(rb"(" + ISO + rb")")
_DATED_LOCAL = re.compile(rb"(" + LOCAL + rb")")
_DATE = re.compile(rb"\d{4}-\d\d-\d\d\b")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{3,45}\Z")


class _Lines:
    """What all logs have in common: each line that is not empty is an entry, and nothing stands around them."""

    titled = False
    opening = b""

    def reader(self) -> UnitReader:
        """A reader of lines."""
        return LineReader()

    def continues(self, _line: bytes) -> bool:
        """A line without a time is undated."""
        return False


class TrafficLog(_Lines):
    """Requests as servers and load balancers log them: common and combined log format, with or without virtual host."""

    format = ItemFormat.TRAFFIC_LOG
    media_type = "text/plain"

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


class DatedLog(_Lines):
    """Any log whose entries start with a date, a time and a zone, or without one where one is assumed."""

    format = ItemFormat.DATED_LOG
    media_type = "text/plain"

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

    def continues(self, line: bytes) -> bool:
        """A line without a date belongs to the entry before it; one with a date whose time is in doubt does not."""
        return _DATE.match(line.removeprefix(BOM)) is None


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


class JsonLines(_Lines):
    """One JSON object per line, as cloud services and message services export."""

    format = ItemFormat.JSON_LINES
    media_type = "application/jsonl"

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def read(self, line: bytes) -> LineFacts | None:
        """What the line shows, or None: also where it is longer than is looked at."""
        if len(line) >= LINE_LIMIT:
            return None
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
