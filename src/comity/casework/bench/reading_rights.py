"""Who may read what: asked for each office that an officer holds, and a policy that forbids in any of them decides.

Reading needs no office to be named, as acting does: an officer who holds several reads through the first that permits it,
and that office is what the journal of readings says.
"""

from msgspec.structs import replace

from comity.cases.state import CaseState
from comity.casework.bench.secrecy import unless_disposed
from comity.casework.bench.views import CaseView, open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import (
    ASK_ANOTHER,
    Action,
    Allowed,
    DenialCode,
    Denied,
    OfficerRef,
    Resource,
    no_office,
)
from comity.casework.ports.case import StoredView
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import OfficeId

NO_MATTER = "none"
"""What policies are told of a case without any matter, such as what is left of a disposed one."""


def right(bench: Workbench, officer: OfficerRef, action: Action, about: Resource) -> OfficeId | Refusal:
    """The office through which the officer may, or why not. `about` is asked for every office; its own office is not read.

    1. Whatever forbids, or can't be decided cleanly, in any office held, decides. 2. Else one office that permits is enough.
    """
    refusal = no_office(officer)
    if refusal is not None:
        return refusal
    offices = sorted(officer.offices)
    answers = [(office, bench.access.decide(officer, action, replace(about, office=office))) for office in offices]
    # 1.
    for _, answer in answers:
        if isinstance(answer, Denied) and answer.code is not DenialCode.NOT_PERMITTED:
            return Refusal(answer.code, answer.why, do=ASK_ANOTHER)
    # 2.
    for office, answer in answers:
        if isinstance(answer, Allowed):
            return office
    kinds = ", ".join(sorted(set(officer.offices.values())))
    return Refusal(DenialCode.NOT_PERMITTED, f"no policy lets the offices held ({kinds}) {action} this", do=ASK_ANOTHER)


def case_right(
    bench: Workbench, officer: OfficerRef, state: CaseState, action: Action = Action.READ_CASE
) -> OfficeId | Refusal:
    """The office through which the officer may read this case, or why not."""
    procedures = tuple(sorted({str(matter.procedure) for matter in state.matters.values()})) or (NO_MATTER,)
    aside = any(exhibit.aside is not None for exhibit in state.exhibits.values())
    return right(bench, officer, action, Resource("", procedures=procedures, quarantined=aside))


def readable(bench: Workbench, officer: OfficerRef, row: StoredView) -> tuple[CaseView, OfficeId] | None:
    """The case as its row has it, and the office it may be read through; None for what the officer may not read, or is gone just now."""
    view = unless_disposed(lambda: open_view(bench.cipher, row))
    if view is None:
        return None
    office = case_right(bench, officer, view.state)
    return None if isinstance(office, Refusal) else (view, office)
