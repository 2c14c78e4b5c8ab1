"""A case as one node files it, act by act: what the tests of this folder tell their stories into."""

from datetime import UTC, datetime, timedelta

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.payload import Payload, type_of
from comity.cases.evolve import admit, evolve
from comity.cases.state import CaseState, Direction, FiledAct
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import Refusal

CASE = "c" * 32
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Thread:
    """Acts under one instrument, a minute apart; each has a name to be answered by."""

    instrument = "CETS185"

    def __init__(self, me: str) -> None:
        self.me = me
        self.state = CaseState(CASE)
        self.filed: list[FiledAct] = []

    def judged(self, payload: Payload) -> Refusal | None:
        """Why the act may not follow."""
        return admit(self.state, payload)

    def payload(self, body: AnyBody, issuer: str, to: tuple[str, ...], re: tuple[str, ...]) -> Payload:
        act = ActClass(type_of(body), self.instrument, Urgency.URGENT)
        number = len(self.filed)
        at = NOON + timedelta(minutes=number)
        return Payload(1, issuer, to, CASE, f"{number:032x}", at, 1, re, act, ("EdDSA",), None, body)

    def add(self, body: AnyBody, issuer: str, to: tuple[str, ...] = (), re: tuple[str, ...] = ()) -> str:
        payload = self.payload(body, issuer, to, re)
        refusal = self.judged(payload)
        assert refusal is None, refusal
        direction = Direction.ISSUED if issuer == self.me else Direction.RECEIVED
        filed = FiledAct(f"{len(self.filed) + 1:064x}", payload, direction, payload.at)
        self.filed.append(filed)
        self.state = evolve(self.state, filed)
        return filed.id

    def code(self, body: AnyBody, issuer: str, to: tuple[str, ...] = (), re: tuple[str, ...] = ()) -> str | None:
        """The code of the refusal that the act would meet; None where it may follow."""
        refusal = self.judged(self.payload(body, issuer, to, re))
        return refusal and refusal.code

    def refused(self, body: AnyBody, issuer: str, to: tuple[str, ...] = (), re: tuple[str, ...] = ()) -> str:
        """The code of the refusal that the act meets."""
        code = self.code(body, issuer, to, re)
        assert code is not None
        return code
