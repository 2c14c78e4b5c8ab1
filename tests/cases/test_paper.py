"""What can be recorded of paper: only what went by hand is answered, only after that, once, and only where the act could follow."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import DataSought
from comity.acts.paper_bodies import PAPER_ANSWERS, PaperAnswerRecorded, SentByHand
from comity.acts.payload import Payload, type_of
from comity.acts.rules import RULES, Sayer
from comity.cases.evolve import admit, evolve
from comity.cases.state import CaseState, Direction, FiledAct
from comity.vocabulary.categories import PaperMeans, Urgency
from comity.vocabulary.procedures import Stage

ME, PARTNER, OTHER = "pt", "no", "de"
CASE, SCAN, FILE = "c" * 32, "5" * 32, "f" * 64
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
REQUEST, ORDER = b.PreservationRequested(measure="x"), b.PreservationOrdered("x", DataSought((), ()), 90, "why")


def payload(body: AnyBody, at: datetime, *, to: tuple[str, ...] = (), re: tuple[str, ...] = ()) -> Payload:
    of_the_node = isinstance(body, SentByHand | PaperAnswerRecorded)
    act_class = ActClass(type_of(body), "node" if of_the_node else "CETS185", Urgency.URGENT)
    return Payload(1, ME, to, CASE, "0" * 32, at, 1, re, act_class, ("EdDSA",), None, body)


def filed(state: CaseState, words: Payload, direction: Direction = Direction.ISSUED) -> CaseState:
    assert admit(state, words) is None
    return evolve(state, FiledAct(f"{len(state.steps) + 1:064x}", words, direction, words.at))


def sent(body: AnyBody = REQUEST) -> tuple[CaseState, str]:
    """An act that was issued at noon, and went by hand an hour later."""
    state = filed(CaseState(CASE), payload(body, NOON, to=(PARTNER, OTHER)))
    act = state.steps[0].act
    record = SentByHand(act, PARTNER, PaperMeans.POST, NOON + timedelta(hours=1), FILE, 1)
    return filed(state, payload(record, NOON + timedelta(hours=2), re=(act,))), act


def answer(act: str, kind: ActType = ActType.REQUEST_ACKNOWLEDGED) -> PaperAnswerRecorded:
    return PaperAnswerRecorded(act, PARTNER, kind, "CETS185", NOON + timedelta(hours=3), "a" * 64, 1, SCAN)


def code(state: CaseState, body: PaperAnswerRecorded | SentByHand, about: str) -> str:
    refusal = admit(state, payload(body, NOON + timedelta(hours=4), re=(about,)))
    return "" if refusal is None else refusal.code


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"partner": "nobody"}, "not-sent"),
        ({"partner": OTHER}, "not-sent"),
        ({"answers": "9" * 64}, "not-sent"),
        ({"received": NOON}, "not-then"),
        ({"received": NOON + timedelta(hours=5)}, "not-then"),
        ({"instrument": "EU-2023-1543"}, "no-such-answer"),
        ({"counts_as": ActType.EXHIBIT_HANDED_OVER}, "no-such-answer"),
        ({"counts_as": ActType.HOLD_CONFIRMED}, "out-of-order"),
        ({}, ""),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_says_why(changed, why):
    state, act = sent()
    assert code(state, replace(answer(act), **changed), act) == why


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"partner": "nobody"}, "not-its-act"),
        ({"act": "9" * 64}, "not-its-act"),
        ({"sent_at": NOON - timedelta(seconds=1)}, "not-then"),
        ({"sent_at": NOON + timedelta(hours=5)}, "not-then"),
        ({"sent_at": NOON + timedelta(hours=1)}, "recorded-before"),
        ({"file": "b" * 64}, ""),
    ],
)
def test_a_sending_that_cannot_be_is_refused_and_says_why(changed, why):
    state, act = sent()
    again = SentByHand(act, PARTNER, PaperMeans.POST, NOON + timedelta(hours=1), FILE, 1)
    assert code(state, replace(again, **changed), act) == why


def test_what_came_from_a_partner_was_sent_by_hand_by_nobody_here():
    words = payload(REQUEST, NOON, to=(ME,))
    state = filed(CaseState(CASE), replace(words, issuer=PARTNER), Direction.RECEIVED)
    act = state.steps[0].act
    assert code(state, SentByHand(act, ME, PaperMeans.POST, NOON, FILE, 1), act) == "not-its-act"


def test_the_same_paper_and_the_same_answer_are_recorded_once():
    state, act = sent()
    first = answer(act)
    state = filed(state, payload(first, NOON + timedelta(hours=4), re=(act,)))
    assert code(state, first, act) == "recorded-before"
    assert code(state, replace(first, file="b" * 64), act) == "recorded-before"
    assert code(state, replace(first, counts_as=ActType.REQUEST_REFUSED), act) == "recorded-before"
    assert code(state, replace(first, counts_as=ActType.REQUEST_REFUSED, file="b" * 64), act) == ""


@pytest.mark.parametrize(
    ("body", "kind", "stage"),
    [
        (REQUEST, ActType.REQUEST_ACKNOWLEDGED, Stage.ASKED),
        (REQUEST, ActType.DELAY_ANNOUNCED, Stage.ASKED),
        (REQUEST, ActType.PRESERVATION_CONFIRMED, Stage.CONFIRMED),
        (REQUEST, ActType.REQUEST_REFUSED, Stage.REFUSED),
        (ORDER, ActType.HOLD_CONFIRMED, Stage.HOLDING),
        (ORDER, ActType.NON_EXECUTION_STATED, Stage.ORDERED),
        (ORDER, ActType.REQUEST_REFUSED, Stage.REFUSED),
    ],
)
def test_an_answer_on_paper_leads_where_the_act_would_that_it_amounts_to_and_binds_nothing(body, kind, stage):
    state, act = sent(body)
    state = filed(state, payload(answer(act, kind), NOON + timedelta(hours=4), re=(act,)))
    assert state.matters[act].stage is stage
    assert (state.holds, state.exhibits) == ({}, {})
    assert [each.counts_as for each in state.papers] == [None, kind]


def test_no_paper_amounts_to_an_act_by_which_evidence_changes_hands_or_that_is_not_an_answer():
    assert {RULES[kind].sayer for kind in PAPER_ANSWERS} == {Sayer.ADDRESSEE}
    assert not PAPER_ANSWERS & {ActType.EXHIBIT_HANDED_OVER, ActType.EXHIBIT_RECEIVED}
