"""Receive: an envelope comes in, every act in it is verified, filed once, and answered with a receipt.

Each act of an envelope has its own fate: filed, known already (the same receipt again, no second effect), waiting for
the act it answers, or rejected with a code. An envelope as a whole is refused only when it cannot be opened.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from comity.acts.payload import act_id
from comity.acts.receipt_format import ActRejected, DeliveryAnswer
from comity.cases.evolve import admit, evolve
from comity.cases.house import house_case
from comity.cases.state import CaseState, Direction, FiledAct
from comity.cases.transitions import OPENINGS
from comity.casework.arrivals import Arrived, inspect
from comity.casework.ports import WaitingAct
from comity.casework.receipting import receipts_for
from comity.casework.resend import send_again
from comity.casework.sequencer import Decision, Desk, Intent, NewAct
from comity.casework.workbench import Workbench
from comity.exchange.answers import SALT_BYTES, seal_answer
from comity.exchange.bundle import Bundle, sealed_payload
from comity.exchange.delivery import rejection, waiting_deadline
from comity.exchange.envelope import open_envelope
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId


def receive(bench: Workbench, envelope: bytes) -> bytes:
    """The encrypted answer to one POST. Raises `BrokenInputError` when the envelope cannot be opened at all."""
    at = bench.clock.now()
    opened = open_envelope(envelope, recipient=bench.me, keys=bench.agreement_keys(), cipher=bench.agreement)
    bundle = opened.bundle
    arrived, rejected = _inspect_all(bench, bundle, at)
    outcome = take(bench, bundle.sender, arrived, _inspect_enclosed(bench, bundle, at))
    send_again(bench, (act for act in arrived if act.id in outcome.filed), at)
    answer = DeliveryAnswer(
        receipts=receipts_for(bench, bundle.sender, outcome.filed, at),
        waiting=tuple(outcome.waiting),
        rejected=(*opened.rejected, *rejected, *outcome.rejected),
    )
    return seal_answer(answer, envelope=opened, salt=bench.random.take(SALT_BYTES))


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
        fresh = []
        for waiting in late:
            sealed = bench.cipher.decrypt(house_case(bench.me), f"waiting:{waiting.id}", waiting.sealed)
            act = inspect(bench, sealed, at=bench.clock.now())
            fresh += _file(bench, waiting.sender, [act], (), resolved=(waiting.id,)).filed
    return outcome


def _file(
    bench: Workbench,
    sender: AuthorityId,
    arrived: Sequence[Arrived],
    enclosed: Sequence[Arrived],
    resolved: tuple[ActId, ...] = (),
) -> Taken:
    outcome = Taken()

    def decide(desk: Desk) -> Decision:
        batch = _Batch(bench, sender, desk)
        for act in enclosed:
            batch.enclose(act)
        for act in arrived:
            batch.consider(act)
        outcome.filed, outcome.waiting, outcome.rejected = batch.filed, [w.id for w in batch.waiting], batch.rejected
        return Decision(tuple(batch.new), tuple(batch.waiting), resolved)

    everything = [*arrived, *enclosed]
    if everything:
        cases = tuple(sorted({act.payload.case for act in everything}))
        asked = {act.id for act in everything} | {act.payload.re[0] for act in arrived if act.payload.re}
        bench.sequencer.submit(Intent(cases, tuple(asked), decide, len(everything)))
    return outcome


class _Batch:
    """One envelope's acts against the states of their cases, in order."""

    def __init__(self, bench: Workbench, sender: AuthorityId, desk: Desk) -> None:
        self._bench = bench
        self._sender = sender
        self._desk = desk
        self._states: dict[CaseId, CaseState] = {}
        self._here: set[ActId] = set()
        self.new: list[NewAct] = []
        self.filed: list[ActId] = []
        self.waiting: list[WaitingAct] = []
        self.rejected: list[ActRejected] = []

    def enclose(self, act: Arrived) -> None:
        if not self._known(act.id):
            self._add(act, Direction.ENCLOSED)

    def consider(self, act: Arrived) -> None:
        # 1. Known already: the same act twice has one effect, and the same receipt.
        if self._known(act.id):
            self.filed.append(act.id)
            return
        # 2. Its predecessor has not come: it waits, with a deadline.
        payload = act.payload
        if payload.re and payload.act.type not in OPENINGS and not self._known(payload.re[0]):
            self.waiting.append(self._wait(act))
            return
        # 3. It may not follow here: rejected, with the reason.
        refusal = admit(self._state(payload.case), payload)
        if refusal is not None:
            self.rejected.append(ActRejected(act.id, ErrorCode.OUT_OF_ORDER, refusal.what, retry=False))
            return
        # 4. Filed.
        self._add(act, Direction.RECEIVED)
        self.filed.append(act.id)

    def _known(self, act: ActId) -> bool:
        return act in self._here or self._desk.known(act)

    def _state(self, case: CaseId) -> CaseState:
        return self._states.get(case) or self._desk.state(case)

    def _add(self, act: Arrived, direction: Direction) -> None:
        filed = FiledAct(act.id, act.payload, direction, self._desk.now)
        self._states[act.payload.case] = evolve(self._state(act.payload.case), filed)
        self._here.add(act.id)
        self.new.append(NewAct(act.id, act.payload, act.sealed, direction))

    def _wait(self, act: Arrived) -> WaitingAct:
        box = self._bench.cipher.encrypt(house_case(self._bench.me), f"waiting:{act.id}", act.sealed)
        deadline = waiting_deadline(self._desk.now)
        return WaitingAct(act.id, act.payload.case, act.payload.re[0], self._sender, box, deadline)


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
