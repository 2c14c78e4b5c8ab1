"""What follows in law from an act, and which of its fields an office must never be shown."""

from datetime import datetime

from msgspec import Struct

from comity.acts.classes import ActType
from comity.law.answers import Citation
from comity.law.corpus import AskedRules, Law
from comity.vocabulary.categories import OfficeKind


class Following(Struct, frozen=True):
    """One effect: its code, who must act on it, in words, and where it stands."""

    code: str
    who: str
    text: str
    citation: Citation
    law: str


def effects(law: Law, instrument: str, measure: str, act: ActType, *, at: datetime) -> tuple[Following, ...]:
    """What an act of this type brings about under the measure on that day, besides the clocks it starts."""
    found = law.instruments.get(instrument)
    asked = law.measure(instrument, measure)
    rows = asked.effects if asked else ()
    return tuple(
        Following(code=row.code, who=row.who, text=row.text, citation=found.cite(row), law=law.version)
        for row in rows
        if found is not None and row.act is act and row.holds_on(at.date())
    )


def hidden_fields(
    law: Law, instrument: str, measure: str, act: ActType, kind: OfficeKind, *, at: datetime
) -> tuple[str, ...]:
    """Fields of such an act that an office of this kind must never be shown; what is built for it must leave them out."""
    asked = law.measure(instrument, measure)
    rules: AskedRules | None = asked.by_act.get(act) if asked else None
    rows = [withheld.rule for withheld in rules.withheld] if rules else []
    return tuple(name for row in rows if kind in row.hidden_from and row.holds_on(at.date()) for name in row.fields)
