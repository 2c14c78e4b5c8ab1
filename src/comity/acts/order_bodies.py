"""Bodies of the acts that follow an order or a request: notice, doubts, extensions, enforcement, information.

Codes (`code`, `ground`, `outcome`, ...) are those of the instrument's law file. The same rule as for every body holds:
fields are appended, with defaults; none is renamed or removed.
"""

from msgspec import UNSET, UnsetType

from comity.acts.body import AboutOrder, Body, UnderMeasure
from comity.acts.classes import ActType
from comity.acts.matters import Condition, LawConflict, NonExecution
from comity.acts.particulars import AnswerParticulars, ExtensionParticulars, FollowUpParticulars
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, ExhibitId
from comity.vocabulary.instants import Instant

# Before an order, and notice to the authority of the State where it is to be executed ---------------------------------


class ConsultationRequested(UnderMeasure, frozen=True, tag=ActType.CONSULTATION_REQUESTED.value):
    """The authority of another State is asked, before an order is issued, whether the data sought are protected there.

    `protections` are the codes of what is suspected, `categories` the data an order would be for, `channel` how it is asked.
    """

    protections: tuple[str, ...]
    categories: tuple[DataCategory, ...]
    questions: str
    channel: str = ""


class AuthorityNotified(UnderMeasure, frozen=True, tag=ActType.AUTHORITY_NOTIFIED.value):
    """The authority of the executing State is told of an order when its addressee is, with what only it may see.

    `listed_offence` is the category, in the instrument's list, by which dual criminality is not asked for.
    """

    order: ActId
    necessity: str = ""
    summary: str = ""
    listed_offence: str = ""
    max_penalty_years: int | None = None
    emergency: bool = False
    facts: str = ""


class GroundsRaised(AboutOrder, frozen=True, tag=ActType.GROUNDS_RAISED.value):
    """The notified authority refuses: `extent` is all, partial (then `items` names what) or conditions."""

    grounds: tuple[str, ...]
    extent: str
    reasons: str = ""
    items: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


class NoGroundRaised(AboutOrder, frozen=True, tag=ActType.NO_GROUND_RAISED.value):
    """The notified authority says early that it raises no ground, so that the data can go."""


class WaiverRequested(AboutOrder, frozen=True, tag=ActType.WAIVER_REQUESTED.value):
    """The notified authority is asked to have what protects data waived: `protection` is its code, `holder` who can waive."""

    protection: str
    reasons: str
    holder: str = ""


# Doubts of the addressee, and what becomes of them ------------------------------------------------------------------


class NonExecutionStated(AboutOrder, frozen=True, tag=ActType.NON_EXECUTION_STATED.value):
    """The addressee says why an order is not, not fully or not in time executed, item by item.

    `preserved` says whether the data are kept meanwhile; `conflict` describes a conflicting law of a third State.
    """

    reasons: tuple[NonExecution, ...]
    preserved: bool = True
    information_needed: str = ""
    conflict: LawConflict | None = None
    particulars: AnswerParticulars | UnsetType = UNSET

    @property
    def items_concerned(self) -> tuple[str, ...]:
        """Labels of the ordered items that it is about; empty where one of its reasons is about all of the order."""
        if not all(each.items for each in self.reasons):
            return ()
        return tuple(dict.fromkeys(label for each in self.reasons for label in each.items))


class ClarificationRequested(AboutOrder, frozen=True, tag=ActType.CLARIFICATION_REQUESTED.value):
    """Information is asked for before deciding; `about` is the code of the step it is asked for."""

    questions: str
    about: str = ""


class ClarificationGiven(AboutOrder, frozen=True, tag=ActType.CLARIFICATION_GIVEN.value):
    """An order or request is clarified or corrected; `about` is the code of the step it was asked for."""

    text: str
    about: str = ""


class NonExecutionAccepted(AboutOrder, frozen=True, tag=ActType.NON_EXECUTION_ACCEPTED.value):
    """The ordering authority agrees that the order need not be executed; `items` where only in part."""

    items: tuple[str, ...] = ()


class OrderReviewed(AboutOrder, frozen=True, tag=ActType.ORDER_REVIEWED.value):
    """The ordering authority looked at doubts: `outcome` is maintained or adapted; withdrawing has its own act."""

    outcome: str
    reasons: str = ""


class DeadlineSet(AboutOrder, frozen=True, tag=ActType.DEADLINE_SET.value):
    """The ordering authority sets a new time by which the order is to be executed."""

    until: Instant
    reasons: str = ""


def items_concerned(body: object) -> tuple[str, ...]:
    """Labels of the ordered items that a refusal is about, as whoever refuses says; empty where it is about all of the order."""
    if isinstance(body, GroundsRaised) and body.extent == "partial":
        return body.items
    return body.items_concerned if isinstance(body, NonExecutionStated) else ()


# Preservation goes on, or ends ----------------------------------------------------------------------------------------


class PreservationExtended(AboutOrder, frozen=True, tag=ActType.PRESERVATION_EXTENDED.value):
    """A preservation goes on for the further time the law allows, because the follow-up needs it."""

    reasons: str = ""
    particulars: ExtensionParticulars | UnsetType = UNSET


class FollowUpConfirmed(AboutOrder, frozen=True, tag=ActType.FOLLOW_UP_CONFIRMED.value):
    """The request for the preserved data was issued: `instrument` is its code, `reference` its file number."""

    instrument: str
    reference: str
    issued_at: Instant
    particulars: FollowUpParticulars | UnsetType = UNSET


class PreservationReleased(AboutOrder, frozen=True, tag=ActType.PRESERVATION_RELEASED.value):
    """Preservation is no longer needed."""

    reason: str = ""


# Enforcement, and review by a court -----------------------------------------------------------------------------------


class EnforcementRequested(UnderMeasure, frozen=True, tag=ActType.ENFORCEMENT_REQUESTED.value):
    """The executing State is asked to enforce an order; `language` (BCP 47) is that of the translation sent with it.

    `enforcing` is the authority that is asked, where the act goes to others as well: the order's addressee is told of it.
    """

    order: ActId
    reasons: str
    language: str = ""
    enforcing: AuthorityId | None = None


class EnforcementDecided(AboutOrder, frozen=True, tag=ActType.ENFORCEMENT_DECIDED.value):
    """The executing State recognises the order for enforcement, or denies that on coded grounds."""

    recognised: bool
    grounds: tuple[str, ...] = ()
    reasons: str = ""


class ComplianceRequired(AboutOrder, frozen=True, tag=ActType.COMPLIANCE_REQUIRED.value):
    """The addressee is formally required to comply within `days`, told of its grounds to object and of penalties."""

    days: int
    penalties: str = ""


class ObjectionRaised(AboutOrder, frozen=True, tag=ActType.OBJECTION_RAISED.value):
    """The addressee objects to enforcement on coded grounds."""

    grounds: tuple[str, ...]
    reasons: str = ""


class PenaltyDecided(AboutOrder, frozen=True, tag=ActType.PENALTY_DECIDED.value):
    """The executing State decides on a penalty for not complying: `amount` is in whole units of `currency` (ISO 4217).

    `breaches` are the codes of the duties broken; `remedy` says before which court the decision can be contested.
    """

    imposed: bool
    breaches: tuple[str, ...] = ()
    amount: int | None = None
    currency: str = ""
    reasons: str = ""
    remedy: str = ""


class CourtReviewRequested(AboutOrder, frozen=True, tag=ActType.COURT_REVIEW_REQUESTED.value):
    """A court of the ordering State is asked whether the order stands against a conflicting law of a third State."""

    reasons: str = ""


class ThirdCountryAsked(AboutOrder, frozen=True, tag=ActType.THIRD_COUNTRY_ASKED.value):
    """An authority of a third country is asked about its law that conflicts with the order: `country` is ISO 3166-1 alpha-2."""

    country: str
    questions: str
    authority: str = ""


class CourtReviewDecided(AboutOrder, frozen=True, tag=ActType.COURT_REVIEW_DECIDED.value):
    """The court upholds the order, or lifts it."""

    upheld: bool
    reasons: str = ""


# Information, and what is done with data ------------------------------------------------------------------------------


class PersonInformed(AboutOrder, frozen=True, tag=ActType.PERSON_INFORMED.value):
    """The person whose data were sought was told; `remedies` says what they were told of remedies. Never who."""

    remedies: str = ""


class ControllerInformed(AboutOrder, frozen=True, tag=ActType.CONTROLLER_INFORMED.value):
    """The processor that an order addresses has told the controller of the data; `controller` is which organisation."""

    controller: str


class InformationDelayed(AboutOrder, frozen=True, tag=ActType.INFORMATION_DELAYED.value):
    """Telling the person is put off on coded grounds, to be looked at again after `review_days`."""

    grounds: tuple[str, ...]
    reasons: str
    review_days: int


class RemedyLodged(AboutOrder, frozen=True, tag=ActType.REMEDY_LODGED.value):
    """A remedy against the order was lodged: `state` is the code of whose courts it was lodged with. Never by whom."""

    state: str
    lodged_at: Instant
    court: str = ""


class CostsClaimed(AboutOrder, frozen=True, tag=ActType.COSTS_CLAIMED.value):
    """The addressee claims what executing the order cost: `amount` is in the smallest units of `currency` (ISO 4217)."""

    amount: int
    currency: str


class CostsReimbursed(AboutOrder, frozen=True, tag=ActType.COSTS_REIMBURSED.value):
    """The ordering side has paid costs of the addressee: `amount` is in the smallest units of `currency` (ISO 4217)."""

    amount: int
    currency: str


class UseRestricted(AboutOrder, frozen=True, tag=ActType.USE_RESTRICTED.value):
    """The holder of data restricts their use, or binds itself to conditions: `how` is the code of what it did."""

    exhibit: ExhibitId
    how: str
    conditions: tuple[Condition, ...] = ()


class AlternativeMeansRecorded(Body, frozen=True, tag=ActType.ALTERNATIVE_MEANS_RECORDED.value):
    """Something was sent by other means than the prescribed channel: when, by whom, to whom, and which file.

    `size` is in bytes; `digest` of the file, where it was taken.
    """

    sent_at: Instant
    sender: str
    recipient: str
    file_name: str
    size: int
    reason: str
    digest: Digest | None = None


# Requests between authorities -----------------------------------------------------------------------------------------


class RequestAcknowledged(Body, frozen=True, tag=ActType.REQUEST_ACKNOWLEDGED.value):
    """The authority that executes a request says when it got it."""

    received: Instant
    authority: str = ""


class DelayAnnounced(Body, frozen=True, tag=ActType.DELAY_ANNOUNCED.value):
    """A request can't be decided or executed in time: why, and until when it is thought to take."""

    reasons: str
    until: Instant | None = None


OrderBody = (
    AuthorityNotified
    | GroundsRaised
    | NoGroundRaised
    | NonExecutionStated
    | ClarificationRequested
    | ClarificationGiven
    | NonExecutionAccepted
    | OrderReviewed
    | DeadlineSet
    | PreservationExtended
    | FollowUpConfirmed
    | PreservationReleased
    | EnforcementRequested
    | EnforcementDecided
    | ComplianceRequired
    | ObjectionRaised
    | CourtReviewRequested
    | CourtReviewDecided
    | PersonInformed
    | InformationDelayed
    | UseRestricted
    | AlternativeMeansRecorded
    | RequestAcknowledged
    | DelayAnnounced
    | ConsultationRequested
    | WaiverRequested
    | PenaltyDecided
    | ThirdCountryAsked
    | ControllerInformed
    | RemedyLodged
    | CostsClaimed
    | CostsReimbursed
)
"""Every body of this module."""
