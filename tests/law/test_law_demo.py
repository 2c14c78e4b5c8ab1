"""What the demo shows of the law is one call each, and says what it says on the command line."""

import io
from datetime import UTC, date, datetime

from rich.console import Console

from comity.entrypoints.demo.play_law import show_docket, show_findings, show_routes
from comity.entrypoints.demo.timeline import Timeline
from comity.law.calendars import calendar_of
from comity.law.clocks import one_way
from comity.law.docket import docket
from comity.law.history import past_act
from comity.vocabulary.wire import encode

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def shown(show):
    out = io.StringIO()
    show(Timeline(Console(file=out, width=400, highlight=False)))
    return out.getvalue()


def test_routes_are_shown_with_their_reasons():
    said = shown(lambda line: show_routes(line, on=date(2026, 11, 21)))
    assert "1. European Production Order" in said
    assert "closed: " in said
    assert "not in force on this day" in said


def test_a_request_without_its_facts_is_told_at_both_sides(preservation):
    said = shown(lambda line: show_findings(line, preservation, "CETS185", at=NOON))
    assert "summarise the facts" in said
    assert "sending: blocks, receiving: blocks" in said
    assert "DE may refuse on political-offence" in said


def test_the_clocks_of_a_case_are_shown_in_both_zones(law, payload_of, emergency):
    place = one_way(calendar_of("PT", "Europe/Lisbon"), calendar_of("DE", "Europe/Berlin"))
    past = past_act(law, "a" * 64, payload_of(emergency, "EU-2023-1543", at=NOON), received_at=NOON)
    found = docket(law, "x", [past], at=NOON, calendars=place)

    class Node:
        def call(self, method, path):
            assert (method, path) == ("GET", "/api/cases/x/clocks")
            return encode(found), None

    said = shown(lambda line: show_docket(line, Node(), "x"))
    assert "Europe/Lisbon = " in said
    assert "have the order validated" in said
