"""Mail: what the header of one message shows (RFC 5322), and where the messages of a mailbox file begin (RFC 4155)."""

import re

from comity.evidence.items.recognised import ItemFormat, Recognised, TargetSet, TimeRange
from comity.evidence.recognising.timestamps import mail_instant
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import TargetKind

HEADER_LIMIT = 65_536
"""Bytes in which a message's header must end; the time of a message whose header does not is unknown."""

MAILBOX_START = b"From "

_FIELD = re.compile(rb"([!-9;-~]{1,76})[ \t]{0,8}:")
_FROM_LINE = re.compile(rb"From [^\r\n]{1,998}\r?\n")
_ADDRESS = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_ADDRESS_FIELDS = frozenset({b"from", b"to", b"cc", b"sender", b"reply-to", b"delivered-to"})
_TELLING_FIELDS = _ADDRESS_FIELDS | {b"date", b"message-id", b"subject", b"received", b"mime-version", b"return-path"}
_MAX_FIELD = 8_192
_ENOUGH_FIELDS = 2


def is_mailbox(head: bytes) -> bool:
    """Whether the bytes begin as a mailbox file, or as one message cut from one."""
    line = _FROM_LINE.match(head)
    return line is not None and is_mail(head[line.end() :])


def is_mail(head: bytes) -> bool:
    """Whether the bytes begin with the header of a mail: at least two fields that mails have, from the first line on."""
    names = [name for name, _ in _fields(head[:_MAX_FIELD])]
    return sum(name in _TELLING_FIELDS for name in names) >= _ENOUGH_FIELDS


def read_message(head: bytes, *, complete: bool, targets: TargetSet) -> Instant | None:
    """The date a message bears, or None when it bears none, more than one, or none that can be read.

    `head` is its first `HEADER_LIMIT` bytes, or all of it (`complete`). The addresses in its header go to `targets`.
    """
    line = _FROM_LINE.match(head)
    text = head[line.end() :] if line else head
    end = _end_of_header(text)
    if end is None and not complete:
        return None
    dates: list[bytes] = []
    for name, value in _fields(text[:end]):
        if name == b"date":
            dates.append(value)
        elif name in _ADDRESS_FIELDS:
            for address in _ADDRESS.findall(value[:_MAX_FIELD]):
                targets.add(TargetKind.EMAIL, address.decode("ascii"))
    # Two dates are two readings: a message that bears both proves neither.
    return mail_instant(dates[0]) if len(dates) == 1 else None


def recognise_mail(head: bytes, *, complete: bool) -> Recognised:
    """The facts of a single message."""
    targets = TargetSet()
    when = read_message(head, complete=complete, targets=targets)
    return Recognised(
        ItemFormat.MAIL, "message/rfc822", DataCategory.CONTENT, when, when, targets.targets(), targets.more
    )


class MessageCutter:
    """Cuts a mailbox file into its messages, each with its `From ` line, losing no byte.

    A message begins at the start, and at every line that starts with `From ` behind an empty line.
    """

    opening = b""
    """What every part but the first begins with that the source holds once: nothing."""

    def __init__(self) -> None:
        self._tail = b""
        self._begun = False

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Pieces in order; True where a piece begins a message."""
        # What is kept back is as long as the longest start of a boundary that could be cut by the end of the data.
        text = self._tail + data
        pieces: list[tuple[bool, bytes]] = []
        at = 0
        for start in _boundaries(text):
            if start > at:
                pieces.append(self._piece(text[at:start]))
            self._begun = False
            at = start
        keep = min(len(text) - at, len(_LONGEST_BOUNDARY) - 1)
        if len(text) - keep > at:
            pieces.append(self._piece(text[at : len(text) - keep]))
        self._tail = text[len(text) - keep :]
        return pieces

    def finish(self) -> list[tuple[bool, bytes]]:
        """What was kept back."""
        return [self._piece(self._tail)] if self._tail else []

    def _piece(self, data: bytes) -> tuple[bool, bytes]:
        begins = not self._begun
        self._begun = True
        return begins, data


class MailboxRecogniser:
    """The facts of a mailbox file: the times of all its messages, unknown as soon as one has none."""

    wants_more = True

    def __init__(self) -> None:
        self._cutter = MessageCutter()
        self._message = bytearray()
        self._cut = False
        self._times = TimeRange()
        self._targets = TargetSet()

    def feed(self, data: bytes) -> None:
        """More of the content."""
        for begins, piece in self._cutter.feed(data):
            self._take(piece, begins=begins)

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        for begins, piece in self._cutter.finish():
            self._take(piece, begins=begins)
        self._close()
        return Recognised(
            ItemFormat.MAILBOX,
            "application/mbox",
            DataCategory.CONTENT,
            self._times.first,
            self._times.last,
            self._targets.targets(),
            self._targets.more,
        )

    def _take(self, piece: bytes, *, begins: bool) -> None:
        if begins:
            self._close()
        room = HEADER_LIMIT - len(self._message)
        self._message += piece[:room]
        self._cut = self._cut or len(piece) > room

    def _close(self) -> None:
        if self._message:
            head = bytes(self._message)
            self._times.add([read_message(head, complete=not self._cut, targets=self._targets)])
        self._message.clear()
        self._cut = False


_LONGEST_BOUNDARY = b"\n\r\nFrom "


def _boundaries(text: bytes) -> list[int]:
    """Where a line that starts a message begins: behind an empty line, never at the very start of the text."""
    found: list[int] = []
    at = text.find(b"\nFrom ")
    while at >= 0:
        if text[max(0, at - 2) : at].endswith((b"\n", b"\n\r")):
            found.append(at + 1)
        at = text.find(b"\nFrom ", at + 1)
    return found


def _end_of_header(text: bytes) -> int | None:
    """Bytes of the header: up to the first empty line, which may be the very first."""
    led = b"\n" + text
    return min((at for at in (led.find(b"\n\n"), led.find(b"\n\r\n")) if at >= 0), default=None)


def _fields(header: bytes) -> list[tuple[bytes, bytes]]:
    """Names in lower case and unfolded values of the fields at the start of the bytes, up to the first other line."""
    fields: list[tuple[bytes, list[bytes]]] = []
    for line in header.split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
            continue
        match = _FIELD.match(line)
        if match is None:
            break
        fields.append((match[1].lower(), [line[match.end() :]]))
    return [(name, b" ".join(part.strip() for part in parts)) for name, parts in fields]
