"""Why a route is open or not: every point the law makes of a question, each with its citation.

A point closes the route, or must be established because the question does not say it, or is a caution that stands beside
an open route because the party table tells only half.
"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from comity.law.admissibility import Reserved
from comity.law.answers import Citation
from comity.law.corpus import AskedBar, AskedCompetence, AskedPartyTest, AskedWay, Instrument
from comity.law.findings import BINDING, wrong_states
from comity.law.instruments import Party
from comity.law.questions import Question
from comity.law.terms import CompetenceRole, Connection, PartyTestKind, Side


class Weight(StrEnum):
    """What a point does to a route. Append only."""

    CLOSES = "closes"
    TO_ESTABLISH = "to-establish"
    CAUTION = "caution"


class Point(Struct, frozen=True):
    """One point: its code (a rule's id, or one of the engine's), in words, and where it stands."""

    weight: Weight
    code: str
    message: str
    citation: Citation
    verified: bool


def points(instrument: Instrument, way: AskedWay, question: Question) -> tuple[Point, ...]:
    """Every point on this route, in this order.

    1. The instrument applies on the day. 2. The states are bound. 3. The measure covers the categories. 4. The data are
    connected with the state asked. 5. No bar holds. 6. The territories are covered. 7. The office that issues is competent.
    """
    return (
        *_application(instrument, question),
        *_states(instrument, way, question),
        *_categories(instrument, way, question),
        *_connection(instrument, way, question),
        *(point for bar in way.bars for point in _bar(instrument, way, bar, question)),
        *_territories(instrument, way, question),
        *_competence(instrument, way, question),
    )


def competences(way: AskedWay, question: Question) -> tuple[AskedCompetence, ...]:
    """Who must approve the act that opens the route, for the categories of the question, on its day."""
    opens = way.measure.rule.opens
    rules = way.measure.by_act.get(opens) if opens else None
    return tuple(each for each in (rules.competences if rules else ()) if _is_about(each, question))


def _is_about(competence: AskedCompetence, question: Question) -> bool:
    rule = competence.rule
    if rule.role is not CompetenceRole.APPROVE or not rule.holds_on(question.on):
        return False
    return not rule.categories or any(category in question.categories for category in rule.categories)


def _competence(instrument: Instrument, way: AskedWay, question: Question) -> Iterator[Point]:
    """Step 7. Whoever issues may have another office approve, so the route is not closed, and not open either."""
    for competence in competences(way, question):
        rule = competence.rule
        if question.issuing and question.issuing not in rule.offices:
            offices = ", ".join(office.value for office in rule.offices)
            text = f"{rule.message}: will one of these approve it: {offices}?"
            citation = instrument.cite(rule)
            yield Point(Weight.TO_ESTABLISH, rule.id, text, citation, citation.verified)


def _application(instrument: Instrument, question: Question) -> Iterator[Point]:
    """Step 1."""
    if instrument.applies(question.on):
        if instrument.head.application.since_unknown:
            text = "since when it is in force is not known here"
            yield Point(Weight.CAUTION, "instrument.since-unknown", text, instrument.cite_application(), verified=False)
        return
    note = instrument.head.application.note
    citation = instrument.cite_application()
    text = "not in force on this day" + (f": {note}" if note else "")
    yield Point(Weight.CLOSES, "instrument.not-in-force", text, citation, citation.verified)


def _states(instrument: Instrument, way: AskedWay, question: Question) -> Iterator[Point]:
    """Step 2."""
    for test in way.measure.party_tests:
        if not test.rule.holds_on(question.on):
            continue
        wrong = wrong_states(instrument, test.rule.test, question.requesting, (question.requested,), question.on)
        if wrong and test.rule.test in BINDING:
            yield from (_unbound(instrument, test, country) for country in wrong)
        elif wrong:
            yield _states_point(instrument, test, ", ".join(wrong))


def _states_point(instrument: Instrument, test: AskedPartyTest, which: str) -> Point:
    citation = instrument.cite(test.rule)
    same = test.rule.test in (PartyTestKind.SAME_COUNTRY, PartyTestKind.OTHER_COUNTRY)
    message = test.rule.message if same else f"{test.rule.message} ({which})"
    return Point(Weight.CLOSES, test.rule.id, message, citation, citation.verified)


def _unbound(instrument: Instrument, test: AskedPartyTest, country: str) -> Point:
    table = instrument.party_table
    citation = instrument.cite(test.rule)
    if not instrument.knows(country):
        text = f"whether it is in force for {country} is not known here"
        return Point(Weight.TO_ESTABLISH, test.rule.id, text, citation, verified=False)
    party = instrument.parties.get(country)
    text = f"{test.rule.message}: {country} {status_in_words(party)}"
    verified = citation.verified and (table is None or table.verified)
    return Point(Weight.CLOSES, test.rule.id, text, citation, verified)


def status_in_words(party: Party | None) -> str:
    """E.g. `signed (2001-11-23); has not consented`; each date only where it is known."""
    if party is None:
        return "is no party"
    words = [
        f"{word} ({day.isoformat()})"
        for word, day in (
            ("signed", party.signed),
            ("consented", party.consent),
            ("in force", party.in_force),
            ("ended", party.ended),
        )
        if day
    ]
    if not words:
        return party.note or "is not bound"
    lacking = "; has not consented" if party.signed and not party.consent and not party.in_force else ""
    return ", ".join(words) + lacking + (f" ({party.note})" if party.note else "")


def _categories(instrument: Instrument, way: AskedWay, question: Question) -> Iterator[Point]:
    """Step 3."""
    allowed = way.measure.rule.categories
    outside = [category.value for category in question.categories if allowed and category not in allowed]
    if outside:
        citation = instrument.cite(way.measure.rule)
        text = f"the measure does not cover {', '.join(outside)} data"
        yield Point(Weight.CLOSES, "category.not-covered", text, citation, citation.verified)


def _connection(instrument: Instrument, way: AskedWay, question: Question) -> Iterator[Point]:
    """Step 4."""
    where, state = {
        Connection.DATA_IN_REQUESTED: (question.data_in, question.requested),
        Connection.PROVIDER_IN_REQUESTED: (question.provider_in, question.requested),
        Connection.PROVIDER_SERVES_REQUESTING: (question.provider_serves, question.requesting),
        Connection.ANYWHERE: ((question.requested,), question.requested),
    }[way.rule.connection]
    if state in where:
        return
    citation = instrument.cite(way.rule)
    weight = Weight.CLOSES if where else Weight.TO_ESTABLISH
    text = f"{way.rule.connection_text}: " + (f"here {', '.join(where)}, not {state}" if where else f"is it {state}?")
    yield Point(weight, f"connection.{way.rule.connection.value}", text, citation, citation.verified)


def _bar(instrument: Instrument, way: AskedWay, bar: AskedBar, question: Question) -> Iterator[Point]:
    """Step 5. A bar whose own field is unknown bears on the question when its tests of the other fields hold."""
    rule, citation = bar.rule, instrument.cite(bar.rule)
    if not rule.holds_on(question.on):
        return
    if rule.reservation:
        yield from _reserved(way, bar, question, citation)
        return
    known = not rule.asks or getattr(question, rule.asks) not in (None, "", ())
    if known and bar.when(question) and not any(test(question) for test in bar.unless):
        yield Point(Weight.CLOSES, rule.id, rule.message, citation, citation.verified)
    elif not known and bar.others(question) and not any(test(question) for test in bar.unless):
        yield Point(Weight.TO_ESTABLISH, rule.id, rule.question or rule.message, citation, citation.verified)


def _reserved(way: AskedWay, bar: AskedBar, question: Question, citation: Citation) -> Iterator[Point]:
    rule = bar.rule
    country = question.requested if rule.reserved_by is Side.RECEIVING else question.requesting
    if not bar.when(question) or any(test(question) for test in bar.unless):
        return
    made = way.measure.admits.reserved(rule.reservation, country, question.on)
    if made is Reserved.YES:
        text = f"{rule.message} ({country}, reservation to {rule.reservation})"
        yield Point(Weight.CLOSES, rule.id, text, citation, citation.verified)
    elif made is Reserved.UNKNOWN:
        text = f"{country} has made reservations; whether to {rule.reservation} is not known here: {rule.message}"
        yield Point(Weight.CAUTION, rule.id, text, citation, verified=False)


def _territories(instrument: Instrument, way: AskedWay, question: Question) -> Iterator[Point]:
    """Step 6."""
    citation = instrument.cite(way.rule)
    flag = instrument.party_table.territory_flag if instrument.party_table else ""
    for country, code in (
        (question.requesting, question.requesting_territory),
        (question.requested, question.requested_territory),
    ):
        party = instrument.parties.get(country)
        known = [row for row in party.territories if row.code == code] if party else []
        covered = [row for row in known if row.extends and (row.since is None or row.since <= question.on)]
        if covered or (not code and not (flag and party and flag in party.flags)):
            continue
        if known:
            text = f"does not extend to {code} on this day" + (f": {known[0].text}" if known[0].text else "")
            yield Point(Weight.CLOSES, "territory.not-covered", text, citation, known[0].verified)
        else:
            text = f"to which territories of {country} it extends is declared, and not known here"
            text = f"whether it extends to {code} of {country} is not known here" if code else text
            weight = Weight.TO_ESTABLISH if code else Weight.CAUTION
            yield Point(weight, "territory.unknown", text, citation, verified=False)
