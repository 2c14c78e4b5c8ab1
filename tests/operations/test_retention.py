"""Keeping at a node: nothing is disposed of early, nothing kept too long in silence, and whoever has copies is asked and asked again."""

from datetime import timedelta
from pathlib import Path

import pytest

from comity.acts import bodies as b
from comity.acts.retention_bodies import CopiesAsked, CopiesReported, RetentionSet
from comity.bootstrap.running import undelivered
from comity.cases.copies import copies_thread
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.sequencer import RefusedError
from comity.casework.custody.copies import AskCopies, ReportCopies, ask, ask_copies, list_copies, report_copies
from comity.casework.custody.dispose import CloseCase, DisposeCase, Disposed, close, dispose
from comity.casework.custody.retention import (
    ExtendRetention,
    ReviewRetention,
    SetRetention,
    extend_retention,
    read_retention,
    review_retention,
    set_retention,
)
from comity.casework.custody.withdraw import destroy_exhibit
from comity.casework.desk.advise import case_docket
from comity.casework.desk.casebook import read_case
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.alarms import AlarmCode
from comity.casework.upkeep.alarm_watch import watch
from comity.casework.upkeep.duties import perform
from comity.law.retention_rows import RetentionKind
from comity.vocabulary.categories import CopiesReason, CopiesStanding, KeepingGround, OfficeKind
from comity.vocabulary.errors import BrokenInputError, Refusal

CASE, GONE = "a1" * 16, "d1" * 16
DESK = "provider-desk"
DAY = timedelta(days=1)
COURT = KeepingGround.COURT_ORDER
ASKED_OF_DE = copies_thread("provider", "de", GONE)
ASKED_BY_DE = copies_thread("de", "provider", CASE)
TEMPLATE = Path(__file__).resolve().parents[2] / "law" / "template" / "office.toml"


def move_clock(world, by: timedelta) -> None:
    path = world.folder / "clock-offset"
    path.write_text(str(int(path.read_text()) + int(by.total_seconds())))


def kept_by(world, **limits):
    command = SetRetention(CASE, DESK, "own.archive", "Archive Act, Section 3", **limits)
    return set_retention(world.node.bench, world.officer, command)


def try_to_dispose(world, case=CASE):
    return dispose(world.node.bench, world.officer, DisposeCase(case, DESK, "own.archive"))


def shut(world, case=CASE):
    close(world.node.bench, world.officer, CloseCase(case, DESK, "done"))


def alarms(world) -> dict[str, AlarmCode]:
    watch(world.node.bench, world.node.alarms, undelivered(world.node))
    return {each.subject: each.code for each in world.node.alarms.standing()}


def report(world, thread=ASKED_BY_DE, ground=None, until=None):
    return report_copies(world.node.bench, world.officer, ReportCopies(thread, DESK, ground, until))


@pytest.fixture
def asked_by_de(world):
    """`de` asks this node for its copies of the case."""
    body = CopiesAsked(CASE, CopiesReason.CASE_DISPOSED, world.now() + 30 * DAY)
    return world.deliver_to_us("de", ASKED_BY_DE, body)


# Neither early nor late ---------------------------------------------------------------------------------------------


def test_nothing_is_disposed_of_before_its_earliest_date_and_the_rule_is_named(world, what_is_wrong):
    date = world.now() + 10 * DAY
    rule = kept_by(world, at_least=date)
    shut(world)
    refusal = try_to_dispose(world)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "too-early"
    assert date.strftime("%Y-%m-%d") in refusal.what
    assert "Archive Act, Section 3" in refusal.what
    assert [gap.code for gap in refusal.gaps] == ["own.archive"]
    certificate = b.CaseDisposed("own.archive", 1, 1, 1, 1, ())
    with pytest.raises(RefusedError) as caught:
        file_own(world.node.bench, compose(world.node.bench, case=CASE, body=certificate, instrument=NODE))
    assert caught.value.refusal.code == "too-early", "also where the use case was overtaken"
    assert world.node.bench.records.exhibits.of_case(CASE)
    move_clock(world, 11 * DAY)
    done = try_to_dispose(world)
    assert isinstance(done, Disposed)
    assert (done.certificate.rule, done.certificate.set_by) == ("own.archive", rule)
    assert done.certificate.law == world.node.bench.law.version
    assert what_is_wrong(world.check(deep=False)) == {}


def test_a_certificate_under_another_rule_than_the_one_that_was_set_claims_no_act_for_it(world):
    kept_by(world, at_most=world.now() + DAY)
    shut(world)
    done = dispose(world.node.bench, world.officer, DisposeCase(CASE, DESK, "another-rule"))
    assert done.certificate.set_by is None


def test_what_is_kept_too_long_is_an_alarm_until_an_act_keeps_it_on(world, what_is_wrong):
    kept_by(world, at_most=world.now() + 5 * DAY, review_days=2)
    assert what_is_wrong(world.check(deep=False)) == {}
    assert alarms(world) == {}
    move_clock(world, 3 * DAY)
    assert alarms(world) == {CASE: AlarmCode.RETENTION_REVIEW_DUE}
    command = ReviewRetention(CASE, DESK, COURT, world.now() + 90 * DAY)
    assert isinstance(review_retention(world.node.bench, world.officer, command), str)
    assert alarms(world) == {}
    move_clock(world, 3 * DAY)
    assert alarms(world) == {CASE: AlarmCode.RETENTION_OVER}
    short = ExtendRetention(CASE, DESK, COURT, world.now() - 2 * DAY)
    assert extend_retention(world.node.bench, world.officer, short).code == "not-longer"
    longer = ExtendRetention(CASE, DESK, COURT, world.now() + 9 * DAY)
    assert isinstance(extend_retention(world.node.bench, world.officer, longer), str)
    assert alarms(world) == {}
    move_clock(world, 10 * DAY)
    assert alarms(world) == {CASE: AlarmCode.RETENTION_OVER}
    shut(world)
    assert isinstance(try_to_dispose(world), Disposed), "late is no reason to keep it"
    assert CASE not in alarms(world)
    assert what_is_wrong(world.check(deep=False)) == {}


def test_what_has_no_latest_date_cannot_be_extended_beyond_it(world):
    command = ExtendRetention(CASE, DESK, COURT, world.now() + DAY)
    assert extend_retention(world.node.bench, world.officer, command).code == "nothing-ends"
    assert kept_by(world, at_least=world.now() + 2 * DAY, at_most=world.now() + DAY).code == "unfit"
    assert kept_by(world).code == "unfit"


@pytest.mark.parametrize("kind", [OfficeKind.POLICE, OfficeKind.FILTER_TEAM, OfficeKind.CONTACT_POINT])
def test_who_does_not_answer_for_the_case_sets_nothing(world, kind):
    officer = OfficerRef("provider.other", "provider", {"office": kind})
    bench, later = world.node.bench, world.now() + DAY
    for outcome in (
        set_retention(bench, officer, SetRetention(CASE, "office", "r", "c", at_most=later)),
        extend_retention(bench, officer, ExtendRetention(CASE, "office", COURT, later)),
        review_retention(bench, officer, ReviewRetention(CASE, "office", COURT, later)),
        report_copies(bench, officer, ReportCopies(ASKED_BY_DE, "office")),
    ):
        assert outcome.code == "not-permitted"
    assert state_of(bench, CASE).retention is None


def test_a_case_that_is_not_here_is_not_begun_by_a_rule(world):
    with pytest.raises(BrokenInputError):
        set_retention(
            world.node.bench, world.officer, SetRetention("f" * 32, DESK, "r", "c", at_most=world.now() + DAY)
        )


def test_a_peer_sets_no_rule_here(world):
    sealed = world.played["de"].act(CASE, RetentionSet("r", "c", at_most=world.now() + DAY))
    assert world.played["de"].send(sealed).rejected
    assert state_of(world.node.bench, CASE).retention is None


def test_the_rule_stands_among_the_clocks_of_the_case_and_says_whose_it_is(world):
    kept_by(world, at_least=world.now() + DAY, at_most=world.now() + 9 * DAY, review_days=3)
    bench = world.node.bench
    file, docket = read_case(bench, world.officer, CASE), case_docket(bench, world.officer, CASE)
    assert [each.kind for each in file.clocks if each.id == "own.archive"] == ["min", "max", "review"]
    ours = [line.clock for line in docket.lines if line.clock.id == "own.archive"]
    assert {each.citation.instrument for each in ours} == {"case-rule"}
    assert {each.who_text for each in ours} == {"this office"}
    kept = read_retention(bench, world.officer, CASE)
    assert [each.kind for each in kept.limits] == list(RetentionKind)


def test_an_offices_own_file_rules_every_case_of_the_node(world):
    (world.folder / "provider" / "law").mkdir(exist_ok=True)
    rules = TEMPLATE.read_text("utf-8").replace("P1Y", "P10D").replace("P5Y", "P20D")
    (world.folder / "provider" / "law" / "office.toml").write_text(rules, "utf-8")
    world.open()
    world.stand()
    shut(world)
    refusal = try_to_dispose(world)
    assert [gap.code for gap in refusal.gaps] == ["xa.keep"]
    assert "Filing rules (Lilliput), Section 4" in refusal.what
    move_clock(world, 21 * DAY)
    assert alarms(world)[CASE] is AlarmCode.RETENTION_OVER
    assert isinstance(try_to_dispose(world), Disposed)


# Copies -------------------------------------------------------------------------------------------------------------


def test_a_disposal_asks_everybody_who_has_copies_and_its_certificate_says_so(world):
    bench = world.node.bench
    certificate = payload_of(bench, state_of(bench, GONE).steps[-1].act).body
    assert [(each.holder, each.standing) for each in certificate.copies] == [("de", None)]
    (asked,) = list_copies(bench, world.officer, GONE)
    assert (asked.thread, asked.traced) == (ASKED_OF_DE, certificate.copies[0])
    assert "de" in {each.holder for each in certificate.unreachable}


def test_copies_that_are_gone_before_are_no_longer_out_of_reach(world):
    """Asked for by an earlier attempt; what was answered meanwhile stands in the certificate."""
    world.send_out()
    body = CopiesReported(GONE, CopiesStanding.DESTROYED, certificate="c" * 64)
    ask = state_of(world.node.bench, ASKED_OF_DE).copies.asked[0]
    world.deliver_to_us("de", ASKED_OF_DE, body, re=[ask])
    (asked,) = list_copies(world.node.bench, world.officer, GONE)
    assert asked.traced.standing is CopiesStanding.DESTROYED


def test_who_does_not_answer_is_asked_again_and_then_people_are_told(world, what_is_wrong):
    world.send_out()
    move_clock(world, 29 * DAY)
    perform(world.node.bench, ASKED_OF_DE)
    assert len(state_of(world.node.bench, ASKED_OF_DE).copies.asked) == 1
    move_clock(world, 2 * DAY)
    assert ASKED_OF_DE in world.node.bench.records.cases.due(world.now())
    perform(world.node.bench, ASKED_OF_DE)
    perform(world.node.bench, ASKED_OF_DE)
    assert len(state_of(world.node.bench, ASKED_OF_DE).copies.asked) == 2
    assert ASKED_OF_DE not in alarms(world)
    move_clock(world, 31 * DAY)
    assert alarms(world)[ASKED_OF_DE] is AlarmCode.COPIES_UNANSWERED
    assert what_is_wrong(world.check(deep=False)) == {}


def test_copies_kept_until_a_date_are_asked_for_again_when_it_is_over(world):
    world.send_out()
    ask = state_of(world.node.bench, ASKED_OF_DE).copies.asked[0]
    body = CopiesReported(GONE, CopiesStanding.KEPT, COURT, world.now() + 5 * DAY)
    world.deliver_to_us("de", ASKED_OF_DE, body, re=[ask])
    perform(world.node.bench, ASKED_OF_DE)
    assert len(state_of(world.node.bench, ASKED_OF_DE).copies.asked) == 1
    move_clock(world, 6 * DAY)
    perform(world.node.bench, ASKED_OF_DE)
    assert len(state_of(world.node.bench, ASKED_OF_DE).copies.asked) == 2


@pytest.mark.usefixtures("asked_by_de")
def test_nothing_is_reported_as_destroyed_that_is_still_here(world):
    assert report(world).code == "still-kept"
    assert report(world, ground=COURT).code == "still-kept"
    with pytest.raises(RefusedError) as caught:
        report(world, ground=COURT, until=world.now() - DAY)
    assert caught.value.refusal.code == "not-ahead"
    assert isinstance(report(world, ground=COURT, until=world.now() + DAY), str)


@pytest.mark.usefixtures("asked_by_de")
def test_a_disposal_answers_by_itself_whoever_asked_before(world, what_is_wrong):
    report(world, ground=COURT, until=world.now() + DAY)
    shut(world)
    world.send_out()
    done = try_to_dispose(world)
    assert isinstance(done, Disposed)
    copies = state_of(world.node.bench, ASKED_BY_DE).copies
    assert copies.standing is CopiesStanding.DESTROYED
    assert payload_of(world.node.bench, copies.answered).body.certificate == done.act
    assert report(world, ground=COURT, until=world.now() + DAY).code == "nothing-kept"
    assert what_is_wrong(world.check(deep=False)) == {}


def test_of_a_case_that_was_never_here_nothing_is_held_and_a_stranger_learns_nothing(world):
    unknown, stranger = "99" * 16, copies_thread("oversight", "provider", CASE)
    until = world.now() + 30 * DAY
    thread = copies_thread("de", "provider", unknown)
    world.deliver_to_us("de", thread, CopiesAsked(unknown, CopiesReason.CASE_DISPOSED, until))
    assert isinstance(report(world, thread), str)
    assert state_of(world.node.bench, thread).copies.standing is CopiesStanding.NONE_HELD
    world.deliver_to_us("oversight", stranger, CopiesAsked(CASE, CopiesReason.CASE_DISPOSED, until))
    assert report(world, stranger).code == "not-a-party"
    assert report(world, CASE).code == "not-asked"


def test_what_came_under_an_order_is_reported_for_itself(world):
    """The order brought an exhibit, which is here; once it is destroyed its certificate is named; another brought none."""
    until, order = world.now() + 30 * DAY, world.known["order"]
    withdrawn = CopiesReason.ORDER_WITHDRAWN
    thread = copies_thread("de", "provider", CASE, order)
    world.deliver_to_us("de", thread, CopiesAsked(CASE, withdrawn, until, order))
    assert report(world, thread).code == "still-kept"
    exhibit = next(each.exhibit for each in world.node.bench.records.exhibits.of_case(CASE) if each.role == "held")
    destroy_exhibit(world.node.bench, CASE, exhibit, "order-withdrawn")
    assert isinstance(report(world, thread), str)
    copies = state_of(world.node.bench, thread).copies
    told = payload_of(world.node.bench, copies.answered).body
    assert copies.standing is CopiesStanding.DESTROYED
    assert payload_of(world.node.bench, told.certificate).body.exhibit == exhibit
    another = copies_thread("de", "provider", CASE, "7" * 64)
    world.deliver_to_us("de", another, CopiesAsked(CASE, withdrawn, until, "7" * 64))
    report(world, another)
    assert state_of(world.node.bench, another).copies.standing is CopiesStanding.NONE_HELD


def test_copies_under_an_order_are_asked_for_when_it_was_withdrawn_and_not_before(world):
    for order in (world.known["order"], "7" * 64):
        command = AskCopies(CASE, DESK, order)
        assert ask_copies(world.node.bench, world.officer, command).code == "not-withdrawn"


def asked_about(world, order):
    """What this node asks of who has copies of what came under that order, once it is withdrawn."""
    bench = world.node.bench
    return ask(bench, state_of(bench, CASE), CopiesReason.ORDER_WITHDRAWN, order=order)


def test_a_thread_about_copies_that_was_closed_or_disposed_of_holds_no_later_question_up(world):
    """Kept until a date that is over by now: the holder is asked again, where it can be."""
    bench, order = world.node.bench, world.known["order"]
    (first,) = asked_about(world, order)
    world.send_out()
    kept = CopiesReported(CASE, CopiesStanding.KEPT, COURT, world.now() + 5 * DAY)
    world.deliver_to_us("de", first.thread, kept, re=[first.traced.asked])
    shut(world, first.thread)
    move_clock(world, 6 * DAY)
    (again,) = asked_about(world, order)
    assert state_of(bench, first.thread).copies.asked == (first.traced.asked, again.traced.asked)
    world.send_out()
    assert isinstance(try_to_dispose(world, first.thread), Disposed)
    assert asked_about(world, order) == ()


def test_copies_under_two_orders_of_one_case_are_two_questions_and_neither_hides_the_other(world):
    bench, second = world.node.bench, world.order(CASE, "second@mail.example")
    (one,), (two,) = (asked_about(world, order) for order in (world.known["order"], second))
    world.send_out()
    told = CopiesReported(CASE, CopiesStanding.NONE_HELD)
    world.deliver_to_us("de", two.thread, told, re=[two.traced.asked])
    assert state_of(bench, one.thread).copies.standing is None
    move_clock(world, 31 * DAY)
    for asked in (one, two):
        perform(bench, asked.thread)
    assert [len(state_of(bench, asked.thread).copies.asked) for asked in (one, two)] == [2, 1]


@pytest.mark.usefixtures("asked_by_de")
def test_what_was_asked_of_this_node_and_not_answered_is_an_alarm(world):
    move_clock(world, 31 * DAY)
    assert alarms(world)[ASKED_BY_DE] is AlarmCode.COPIES_UNANSWERED


def test_a_thread_about_copies_asks_for_no_copies_of_itself(world):
    world.send_out()
    shut(world, ASKED_OF_DE)
    done = try_to_dispose(world, ASKED_OF_DE)
    assert isinstance(done, Disposed)
    assert done.certificate.copies == ()
