"""Quarantine: a filter team, and nobody who works on the case, looks at what was put aside.

What was delivered beyond the scope, or meets a screen, lies under a key of its own (`comity.casework.custody.take_over`). It leaves there in
two ways (`comity.casework.custody.quarantine_deciding`): into the case, when a further grant of this case covers it, and only the items that
it covers, or the team finds it not privileged; or it is destroyed. Every look and every decision is an act; the supplier is told a count and codes.
"""

from collections.abc import Iterator

from msgspec import Struct

from comity.cases.state import Aside, Exhibit, Phase
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit
from comity.casework.custody.filtering import not_filtering, nothing_aside
from comity.casework.custody.opening import Sought, ask, put_on_record
from comity.casework.custody.quarantine_clearing import aside_of, kept_aside
from comity.casework.ports.access import Action, OfficerRef
from comity.evidence.items.admission import described
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.exhibits import ListedItem
from comity.vocabulary.categories import FilterReason, QuarantineCode
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId
from comity.vocabulary.instants import Instant


class LookAside(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: show what was put aside of an exhibit, or one item of it. `purpose` is a `FilterPurpose`."""

    case: CaseId
    exhibit: ExhibitId
    office: OfficeId
    purpose: str = ""
    reasons: str = ""
    item: Digest | None = None


class QuarantineLine(Struct, frozen=True):
    """What lies aside of one exhibit, without a word of what it is: counts by code, and the office's own term."""

    case: CaseId
    exhibit: ExhibitId
    items: int
    codes: tuple[tuple[QuarantineCode, int], ...]
    until: Instant | None
    destroying: FilterReason | None


class AsideLine(Struct, frozen=True):
    """One item that lies aside, and why; `descriptor` is None where the supplier's can't be read."""

    item: Digest
    code: QuarantineCode | None
    descriptor: ItemDescriptor | None


class LookedAside(Struct, frozen=True):
    """What a filter officer is shown: the act that says so, the items, and the content where one item was asked for."""

    act: ActId
    lines: tuple[AsideLine, ...]
    content: Iterator[bytes] | None = None


def list_quarantine(bench: Workbench, officer: OfficerRef, office: OfficeId) -> tuple[QuarantineLine, ...] | Refusal:
    """Everything that lies in quarantine here, but of cases that the officer works on."""
    refusal = not_filtering(bench, officer, Action.LIST_QUARANTINE, office, None)
    if refusal is not None:
        return refusal
    lines: list[QuarantineLine] = []
    for row in bench.records.cases.cases():
        if row.phase is Phase.DISPOSED:
            continue
        state = open_view(bench.cipher, row).state
        aside = [each for each in state.exhibits.values() if each.aside is not None]
        if aside and not_filtering(bench, officer, Action.LIST_QUARANTINE, office, row.case) is None:
            lines += [_line(row.case, each, each.aside) for each in aside if each.aside]
    return tuple(lines)


def look_aside(
    bench: Workbench, officer: OfficerRef, command: LookAside, then: Action | None = None
) -> LookedAside | Refusal:
    """The list of what was put aside, or one item's content, once the act of looking is in the ledger.

    1. The officer may, for a purpose; a refusal is an act as well (`comity.casework.custody.opening`). 2. What is to be looked at is
    there. 3. The act. 4. Only then the words.
    """
    # 1.
    sought = Sought(
        command.case,
        command.exhibit,
        (command.item,) if command.item else (),
        command.office,
        command.purpose,
        command.reasons,
        aside=True,
        then=then,
    )
    admitted = ask(bench, officer, sought)
    if isinstance(admitted, Refusal):
        return admitted
    # 2.
    found = aside_of(admitted.state, command.exhibit)
    if found is None:
        return nothing_aside()
    kept = kept_aside(bench, command.case, *found)
    lines = tuple(
        AsideLine(record.leaf_hash().hex(), record.code, described(record))
        for record in bench.evidence.records(kept.packed, kept.identity)
    )
    item = _named(bench, kept, command.item) if command.item else None
    # 3.
    act = put_on_record(bench, admitted)
    # 4.
    if item is None:
        return LookedAside(act, lines)
    shown = tuple(line for line in lines if line.item == command.item)
    return LookedAside(act, shown, bench.evidence.read_item(kept.packed, kept.identity, item))


def _named(bench: Workbench, kept: KeptExhibit, item: Digest) -> ListedItem:
    for record in bench.evidence.records(kept.packed, kept.identity):
        descriptor = described(record) if record.leaf_hash().hex() == item else None
        if descriptor is not None:
            return ListedItem(item, descriptor, record)
    raise BrokenInputError(
        ErrorCode.NOT_FOUND, "no item of that name with a descriptor that can be read lies aside", found=item
    )


def _line(case: CaseId, exhibit: Exhibit, aside: Aside) -> QuarantineLine:
    return QuarantineLine(case, exhibit.exhibit, aside.items, exhibit.quarantined, aside.until, aside.destroying)
