"""Reissue: a node that lost acts of its own with a restored backup gets them back from those it had sent them to.

Peers send again by themselves what the node had *received* (`comity.casework.post.resend`). What it had *issued* it asks for: by
the instant of the last act that the backup still had, of every peer, until all have answered. An act that comes back is this
node's own by its own seal, so it does not matter who shows it; it is filed as issued, for the second time under the same
id, and goes to its addressees once more, who know it and receipt it. It is filed now: its place in the new epoch says so.
An act addressed to nobody, and one that reached nobody, is lost; so is what a case said whose key was destroyed since.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from comity.acts.bodies import LedgerRestored, enclosed_by
from comity.cases.house import house_case
from comity.cases.state import Direction
from comity.casework.bench.issuing import intent_to_file, without_node
from comity.casework.bench.reading import filed_acts
from comity.casework.bench.sequencer import NewAct, RefusedError
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import StoredAct
from comity.exchange.hpke import HybridPublicKey
from comity.exchange.issued import (
    PAGE_ACTS,
    PAGE_LIMIT,
    IssuedPage,
    issue_issued_ticket,
    open_page,
    seal_page,
    verify_issued_ticket,
)
from comity.trust.seals import read_sealed, verify_seals
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId

log = logging.getLogger("comity.restore")

SLACK = timedelta(days=1)
"""Added to what is asked for: a peer's time of filing is by its own clock."""

AFTER = timedelta(days=30)
"""How long after a restore peers are asked: whoever did not answer by then is not going to."""


class PlacedAct(Struct, frozen=True):
    """A filed act and its place in this node's ledger."""

    place: int
    stored: StoredAct


class FiledActs(Protocol):
    """What this node has filed, newest first."""

    def before(self, place: int | None, limit: int) -> Sequence[PlacedAct]:
        """At most `limit` acts that stand before that place, or at all; disposed ones are left out."""
        ...


class FetchedBack(Struct, frozen=True):
    """Acts filed again; those that may not follow yet, or not any more; peers that did not answer."""

    filed: tuple[ActId, ...] = ()
    left: tuple[ActId, ...] = ()
    silent: tuple[AuthorityId, ...] = ()


def show_issued(bench: Workbench, filed: FiledActs, ticket: str) -> bytes:
    """The asker's own acts that were filed here, a page of them, for the asker alone.

    1. The ticket is the asker's own, for this node, of now. 2. Acts are looked through from where it says to when it says.
    3. Only those are shown that the asker issued. Raises `BrokenInputError` as `verify_issued_ticket` does.
    """
    # 1.
    now = bench.clock.now()
    directory = bench.directory()
    asked = verify_issued_ticket(ticket, directory=directory, holder=bench.me, at=now)
    # 2.
    rows = filed.before(asked.before, PAGE_ACTS)
    recent = [each for each in rows if each.stored.filed_at >= asked.since]
    # 3.
    acts: list[bytes] = []
    before: int | None = None
    for each in recent:
        sealed = _shown_to(bench, asked.asker, each.stored)
        if sealed is not None and sum(map(len, acts)) + len(sealed) > PAGE_LIMIT:
            return _page(bench, asked.asker, IssuedPage(tuple(acts), before), now)
        acts += [sealed] if sealed is not None else []
        before = each.place
    more = before if len(recent) == PAGE_ACTS else None
    return _page(bench, asked.asker, IssuedPage(tuple(acts), more), now)


def lost_since(bench: Workbench, filed: FiledActs) -> datetime | None:
    """Since when acts of this node may be lost: None unless a restore was bridged lately."""
    restored = None
    for each in filed_acts(bench, house_case(bench.me)):
        if isinstance(each.payload.body, LedgerRestored) and each.payload.issuer == bench.me:
            restored = each.payload.at, each.payload.body
    if restored is None or bench.clock.now() - restored[0] > AFTER:
        return None
    last = filed.before(restored[1].size, 1)
    return last[0].stored.filed_at - SLACK if last else datetime.fromtimestamp(0, tz=restored[0].tzinfo)


def fetch_back(bench: Workbench, since: datetime) -> FetchedBack:
    """Every peer is asked, and what is new is filed, in the order in which it was made. Done again it does nothing more."""
    shown: dict[ActId, NewAct] = {}
    silent: list[AuthorityId] = []
    for peer in sorted(bench.directory().authorities):
        if peer != bench.me and not bench.directory().by_hand(peer):
            try:
                shown |= {each.id: each for each in _ask(bench, peer, since)}
            except BrokenInputError as error:
                log.info("%s does not show this node's own acts: %s", peer, error.code)
                silent.append(peer)
    here = bench.records.cases.many(list(shown))
    lost = sorted((act for name, act in shown.items() if name not in here), key=lambda act: act.payload.at)
    filed, left = _file(bench, lost)
    if filed:
        log.info("%d acts of this node's own that a restore had lost are filed again", len(filed))
    return FetchedBack(filed, left, tuple(silent))


def _ask(bench: Workbench, peer: AuthorityId, since: datetime) -> Iterator[NewAct]:
    """This node's own acts that the peer shows, each under this node's own seal."""
    before: int | None = None
    while True:
        now = bench.clock.now()
        ticket = issue_issued_ticket(bench.seal_key(), asker=bench.me, holder=peer, since=since, before=before, at=now)
        data = bench.peers.issued(bench.directory().authority(peer).endpoint, ticket)
        page = open_page(data, asker=bench.me, keys=bench.agreement_keys(), cipher=bench.agreement)
        yield from (act for sealed in page.acts if (act := _own(bench, sealed, now)) is not None)
        if page.before is None or (before is not None and page.before >= before):
            return
        before = page.before


def _own(bench: Workbench, sealed: bytes, at: datetime) -> NewAct | None:
    """The act, if this node sealed it; whatever else a peer shows is nothing to this node."""
    try:
        opened = read_sealed(sealed)
        if opened.payload.issuer != bench.me:
            return None
        verify_seals(opened, bench.directory(), at=at)
    except BrokenInputError as error:
        log.warning("an act that a peer shows as this node's own is not: %s", error.code)
        return None
    enclosing = tuple(enclosed_by(opened.payload.body))
    return NewAct(
        opened.id,
        opened.payload,
        sealed,
        Direction.ISSUED,
        enclosing,
        opened.approvals,
        without_node(bench, opened.payload),
    )


def _file(bench: Workbench, lost: Sequence[NewAct]) -> tuple[tuple[ActId, ...], tuple[ActId, ...]]:
    """Each by itself: one that may not follow keeps none of the others from it."""
    filed: list[ActId] = []
    left: list[ActId] = []
    for act in lost:
        (filed if _file_one(bench, act) else left).append(act.id)
        # A key of this node's own that was replaced meanwhile counts again from here on.
        bench.directory.refresh()
    return tuple(filed), tuple(left)


def _file_one(bench: Workbench, act: NewAct) -> bool:
    needed = {*act.enclosing, *act.payload.re[:1]}
    if needed - bench.records.cases.many(list(needed)).keys():
        return False
    try:
        bench.sequencer.submit(intent_to_file([act]))
    except RefusedError as error:
        log.info("act %s of this node's own may not follow: %s", act.id, error.refusal.code)
        return False
    except BrokenInputError as error:
        if error.code is not ErrorCode.KEY_DESTROYED:
            raise
        return False
    return True


def _shown_to(bench: Workbench, asker: AuthorityId, stored: StoredAct) -> bytes | None:
    if stored.direction is Direction.ISSUED:
        return None
    try:
        sealed = bench.cipher.open_act(stored)
    except BrokenInputError:
        return None  # its case was disposed of meanwhile
    return sealed if read_sealed(sealed).payload.issuer == asker else None


def _page(bench: Workbench, asker: AuthorityId, page: IssuedPage, at: datetime) -> bytes:
    key = HybridPublicKey(bench.directory().agreement_key(asker, at))
    return seal_page(page, asker=asker, key=key, cipher=bench.agreement)
