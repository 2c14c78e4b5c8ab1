"""What the law says about an act, at the side that sends it and at the side that receives it: everything at once.

Steps, each of which adds its findings and stops nothing:
1. the law knows the instrument and the measure, and the act is one of that measure;
2. the instrument is in force on the day, where the act opens the measure;
3. the states concerned are bound, where the act opens the measure;
4. the categories of data are ones the measure covers;
5. whoever drafted and approved was competent, for every category;
6. every field is what the provisions want it to be;
7. nothing is shown to an office it must be kept from.
Only when step 1 fails do the others have nothing to ask.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

import msgspec

from comity.acts.body import measure_of
from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.law.answers import Finding
from comity.law.corpus import AskedCompetence, AskedMeasure, AskedRequirement, AskedRules, Instrument, Law
from comity.law.matters import FactValue, Matter, Participant
from comity.law.predicates import is_there
from comity.law.terms import (
    CompetenceRole,
    PartyTestKind,
    Severity,
    Side,
)
from comity.vocabulary.categories import OfficeKind

BINDING = frozenset({PartyTestKind.BOTH_BOUND, PartyTestKind.ISSUER_BOUND, PartyTestKind.ADDRESSEES_BOUND})
"""Tests of whether the instrument is in force for a state."""

NO_FACTS: Mapping[str, FactValue] = {}


def findings(
    law: Law,
    payload: Payload,
    *,
    side: Side,
    issuer: Participant,
    addressees: tuple[Participant, ...],
    at: datetime,
    approvers: tuple[OfficeKind, ...] | None = None,
    drafter: OfficeKind | None = None,
    measure: str | None = None,
    opening: Payload | None = None,
    facts: Mapping[str, FactValue] = NO_FACTS,
) -> tuple[Finding, ...]:
    """Every finding on one act, in the order of the steps above; empty when the law has nothing to say against it.

    Args:
        law: the law to ask; its version is in every finding.
        payload: the act, as drafted or as received.
        side: whose question it is.
        issuer: the state and kind of the issuing authority.
        addressees: the same of every addressee; none for a draft without addressees.
        at: the instant whose day (in its own zone; UTC inside a node) is the day whose law counts.
        approvers: kinds of the offices whose approvals were verified; None while nobody has approved.
        drafter: kind of the drafting officer's office, where known.
        measure: the measure of the case, for acts whose body names none.
        opening: the act that opened the measure, where that is another act and at hand.
        facts: what no act says, by the names the instrument file declares.
    """
    named = measure_of(payload.body) or measure
    instrument = law.instruments.get(payload.act.instrument)
    candidates = _candidates(instrument, named, payload.act.type) if instrument else ()
    unknown = _unknown(law, payload, named, instrument, candidates)
    if unknown or instrument is None or not candidates:
        return unknown
    (asked,) = candidates
    matter = Matter(
        payload=payload,
        opening=opening.body if opening else None,
        side=side,
        at=at,
        issuer=issuer,
        addressees=addressees,
        approvers=approvers,
        drafter=drafter,
        facts=facts,
    )
    return tuple(_all(law, instrument, asked, matter))


def _candidates(instrument: Instrument, named: str | None, act: ActType) -> tuple[AskedMeasure, ...]:
    """The measure that is named; for an act that names none, every measure with something to ask of such an act."""
    if named is not None:
        asked = instrument.measures.get(named)
        return (asked,) if asked else ()
    return tuple(measure for measure in instrument.measures.values() if _asks(measure, act))


def _asks(measure: AskedMeasure, act: ActType) -> bool:
    rules = measure.by_act.get(act)
    return rules is not None and bool(rules.requirements or rules.competences or rules.withheld)


def _unknown(
    law: Law, payload: Payload, named: str | None, instrument: Instrument | None, candidates: tuple[AskedMeasure, ...]
) -> tuple[Finding, ...]:
    """Step 1."""
    if instrument is None:
        return (
            _plain(law, "instrument.unknown", "payload.act.instrument", "no instrument of this name is known here"),
        )
    if len(candidates) > 1:
        return (_plain(law, "measure.not-said", "measure", "several measures have such an act: say which one it is"),)
    if named and not candidates:
        return (_plain(law, "measure.unknown", "measure", "the instrument has no measure of this name"),)
    if candidates and payload.act.type not in candidates[0].acts:
        return (_plain(law, "measure.other-act", "payload.act.type", "the measure has no act of this type"),)
    return ()


def _plain(law: Law, code: str, field: str, message: str) -> Finding:
    """A finding that rests on no provision: the law at hand does not know what the act refers to."""
    return Finding(
        code=code,
        field=field,
        message=message,
        citation=None,
        severity=Severity.BLOCKS,
        who=Side.SENDING.value,
        verified=True,
        law=law.version,
    )


def _all(law: Law, instrument: Instrument, asked: AskedMeasure, matter: Matter) -> Iterator[Finding]:
    day = matter.at.date()
    rules = asked.by_act[matter.payload.act.type]
    if matter.payload.act.type is asked.rule.opens:
        yield from _application(law, instrument, day)
        yield from _states(instrument, asked, matter, day)
        yield from _categories(law, instrument, asked, matter)
    yield from _competences(asked, rules, matter, day)
    for requirement in rules.requirements:
        if requirement.rule.holds_on(day) and matter.side in requirement.rule.sides:
            yield from _requirement(requirement, matter)
    for withheld in rules.withheld:
        shown = any(is_there(getattr(matter.payload.body, name)) for name in withheld.rule.fields)
        exposed = any(addressee.kind in withheld.rule.hidden_from for addressee in matter.addressees)
        if shown and exposed and withheld.rule.holds_on(day):
            yield withheld.found


def _application(law: Law, instrument: Instrument, day: date) -> Iterator[Finding]:
    """Step 2."""
    if instrument.applies(day):
        return
    span = instrument.head.application
    citation = instrument.cite_application()
    note = f": {span.note}" if span.note else ""
    yield Finding(
        code="instrument.not-in-force",
        field="payload.act.instrument",
        message=f"the instrument is not in force on this day{note}",
        citation=citation,
        severity=Severity.BLOCKS,
        who=Side.SENDING.value,
        verified=citation.verified,
        law=law.version,
    )


def _states(instrument: Instrument, asked: AskedMeasure, matter: Matter, day: date) -> Iterator[Finding]:
    """Step 3."""
    others = tuple(addressee.country for addressee in matter.addressees)
    issuer = matter.issuer.country
    for test in asked.party_tests:
        if not test.rule.holds_on(day):
            continue
        wrong = wrong_states(instrument, test.rule.test, issuer, others, day)
        unknown = [country for country in wrong if test.rule.test in BINDING and not instrument.knows(country)]
        if wrong and len(unknown) == len(wrong):
            yield msgspec.structs.replace(
                test.found,
                message=f"whether the instrument is in force for {', '.join(unknown)} is not known here: check it",
                severity=Severity.ADVISES,
                verified=False,
            )
        elif wrong:
            table = instrument.party_table
            party_verified = table is None or table.verified or test.rule.test not in BINDING
            yield msgspec.structs.replace(
                test.found,
                message=f"{test.found.message} ({', '.join(wrong)})",
                verified=test.found.verified and party_verified,
            )


def wrong_states(
    instrument: Instrument, kind: PartyTestKind, issuer: str, others: tuple[str, ...], day: date
) -> tuple[str, ...]:
    """The states that fail the test, each once; for a test of being bound, also those nothing is known about."""
    if kind is PartyTestKind.SAME_COUNTRY:
        return tuple(sorted({other for other in others if other != issuer}))
    if kind is PartyTestKind.OTHER_COUNTRY:
        return (issuer,) if issuer in others else ()
    tested = {
        PartyTestKind.BOTH_BOUND: (issuer, *others),
        PartyTestKind.ISSUER_BOUND: (issuer,),
        PartyTestKind.ADDRESSEES_BOUND: others,
    }[kind]
    return tuple(country for country in dict.fromkeys(tested) if not instrument.binds(country, day))


def _categories(law: Law, instrument: Instrument, asked: AskedMeasure, matter: Matter) -> Iterator[Finding]:
    """Step 4. A measure that lists no categories covers every one."""
    allowed = asked.rule.categories
    outside = [said for said in _said_categories(asked, matter) if said not in allowed] if allowed else []
    if outside:
        yield Finding(
            code="category.not-covered",
            field=asked.rule.category_field,
            message=f"the measure does not cover {', '.join(outside)} data",
            citation=instrument.cite(asked.rule),
            severity=Severity.BLOCKS,
            who=Side.SENDING.value,
            verified=asked.rule.verified,
            law=law.version,
        )


def _said_categories(asked: AskedMeasure, matter: Matter) -> tuple[str, ...]:
    """The categories the act states; for a later act of the measure, those the opening act states."""
    if asked.categories is None:
        return ()
    opens = matter.payload.act.type is asked.rule.opens
    subject = matter.payload.body if opens else matter.opening
    value = asked.categories(subject, matter) if subject is not None else ()
    return tuple(dict.fromkeys(str(part) for part in value)) if isinstance(value, tuple) else ()


def _competences(asked: AskedMeasure, rules: AskedRules, matter: Matter, day: date) -> Iterator[Finding]:
    """Step 5. Every rule that covers one of the categories said must be met by someone of its offices."""
    said = _said_categories(asked, matter)
    for competence in rules.competences:
        rule = competence.rule
        concerned = not rule.categories or any(category in said for category in rule.categories)
        if concerned and rule.holds_on(day) and _incompetent(competence, matter):
            yield competence.found[matter.side]


def _incompetent(competence: AskedCompetence, matter: Matter) -> bool:
    """Whether nobody known to have acted in that role was competent; who has not acted yet cannot be incompetent."""
    if not competence.asked(matter.payload.body, matter):
        return False
    if competence.rule.role is CompetenceRole.DRAFT:
        return matter.drafter is not None and matter.drafter not in competence.rule.offices
    return matter.approvers is not None and not any(kind in competence.rule.offices for kind in matter.approvers)


def _requirement(requirement: AskedRequirement, matter: Matter) -> Iterator[Finding]:
    """Step 6. Asked of every element of a list where the rule says `each`."""
    body = matter.payload.body
    if requirement.each is None:
        if requirement.asked(body, matter) and not requirement.holds(body, matter):
            yield requirement.found[matter.side]
        return
    elements = requirement.each(body, matter)
    for position, element in enumerate(elements if isinstance(elements, tuple) else ()):
        if requirement.asked(element, matter) and not requirement.holds(element, matter):
            field = f"{requirement.rule.each}[{position}].{requirement.rule.field}"
            yield msgspec.structs.replace(requirement.found[matter.side], field=field)
