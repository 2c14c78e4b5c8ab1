"""Legal hold: while one stands nothing of its case is destroyed, by nobody and for no rule; each is an act with its reason."""

import pytest

from comity.acts.bodies import CaseDisposed, LegalHoldLifted, LegalHoldSet
from comity.cases.duties import Destroy, duties
from comity.cases.state import CaseState, CustodyState, Exhibit, Matter
from comity.casework.access import OfficerRef
from comity.casework.dispose import CloseCase, DisposeCase, Disposed, close, dispose
from comity.casework.issuing import compose, file_own
from comity.casework.legal_hold import (
    LegalHoldLine,
    LiftLegalHold,
    SetLegalHold,
    lift_legal_hold,
    list_legal_holds,
    set_legal_hold,
)
from comity.casework.legality import NODE
from comity.casework.reading import state_of
from comity.casework.sequencer import RefusedError
from comity.vocabulary.categories import LegalHoldReason, OfficeKind
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.procedures import Procedure, Stage

CASE = "a1" * 16
DESK = "provider-desk"
PENDING, OVER = LegalHoldReason.APPEAL_PENDING, LegalHoldReason.PROCEEDINGS_OVER


@pytest.fixture
def held(world):
    return set_legal_hold(world.node.bench, world.officer, SetLegalHold(CASE, DESK, PENDING))


def lift(world, hold, reason=OVER):
    return lift_legal_hold(world.node.bench, world.officer, LiftLegalHold(CASE, DESK, hold, reason))


def try_to_dispose(world):
    return dispose(world.node.bench, world.officer, DisposeCase(CASE, DESK, "retention-over"))


def shut(world):
    close(world.node.bench, world.officer, CloseCase(CASE, DESK, "done"))


def test_a_hold_stops_disposal_and_names_itself(world, held):
    shut(world)
    refusal = try_to_dispose(world)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "legal-hold"
    assert held in refusal.what
    assert world.node.bench.records.exhibits.of_case(CASE)


def test_a_closed_case_can_still_be_held(world):
    shut(world)
    assert isinstance(set_legal_hold(world.node.bench, world.officer, SetLegalHold(CASE, DESK, PENDING)), str)
    assert try_to_dispose(world).code == "legal-hold"


def test_what_is_lifted_no_longer_stops(world, held):
    shut(world)
    assert isinstance(lift(world, held), str)
    assert isinstance(try_to_dispose(world), Disposed)


def test_each_of_several_holds_is_lifted_for_itself(world, held):
    other = set_legal_hold(world.node.bench, world.officer, SetLegalHold(CASE, DESK, LegalHoldReason.REDRESS_PENDING))
    shut(world)
    lift(world, held)
    refusal = try_to_dispose(world)
    assert (refusal.code, held in refusal.what, other in refusal.what) == ("legal-hold", False, True)


def test_a_hold_is_lifted_once_and_only_where_it_stands(world, held):
    lift(world, held)
    for hold in (held, "0" * 64):
        with pytest.raises(RefusedError) as caught:
            lift(world, hold)
        assert caught.value.refusal.code == "no-such-hold"


@pytest.mark.usefixtures("held")
def test_a_certificate_that_overtakes_the_hold_is_refused_under_the_cases_lock(world):
    bench = world.node.bench
    shut(world)
    certificate = CaseDisposed("retention-over", 1, 1, 1, 1, ())
    with pytest.raises(RefusedError) as caught:
        file_own(bench, compose(bench, case=CASE, body=certificate, instrument=NODE))
    assert caught.value.refusal.code == "legal-hold"


def test_what_a_withdrawn_order_and_a_term_would_destroy_waits_for_the_hold():
    matter = Matter("o" * 64, Procedure.PRODUCTION, Stage.WITHDRAWN, "EU2023-1543", "production")
    exhibit = Exhibit("e" * 32, CustodyState.HELD, "o" * 64, 3, "a" * 64)
    free = CaseState(CASE, matters={matter.opened_by: matter}, exhibits={exhibit.exhibit: exhibit})
    assert [type(each) for each in duties(free, ())] == [Destroy]
    under = CaseState(CASE, matters=free.matters, exhibits=free.exhibits, legal_holds=("b" * 64,))
    assert duties(under, ()) == ()


@pytest.mark.parametrize("reason", [OVER, LegalHoldReason.SET_IN_ERROR])
def test_a_reason_to_lift_is_none_to_set(world, reason):
    outcome = set_legal_hold(world.node.bench, world.officer, SetLegalHold(CASE, DESK, reason))
    assert outcome.code == "no-such-reason"


def test_a_reason_to_set_is_none_to_lift(world, held):
    assert lift(world, held, PENDING).code == "no-such-reason"
    assert try_to_dispose(world).code == "not-closed"


@pytest.mark.parametrize("kind", [OfficeKind.POLICE, OfficeKind.FILTER_TEAM, OfficeKind.CONTACT_POINT])
def test_who_may_not_lift_is_refused(world, held, kind):
    officer = OfficerRef("provider.other", "provider", {"office": kind})
    command = LiftLegalHold(CASE, "office", held, OVER)
    assert lift_legal_hold(world.node.bench, officer, command).code == "not-permitted"
    assert state_of(world.node.bench, CASE).legal_holds == (held,)


def test_a_hold_on_a_case_that_is_not_here_begins_none(world):
    with pytest.raises(BrokenInputError):
        set_legal_hold(world.node.bench, world.officer, SetLegalHold("f" * 32, DESK, PENDING))


def test_the_holds_that_stand_are_listed_with_who_set_them_and_why(world, held):
    (line,) = list_legal_holds(world.node.bench, world.officer, CASE)
    assert isinstance(line, LegalHoldLine)
    assert (line.hold, line.reason, line.officer, line.office) == (held, PENDING, "provider.lee", DESK)
    lift(world, held)
    assert list_legal_holds(world.node.bench, world.officer, CASE) == ()


def test_a_peer_can_neither_set_nor_lift_a_hold_here(world, held):
    for body in (LegalHoldSet(PENDING), LegalHoldLifted(held, OVER)):
        sealed = world.played["de"].act(CASE, body)
        answer = world.played["de"].send(sealed)
        assert answer.rejected
    assert state_of(world.node.bench, CASE).legal_holds == (held,)


def test_views_rebuilt_from_the_acts_come_out_the_same(world, held, what_is_wrong):
    assert what_is_wrong(world.check(deep=False)) == {}
    lift(world, held)
    assert what_is_wrong(world.check(deep=False)) == {}
