"""What kind of step an act is: the part of an act that stays openable to oversight, leaf by leaf, after its words are gone."""

from enum import StrEnum

from msgspec import Struct

from comity.vocabulary.categories import Urgency
from comity.vocabulary.identifiers import InstrumentId


class ActType(StrEnum):
    """Every kind of act. Append only; a value is never reused. Acts are past: what was done, not what to do.

    Each has a row in `comity.acts.rules`, which is refused when it lacks one.
    """

    PRESERVATION_REQUESTED = "preservation-requested"
    PRESERVATION_ORDERED = "preservation-ordered"
    SEGMENT_SEALED = "segment-sealed"
    HOLD_CONFIRMED = "hold-confirmed"
    PRESERVATION_CONFIRMED = "preservation-confirmed"
    REQUEST_REFUSED = "request-refused"
    DISCLOSURE_REQUESTED = "disclosure-requested"
    DISCLOSURE_DECIDED = "disclosure-decided"
    DISCLOSURE_ORDERED = "disclosure-ordered"
    EXHIBIT_TAKEN_IN = "exhibit-taken-in"
    EXHIBIT_HANDED_OVER = "exhibit-handed-over"
    EXHIBIT_RECEIVED = "exhibit-received"
    ITEMS_QUARANTINED = "items-quarantined"
    EXHIBIT_DESTROYED = "exhibit-destroyed"
    ORDER_REASONED = "order-reasoned"
    PRODUCTION_ORDERED = "production-ordered"
    PRODUCTION_VALIDATED = "production-validated"
    PRODUCTION_WITHDRAWN = "production-withdrawn"
    ITEM_OPENED = "item-opened"
    OPENING_REFUSED = "opening-refused"
    CASE_CLOSED = "case-closed"
    CASE_DISPOSED = "case-disposed"
    DOSSIER_EXPORTED = "dossier-exported"
    REVIEW_REQUESTED = "review-requested"
    REVIEW_ANSWERED = "review-answered"
    REVIEW_CONCLUDED = "review-concluded"
    KEY_ROTATED = "key-rotated"
    DIRECTORY_SEEN = "directory-seen"
    LEDGER_RESTORED = "ledger-restored"
    PADDING = "padding"
    AUTHORITY_NOTIFIED = "authority-notified"
    GROUNDS_RAISED = "grounds-raised"
    NO_GROUND_RAISED = "no-ground-raised"
    NON_EXECUTION_STATED = "non-execution-stated"
    CLARIFICATION_REQUESTED = "clarification-requested"
    CLARIFICATION_GIVEN = "clarification-given"
    NON_EXECUTION_ACCEPTED = "non-execution-accepted"
    ORDER_REVIEWED = "order-reviewed"
    DEADLINE_SET = "deadline-set"
    PRESERVATION_EXTENDED = "preservation-extended"
    FOLLOW_UP_CONFIRMED = "follow-up-confirmed"
    PRESERVATION_RELEASED = "preservation-released"
    ENFORCEMENT_REQUESTED = "enforcement-requested"
    ENFORCEMENT_DECIDED = "enforcement-decided"
    COMPLIANCE_REQUIRED = "compliance-required"
    OBJECTION_RAISED = "objection-raised"
    COURT_REVIEW_REQUESTED = "court-review-requested"
    COURT_REVIEW_DECIDED = "court-review-decided"
    PERSON_INFORMED = "person-informed"
    INFORMATION_DELAYED = "information-delayed"
    USE_RESTRICTED = "use-restricted"
    ALTERNATIVE_MEANS_RECORDED = "alternative-means-recorded"
    REQUEST_ACKNOWLEDGED = "request-acknowledged"
    DELAY_ANNOUNCED = "delay-announced"
    FIXITY_VERIFIED = "fixity-verified"
    TIMESTAMP_CAME_LATE = "timestamp-came-late"
    LEGAL_HOLD_SET = "legal-hold-set"
    LEGAL_HOLD_LIFTED = "legal-hold-lifted"
    QUARANTINE_TERM_SET = "quarantine-term-set"
    QUARANTINE_OPENED = "quarantine-opened"
    QUARANTINE_DECIDED = "quarantine-decided"
    QUARANTINE_RESOLVED = "quarantine-resolved"
    ITEM_REDACTED = "item-redacted"
    REDACTION_LIFTED = "redaction-lifted"
    RETENTION_SET = "retention-set"
    RETENTION_EXTENDED = "retention-extended"
    RETENTION_REVIEWED = "retention-reviewed"
    COPIES_ASKED = "copies-asked"
    COPIES_REPORTED = "copies-reported"
    DESTRUCTION_DECIDED = "destruction-decided"
    ITEM_COPIED = "item-copied"
    EXHIBIT_RETURNED = "exhibit-returned"
    SENT_BY_HAND = "sent-by-hand"
    PAPER_ANSWER_RECORDED = "paper-answer-recorded"
    CONSULTATION_REQUESTED = "consultation-requested"
    WAIVER_REQUESTED = "waiver-requested"
    PENALTY_DECIDED = "penalty-decided"
    THIRD_COUNTRY_ASKED = "third-country-asked"
    CONTROLLER_INFORMED = "controller-informed"
    MATCH_REVIEWED = "match-reviewed"
    REMEDY_LODGED = "remedy-lodged"
    COSTS_CLAIMED = "costs-claimed"
    COSTS_REIMBURSED = "costs-reimbursed"
    LIFTING_DECIDED = "lifting-decided"
    SCREEN_SET = "screen-set"
    SCREEN_LIFTED = "screen-lifted"


class ActClass(Struct, frozen=True, forbid_unknown_fields=True):
    """Type, legal basis and urgency of an act.

    `marks` are the coded circumstances that an overseer counts, e.g. `without-validation`; sorted, each once.
    """

    type: ActType
    instrument: InstrumentId
    urgency: Urgency
    marks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if list(self.marks) != sorted(set(self.marks)):
            raise ValueError("marks are sorted and each stands once")
