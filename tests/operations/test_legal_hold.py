"""Legal hold: while one stands nothing of its case is destroyed, by nobody and for no rule; each is an act with its reason."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from comity.acts.bodies import CaseDisposed, LegalHoldLifted, LegalHoldSet
from comity.acts.classes import ActType
from comity.cases.duties import Destroy, duties
from comity.cases.state import CaseState, CustodyState, Exhibit, Matter
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import filed_acts, state_of
from comity.casework.bench.sequencer import RefusedError
from comity.casework.custody import dispose as disposing
from comity.casework.custody import withdraw as withdrawing
from comity.casework.custody.copies import list_copies
from comity.casework.custody.dispose import CloseCase, DisposeCase, Disposed, close, dispose
from comity.casework.custody.exhibits import destroy
from comity.casework.custody.legal_hold import (
    HeldLegally,
    LegalHoldLine,
    LiftLegalHold,
    SetLegalHold,
    lift_legal_hold,
    list_legal_holds,
    set_legal_hold,
)
from comity.casework.custody.withdraw import destroy_exhibit
from comity.casework.ports.access import OfficerRef
from comity.vocabulary.categories import LegalHoldReason, OfficeKind
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.procedures import Procedure, Stage

CASE = "a1" * 16
DESK = "provider-desk"
SET, DECIDED, DESTROYED = ActType.LEGAL_HOLD_SET, ActType.DESTRUCTION_DECIDED, ActType.EXHIBIT_DESTROYED
PENDING, OVER = LegalHoldReason.APPEAL_PENDING, LegalHoldReason.PROCEEDINGS_OVER


def set_hold(world, node=None, reason=PENDING):
    return set_legal_hold((node or world.node).bench, world.officer, SetLegalHold(CASE, DESK, reason))


@pytest.fixture
def held(world):
    return set_hold(world).act


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
    assert isinstance(set_hold(world), HeldLegally)
    assert try_to_dispose(world).code == "legal-hold"


def test_what_is_lifted_no_longer_stops(world, held):
    shut(world)
    assert isinstance(lift(world, held), str)
    assert isinstance(try_to_dispose(world), Disposed)


def test_each_of_several_holds_is_lifted_for_itself(world, held):
    other = set_hold(world, reason=LegalHoldReason.REDRESS_PENDING).act
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


# The same instant ---------------------------------------------------------------------------------------------------


def exhibit_of(world):
    return next(each.exhibit for each in world.node.bench.records.exhibits.of_case(CASE) if each.role == "held")


def kept_of(world, exhibit):
    """Whether the exhibit's key and every object of it are here."""
    bench = world.node.bench
    stored = bench.records.exhibits.get(exhibit, "held")
    return stored is not None and all(bench.store.size(each) is not None for each in stored.objects)


def index_of(world, kind):
    return [stored.index for stored, filed in acts_of(world) if filed.payload.act.type is kind]


def acts_of(world):
    bench = world.node.bench
    return list(zip(bench.records.cases.acts(CASE), filed_acts(bench, CASE), strict=True))


def test_a_hold_that_comes_after_the_decision_is_told_what_it_is_too_late_for(world, monkeypatch, what_is_wrong):
    exhibit, told = exhibit_of(world), []

    def held_just_before(bench, name):
        told.append(set_hold(world))
        return destroy(bench, name)

    monkeypatch.setattr(withdrawing, "destroy", held_just_before)
    destroy_exhibit(world.node.bench, CASE, exhibit, "order-withdrawn")
    assert told[0].too_late_for == (exhibit,)
    assert world.node.bench.records.exhibits.get(exhibit, "held") is None
    order = [index_of(world, kind)[0] for kind in (DECIDED, SET, DESTROYED)]
    assert order == sorted(order)
    assert what_is_wrong(world.check(deep=True)) == {}


def test_a_destruction_that_was_decided_and_cut_short_is_finished_under_a_later_hold(world, monkeypatch):
    exhibit = exhibit_of(world)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(withdrawing, "destroy", killed)
        with pytest.raises(KeyboardInterrupt):
            destroy_exhibit(world.node.bench, CASE, exhibit, "order-withdrawn")
    assert set_hold(world).too_late_for == (exhibit,)
    state = state_of(world.node.bench, CASE)
    assert state.exhibits[exhibit].destroying == "order-withdrawn"
    destroy_exhibit(world.node.bench, CASE, exhibit, "order-withdrawn")
    assert not kept_of(world, exhibit)
    assert len(index_of(world, DECIDED)) == len(index_of(world, DESTROYED)) == 1


def test_a_hold_that_comes_between_the_look_and_the_decision_keeps_everything(world, monkeypatch, what_is_wrong):
    exhibit = exhibit_of(world)
    compose_before = withdrawing.compose

    def held_meanwhile(bench, **words):
        set_hold(world)
        return compose_before(bench, **words)

    monkeypatch.setattr(withdrawing, "compose", held_meanwhile)
    with pytest.raises(RefusedError) as caught:
        destroy_exhibit(world.node.bench, CASE, exhibit, "order-withdrawn")
    assert caught.value.refusal.code == "legal-hold"
    assert kept_of(world, exhibit)
    assert index_of(world, DESTROYED) == index_of(world, DECIDED) == []
    assert what_is_wrong(world.check(deep=True)) == {}


def test_a_hold_that_comes_between_the_look_and_the_certificate_has_asked_nobody_for_copies(world, monkeypatch):
    shut(world)
    compose_before = disposing.compose

    def held_meanwhile(bench, **words):
        set_hold(world)
        return compose_before(bench, **words)

    with monkeypatch.context() as patch:
        patch.setattr(disposing, "compose", held_meanwhile)
        assert try_to_dispose(world).code == "changed-meanwhile"
    assert try_to_dispose(world).code == "legal-hold"
    assert list_copies(world.node.bench, world.officer, CASE) == ()
    for hold in state_of(world.node.bench, CASE).legal_holds:
        lift(world, hold)
    done = try_to_dispose(world)
    assert isinstance(done, Disposed)
    asked = list_copies(world.node.bench, world.officer, CASE)
    assert tuple(each.traced for each in asked) == done.certificate.copies != ()


@pytest.mark.parametrize("lead", [-0.008, -0.004, -0.002, 0, 0.002, 0.004, 0.008])
def test_of_a_hold_and_a_destruction_in_one_instant_one_wins_cleanly(world, lead, what_is_wrong):
    """As two processes do it: each thread has a node of its own, with its own sequencer and connection, over one database."""
    exhibit, nodes, start = exhibit_of(world), (another(world), another(world)), Barrier(2)

    def hold():
        start.wait()
        time.sleep(max(0, lead))
        return set_hold(world, nodes[0])

    def destruction():
        start.wait()
        time.sleep(max(0, -lead))
        try:
            destroy_exhibit(nodes[1].bench, CASE, exhibit, "order-withdrawn")
        except RefusedError as error:
            return error.refusal.code
        return "destroyed"

    with ThreadPoolExecutor(2) as pool:
        held, ended = (each.result(60) for each in [pool.submit(alone, work) for work in (hold, destruction)])
    (at,), decided = index_of(world, SET), index_of(world, DECIDED)
    if ended == "destroyed":
        assert decided[0] < at
        assert not kept_of(world, exhibit)
        assert held.too_late_for in ((exhibit,), ())
    else:
        assert (ended, decided, index_of(world, DESTROYED)) == ("legal-hold", [], [])
        assert kept_of(world, exhibit)
        assert held.too_late_for == ()
    assert what_is_wrong(world.check(deep=True)) == {}


def another(world):
    """The node once more, as another process of it opens it."""
    node = world.open()
    world.stand()
    return node


def alone(work):
    """The work, with a connection of its own thread that is closed behind it."""
    try:
        return work()
    finally:
        connections.close_all()


def test_what_a_withdrawn_order_and_a_term_would_destroy_waits_for_the_hold():
    matter = Matter("o" * 64, Procedure.PRODUCTION, Stage.WITHDRAWN, "EU2023-1543", "production")
    exhibit = Exhibit("e" * 32, CustodyState.HELD, "o" * 64, 3, "a" * 64)
    free = CaseState(CASE, matters={matter.opened_by: matter}, exhibits={exhibit.exhibit: exhibit})
    assert [type(each) for each in duties(free, ())] == [Destroy]
    under = CaseState(CASE, matters=free.matters, exhibits=free.exhibits, legal_holds=("b" * 64,))
    assert duties(under, ()) == ()


@pytest.mark.parametrize("reason", [OVER, LegalHoldReason.SET_IN_ERROR])
def test_a_reason_to_lift_is_none_to_set(world, reason):
    assert set_hold(world, reason=reason).code == "no-such-reason"


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
