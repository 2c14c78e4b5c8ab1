"""The one way acts enter a node: many per transaction, in one order, all or nothing.

What flows. A use case brings an *intent*: which cases it touches, which acts it may add, and a pure decision over their
present states. Whoever finds the sequencer free becomes the leader, takes everything that waits, and commits it in one
transaction: lock the cases (in id order), decide each intent over the states as left by the one before, write acts,
views, deliveries and search tokens in bulk, and last of all lock the ledger's head, append the leaves and sign the new
head. Those who came while the leader was at work find their intent done, or lead the next round. There is no thread to
start or stop, and under load the rounds grow by themselves: one sync of the disk serves all of them.

What fails. An intent that is refused or broken fails alone; the others go on. If the transaction as a whole fails, each
intent is tried once more on its own, so one poisoned intent cannot take the others with it. Nothing is visible to
anyone, a signed head included, before the commit returns. The same act twice has one effect: an intent sees which of its
acts are already filed, under the lock of their case.

Several processes may run a sequencer each over the same database: the cases' row locks and the head's row lock order
them.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from comity.acts.classes import ActType
from comity.acts.paper_bodies import SentByHand
from comity.acts.payload import Payload
from comity.acts.seal_format import Approval
from comity.cases.state import CaseState, Direction, FiledAct
from comity.casework.bench.search_terms import terms
from comity.casework.bench.secrecy import CaseCipher
from comity.casework.bench.views import CaseView, Observe, advance, close_view, open_view
from comity.casework.ports.case import Outlook, StoredAct, StoredView, WaitingAct
from comity.casework.ports.delivery import Delivery
from comity.casework.ports.ledger import LedgerHead, SignHead
from comity.casework.ports.node import CaseKeys, Clock, Randomness
from comity.casework.ports.record import Records, Transaction
from comity.ledger.entries import Entry
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId

ROUND_LIMIT = 512
"""Acts in one round, about: large enough to share the sync, small enough that nobody waits long."""

_SALT = 32


class RefusedError(Exception):
    """A refusal on its way out of a decision; use cases turn it back into the value it carries."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class NewAct(Struct, frozen=True):
    """A verified or freshly sealed act, ready to be filed. `sealed` is its JWS; `enclosing` goes along to addressees.

    `approvals` are those that this node's own officers gave; `by_hand` are addressees without a node.
    """

    id: ActId
    payload: Payload
    sealed: bytes
    direction: Direction
    enclosing: tuple[ActId, ...] = ()
    approvals: tuple[Approval, ...] = ()
    by_hand: frozenset[AuthorityId] = frozenset()


class Decision(Struct, frozen=True):
    """What an intent comes to, given the states it saw. `filed` are acts of its own that stand in the ledger already.

    `folded` are views read anew from the acts that their cases have, under the law in force.
    """

    acts: tuple[NewAct, ...] = ()
    waiting: tuple[WaitingAct, ...] = ()
    resolved: tuple[ActId, ...] = ()
    filed: tuple[ActId, ...] = ()
    folded: tuple[CaseView, ...] = ()


class Committed(Struct, frozen=True):
    """What was made durable: the decision, and where its acts stand in the ledger."""

    decision: Decision
    indexes: dict[ActId, int]
    head: LedgerHead | None
    at: datetime


class Desk(Protocol):
    """What a decision may look at. States are as of this transaction, earlier intents of the round included."""

    now: datetime

    def state(self, case: CaseId) -> CaseState:
        """The case's state; a fresh one for a case the node does not have."""
        ...

    def version(self, case: CaseId) -> int:
        """The version that the case's row has after this transaction, if that writes it: one more than it has."""
        ...

    def known(self, act: ActId) -> bool:
        """Whether the act is filed already."""
        ...


class Intent(Struct, frozen=True):
    """A change to be decided. `acts` are the ids whose being known the decision asks about."""

    cases: tuple[CaseId, ...]
    acts: tuple[ActId, ...]
    decide: Callable[[Desk], Decision]
    weight: int = 1


class _Ticket:
    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self.done = False
        self.committed: Committed | None = None
        self.error: Exception | None = None

    def result(self) -> Committed | Exception:
        return self.error or self.committed or RuntimeError("a sequencer round ended without deciding an intent")


class _Round:
    """The views and new acts of one transaction."""

    def __init__(
        self,
        now: datetime,
        cipher: CaseCipher,
        observe: Observe,
        stored: Mapping[CaseId, StoredView],
        known: set[ActId],
    ) -> None:
        self.now = now
        self._cipher = cipher
        self._observe = observe
        self._stored = stored
        self._known = known
        self.views: dict[CaseId, CaseView] = {}
        self.changed: set[CaseId] = set()
        self.folded: set[CaseId] = set()
        self.acts: list[NewAct] = []

    def state(self, case: CaseId) -> CaseState:
        return self._view(case).state

    def _view(self, case: CaseId) -> CaseView:
        if case not in self.views:
            row = self._stored.get(case)
            self.views[case] = CaseView(CaseState(case)) if row is None else open_view(self._cipher, row)
        return self.views[case]

    def known(self, act: ActId) -> bool:
        return act in self._known

    def version(self, case: CaseId) -> int:
        row = self._stored.get(case)
        return 1 if row is None else row.version + 1

    def law(self, case: CaseId, present: str) -> str:
        """The version of the law under which all acts of the case were read; none, where it was not the same for all."""
        row = self._stored.get(case)
        return present if row is None or case in self.folded or row.law == present else ""

    def fold(self, views: Sequence[CaseView]) -> None:
        for view in views:
            # To what an earlier intent of this round changed, the view that was read outside of it says nothing.
            if view.state.case not in self.changed:
                self.views[view.state.case] = view
                self.folded.add(view.state.case)

    def add(self, acts: Sequence[NewAct]) -> None:
        for act in acts:
            case = act.payload.case
            filed = FiledAct(act.id, act.payload, act.direction, self.now)
            self.views[case] = advance(self._view(case), filed, self._observe)
            self.changed.add(case)
            self._known.add(act.id)
            self.acts.append(act)


class Sequencer:
    """See the module's essay. Safe to use from any number of threads."""

    def __init__(
        self,
        *,
        records: Records,
        keys: CaseKeys,
        cipher: CaseCipher,
        clock: Clock,
        random: Randomness,
        sign: SignHead,
        observe: Observe,
        outlook: Callable[[CaseView], Outlook],
        law: str,
    ) -> None:
        self._records = records
        self._keys = keys
        self._cipher = cipher
        self._clock = clock
        self._random = random
        self._sign = sign
        self._observe = observe
        self._outlook = outlook
        self._law = law
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.Lock()

    def submit(self, intent: Intent) -> Committed:
        """Returns when the intent's decision is durable; raises what its decision raised, or what the database did."""
        outcome = self.submit_all([intent])[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def submit_all(self, intents: Sequence[Intent]) -> list[Committed | Exception]:
        """Each intent's outcome in their order: what was made durable, or why that one was not."""
        tickets = [_Ticket(intent) for intent in intents]
        with self._queue_lock:
            self._queue.extend(tickets)
        with self._turn:
            while not all(ticket.done for ticket in tickets):
                self._lead(self._take())
        return [ticket.result() for ticket in tickets]

    def _take(self) -> list[_Ticket]:
        with self._queue_lock:
            taken: list[_Ticket] = []
            weight = 0
            while self._queue and (not taken or weight + self._queue[0].intent.weight <= ROUND_LIMIT):
                ticket = self._queue.pop(0)
                taken.append(ticket)
                weight += ticket.intent.weight
            return taken

    def _lead(self, tickets: list[_Ticket]) -> None:
        try:
            self._commit(tickets)
        except Exception as error:  # noqa: BLE001 - whatever the round failed with belongs to its intents, not to this thread
            if len(tickets) > 1:
                for ticket in tickets:
                    self._lead([ticket])
                return
            tickets[0].error = error
        finally:
            for ticket in tickets:
                ticket.done = True

    def _commit(self, tickets: list[_Ticket]) -> None:
        # 1. Lock the cases, learn which acts are known.
        cases = {case for ticket in tickets for case in ticket.intent.cases}
        asked = {act for ticket in tickets for act in ticket.intent.acts}
        with self._records.transaction() as tx:
            desk = _Round(self._clock.now(), self._cipher, self._observe, tx.lock(cases), set(tx.known(asked)))
            # 2. Decide each intent over what the ones before left; a refusal or broken input fails its own intent only.
            decisions = self._decide(tickets, desk)
            # 3. Every new case gets its key, durably, before anything is encrypted under it.
            self._keys.ensure(desk.changed)
            # 4. Write in bulk; the ledger's head last.
            head = self._write(tx, desk, decisions)
        # 5. Committed: only now does anyone learn of it.
        first = head.first if head else 0
        index = {act.id: first + place for place, act in enumerate(desk.acts)}
        before = {act for _, decision in decisions for act in decision.filed}
        if before:
            index |= {act: place for act, (place, _) in self._records.ledger.find(before).items()}
        for ticket, decision in decisions:
            own = {act: index[act] for act in (*decision.filed, *(each.id for each in decision.acts))}
            ticket.committed = Committed(decision, own, head, desk.now)

    def _decide(self, tickets: list[_Ticket], desk: _Round) -> list[tuple[_Ticket, Decision]]:
        decisions = []
        for ticket in tickets:
            ticket.error = None
            try:
                decision = ticket.intent.decide(desk)
            except (RefusedError, BrokenInputError) as error:
                ticket.error = error
                continue
            desk.fold(decision.folded)
            desk.add(decision.acts)
            decisions.append((ticket, decision))
        return decisions

    def _write(self, tx: Transaction, desk: _Round, decisions: Sequence[tuple[_Ticket, Decision]]) -> LedgerHead | None:
        waiting = [act for _, decision in decisions for act in decision.waiting]
        resolved = [act for _, decision in decisions for act in decision.resolved]
        if waiting:
            tx.wait(waiting)
        if resolved:
            tx.forget_waiting(resolved)
        refolded = desk.folded - desk.changed
        if refolded:
            tx.refold([self._stored_view(desk, case) for case in refolded])
        if not desk.acts:
            return None
        entries = [
            Entry(act.id, act.payload.act, self._random.take(_SALT), self._random.take(_SALT)) for act in desk.acts
        ]
        tx.write(
            [self._stored_act(act, desk.now) for act in desk.acts],
            [self._stored_view(desk, case) for case in desk.changed],
            [
                Delivery(
                    act.id,
                    peer,
                    enclosing=act.enclosing,
                    urgency=act.payload.act.urgency,
                    by_hand=peer in act.by_hand,
                )
                for act in desk.acts
                if act.direction is Direction.ISSUED
                for peer in act.payload.to
            ],
            [
                (act.payload.case, self._cipher.token(act.payload.case, term))
                for act in desk.acts
                for term in terms(act.payload)
            ],
        )
        for body in (act.payload.body for act in desk.acts):
            # Beside the record that an instrument asks for, the prescribed channel goes on: the addressee's node lacks the act.
            if isinstance(body, SentByHand) and body.alternative is None:
                tx.sent_by_hand(body.act, body.partner, body.sent_at)
        return tx.append(entries, self._sign)

    def _stored_act(self, act: NewAct, at: datetime) -> StoredAct:
        # A disposal's certificate must outlive the case key, and says nothing that the key protects.
        plain = act.payload.act.type is ActType.CASE_DISPOSED
        box = act.sealed if plain else self._cipher.encrypt(act.payload.case, f"act:{act.id}", act.sealed)
        return StoredAct(act.id, act.payload.case, act.direction, at, box, approvals=act.approvals)

    def _stored_view(self, desk: _Round, case: CaseId) -> StoredView:
        view = desk.views[case]
        box = close_view(self._cipher, view)
        ahead = self._outlook(view)
        head = case, desk.version(case), box, view.state.phase
        return StoredView(*head, ahead.next_due, ahead.attention, ahead.limits, desk.law(case, self._law))


def known_cases(acts: Collection[NewAct]) -> tuple[CaseId, ...]:
    """The cases these acts belong to, each once."""
    return tuple(sorted({act.payload.case for act in acts}))
