"""The body of every act: one struct per type, tagged by `type`.

The next editor breaks the federation by renaming or removing a field, or by adding one without a default: other nodes
refuse unknown fields, and old acts must decode for as long as their ledger stands. Fields are appended, with defaults.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from comity.acts.body import AboutOrder, Body, UnderMeasure
from comity.acts.care_bodies import CareBody
from comity.acts.classes import ActType
from comity.acts.custody_bodies import CustodyBody
from comity.acts.matters import (
    Condition,
    Contact,
    DataSought,
    LapsedLimit,
    LeftOut,
    NotTakenIn,
    Offence,
    PartDecision,
    Portion,
    RequestedItem,
    ScopePart,
    StoredObject,
    Withheld,
)
from comity.acts.order_bodies import AuthorityNotified, EnforcementRequested, OrderBody
from comity.acts.paper_bodies import PaperAnswerRecorded, PaperBody
from comity.acts.particulars import OrderParticulars, ProductionParticulars
from comity.acts.quarantine_bodies import QuarantineBody
from comity.acts.redaction_bodies import RedactionBody, RedactionLifted
from comity.acts.retention_bodies import CopiesAsked, CopiesTraced, RetentionBody
from comity.acts.review_bodies import ReviewBody
from comity.vocabulary.categories import EmergencyGround, LegalHoldReason, OfficeKind, QuarantineCode
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, ExhibitId
from comity.vocabulary.instants import Instant, ZoneName

LAST_EPOCH = 999
"""A ledger that was restored more often than this is not one that anybody should rely on."""


# Preservation -----------------------------------------------------------------------------------------------------


class PreservationRequested(UnderMeasure, frozen=True, tag=ActType.PRESERVATION_REQUESTED.value):
    """A request that stored data be preserved by another Party."""

    requesting: Contact | None = None
    offence: Offence | None = None
    facts: str = ""
    data: DataSought | None = None
    link_to_offence: str = ""
    custodian: AuthorityId | None = None
    location: str = ""
    necessity: str = ""
    intends_mutual_assistance: bool = False
    confidential: bool = True


class PreservationOrdered(UnderMeasure, frozen=True, tag=ActType.PRESERVATION_ORDERED.value):
    """An order to a custodian to preserve. `days` is the length ordered, in calendar days; the law may set it instead.

    Where `items` are named, `data` states all their identifiers and categories together. What concerns an order without prior
    validation means what it means in `ProductionOrdered`.
    """

    data: DataSought
    days: int
    grounds: str
    confidential: bool = True
    issuing: Contact | None = None
    offence: Offence | None = None
    items: tuple[RequestedItem, ...] = ()
    for_public_authority: bool = False
    public_authority_here: bool = False
    issuing_kind: OfficeKind | None = None
    emergency: EmergencyGround | None = None
    emergency_reasons: str = ""
    without_validation: bool = False
    validation_unobtainable: str = ""
    domestic_equivalent: str = ""
    particulars: OrderParticulars | UnsetType = UNSET


class SegmentSealed(Body, frozen=True, tag=ActType.SEGMENT_SEALED.value):
    """A stretch of intake is committed: `root` is the RFC 6962 root over its items, `objects_root` over what was stored."""

    exhibit: ExhibitId
    number: int
    root: Digest
    items: int
    size: int
    objects_root: Digest
    objects: int


class HoldConfirmed(Body, frozen=True, omit_defaults=True, tag=ActType.HOLD_CONFIRMED.value):
    """Data are held. `root` binds all segment roots (RFC 6962); `size` is in bytes of plain content.

    `left_out` is there where something was not taken in, or changed while it was read. `zone` is the IANA name of the time zone
    that was assumed of times which say none; without it, such times are unknown.
    """

    exhibit: ExhibitId
    root: Digest
    segments: int
    items: int
    size: int
    effected_at: Instant
    until: Instant
    left_out: NotTakenIn | None = None
    zone: ZoneName = ""


class PreservationConfirmed(Body, frozen=True, tag=ActType.PRESERVATION_CONFIRMED.value):
    """The requested Party tells the requesting Party that the data are held. `encloses` names the custodian's own act."""

    exhibit: ExhibitId
    root: Digest
    items: int
    size: int
    effected_at: Instant
    at_least_until: Instant
    encloses: tuple[ActId, ...] = ()


class RequestRefused(Body, frozen=True, tag=ActType.REQUEST_REFUSED.value):
    """A request is refused as a whole, on a coded ground of the instrument."""

    ground: str
    reasons: str


# Disclosure -------------------------------------------------------------------------------------------------------


class DisclosureRequested(UnderMeasure, frozen=True, tag=ActType.DISCLOSURE_REQUESTED.value):
    """A request for disclosure of stored data that are under a hold. `hold` is the act that confirmed the hold."""

    hold: ActId | None = None
    requesting: Contact | None = None
    offence: Offence | None = None
    facts: str = ""
    scope: tuple[ScopePart, ...] = ()
    necessity: str = ""
    purpose: str = ""
    answer_by: Instant | None = None
    answer_by_reasons: str = ""
    language: str = ""
    procedure: str = ""
    emergency: EmergencyGround | None = None
    emergency_reasons: str = ""


class DisclosureDecided(Body, frozen=True, tag=ActType.DISCLOSURE_DECIDED.value):
    """The requested Party's decision on each part of a request, with the conditions on what is granted."""

    parts: tuple[PartDecision, ...]
    conditions: tuple[Condition, ...] = ()


class DisclosureOrdered(UnderMeasure, frozen=True, tag=ActType.DISCLOSURE_ORDERED.value):
    """A domestic order to the custodian to disclose, from a hold, exactly the granted scope; `refused` parts only count."""

    hold: ActId
    scope: tuple[ScopePart, ...]
    refused: tuple[ScopePart, ...] = ()


# Custody ----------------------------------------------------------------------------------------------------------


class ExhibitTakenIn(Body, frozen=True, omit_defaults=True, tag=ActType.EXHIBIT_TAKEN_IN.value):
    """An exhibit comes into being at its custodian, outside a hold; same meanings as in `HoldConfirmed`."""

    exhibit: ExhibitId
    root: Digest
    segments: int
    items: int
    size: int
    left_out: NotTakenIn | None = None
    zone: ZoneName = ""


class ExhibitHandedOver(Body, frozen=True, tag=ActType.EXHIBIT_HANDED_OVER.value):
    """The giver's act of a hand-over; authorises its addressee to pull `objects` and the `manifest`.

    `key` is the exhibit's age identity in a hybrid HPKE envelope to the taker, base64url. `hold_root` is the root that
    every item proves itself against. `encloses` names acts of earlier holders, so that the chain travels with the exhibit.
    `portion` is there where the order is carried out in several hand-overs.
    """

    exhibit: ExhibitId
    hold_exhibit: ExhibitId
    hold_root: Digest
    items: int
    size: int
    manifest: StoredObject
    objects: tuple[StoredObject, ...]
    withheld: tuple[Withheld, ...]
    key: str
    order: ActId
    encloses: tuple[ActId, ...] = ()
    portion: Portion | None = None


class ExhibitReceived(Body, frozen=True, tag=ActType.EXHIBIT_RECEIVED.value):
    """The taker's act of a hand-over: the same hashes as the giver's. `opened` says whether items were checked inside.

    `remaining` is the root over the objects that the taker has of it, where items were put aside and others left.
    """

    exhibit: ExhibitId
    hand_over: ActId
    manifest: Digest
    objects_root: Digest
    items: int
    opened: bool
    remaining: Digest | None = None


class ItemsQuarantined(Body, frozen=True, tag=ActType.ITEMS_QUARANTINED.value):
    """Items were put aside unseen: how many, and a code. Quarantine answers no questions."""

    exhibit: ExhibitId
    items: int
    code: QuarantineCode


class DestructionDecided(Body, frozen=True, tag=ActType.DESTRUCTION_DECIDED.value):
    """An exhibit is destroyed here from now on, and nothing stops that: a legal hold that was set before would have.

    `returned_to` is whom it is given back to by that, when all that is left of it here is gone.
    """

    exhibit: ExhibitId
    reason: str
    returned_to: AuthorityId | None = None


class ExhibitDestroyed(Body, frozen=True, tag=ActType.EXHIBIT_DESTROYED.value):
    """An exhibit's key was destroyed and its objects deleted at the issuer, for a coded reason."""

    exhibit: ExhibitId
    reason: str
    objects: int


# Emergency production ---------------------------------------------------------------------------------------------


class OrderReasoned(Body, frozen=True, tag=ActType.ORDER_REASONED.value):
    """The grounds of an order that the law keeps from its addressee: necessity, proportionality, summary of the case."""

    necessity: str
    summary: str


class ProductionOrdered(UnderMeasure, frozen=True, tag=ActType.PRODUCTION_ORDERED.value):
    """An order to a provider to produce data. Carries nothing of Section M: that is `OrderReasoned`, never sent.

    Where `items` are named, `data` states all their identifiers and categories together. `notified` is the authority that
    is notified of the order; `offence_here` and `resident_here` are the issuer's reasonable grounds that need none. Codes
    (`processor_reason`, `privileged_reason`, `delay_grounds`) are the instrument's. `return_days` is a time of its own.
    """

    issuing_kind: OfficeKind
    issuing: Contact | None = None
    data: DataSought | None = None
    offence: Offence | None = None
    emergency: EmergencyGround | None = None
    emergency_reasons: str = ""
    without_validation: bool = False
    validation_unobtainable: str = ""
    domestic_equivalent: str = ""
    items: tuple[RequestedItem, ...] = ()
    notified: AuthorityId | None = None
    offence_here: bool = False
    resident_here: bool = False
    notification_grounds: str = ""
    to_processor: bool = False
    processor_reason: str = ""
    controller_informed: bool | None = None
    controller_not_informed_because: str = ""
    for_public_authority: bool = False
    public_authority_here: bool = False
    privileged_professional: bool = False
    privileged_reason: str = ""
    delay_grounds: tuple[str, ...] = ()
    delay_reasons: str = ""
    return_days: int | None = None
    legal_grounds: str = ""
    particulars: ProductionParticulars | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Raises `ValueError` where an item goes beyond what the order as a whole says is ordered."""
        if self.data is None:
            return
        beyond = any(
            item.target not in self.data.targets or not set(item.categories) <= set(self.data.categories)
            for item in self.items
        )
        if beyond:
            raise ValueError("an item names an identifier or a category that the order as a whole does not")


class ProductionValidated(AboutOrder, frozen=True, tag=ActType.PRODUCTION_VALIDATED.value):
    """A competent authority validates an order, to produce or to preserve, after it was issued."""

    validating_kind: OfficeKind


class ProductionWithdrawn(AboutOrder, frozen=True, tag=ActType.PRODUCTION_WITHDRAWN.value):
    """An order is withdrawn; what was obtained or is preserved under it is deleted or restricted by whoever holds it.

    `lapsed` is the limit over which a node withdrew it of itself; None where an officer did.
    """

    reason: str
    lapsed: LapsedLimit | None = None


# The case's end ---------------------------------------------------------------------------------------------------


class CaseClosed(Body, frozen=True, tag=ActType.CASE_CLOSED.value):
    """No further steps are taken in the case; what is kept is kept only until it is disposed of."""

    reason: str


class DossierExported(Body, frozen=True, tag=ActType.DOSSIER_EXPORTED.value):
    """A dossier left the node; `digest` is of the archive's payload manifest, so that a copy can be told from a forgery.

    `left_out` are exhibits of the case that the node has and the dossier shows nothing of.
    """

    digest: Digest
    purpose: str
    left_out: tuple[LeftOut, ...] = ()


class Unreachable(Struct, frozen=True, forbid_unknown_fields=True):
    """A copy that a disposal cannot reach, and when it expires if that is known."""

    what: str
    holder: str
    until: Instant | None = None


class LegalHoldSet(Body, frozen=True, tag=ActType.LEGAL_HOLD_SET.value):
    """From now on nothing of the case is destroyed at the issuer, whatever is due, until this very hold is lifted."""

    reason: LegalHoldReason


class LegalHoldLifted(Body, frozen=True, tag=ActType.LEGAL_HOLD_LIFTED.value):
    """One legal hold, named by its act, stands no longer; what others hold stays held."""

    hold: ActId
    reason: LegalHoldReason


class CaseDisposed(Body, frozen=True, tag=ActType.CASE_DISPOSED.value):
    """The certificate of a disposal: what was destroyed under which rule, and what cannot be reached from here.

    `law` is the version of the law that the rule was read in; `set_by` the act by which the office set the rule for the case,
    where it did. `copies` are those that others were asked for.
    """

    rule: str
    keys: int
    acts: int
    exhibits: int
    objects: int
    unreachable: tuple[Unreachable, ...]
    law: str = ""
    set_by: ActId | None = None
    copies: tuple[CopiesTraced, ...] = ()


# The node itself --------------------------------------------------------------------------------------------------


class KeyRotated(Body, frozen=True, tag=ActType.KEY_ROTATED.value):
    """A key of the issuer is replaced from `valid_from`; the act is sealed with the key that was valid before.

    `key` is one of seal, ledger, witness, agreement; `public` the raw new public key, base64url; `certificate` DER,
    base64url, for a seal key.
    """

    key: str
    public: str
    valid_from: Instant
    certificate: str = ""


class DirectorySeen(Body, frozen=True, tag=ActType.DIRECTORY_SEEN.value):
    """The node took a directory version into use; `digest` is of that version's metadata."""

    version: int
    digest: Digest


class LedgerRestored(Body, frozen=True, tag=ActType.LEDGER_RESTORED.value):
    """The node came back from a backup: its own ledger had `size` leaves, while its witnesses had seen `witnessed`.

    The backup was of epoch `from_epoch`; from now on the ledger goes on as epoch `epoch` (see `comity.ledger.origins`).
    """

    size: int
    witnessed: int
    witnessed_root: Digest
    from_epoch: Annotated[int, Meta(ge=1, le=LAST_EPOCH)] = 1
    epoch: Annotated[int, Meta(ge=2, le=LAST_EPOCH)] = 2


AnyBody = (
    PreservationRequested
    | PreservationOrdered
    | SegmentSealed
    | HoldConfirmed
    | PreservationConfirmed
    | RequestRefused
    | DisclosureRequested
    | DisclosureDecided
    | DisclosureOrdered
    | ExhibitTakenIn
    | ExhibitHandedOver
    | ExhibitReceived
    | ItemsQuarantined
    | DestructionDecided
    | ExhibitDestroyed
    | OrderReasoned
    | ProductionOrdered
    | ProductionValidated
    | ProductionWithdrawn
    | CaseClosed
    | DossierExported
    | CaseDisposed
    | LegalHoldSet
    | LegalHoldLifted
    | KeyRotated
    | DirectorySeen
    | CareBody
    | RedactionBody
    | LedgerRestored
    | OrderBody
    | PaperBody
    | QuarantineBody
    | CustodyBody
    | RetentionBody
    | ReviewBody
)
"""Every body; decoding picks the struct by its tag and refuses any other."""


def enclosed_by(body: AnyBody) -> tuple[ActId, ...]:
    """The acts of others that the body names as going along with it, as evidence."""
    return body.encloses if isinstance(body, PreservationConfirmed | ExhibitHandedOver) else ()


def scan_of(body: AnyBody) -> ExhibitId | None:
    """The paper that the body says was scanned, as it is kept under the case key; None where there is none."""
    if isinstance(body, RedactionLifted) and body.on_paper is not None:
        return body.on_paper.scan
    return body.scan if isinstance(body, PaperAnswerRecorded) else None


NamingOrder = AboutOrder | AuthorityNotified | EnforcementRequested | ExhibitHandedOver | CopiesAsked
"""Every body with an order in it; a test holds this against the bodies."""


def order_of(body: AnyBody) -> ActId | None:
    """The order that the body names, or None."""
    return body.order if isinstance(body, NamingOrder) else None
