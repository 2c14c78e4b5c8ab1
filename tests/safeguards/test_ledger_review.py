"""An overseer's examination of openings: an act's class must bear the marks that its own words ask for, all and no others."""

from datetime import UTC, datetime

import pytest
from msgspec import msgpack

from comity.acts.bodies import OrderReasoned, ProductionOrdered
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.payload import Author, Payload, act_id, write_payload
from comity.law.packaged import packaged_law
from comity.ledger.entries import Entry
from comity.ledger.openings import open_class
from comity.ledger.tree import StoredTree
from comity.safeguards.ledger_review import MARKS_DIFFER, OpenedLeaf, examine
from comity.trust.keys import SealKey, seal_certificate
from comity.trust.seals import seal, write_sealed
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.targets import Target, TargetKind
from comity.vocabulary.wire import tagged_hash

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MARK = "without-validation"
SEED = tagged_hash("key of a test")
KEY = SealKey(
    SEED,
    seal_certificate(
        SEED, "pt", not_before=datetime(2026, 1, 1, tzinfo=UTC), not_after=datetime(2027, 1, 1, tzinfo=UTC), serial=1
    ),
)


def examined(*marked):
    """The finding on a ledger of orders without validation and reasons, each with these marks on its class."""
    entries, leaves = [], []
    for place, (without, marks) in enumerate(marked):
        body = order() if without else OrderReasoned("necessary", "summary")
        payload = Payload(
            v=1,
            issuer="pt",
            to=("provider",),
            case="0" * 32,
            nonce=f"{place:032x}",
            at=NOON,
            directory=1,
            re=(),
            act=ActClass(ActType(body.__struct_config__.tag), "EU-2023-1543", Urgency.EMERGENCY, marks),
            seals=("EdDSA",),
            author=Author("pt.ramos", "police"),
            body=body,
        )
        sealed = seal(write_payload(payload), KEY, at=NOON)
        entry = Entry(act_id(write_payload(payload)), payload.act, bytes([place] * 32), bytes([place + 100] * 32))
        opening = open_class(entry)
        shown = (entry.salt, write_sealed(sealed)) if MARK in marks else ()
        entries.append(entry)
        leaves.append(OpenedLeaf(opening, *shown))
    root = StoredTree([entry.leaf_hash() for entry in entries]).root()
    return examine(packaged_law(), msgpack.encode(leaves), MARK, root, len(entries)).finding


def order():
    return ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.POLICE,
        issuing=Contact("Judiciary Police", "contact-point", "Inspector Costa"),
        data=DataSought((Target(TargetKind.PHONE, "351910000000"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal Code, kidnapping", 8),
        emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY,
        emergency_reasons="A child is missing.",
        without_validation=True,
    )


def test_orders_that_bear_the_marks_their_words_ask_for_are_proven():
    finding = examined((True, ("emergency", MARK)), (False, ()), (True, ("emergency", MARK)))
    assert (finding.proven, finding.complete, finding.code) == (2, True, "")


@pytest.mark.parametrize("marks", [(MARK,), ("emergency", "notified", MARK)])
def test_an_order_shown_under_other_marks_than_its_words_ask_for_is_found(marks):
    finding = examined((True, ("emergency", MARK)), (True, marks))
    assert (finding.complete, finding.code) == (False, MARKS_DIFFER)


def test_an_act_that_bears_the_mark_without_being_such_an_order_is_found():
    """Padding the count with other acts would let an order be taken out of it unseen."""
    finding = examined((True, ("emergency", MARK)), (False, (MARK,)))
    assert (finding.complete, finding.code) == (False, MARKS_DIFFER)
