"""Whether a coded ground is one on which a request under a measure may be refused, by this party, on this day."""

from datetime import datetime

import msgspec

from comity.acts.payload import Payload
from comity.law.admissibility import AskedGround, Reserved
from comity.law.answers import Citation, Finding
from comity.law.corpus import AskedMeasure, Instrument, Law
from comity.law.instruments import (
    Ground,
)
from comity.law.matters import Matter, Participant
from comity.law.terms import (
    Severity,
    Side,
)


def grounds(law: Law, instrument: str, measure: str, *, at: datetime) -> tuple[Ground, ...]:
    """The grounds the measure knows on that day, reservations not yet looked at."""
    asked = law.measure(instrument, measure)
    return tuple(g.rule for g in asked.admits.grounds if g.rule.holds_on(at.date())) if asked else ()


def check_ground(
    law: Law,
    instrument: str,
    measure: str,
    code: str,
    *,
    country: str,
    at: datetime,
    opening: Payload | None = None,
) -> Finding | None:
    """Why the party may not refuse on this ground, or None when it may.

    `country` is the refusing party, `opening` the request it refuses, where at hand.
    1. The measure must know the ground that day.
    2. A ground that needs a reservation needs one of this party; where the party table only flags that there are
       reservations, the finding advises and is unverified.
    3. What the ground says about the request must hold of it.
    """
    found = law.instruments.get(instrument)
    asked = law.measure(instrument, measure)
    if found is None or asked is None:
        return _finding(law, None, "measure.unknown", "no such measure is known here", Severity.BLOCKS)
    named = [g for g in asked.admits.grounds if g.rule.code == code and g.rule.holds_on(at.date())]
    if not named:
        citation = found.cite(asked.rule)
        return _finding(law, citation, "ground.not-admissible", "not a ground of this measure", Severity.BLOCKS)
    return _stands(law, found, asked, named[0], country=country, at=at, opening=opening)


def _stands(
    law: Law,
    instrument: Instrument,
    asked: AskedMeasure,
    ground: AskedGround,
    *,
    country: str,
    at: datetime,
    opening: Payload | None,
) -> Finding | None:
    """Steps 2 and 3."""
    citation = instrument.cite(ground.rule)
    reserved = asked.admits.reserved(ground.rule.reservation, country, at.date())
    if reserved is Reserved.NO:
        return _finding(law, citation, "ground.not-reserved", "the party has made no such reservation", Severity.BLOCKS)
    if opening is not None and not ground.asked(opening.body, _matter(opening, country, at)):
        message = "the ground does not apply to this request"
        return _finding(law, citation, "ground.not-in-point", message, Severity.BLOCKS)
    if reserved is Reserved.UNKNOWN:
        message = "the party has made reservations, but whether to this article is not known here"
        finding = _finding(law, citation, "ground.reservation-unknown", message, Severity.ADVISES)
        return msgspec.structs.replace(finding, verified=False)
    return None


def _matter(opening: Payload, country: str, at: datetime) -> Matter:
    return Matter(
        payload=opening,
        opening=opening.body,
        side=Side.RECEIVING,
        at=at,
        issuer=Participant(country=country),
        addressees=(),
        approvers=None,
        drafter=None,
        facts={},
    )


def _finding(law: Law, citation: Citation | None, code: str, message: str, severity: Severity) -> Finding:
    return Finding(
        code=code,
        field="ground",
        message=message,
        citation=citation,
        severity=severity,
        who="",
        verified=citation.verified if citation else True,
        law=law.version,
    )
