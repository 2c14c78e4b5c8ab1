"""Sealed acts to make forms of, and forms made, signed and read in this process."""

import hashlib
import os
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import UNSET

from comity.acts import bodies as b
from comity.acts import order_bodies as o
from comity.acts.classes import ActClass
from comity.acts.matters import (
    Contact,
    DataSought,
    LawConflict,
    NonExecution,
    Offence,
    RequestedItem,
    ScopePart,
)
from comity.acts.particulars import (
    Addressee,
    Answering,
    AnswerParticulars,
    Correspondence,
    EarlierRequest,
    ExtensionParticulars,
    FollowUpParticulars,
    OrderParticulars,
    Party,
    ProductionParticulars,
    ServiceProvider,
    Validating,
)
from comity.acts.payload import Payload, act_id, type_of, write_payload
from comity.acts.seal_format import Approval
from comity.forms.making import Kind, make
from comity.forms.packaged import packaged_forms
from comity.forms.terms import Audience, Language
from comity.trust.keys import SealKey, seal_certificate
from comity.trust.seals import read_sealed, seal, write_sealed
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

AT = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)
PERIOD = Period(datetime(2026, 10, 15, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC))
MAIL = Target(TargetKind.EMAIL, "accounts@victim.example")
LINE = Target(TargetKind.PHONE, "351910000000")
CONTACT = Contact(
    "Polícia Judiciária", "judge", "Judge on duty", "+351 210 000 001", "duty@pj.example", "Europe/Lisbon"
)
DATA = DataSought((MAIL, LINE), (DataCategory.TRAFFIC, DataCategory.CONTENT), PERIOD, "messages and access log")
OFFENCE = Offence("it-2013-40", "Penal Code, Article 161; Lei 109/2009, 4.º", 8)
FRAUD = Offence("computer-related-fraud", "Law 109/2009, Article 3", 5)
NECESSITY = "Without the logs nobody can be identified: NECESSARYWORDS"
CASE = "A mailbox was taken over and invoices were redirected: SUMMARYWORDS"
KNOWN_FACTS = "No immunity is known: FACTWORDS"


def party(shape, **more):
    """A party of which everything is said, in words of its own."""
    name = shape.__name__.lower()
    said = {
        "organisation": f"Organisation ({name})",
        "person": f"Person ({name})",
        "post": f"Post ({name})",
        "file_number": f"File ({name})",
        "address": f"Rua da Justiça 1 ({name}), Lisboa",
        "phone": "+351 210 000 100",
        "fax": "+351 210 000 200",
        "email": f"{name}@pj.example",
        "languages": ("pt", "en"),
    }
    return shape(**said, **more)


PROVIDER = ServiceProvider("Provider, Lda.", "PT", "500000000")
ADDRESSED = {
    "kind": "designated-establishment",
    "readdressed": "did-not-react",
    "provider": PROVIDER,
    "other": "by day",
}
OF_ANY_ORDER = {
    "issuing_state": "PT",
    "issuing": Correspondence(
        "Judge of instruction", "File (issuing)", "Palácio da Justiça", "+351 210 000 002", ("pt",)
    ),
    "contact_point": party(Party),
    "validating": party(Validating, kind=OfficeKind.JUDGE, validated_at=AT),
    "addressee": party(Addressee, **ADDRESSED),
    "services": ("Example Mail", "Example Chat"),
    "other_identifiers": "wallet 0001",
    "about_identifiers": "the second account of the same person",
    "limits": "no attachments",
    "proceedings": ("criminal-proceedings",),
    "nature": "unlawful access to a mailbox",
    "other": "the suspect travels",
}
EARLIER = EarlierRequest(
    "preserved-in-part", "Public Prosecution", "File (earlier)", AT, AT, "Provider", "P-7", "renewed"
)
ORDER_PARTICULARS = OrderParticulars(**OF_ANY_ORDER)
PRODUCTION_PARTICULARS = ProductionParticulars(
    **OF_ANY_ORDER,
    deadlines="hearing on 12 January",
    earlier=(EARLIER, EarlierRequest("earlier-production", "Police")),
    about_earlier="both in this case",
    notified=party(Party),
    data_to=("issuing-authority", "other-competent-authority"),
    data_to_party=party(Party),
    data_format="an archive, encrypted",
)
ANSWER_PARTICULARS = AnswerParticulars(
    AT, "File (enforcing)", party(Answering, kind="legal-representative", authorised="Authorised person"),
    "the office was closed", "Nobody discloses.", "the secrecy of letters", "a judgment is pending", ("mailbox",),
)  # fmt: skip
APPROVED = Approval("pt.costa", "judge", "approve", "credential", "data", "client", "signature")
FOLLOW_UP_PARTICULARS = FollowUpParticulars(AT, AT, "Public Prosecution", AT, "Central authority")

UNDER = {
    "eu": ("EU-2023-1543", ("provider",)),
    "budapest": ("CETS185", ("de",)),
    "eio": ("EU-2014-41", ("de",)),
    "protocol": ("CETS224", ("de",)),
}


def key(name):
    """An authority's seal key; the same name gives the same key."""
    seed = hashlib.sha256(name.encode()).digest()
    span = {"not_before": datetime(2026, 1, 1, tzinfo=UTC), "not_after": datetime(2036, 1, 1, tzinfo=UTC)}
    return SealKey(seed, seal_certificate(seed, name, **span, serial=3))


def sealed(body, under="budapest", *, issuer="pt", to=None, re=(), urgency=Urgency.URGENT, at=AT):
    """An act's id and its sealed bytes."""
    instrument, usual = UNDER[under]
    act_class = ActClass(type_of(body), instrument, urgency)
    payload = Payload(1, issuer, to or usual, "c0" * 16, "ab" * 16, at, 1, re, act_class, ("EdDSA",), None, body)
    raw = write_payload(payload)
    return act_id(raw), write_sealed(seal(raw, key(issuer), at=at, approvals=(APPROVED,)))


def production(**changes):
    """A production order under the Regulation, with everything that a provider is told."""
    said = {
        "measure": "production",
        "issuing_kind": OfficeKind.JUDGE,
        "issuing": CONTACT,
        "data": DATA,
        "offence": OFFENCE,
        "items": (RequestedItem("mailbox", MAIL, (DataCategory.CONTENT,), PERIOD, ("mailbox-dump", "contact-list")),),
        "notified": "de",
        "delay_grounds": ("obstruct", "rights-of-others"),
        "delay_reasons": "The suspects still meet.",
        "to_processor": True,
        "processor_reason": "detrimental",
        "controller_informed": False,
        "controller_not_informed_because": "The controller is the suspect.",
        "particulars": PRODUCTION_PARTICULARS,
    }
    return b.ProductionOrdered(**{**said, **changes})


def notice(order):
    """The notification of that order, with all that is for the enforcing authority alone."""
    return o.AuthorityNotified("notification", order, NECESSITY, CASE, "l11", 8, facts=KNOWN_FACTS)


def preservation(**changes):
    """A preservation order under the Regulation."""
    said = {"measure": "preservation", "data": DATA, "days": 60, "grounds": "", "issuing": CONTACT, "offence": OFFENCE}
    item = RequestedItem("mailbox", MAIL, (DataCategory.TRAFFIC,), PERIOD, ("net-routing", "net-times"))
    said |= {"issuing_kind": OfficeKind.PROSECUTOR, "items": (item,), "particulars": ORDER_PARTICULARS}
    return b.PreservationOrdered(**{**said, **changes})


def request(measure="stored-data-assistance", **changes):
    """A request for disclosure."""
    said = {
        "measure": measure,
        "requesting": CONTACT,
        "offence": FRAUD,
        "facts": "The mailbox of a company was taken over.",
        "scope": (ScopePart("access-log", (DataCategory.TRAFFIC,), PERIOD, ("access/",)),),
        "necessity": "It cannot be found out in any other way.",
        "purpose": "Investigation 123/26",
        "answer_by": AT,
        "answer_by_reasons": "Trial begins.",
        "language": "en",
    }
    return b.DisclosureRequested(**{**said, **changes})


def to_preserve(measure="expedited-preservation"):
    """A request for preservation."""
    return b.PreservationRequested(
        measure, CONTACT, FRAUD, "Invoices were redirected.", DATA, "The mailbox is the one.", "provider", "Germany",
        "Logs are overwritten.", intends_mutual_assistance=True,
    )  # fmt: skip


def every_copy():
    """Name -> form, audience, order and answer (sealed): each copy of each form, once."""
    order, sealed_order = sealed(production(), "eu")
    _, sealed_notice = sealed(notice(order), "eu", to=("de",), re=(order,))
    hold, sealed_hold = sealed(preservation(), "eu")
    conflict = LawConflict(
        "US", "Act on Secrets", "Section 1", ("fundamental-rights",), "there", "forbids", "seat", "fine"
    )
    reasons = (NonExecution("incomplete", ("mailbox",), "Which mailbox?"), NonExecution("third-country-conflict"))
    stated = o.NonExecutionStated(order, reasons, information_needed="the address", conflict=conflict)
    stated = msgspec.structs.replace(stated, particulars=ANSWER_PARTICULARS)
    _, refused = sealed(stated, "eu", issuer="provider", to=("pt",), re=(order,))
    _, follows = sealed(o.FollowUpConfirmed(hold, "MLA", "12/26", AT, FOLLOW_UP_PARTICULARS), "eu", re=(hold,))
    _, longer = sealed(o.PreservationExtended(hold, "REASONWORDS", ExtensionParticulars(AT, AT)), "eu", re=(hold,))
    investigated, eio = sealed(request("investigation-order"), "eio")
    _, receipt = sealed(o.RequestAcknowledged(AT, "Prosecutor"), "eio", issuer="de", to=("pt",), re=(investigated,))
    _, asked = sealed(to_preserve())
    _, wanted = sealed(request())
    of_protocol = {
        "measure": "subscriber-order",
        "legal_grounds": "Code, Art 7",
        "return_days": 30,
        "particulars": UNSET,
    }
    _, direct = sealed(production(**of_protocol), "protocol")
    _, given = sealed(request("giving-effect"), "protocol")
    return {
        "epoc provider": ("epoc", Audience.PROVIDER, sealed_order, None),
        "epoc enforcing": ("epoc", Audience.ENFORCING_AUTHORITY, sealed_order, sealed_notice),
        "epoc-pr": ("epoc-pr", Audience.PROVIDER, sealed_hold, None),
        "non-execution issuing": ("non-execution", Audience.ISSUING_AUTHORITY, sealed_order, refused),
        "non-execution enforcing": ("non-execution", Audience.ENFORCING_AUTHORITY, sealed_order, refused),
        "follow-up": ("follow-up", Audience.PROVIDER, sealed_hold, follows),
        "extension": ("extension", Audience.PROVIDER, sealed_hold, longer),
        "preservation-request": ("preservation-request", Audience.REQUESTED_AUTHORITY, asked, None),
        "disclosure-request": ("disclosure-request", Audience.REQUESTED_AUTHORITY, wanted, None),
        "investigation-order": ("investigation-order", Audience.REQUESTED_AUTHORITY, eio, None),
        "order-receipt": ("order-receipt", Audience.ISSUING_AUTHORITY, eio, receipt),
        "subscriber-order provider": ("subscriber-order", Audience.PROVIDER, direct, None),
        "subscriber-order requested": ("subscriber-order", Audience.REQUESTED_AUTHORITY, direct, None),
        "giving-effect": ("giving-effect", Audience.REQUESTED_AUTHORITY, given, None),
    }


EVERY_COPY = every_copy()


def kind(form, audience, language=Language.ENGLISH):
    """A copy of the form as it is now."""
    return Kind(form, packaged_forms().forms[form].form.version, audience, language)


def made(name, language=Language.ENGLISH):
    """One of every copy, filled."""
    form, audience, order, answer = EVERY_COPY[name]
    return make(packaged_forms(), kind(form, audience, language), order=order, answer=answer)


def certificates(one):
    """Those that the acts inside were sealed under, as a node sends them along."""
    return tuple({key(read_sealed(each).payload.issuer).certificate for each in one.enclosed.values()})


def signed(one, issuer="pt", at=AT):
    """The signed PDF of a filled form."""
    from comity.adapters.documents.form_pages import render_form
    from comity.adapters.documents.pdf_sealing import sign_pdf

    return sign_pdf(render_form(one), "a form", key(issuer), at=at, take=os.urandom, others=certificates(one))


def read(data, pinned=lambda _issuer, _fingerprint: True):
    """The reading of a PDF, its seal taken as known."""
    from comity.adapters.documents.form_reading import read_form

    return read_form(data, packaged_forms(), pinned=pinned)


class Acts:
    """Everything above, for tests."""

    at, necessity, summary, facts = AT, NECESSITY, CASE, KNOWN_FACTS
    emergency = EmergencyGround.LIFE_INTEGRITY_SAFETY
    copies = EVERY_COPY
    key, sealed, production, notice, preservation, request, to_preserve = map(
        staticmethod, (key, sealed, production, notice, preservation, request, to_preserve)
    )
    kind, made, signed, read, certificates = map(staticmethod, (kind, made, signed, read, certificates))


@pytest.fixture(scope="session")
def acts():
    return Acts


def pytest_generate_tests(metafunc):
    """`each_copy`: once for every copy of every form."""
    if "each_copy" in metafunc.fixturenames:
        metafunc.parametrize("each_copy", sorted(EVERY_COPY))
