"""What each reader's copy of a form can be filled from. A provider's copy has no room for what a provider may not see.

Necessity, proportionality and the summary of a case go to the authority of the enforcing State and never to the provider
(the last section of a production order's certificate). That is not left to a filter: a provider's copy is filled from the
structs below, which have no such field, and an act that exists to carry those words has no struct here at all. A form
file that wants to show one of them to a provider is refused when it is loaded, because its path leads nowhere.

The next editor breaks this by adding such a field to a struct below; `tests/forms/test_provider_copies.py` fails then.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from comity.acts.bodies import AnyBody, order_of
from comity.acts.classes import ActType
from comity.acts.matters import Contact, DataSought, Offence, RequestedItem
from comity.acts.particulars import (
    ExtensionParticulars,
    FollowUpParticulars,
    OrderParticulars,
    ProductionParticulars,
)
from comity.acts.payload import Payload
from comity.forms.terms import Audience
from comity.trust.seals import OpenedSeal, read_sealed
from comity.vocabulary.categories import EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, InstrumentId, MeasureId, OfficerId
from comity.vocabulary.instants import Instant


class ActHead(Struct, frozen=True):
    """What stands on the outside of an act: nothing of its words. `signed_by` are who approved it with a key of their own."""

    id: ActId
    type: ActType
    case: CaseId
    by: AuthorityId
    to: tuple[AuthorityId, ...]
    at: Instant
    instrument: InstrumentId
    urgency: Urgency
    signed_by: tuple[OfficerId, ...] = ()


class ProductionCertificate(Struct, frozen=True):
    """What a provider is told of a production order."""

    measure: MeasureId
    issuing_kind: OfficeKind
    issuing: Contact | None
    data: DataSought | None
    offence: Offence | None
    emergency: EmergencyGround | None
    emergency_reasons: str
    without_validation: bool
    items: tuple[RequestedItem, ...]
    notified: AuthorityId | None
    to_processor: bool
    processor_reason: str
    controller_informed: bool | None
    controller_not_informed_because: str
    for_public_authority: bool
    public_authority_here: bool
    privileged_professional: bool
    privileged_reason: str
    delay_grounds: tuple[str, ...]
    delay_reasons: str
    return_days: int | None
    legal_grounds: str
    particulars: ProductionParticulars | UnsetType = UNSET


class PreservationCertificate(Struct, frozen=True):
    """What a provider is told of a preservation order."""

    measure: MeasureId
    data: DataSought
    days: int
    confidential: bool
    issuing: Contact | None
    offence: Offence | None
    items: tuple[RequestedItem, ...]
    for_public_authority: bool
    public_authority_here: bool
    issuing_kind: OfficeKind | None
    without_validation: bool
    particulars: OrderParticulars | UnsetType = UNSET


class FollowUpCertificate(Struct, frozen=True):
    """What a provider is told of the request that follows a preservation order."""

    order: ActId
    instrument: str
    reference: str
    issued_at: Instant
    particulars: FollowUpParticulars | UnsetType = UNSET


class ExtensionCertificate(Struct, frozen=True):
    """What a provider is told of the extension of a preservation order."""

    order: ActId
    particulars: ExtensionParticulars | UnsetType = UNSET


ProviderWords = ProductionCertificate | PreservationCertificate | FollowUpCertificate | ExtensionCertificate
"""Everything a provider's copy can say."""

PROVIDER_WORDS: Mapping[ActType, type[ProviderWords]] = {
    ActType.PRODUCTION_ORDERED: ProductionCertificate,
    ActType.PRESERVATION_ORDERED: PreservationCertificate,
    ActType.FOLLOW_UP_CONFIRMED: FollowUpCertificate,
    ActType.PRESERVATION_EXTENDED: ExtensionCertificate,
}
"""The acts a provider's copy can be made of. An act that is not here cannot reach one."""


class ProviderSheet(Struct, frozen=True):
    """One act as a provider may see it."""

    act: ActHead
    says: ProviderWords


class ProviderCopy(Struct, frozen=True):
    """Everything a provider's copy is filled from."""

    order: ProviderSheet | None = None
    answer: ProviderSheet | None = None


class AuthoritySheet(Struct, frozen=True):
    """One act as an authority sees it: whole."""

    act: ActHead
    says: AnyBody


class AuthorityCopy(Struct, frozen=True):
    """Everything an authority's copy is filled from."""

    order: AuthoritySheet | None = None
    answer: AuthoritySheet | None = None


Copy = ProviderCopy | AuthorityCopy

_AS_PROVIDER = frozenset({Audience.PROVIDER, Audience.PERSON})
"""Who is told no more than a provider."""


def seen_as_provider(audience: Audience) -> bool:
    """Whether that reader's copy is filled from the provider's projection."""
    return audience in _AS_PROVIDER


def provider_copy(order: OpenedSeal | None, answer: OpenedSeal | None) -> ProviderCopy:
    """The acts as a provider may see them.

    Raises `BrokenInputError(NOT_ALLOWED)` for an act that no provider may see.
    """
    return ProviderCopy(
        order=ProviderSheet(_head(order), _narrowed(order.payload)) if order else None,
        answer=ProviderSheet(_head(answer), _narrowed(answer.payload)) if answer else None,
    )


def authority_copy(order: OpenedSeal | None, answer: OpenedSeal | None) -> AuthorityCopy:
    """The acts as an authority sees them."""
    return AuthorityCopy(
        order=AuthoritySheet(_head(order), order.payload.body) if order else None,
        answer=AuthoritySheet(_head(answer), answer.payload.body) if answer else None,
    )


def opened_acts(order: bytes | None, answer: bytes | None) -> tuple[OpenedSeal | None, OpenedSeal | None]:
    """The sealed acts, read, when the answer is one to the order.

    Raises `BrokenInputError`: what `read_sealed` raises; PREDECESSOR_MISSING when one does not belong to the other.
    """
    asked = read_sealed(order) if order is not None else None
    said = read_sealed(answer) if answer is not None else None
    if asked and said and asked.id not in (*said.payload.re, order_of(said.payload.body)):
        raise BrokenInputError(ErrorCode.PREDECESSOR_MISSING, "the one act does not answer the other")
    return asked, said


def made_at(copy: Copy) -> datetime:
    """When the newest of the acts was made: the date of the form."""
    return max(sheet.act.at for sheet in (copy.order, copy.answer) if sheet is not None)


def _head(opened: OpenedSeal) -> ActHead:
    payload = opened.payload
    return ActHead(
        id=opened.id,
        type=payload.act.type,
        case=payload.case,
        by=payload.issuer,
        to=payload.to,
        at=payload.at,
        instrument=payload.act.instrument,
        urgency=payload.act.urgency,
        signed_by=tuple(each.officer for each in opened.approvals),
    )


def _narrowed(payload: Payload) -> ProviderWords:
    """The body's fields that the provider's struct has, by name; no other can get in."""
    shape = PROVIDER_WORDS.get(payload.act.type)
    if shape is None:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "an act of this kind has nothing that a provider may see",
            found=payload.act.type,
            expected=", ".join(sorted(PROVIDER_WORDS)),
        )
    return shape(**{name: getattr(payload.body, name) for name in shape.__struct_fields__})
