"""Retention in a case's state: what no date may say, what a later act replaces, and a thread about copies and its duties."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acts import bodies as b
from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.payload import Payload, type_of
from comity.acts.retention_bodies import (
    CopiesAsked,
    CopiesReported,
    RetentionExtended,
    RetentionReviewed,
    RetentionSet,
)
from comity.cases.copies import copies_thread
from comity.cases.duties import AskAgain, ask_again_at, duties, unanswered_since
from comity.cases.evolve import admit, evolve
from comity.cases.parties import entitled
from comity.cases.state import CaseState, Direction, FiledAct
from comity.vocabulary.categories import CopiesReason, CopiesStanding, KeepingGround, Urgency

CASE = "c" * 32
THREAD = copies_thread("pt", "de", CASE)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
COURT = KeepingGround.COURT_ORDER


class Acts:
    """Acts of one case as PT files them, at instants that are said."""

    def __init__(self, case: str = CASE, me: str = "pt") -> None:
        self.me, self.state, self.count = me, CaseState(case), 0

    def payload(self, body: AnyBody, at: datetime, issuer: str, to: tuple[str, ...], re: tuple[str, ...]) -> Payload:
        act = ActClass(type_of(body), "node", Urgency.ORDINARY)
        return Payload(1, issuer, to, self.state.case, f"{self.count:032x}", at, 1, re, act, ("EdDSA",), None, body)

    def tried(
        self, body: AnyBody, at: datetime = NOON, issuer: str = "pt", to: tuple[str, ...] = (), re: tuple[str, ...] = ()
    ) -> str:
        """The code it is refused with, or "" once it is filed."""
        payload = self.payload(body, at, issuer, to, re)
        refusal = admit(self.state, payload)
        if refusal is not None:
            return refusal.code
        self.count += 1
        direction = Direction.ISSUED if issuer == self.me else Direction.RECEIVED
        self.state = evolve(self.state, FiledAct(f"{self.count:064x}", payload, direction, at))
        return ""


def own(**limits: object) -> RetentionSet:
    return RetentionSet("own.archive", "Archive Act, Section 3", **limits)  # type: ignore[arg-type]


def disposed() -> b.CaseDisposed:
    return b.CaseDisposed("own.archive", 0, 0, 0, 0, ())


def asked(by: datetime = NOON + DAY, about: str = CASE) -> CopiesAsked:
    return CopiesAsked(about, CopiesReason.CASE_DISPOSED, by)


def kept(until: datetime) -> CopiesReported:
    return CopiesReported(CASE, CopiesStanding.KEPT, COURT, until)


def test_a_retention_that_sets_nothing_or_ends_before_it_begins_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="at least one of"):
        own()
    with pytest.raises(ValueError, match="ends before"):
        own(at_least=NOON + DAY, at_most=NOON)
    for days in (0, -1, 10**6):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"type": "retention-set", "rule": "r", "citation": "c", "review_days": days}, RetentionSet)


@pytest.mark.parametrize(
    "wrong",
    [
        {"standing": "kept"},
        {"standing": "kept", "ground": "court-order"},
        {"standing": "kept", "until": "2027-01-01T00:00:00Z"},
        {"standing": "destroyed", "ground": "court-order", "until": "2027-01-01T00:00:00Z"},
    ],
)
def test_copies_are_not_kept_without_ground_and_date_nor_destroyed_with_them(wrong: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "copies-reported", "about": CASE, **wrong}, CopiesReported)


@given(st.integers(-3000, 3000), st.integers(-3000, 3000))
def test_a_certificate_is_admitted_exactly_from_the_earliest_date_on(least: int, asked_at: int) -> None:
    acts = Acts()
    acts.tried(own(at_least=NOON + timedelta(minutes=least)))
    acts.tried(b.CaseClosed("over"))
    wanted = "too-early" if asked_at < least else ""
    assert acts.tried(disposed(), NOON + timedelta(minutes=asked_at)) == wanted


def test_a_date_that_is_over_keeps_nothing_longer_and_puts_off_no_review() -> None:
    acts = Acts()
    assert acts.tried(RetentionExtended(COURT, NOON)) == "not-ahead"
    assert acts.tried(RetentionReviewed(COURT, NOON - DAY)) == "not-ahead"


def test_a_later_rule_replaces_the_former_with_its_extensions() -> None:
    acts = Acts()
    acts.tried(own(at_most=NOON + DAY))
    acts.tried(RetentionExtended(COURT, NOON + 9 * DAY))
    assert acts.state.retention
    assert acts.state.retention.extended_to == NOON + 9 * DAY
    acts.tried(own(review_days=2))
    assert acts.state.retention.at_most is acts.state.retention.extended_to is None
    assert acts.state.retention.next_review == NOON + 2 * DAY


def test_a_review_moves_the_next_one_and_nothing_else() -> None:
    acts = Acts()
    acts.tried(own(at_most=NOON + DAY, review_days=2))
    acts.tried(RetentionReviewed(COURT, NOON + 5 * DAY))
    assert acts.state.retention
    assert (acts.state.retention.next_review, acts.state.retention.at_most) == (NOON + 5 * DAY, NOON + DAY)


def test_copies_are_asked_for_of_one_holder_in_the_thread_of_that_question_only() -> None:
    assert Acts(CASE).tried(asked(), to=("de",)) == "not-its-thread"
    assert Acts(THREAD).tried(asked(), to=("de", "provider")) == "not-its-thread"
    assert Acts(THREAD).tried(asked(), to=()) == "not-its-thread"
    assert Acts(THREAD).tried(asked(about="d" * 32), to=("de",)) == "not-its-thread"
    assert Acts(THREAD).tried(asked(), issuer="de", to=("pt",)) == "not-its-thread"
    assert Acts(THREAD).tried(asked(by=NOON), to=("de",)) == "not-ahead"
    assert Acts(THREAD).tried(asked(), to=("de",)) == ""


def test_an_answer_is_the_holders_about_that_case_and_copies_do_not_come_back() -> None:
    acts = Acts(THREAD)
    acts.tried(asked(), to=("de",))
    (ask,) = acts.state.matters
    stranger = acts.payload(kept(NOON + DAY), NOON, "provider", ("pt",), (ask,))
    assert entitled(acts.state, stranger) is not None
    other = CopiesReported("d" * 32, CopiesStanding.DESTROYED)
    assert acts.tried(other, issuer="de", to=("pt",), re=(ask,)) == "not-its-thread"
    assert acts.tried(kept(NOON), issuer="de", to=("pt",), re=(ask,)) == "not-ahead"
    assert acts.tried(CopiesReported(CASE, CopiesStanding.DESTROYED), issuer="de", to=("pt",), re=(ask,)) == ""
    assert acts.tried(kept(NOON + DAY), issuer="de", to=("pt",), re=(ask,)) == "destroyed-before"


def test_who_does_not_answer_is_asked_once_more_and_then_people_are_told() -> None:
    acts = Acts(THREAD)
    acts.tried(asked(), to=("de",))
    (ask,) = acts.state.matters
    assert duties(acts.state, (), NOON + DAY - timedelta(seconds=1)) == ()
    assert duties(acts.state, (), NOON + DAY) == (AskAgain(ask),)
    assert unanswered_since(acts.state) is None
    acts.tried(asked(by=NOON + 3 * DAY), NOON + DAY, to=("de",), re=(ask,))
    assert duties(acts.state, (), NOON + 9 * DAY) == ()
    assert unanswered_since(acts.state) == NOON + 3 * DAY


def test_copies_kept_until_a_date_are_asked_for_again_when_it_is_over() -> None:
    acts = Acts(THREAD)
    acts.tried(asked(), to=("de",))
    (ask,) = acts.state.matters
    acts.tried(kept(NOON + 5 * DAY), issuer="de", to=("pt",), re=(ask,))
    assert ask_again_at(acts.state) == NOON + 5 * DAY
    assert unanswered_since(acts.state) is None
    acts.tried(CopiesReported(CASE, CopiesStanding.DESTROYED), issuer="de", to=("pt",), re=(ask,))
    assert ask_again_at(acts.state) is None


def test_the_holder_owes_no_second_question() -> None:
    acts = Acts(THREAD, me="de")
    acts.tried(asked(), issuer="pt", to=("de",))
    assert duties(acts.state, (), NOON + 9 * DAY) == ()
