"""Retention: how long an office keeps a case, set, extended and reviewed as acts, and told with every rule that bears on it.

What the law says is in its files, what the office has ruled for all cases in one of its own; what one case needs is set here,
under a rule that the office names by code and citation. A case is disposed of neither before the earliest date nor kept beyond
the latest without an act: the first is refused (`comity.casework.custody.dispose`), the second is an alarm until somebody disposes or extends.
"""

from msgspec import Struct

from comity.acts.payload import Author
from comity.acts.retention_bodies import (
    RetentionBody,
    RetentionExtended,
    RetentionReviewed,
    RetentionSet,
    ReviewDays,
    RuleCitation,
)
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import state_of, view_of
from comity.casework.bench.readings import read_on_record
from comity.casework.bench.retention_standing import Keeping, standing
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.journal import Read
from comity.vocabulary.categories import KeepingGround
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, OfficeId, Slug
from comity.vocabulary.instants import Instant


class SetRetention(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: from now on the case is kept by this rule of the office's own, instead of what was set for it before."""

    case: CaseId
    office: OfficeId
    rule: Slug
    citation: RuleCitation
    at_least: Instant | None = None
    at_most: Instant | None = None
    review_days: ReviewDays | None = None


class ExtendRetention(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: keep the case beyond its latest date, on this ground, until another."""

    case: CaseId
    office: OfficeId
    ground: KeepingGround
    until: Instant


class ReviewRetention(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: the case was looked at and is still needed, on this ground; it is looked at again by `next_review`."""

    case: CaseId
    office: OfficeId
    ground: KeepingGround
    next_review: Instant


def set_retention(bench: Workbench, officer: OfficerRef, command: SetRetention) -> ActId | Refusal:
    """The rule holds when this returns its act, also in a closed case."""
    refusal = _may(bench, officer, command.office)
    if refusal is not None:
        return refusal
    try:
        body = RetentionSet(command.rule, command.citation, command.at_least, command.at_most, command.review_days)
    except ValueError as error:
        return Refusal("unfit", str(error), do="say --at-least, --at-most or --review-every, in their order")
    return _file(bench, officer, command.case, command.office, body)


def extend_retention(bench: Workbench, officer: OfficerRef, command: ExtendRetention) -> ActId | Refusal:
    """The case is kept until the new date. Refused where no rule says a latest date: nothing ends there."""
    refusal = _may(bench, officer, command.office)
    if refusal is not None:
        return refusal
    latest = standing(bench, view_of(bench, command.case), bench.clock.now()).latest
    if latest is None:
        return Refusal("nothing-ends", "no rule says a latest date for this case", do="comity case retention")
    if command.until <= latest:
        return Refusal("not-longer", "the case is kept until then anyway", do="name a later date")
    return _file(bench, officer, command.case, command.office, RetentionExtended(command.ground, command.until))


def review_retention(bench: Workbench, officer: OfficerRef, command: ReviewRetention) -> ActId | Refusal:
    """The review is on record, and the next one has its date. What is no longer needed is closed and disposed of instead."""
    reviewed = RetentionReviewed(command.ground, command.next_review)
    return _may(bench, officer, command.office) or _file(bench, officer, command.case, command.office, reviewed)


def read_retention(bench: Workbench, officer: OfficerRef, case: CaseId) -> Keeping | Refusal:
    """Every rule on how long the case is kept, with its date and citation, for whoever may read the case; on record."""
    view = view_of(bench, case)
    refusal = read_on_record(bench, officer, view.state, Read.CASE)
    return refusal if refusal is not None else standing(bench, view, bench.clock.now())


def _may(bench: Workbench, officer: OfficerRef, office: OfficeId) -> Refusal | None:
    return allowed(bench, officer, Action.SET_RETENTION, Resource(office))


def _file(bench: Workbench, officer: OfficerRef, case: CaseId, office: OfficeId, body: RetentionBody) -> ActId:
    state_of(bench, case)  # a case that is not here is not begun by a rule on keeping it
    payload = compose(bench, case=case, body=body, instrument=NODE, author=Author(officer.officer, office))
    return the_act(file_own(bench, payload))
