"""Fixity: everything stored is read again and again, at a set rate, and held against the hash that is its name.

What flows. Objects are verified in the order of their names, a batch at a time, over what is stored and what exhibits
refer to, so that a missing object is found as well as a changed one. Each batch is one act in the house case, which lists
its objects by root and count, and by name what was found broken or was mended. The last batch of a round ends it; the next
round begins an interval after the last one began.

What fails. After a kill the batch is taken up at the object that was being read. A batch that was filed and not yet left
behind is not filed again. A store that can't be reached is waited for; only what was read and is wrong, or is certainly
gone, is damage.

Repair. Where a second store is configured, its copy of an object is read after the object, at the same rate. What it lacks
and what is broken there is copied from the first store, and what is broken or gone in the first is put back from there, either
only after all of it was read and has the right hash. Whatever no exhibit refers to is removed there after each round. An object
that was broken and can't be put back is an alarm until it is; a copy that was broken is one until its round ends.
"""

import heapq
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.care_bodies import FixityVerified
from comity.acts.classes import ActType
from comity.acts.matters import StoredObject
from comity.cases.house import house_case
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import act_of_type, payload_of, state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.alarms import Alarm, AlarmBoard, AlarmCode, end, sound
from comity.casework.ports.evidence import EvidenceStore
from comity.casework.ports.fixity import FixityJournal, Outcome, Pace, Position, ReferredObjects, Verified
from comity.casework.upkeep.fixity_reading import StoppedError, copy_object, hash_object
from comity.evidence.items.exhibit_seal import objects_root
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import Digest

BATCH = 4096
"""Objects of one act: its list of broken ones fits into an act even if all are."""

SECOND = "second-store"
"""The subject of an alarm about the second store as a whole."""

log = logging.getLogger("comity.fixity")


class FixityStores(Struct, frozen=True):
    """What is verified, and where a second copy of everything is, if there is one."""

    first: EvidenceStore
    second: EvidenceStore | None = None


class Verifier(Struct, frozen=True):
    """Re-verification of one node's store. `interval` is the shortest time from the beginning of a round to the next."""

    bench: Workbench
    stores: FixityStores
    referred: ReferredObjects
    journal: FixityJournal
    board: AlarmBoard
    pace: Pace
    interval: timedelta


def verify_next_batch(verifier: Verifier) -> FixityVerified | None:
    """Verifies up to the next act; what it says, or None when there was nothing to do yet, or the work is to be stopped.

    1. A round is begun when it is time. 2. The rest of the batch is read, in order. 3. The act. 4. The position moves on.

    Raises `BrokenInputError(UNAVAILABLE)` while the store can't be reached: then it goes on from there.
    """
    # 1.
    position = _position(verifier)
    if position is None:
        return None
    # 2.
    try:
        after, last = _verify_batch(verifier, position)
    except StoppedError:
        return None
    # 3.
    body = _batch_body(position, verifier.journal.seen(), last=last)
    _file_once(verifier.bench, body)
    # 4.
    if last:
        _tidy(verifier)
    verifier.journal.advance(replace(position, batch=position.batch + 1, after=after, resting=last))
    return body


def _position(verifier: Verifier) -> Position | None:
    """Where to go on; a new round where the last is over and its interval too; None where it is too early."""
    position, now = verifier.journal.position(), verifier.bench.clock.now()
    if position is not None and not position.resting:
        return position
    if position is not None and now - position.begun_at < verifier.interval:
        return None
    fresh = Position(1 if position is None else position.round + 1, now)
    verifier.journal.advance(fresh)
    return fresh


def _verify_batch(verifier: Verifier, position: Position) -> tuple[str, bool]:
    """Every object of the batch is noted; the last one looked at, and whether there are none behind it."""
    seen = verifier.journal.seen()
    number, after, last = len(seen), seen[-1].digest if seen else position.after, False
    while number < BATCH and not last:
        portion = _next_objects(verifier, after, BATCH - number)
        last = len(portion) < BATCH - number
        for digest in portion:
            found, after = _verify(verifier, digest), digest
            if found is not None:
                _alarm(verifier, found)
                verifier.journal.note(found)
                number += 1
    return after, last


def _next_objects(verifier: Verifier, after: str, limit: int) -> list[Digest]:
    """The next objects that are stored or referred to. Reads the list of what is stored, and keeps no more than `limit`."""
    stored = heapq.nsmallest(limit, (each for each in verifier.stores.first.digests() if each > after))
    return sorted({*stored, *verifier.referred.referred_after(after, limit)})[:limit]


def _verify(verifier: Verifier, digest: Digest) -> Verified | None:
    """What became of the object; None for one that went away in the meantime, and rightly."""
    second = verifier.stores.second
    size, found = _read(verifier, digest)
    if found not in (Outcome.DAMAGED, Outcome.MISSING):
        _keep_locked(verifier, digest)
        return Verified(digest, size, found)
    if found is Outcome.MISSING and not verifier.referred.is_referred(digest):
        return None
    if second is not None:
        mended = copy_object(second, verifier.stores.first, digest, verifier.pace)
        if mended is not None:
            return Verified(digest, mended, Outcome.REPAIRED)
    return Verified(digest, size, found)


def _keep_locked(verifier: Verifier, digest: Digest) -> None:
    """A store that locks goes on doing so while an exhibit refers to the object, and no longer."""
    lock = verifier.stores.first.lock
    if lock is not None and verifier.referred.is_referred(digest):
        lock.renew(digest)


def _read(verifier: Verifier, digest: Digest) -> tuple[int, Outcome]:
    """Bytes of the object and what they are. On the way the second store gets what it lacks, and its copy is read."""
    first, second = verifier.stores.first, verifier.stores.second
    if second is not None and _lacks(verifier, digest):
        with _second_store(verifier):
            copied = copy_object(first, second, digest, verifier.pace)
            if copied is not None:
                return copied, Outcome.INTACT
    size, found = hash_object(first, digest, verifier.pace)
    if second is not None and found is Outcome.INTACT:
        found = _read_copy(verifier, digest)
    return size, found


def _read_copy(verifier: Verifier, digest: Digest) -> Outcome:
    """What the copy of an intact object is; one that is broken is replaced by the object."""
    with _second_store(verifier) as second:
        _, found = hash_object(second, digest, verifier.pace)
        if found is Outcome.INTACT:
            return Outcome.BOTH_INTACT
        if copy_object(verifier.stores.first, second, digest, verifier.pace) is None:
            return Outcome.INTACT  # it was, a moment ago; the next round says what it is now
        _sound(verifier, AlarmCode.SECOND_STORE_FAILING, SECOND, str(found))
        log.warning("the copy of %s in the second store was %s, and was replaced", digest, found)
        return Outcome.COPY_REPAIRED
    return Outcome.INTACT


def _lacks(verifier: Verifier, digest: Digest) -> bool:
    with _second_store(verifier) as second:
        return second.size(digest) is None
    return False


@contextmanager
def _second_store(verifier: Verifier) -> Iterator[EvidenceStore]:
    """What goes wrong with the second store is an alarm until a round ends with everything copied; it stops nothing."""
    second = verifier.stores.second
    if second is None:
        raise ValueError("there is no second store")
    try:
        yield second
    except BrokenInputError as error:
        _sound(verifier, AlarmCode.SECOND_STORE_FAILING, SECOND, str(error.code))


def _alarm(verifier: Verifier, found: Verified) -> None:
    """Broken and not mended is an alarm until it is whole again."""
    if found.outcome in (Outcome.DAMAGED, Outcome.MISSING):
        _sound(verifier, AlarmCode.EVIDENCE_DAMAGED, found.digest, str(found.outcome))
        return
    if found.outcome is Outcome.REPAIRED:
        log.warning("the object %s was broken, and was put back from the second store", found.digest)
    end(verifier.board, AlarmCode.EVIDENCE_DAMAGED, found.digest)


def _sound(verifier: Verifier, code: AlarmCode, subject: str, detail: str) -> None:
    sound(verifier.board, Alarm(code, subject, verifier.bench.clock.now(), detail))


def _batch_body(position: Position, seen: Sequence[Verified], *, last: bool) -> FixityVerified:
    def of(outcome: Outcome) -> tuple[Digest, ...]:
        return tuple(each.digest for each in seen if each.outcome is outcome)

    return FixityVerified(
        round=position.round,
        batch=position.batch,
        root=objects_root([StoredObject(each.digest, each.size) for each in seen]).hex(),
        objects=len(seen),
        size=sum(each.size for each in seen),
        last=last,
        damaged=of(Outcome.DAMAGED),
        missing=of(Outcome.MISSING),
        repaired=of(Outcome.REPAIRED),
        copies=len(of(Outcome.BOTH_INTACT)) + len(of(Outcome.COPY_REPAIRED)),
        copies_repaired=of(Outcome.COPY_REPAIRED),
        begun_at=position.begun_at,
    )


def _file_once(bench: Workbench, body: FixityVerified) -> None:
    """The act of this batch, unless it was filed before a kill."""
    house = house_case(bench.me)
    newest = None
    if bench.records.cases.view(house) is not None:
        newest = act_of_type(state_of(bench, house), ActType.FIXITY_VERIFIED)
    filed = payload_of(bench, newest).body if newest else None
    if isinstance(filed, FixityVerified) and (filed.round, filed.batch) == (body.round, body.batch):
        return
    file_own(bench, compose(bench, case=house, body=body, instrument=NODE))


def _tidy(verifier: Verifier) -> None:
    """At the end of a round: what no exhibit refers to leaves the second store, and alarms about what is gone end."""
    second = verifier.stores.second
    for alarm in verifier.board.standing():
        if alarm.code is AlarmCode.EVIDENCE_DAMAGED and _forgotten(verifier, alarm.subject):
            end(verifier.board, alarm.code, alarm.subject)
    if second is not None:
        with _second_store(verifier):
            for digest in list(second.digests()):
                if _forgotten(verifier, digest):
                    second.delete([digest])
            if all(second.size(digest) is not None for digest in verifier.stores.first.digests()):
                end(verifier.board, AlarmCode.SECOND_STORE_FAILING, SECOND)


def _forgotten(verifier: Verifier, digest: Digest) -> bool:
    return verifier.stores.first.size(digest) is None and not verifier.referred.is_referred(digest)
