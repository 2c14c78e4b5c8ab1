"""What happened in a case, as far as legal clocks look: one small value per act, without a word of the case.

A clock is run from these values alone, so a node can keep them beside its views and re-evaluate every open clock when
the law changes, without opening a single act.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from comity.acts.body import measure_of
from comity.acts.classes import ActType
from comity.acts.paper_bodies import PaperAnswerRecorded
from comity.acts.payload import Payload
from comity.law.corpus import Law
from comity.law.fields import fact
from comity.law.matters import FactValue, Matter, Participant
from comity.law.terms import (
    Side,
)
from comity.vocabulary.identifiers import ActId


class PastAct(Struct, frozen=True, forbid_unknown_fields=True):
    """One act of a case. `at` is when it was issued, `received_at` when its addressee got it (None while unknown).

    `re` are the acts it answers: a clock is stopped by acts that answer the one which started it, at any distance.
    `on_paper` says of an answer on paper whose word it is. `facts` are the fields that clocks look at, by their paths (see
    `past_act`). `receipt_presumed`: `received_at` is the
    earliest instant at which its addressee can have got it, and clocks from there say so.
    """

    act: ActId
    type: ActType
    instrument: str
    measure: str | None
    at: datetime
    received_at: datetime | None
    re: tuple[ActId, ...]
    facts: Mapping[str, FactValue]
    on_paper: str = ""
    receipt_presumed: bool = False


def past_on_paper(law: Law, act: ActId, payload: Payload, body: PaperAnswerRecorded) -> PastAct:
    """The small value to keep of an answer on paper: the act that it amounts to, from when it came, and that it is on paper."""
    instrument = law.instruments.get(body.instrument)
    looked_at = instrument.kept.get(body.counts_as, {}) if instrument else {}
    said: Mapping[str, FactValue] = {
        "effected_at": body.effected_at,
        "until": body.until,
        "ground": next(iter(body.grounds), None),
        "reasons[].code": body.grounds,
    }
    office = f" ({payload.author.office})" if payload.author else ""
    return PastAct(
        act=act,
        type=body.counts_as,
        instrument=body.instrument,
        measure=None,
        at=body.received,
        received_at=body.received,
        re=payload.re,
        facts={path: said.get(path) for path in sorted(looked_at)},
        on_paper=f"by paper, as recorded by {payload.issuer}{office}",
    )


_NOBODY = Participant(country="")
_NO_FACTS: Mapping[str, FactValue] = {}


def past_act(
    law: Law,
    act: ActId,
    payload: Payload,
    *,
    received_at: datetime | None,
    measure: str | None = None,
    facts: Mapping[str, FactValue] = _NO_FACTS,
) -> PastAct:
    """The small value to keep of an act.

    `received_at` is the receiver's own time: at the receiving node its clock, at the issuing node the receipt's time
    (None until there is one). `measure` is for acts whose body names none; left out, it is taken from the act answered.
    `facts` are what no act says, by the names the instrument file declares.
    """
    instrument = law.instruments.get(payload.act.instrument)
    readers = instrument.kept.get(payload.act.type, {}) if instrument else {}
    matter = Matter(
        payload=payload,
        opening=None,
        side=Side.SENDING,
        at=payload.at,
        issuer=_NOBODY,
        addressees=(),
        approvers=None,
        drafter=None,
        facts=facts,
    )
    return PastAct(
        act=act,
        type=payload.act.type,
        instrument=payload.act.instrument,
        measure=measure_of(payload.body) or measure,
        at=payload.at,
        received_at=received_at,
        re=payload.re,
        # In one order in every process, so that what is kept of an act is the same bytes whoever reads it again.
        facts={path: fact(readers[path](payload.body, matter)) for path in sorted(readers)},
    )


class Thread(Struct, frozen=True):
    """A case's acts with what they answer: for each act, every earlier act it answers directly or through others."""

    acts: tuple[PastAct, ...]
    answers: Mapping[ActId, frozenset[ActId]]
    measures: Mapping[ActId, str | None]

    def answering(self, act: ActId) -> tuple[PastAct, ...]:
        """The acts that answer this one, at any distance, in the order given."""
        return tuple(other for other in self.acts if act in self.answers[other.act])


def thread(history: Sequence[PastAct]) -> Thread:
    """The acts with their answers resolved. An act's measure, where it names none, is that of what it answers.

    Acts that answer each other in a circle cannot exist (an id is a hash); should a history claim it, each is still
    looked at once.
    """
    by_id = {past.act: past for past in history}
    answers: dict[ActId, frozenset[ActId]] = {}
    for past in history:
        _resolve(past.act, by_id, answers)
    measures = {past.act: _measure(past, by_id) for past in history}
    return Thread(acts=tuple(history), answers=answers, measures=measures)


def _measure(past: PastAct, by_id: Mapping[ActId, PastAct]) -> str | None:
    """The act's own measure, or that of the nearest act it answers."""
    near, seen = [past], {past.act}
    while near:
        for act in near:
            if act.measure:
                return act.measure
        further = [act for one in near for act in one.re if act in by_id and act not in seen]
        seen.update(further)
        near = [by_id[act] for act in dict.fromkeys(further)]
    return None


def _resolve(start: ActId, by_id: Mapping[ActId, PastAct], answers: dict[ActId, frozenset[ActId]]) -> None:
    """Fills in what an act answers, walking without recursion: a thread may be long."""
    found: set[ActId] = set()
    waiting = list(by_id[start].re)
    while waiting:
        act = waiting.pop()
        if act in found or act not in by_id:
            continue
        found.add(act)
        if act in answers:
            found |= answers[act]
        else:
            waiting.extend(by_id[act].re)
    answers[start] = frozenset(found)
