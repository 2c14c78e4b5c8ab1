"""Consult: an officer looks at an item, for a purpose that the case covers; looking and being refused are both acts.

The supplying party is told of the opening where a condition on the material, by its instrument, wants that.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.custody_bodies import LISTED_AT_ONCE
from comity.casework.bench.reading import state_of
from comity.casework.bench.reading_rights import case_right
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit, Role, opened
from comity.casework.custody.opening import Sought, ask, kept_back, put_on_record
from comity.casework.ports.access import Action, OfficerRef
from comity.casework.ports.journal import Read
from comity.casework.ports.paging import Cursor, number_of
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.exhibits import ListedItem
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId

ITEMS_LIMIT = 5000
"""The most items one answer lists."""


class OpenItem(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: show one item, named by its leaf under the hold's root. `purpose` is a code of the instrument."""

    case: CaseId
    exhibit: ExhibitId
    item: Digest
    office: OfficeId
    purpose: str = ""
    reasons: str = ""


class OpenItems(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: show several items of one exhibit for one purpose; all of them, or none."""

    case: CaseId
    exhibit: ExhibitId
    items: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=LISTED_AT_ONCE)]
    office: OfficeId
    purpose: str = ""
    reasons: str = ""

    def __post_init__(self) -> None:
        """Raises `ValueError` for an item that is named twice."""
        if len(set(self.items)) != len(self.items):
            raise ValueError("each item is named once")


class ItemLine(Struct, frozen=True):
    """One item that may be opened, without its content."""

    item: Digest
    descriptor: ItemDescriptor


class ItemPaging(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of an exhibit's list. An exhibit never changes, so that a place in it is a number."""

    after: Cursor = ""
    limit: Annotated[int, Meta(ge=1, le=ITEMS_LIMIT, description="lines at most")] = 1000


class ItemPage(Struct, frozen=True):
    """Items; `next` is where the next page begins, and missing on the last."""

    lines: tuple[ItemLine, ...]
    next: str | None = None


class OpenedItem(Struct, frozen=True):
    """The item, recorded as opened: the act, what it is, its content, and whether the supplier is told."""

    act: ActId
    line: ItemLine
    content: Iterator[bytes]
    supplier_told: bool


class OpenedItems(Struct, frozen=True):
    """The items, recorded as opened by one act: how many, and each with its content, in the exhibit's order.

    Contents are read as they are taken: each to its end before the next.
    """

    act: ActId
    number: int
    contents: Iterator[tuple[ItemLine, Iterator[bytes]]]
    supplier_told: bool


def list_items(
    bench: Workbench, officer: OfficerRef, case: CaseId, exhibit: ExhibitId, paging: ItemPaging
) -> ItemPage | Refusal:
    """What may be opened in an exhibit. Names and times are content: listing them needs an office that may look inside.

    On record before it is given. Each page reads the exhibit's manifest anew up to where it ends, in bounded memory; whether
    the manifest is whole shows when the last page is read.
    """
    state = state_of(bench, case)
    office = case_right(bench, officer, state, Action.LIST_ITEMS)
    if isinstance(office, Refusal):
        return office
    known = state.exhibits.get(exhibit)
    refusal = kept_back(bench, case, state.matters[known.matter], known) if known else None
    if refusal is not None:
        return refusal
    kept = _kept(bench, case, exhibit)
    keep_readings(bench, officer, Read.ITEMS, [(office, case)], exhibit)
    first = number_of(paging.after) or 0
    listed = islice(bench.evidence.each_item(kept.packed, kept.identity), first, first + paging.limit + 1)
    lines = tuple(ItemLine(each.item, each.descriptor) for each in listed)
    more = len(lines) > paging.limit
    return ItemPage(lines[: paging.limit], str(first + paging.limit) if more else None)


def open_item(
    bench: Workbench, officer: OfficerRef, command: OpenItem, then: Action | None = None
) -> OpenedItem | Refusal:
    """The item's content, after the act of opening is in the ledger; or the refusal, which is an act as well.

    `then` is what is to be done with it beside looking, which the officer has to be allowed too.
    """
    opening = _open(bench, officer, command, (command.item,), then)
    if isinstance(opening, Refusal):
        return opening
    ((line, content),) = opening.contents
    return OpenedItem(opening.act, line, content, opening.supplier_told)


def open_items(bench: Workbench, officer: OfficerRef, command: OpenItems) -> OpenedItems | Refusal:
    """The content of every item, after the one act that lists them all is in the ledger; or one refusal for all of them."""
    return _open(bench, officer, command, tuple(sorted(command.items)))


def _open(
    bench: Workbench,
    officer: OfficerRef,
    command: OpenItem | OpenItems,
    items: tuple[Digest, ...],
    then: Action | None = None,
) -> OpenedItems | Refusal:
    """1. Whether they may be opened (`comity.casework.custody.opening`). 2. All are there. 3. The act. 4. Only then the contents."""
    # 1.
    sought = Sought(command.case, command.exhibit, items, command.office, command.purpose, command.reasons, then=then)
    admitted = ask(bench, officer, sought)
    if isinstance(admitted, Refusal):
        return admitted
    # 2.
    kept = _kept(bench, command.case, command.exhibit)
    found = _found(bench, kept, items)
    # 3.
    act = put_on_record(bench, admitted)
    # 4.
    reader = bench.evidence.reader(kept.packed, kept.identity)
    contents = ((ItemLine(each.item, each.descriptor), reader.read(each)) for each in found)
    return OpenedItems(act, len(found), contents, admitted.supplier_told)


def _found(bench: Workbench, kept: KeptExhibit, items: tuple[Digest, ...]) -> list[ListedItem]:
    """The items as they are listed, in the exhibit's order. Raises `BrokenInputError(NOT_FOUND)` unless all are there."""
    if len(items) == 1:
        return [bench.evidence.find_item(kept.packed, kept.identity, items[0])]
    wanted = frozenset(items)
    found = [each for each in bench.evidence.each_item(kept.packed, kept.identity) if each.item in wanted]
    if len(found) != len(wanted):
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "the exhibit does not have all of these items",
            found=f"{len(found)} of them",
            expected=str(len(wanted)),
            do="comity case items lists those that may be opened",
        )
    return found


def _kept(bench: Workbench, case: CaseId, exhibit: ExhibitId) -> KeptExhibit:
    stored = bench.records.exhibits.get(exhibit, Role.RECEIVED)
    if stored is None or stored.case != case:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "this node holds no such exhibit that may be looked into",
            found=exhibit,
            do="take it over first; an exhibit that was destroyed cannot be opened",
        )
    return opened(bench, exhibit, Role.RECEIVED, KeptExhibit)
