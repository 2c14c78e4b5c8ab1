"""Who may do what at this node: the question every use case asks first, and the three things it may hear.

This is about the node's own house: offices and the steps they take. What the law demands of an act, and which office of
which authority is competent for it, is found by `comity.law` and `comity.trust` from the act itself, at both ends.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from comity.acts.classes import ActType
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import AuthorityId, OfficeId, OfficerId


class Action(StrEnum):
    """What an officer wants to do. Append only: policies and the acts of refusal name these."""

    DRAFT = "draft"
    APPROVE = "approve"
    FILE = "file"
    HOLD = "hold"
    DECIDE = "decide"
    ORDER = "order"
    HAND_OVER = "hand-over"
    TAKE_OVER = "take-over"
    VALIDATE = "validate"
    WITHDRAW = "withdraw"
    OPEN_ITEM = "open-item"
    EXPORT = "export"
    CLOSE = "close"
    DISPOSE = "dispose"
    REVIEW = "review"
    WITNESS = "witness"
    ROTATE_KEYS = "rotate-keys"
    READ_CASE = "read-case"
    MANAGE_NODE = "manage-node"
    LIST_ITEMS = "list-items"
    READ_DRAFT = "read-draft"
    DISCARD_DRAFT = "discard-draft"
    INSPECT_READINGS = "inspect-readings"
    LIST_QUARANTINE = "list-quarantine"
    OPEN_QUARANTINE = "open-quarantine"
    DECIDE_QUARANTINE = "decide-quarantine"
    REDACT = "redact"
    LIFT_REDACTION = "lift-redaction"
    SET_LEGAL_HOLD = "set-legal-hold"
    LIFT_LEGAL_HOLD = "lift-legal-hold"
    SET_RETENTION = "set-retention"
    TRACE_COPIES = "trace-copies"
    COPY_OUT = "copy-out"
    RETURN_EXHIBIT = "return-exhibit"
    READ_STATISTICS = "read-statistics"
    SET_SCREEN = "set-screen"
    LIFT_SCREEN = "lift-screen"
    OPEN_NAMES = "open-names"


class OfficerRef(Struct, frozen=True):
    """An officer who is logged in, with the offices the directory gives them today and what each office is in law."""

    officer: OfficerId
    authority: AuthorityId
    offices: Mapping[OfficeId, OfficeKind]


class Resource(Struct, frozen=True):
    """What the action is done to, and the one office the officer does it in: rights of other offices don't count.

    What an action needs to know and is not told counts against it:
    - draft, file: `act`, the kind of act to be made;
    - approve, read-draft, discard-draft: `act`, and `author`, the officer who drafted it;
    - open-item, redact, copy-out: `quarantined`, and `purpose_stated`;
    - read-case, list-items: `procedures`, the kinds of matter in the case, and `quarantined`, whether something of it is;
    - list-quarantine, open-quarantine, decide-quarantine, lift-screen, open-names: `investigates`, whether the officer holds
      any office that investigates, `works_on_case`, and `purpose_stated`.
    """

    office: OfficeId
    act: ActType | None = None
    author: OfficerId = ""
    quarantined: bool | None = None
    purpose_stated: bool | None = None
    procedures: tuple[str, ...] | None = None
    investigates: bool | None = None
    works_on_case: bool | None = None


class DenialCode(StrEnum):
    """Why not. Append only: an `OpeningRefused` act carries one."""

    OFFICE_NOT_HELD = "office-not-held"
    NOT_PERMITTED = "not-permitted"
    OTHER_AUTHORITY = "other-authority"
    OWN_DRAFT = "own-draft"
    NO_PURPOSE = "no-purpose"
    QUARANTINED = "quarantined"
    UNDECIDED = "undecided"
    INVESTIGATOR = "investigator"
    COURT_NEEDED = "court-needed"


class Allowed(Struct, frozen=True):
    """Yes; `rules` are the names of the policies that permit it."""

    rules: tuple[str, ...]


class Denied(Struct, frozen=True):
    """No; `why` is a sentence for the officer, `rules` the names of the policies that forbid it, if any does."""

    code: DenialCode
    why: str
    rules: tuple[str, ...] = ()


ASK_ANOTHER = "have an officer of an office that may do it"
"""What to do about a refusal."""


def no_office(officer: OfficerRef) -> Refusal | None:
    """None when the officer holds any office today; without one there is nothing to be read."""
    if officer.offices:
        return None
    return Refusal(DenialCode.OFFICE_NOT_HELD, f"{officer.officer} holds no office today", do=ASK_ANOTHER)


class AccessPolicy(Protocol):
    """The node's access policy. Answers alike for alike questions; safe for threads."""

    def decide(self, principal: OfficerRef, action: Action, resource: Resource) -> Allowed | Denied:
        """Whether the officer may. Whatever no policy permits, and whatever can't be decided cleanly, is denied."""
        ...
