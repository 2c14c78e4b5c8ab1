"""Derived items: what a reader may see of an item, made anew from it, with the reason at every gap and nothing behind it.

Nothing is covered up: the derived item is written from what may be read, so that what was removed was never in it. That
holds for text, tables (CSV), JSON lines and mail, and for pictures and PDF, of which the pixels are what may be read (see
`comity.evidence.redaction.pictures`). A mark says why something is missing, by code; it is as long for one
letter as for a page. The original stays as it was committed; the derived item names it by its hash.

Persons can be given names of the case's own instead (`person-1`): who is who stands in a table that is kept apart.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.matters import Removed
from comity.evidence.recognising.recognise import HEAD, sniff
from comity.evidence.redaction.mail import attachment, plain_mail
from comity.evidence.redaction.pictures import PICTURES, Cover, Imaging, Region, derive_pictures
from comity.evidence.redaction.words import Swap, require_gone, swap, visible
from comity.vocabulary.categories import RemovalKind, RemovalReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

LARGEST = 32 << 20
"""Bytes of an item that something can be removed from."""

MOST_WORDS = 1_000

TEXTS = frozenset({"text/plain", "application/jsonl", "application/json", "application/xml"})
TABLE, MAILBOX = "text/csv", "application/mbox"
MAILS = frozenset({"message/rfc822", MAILBOX})

Words = Annotated[tuple[Annotated[str, Meta(min_length=2, max_length=1_000)], ...], Meta(max_length=MOST_WORDS)]
Names = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Meta(max_length=MOST_WORDS)]

Regions = Annotated[tuple[Region, ...], Meta(max_length=MOST_WORDS)]


class Removal(Struct, frozen=True, forbid_unknown_fields=True):
    """What is removed for one reason: words wherever they stand, columns of a table, fields and parts of a mail, regions of pages."""

    reason: RemovalReason
    words: Words = ()
    columns: Names = ()
    fields: Names = ()
    parts: Names = ()
    regions: Regions = ()


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """A person with every spelling by which they are mentioned, and the name they bear instead."""

    alias: Annotated[str, Meta(pattern=r"^[a-z]{1,32}-[0-9]{1,9}\Z")]
    spellings: Words


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """All that happens to one item, or to one part of a mail: then `attachment` is the part's number, and it alone is made anew."""

    removals: Annotated[tuple[Removal, ...], Meta(max_length=64)] = ()
    persons: Annotated[tuple[Person, ...], Meta(max_length=MOST_WORDS)] = ()
    attachment: str = ""


class Derived(Struct, frozen=True):
    """The derived item, and what is missing in it: kind, reason and in how many places; `persons` are the names given that stand in it."""

    content: bytes
    media_type: str
    removed: tuple[Removed, ...]
    persons: tuple[str, ...]


def derive(content: bytes, media_type: str, plan: Plan, imaging: Imaging) -> Derived:
    """The derived item. Raises `BrokenInputError` where it cannot be made safely; then there is none.

    1. The item is of a form that can be written anew, and small enough. 2. It is written anew without what is to be
    removed. 3. No removed word is left in any form looked for. 4. Everything the plan names was found: a reader who is told
    of a removal must be able to rely on it.
    """
    # 1.
    if len(content) > LARGEST:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "the item is too large to take something out of it", expected=f"{LARGEST} bytes"
        )
    content, media_type = subject(content, media_type, plan.attachment)
    if media_type in PICTURES:
        return _of_pictures(content, media_type, plan, imaging)
    making = _Making(plan)
    # 2.
    out = _written(making, content, media_type).encode()
    # 3.
    require_gone(out, making.swaps)
    # 4.
    making.require_all_found()
    kept_type = media_type if media_type in (TABLE, "application/jsonl", "application/json") else "text/plain"
    return Derived(out, kept_type, making.removed(), making.persons())


def subject(content: bytes, media_type: str, number: str) -> tuple[bytes, str]:
    """What is to be made anew, and its form: the item, or the part of a mail of that number by its own bytes, whatever the mail says.

    Raises `BrokenInputError` (not-found).
    """
    if not number:
        return content, media_type
    if media_type not in MAILS:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "only a mail has parts", found=media_type)
    part = attachment(content, number, mailbox=media_type == MAILBOX)
    return part, form_of(part)


def form_of(content: bytes) -> str:
    """The media type of content by its own bytes."""
    return sniff(content[:HEAD], complete=len(content) <= HEAD)[1]


def _of_pictures(content: bytes, media_type: str, plan: Plan, imaging: Imaging) -> Derived:
    """Regions are painted over in pixels; the rest of the steps is `derive_pictures`'."""
    covers = [Cover(region, removal.reason) for removal in plan.removals for region in removal.regions]
    others = [removal for removal in plan.removals if removal.words or any(names for _, names in _wholes(removal))]
    if others or plan.persons or not covers:
        raise BrokenInputError(
            ErrorCode.UNKNOWN_TYPE,
            "of a picture or a PDF, regions are removed and nothing else",
            found=media_type,
            expected="regions by page, x, y, width and height in pixels",
        )
    copy = derive_pictures(content, media_type, covers, imaging)
    places = Counter((RemovalKind.REGION, cover.reason) for cover in covers)
    places[RemovalKind.UNSEEN, RemovalReason.FORM] = copy.pages
    return Derived(copy.content, copy.media_type, _counted(places), ())


def _written(making: "_Making", content: bytes, media_type: str) -> str:
    if media_type == TABLE:
        return making.table(content)
    if media_type in MAILS:
        return making.mail(content, mailbox=media_type == MAILBOX)
    if media_type in TEXTS:
        return making.words(_decoded(content))
    raise BrokenInputError(
        ErrorCode.UNKNOWN_TYPE,
        "nothing can be taken out of items of this form",
        found=media_type,
        expected="text, a table, a mail, a picture or a PDF",
    )


def _counted(places: Mapping[tuple[RemovalKind, RemovalReason], int]) -> tuple[Removed, ...]:
    """Each kind and reason once."""
    return tuple(Removed(kind, reason, count) for (kind, reason), count in sorted(places.items()))


def mark(reason: RemovalReason) -> str:
    """What stands in the place of something removed."""
    return f"[removed: {reason}]"


class _Making:
    """One derived item under way."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        named = [(removal.words, mark(removal.reason)) for removal in plan.removals]
        named += [(person.spellings, f"[{person.alias}]") for person in plan.persons]
        self.swaps = [Swap(words, text, number) for number, (words, text) in enumerate(named)]
        self._hits = [0] * len(self.swaps)
        self._whole: dict[tuple[RemovalKind, RemovalReason], int] = {}
        self._unfound = {
            *((kind, name.lower()) for each in plan.removals for kind, names in _wholes(each) for name in names),
            *((RemovalKind.REGION, "") for each in plan.removals if each.regions),
        }

    def words(self, text: str) -> str:
        """The text without what is to be removed wherever it stands."""
        text, counts = swap(text, self.swaps)
        self._hits = [before + more for before, more in zip(self._hits, counts, strict=True)]
        return text

    def table(self, content: bytes) -> str:
        """Every column removed as a whole, empty cells too; words in the cells that stay and in the names of columns."""
        text = visible(_decoded(content))
        rows = _rows(text)
        names = next(rows, [])
        reasons = [self._reason_for(RemovalKind.COLUMN, name) for name in names]
        written = _Rows()
        out = csv.writer(written, lineterminator="\n")
        out.writerow([self.words(name) for name in names])
        for row in rows:
            if len(row) > len(names):
                raise BrokenInputError(
                    ErrorCode.MALFORMED, "a row has more cells than there are columns", do="remove words instead"
                )
            out.writerow([self._cell(cell, reasons[at]) for at, cell in enumerate(row)])
        return "".join(written.lines)

    def mail(self, content: bytes, *, mailbox: bool) -> str:
        """The fields and texts of a mail; what is no text is named by its kind and not there."""
        message = plain_mail(content, mailbox=mailbox)
        lines = []
        for name, value in message.fields:
            reason = self._reason_for(RemovalKind.FIELD, name)
            lines.append(f"{name.title()}: {self._cell(value, reason)}\n")
        for part in message.parts:
            reason = self._reason_for(RemovalKind.PART, part.number)
            if part.text is None and reason is None:
                reason = RemovalReason.FORM
                self._count(RemovalKind.PART, reason)
            shown = self._cell(part.text or "", reason)
            lines.append(f"\n--- part {part.number} ---\n{shown.rstrip()}\n")
        return "".join(lines)

    def removed(self) -> tuple[Removed, ...]:
        """What is missing, each kind and reason once."""
        found = dict(self._whole)
        for removal, hits in zip(self._plan.removals, self._hits, strict=False):
            if hits:
                key = (RemovalKind.WORDS, removal.reason)
                found[key] = found.get(key, 0) + hits
        return _counted(found)

    def persons(self) -> tuple[str, ...]:
        """The names that persons bear instead of their own."""
        hits = self._hits[len(self._plan.removals) :]
        return tuple(person.alias for person, found in zip(self._plan.persons, hits, strict=True) if found)

    def require_all_found(self) -> None:
        """Raises `BrokenInputError` (not-found) where something that is to be removed is not there."""
        missing = [
            removal
            for removal, hits in zip(self._plan.removals, self._hits, strict=False)
            if removal.words and not hits
        ]
        if self._unfound or missing:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND,
                "something that is to be removed is not in the item",
                found=", ".join(sorted({kind.value for kind, _ in self._unfound} | ({"words"} if missing else set()))),
                do="see the item's columns, fields and parts; a spelling may be another",
            )

    def _cell(self, text: str, reason: RemovalReason | None) -> str:
        return self.words(text) if reason is None else mark(reason)

    def _reason_for(self, kind: RemovalKind, name: str) -> RemovalReason | None:
        """Why the column, field or part of that name is removed, if it is."""
        wanted = name.strip().lower()
        for removal in self._plan.removals:
            if any(found is kind and wanted in (each.lower() for each in names) for found, names in _wholes(removal)):
                self._unfound.discard((kind, wanted))
                self._count(kind, removal.reason)
                return removal.reason
        return None

    def _count(self, kind: RemovalKind, reason: RemovalReason) -> None:
        self._whole[kind, reason] = self._whole.get((kind, reason), 0) + 1


class _Rows:
    """What a table's writer writes to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def _wholes(removal: Removal) -> tuple[tuple[RemovalKind, Sequence[str]], ...]:
    return (
        (RemovalKind.COLUMN, removal.columns),
        (RemovalKind.FIELD, removal.fields),
        (RemovalKind.PART, removal.parts),
    )


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "the item's text is in no encoding that can be read safely", expected="UTF-8"
        ) from None


def _rows(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        yield from csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    except csv.Error:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "the item's table cannot be read", do="remove words instead"
        ) from None
