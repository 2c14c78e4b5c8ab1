"""Mail made plain before something is taken out of it: the fields that people read, and every text part as text.

Nothing else of the message goes along: no other field, no markup, no attachment. What was left out is named by its kind.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32, default
from html.parser import HTMLParser

from msgspec import Struct

from comity.evidence.recognising.mail import is_mailbox
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_SHOWN = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to")
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BREAKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table", "hr"})
_MOST_PARTS = 1_000
_REST = "rest"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_EMPTY_LINE = re.compile(rb"\n\r?\n|\r\r")
_SEPARATOR = re.compile(rb"(?<=[\r\n])From ")
_HEAD = 16_384
"""Bytes behind a line that may begin a mail, looked at for a header."""
_MOST_MARKUP = 1 << 20
"""Characters of markup that is read; what is longer is no mail that a person wrote."""


class MailPart(Struct, frozen=True):
    """One part that holds content: its number in the message (1, 1.2, …), its kind, and its text, or None for what is none."""

    number: str
    kind: str
    text: str | None


class PlainMail(Struct, frozen=True):
    """A message as people read it."""

    fields: tuple[tuple[str, str], ...]
    parts: tuple[MailPart, ...]


def plain_mail(content: bytes, *, mailbox: bool = False) -> PlainMail:
    """The message made plain; what cannot be decoded stands as replacement characters. Of a mailbox, its only message.

    The line that begins a message in a mailbox names the sender: it never goes along.
    Raises `BrokenInputError` (malformed) for parts nested without end, and (unknown-type) for more messages than one.
    """
    try:
        message = _message(content, mailbox=mailbox)
        fields = tuple((name, _field(message, name)) for name in _SHOWN if message.get(name) is not None)
        return PlainMail(fields, tuple(_parts(message)))
    except RecursionError:
        raise _nested() from None


def attachment(content: bytes, number: str, *, mailbox: bool = False) -> bytes:
    """The content of one part of a mail, by the number that `plain_mail` gives it.

    Raises `BrokenInputError` (not-found), and what `plain_mail` raises.
    """
    try:
        for found, part in _leaves(_message(content, mailbox=mailbox)):
            raw = part.get_payload(decode=True) if found == number else None
            if isinstance(raw, bytes):
                return raw
    except RecursionError:
        raise _nested() from None
    raise BrokenInputError(ErrorCode.NOT_FOUND, "the mail has no such part", found=number)


def _message(content: bytes, *, mailbox: bool) -> Message:
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if mailbox or content.startswith(b"From "):
        _require_single(content)
    if content.startswith(b"From "):
        content = (*_LINE_END.split(content, maxsplit=1), b"")[1]
    return message_from_bytes(content, policy=compat32)


def _nested() -> BrokenInputError:
    return BrokenInputError(ErrorCode.MALFORMED, "a mail has too many parts within parts")


def _require_single(content: bytes) -> None:
    """Refuses a second message: a line that starts with `From ` in the header, behind an empty line, or before a header."""
    empty = _EMPTY_LINE.search(content)
    header = empty.start() if empty else len(content)
    for found in _SEPARATOR.finditer(content):
        at = found.start()
        behind_empty = content[max(0, at - 3) : at].endswith((b"\n\n", b"\n\r\n", b"\r\r"))
        if behind_empty or at < header or is_mailbox(content[at : at + _HEAD]):
            raise BrokenInputError(
                ErrorCode.UNKNOWN_TYPE,
                "nothing can be taken out of a mailbox of several mails",
                found="another line that begins a mail",
                expected="a single mail",
                do="redact the single mails",
            )


def _field(message: Message, name: str) -> str:
    raw = " ".join(str(value) for value in message.get_all(name, []))
    try:
        parsed = default.header_factory(name, " ".join(raw.split()))
    except (ValueError, IndexError, AttributeError, TypeError):
        # The library fails on some broken fields; what it cannot read is shown as it stands.
        return " ".join(raw.split())
    return " ".join(str(parsed).split())


def _parts(message: Message) -> Iterator[MailPart]:
    for number, part in _leaves(message):
        kind = part.get_content_type() if number != _REST else ""
        yield MailPart(number, kind, _text(part, kind) if kind in ("text/plain", "text/html") else None)


def _leaves(message: Message) -> Iterator[tuple[str, Message]]:
    """Every part that holds content, by its number; and last the first of those that are too many to be looked at."""
    waiting: list[tuple[str, Message]] = [("1", message)]
    count = 0
    while waiting and count < _MOST_PARTS:
        number, part = waiting.pop(0)
        count += 1
        below = part.get_payload()
        if isinstance(below, list):
            prefix = "" if part is message else f"{number}."
            waiting[:0] = [(f"{prefix}{at}", each) for at, each in enumerate(below, 1) if isinstance(each, Message)]
            continue
        yield number, part
    if waiting:
        yield _REST, waiting[0][1]


def _text(part: Message, kind: str) -> str | None:
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    if kind == "text/plain":
        return text
    return _without_markup(text) if len(text) <= _MOST_MARKUP else None


def _without_markup(text: str) -> str:
    reader = _Markup()
    reader.feed(text)
    reader.close()
    return "".join(reader.out)


class _Markup(HTMLParser):
    """What a page says, without what says how it looks; text that a page would hide is text all the same."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's signature
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS:
            self.out.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.out.append(data)
