"""Deliveries: queued with their act, worked off in order, delivered once, found again by their receipt."""

from datetime import timedelta

import pytest

from comity.casework.ports.delivery import Delivery, KeptReceipt
from comity.vocabulary.categories import Urgency

HOUR = timedelta(hours=1)


def pending(records, make, peer="de", limit=99, at=None):
    return [delivery.act for delivery in records.outbox.pending(peer, limit, at or make.now)]


def states(records, acts):
    return {(each.act, each.peer): (each.state, each.code) for each in records.outbox.progress(acts)}


@pytest.fixture
def acts(records, make):
    acts = [make.act(make.case()) for _ in range(4)]
    make.file(records, acts[0], acts[1], to=("de",))
    make.file(records, acts[2], acts[3], to=("de", "provider"))
    return [act.id for act in acts]


def test_deliveries_come_in_the_order_of_filing_and_no_more_than_asked(records, make, acts):
    assert pending(records, make) == acts
    assert pending(records, make, limit=3) == acts[:3]
    assert pending(records, make, "provider") == acts[2:]
    assert pending(records, make, "oversight") == []


def test_what_failed_comes_back_when_it_is_due_and_not_before(records, make, acts):
    records.outbox.failed("de", acts[:1], "unavailable", make.now + HOUR, at=make.now)
    assert pending(records, make) == acts[1:]
    again = records.outbox.pending("de", 9, make.now + HOUR)
    assert again[0] == Delivery(acts[0], "de", attempts=1, code="unavailable")
    assert pending(records, make, "provider") == acts[2:]


def test_what_was_given_up_does_not_come_back(records, make, acts):
    records.outbox.failed("de", acts[:1], "bad-seal", None, at=make.now)
    assert pending(records, make, at=make.now + 1000 * HOUR) == acts[1:]
    assert states(records, acts[:1]) == {(acts[0], "de"): ("failed", "bad-seal")}


def test_a_delivered_act_has_its_receipt_and_is_delivered_once(records, make, acts):
    records.outbox.delivered("de", [KeptReceipt(b"first", (acts[0], acts[1]), "comity/de", 40)], make.now)
    records.outbox.delivered("de", [KeptReceipt(b"second", (acts[1], acts[0]), "comity/de", 90)], make.now)
    assert pending(records, make) == acts[2:]
    assert records.outbox.receipt(acts[0], "de") == records.outbox.receipt(acts[1], "de") == b"first"
    assert records.outbox.receipt(acts[2], "de") is None
    records.outbox.failed("de", acts[:1], "late answer", None, at=make.now)
    assert states(records, acts[:1]) == {(acts[0], "de"): ("delivered", "")}


def test_one_receipt_for_many_acts_is_stored_once_and_an_unused_one_not_at_all(records, make, acts):
    from comity.adapters.postgres.models import Receipt

    records.outbox.delivered("de", [KeptReceipt(b"r" * 5_000, tuple(acts), "comity/de", 0)], make.now)
    records.outbox.delivered("de", [KeptReceipt(b"again", tuple(acts), "comity/de", 0)], make.now)
    records.outbox.delivered("de", [KeptReceipt(b"of nothing", (), "comity/de", 0)], make.now)
    records.outbox.delivered("de", [], make.now)
    assert [bytes(sealed) for sealed in Receipt.objects.values_list("sealed", flat=True)] == [b"r" * 5_000]


def test_a_receipt_from_one_peer_says_nothing_about_another(records, make, acts):
    records.outbox.delivered("provider", [KeptReceipt(b"p", tuple(acts), "comity/provider", 0)], make.now)
    assert pending(records, make, "provider") == []
    assert pending(records, make) == acts


def test_acts_that_a_peer_lost_are_due_again_and_keep_their_receipt_meanwhile(records, make, acts):
    receipts = [
        KeptReceipt(b"early", tuple(acts[:2]), "comity/de", 10),
        KeptReceipt(b"late", tuple(acts[2:]), "comity/de", 20),
    ]
    records.outbox.delivered("de", receipts, make.now)
    assert records.outbox.resend("de", "comity/de", 11, make.now) == 3
    assert pending(records, make) == acts[1:]
    assert records.outbox.receipt(acts[1], "de") == b"early"
    records.outbox.delivered("de", [KeptReceipt(b"anew", tuple(acts[1:]), "comity/de/2", 5)], make.now)
    assert records.outbox.receipt(acts[1], "de") == b"anew"
    assert records.outbox.resend("de", "comity/de", 11, make.now) == 0
    assert records.outbox.resend("provider", "comity/de", 0, make.now) == 0


def test_peers_with_work_are_those_that_something_is_due_for_tried_or_not(records, make, acts):
    assert records.outbox.peers_with_work(make.now) == ["de", "provider"]
    records.outbox.failed("de", acts, "unavailable", make.now + HOUR, at=make.now)
    assert records.outbox.peers_with_work(make.now) == ["provider"]
    records.outbox.delivered("provider", [KeptReceipt(b"p", tuple(acts[2:]), "comity/provider", 0)], make.now)
    assert records.outbox.peers_with_work(make.now) == []
    assert records.outbox.peers_with_work(make.now + HOUR) == ["de"]
    records.outbox.failed("de", acts, "bad-seal", None, at=make.now)
    assert records.outbox.peers_with_work(make.now + 2 * HOUR) == []


def test_urgency_travels_with_a_delivery_and_the_last_failure_is_states(records, make):
    act = make.act(make.case())
    with records.transaction() as change:
        change.write([act], [make.view(act.case)], [Delivery(act.id, "de", urgency=Urgency.EMERGENCY)], [])
        change.append([make.entry(act.id)], make.sign)
    records.outbox.failed("de", [act.id], "oversized", make.now, at=make.now)
    told = Delivery(act.id, "de", attempts=1, urgency=Urgency.EMERGENCY, code="oversized")
    assert records.outbox.pending("de", 9, make.now) == [told]


def test_a_timeline_can_tell_every_state(records, make, acts):
    records.outbox.failed("de", acts[:1], "waiting", make.now + HOUR, at=make.now)
    records.outbox.failed("de", acts[1:2], "unavailable", make.now + HOUR, at=make.now)
    records.outbox.delivered("de", [KeptReceipt(b"r", (acts[2],), "comity/de", 0)], make.now)
    assert states(records, acts) == {
        (acts[0], "de"): ("pending", "waiting"),
        (acts[1], "de"): ("pending", "unavailable"),
        (acts[2], "de"): ("delivered", ""),
        (acts[2], "provider"): ("pending", ""),
        (acts[3], "de"): ("pending", ""),
        (acts[3], "provider"): ("pending", ""),
    }
    assert states(records, []) == {}
