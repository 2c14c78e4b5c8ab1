"""The coded circumstances that put an act among those an overseer counts, derived from its body by the instrument."""

from datetime import datetime

from comity.acts.bodies import AnyBody
from comity.acts.body import measure_of
from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.law.corpus import Law


def marks(law: Law, instrument: str, body: AnyBody, *, at: datetime, measure: str | None = None) -> tuple[str, ...]:
    """The marks the act's class must carry, sorted, each once; the sender puts them on, the receiver compares (`marks_of`).

    `measure` is for bodies that name none; left out, the marks of every measure with such an act are looked at.
    """
    found = law.instruments.get(instrument)
    act = ActType(str(body.__struct_config__.tag))
    named = measure_of(body) or measure
    measures = [asked for name, asked in found.measures.items() if named in (None, name)] if found else []
    rules = [mark for asked in measures if act in asked.by_act for mark in asked.by_act[act].marks]
    day = at.date()
    return tuple(sorted({mark.rule.mark for mark in rules if mark.rule.holds_on(day) and mark.asked(body)}))


def marks_of(law: Law, payload: Payload) -> tuple[str, ...]:
    """The marks that the class of this very act must carry, by the law of the day on which it says that it was made."""
    return marks(law, payload.act.instrument, payload.body, at=payload.at)
