"""An officer's own approvals: what their credentials approved here. An approval that its officer does not know is a stolen key."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.casework.bench.secrecy import unless_disposed
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.case import StoredAct
from comity.casework.ports.journal import GivenApproval
from comity.casework.ports.paging import Paging, Place, cursor_of, place_of
from comity.trust.seals import read_sealed
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
    return tuple(_line(bench, each, stored.get(each.act)) for each in given)


def _line(bench: Workbench, given: GivenApproval, stored: StoredAct | None) -> ApprovalLine:
    line = ApprovalLine(given.act, given.case, given.office, given.credential, given.at)
    sealed = unless_disposed(lambda: bench.cipher.open_act(stored)) if stored else None
    if sealed is None:
        return line
    payload = read_sealed(sealed).payload
    return replace(line, type=payload.act.type, to=payload.to)
