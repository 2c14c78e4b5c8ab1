"""An officer's own approvals: what their credentials approved here. An approval that its officer does not know is a stolen key."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from comity.acts.classes import ActType
from comity.casework.access import OfficerRef
from comity.casework.journal_ports import GivenApproval
from comity.casework.paging import Paging, Place, cursor_of, place_of
from comity.casework.workbench import Workbench
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, OfficeId


class ApprovalLine(Struct, frozen=True):
    """One approval in your name: over which act, with which credential, when it was filed, and to whom it went.

    `type` is missing where the act was disposed of just now.
    """

    act: ActId
    case: CaseId
    office: OfficeId
    credential: str
    filed_at: datetime
    type: ActType | None = None
    to: tuple[AuthorityId, ...] = ()


class ApprovalPage(Struct, frozen=True):
    """Your approvals, newest first; `next` is where the next page begins, and missing on the last."""

    lines: tuple[ApprovalLine, ...]
    next: str | None = None


def list_approvals(bench: Workbench, officer: OfficerRef, paging: Paging) -> ApprovalPage:
    """What was approved in the officer's name, whoever held the key. No office is needed to see one's own."""
    given = bench.records.approvals.of(officer.officer, place_of(paging.after), paging.limit)
    last = Place(given[-1].at, given[-1].act) if len(given) == paging.limit else None
    return ApprovalPage(_lines(bench, given), cursor_of(last) if last else None)


def _lines(bench: Workbench, given: Sequence[GivenApproval]) -> tuple[ApprovalLine, ...]:
    stored = bench.records.cases.many([each.act for each in given])
    lines = []
    for each in given:
        line = ApprovalLine(each.act, each.case, each.office, each.credential, each.at)
        try:
            payload = read_sealed(bench.cipher.open_act(stored[each.act])).payload if each.act in stored else None
        except BrokenInputError as error:
            if error.code is not ErrorCode.KEY_DESTROYED:
                raise
            payload = None
        if payload is not None:
            line = ApprovalLine(
                each.act, each.case, each.office, each.credential, each.at, payload.act.type, payload.to
            )
        lines.append(line)
    return tuple(lines)
