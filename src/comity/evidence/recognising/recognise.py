"""Recognising what an item is from its bytes, to describe it at the giver's and to check the description at the taker's.

Content comes in any pieces; what is recognised depends on the content alone. Only the first `HEAD` bytes decide the
format. Time and memory are bounded for any input: every expression is linear, every line and header is cut at a limit.
"""

from datetime import tzinfo
from functools import partial

import msgspec
from msgspec import Struct

from comity.evidence.items.recognised import ItemFormat, Recognised, Recogniser, TargetSet
from comity.evidence.recognising.archive_headers import is_tar
from comity.evidence.recognising.archives import (
    GZIP,
    TAR,
    ZIP,
    GzipRecogniser,
    TarRecogniser,
    ZipRecogniser,
)
from comity.evidence.recognising.arrays import ElementReader, JsonArray
from comity.evidence.recognising.lines import DatedLog, JsonLines, TrafficLog, read_time
from comity.evidence.recognising.mail import (
    MAILBOX_START,
    MailboxRecogniser,
    MessageCutter,
    is_mail,
    is_mailbox,
    recognise_mail,
)
from comity.evidence.recognising.media import media_type_of
from comity.evidence.recognising.rows import row_form
from comity.evidence.recognising.runs import BOM, LINE_LIMIT, LineForm, RunCutter, RunRecogniser
from comity.evidence.recognising.stores import MEDIA_TYPE as STORE
from comity.evidence.recognising.stores import StoreRecogniser
from comity.evidence.recognising.wide import WideCutter, WideRecogniser, narrowed, wide_encoding
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.targets import TargetKind

HEAD = LINE_LIMIT
"""Bytes that decide an item's format; all of them, or all of the content, must be there before it is asked for."""

_OPAQUE = "application/octet-stream"
_WHOLE: dict[str, type[ZipRecogniser | TarRecogniser | GzipRecogniser | StoreRecogniser]] = {
    ZIP: ZipRecogniser,
    TAR: TarRecogniser,
    GZIP: GzipRecogniser,
    STORE: StoreRecogniser,
}
"""What stays one item, but must be seen to its end to be told."""

_TEXT_SAMPLE = 4_096
_FORMS: tuple[type[TrafficLog | DatedLog], ...] = (TrafficLog, DatedLog)


class _Record(Struct):
    """A record of a person or a line, as a provider hands it out: one JSON object that names its category."""

    category: DataCategory
    timestamp: object = None
    time: object = None
    email: object = None
    phone: object = None
    ip: object = None
    imei: object = None
    account: object = None


_record = msgspec.json.Decoder(_Record)
_RECORD_TARGETS = (
    (TargetKind.ACCOUNT, "account"),
    (TargetKind.EMAIL, "email"),
    (TargetKind.PHONE, "phone"),
    (TargetKind.IMEI, "imei"),
)


def sniff(head: bytes, *, complete: bool, zone: tzinfo | None = None) -> tuple[ItemFormat, str]:
    """Format and media type by the first `HEAD` bytes, or by all of the content (`complete`).

    `zone`, here and below, is that of times that say none; without it they are no times.
    """
    if not head:
        return ItemFormat.OPAQUE, _OPAQUE
    encoding = wide_encoding(head)
    if encoding is not None:
        found = _sniff_text(narrowed(head, encoding), complete=complete, zone=zone)
        return found if found[0] in _CUT else (ItemFormat.OPAQUE, _OPAQUE)
    media_type = media_type_of(head)
    if media_type is not None:
        return _format_of(media_type), media_type
    if is_tar(head):
        return ItemFormat.ARCHIVE, TAR
    if b"\0" in head[:_TEXT_SAMPLE]:
        return ItemFormat.OPAQUE, _OPAQUE
    return _sniff_text(head, complete=complete, zone=zone)


def _format_of(media_type: str) -> ItemFormat:
    if media_type not in _WHOLE:
        return ItemFormat.OPAQUE
    return ItemFormat.STORE if media_type == STORE else ItemFormat.ARCHIVE


def _sniff_text(head: bytes, *, complete: bool, zone: tzinfo | None) -> tuple[ItemFormat, str]:
    if head.startswith(MAILBOX_START) and is_mailbox(head):
        return ItemFormat.MAILBOX, "application/mbox"
    if head.removeprefix(BOM)[:1] in (b"{", b"["):
        return _sniff_json(head, complete=complete, zone=zone)
    line = _first_line(head)
    for form in _FORMS:
        if form(zone).read(line) is not None:
            return form.format, form.media_type
    if is_mail(head):
        return ItemFormat.MAIL, "message/rfc822"
    rows = row_form(head, zone)
    if rows is not None:
        return rows.format, rows.media_type
    return ItemFormat.OPAQUE, "text/plain" if _is_text(head[:_TEXT_SAMPLE]) else _OPAQUE


def _sniff_json(head: bytes, *, complete: bool, zone: tzinfo | None) -> tuple[ItemFormat, str]:
    if complete and _read_record(head) is not None:
        return ItemFormat.RECORD, "application/json"
    if JsonLines(zone).read(_first_line(head)) is not None:
        return ItemFormat.JSON_LINES, JsonLines.media_type
    reader = ElementReader()
    element = next((piece for _, piece in (*reader.feed(head), *reader.finish())), b"")
    if element.removeprefix(BOM).startswith(b"[") and JsonArray(zone).read(element) is not None:
        return ItemFormat.JSON_ARRAY, JsonArray.media_type
    return ItemFormat.OPAQUE, "application/json"


def recogniser_of(
    item_format: ItemFormat, media_type: str, head: bytes, *, complete: bool, zone: tzinfo | None = None
) -> Recogniser:
    """The recogniser for content of that format that begins with `head`, which it has then seen."""
    recogniser: Recogniser
    if item_format is ItemFormat.OPAQUE:
        return _Told(Recognised(ItemFormat.OPAQUE, media_type))
    encoding = wide_encoding(head)
    if encoding is not None:
        inner = partial(recogniser_of, item_format, media_type, complete=complete, zone=zone)
        return WideRecogniser(encoding, head, inner)
    if item_format is ItemFormat.MAILBOX:
        recogniser = MailboxRecogniser()
    elif media_type in _WHOLE:
        recogniser = _WHOLE[media_type]()
    elif form := _form_of(item_format, head, zone):
        recogniser = RunRecogniser(form)
    elif item_format is ItemFormat.MAIL:
        return _Told(recognise_mail(head, complete=complete))
    else:
        return _Told(_recognise_record(head, zone))
    recogniser.feed(head)
    return recogniser


class Recognition:
    """Recognises content of any format, fed in pieces of any size."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._head = bytearray()
        self._inner: Recogniser | None = None

    def feed(self, data: bytes | memoryview) -> None:
        """More of the content."""
        if self._inner is None:
            room = HEAD - len(self._head)
            self._head += data[:room]
            if len(self._head) < HEAD:
                return
            self._inner = self._begin(complete=False)
            data = data[room:]
        if data and self._inner.wants_more:
            self._inner.feed(bytes(data))

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        inner = self._inner or self._begin(complete=True)
        return inner.finish()

    def _begin(self, *, complete: bool) -> Recogniser:
        head = bytes(self._head)
        found = sniff(head, complete=complete, zone=self._zone)
        return recogniser_of(*found, head, complete=complete, zone=self._zone)


def recognise(content: bytes, zone: tzinfo | None = None) -> Recognised:
    """The facts of an item that is at hand as a whole."""
    recognition = Recognition(zone)
    recognition.feed(content)
    return recognition.finish()


class Cutter:
    """Cuts a source of a known form into items that can be in scope or out of it one by one, losing no byte.

    A mailbox is cut into its messages, a log or a table into runs of one day. Parts are named by number from 1, and the
    parts of a log or table by their day before that.
    """

    def __init__(self, inner: MessageCutter | RunCutter | WideCutter) -> None:
        self._inner = inner
        self._number = 0

    def opening(self, part: str) -> bytes:
        """What the part of that name begins with besides its pieces: a table's row of names, but for the first part."""
        return b"" if part.endswith(f"/{1:06d}") else self._inner.opening

    def feed(self, data: bytes) -> list[tuple[str | None, bytes]]:
        """Pieces in order; a piece that begins a part bears the part's name."""
        return [(self._name(begins), piece) for begins, piece in self._inner.feed(data)]

    def finish(self) -> list[tuple[str | None, bytes]]:
        """What was kept back."""
        return [(self._name(begins), piece) for begins, piece in self._inner.finish()]

    def _name(self, begins: bool | str | None) -> str | None:
        if not begins:
            return None
        self._number += 1
        return f"{self._number:06d}" if begins is True else f"{begins}/{self._number:06d}"


def cutter_of(item_format: ItemFormat, head: bytes = b"", zone: tzinfo | None = None) -> Cutter | None:
    """The cutter for a source of that format that begins with `head`, or None for one that stays whole."""
    if item_format is ItemFormat.MAILBOX:
        return Cutter(MessageCutter())
    encoding = wide_encoding(head)
    form = _form_of(item_format, narrowed(head, encoding) if encoding else head, zone)
    if form is None:
        return None
    return Cutter(WideCutter(encoding, RunCutter(form)) if encoding else RunCutter(form))


class _Told:
    """Facts that the head already showed."""

    wants_more = False

    def __init__(self, facts: Recognised) -> None:
        self._facts = facts

    def feed(self, data: bytes) -> None:
        """More of the content, which tells no more."""

    def finish(self) -> Recognised:
        """The facts."""
        return self._facts


_LINE_FORMS: dict[ItemFormat, type[TrafficLog | DatedLog | JsonLines]] = {
    ItemFormat.TRAFFIC_LOG: TrafficLog,
    ItemFormat.DATED_LOG: DatedLog,
    ItemFormat.JSON_LINES: JsonLines,
    ItemFormat.JSON_ARRAY: JsonArray,
}
_CUT = frozenset({ItemFormat.ROWS, *_LINE_FORMS})
"""What is cut by day: of wide texts, nothing else is told."""


def _form_of(item_format: ItemFormat, head: bytes, zone: tzinfo | None) -> LineForm | None:
    if item_format is ItemFormat.ROWS:
        return row_form(head, zone)
    form = _LINE_FORMS.get(item_format)
    return form(zone) if form else None


def _read_record(content: bytes) -> _Record | None:
    try:
        return _record.decode(content.removeprefix(BOM))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _recognise_record(content: bytes, zone: tzinfo | None) -> Recognised:
    record = _read_record(content)
    if record is None:
        return Recognised(ItemFormat.OPAQUE, "application/json")
    said = record.timestamp if record.timestamp is not None else record.time
    when = read_time(said)
    assumed = when is None and (when := read_time(said, zone)) is not None
    targets = TargetSet()
    for kind, member in _RECORD_TARGETS:
        value: object = getattr(record, member)
        if isinstance(value, str):
            targets.add(kind, value)
    if isinstance(record.ip, str):
        targets.add_address(record.ip)
    return Recognised(
        ItemFormat.RECORD,
        "application/json",
        record.category,
        when,
        when,
        targets.targets(),
        targets.more,
        assumed=assumed,
    )


def _first_line(head: bytes) -> bytes:
    end = head.find(b"\n")
    return head if end < 0 else head[: end + 1]


def _is_text(sample: bytes) -> bool:
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # A sample may end inside a character.
        return error.start >= len(sample) - 3 and len(sample) == _TEXT_SAMPLE
    return True
