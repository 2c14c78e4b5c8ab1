"""The alarms of a case stand where its officers look: in the list and in the case, with due time in both zones and citation."""

from datetime import timedelta

import pytest

from comity.acts.bodies import ProductionOrdered
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.order_bodies import NonExecutionAccepted
from comity.bootstrap.running import undelivered
from comity.casework.desk.casebook import list_cases, read_case
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.alarms import AlarmCode
from comity.casework.ports.paging import Paging
from comity.casework.upkeep.alarm_watch import watch
from comity.entrypoints.cli.main import main
from comity.law.terms import Side
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.targets import Target, TargetKind

CASE, LIMIT = "5b" * 16, "tl-02"
HOSTILE = "\x1b[2J\x07<script>alert(1)</script>"


@pytest.fixture
def order(world) -> str:
    """A production order of `de`, ten days to obey, with words that would take over a screen."""
    body = ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.JUDGE,
        issuing=Contact("Court", "judge", HOSTILE),
        data=DataSought((Target(TargetKind.PHONE, "351910000123"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", HOSTILE, max_penalty_years=8),
    )
    return world.deliver_to_us("de", CASE, body, approver="de.richter", instrument="EU-2023-1543")


def after(world, days: float):
    (world.folder / "clock-offset").write_text(str(int(timedelta(days=days).total_seconds())))
    return world.node.bench


def listed(bench, officer):
    return {each.case: each.alarms for each in list_cases(bench, officer, Paging()).lines}


def test_a_limit_that_is_far_is_no_alarm_and_one_that_is_near_due_or_passed_is_one_of_its_case(world, order):
    for days, code in ((1, None), (9, AlarmCode.CLOCK_DUE_SOON), (15, AlarmCode.CLOCK_PASSED)):
        bench = after(world, days)
        found = {each.line.clock.id: each for each in listed(bench, world.officer)[CASE] if each.line}
        assert (found[LIMIT].code if LIMIT in found else None) == code
        shown = {each.line.clock.id: each.code for each in read_case(bench, world.officer, CASE).alarms if each.line}
        assert shown == {clock: each.code for clock, each in found.items()}
    line = found[LIMIT].line
    assert line.clock.started_by == order
    assert line.clock.citation.article == "Art 10(3)"
    assert line.zones == {
        Side.SENDING: "Europe/Berlin",
        Side.RECEIVING: world.directory().authority("provider").time_zone,
    }


def test_the_alarms_of_a_case_are_those_that_the_node_sounds_about_it(world, order):
    bench = after(world, 15)
    watch(bench, world.node.alarms, undelivered(world.node))
    sounded = {each.subject for each in world.node.alarms.standing() if f"case {CASE}:" in each.subject}
    told = {
        f"case {CASE}: {each.line.clock.id} of act {order}" for each in read_case(bench, world.officer, CASE).alarms
    }
    assert sounded == told
    assert told


def test_an_alarm_ends_with_its_limit(world, order):
    accepted = NonExecutionAccepted(order)
    world.deliver_to_us("de", CASE, accepted, re=[order], instrument="EU-2023-1543")
    assert listed(after(world, 15), world.officer)[CASE] == ()


@pytest.mark.usefixtures("order")
def test_who_may_not_read_the_case_sees_none_of_its_alarms(world):
    bench = after(world, 15)
    stranger = OfficerRef("provider.lee", "provider", {"filter-team": OfficeKind.FILTER_TEAM})
    assert CASE not in listed(bench, stranger)
    assert isinstance(read_case(bench, stranger, CASE), Refusal)


def test_the_terminal_shows_them_with_both_zones_citation_and_what_follows_and_no_words_of_the_case(
    world, order, desk, tmp_path, capsys
):
    after(world, 15)
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(desk.token("provider.lee"))
    node = ("--url", f"http://127.0.0.1:{desk.port}", "--token-file", str(token))
    for command in (("case", "list"), ("case", "show", CASE)):
        assert main([*command, *node]) == 0
        said = capsys.readouterr().out
        assert "clock-passed  since" in said
        assert "Regulation (EU) 2023/1543, Art 10(3)" in said
        assert "Europe/Berlin (sending side)" in said
        assert "what follows: " in said
        assert order in said
        assert "\x1b" not in said
        assert "script" not in said
