"""Giving back: decided under the case's lock, done here, then told to the giver; from then on the exhibit is the giver's alone."""

import pytest
from tests.cases.conftest import Thread

from comity.acts import bodies as b
from comity.acts import custody_bodies as c
from comity.acts.matters import PartDecision, ScopePart, StoredObject
from comity.cases.duties import Destroy, duties
from comity.cases.parties import entitled
from comity.cases.state import CustodyState
from comity.vocabulary.categories import DataCategory, LegalHoldReason

EXHIBIT, HELD, ROOT = "e" * 32, "f" * 32, "a" * 64
PT, DE, PROVIDER = "pt", "de", "provider"


def received(me: str = PT) -> tuple[Thread, str]:
    """Of what DE was asked for and gave, PT has said that it came."""
    thread, stored = Thread(me), StoredObject(ROOT, 10)
    scope = (ScopePart("mails", (DataCategory.CONTENT,)),)
    asked = thread.add(b.DisclosureRequested("stored-data-assistance", None, scope=scope), PT, (DE,))
    thread.add(b.DisclosureDecided((PartDecision("mails", granted=True),)), DE, (PT,), (asked,))
    handed = b.ExhibitHandedOver(EXHIBIT, HELD, ROOT, 3, 30, stored, (stored,), (), "key", ROOT)
    given_over = thread.add(handed, DE, (PT,), (asked,))
    thread.add(b.ExhibitReceived(EXHIBIT, given_over, ROOT, ROOT, 3, opened=True), PT, (DE,), (given_over,))
    return thread, given_over


def given_back(hand_over: str) -> c.ExhibitReturned:
    return c.ExhibitReturned(EXHIBIT, hand_over, ROOT, 3, "no-longer-needed", 2)


def to_give_back(to: str = DE) -> b.DestructionDecided:
    return b.DestructionDecided(EXHIBIT, "no-longer-needed", to)


def test_what_is_to_be_given_back_is_destroyed_here_and_then_the_givers_alone() -> None:
    thread, given_over = received()
    assert thread.refused(given_back(given_over), PT, (DE,), (given_over,)) == "nothing-to-return"
    thread.add(to_give_back(), PT, (), (given_over,))
    assert duties(thread.state, ()) == (Destroy(EXHIBIT, "no-longer-needed"),)
    thread.add(given_back(given_over), PT, (DE,), (given_over,))
    assert duties(thread.state, ()) == ()
    assert thread.state.exhibits[EXHIBIT].state is CustodyState.DESTROYED
    assert thread.refused(given_back(given_over), PT, (DE,), (given_over,)) == "nothing-to-return"


@pytest.mark.parametrize(("hand_over", "to"), [("9" * 64, DE), (None, PROVIDER)])
def test_nothing_is_given_back_that_did_not_come_so_or_to_another_than_it_came_from(
    hand_over: str | None, to: str
) -> None:
    thread, given_over = received()
    thread.add(to_give_back(to), PT, (), (given_over,))
    assert thread.refused(given_back(hand_over or given_over), PT, (to,), (given_over,)) == "not-its-holder"


def test_what_a_legal_hold_keeps_is_not_given_back_and_what_was_decided_before_is() -> None:
    thread, given_over = received()
    hold = thread.add(b.LegalHoldSet(LegalHoldReason.APPEAL_PENDING), PT)
    assert thread.refused(to_give_back(), PT, (), (given_over,)) == "legal-hold"
    thread.add(b.LegalHoldLifted(hold, LegalHoldReason.PROCEEDINGS_OVER), PT)
    thread.add(to_give_back(), PT, (), (given_over,))
    thread.add(b.LegalHoldSet(LegalHoldReason.APPEAL_PENDING), PT)
    assert duties(thread.state, ()) == (Destroy(EXHIBIT, "no-longer-needed"),)
    thread.add(given_back(given_over), PT, (DE,), (given_over,))


def test_where_it_comes_back_to_it_is_held_as_before_also_under_a_legal_hold() -> None:
    thread, given_over = received(DE)
    assert thread.state.exhibits[EXHIBIT].state is CustodyState.PASSED_ON
    thread.add(b.LegalHoldSet(LegalHoldReason.APPEAL_PENDING), DE)
    returned = thread.payload(given_back(given_over), PT, (DE,), (given_over,))
    assert entitled(thread.state, returned) is None
    assert entitled(thread.state, thread.payload(given_back(given_over), PROVIDER, (DE,), (given_over,))) is not None
    assert thread.refused(given_back(given_over), PROVIDER, (DE,), (given_over,)) == "not-its-holder"
    thread.add(given_back(given_over), PT, (DE,), (given_over,))
    assert thread.state.exhibits[EXHIBIT].state is CustodyState.HELD


def test_what_came_back_is_handed_over_again() -> None:
    thread, given_over = received(DE)
    again = thread.filed[-2].payload
    assert thread.refused(again.body, DE, (PT,), again.re) == "handed-over"
    thread.add(given_back(given_over), PT, (DE,), (given_over,))
    assert thread.code(again.body, DE, (PT,), again.re) is None
