"""What the certificate of an order, and the form that answers or follows it, says beyond what the order itself is.

Whom to reach and how, under which file numbers, to whom data go, what went before: what an annex has room for and a person
may have to say. An act without any of it carries no `particulars` at all and is encoded as it was before there were any, so
a partner that knows none reads it. Within them, too, what is not said is not written.

Nothing here is for the enforcing authority alone: whatever stands in these structs can be shown to an addressee. Codes are
those of the instrument.
"""

from typing import Annotated

from msgspec import Meta, Struct

from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.instants import Instant

Country = Annotated[str, Meta(pattern=r"^([A-Z]{2})?\Z")]
"""ISO 3166-1 alpha-2; empty where it is not said."""


class Stated(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all of these have in common: every field may be left out, and then is not written."""


class Correspondence(Stated, frozen=True):
    """How somebody is written to, beside name, telephone and e-mail. `languages` (BCP 47) are those it can be done in."""

    post: str = ""
    file_number: str = ""
    address: str = ""
    fax: str = ""
    languages: tuple[str, ...] = ()


class Party(Correspondence, frozen=True):
    """An authority, an addressee or a contact point: who it is, and how it is reached."""

    organisation: str = ""
    person: str = ""
    phone: str = ""
    email: str = ""


class Validating(Party, frozen=True):
    """The authority that validated an order: what it is in law, and when it did so."""

    kind: OfficeKind | None = None
    validated_at: Instant | None = None


class ServiceProvider(Stated, frozen=True):
    """The provider whose service is concerned; `national_id` is its number in the register of `country`."""

    name: str = ""
    country: Country = ""
    national_id: str = ""


class Addressee(Party, frozen=True):
    """The addressee of an order. `kind` is what it is to its provider, by its code.

    `readdressed` is the code of why it is addressed in an emergency although another would be the usual one; `provider` is
    the one concerned, where that is not the addressee.
    """

    kind: str = ""
    readdressed: str = ""
    provider: ServiceProvider | None = None
    other: str = ""


class Answering(Party, frozen=True):
    """The addressee as it answers. `kind` is what it is to its provider, by its code; `authorised` is who signs for it."""

    kind: str = ""
    authorised: str = ""


class EarlierRequest(Stated, frozen=True):
    """A request that went before: `code` is how the order relates to it, `by` who issued it, `to` whom it was sent to."""

    code: str = ""
    by: str = ""
    file_number: str = ""
    issued_at: Instant | None = None
    sent_at: Instant | None = None
    to: str = ""
    addressee_file_number: str = ""
    other: str = ""


class OrderParticulars(Stated, frozen=True):
    """Of an order to preserve, and of every order. `services` are the names of the services that the identifiers belong to.

    `issuing` adds to the order's own contact; `contact_point` is there where another than it is to be reached. `limits` is
    whatever narrows the data ordered; `proceedings` are codes; `nature` is what the offence is and how the law classes it.
    """

    issuing_state: Country = ""
    issuing: Correspondence | None = None
    contact_point: Party | None = None
    validating: Validating | None = None
    addressee: Addressee | None = None
    services: tuple[str, ...] = ()
    other_identifiers: str = ""
    about_identifiers: str = ""
    limits: str = ""
    proceedings: tuple[str, ...] = ()
    nature: str = ""
    other: str = ""


class ProductionParticulars(OrderParticulars, frozen=True):
    """Of an order to produce. `data_to` are codes of the authorities the data go to, `data_to_party` who the other one is.

    `deadlines` are further ones to respect; `notified` is how the notified authority is reached.
    """

    deadlines: str = ""
    earlier: tuple[EarlierRequest, ...] = ()
    about_earlier: str = ""
    notified: Party | None = None
    data_to: tuple[str, ...] = ()
    data_to_party: Party | None = None
    data_format: str = ""


class AnswerParticulars(Stated, frozen=True):
    """Of an addressee's statement why an order is not executed. `received_at` is when the order reached it.

    `provision_text`, `interests` and `about_conflict` add to the conflicting law that is stated; `not_preserved` are the labels
    of items that are, exceptionally, not preserved although the others are.
    """

    received_at: Instant | None = None
    enforcing_file_number: str = ""
    addressee: Answering | None = None
    further_reasons: str = ""
    provision_text: str = ""
    interests: str = ""
    about_conflict: str = ""
    not_preserved: tuple[str, ...] = ()


class ExtensionParticulars(Stated, frozen=True):
    """Of what follows an order to preserve: when that was sent, and when it was extended before."""

    order_sent_at: Instant | None = None
    extended_at: Instant | None = None


class FollowUpParticulars(ExtensionParticulars, frozen=True):
    """Of the request that follows: who issued it, when it was sent, and to whom."""

    issued_by: str = ""
    sent_at: Instant | None = None
    sent_to: str = ""
