"""Everything the law says about one act at once, for the side that sends it and the side that receives it.

Findings say what is missing, wrong or too much, and who can act on it; grounds say on what the addressee may refuse, and
which grounds do not stand against this act and why (e.g. because the offence is on a list that waives dual criminality);
notes say what else bears on it: interpretive notes, side letters, declarations.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.body import measure_of
from comity.acts.payload import Payload
from comity.law.answers import Citation, Finding
from comity.law.corpus import AskedMeasure, Instrument, Law
from comity.law.explain import note_in_words
from comity.law.findings import NO_FACTS, findings
from comity.law.grounds import check_ground, grounds
from comity.law.matters import FactValue, Participant
from comity.law.terms import Severity, Side
from comity.vocabulary.categories import OfficeKind


class Circumstances(Struct, frozen=True):
    """What is known around an act that it does not say itself; see `comity.law.findings.findings` for each.

    What is amiss with a fact that is `only_told` keeps nothing from being sent.
    """

    issuer: Participant
    addressees: tuple[Participant, ...]
    at: datetime
    approvers: tuple[OfficeKind, ...] | None = None
    drafter: OfficeKind | None = None
    measure: str | None = None
    opening: Payload | None = None
    facts: Mapping[str, FactValue] = NO_FACTS
    only_told: frozenset[str] = frozenset()


class Told(Struct, frozen=True):
    """One finding with its weight at each side that has it; `who` can act on it, in words in `who_text`."""

    code: str
    field: str
    message: str
    weights: Mapping[Side, Severity]
    article: str
    citation: str
    who: str
    who_text: str
    verified: bool


class GroundStanding(StrEnum):
    """Whether a ground is open to a state against this act. Append only."""

    OPEN = "open"
    NOT_KNOWN = "not-known"
    NOT_IN_POINT = "not-in-point"
    NOT_RESERVED = "not-reserved"


class GroundTold(Struct, frozen=True):
    """A ground of refusal, for the state that may or may not refuse on it."""

    code: str
    text: str
    country: str
    standing: GroundStanding
    article: str
    citation: str
    verified: bool


class NoteTold(Struct, frozen=True):
    """What bears on the act without being a rule."""

    id: str
    text: str
    citation: str
    verified: bool


class Opinion(Struct, frozen=True):
    """The whole answer. `law` is the version asked; `on` the instant whose day counted.

    `made_under` is the version by which the act's issuer judged it, where the act says so: another one than `law` means that
    files were edited since, or that its issuer has others, and that this need not be what was found then.
    """

    instrument: str
    measure: str
    act: str
    on: datetime
    findings: tuple[Told, ...]
    grounds: tuple[GroundTold, ...]
    notes: tuple[NoteTold, ...]
    law: str
    made_under: str | None = None

    @property
    def of_its_day(self) -> bool:
        """Whether the version asked is the one that the act was judged by; so too where nobody has judged it yet."""
        return self.made_under in (None, self.law)

    def blocks(self, side: Side) -> bool:
        """Whether something keeps the act from being sent, or taken, at that side."""
        return any(told.weights.get(side) is Severity.BLOCKS for told in self.findings)


_NOTHING: Mapping[Side, tuple[Finding, ...]] = {}
_STANDINGS: Mapping[str, GroundStanding] = {
    "ground.not-reserved": GroundStanding.NOT_RESERVED,
    "ground.not-in-point": GroundStanding.NOT_IN_POINT,
    "ground.reservation-unknown": GroundStanding.NOT_KNOWN,
}


def opinion(
    law: Law,
    payload: Payload,
    around: Circumstances,
    *,
    sides: tuple[Side, ...] = (Side.SENDING, Side.RECEIVING),
    beside: Mapping[Side, tuple[Finding, ...]] = _NOTHING,
) -> Opinion:
    """Everything the law says about the act on that day, asked for these sides.

    1. The findings of every side, each finding once, with those that rest on more than the act (`beside`). 2. The grounds of every addressee's state, where the act opens the
    measure. 3. The notes that bear on the measure between these states.
    """
    measure = measure_of(payload.body) or around.measure or ""
    instrument = law.instruments.get(payload.act.instrument)
    asked = law.measure(payload.act.instrument, measure)
    opens = asked is not None and asked.rule.opens is payload.act.type
    return Opinion(
        instrument=payload.act.instrument,
        measure=measure,
        act=payload.act.type.value,
        on=around.at,
        findings=_findings(
            instrument,
            {side: (*findings_around(law, payload, around, side), *beside.get(side, ())) for side in sides},
        ),
        grounds=tuple(_grounds(law, measure, payload, around)) if opens else (),
        notes=tuple(_notes(instrument, asked, around)) if instrument and asked else (),
        law=law.version,
        made_under=payload.law,
    )


def _findings(instrument: Instrument | None, by_side: Mapping[Side, tuple[Finding, ...]]) -> tuple[Told, ...]:
    """Step 1."""
    found: dict[tuple[str, str, str], tuple[Finding, dict[Side, Severity]]] = {}
    for side, findings_there in by_side.items():
        for one in findings_there:
            _, weights = found.setdefault((one.code, one.field, one.message), (one, {}))
            weights[side] = one.severity
    actors = instrument.file.actors if instrument else {}
    return tuple(_told(one, weights, actors) for one, weights in found.values())


def findings_around(law: Law, payload: Payload, around: Circumstances, side: Side) -> tuple[Finding, ...]:
    """The findings of one side; see `comity.law.findings.findings`."""
    found = findings(
        law,
        payload,
        side=side,
        issuer=around.issuer,
        addressees=around.addressees,
        at=around.at,
        approvers=around.approvers,
        drafter=around.drafter,
        measure=around.measure,
        opening=around.opening,
        facts=around.facts,
    )
    if side is not Side.SENDING:
        return found
    told = {f"fact.{each}" for each in around.only_told}
    return tuple(replace(each, severity=Severity.REFUSABLE) if each.field in told else each for each in found)


def _told(one: Finding, weights: Mapping[Side, Severity], actors: Mapping[str, str]) -> Told:
    return Told(
        code=one.code,
        field=one.field,
        message=one.message,
        weights=weights,
        article=one.citation.article if one.citation else "",
        citation=one.citation.in_words() if one.citation else "",
        who=one.who,
        who_text=actors.get(one.who, f"the {one.who} side" if one.who in set(Side) else one.who),
        verified=one.verified,
    )


def _grounds(law: Law, measure: str, payload: Payload, around: Circumstances) -> Iterator[GroundTold]:
    """Step 2."""
    name = payload.act.instrument
    instrument = law.instruments[name]
    for country in dict.fromkeys(each.country for each in around.addressees):
        for ground in grounds(law, name, measure, at=around.at):
            no = check_ground(law, name, measure, ground.code, country=country, at=around.at, opening=payload)
            citation: Citation = instrument.cite(ground)
            yield GroundTold(
                code=ground.code,
                text=ground.text,
                country=country,
                standing=_STANDINGS[no.code] if no else GroundStanding.OPEN,
                article=ground.article,
                citation=citation.in_words(),
                verified=no.verified if no else citation.verified,
            )


def _notes(instrument: Instrument, asked: AskedMeasure, around: Circumstances) -> Iterator[NoteTold]:
    """Step 3."""
    states = {None, around.issuer.country, *(each.country for each in around.addressees)}
    for note in asked.notes:
        if note.country in states and note.holds_on(around.at.date()):
            citation = instrument.cite(note)
            yield NoteTold(note.id, note_in_words(note), citation.in_words(), note.verified)
