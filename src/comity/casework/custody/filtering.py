"""Who filters: a filter team's officer, and nobody who works on the case; its own acts say who does."""

from comity.acts.classes import ActType
from comity.acts.custody_bodies import ItemOpened
from comity.acts.payload import Payload
from comity.cases.state import Direction
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, DenialCode, OfficerRef, Resource
from comity.trust.seals import read_sealed
from comity.vocabulary.categories import FilterPurpose, OfficeKind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import CaseId, OfficeId

INVESTIGATING = frozenset({OfficeKind.POLICE, OfficeKind.PROSECUTOR})
"""Offices whose holders investigate: none of them filters, whatever other office they hold."""

FILTERING = frozenset(
    {
        ActType.QUARANTINE_TERM_SET,
        ActType.QUARANTINE_OPENED,
        ActType.QUARANTINE_DECIDED,
        ActType.QUARANTINE_RESOLVED,
        ActType.SCREEN_LIFTED,
        ActType.OPENING_REFUSED,
        ActType.ITEM_REDACTED,
        ActType.REDACTION_LIFTED,
    }
)
"""What a filter team writes: doing so makes nobody an investigator."""


def not_filtering(
    bench: Workbench,
    officer: OfficerRef,
    action: Action,
    office: OfficeId,
    case: CaseId | None,
    *,
    purpose_stated: bool = False,
) -> Refusal | None:
    """None when the officer may filter so, in that case if one is named; else why not."""
    asked = Resource(
        office,
        investigates=bool(INVESTIGATING & set(officer.offices.values())),
        works_on_case=case is not None and _works_on(bench, officer, case),
        purpose_stated=purpose_stated,
    )
    return allowed(bench, officer, action, asked)


def _works_on(bench: Workbench, officer: OfficerRef, case: CaseId) -> bool:
    """Whether the officer wrote or approved anything in the case but what a filter team writes."""
    for stored in bench.records.cases.acts(case):
        if stored.direction is not Direction.ISSUED:
            continue
        act = read_sealed(bench.cipher.open_act(stored))
        written = act.payload.author is not None and act.payload.author.officer == officer.officer
        approved = any(each.officer == officer.officer for each in act.approvals)
        if (written or approved) and not _filters(act.payload):
            return True
    return False


def _filters(payload: Payload) -> bool:
    """Whether that is what a filter team writes: who is who in a copy is the one thing of the case itself that it opens."""
    return payload.act.type in FILTERING or (isinstance(payload.body, ItemOpened) and payload.body.names)


def filter_purpose(stated: str) -> FilterPurpose | None:
    """The purpose stated, if a filter team looks or decides for it at all."""
    return next((each for each in FilterPurpose if each == stated), None)


def no_filter_purpose() -> Refusal:
    """What is said to whoever states none of a filter team's purposes."""
    return Refusal(
        DenialCode.NO_PURPOSE,
        "what was put aside is looked at and decided on only for a stated purpose",
        do=f"state one of {', '.join(FilterPurpose)}",
    )


def nothing_aside() -> Refusal:
    """What is said where nothing lies aside."""
    return Refusal("nothing-aside", "nothing of that exhibit lies in quarantine here", do="list what does")
