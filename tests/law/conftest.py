"""Builders shared by the tests of law: whole acts around a body, and the packaged law, read once."""

from datetime import UTC, datetime

import pytest

from comity.acts.bodies import PreservationRequested, ProductionOrdered
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.payload import Author, Payload
from comity.law.packaged import packaged_law
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def law():
    return packaged_law()


@pytest.fixture(scope="session")
def payload_of():
    def build(body, instrument, *, at=NOON, issuer="pt", to=("de",), re=(), urgency=Urgency.URGENT):
        return Payload(
            v=1,
            issuer=issuer,
            to=to,
            case="0" * 32,
            nonce="0" * 32,
            at=at,
            directory=1,
            re=re,
            act=ActClass(ActType(body.__struct_config__.tag), instrument, urgency),
            seals=("EdDSA",),
            author=Author("pt.costa", "contact-point"),
            body=body,
        )

    return build


@pytest.fixture(scope="session")
def preservation():
    """A preservation request that says everything."""
    return PreservationRequested(
        measure="expedited-preservation",
        requesting=Contact("Judiciary Police", "contact-point", "Inspector Costa"),
        offence=Offence("illegal-access", "Law 109/2009, unlawful access", 5),
        facts="A company's mailbox was taken over.",
        data=DataSought((Target(TargetKind.EMAIL, "someone@example.org"),), (DataCategory.CONTENT,)),
        link_to_offence="The mailbox is the one taken over.",
        custodian="provider",
        necessity="Logs are overwritten after some days.",
        intends_mutual_assistance=True,
    )


@pytest.fixture(scope="session")
def emergency():
    """An order for subscriber data without prior validation that says everything."""
    return ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.POLICE,
        issuing=Contact("Judiciary Police", "contact-point", "Inspector Costa"),
        data=DataSought((Target(TargetKind.PHONE, "351910000000"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal Code, kidnapping", 8),
        emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY,
        emergency_reasons="A child is missing.",
        without_validation=True,
        validation_unobtainable="No judge can be reached within the hour.",
        domestic_equivalent="Code of Criminal Procedure, urgent measures",
    )
