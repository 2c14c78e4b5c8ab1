"""What a new version of the law changes is told rule by rule and, for open cases, clock by clock."""

from datetime import UTC, datetime, timedelta

import pytest

from comity.law.calendars import Calendar, no_holidays
from comity.law.changes import ChangeKind, clock_changes, law_changes
from comity.law.clocks import one_way
from comity.law.history import past_act
from comity.law.packaged import packaged_files, packaged_law

REGULATION = "EU-2023-1543"
NAME = "eu-2023-1543.toml"
START = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
NOWHERE = Calendar("UTC", no_holidays, "none")
PLACE = one_way(NOWHERE, NOWHERE)


def changed(old, new):
    text = packaged_files()[NAME].decode()
    assert old in text
    return packaged_law({NAME: text.replace(old, new, 1).encode()})


def changes(law, new, case, at):
    return law_changes(law, new, clock_changes(law, new, *case, at=at, calendars=PLACE))


@pytest.fixture
def case(law, emergency, payload_of):
    return "case-1", [past_act(law, "a" * 64, payload_of(emergency, REGULATION, at=START), received_at=START)]


def test_the_same_law_has_no_changes(law, case):
    found = changes(law, packaged_law(), case, START)
    assert (found.rules, found.clocks) == ((), ())


def test_a_longer_limit_is_a_changed_rule_and_moves_the_clock_of_an_open_case(law, case):
    new = changed('limit = "PT48H"', 'limit = "PT72H"')
    found = changes(law, new, case, START + timedelta(hours=50))
    (rule,) = found.rules
    assert (rule.instrument, rule.table, rule.id, rule.kind, rule.fields) == (
        REGULATION,
        "clock",
        "tl-08",
        ChangeKind.CHANGED,
        ("limit",),
    )
    (clock,) = found.clocks
    assert (clock.case, clock.clock, clock.old_state, clock.new_state) == ("case-1", "tl-08", "lapsed", "running")
    assert clock.new_due - clock.old_due == timedelta(hours=24)
    assert (found.old, found.new) == (law.version, new.version)


def test_a_rule_taken_out_and_an_instrument_put_in_are_told(law, case):
    text = packaged_files()[NAME].decode()
    start = text.index('[[clock]]\nid = "tl-05"')
    end = text.index("[[clock]]", start + 1)
    route = text.index('  { clocks = ["tl-05"]')
    without = text[:start] + text[end:route] + text[text.index("\n", route) + 1 :]
    found = changes(law, packaged_law({NAME: without.encode()}), case, START)
    kinds = {(rule.id, rule.kind) for rule in found.rules}
    assert ("tl-05", ChangeKind.REMOVED) in kinds
    assert ("eu.production", ChangeKind.CHANGED) in kinds
    assert [(clock.clock, clock.kind) for clock in found.clocks] == [("tl-05", ChangeKind.REMOVED)]


def test_a_state_that_becomes_bound_is_told(law):
    new = changed(
        '{ iso = "DK", name = "Denmark", note = "not bound" }',
        '{ iso = "DK", name = "Denmark", in_force = 2027-01-01 }',
    )
    (rule,) = law_changes(law, new).rules
    assert (rule.table, rule.id, rule.fields) == ("party", "DK", ("in_force", "note"))


def test_words_alone_change_a_rule_and_no_clock(law, case):
    new = changed("have the order validated without undue delay", "have the order validated")
    found = changes(law, new, case, START)
    assert [rule.fields for rule in found.rules] == [("text",)]
    assert found.clocks == ()


def test_an_old_decision_is_recomputed_under_the_law_of_its_day(law, case):
    """The rule's dates decide, not the day of asking: a limit in force from 2027 does not touch an order of 2026."""
    old = 'id = "tl-08"\nmeasures = ["production", "preservation"]'
    new = changed(old, old + "\nsince = 2027-01-01")
    found = changes(law, new, case, START + timedelta(days=100))
    assert [(clock.clock, clock.kind) for clock in found.clocks] == [("tl-08", ChangeKind.REMOVED)]
