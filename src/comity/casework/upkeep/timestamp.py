"""Time stamps on checkpoints (RFC 3161), from every authority that the settings name, beside all other work.

What flows. At most once in an interval the newest witnessed checkpoint is put down to be stamped, and each authority is
asked for it until it has answered or the next one is put down. A checkpoint covers every act before it, so none is left
without a time for longer than an interval and the time to the next.

What fails. Nothing waits for an authority: an answer that does not come, or is no good, is an alarm until a good one comes,
and is asked for again at the next look. One that comes late is kept, and that it did is an act: the checkpoint was there
earlier than its stamp says, and nobody shall think that it was made then.
"""

import hashlib
import logging

from msgspec import Struct

from comity.acts.care_bodies import TimestampCameLate
from comity.cases.house import house_case
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.alarms import Alarm, AlarmBoard, AlarmCode, end, sound
from comity.casework.ports.timestamp import StampedHead, StampedHeads, TimestampAuthorities, TimestampTerms
from comity.evidence.dossier.timestamp_tokens import TimestampToken, read_token
from comity.ledger.checkpoints import read_signed_checkpoint
from comity.vocabulary.errors import BrokenInputError

log = logging.getLogger("comity.timestamps")


class Stamping(Struct, frozen=True):
    """Everything that asking for time stamps works with."""

    bench: Workbench
    authorities: TimestampAuthorities
    heads: StampedHeads
    board: AlarmBoard
    terms: TimestampTerms


def stamp_newest(stamping: Stamping) -> tuple[TimestampToken, ...]:
    """The time stamps that came now.

    1. A newer checkpoint is put down when it is time. 2. Every authority that has not stamped it is asked. 3. A stamp is
    kept, and told in an act when it is late; a failure is an alarm.
    """
    # 1.
    head = _head(stamping)
    if head is None:
        return ()
    came = []
    # 2.
    for url in stamping.terms.urls:
        if url not in head.responses:
            # 3.
            token = _ask(stamping, head, url)
            if token is not None:
                came.append(token)
    return tuple(came)


def stamped_text(note: str) -> bytes:
    """What of a checkpoint is stamped: its text, without any signature."""
    return read_signed_checkpoint(note).checkpoint.text().encode()


def _head(stamping: Stamping) -> StampedHead | None:
    newest, witnessed = stamping.heads.newest(), stamping.bench.records.ledger.witnessed()
    if witnessed is None or (newest is not None and newest.note == witnessed[1]):
        return newest
    now = stamping.bench.clock.now()
    if newest is not None and (now - newest.begun_at).total_seconds() < stamping.terms.interval:
        return newest
    fresh = StampedHead(witnessed[0], witnessed[1], now)
    stamping.heads.begin(fresh)
    return fresh


def _ask(stamping: Stamping, head: StampedHead, url: str) -> TimestampToken | None:
    stamped = stamped_text(head.note)
    try:
        response = stamping.authorities.stamp(url, stamped)
        token = read_token(response, stamped, stamping.terms.roots)
    except BrokenInputError as error:
        _fail(stamping, url, error)
        return None
    if (token.at - head.begun_at).total_seconds() > stamping.terms.late_after:
        _file_late(stamping, head, url, response, token)
    stamping.heads.keep(head.size, url, response)
    end(stamping.board, AlarmCode.TIMESTAMPS_FAILING, url)
    return token


def _fail(stamping: Stamping, url: str, error: BrokenInputError) -> None:
    if sound(stamping.board, Alarm(AlarmCode.TIMESTAMPS_FAILING, url, stamping.bench.clock.now(), str(error.code))):
        log.warning("%s gave no time stamp: %s %s", url, error.what, error.found)


def _file_late(stamping: Stamping, head: StampedHead, url: str, response: bytes, token: TimestampToken) -> None:
    checkpoint = read_signed_checkpoint(head.note).checkpoint
    body = TimestampCameLate(
        authority=url,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        wanted_at=head.begun_at,
        stamped_at=token.at,
        response=hashlib.sha256(response).hexdigest(),
    )
    bench = stamping.bench
    file_own(bench, compose(bench, case=house_case(bench.me), body=body, instrument=NODE))
