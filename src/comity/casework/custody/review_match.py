"""Review the match: before anything goes, a custodian looks through what an order matches, and withholds single items of it.

What is withheld stays in the hold, and in the counts of what is handed over: by its reason, never by its name. The act of the
review stays here with its words. It can be taken back until the item's part is handed over; from then on, what was withheld
can be opened under a further order, with the same proof as any item.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.custody_bodies import LISTED_AT_ONCE, MatchReviewed
from comity.acts.matters import Withheld
from comity.acts.payload import Author, Payload
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.reading_rights import case_right
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.consult import ITEMS_LIMIT
from comity.casework.custody.exhibits import held
from comity.casework.custody.matching import Match, Reviews, changes_under, handed_from, match_of, no_match, reviews_of
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.journal import Read
from comity.casework.ports.paging import Cursor, number_of
from comity.evidence.dossier.words import count, plain
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.exhibits import HeldItem
from comity.evidence.items.scope import Names, Past, Scope, WithheldCount
from comity.ledger.tree import root_of
from comity.vocabulary.categories import REVIEWED, WithheldReason
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId, OfficeId

_SHOWN = 80


class Standing(StrEnum):
    """Where an item that an order matches stands."""

    TO_GO = "to-go"
    WITHHELD = "withheld"
    HANDED_OVER = "handed-over"


class ReviewMatch(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: withhold these items of what an order matches, for a reason; without one, let them go after all.

    `names` are names of items or of folders above them; what of a folder the order does not match is not concerned.
    """

    order: ActId
    office: OfficeId
    names: Annotated[tuple[str, ...], Meta(min_length=1, max_length=LISTED_AT_ONCE)]
    reason: WithheldReason | None
    reasons: str
    exhibit: ExhibitId | None = None


class ReviewedMatch(Struct, frozen=True):
    """The act, how many items it is about, and what is withheld from the order by reviews now."""

    act: ActId
    items: int
    withheld: tuple[Withheld, ...]


class MatchAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the list; for a production order, of which exhibit. A hold never changes: a place in it is a number."""

    exhibit: str = ""
    after: Cursor = ""
    limit: Annotated[int, Meta(ge=1, le=ITEMS_LIMIT, description="lines at most")] = 1000


class MatchLine(Struct, frozen=True):
    """One item that the order matches, without its content; `reason` where a review withholds it."""

    item: Digest
    descriptor: ItemDescriptor
    standing: Standing
    reason: WithheldReason | None = None


class MatchPage(Struct, frozen=True):
    """Items; `next` is where the next page begins, and missing on the last."""

    lines: tuple[MatchLine, ...]
    next: str | None = None


class _Matched:
    """What an order matches in a hold, as it stands."""

    def __init__(self, bench: Workbench, order: Payload, about: ActId, match: Match) -> None:
        self.state = state_of(bench, order.case)
        self.reviews = reviews_of(bench, self.state, about)
        handed = handed_from(bench, order, match.exhibit).values()
        self._granted = Scope(match.granted)
        self._given = Past(match.given_by(body) for body in handed if body.order == about)
        self._whole, self._identity = held(bench, match.exhibit)
        self._bench = bench

    def items(self, first: int = 0) -> Iterator[tuple[HeldItem, Standing]]:
        """Every item that is matched, from that place of the hold on."""
        for item in self._bench.evidence.held_items(self._whole, self._identity, first):
            if self._granted.contains(item.descriptor):
                yield item, self._standing(item)

    def passed(self, item: HeldItem) -> bool:
        """Whether the item's part was handed over, with the item or without it: the counts given are final then."""
        return self._given.contains(item.descriptor)

    def _standing(self, item: HeldItem) -> Standing:
        if item.leaf in self.reviews.withheld:
            return Standing.WITHHELD
        return Standing.HANDED_OVER if self.passed(item) else Standing.TO_GO


def list_match(bench: Workbench, officer: OfficerRef, order: ActId, asked: MatchAsked) -> MatchPage | Refusal:
    """What an order matches, for an officer who may hand it over. That it was looked at is on record before it is given."""
    payload = payload_of(bench, order)
    office = case_right(bench, officer, state_of(bench, payload.case), Action.HAND_OVER)
    if isinstance(office, Refusal):
        return office
    match = match_of(bench, payload, asked.exhibit or None)
    if match is None:
        return no_match()
    keep_readings(bench, officer, Read.ITEMS, [(office, payload.case)], match.exhibit)
    matched = _Matched(bench, payload, order, match)
    found = list(islice(matched.items(number_of(asked.after) or 0), asked.limit + 1))
    withheld = matched.reviews.withheld
    lines = tuple(
        MatchLine(item.leaf.hex(), item.descriptor, standing, withheld.get(item.leaf))
        for item, standing in found[: asked.limit]
    )
    return MatchPage(lines, str(found[-1][0].place) if len(found) > asked.limit else None)


def review_match(bench: Workbench, officer: OfficerRef, command: ReviewMatch) -> ReviewedMatch | Refusal:
    """One act about all the items named, or a refusal and nothing.

    1. The officer may hand over. 2. The reason is a custodian's to give. 3. The order matches something held here. 4. Each name
    finds something that the review can change, and no item is found twice. 5. The act; unless, since it was looked at,
    something was handed over or reviewed.
    """
    # 1.
    refusal = allowed(bench, officer, Action.HAND_OVER, Resource(command.office))
    if refusal is not None:
        return refusal
    # 2.
    if command.reason is not None and command.reason not in REVIEWED:
        what = "what an order does not cover, or refuses, is withheld without a review"
        return Refusal("no-such-reason", what, do=f"give one of {', '.join(sorted(REVIEWED))}")
    # 3.
    order = payload_of(bench, command.order)
    match = match_of(bench, order, command.exhibit)
    if match is None:
        return no_match()
    # 4.
    matched = _Matched(bench, order, command.order, match)
    chosen = _chosen(matched, command)
    if isinstance(chosen, Refusal):
        return chosen
    # 5.
    leaves = sorted(chosen)
    body = MatchReviewed(
        order=command.order,
        exhibit=match.exhibit,
        root=root_of(leaves).hex(),
        listed=tuple(leaf.hex() for leaf in leaves),
        reason=command.reason,
        reasons=command.reasons,
    )
    author = Author(officer.officer, command.office)
    payload = compose(bench, case=order.case, body=body, instrument=NODE, re=[command.order], author=author)
    seen = changes_under(matched.state, command.order)
    filed = file_own(bench, payload, done=lambda state: changes_under(state, command.order) != seen).indexes
    if not filed:
        return Refusal("changed-meanwhile", "something was handed over or reviewed meanwhile", do="look again")
    return ReviewedMatch(next(iter(filed)), len(leaves), _totals(matched.reviews, leaves, command.reason))


def _chosen(matched: _Matched, command: ReviewMatch) -> list[bytes] | Refusal:
    """Step 4: the leaves of what the names find."""
    wanted = Standing.WITHHELD if command.reason is None else Standing.TO_GO
    names = Names(command.names)
    found: dict[str, set[Standing]] = {}
    chosen: list[bytes] = []
    for item, standing in matched.items():
        leading = list(names.leading(item.descriptor.name))
        for name in leading:
            found.setdefault(name, set()).add(standing)
        if len(leading) > 1:
            return _named_twice(item.descriptor.name)
        if leading and standing is wanted:
            if matched.passed(item):
                return _passed(item.descriptor.name)
            chosen.append(item.leaf)
        if len(chosen) > LISTED_AT_ONCE:
            what = f"more than {count(LISTED_AT_ONCE, 'item')} would be reviewed in one act"
            return Refusal("too-many", what, do="name fewer at once")
    return _misnamed([name.rstrip("/") for name in command.names], found, wanted) or chosen


def _misnamed(names: list[str], found: dict[str, set[Standing]], wanted: Standing) -> Refusal | None:
    """None when each name stands once, and finds something that stands as wanted."""
    once: set[str] = set()
    for name in names:
        if name in once:
            return _named_twice(name)
        once.add(name)
        if wanted not in found.get(name, ()):
            return _unfit(name, found.get(name, set()), wanted)
    return None


def _named_twice(name: str) -> Refusal:
    return Refusal("named-twice", f"named more than once: {plain(name, _SHOWN)}", do="name each item or folder once")


def _passed(name: str) -> Refusal:
    """Nothing of that part goes under the order any more, and the counts given with it say so."""
    what = f"its part was handed over without it: {plain(name, _SHOWN)}"
    return Refusal("handed-over", what, do="a further order opens it")


def _unfit(name: str, found: set[Standing], wanted: Standing) -> Refusal:
    """Why nothing of that name can be reviewed so."""
    shown = plain(name, _SHOWN)
    if not found:
        return Refusal("not-in-match", f"the order matches nothing of that name: {shown}", do="comity case match")
    if wanted is Standing.WITHHELD:
        return Refusal("not-withheld", f"no review withholds anything of that name: {shown}")
    if Standing.HANDED_OVER in found:
        return Refusal("handed-over", f"that was handed over under the order already: {shown}")
    return Refusal(
        "withheld-before", f"that is withheld already: {shown}", do="let it go first, to give another reason"
    )


def _totals(before: Reviews, leaves: list[bytes], reason: WithheldReason | None) -> tuple[Withheld, ...]:
    withheld = {**before.withheld, **(dict.fromkeys(leaves, reason))}
    counted = WithheldCount()
    for each in withheld.values():
        if each is not None:
            counted.add(each)
    return counted.counts()
