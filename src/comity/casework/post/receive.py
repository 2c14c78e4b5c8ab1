"""Receive: an envelope comes in, every act in it is verified, filed once, and answered with a receipt.

Each act of an envelope has its own fate: filed, known already (the same receipt again, no second effect), waiting for
the act it answers, or rejected with a code. An envelope as a whole is refused only when it cannot be opened.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from comity.acts.bodies import enclosed_by
from comity.acts.payload import Payload, act_id
from comity.acts.receipt_format import ActRejected, DeliveryAnswer
from comity.acts.rules import RULES
from comity.cases.evolve import admit, evolve
from comity.cases.parties import entitled
from comity.cases.placing import placed_by
from comity.cases.state import CaseState, Direction, FiledAct, Phase
from comity.casework.bench.sequencer import Decision, Desk, Intent, NewAct
from comity.casework.bench.waiting import forget_key, keep_waiting, open_waiting
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import WaitingAct
from comity.casework.post.arrivals import Arrived, inspect
from comity.casework.post.receipting import receipts_for
from comity.casework.post.resend import send_again
from comity.exchange.answers import SALT_BYTES, seal_answer
from comity.exchange.bundle import Bundle, sealed_payload
from comity.exchange.delivery import clock_skew, given_up, rejection, waiting_deadline
from comity.exchange.envelope import open_envelope
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId

log = logging.getLogger("comity.receive")


def receive(bench: Workbench, envelope: bytes) -> bytes:
    """The encrypted answer to one POST. Raises `BrokenInputError` when the envelope cannot be opened at all."""
    at = bench.clock.now()
    opened = open_envelope(envelope, recipient=bench.me, keys=bench.agreement_keys(), cipher=bench.agreement)
    bundle = opened.bundle
    arrived, rejected = _inspect_all(bench, bundle, at)
    if arrived:
        _tell_of_skew(bundle, at)
    outcome = take(bench, bundle.sender, arrived, _inspect_enclosed(bench, bundle, at))
    filed = set(outcome.filed)
    send_again(bench, (act for act in arrived if act.id in filed), at)
    answer = DeliveryAnswer(
        receipts=receipts_for(bench, bundle.sender, outcome.filed, at),
        waiting=tuple(outcome.waiting),
        rejected=(*opened.rejected, *rejected, *outcome.rejected),
    )
    return seal_answer(answer, envelope=opened, salt=bench.random.take(SALT_BYTES))


def _tell_of_skew(bundle: Bundle, at: datetime) -> None:
    """A finding for the operator; the acts are taken by this node's own clock either way."""
    found = clock_skew(bundle.sender, bundle.sent_at, at)
    if found is not None:
        log.warning(
            "the clock of %s differs from this node's by %.0f seconds (or its envelope was that long under way)",
            found.sender,
            found.skew.total_seconds(),
        )


class Taken(Struct):
    """What became of a batch of verified acts."""

    filed: list[ActId] = []
    waiting: list[ActId] = []
    rejected: list[ActRejected] = []


def take(bench: Workbench, sender: AuthorityId, arrived: Sequence[Arrived], enclosed: Sequence[Arrived] = ()) -> Taken:
    """Files verified acts in one commit, then those that had waited for them, until nothing more follows."""
    outcome = _file(bench, sender, arrived, enclosed)
    fresh = list(outcome.filed)
    while fresh:
        late = bench.records.cases.waiting_for(fresh)
        fresh = [act for waiting in late for act in _take_up(bench, waiting).filed]
    return outcome


def _take_up(bench: Workbench, waiting: WaitingAct) -> Taken:
    """Files an act whose predecessor came. One that no longer passes is let go, and refused when it is sent again."""
    try:
        arrived = [inspect(bench, open_waiting(bench, waiting), at=bench.clock.now())]
    except BrokenInputError:
        arrived = []
    forget_key(bench, waiting)
    return _file(bench, waiting.sender, arrived, (), resolved=(waiting,))


def _file(
    bench: Workbench,
    sender: AuthorityId,
    arrived: Sequence[Arrived],
    enclosed: Sequence[Arrived],
    resolved: tuple[WaitingAct, ...] = (),
) -> Taken:
    """Decides about all of these in one commit; `resolved` no longer wait, whatever became of them."""
    outcome = Taken()

    def decide(desk: Desk) -> Decision:
        batch = _Batch(bench, sender, desk, enclosed)
        for act in arrived:
            batch.consider(act)
        outcome.filed, outcome.waiting, outcome.rejected = batch.filed, [w.id for w in batch.waiting], batch.rejected
        return Decision(tuple(batch.new), tuple(batch.waiting), tuple(each.id for each in resolved))

    everything = [*arrived, *enclosed]
    if everything or resolved:
        cases = {act.payload.case for act in everything} | {each.case for each in resolved}
        asked = {act.id for act in everything} | {act.payload.re[0] for act in arrived if act.payload.re}
        bench.sequencer.submit(Intent(tuple(sorted(cases)), tuple(asked), decide, max(1, len(everything))))
    return outcome


class _Batch:
    """One envelope's acts against the states of their cases, in order. What is enclosed is filed with what encloses it."""

    def __init__(self, bench: Workbench, sender: AuthorityId, desk: Desk, enclosed: Sequence[Arrived]) -> None:
        self._bench = bench
        self._sender = sender
        self._desk = desk
        self._enclosed = {act.id: act for act in enclosed}
        self._states: dict[CaseId, CaseState] = {}
        self._here: set[ActId] = set()
        self.new: list[NewAct] = []
        self.filed: list[ActId] = []
        self.waiting: list[WaitingAct] = []
        self.rejected: list[ActRejected] = []

    def consider(self, act: Arrived) -> None:
        payload = act.payload
        # 1. Known already: the same act twice has one effect, and the same receipt.
        if self._known(act.id):
            self.filed.append(act.id)
            return
        # 2. It is not its issuer's to say: rejected, with the reason.
        refusal = entitled(self._state(payload.case), payload)
        if refusal is not None:
            self._reject(act, ErrorCode.NOT_ALLOWED, refusal)
            return
        # 3. Its predecessor has not come: it waits, with a deadline, or has waited long enough. Nothing waits for a tombstone.
        if self._lacks_predecessor(payload):
            self._wait(act)
            return
        # 4. It may not follow here: rejected, with the reason.
        refusal = admit(self._state(payload.case), payload)
        if refusal is not None:
            self._reject(act, ErrorCode.OUT_OF_ORDER, refusal)
            return
        # 5. Filed, behind the evidence that came with it.
        self._enclose(act)
        self._add(act, Direction.RECEIVED)
        self.filed.append(act.id)

    def _lacks_predecessor(self, payload: Payload) -> bool:
        """An act that goes to several answers for each of them what that one has: one such act is enough for it to follow."""
        state = self._state(payload.case)
        if not payload.re or RULES[payload.act.type].opens is not None or state.phase is Phase.DISPOSED:
            return False
        return placed_by(state, payload) is None and not self._known(payload.re[0])

    def _known(self, act: ActId) -> bool:
        return act in self._here or self._desk.known(act)

    def _state(self, case: CaseId) -> CaseState:
        return self._states.get(case) or self._desk.state(case)

    def _enclose(self, act: Arrived) -> None:
        for name in enclosed_by(act.payload.body):
            evidence = self._enclosed.get(name)
            if evidence is not None and evidence.payload.case == act.payload.case and not self._known(name):
                self._add(evidence, Direction.ENCLOSED)

    def _add(self, act: Arrived, direction: Direction) -> None:
        filed = FiledAct(act.id, act.payload, direction, self._desk.now)
        self._states[act.payload.case] = evolve(self._state(act.payload.case), filed)
        self._here.add(act.id)
        self.new.append(NewAct(act.id, act.payload, act.sealed, direction))

    def _reject(self, act: Arrived, code: ErrorCode, refusal: Refusal) -> None:
        self.rejected.append(ActRejected(act.id, code, refusal.what, retry=False))

    def _wait(self, act: Arrived) -> None:
        """Kept until its deadline. One as old as the wait is long has waited already, at its sender or here.

        So nothing has to be remembered of acts that were given up: sent again, they are refused again, until the act they
        answer comes.
        """
        missing, now = act.payload.re[0], self._desk.now
        over = given_up(act.id, missing, deadline=waiting_deadline(act.payload.at), at=now)
        if over is not None:
            self.rejected.append(over)
            return
        self._enclose(act)
        waits = keep_waiting(
            self._bench,
            act.id,
            act.payload,
            act.sealed,
            known=bool(self._state(act.payload.case).steps),
            sender=self._sender,
            until=waiting_deadline(now),
        )
        self.waiting.append(waits)


def _inspect_all(bench: Workbench, bundle: Bundle, at: datetime) -> tuple[list[Arrived], list[ActRejected]]:
    arrived: list[Arrived] = []
    rejected: list[ActRejected] = []
    for sealed in bundle.acts:
        try:
            arrived.append(inspect(bench, sealed, at=at))
        except BrokenInputError as error:
            rejected.append(rejection(act_id(sealed_payload(sealed)), error))
    return arrived, rejected


def _inspect_enclosed(bench: Workbench, bundle: Bundle, at: datetime) -> list[Arrived]:
    """Enclosed acts are evidence, so a broken one is an error of the whole envelope: its sender vouched for it."""
    return [inspect(bench, sealed, at=at, addressed=False) for sealed in bundle.enclosed]
