"""Send: what waits for a peer is taken from the outbox, put into one envelope after another, and receipted.

One job per peer. It stops when nothing is due, or when the peer cannot be reached; then everything it carried is put
back with a later time, and the job comes again by itself. An act is known by its id, so sending twice is harmless: a
crash between the peer's commit and ours costs one more envelope and nothing else.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from comity.acts.receipt_format import ActRejected
from comity.casework.bench.reading import sealed_acts
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.delivery import Delivery, KeptReceipt
from comity.exchange.answers import open_answer
from comity.exchange.bundle import ACTS_LIMIT, REPLY_KEY_BYTES, Bundle, class_of, sealed_payload
from comity.exchange.delivery import QueuedAct, Remedy, next_attempt, next_batch, remedy
from comity.exchange.envelope import seal_envelope
from comity.exchange.hpke import HybridPublicKey
from comity.exchange.receipts import Settlement, settle
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.wire import encode

log = logging.getLogger("comity.send")

_WHOLE = frozenset({ErrorCode.OVERSIZED, ErrorCode.MALFORMED})
"""Codes with which a peer refuses an envelope as a whole because of something in it."""


class Sent(Struct):
    """What a run of the delivery job came to; `again_at` is when something will be due next.

    `skew` is by how much the peer's clock differs from this node's, by the receipts that came; None without any.
    """

    delivered: int = 0
    put_back: int = 0
    given_up: int = 0
    again_at: datetime | None = None
    skew: timedelta | None = None


def deliver(bench: Workbench, peer: AuthorityId) -> Sent:
    """Empties the outbox towards one peer as far as that is possible now."""
    sent = Sent()
    while _deliver_batch(bench, peer, sent):
        pass
    return sent


def _deliver_batch(bench: Workbench, peer: AuthorityId, sent: Sent) -> bool:
    """Whether there may be more to do at once."""
    now = bench.clock.now()
    pending = bench.records.outbox.pending(peer, ACTS_LIMIT, now)
    if not pending:
        return False
    sealed = sealed_acts(bench, {act for each in pending for act in (each.act, *each.enclosing)})
    batch = _fitting(pending, sealed, now)
    try:
        settled, receipts = _exchange(bench, peer, batch, sealed)
    except BrokenInputError as error:
        _put_back(bench, peer, batch, str(error.code), sent)
        return False
    if receipts:
        sent.skew = max((each.skew for each in settled.receipts), key=abs)
        bench.records.outbox.delivered(peer, receipts, bench.clock.now())
        sent.delivered += sum(len(each.acts) for each in receipts)
    _settle_rest(bench, peer, batch, settled, sent)
    return bool(receipts)


def _fitting(pending: Sequence[Delivery], sealed: Mapping[ActId, bytes], now: datetime) -> list[Delivery]:
    """The first deliveries that fit into one envelope; fewer at a time while the peer refuses whole envelopes."""
    queued = [
        QueuedAct(
            each.act,
            len(sealed[each.act]) + sum(len(sealed[act]) for act in each.enclosing),
            each.urgency,
            now,
            len(each.enclosing),
        )
        for each in pending
    ]
    refusals = pending[0].attempts if pending[0].code in _WHOLE else 0
    return list(pending[: len(next_batch(queued, refusals=refusals))])


def _exchange(
    bench: Workbench, peer: AuthorityId, batch: Sequence[Delivery], sealed: Mapping[ActId, bytes]
) -> tuple[Settlement, tuple[KeptReceipt, ...]]:
    directory = bench.directory()
    now = bench.clock.now()
    enclosed = dict.fromkeys(act for each in batch for act in each.enclosing)
    bundle = Bundle(
        sender=bench.me,
        recipient=peer,
        sent_at=now,
        reply_key=bench.random.take(REPLY_KEY_BYTES),
        acts=tuple(sealed[each.act] for each in batch),
        enclosed=tuple(sealed[act] for act in enclosed),
    )
    key = HybridPublicKey(directory.agreement_key(peer, now))
    envelope = seal_envelope(bundle, recipient_key=key, cipher=bench.agreement)
    answered = bench.peers.post_envelope(directory.authority(peer).endpoint, envelope.data)
    at = bench.clock.now()
    answer = open_answer(answered, bundle=bundle, envelope=envelope, at=at)
    sent = {each.act: class_of(sealed_payload(sealed[each.act])) for each in batch}
    settled = settle(answer, directory=directory, receiver=peer, sender=bench.me, sent=sent, at=at)
    kept = tuple(
        KeptReceipt(encode(each.sealed), each.acts, each.checkpoint.origin, each.receipt.first)
        for each in settled.receipts
    )
    return settled, kept


def _settle_rest(
    bench: Workbench, peer: AuthorityId, batch: Sequence[Delivery], settled: Settlement, sent: Sent
) -> None:
    by_act = {each.act: each for each in batch}
    if settled.waiting:
        _put_back(bench, peer, [by_act[act] for act in settled.waiting], "waiting", sent)
    if settled.unanswered:
        _put_back(bench, peer, [by_act[act] for act in settled.unanswered], "unanswered", sent)
    for rejected in settled.rejected:
        _reject(bench, peer, by_act[rejected.act], rejected, sent)


def _reject(bench: Workbench, peer: AuthorityId, delivery: Delivery, rejected: ActRejected, sent: Sent) -> None:
    if remedy(rejected) is Remedy.SEND_AGAIN:
        _put_back(bench, peer, [delivery], str(rejected.code), sent)
    else:
        bench.records.outbox.failed(peer, [delivery.act], str(rejected.code), None, at=bench.clock.now())
        sent.given_up += 1


def _put_back(bench: Workbench, peer: AuthorityId, deliveries: Sequence[Delivery], code: str, sent: Sent) -> None:
    failures = max(each.attempts for each in deliveries) + 1
    urgency = max((each.urgency for each in deliveries), key=list(Urgency).index)
    now = bench.clock.now()
    later = next_attempt(failures, now, jitter=bench.random.take(1)[0] / 255, urgency=urgency)
    bench.records.outbox.failed(peer, [each.act for each in deliveries], code, later, at=now)
    sent.put_back += len(deliveries)
    sent.again_at = later if sent.again_at is None else min(sent.again_at, later)
