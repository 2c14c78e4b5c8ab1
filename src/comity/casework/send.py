"""Send: what waits for a peer is taken from the outbox, put into one envelope after another, and receipted.

One job per peer. It stops when nothing is due, or when the peer cannot be reached; then everything it carried is put
back with a later time, and the job comes again by itself. An act is known by its id, so sending twice is harmless: a
crash between the peer's commit and ours costs one more envelope and nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from comity.casework.ports import Delivery
from comity.casework.reading import sealed_acts
from comity.casework.workbench import Workbench
from comity.exchange.bundle import Bundle
from comity.exchange.delivery import BATCH_ACTS, next_attempt
from comity.exchange.envelope import open_answer, seal_envelope
from comity.exchange.receipts import verify_receipt
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.wire import encode

_REPLY_KEY = 32


class Sent(Struct):
    """What a run of the delivery job came to; `again_at` is when something will be due next."""

    delivered: int = 0
    put_back: int = 0
    given_up: int = 0
    again_at: datetime | None = None


def deliver(bench: Workbench, peer: AuthorityId) -> Sent:
    """Empties the outbox towards one peer as far as that is possible now."""
    sent = Sent()
    while True:
        pending = bench.records.outbox.pending(peer, BATCH_ACTS, bench.clock.now())
        if not pending:
            return sent
        if not _deliver_batch(bench, peer, pending, sent):
            return sent


def _deliver_batch(bench: Workbench, peer: AuthorityId, pending: Sequence[Delivery], sent: Sent) -> bool:
    """Whether to go on with the next batch."""
    now = bench.clock.now()
    try:
        receipts, waiting, rejected = _exchange(bench, peer, pending)
    except BrokenInputError as error:
        _put_back(bench, peer, pending, str(error.code), now, sent)
        return False
    if receipts:
        bench.records.outbox.delivered(peer, receipts, now)
        sent.delivered += len(receipts)
    silent = [each for each in pending if each.act not in receipts and each.act not in rejected]
    for code, retry, acts in _by_code(pending, rejected):
        if retry:
            _put_back(bench, peer, acts, code, now, sent)
        else:
            bench.records.outbox.failed(peer, [each.act for each in acts], code, None)
            sent.given_up += len(acts)
    if silent:
        _put_back(bench, peer, silent, "waiting" if waiting else "no-receipt", now, sent)
    return bool(receipts)


def _exchange(
    bench: Workbench, peer: AuthorityId, pending: Sequence[Delivery]
) -> tuple[Mapping[ActId, bytes], frozenset[ActId], Mapping[ActId, tuple[str, bool]]]:
    directory = bench.directory()
    now = bench.clock.now()
    enclosed = tuple(dict.fromkeys(act for each in pending for act in each.enclosing))
    bundle = Bundle(
        sender=bench.me,
        recipient=peer,
        sent_at=now,
        reply_key=bench.random.take(_REPLY_KEY),
        acts=tuple(sealed_acts(bench, [each.act for each in pending]).values()),
        enclosed=tuple(sealed_acts(bench, enclosed).values()),
    )
    envelope = seal_envelope(bundle, bench.agreement, directory.agreement_key(peer, now))
    answer = open_answer(bench.peers.post_envelope(directory.authority(peer).endpoint, envelope), bundle, envelope)
    receipts: dict[ActId, bytes] = {}
    expected = frozenset(each.act for each in pending)
    for sealed in answer.receipts:
        receipt = verify_receipt(
            sealed, directory=directory, receiver=peer, sender=bench.me, expected=expected, at=now
        )
        receipts.update(dict.fromkeys(receipt.acts, encode(sealed)))
    rejected = {each.act: (str(each.code), each.retry) for each in answer.rejected if each.act in expected}
    return receipts, frozenset(answer.waiting), rejected


def _by_code(
    pending: Sequence[Delivery], rejected: Mapping[ActId, tuple[str, bool]]
) -> list[tuple[str, bool, list[Delivery]]]:
    groups: dict[tuple[str, bool], list[Delivery]] = {}
    for each in pending:
        if each.act in rejected:
            groups.setdefault(rejected[each.act], []).append(each)
    return [(code, retry, acts) for (code, retry), acts in groups.items()]


def _put_back(
    bench: Workbench, peer: AuthorityId, deliveries: Sequence[Delivery], code: str, now: datetime, sent: Sent
) -> None:
    attempts = max(each.attempts for each in deliveries) + 1
    later = next_attempt(attempts, now, jitter=bench.random.take(1)[0] / 255)
    bench.records.outbox.failed(peer, [each.act for each in deliveries], code, later)
    sent.put_back += len(deliveries)
    sent.again_at = later if sent.again_at is None else min(sent.again_at, later)


UNREACHABLE = frozenset({ErrorCode.UNAVAILABLE})
"""Codes that say the peer was not there, as opposed to answering wrongly."""
