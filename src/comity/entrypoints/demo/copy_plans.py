"""What the demo takes out of an item of each kind; of a folder that was given, it is chosen from the item itself."""

import csv
from collections.abc import Callable

from msgspec import Struct

from comity.bootstrap.pictures import imaging
from comity.entrypoints.demo.play import Json
from comity.evidence.redaction.pictures import PICTURES
from comity.evidence.redaction.redact import MAILS, TABLE, TEXTS
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_PDF = "application/pdf"


class Opened(Struct, frozen=True):
    """An item that was opened to be redacted."""

    content: bytes
    media_type: str


class Kind(Struct, frozen=True):
    """A kind of item: what it is called, how it is known, and what of it is taken out, as the removals of a redaction."""

    name: str
    media_types: frozenset[str]
    plan: Callable[[Opened], Json]


def extension(media_type: str) -> str:
    """How a copy's file is called."""
    return media_type.rsplit("/", 1)[-1]


def _of_mail(_item: Opened) -> Json:
    return {"removals": [{"reason": "third-party", "fields": ["from"]}, {"reason": "privilege", "fields": ["subject"]}]}


def _of_text(item: Opened) -> Json:
    """The longest word of the first line, wherever it stands."""
    words = _first_line(item).replace(",", " ").rstrip(".").split()
    return {"removals": [{"reason": "health", "words": [max(words, key=len)]}]}


def _of_table(item: Opened) -> Json:
    """The last column."""
    return {"removals": [{"reason": "third-party", "columns": [next(csv.reader([_first_line(item)]))[-1]]}]}


def _of_pages(item: Opened) -> Json:
    """A bar across the middle of the first page."""
    first = next(iter(imaging().draw(item.content, item.media_type)))
    x, y, width, height = first.width // 12, first.height * 9 // 20, first.width * 3 // 4, first.height // 10
    region = {"page": 1, "x": x, "y": y, "width": width, "height": height}
    return {"removals": [{"reason": "third-party", "regions": [region]}]}


def _first_line(item: Opened) -> str:
    """Raises `BrokenInputError(MALFORMED)` where there is none with a word in it."""
    line = item.content.decode("utf-8", "replace").partition("\n")[0].strip()
    if not line:
        raise BrokenInputError(ErrorCode.MALFORMED, "the item does not begin with a line of text")
    return line


KINDS = (
    Kind("mail", MAILS, _of_mail),
    Kind("text", TEXTS, _of_text),
    Kind("table", frozenset({TABLE}), _of_table),
    Kind("picture", frozenset(PICTURES) - {_PDF}, _of_pages),
    Kind("PDF", frozenset({_PDF}), _of_pages),
)
"""In the order in which they are shown."""
