"""Consult: an officer looks at an item, for a purpose that the case covers; looking and being refused are both acts.

The supplying party is told of the opening where a condition on the material, by its instrument, wants that.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.bodies import ItemOpened, OpeningRefused
from comity.acts.payload import Author
from comity.cases.state import Exhibit, Matter
from comity.casework.access import Action, OfficerRef, Resource
from comity.casework.draft import allowed
from comity.casework.exhibits import KeptExhibit, Role, opened
from comity.casework.issuing import compose, file_own
from comity.casework.journal_ports import Read
from comity.casework.paging import Cursor, number_of
from comity.casework.reading import state_of
from comity.casework.reading_rights import case_right
from comity.casework.readings import keep_readings
from comity.casework.redactions import redaction_stands
from comity.casework.workbench import Workbench
from comity.evidence.descriptors import ItemDescriptor
from comity.law.purposes import may_open, tells_supplier
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap, Refusal
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


def list_items(
    bench: Workbench, officer: OfficerRef, case: CaseId, exhibit: ExhibitId, paging: ItemPaging
) -> ItemPage | Refusal:
    """What may be opened in an exhibit. Names and times are content: listing them needs an office that may look inside.

    On record before it is given. Each page reads the exhibit's manifest anew up to where it ends, in bounded memory; whether
    the manifest is whole shows when the last page is read.
    """
    office = case_right(bench, officer, state_of(bench, case), Action.LIST_ITEMS)
    if isinstance(office, Refusal):
        return office
    kept = _kept(bench, case, exhibit)
    keep_readings(bench, officer, Read.ITEMS, [(office, case)], exhibit)
    first = number_of(paging.after) or 0
    listed = islice(bench.evidence.each_item(kept.packed, kept.identity), first, first + paging.limit + 1)
    lines = tuple(ItemLine(each.item, each.descriptor) for each in listed)
    more = len(lines) > paging.limit
    return ItemPage(lines[: paging.limit], str(first + paging.limit) if more else None)


def open_item(bench: Workbench, officer: OfficerRef, command: OpenItem) -> OpenedItem | Refusal:
    """The item's content, after the act of opening is in the ledger; or the refusal, which is an act as well.

    1. Access policy. 2. The law: a purpose, and one the measure covers under the conditions accepted; no redaction that a
    court has not lifted. 3. The act, to the
    supplier too where the instrument wants it. 4. Only then the content.
    """
    state = state_of(bench, command.case)
    exhibit = state.exhibits.get(command.exhibit)
    if exhibit is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the case has no such exhibit", found=command.exhibit)
    matter = state.matters[exhibit.matter]
    # 1., 2.
    resource = Resource(command.office, quarantined=False, purpose_stated=bool(command.purpose))
    refusal = (
        allowed(bench, officer, Action.OPEN_ITEM, resource)
        or _purpose(bench, matter, command)
        or redaction_stands(bench, state, command.exhibit, command.item)
    )
    if refusal is not None:
        _record_refusal(bench, officer, command, matter=matter, exhibit=exhibit, refusal=refusal)
        return refusal
    kept = _kept(bench, command.case, command.exhibit)
    found = bench.evidence.find_item(kept.packed, kept.identity, command.item)
    # 3.
    told = _told(bench, matter)
    payload = compose(
        bench,
        case=command.case,
        body=ItemOpened(command.exhibit, command.item, command.purpose, command.reasons),
        instrument=matter.instrument,
        to=[exhibit.supplier] if told and exhibit.supplier else [],
        re=[exhibit.hand_over],
        author=Author(officer.officer, command.office),
    )
    act = next(iter(file_own(bench, payload).indexes))
    # 4.
    content = bench.evidence.read_item(kept.packed, kept.identity, found)
    return OpenedItem(act, ItemLine(found.item, found.descriptor), content, supplier_told=bool(payload.to))


def _purpose(bench: Workbench, matter: Matter, command: OpenItem) -> Refusal | None:
    conditions = {condition.code for condition in matter.conditions}
    finding = may_open(bench.law, matter.instrument, matter.measure, command.purpose, conditions, at=bench.clock.now())
    if finding is None:
        return None
    gap: Gap = finding.gap()
    return Refusal(finding.code, finding.message, (gap,), do="state a purpose that the case covers")


def _told(bench: Workbench, matter: Matter) -> bool:
    conditions = {condition.code for condition in matter.conditions}
    return tells_supplier(bench.law, matter.instrument, conditions, at=bench.clock.now())


def _record_refusal(
    bench: Workbench, officer: OfficerRef, command: OpenItem, *, matter: Matter, exhibit: Exhibit, refusal: Refusal
) -> None:
    payload = compose(
        bench,
        case=command.case,
        body=OpeningRefused(command.exhibit, command.purpose, refusal.code),
        instrument=matter.instrument,
        re=[exhibit.hand_over or matter.opened_by],  # what was taken in here was handed over by nobody
        author=Author(officer.officer, command.office),
    )
    file_own(bench, payload)


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
