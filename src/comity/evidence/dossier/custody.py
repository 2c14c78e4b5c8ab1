"""The chain of custody, read from the acts and from nothing else.

What flows. An exhibit comes into being at a custodian: items are put under a hold (`hold-confirmed`) or taken in
(`exhibit-taken-in`). From then on its holder can hand it over. A hand-over has two acts: the giver's, which names the
manifest and every object by hash, and the taker's, which repeats those hashes from what arrived. Until the taker's act the
giver holds what it handed over; from that act on the taker does, and the giver no longer. So there is a holder at every
instant, and of what was handed over one only, as long as

- the first giver is who took the data in, and every later giver is a taker of before;
- every giver's act on the way has its taker's act, with the same hashes;
- nobody destroyed the exhibit between giving it and its being received.

A taker can give an exhibit back: from that act on it is the giver's again. A copy of an item that was given out of a node ends the
chain for that copy, at the one who answers for it; the act says who, and that its bytes are the item's.

What was assembled for disclosure has an exhibit number of its own; its hand-over names the hold it came from, and that is
where its chain begins. That hold stays its custodian's, however much is handed over from it: what its holding closes for is the exhibit
that was handed over. So custody is a tree, and what a dossier contains hangs at one branch. Ciphertexts that a giver still
stores are its to keep or destroy by the rules of its case; it is no longer the one who answers for the exhibit.

What this can't show: what a holder did with the data beside the acts. It shows that the same ciphertexts, by hash, arrived
at the end of the chain that left its beginning.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from comity.acts.bodies import (
    ExhibitDestroyed,
    ExhibitHandedOver,
    ExhibitReceived,
    ExhibitTakenIn,
    HoldConfirmed,
    ItemsQuarantined,
)
from comity.acts.custody_bodies import ExhibitReturned, ItemCopied, ItemOpened, MatchReviewed
from comity.acts.quarantine_bodies import QuarantineDecided
from comity.acts.redaction_bodies import ItemRedacted
from comity.evidence.dossier.format import ActOnFile
from comity.evidence.dossier.words import looked_at, told
from comity.evidence.items.exhibit_seal import objects_root
from comity.ledger.tree import root_of
from comity.vocabulary.categories import QuarantineCode
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, ExhibitId

_B = TypeVar("_B")

_HOLDERS_ONLY = (
    ItemOpened,
    ItemsQuarantined,
    QuarantineDecided,
    ItemRedacted,
    ItemCopied,
    ExhibitReturned,
    MatchReviewed,
)
"""Bodies of acts that only a holder can do."""

SKEW = timedelta(minutes=5)
"""How far two parties' clocks may differ before it is worth a word."""


class Ended(StrEnum):
    """How an authority ceases to hold an exhibit."""

    PASSED_ON = "passed-on"
    RETURNED = "returned"
    DESTROYED = "destroyed"


class Holding(Struct, frozen=True):
    """That an authority holds an exhibit since an instant, by an act; `until`, `ended` and `ended_by` say until when, how, by which act.

    What was passed on ends by the taker's act, at the taker's time, and not before it was given. `freed` says that it began as a
    filter team let the exhibit out of quarantine.
    """

    exhibit: ExhibitId
    holder: AuthorityId
    since: datetime
    by: ActId
    until: datetime | None = None
    ended: Ended | None = None
    ended_by: ActId = ""
    freed: bool = False

    @property
    def began(self) -> str:
        """What the holder did to hold it, in words."""
        return "let it out of quarantine" if self.freed else "took the data in"


class HandOver(Struct, frozen=True):
    """One hand-over. `taken` and `taken_at` are empty while nobody has confirmed it."""

    exhibit: ExhibitId
    giver: AuthorityId
    given: ActId
    given_at: datetime
    taker: AuthorityId = ""
    taken: ActId = ""
    taken_at: datetime | None = None


class Opening(Struct, frozen=True):
    """That an officer looked at items, and why; `seen` is they, a redacted copy, or who is who in that, in words."""

    exhibit: ExhibitId
    authority: AuthorityId
    officer: str
    at: datetime
    purpose: str
    items: tuple[Digest, ...]
    act: ActId
    seen: str


class Quarantine(Struct, frozen=True):
    """That a taker put items aside unseen."""

    exhibit: ExhibitId
    authority: AuthorityId
    at: datetime
    items: int
    code: QuarantineCode
    act: ActId


class CustodyGap(Struct, frozen=True):
    """Something that breaks a chain, or (`open`) leaves it open without contradicting it. `act` is where it shows."""

    what: str
    act: ActId
    found: str = ""
    expected: str = ""
    open: bool = False


class Custody(Struct, frozen=True):
    """The custody of everything the acts speak of, in order of time."""

    holdings: tuple[Holding, ...]
    hand_overs: tuple[HandOver, ...]
    openings: tuple[Opening, ...]
    quarantines: tuple[Quarantine, ...]
    gaps: tuple[CustodyGap, ...]

    @property
    def taken_in(self) -> tuple[Holding, ...]:
        """The holdings that begin a chain: those that no taker's act and no return began."""
        came = {each.taken for each in self.hand_overs} | {each.ended_by for each in self.holdings}
        return tuple(each for each in self.holdings if each.by not in came)

    @property
    def returned(self) -> tuple[Holding, ...]:
        """The holdings that their holders gave back."""
        return tuple(each for each in self.holdings if each.ended is Ended.RETURNED)

    def holder(self, exhibit: ExhibitId, authority: AuthorityId, at: datetime) -> Holding | None:
        """The authority's holding of the exhibit at that instant, or None."""
        return _holding(self.holdings, exhibit, authority, at)


def custody_of(acts: Sequence[ActOnFile], authority: AuthorityId) -> Custody:
    """The custody that these acts tell, as the exporter `authority` can know it.

    Steps:
        1. Holdings begin at holds confirmed and exhibits taken in; of what a filter team released, at its decision.
        2. Hand-overs, in order of time: the giver holds the exhibit, or the hold it was assembled from.
        3. Each has its taker's act, with the same manifest and objects, and as many items as were given, less those the
           taker quarantined. One from or to the exporter that is not confirmed yet is open; any other is a gap.
        4. Nobody destroyed what was on its way. What has arrived is no longer its giver's; what was given back is again.
        5. Openings, quarantines, reviews, copies given out and returns are by holders; what is returned goes back to its giver as
           it came, and items that an act lists lead to its root.
    """
    trace = _Trace(acts, authority)
    trace.begin()  # 1
    trace.follow()  # 2, 3, 4
    # 5.
    openings = tuple(_opening(act, body) for act, body in trace.of(ItemOpened))
    quarantines = tuple(
        Quarantine(body.exhibit, act.issuer, act.payload.at, body.items, body.code, act.id)
        for act, body in trace.of(ItemsQuarantined)
    )
    for act, exhibit in trace.looked_into():
        trace.require_holder(act, exhibit)
    for act, returned in trace.of(ExhibitReturned):
        trace.require_giver(act, returned)
    for act, opened in trace.of(ItemOpened):
        trace.require_root(act, opened.item, opened.leaves)
    for act, review in trace.of(MatchReviewed):
        trace.require_root(act, review.root, review.listed)
    return Custody(tuple(trace.holdings), tuple(trace.hand_overs), openings, quarantines, tuple(trace.gaps))


class _End(Struct, frozen=True):
    """What ends a holding: an act of the holder's own at `done`, which takes effect at `at`, by the act `by`."""

    how: Ended
    done: datetime
    act: ActId
    at: datetime
    by: ActId


class _Trace:
    """Follows the exhibits from act to act, in order of the acts' own times."""

    def __init__(self, acts: Sequence[ActOnFile], authority: AuthorityId) -> None:
        self._acts = sorted(acts, key=lambda act: act.payload.at)
        self._authority = authority
        self._aside: Counter[tuple[AuthorityId, ExhibitId]] = Counter()
        for act, put in self.of(ItemsQuarantined):
            self._aside[act.issuer, put.exhibit] += put.items
        self._received: dict[ActId, list[tuple[ActOnFile, ExhibitReceived]]] = {}
        for act, body in self.of(ExhibitReceived):
            self._received.setdefault(body.hand_over, []).append((act, body))
        self._ends: dict[tuple[AuthorityId, ExhibitId], list[_End]] = {}
        self._find_ends()
        self.holdings: list[Holding] = []
        self.hand_overs: list[HandOver] = []
        self.gaps: list[CustodyGap] = []

    def of(self, kind: type[_B]) -> list[tuple[ActOnFile, _B]]:
        """The acts with such a body, in order of time."""
        return [(act, act.body) for act in self._acts if isinstance(act.body, kind)]

    def _find_ends(self) -> None:
        for act in self._acts:
            if isinstance(act.body, ExhibitDestroyed | ExhibitReturned):
                how = Ended.RETURNED if isinstance(act.body, ExhibitReturned) else Ended.DESTROYED
                end = _End(how, act.payload.at, act.id, act.payload.at, act.id)
                self._ends.setdefault((act.issuer, act.body.exhibit), []).append(end)
        for act, given in self.of(ExhibitHandedOver):
            for by, _ in self._takers(act)[:1]:
                end = _End(Ended.PASSED_ON, act.payload.at, act.id, max(act.payload.at, by.payload.at), by.id)
                self._ends.setdefault((act.issuer, given.exhibit), []).append(end)

    def _takers(self, given: ActOnFile) -> list[tuple[ActOnFile, ExhibitReceived]]:
        return [(by, receipt) for by, receipt in self._received.get(given.id, ()) if by.issuer in given.payload.to]

    def begin(self) -> None:
        """Step 1, and that no taker confirms a hand-over of which there is no act."""
        for held, hold in self.of(HoldConfirmed):
            self._hold(hold.exhibit, held.issuer, hold.effected_at, held.id)
        for decided, aside in self.of(QuarantineDecided):
            if aside.released is not None:
                self._hold(aside.released, decided.issuer, decided.payload.at, decided.id, freed=True)
        for taken, intake in self.of(ExhibitTakenIn):
            self._hold(intake.exhibit, taken.issuer, taken.payload.at, taken.id)
        given = {act.id for act, _ in self.of(ExhibitHandedOver)}
        for name, takers in self._received.items():
            if name not in given:
                self._gap("a taker confirms a hand-over, and the giver's act is not here", takers[0][0].id)

    def follow(self) -> None:
        """Steps 2 to 4, from holder to holder and not by the clock: two parties' clocks may disagree."""
        left = self.of(ExhibitHandedOver)
        while ready := [(act, body) for act, body in left if self._can_give(act, body)]:
            done = {act.id for act, _ in ready}
            left = [(act, body) for act, body in left if act.id not in done]
            for act, body in ready:
                self._hand_over(act, body)
        for act, body in left:
            self._gives_what_it_has_not(act, body)

    def _can_give(self, act: ActOnFile, body: ExhibitHandedOver) -> bool:
        names = (body.exhibit, body.hold_exhibit)
        return any(_holding(self.holdings, name, act.issuer, act.payload.at) for name in names)

    def _hand_over(self, act: ActOnFile, body: ExhibitHandedOver) -> None:
        # 3.
        taken = self._takers(act)
        if not taken:
            self.hand_overs.append(HandOver(body.exhibit, act.issuer, act.id, act.payload.at))
            self._gap(
                f"{act.issuer} handed an exhibit over and no taker's act confirms it",
                act.id,
                expected=f"an act of {' or '.join(act.payload.to)}",
                open_=self._authority in (act.issuer, *act.payload.to),
            )
        for by, receipt in taken:
            self._compare(body, by, receipt)
            # 4.
            ends = self._ends.get((act.issuer, body.exhibit), ())
            if any(end.how is Ended.DESTROYED and act.payload.at <= end.at < by.payload.at for end in ends):
                self._gap(f"{act.issuer} destroyed the exhibit before {by.issuer} had received it", act.id)
            self.hand_overs.append(
                HandOver(body.exhibit, act.issuer, act.id, act.payload.at, by.issuer, by.id, by.payload.at)
            )
            self._hold(body.exhibit, by.issuer, by.payload.at, by.id)
            self._give_back(act, by)

    def _give_back(self, given: ActOnFile, taken: ActOnFile) -> None:
        """What its taker gave back of that hand-over is its giver's again."""
        for act, body in self.of(ExhibitReturned):
            if (body.hand_over, act.issuer) == (given.id, taken.issuer) and given.issuer in act.payload.to:
                since = max(act.payload.at, given.payload.at)
                self._hold(body.exhibit, given.issuer, since, act.id, back_from=given)

    def looked_into(self) -> list[tuple[ActOnFile, ExhibitId]]:
        """Acts that only a holder can do, and on which exhibit."""
        return [(act, act.body.exhibit) for act in self._acts if isinstance(act.body, _HOLDERS_ONLY)]

    def require_holder(self, act: ActOnFile, exhibit: ExhibitId) -> None:
        """Step 5: a gap is noted unless the act's issuer held the exhibit then."""
        if _holding(self.holdings, exhibit, act.issuer, act.payload.at) is None:
            self._gap(
                f"{act.issuer} acted on an exhibit that nothing shows it to have held then", act.id, found=exhibit
            )

    def require_giver(self, act: ActOnFile, body: ExhibitReturned) -> None:
        """Step 5: a gap is noted unless it goes back to whom the issuer had it from, with the objects that it received."""
        came = next(
            (each for each in self.hand_overs if (each.given, each.taker) == (body.hand_over, act.issuer)), None
        )
        if came is None or came.exhibit != body.exhibit or came.giver not in act.payload.to:
            self._gap(f"{act.issuer} returned an exhibit to another than it is shown to have it from", act.id)
            return
        received = next(receipt for by, receipt in self._received[came.given] if by.id == came.taken)
        if body.objects_root != received.objects_root:
            what = f"{act.issuer} returned other objects than it had received"
            self._gap(what, act.id, found=body.objects_root, expected=received.objects_root)

    def require_root(self, act: ActOnFile, root: Digest, listed: Sequence[Digest]) -> None:
        """Step 5: a gap is noted unless the items that the act lists are those that its root binds."""
        found = root_of([bytes.fromhex(item) for item in listed]).hex()
        if found != root:
            self._gap(f"{act.issuer} lists other items than its act's root binds", act.id, found=found, expected=root)

    def _gives_what_it_has_not(self, act: ActOnFile, body: ExhibitHandedOver) -> None:
        names = (body.exhibit, body.hold_exhibit)
        before = any(each.exhibit in names and each.holder == act.issuer for each in self.holdings)
        what = "did not hold at that time" if before else "is not shown to have held"
        self._gap(
            f"{act.issuer} handed over an exhibit that it {what}",
            act.id,
            found=f"no holding of {body.exhibit} by {act.issuer} at {told(act.payload.at)}",
            expected="an intake, or a taker's act of an earlier hand-over",
        )

    def _compare(self, given: ExhibitHandedOver, by: ActOnFile, receipt: ExhibitReceived) -> None:
        aside = self._aside[by.issuer, receipt.exhibit] if receipt.opened else 0
        for what, found, expected in (
            ("another exhibit", receipt.exhibit, given.exhibit),
            ("another manifest", receipt.manifest, given.manifest.digest),
            ("other objects", receipt.objects_root, objects_root(given.objects).hex()),
            ("another number of items", str(receipt.items + aside), str(given.items)),
        ):
            if found != expected:
                self._gap(f"{by.issuer} received {what} than was handed over", by.id, found=found, expected=expected)

    def _hold(
        self,
        exhibit: ExhibitId,
        holder: AuthorityId,
        since: datetime,
        by: ActId,
        *,
        back_from: ActOnFile | None = None,
        freed: bool = False,
    ) -> None:
        """A holding is ended by what was done after it began, and not by the hand-over that it was given back from.

        Of what was given back nothing is left where its giver destroyed it after having given it.
        """
        own = back_from.payload.at if back_from else since
        ends = [
            end
            for end in self._ends.get((holder, exhibit), ())
            if end.done >= (since if end.how is Ended.PASSED_ON else own)
            and (back_from is None or end.act != back_from.id)
        ]
        end = min(ends, key=lambda each: each.at, default=None)
        if end is None:
            self.holdings.append(Holding(exhibit, holder, since, by, freed=freed))
        else:
            self.holdings.append(Holding(exhibit, holder, since, by, end.at, end.how, end.by, freed))

    def _gap(self, what: str, act: ActId, *, found: str = "", expected: str = "", open_: bool = False) -> None:
        self.gaps.append(CustodyGap(what, act, found, expected, open_))


def _holding(holdings: Sequence[Holding], exhibit: ExhibitId, holder: AuthorityId, at: datetime) -> Holding | None:
    """The holding that covers the instant; where another party's clock tells its beginning or end, give or take the allowed skew."""
    own = (each for each in holdings if each.exhibit == exhibit and each.holder == holder)
    return next((one for one in own if one.since - at <= SKEW and not _over(one, at)), None)


def _over(holding: Holding, at: datetime) -> bool:
    if holding.until is None:
        return False
    return at - holding.until > (SKEW if holding.ended is Ended.PASSED_ON else timedelta())


def _opening(act: ActOnFile, body: ItemOpened) -> Opening:
    officer = act.payload.author.officer if act.payload.author else ""
    return Opening(
        body.exhibit, act.issuer, officer, act.payload.at, body.purpose, body.leaves, act.id, looked_at(body)
    )
