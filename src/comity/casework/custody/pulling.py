"""Pulling: objects that a hand-over names are fetched from their holder, from the byte where the last try broke off."""

from collections.abc import Sequence

from comity.acts.matters import StoredObject
from comity.casework.bench.workbench import Workbench
from comity.exchange.pull import issue_ticket, next_byte
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId

_TRIES = 5
"""Break-offs in a row, without a byte gained, before the holder counts as unavailable."""


def fetch(bench: Workbench, holder: AuthorityId, act: ActId, objects: Sequence[StoredObject]) -> None:
    """All objects are here when this returns, each verified against its digest.

    Raises `BrokenInputError(UNAVAILABLE)` when the holder can't be reached; what came so far is kept for the next time.
    """
    for stored in objects:
        _fetch_one(bench, holder, act, stored)


def fetch_whole(bench: Workbench, holder: AuthorityId, act: ActId, stored: StoredObject) -> bytes:
    """One object's bytes, fetched and verified; for objects that fit in memory."""
    _fetch_one(bench, holder, act, stored)
    return bench.store.read(stored)


def _fetch_one(bench: Workbench, holder: AuthorityId, act: ActId, stored: StoredObject) -> None:
    endpoint = bench.directory().authority(holder).endpoint
    failures = 0
    while (start := next_byte(bench.store.resume_at(stored), stored.size)) is not None:
        ticket = issue_ticket(
            bench.seal_key(), puller=bench.me, holder=holder, hand_over=act, wanted=stored.digest, at=bench.clock.now()
        )
        gained = _append(bench, endpoint, stored, ticket, start)
        failures = 0 if gained else failures + 1
        if failures >= _TRIES:
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE, f"{holder} does not deliver an object it handed over", do="try again later"
            )
    bench.store.finish(stored)


def _append(bench: Workbench, endpoint: str, stored: StoredObject, ticket: str, start: int) -> int:
    """Bytes gained; a break-off ends the transfer early, and the next round goes on behind what came."""
    at = start
    try:
        for part in bench.peers.pull(endpoint, stored.digest, ticket, start):
            bench.store.append(stored, at, part)
            at += len(part)
    except BrokenInputError as error:
        if error.code is not ErrorCode.UNAVAILABLE:
            raise
    return at - start
