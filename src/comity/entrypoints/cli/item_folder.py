"""Several items of an exhibit: chosen by their names, opened by one act, written into a new folder.

A name is the data's own, and nothing of it leads anywhere: a file has the beginning of the item's id and what is harmless of the last
part of its name. Nothing that is there is written over.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from email.message import Message
from functools import partial
from pathlib import Path

from comity.acts.custody_bodies import LISTED_AT_ONCE
from comity.casework.custody.consult import ITEMS_LIMIT, ItemLine, ItemPage, OpenItems
from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.desk_pages import lines_of
from comity.entrypoints.cli.receiving import write_new
from comity.evidence.items.scope import Names
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId, Digest, ExhibitId

_PIECE = 1 << 20
_ID, _NAME = 16, 120
"""Of a file's name: hexadecimal digits of the item's id, and bytes of its own name."""
_HARMLESS = frozenset(" -_.()")


def chosen(node: NodeClient, case: CaseId, exhibit: ExhibitId, wanted: tuple[str, ...]) -> dict[Digest, ItemLine]:
    """The exhibit's items that are so named, or lie in a folder so named; reading the list is on record.

    Raises `BrokenInputError` (NOT_FOUND) where a name finds nothing, (OVERSIZED) for more than one act lists.
    """
    names, found = Names(wanted), dict[Digest, ItemLine]()
    missing = {name.rstrip("/"): name for name in wanted}
    pages = node.pages(ItemPage, "cases", case, "exhibits", exhibit, query={"limit": str(ITEMS_LIMIT)})
    for line in lines_of(pages, 0):
        leading = list(names.leading(line.descriptor.name))
        for name in leading:
            missing.pop(name, None)
        if leading:
            found[line.item] = line
    if missing:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "the exhibit has nothing of that name that may be opened",
            found=next(iter(missing.values())),
            do="comity case items",
        )
    if len(found) > LISTED_AT_ONCE:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "these are more items than one act lists",
            found=f"{len(found):,}",
            expected=f"at most {LISTED_AT_ONCE:,}",
            do="name fewer at once",
        )
    return found


def receive_folder(
    node: NodeClient, path: str, command: OpenItems, lines: Mapping[Digest, ItemLine], into: Path
) -> tuple[Message, dict[str, ItemLine]]:
    """Sends the command and writes each item into the new folder (mode 0700): the answer's headers, and each file's item.

    Raises `BrokenInputError` (NOT_ALLOWED) where there is something of the folder's name: then nothing was asked. Of a content that
    breaks off, the items that were whole stay.
    """
    try:
        into.mkdir(mode=0o700)
    except FileExistsError:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED, "there is something of that name already", found=str(into), do="choose another name"
        ) from None
    except OSError as error:
        raise BrokenInputError(ErrorCode.NOT_ALLOWED, "the folder cannot be made", found=str(error)) from None
    try:
        with node.stream(path, command) as (headers, pieces):
            return headers, _unpack(pieces, {item: lines[item] for item in command.items}, into)
    finally:
        with suppress(OSError):  # one with items in it stays
            into.rmdir()


def file_name(line: ItemLine) -> str:
    """A name that leads nowhere, hides nothing and is short enough for any disk."""
    last = line.descriptor.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    harmless = "".join(each if each.isalnum() or each in _HARMLESS else "_" for each in last)
    cut = harmless.encode("utf-8", "replace")[:_NAME].decode("utf-8", "ignore")
    return f"{line.item[:_ID]}-{cut}".rstrip(" .")


def _unpack(pieces: Iterable[bytes], awaited: dict[Digest, ItemLine], into: Path) -> dict[str, ItemLine]:
    """Each item once, and no other."""
    written: dict[str, ItemLine] = {}
    try:
        with tarfile.open(fileobj=_Pieces(iter(pieces)), mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                line = awaited.pop(member.name, None)
                if line is None or content is None or file_name(line) in written:
                    raise BrokenInputError(ErrorCode.MALFORMED, "the node sent what was not asked for")
                write_new(into / file_name(line), iter(partial(content.read, _PIECE), b""))
                written[file_name(line)] = line
    except tarfile.TarError as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "what the node sent is no archive", found=str(error)) from None
    if awaited:
        raise BrokenInputError(ErrorCode.MALFORMED, "the node sent fewer items", found=f"{len(awaited):,} missing")
    return written


class _Pieces(io.RawIOBase):
    """Pieces as a file to read once from beginning to end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills what it can."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
