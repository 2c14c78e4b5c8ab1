"""Drafts on the desk: listed, read as the exact bytes that are to be approved, and discarded. What became of one is answered.

A draft is seen by its author, and by officers who are competent to approve it; by nobody else.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from comity.acts.bodies import scan_of
from comity.acts.classes import ActType
from comity.acts.payload import Payload, read_payload
from comity.casework.bench.reading_rights import right
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.secrecy import unless_disposed
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import destroy
from comity.casework.desk.draft import APPROVE
from comity.casework.ports.access import Action, OfficerRef, Resource, no_office
from comity.casework.ports.case import StoredDraft
from comity.casework.ports.journal import Read
from comity.casework.ports.paging import Paging, Place, page_of
from comity.trust.approvals import approval_challenge
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, OfficeId, OfficerId
from comity.vocabulary.wire import b64url


class DraftLine(Struct, frozen=True):
    """A draft in a list: what it would be, to whom, in which case, and whose it is."""

    draft: ActId
    case: CaseId
    type: ActType
    instrument: str
    to: tuple[AuthorityId, ...]
    author: OfficerId
    made_at: datetime


class DraftPage(Struct, frozen=True):
    """Drafts, oldest first; `next` is where the next page begins, and missing on the last."""

    lines: tuple[DraftLine, ...]
    next: str | None = None


class DraftText(Struct, frozen=True):
    """A draft as it would be approved. `data` are its exact bytes (base64url); their SHA-256 is `draft`, the act's id to be.

    `payload` is what those bytes say. Whoever approves holds `data` against `draft` and reads `data` for themselves: the
    command line does. `challenge` is what a passkey signs over these bytes and no others.
    """

    draft: ActId
    case: CaseId
    author: OfficerId
    made_at: datetime
    data: str
    challenge: str
    payload: Payload


class DiscardDraft(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this draft is not to become an act."""

    draft: ActId


class Discarded(Struct, frozen=True):
    """The draft is gone; nobody can approve it any more."""

    draft: ActId
    case: CaseId


def list_drafts(bench: Workbench, officer: OfficerRef, paging: Paging) -> DraftPage | Refusal:
    """The drafts that the officer may read, oldest first; those that became acts are none any more."""
    refusal = no_office(officer)
    if refusal is not None:
        return refusal

    def rows(after: Place | None, limit: int) -> Iterator[tuple[Place, DraftLine | None]]:
        found = bench.records.drafts.open(after, limit)
        acts = bench.records.ledger.find([row.id for row in found])
        for row in found:
            yield Place(row.made_at, row.id), None if row.id in acts else _line(bench, officer, row)

    return DraftPage(*page_of(paging, rows))


def read_draft(bench: Workbench, officer: OfficerRef, draft: ActId) -> DraftText | Refusal:
    """The exact bytes that are to be approved, and what they say. On record before they are given."""
    row, data = stored_draft(bench, draft)
    payload = read_payload(data)
    office = draft_right(bench, officer, Action.READ_DRAFT, row, payload)
    if isinstance(office, Refusal):
        return office
    keep_readings(bench, officer, Read.DRAFT, [(office, row.case)], draft)
    challenge = b64url(approval_challenge(APPROVE, draft))
    return DraftText(draft, row.case, row.drafted_by, row.made_at, b64url(data), challenge, payload)


def discard_draft(bench: Workbench, officer: OfficerRef, command: DiscardDraft) -> Discarded | Refusal:
    """The draft is gone for good, unless it has become an act: the lock of its case decides between two that race.

    With it goes the scan of the paper that it is about.
    """
    row, data = stored_draft(bench, command.draft)
    payload = read_payload(data)
    office = draft_right(bench, officer, Action.DISCARD_DRAFT, row, payload)
    if isinstance(office, Refusal):
        return office
    with bench.records.transaction() as change:
        change.lock([row.case])
        if change.known([command.draft]):
            raise _is_act(command.draft)
        if bench.records.drafts.get(command.draft) is None:
            raise gone(bench, command.draft)
        keep_readings(bench, officer, Read.DRAFT_DISCARDED, [(office, row.case)], command.draft)
        bench.records.drafts.drop([command.draft])
    scan = scan_of(payload.body)
    if scan is not None:
        destroy(bench, scan)
    return Discarded(command.draft, row.case)


def draft_right(
    bench: Workbench, officer: OfficerRef, action: Action, row: StoredDraft, payload: Payload
) -> OfficeId | Refusal:
    """The office through which the officer may read or discard this draft, or why not."""
    return right(bench, officer, action, Resource("", act=payload.act.type, author=row.drafted_by))


def gone(bench: Workbench, draft: ActId) -> BrokenInputError:
    """What became of a draft that is not here: an act, or discarded by somebody; or nothing is known of it."""
    if bench.records.ledger.find([draft]):
        return _is_act(draft)
    discarded = bench.records.readings.discarded(draft)
    if discarded is not None:
        return BrokenInputError(
            ErrorCode.NOT_FOUND,
            "that draft was discarded",
            found=f"by {discarded.officer} at {discarded.at:%Y-%m-%dT%H:%M:%SZ}",
            do="draft it again if it is still wanted",
        )
    return BrokenInputError(ErrorCode.NOT_FOUND, "there is no such draft", found=draft, do="draft it again")


def _is_act(draft: ActId) -> BrokenInputError:
    return BrokenInputError(ErrorCode.OUT_OF_ORDER, "that draft is an act already", found=draft, do="read the act")


def stored_draft(bench: Workbench, draft: ActId) -> tuple[StoredDraft, bytes]:
    """The draft's row and its exact bytes. Raises `BrokenInputError`: what `gone` says."""
    row = bench.records.drafts.get(draft)
    if row is None or bench.records.ledger.find([draft]):
        raise gone(bench, draft)
    return row, bench.cipher.open_draft(row)


def _line(bench: Workbench, officer: OfficerRef, row: StoredDraft) -> DraftLine | None:
    """The draft as a line; None for what the officer may not read, or whose case was disposed of just now."""
    data = unless_disposed(lambda: bench.cipher.open_draft(row))
    if data is None:
        return None
    payload = read_payload(data)
    if isinstance(draft_right(bench, officer, Action.READ_DRAFT, row, payload), Refusal):
        return None
    act = payload.act
    return DraftLine(row.id, row.case, act.type, act.instrument, payload.to, row.drafted_by, row.made_at)
