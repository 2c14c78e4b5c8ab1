"""A round of duties: what one of them meets with keeps no other from being done."""

from datetime import UTC, datetime

import pytest

from comity.acts.classes import ActType
from comity.acts.matters import LapsedLimit
from comity.acts.rules import RULES
from comity.cases.duties import Destroy, TakeOver, Withdraw
from comity.casework.bench.sequencer import RefusedError
from comity.casework.upkeep import duties
from comity.entrypoints.worker import tasks
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.procedures import Procedure, Stage

LIMIT = LapsedLimit("tl-08", "Art 4(5)", datetime(2026, 11, 23, 12, tzinfo=UTC), ("48 hours",))
TAKE, TAKE_BACK, DESTROY = TakeOver("e1", "a1"), Withdraw("a2", "lapsed", LIMIT), Destroy("e1", "order-withdrawn")


@pytest.fixture
def round_of(monkeypatch):
    """A round over duties that are owed for as long as `still` says so; each does what it was given to do."""
    done = []

    def play(doing, still=lambda _duty: True):
        monkeypatch.setattr(duties, "owed", lambda _bench, _case: tuple(each for each in doing if still(each)))

        def do(_bench, _case, duty):
            doing[duty]()
            done.append(duty)

        monkeypatch.setattr(duties, "_do", do)
        return duties.perform(None, "c1"), done

    return play


def refuse():
    raise RefusedError(Refusal("case-closed", "the case is closed"))


def fail():
    raise BrokenInputError(ErrorCode.UNAVAILABLE, "the peer is away")


@pytest.mark.parametrize(("stumble", "code"), [(refuse, "case-closed"), (fail, "unavailable")])
def test_a_duty_that_is_refused_or_fails_is_told_and_the_next_is_done(round_of, stumble, code):
    outcome, done = round_of({TAKE: stumble, TAKE_BACK: lambda: None})
    assert outcome.failed == (code,)
    assert done == [TAKE_BACK]


def test_a_legal_hold_that_was_set_during_a_long_duty_keeps_what_was_to_be_destroyed(round_of):
    held = []
    _, done = round_of(
        {TAKE: lambda: held.append(True), DESTROY: lambda: None}, lambda duty: duty != DESTROY or not held
    )
    assert done == [TAKE]


def test_one_case_that_cannot_be_read_keeps_no_other_from_its_limits(monkeypatch, caplog):
    asked = []

    class Bench:
        class records:  # noqa: N801 - stands where the workbench has an attribute
            class cases:  # noqa: N801
                due = staticmethod(lambda _now: ["bad", "good"])

        class clock:  # noqa: N801
            now = staticmethod(lambda: None)

    class Node:
        bench = Bench

    def perform(_bench, case):
        asked.append(case)
        if case == "bad":
            raise BrokenInputError(ErrorCode.CANNOT_DECRYPT, "the case does not open")
        return duties.Done()

    monkeypatch.setattr(tasks, "give_up_waiting", lambda _bench: [])
    monkeypatch.setattr(tasks, "perform", perform)
    tasks._do_duties(Node)
    assert asked == ["bad", "good"]
    assert "cannot-decrypt" in caplog.text


@pytest.mark.parametrize("kind", [ActType.ITEMS_QUARANTINED, ActType.QUARANTINE_TERM_SET])
def test_what_is_put_aside_is_filed_wherever_its_reception_is(kind):
    """They are filed together: what refuses the one would refuse the other, for ever."""
    reception = RULES[ActType.EXHIBIT_RECEIVED]
    aside = RULES[kind]
    assert aside.after_closing >= reception.after_closing
    reached = {(move.procedure, move.to) for move in reception.follows}
    assert reached <= {(move.procedure, move.at) for move in aside.follows}


def test_an_item_opens_also_while_a_further_hand_over_is_on_its_way():
    assert (Procedure.DISCLOSURE, Stage.HANDED_OVER) in {
        (move.procedure, move.at) for move in RULES[ActType.ITEM_OPENED].follows
    }
