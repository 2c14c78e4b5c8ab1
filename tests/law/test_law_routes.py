"""Routes come from data alone, quickly, and say what they take."""

import time
from datetime import UTC, date, datetime

import pytest

from comity.law.explain import LineKind, explain
from comity.law.loader import MalformedLaw, read_instruments
from comity.law.packaged import packaged_files
from comity.law.questions import Question
from comity.law.route_standing import Weight
from comity.law.routes import Standing, routes
from comity.law.terms import Aim, Channel, PrerequisiteKind
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency

TODAY = date(2026, 11, 21)


def ask(law, **more):
    said = {
        "aim": Aim.DISCLOSE,
        "requesting": "PT",
        "requested": "DE",
        "on": TODAY,
        "categories": (DataCategory.CONTENT,),
        "max_penalty_years": 5,
        "provider_in": ("DE",),
        "data_in": ("DE",),
        "public_data": False,
        "consent": False,
    }
    return routes(law, Question(**{**said, **more}))


def test_a_route_says_what_it_takes_each_with_its_citation(law):
    way = ask(law, issuing=OfficeKind.JUDGE).open[0]
    assert (way.id, way.channel, way.opened_by, way.by) == (
        "eu.production",
        Channel.PROVIDER,
        "production-ordered",
        datetime(2026, 12, 2, tzinfo=UTC),
    )
    (competence,) = [each for each in way.prerequisites if each.id == "eu4.strict"]
    assert (competence.kind, competence.met) == (PrerequisiteKind.COMPETENCE, True)
    kinds = {each.kind for each in way.prerequisites}
    assert {PrerequisiteKind.NOTICE, PrerequisiteKind.LANGUAGE, PrerequisiteKind.SIGNATURE} <= kinds
    assert {"eu5.user", "eu5.provisions", "eu5.threshold"} <= {content.id for content in way.contents}
    rows = (*way.prerequisites, *way.contents, *way.clocks, *way.refusals, *way.safeguards, *way.notes)
    assert all(row.citation.article for row in rows)
    assert way.clocks
    assert way.safeguards


def test_whoever_issues_is_told_whether_that_is_enough(law):
    def met(**more):
        found = ask(law, **more)
        (way,) = [each for each in (*found.open, *found.uncertain) if each.id == "eu.production"]
        return way.standing, [each.met for each in way.prerequisites if each.id.startswith("eu4.")]

    assert met(issuing=OfficeKind.JUDGE) == (Standing.OPEN, [True])
    assert met(issuing=OfficeKind.PROSECUTOR) == (Standing.UNCERTAIN, [False])
    assert met() == (Standing.OPEN, [None])


def test_no_way_is_open_to_an_office_that_is_not_enough_for_it(law):
    for aim in Aim:
        for office in OfficeKind:
            for way in ask(law, aim=aim, issuing=office, requested="IE", provider_in=("IE",), data_in=("IE",)).open:
                assert not [each for each in way.prerequisites if each.met is False], (office, way.id)


def test_what_is_to_be_established_is_asked_as_a_question(law):
    found = ask(law, public_data=None, consent=None, data_in=(), provider_in=(), max_penalty_years=None)
    asked = [point for way in found.uncertain for point in way.points if point.weight is Weight.TO_ESTABLISH]
    assert asked
    assert all(point.message.endswith("?") or "not known here" in point.message for point in asked)


@pytest.mark.parametrize("country", ["KR", "CN", "US"])
def test_a_convention_of_the_member_states_leads_nowhere_else(law, country):
    found = ask(law, requesting="DE", requested=country, data_in=(country,), provider_in=(country,))
    closed = {way.id: way for way in found.closed}
    assert {"eumla.letters", "eio.order"} <= set(closed)
    assert not closed["eumla.letters"].verified


@pytest.mark.parametrize(
    ("offence_here", "resident_here", "notified"),
    [(None, None, True), (False, True, True), (True, None, True), (True, False, True), (True, True, False)],
)
def test_notification_is_a_prerequisite_unless_both_links_are_known(law, offence_here, resident_here, notified):
    way = ask(law, offence_here=offence_here, resident_here=resident_here).open[0]
    notices = [each.id for each in way.prerequisites if each.kind is PrerequisiteKind.NOTICE]
    assert len(notices) == int(notified)


def test_an_emergency_shortens_the_way(law):
    def by(urgency):
        return ask(law, urgency=urgency).open[0].by

    assert by(Urgency.EMERGENCY) == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # eight hours from the next full hour
    assert by(Urgency.ORDINARY) == datetime(2026, 12, 2, tzinfo=UTC)


def test_a_route_that_rests_on_unread_text_says_so(law):
    found = ask(law)
    ways = {way.id: way for way in (*found.open, *found.uncertain, *found.closed)}
    assert not ways["eu.production"].verified  # the list of States it binds is from memory
    assert ways["bc.assistance"].verified
    assert not ways["eio.order"].verified


def test_a_ground_that_the_state_may_have_reserved_is_shown_with_the_doubt(law):
    def refusals(**more):
        found = ask(law, aim=Aim.PRESERVE, **more)
        (way,) = [each for each in (*found.open, *found.uncertain) if each.id == "bc.preservation"]
        return {each.id: each.text for each in way.refusals}

    assert "not known here" in refusals(offence="electronic-evidence")["bc29.dual-criminality"]
    assert "bc29.dual-criminality" not in refusals(offence="illegal-access")
    spain = {"requested": "ES", "data_in": ("ES",), "provider_in": ("ES",)}
    assert "bc29.dual-criminality" not in refusals(offence="electronic-evidence", **spain)


def test_a_declaration_is_shown_only_where_it_bears(law):
    def notes(**more):
        found = ask(law, categories=(DataCategory.SUBSCRIBER,), **more)
        return {note.id for way in (*found.open, *found.uncertain, *found.closed) for note in way.notes}

    japan = {"requested": "JP", "data_in": ("JP",), "provider_in": ("JP",)}
    assert "p2.jp" in notes(**japan)
    assert "p2.jp" not in notes()
    assert "p2.eu-declarations" in notes()


def test_a_closed_route_gives_every_reason_at_once(law):
    found = ask(law, requested="JP", data_in=("JP",), provider_in=("JP",), categories=(DataCategory.TRAFFIC,))
    closed = {way.id: {point.code for point in way.reasons()} for way in found.closed}
    assert closed["p2.subscriber-order"] == {
        "instrument.not-in-force",
        "p2.parties",
        "category.not-covered",
        "p2.7.reserved",
    }
    assert {way.standing for way in found.closed} == {Standing.CLOSED}


def test_routes_for_one_question_take_less_than_twenty_milliseconds(law):
    ask(law)
    times = []
    for _ in range(30):
        begun = time.process_time()
        ask(law)
        times.append(time.process_time() - begun)
    assert sorted(times)[len(times) // 2] < 0.02


def test_routes_are_explained_with_their_rules(law):
    (measure,) = explain(law, "EU-2023-1543", "production", at=datetime(2026, 11, 21, tzinfo=UTC)).measures
    kinds = {line.kind for line in measure.lines}
    assert {LineKind.ROUTE, LineKind.BAR, LineKind.PREREQUISITE, LineKind.SAFEGUARD} <= kinds


BROKEN = [
    (
        "a route of two measures",
        'measures = ["production"]',
        'measures = ["production", "preservation"]',
        "exactly one",
    ),
    ("paced by no clock", 'clocks = ["tl-05"]', 'clocks = ["tl-99"]', "no clock with a length 'tl-99'"),
    ("a test of no field", 'field = "urgency"', 'field = "hurry"', "no field 'hurry'"),
    ("a test of an act", 'field = "urgency"', 'field = "payload.at"', "no field of a question"),
]


@pytest.mark.parametrize(("old", "new", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_route_is_refused_with_its_line(old, new, reason):
    files = dict(packaged_files())
    name = "eu-2023-1543.toml"
    head, mark, tail = files[name].decode().partition('[[route]]\nid = "eu.production"')
    assert old in tail
    found = read_instruments({**files, name: (head + mark + tail.replace(old, new, 1)).encode()})
    assert isinstance(found, MalformedLaw)
    (problem,) = [each for each in found.problems if reason in each.reason]
    assert problem.file == name
    assert problem.line > head.count("\n")


def test_a_bar_without_a_test_is_refused():
    files = dict(packaged_files())
    name = "eu-2023-1543.toml"
    text = files[name].decode() + (
        '\n[[bar]]\nid = "x"\nmeasures = ["production"]\narticle = "Art 1(1)"\nsource = "text"\nverified = true\n'
        'asks = "mood"\nmessage = "x"\n'
    )
    found = read_instruments({**files, name: text.encode()})
    assert isinstance(found, MalformedLaw)
    reasons = " ".join(each.reason for each in found.problems)
    assert "tests in when, or a reservation" in reasons
    assert "no field 'mood'" in reasons
