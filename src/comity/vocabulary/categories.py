"""Kinds of data, urgency and offices, as codes. Append only; what each means in an instrument is said by its law file."""

from enum import StrEnum


class DataCategory(StrEnum):
    """What an item is, as the instruments distinguish it."""

    SUBSCRIBER = "subscriber"
    USER_IDENTIFICATION = "user-identification"
    TRAFFIC = "traffic"
    CONTENT = "content"


class Urgency(StrEnum):
    """How fast the law lets or makes an authority act."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class OfficeKind(StrEnum):
    """What an office is in law; competences are looked up by it."""

    CONTACT_POINT = "contact-point"
    CENTRAL_AUTHORITY = "central-authority"
    POLICE = "police"
    PROSECUTOR = "prosecutor"
    JUDGE = "judge"
    PROVIDER_DESK = "provider-desk"
    OVERSIGHT = "oversight"
    FILTER_TEAM = "filter-team"


class WithheldReason(StrEnum):
    """Why an item under a hold was not handed over. A count by reason is an assertion until items are opened. Append only.

    The first two follow from the order and the item's description, the others from a custodian's review.
    """

    OUT_OF_SCOPE = "out-of-scope"
    REFUSED = "refused"
    PRIVILEGED = "privileged"
    PRESS = "press"
    HEALTH = "health"
    THIRD_PARTY = "third-party"
    DECRYPT_IMPOSSIBLE = "decrypt-impossible"


REVIEWED = frozenset(WithheldReason) - {WithheldReason.OUT_OF_SCOPE, WithheldReason.REFUSED}
"""Why a custodian may withhold an item that an order matches."""


class QuarantineCode(StrEnum):
    """Why a received item was put aside unseen. Append only.

    `privileged`: it is in scope, and meets a screen that was set on the case; whether it is privileged, the filter team decides.
    """

    OUT_OF_SCOPE = "out-of-scope"
    DESCRIPTOR_DIFFERS = "descriptor-differs"
    NOT_UNDER_HOLD = "not-under-hold"
    PRIVILEGED = "privileged"


class RemovalReason(StrEnum):
    """Why something of an item is not shown to a reader. `form`: it could not be written anew safely. Append only."""

    THIRD_PARTY = "third-party"
    PRIVILEGE = "privilege"
    PRESS = "press"
    HEALTH = "health"
    SECURITY = "security"
    OUT_OF_SCOPE = "out-of-scope"
    FORM = "form"


class RemovalKind(StrEnum):
    """What is not shown: words within a text, a column of a table, a field or a part of a mail, a region of a page. Append only.

    `unseen`: whatever a picture's or a PDF's file held beside what is seen on its pages, its searchable text among it.
    """

    WORDS = "words"
    COLUMN = "column"
    FIELD = "field"
    PART = "part"
    REGION = "region"
    UNSEEN = "unseen"


class EmergencyGround(StrEnum):
    """What is at stake in an emergency."""

    LIFE_INTEGRITY_SAFETY = "life-integrity-safety"
    CRITICAL_INFRASTRUCTURE = "critical-infrastructure"


class FilterPurpose(StrEnum):
    """What a filter officer looks at quarantined items for."""

    SCOPE_REVIEW = "scope-review"
    PRIVILEGE_REVIEW = "privilege-review"
    GRANT_REVIEW = "grant-review"


class FilterDecision(StrEnum):
    """What becomes of quarantined items."""

    RELEASE = "release"
    DESTROY = "destroy"


class SkipReason(StrEnum):
    """Why something was left out of an intake, or is not what it was at one moment. Append only.

    What `changed-while-read` was taken in as it was read. What the last four name lies in an archive that was taken in
    whole, and is no item of its own: encrypted; damaged or packed in a way that is not unpacked here; an archive in too
    many others; more than an archive of that size may unpack to.
    """

    LINK = "link"
    DEVICE = "device"
    PIPE_OR_SOCKET = "pipe-or-socket"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    TOO_DEEP = "too-deep"
    NAME_TOO_LONG = "name-too-long"
    CHANGED_WHILE_READ = "changed-while-read"
    MEMBER_LOCKED = "member-locked"
    MEMBER_UNREADABLE = "member-unreadable"
    NESTED_TOO_DEEP = "nested-too-deep"
    UNPACKS_TOO_LARGE = "unpacks-too-large"


class LeftOutReason(StrEnum):
    """Why a dossier shows nothing of an exhibit that the node has: nobody may use it, or not yet. Append only."""

    ORDER_WITHDRAWN = "order-withdrawn"
    USE_RESTRICTED = "use-restricted"
    STANDSTILL = "standstill"


class FilterReason(StrEnum):
    """Why a filter team, or the office's own term, decides so. Append only.

    What is out of scope is released under a further grant only; what a screen put aside, when the team finds it not privileged.
    """

    SUPPLEMENTARY_GRANT = "supplementary-grant"
    NOT_COVERED = "not-covered"
    PRIVILEGED = "privileged"
    UNPROVEN = "unproven"
    TERM_OVER = "term-over"
    NOT_PRIVILEGED = "not-privileged"


class LegalHoldReason(StrEnum):
    """Why nothing of a case may be destroyed, and why it may be again. Append only."""

    PROCEEDINGS_PENDING = "proceedings-pending"
    APPEAL_PENDING = "appeal-pending"
    REDRESS_PENDING = "redress-pending"
    COURT_ORDER = "court-order"
    ANOTHER_AUTHORITY_ASKED = "another-authority-asked"
    PROCEEDINGS_OVER = "proceedings-over"
    SET_IN_ERROR = "set-in-error"


class KeepingGround(StrEnum):
    """Why something is kept beyond the date that a rule sets, or although it was asked back. Append only."""

    PROCEEDINGS_PENDING = "proceedings-pending"
    APPEAL_PENDING = "appeal-pending"
    REDRESS_PENDING = "redress-pending"
    COURT_ORDER = "court-order"
    LAW_DEMANDS = "law-demands"
    ANOTHER_AUTHORITY_ASKED = "another-authority-asked"
    OWN_PROCEEDINGS = "own-proceedings"


class PaperMeans(StrEnum):
    """How something went by hand to an authority without a node. Append only."""

    E_MAIL = "e-mail"
    POST = "post"
    COURIER = "courier"
    FAX = "fax"
    IN_PERSON = "in-person"


class CopiesReason(StrEnum):
    """Why copies are asked for. Append only."""

    CASE_DISPOSED = "case-disposed"
    ORDER_WITHDRAWN = "order-withdrawn"


class CopiesStanding(StrEnum):
    """What became of copies. Append only."""

    DESTROYED = "destroyed"
    KEPT = "kept"
    NONE_HELD = "none-held"
