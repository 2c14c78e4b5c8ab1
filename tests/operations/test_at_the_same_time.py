"""Two do something in one case in the same instant: what was decided over what is no more is not done."""

from datetime import timedelta

import pytest

from comity.acts.bodies import DestructionDecided, DisclosureOrdered, ExhibitDestroyed, ExhibitHandedOver
from comity.acts.matters import ScopePart
from comity.acts.retention_bodies import CopiesAsked
from comity.cases.copies import copies_thread
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import filed_acts, state_of
from comity.casework.custody import copies as answering
from comity.casework.custody import dispose as disposing
from comity.casework.custody import hand_over as handing
from comity.casework.custody import withdraw as withdrawing
from comity.casework.custody.copies import ReportCopies, report_copies
from comity.casework.custody.dispose import CloseCase, DisposeCase, Disposed, close, dispose
from comity.casework.custody.hand_over import HandedOver, Release, release
from comity.casework.custody.retention import SetRetention, set_retention
from comity.casework.custody.withdraw import destroy_exhibit
from comity.vocabulary.categories import CopiesReason, DataCategory
from comity.vocabulary.errors import Refusal

CASE = "a1" * 16
DESK = "provider-desk"


@pytest.fixture
def meanwhile(monkeypatch):
    """What a module composes next is composed once this has been done, by another process."""

    def make(module, other):
        before = module.compose

        def late(bench, **words):
            monkeypatch.setattr(module, "compose", before)
            other()
            return before(bench, **words)

        monkeypatch.setattr(module, "compose", late)

    return make


def bodies(world, kind):
    found = (filed.payload.body for filed in filed_acts(world.node.bench, CASE))
    return [body for body in found if isinstance(body, kind)]


def test_a_certificate_counts_every_act_of_the_case_or_is_not_filed(world, meanwhile):
    bench = world.node.bench
    close(bench, world.officer, CloseCase(CASE, DESK, "done"))
    kept = SetRetention(CASE, DESK, "own.archive", "Archive Act, Section 3", review_days=10)
    meanwhile(disposing, lambda: set_retention(bench, world.officer, kept))
    command = DisposeCase(CASE, DESK, "retention-over")
    refusal = dispose(bench, world.officer, command)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "changed-meanwhile"
    assert bench.records.exhibits.of_case(CASE)
    acts = len(state_of(bench, CASE).steps)
    done = dispose(bench, world.officer, command)
    assert isinstance(done, Disposed)
    assert done.certificate.acts == acts


def test_what_another_has_decided_to_destroy_is_certified_for_the_reason_that_was_decided(world, meanwhile):
    bench = world.node.bench
    exhibit = next(each.exhibit for each in bench.records.exhibits.of_case(CASE) if each.role == "held")
    answered = state_of(bench, CASE).steps[0].act

    def decided():
        body = DestructionDecided(exhibit, "court-order")
        file_own(bench, compose(bench, case=CASE, body=body, instrument=NODE, re=[answered]))

    meanwhile(withdrawing, decided)
    assert destroy_exhibit(bench, CASE, exhibit, "order-withdrawn")
    assert [each.reason for each in bodies(world, DestructionDecided)] == ["court-order"]
    assert [each.reason for each in bodies(world, ExhibitDestroyed)] == ["court-order"]
    assert destroy_exhibit(bench, CASE, exhibit, "order-withdrawn") is None


def test_copies_that_an_officer_reports_as_destroyed_while_their_case_is_disposed_of_are_reported_once(
    world, meanwhile
):
    """The disposal is done by then: it does not fail over what it has to tell, and what it tells."""
    bench = world.node.bench
    thread = copies_thread("de", "provider", CASE)
    asked = CopiesAsked(CASE, CopiesReason.CASE_DISPOSED, world.now() + timedelta(days=30))
    world.deliver_to_us("de", thread, asked)
    close(bench, world.officer, CloseCase(CASE, DESK, "done"))

    def reported():
        meanwhile(answering, lambda: report_copies(bench, world.officer, ReportCopies(thread, DESK)))

    meanwhile(disposing, reported)
    assert isinstance(dispose(bench, world.officer, DisposeCase(CASE, DESK, "retention-over")), Disposed)
    told = [step for step in state_of(bench, thread).steps if step.type == "copies-reported"]
    assert len(told) == 1


def test_of_two_who_release_one_order_at_once_the_second_is_told_and_touches_nothing(world, meanwhile, what_is_wrong):
    """Were both at it, either could destroy the exhibit that the other hands over: they share what was assembled."""
    bench, answers = world.node.bench, []
    hold = world.hold(world.order(CASE)).act
    order = world.deliver_to_us(
        "de",
        CASE,
        DisclosureOrdered("production-order", hold, (ScopePart("everything", tuple(DataCategory)),)),
        approver="de.richter",
        re=[hold],
    )
    command = Release(order, DESK)

    def second():
        stored = world.objects()
        answers.append(release(bench, world.officer, command))
        assert world.objects() == stored

    meanwhile(handing, second)
    first = release(bench, world.officer, command)
    assert isinstance(first, HandedOver)
    (refusal,) = answers
    assert isinstance(refusal, Refusal)
    assert (refusal.code, bool(refusal.do)) == ("release-under-way", True)
    assert [each.exhibit for each in bodies(world, ExhibitHandedOver) if each.order == order] == [first.exhibit]
    assert what_is_wrong(world.check()) == {}
    assert release(bench, world.officer, command).code == "handed-over"
