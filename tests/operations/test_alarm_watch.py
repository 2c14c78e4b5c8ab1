"""What people must know: undelivered acts, a directory that runs out, clocks that differ. Told once, and taken back."""

import logging
from datetime import timedelta

import pytest

from comity.acts import bodies as b
from comity.bootstrap.running import undelivered
from comity.casework.ports.alarms import AlarmCode
from comity.casework.post.send import deliver
from comity.casework.upkeep.alarm_watch import tell_skew, watch


def move_clock(world, by: timedelta) -> None:
    path = world.folder / "clock-offset"
    path.write_text(str(int(path.read_text()) + int(by.total_seconds())))


def standing(world) -> dict[AlarmCode, str]:
    watch(world.node.bench, world.node.alarms, undelivered(world.node))
    return {each.code: each.subject for each in world.node.alarms.standing()}


@pytest.fixture
def unsent(world) -> str:
    """The node has confirmed a hold to de, which is down."""
    world.played["de"].down = True
    world.hold(world.order("e7" * 16, "unsent@mail.example"))
    return "e7" * 16


def test_an_act_undelivered_for_longer_than_its_urgency_allows_is_an_alarm_until_it_is_delivered(world, unsent, caplog):
    assert standing(world) == {}
    deliver(world.node.bench, "de")
    assert standing(world) == {}, "there is time yet"
    move_clock(world, timedelta(hours=5))
    caplog.set_level(logging.INFO)
    assert standing(world) == {AlarmCode.UNDELIVERED: "de"}
    assert standing(world) == {AlarmCode.UNDELIVERED: "de"}
    (alarm,) = world.node.alarms.standing()
    assert unsent in alarm.detail
    assert "unavailable" in alarm.detail
    assert caplog.text.count("ALARM undelivered de") == 1, "told once"
    world.played["de"].down = False
    deliver(world.node.bench, "de")
    assert standing(world) == {}
    assert "alarm over: undelivered de" in caplog.text


@pytest.mark.usefixtures("unsent")
def test_what_was_never_tried_is_no_alarm_however_long_it_waits(world):
    move_clock(world, timedelta(hours=5))
    assert standing(world) == {}


def of_directory(world):
    """Its alarms alone: a clock moved by a year passes limits of cases too."""
    codes = (AlarmCode.DIRECTORY_EXPIRES_SOON, AlarmCode.DIRECTORY_EXPIRED)
    return {code: subject for code, subject in standing(world).items() if code in codes}


def test_a_directory_is_told_of_before_it_expires_and_after_and_acts_are_taken_still(world, what_is_wrong):
    expires = world.directory().metadata.expires
    move_clock(world, expires - world.now() - timedelta(days=13))
    assert of_directory(world) == {AlarmCode.DIRECTORY_EXPIRES_SOON: "version 1"}
    directory = world.check(deep=False)[10]
    assert directory.ok
    assert "expires at" in directory.problems[0]
    move_clock(world, timedelta(days=14))
    assert of_directory(world) == {AlarmCode.DIRECTORY_EXPIRED: "version 1"}
    wrong = what_is_wrong(world.check(deep=False))
    assert set(wrong) == {11}
    assert "expired at" in wrong[11][0]
    # It stays in force: a hold must not wait for a publisher's holiday.
    assert world.order("e8" * 16, "later@mail.example")


@pytest.mark.parametrize("skew", [timedelta(minutes=6), -timedelta(hours=2)])
def test_a_clock_that_differs_from_a_peers_is_a_finding_until_it_does_not(world, skew):
    board = world.node.alarms
    tell_skew(board, "de", skew, world.now())
    tell_skew(board, "pt", timedelta(minutes=5), world.now())
    (alarm,) = board.standing()
    assert (alarm.code, alarm.subject) == (AlarmCode.CLOCK_SKEW, "de")
    assert alarm.detail == f"{skew.total_seconds():.0f} seconds"
    tell_skew(board, "de", timedelta(seconds=2), world.now())
    assert board.standing() == ()


def test_a_delivery_measures_the_clock_of_whoever_receipted_it(world):
    world.hold(world.order("e9" * 16, "clock@mail.example"))
    sent = deliver(world.node.bench, "de")
    assert sent.delivered
    assert abs(sent.skew) < timedelta(minutes=1)
    assert deliver(world.node.bench, "de").skew is None, "nothing was measured"


@pytest.mark.usefixtures("unsent")
def test_an_alarm_says_nothing_of_a_case(world):
    deliver(world.node.bench, "de")
    move_clock(world, timedelta(hours=5))
    standing(world)
    (alarm,) = world.node.alarms.standing()
    for word in ("unsent@mail.example", "custodian", b.HoldConfirmed.__name__):
        assert word not in alarm.detail + alarm.subject
