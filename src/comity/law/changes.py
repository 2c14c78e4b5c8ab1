"""What differs between two versions of the law, and what that does to acts and cases, before or after the new one is put in force.

Rules are known by instrument and id; a rule with another text, date or citation is a changed rule, and every field that
differs is named. For a case, its clocks are run under both versions from the same history: what begins, ends, moves or
gets another consequence is told. A history kept under the old version holds the fields its clocks looked at; where the
new one looks at others, the history is made again from the acts first (`comity.law.history.past_act`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from comity.law.checks import provisions
from comity.law.clocks import CalendarsOf, ClockState, clocks
from comity.law.corpus import Instrument, Law
from comity.law.history import PastAct
from comity.law.opinions import Opinion
from comity.law.retention_rows import OfficeFile

_Key = tuple[str, str, str]


class ChangeKind(StrEnum):
    """Append only."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class RuleChange(Struct, frozen=True):
    """One rule (or head, or party, or way of counting) that differs. `fields` are those with another value."""

    instrument: str
    table: str
    id: str
    article: str
    kind: ChangeKind
    fields: tuple[str, ...] = ()


class ClockChange(Struct, frozen=True):
    """One clock of one case that runs otherwise. A due time is None where there is none under that version."""

    case: str
    instrument: str
    clock: str
    started_by: str
    kind: ChangeKind
    old_due: datetime | None = None
    new_due: datetime | None = None
    old_state: str = ""
    new_state: str = ""
    old_consequence: str = ""
    new_consequence: str = ""


class OpinionChange(Struct, frozen=True):
    """One finding or ground about one act that another law tells otherwise. `before` and `after` are its weight or standing.

    `about` is the field of a finding, or the State of a ground; empty weights stand for a law that does not tell it.
    """

    code: str
    about: str
    article: str
    text: str
    kind: ChangeKind
    before: str = ""
    after: str = ""


class LawChanges(Struct, frozen=True):
    """Everything that differs, with the versions compared."""

    old: str
    new: str
    rules: tuple[RuleChange, ...]
    clocks: tuple[ClockChange, ...]


def law_changes(old: Law, new: Law, moved: Iterable[ClockChange] = ()) -> LawChanges:
    """What differs between two versions, rule by rule; `moved` is what that does to cases (`clock_changes`)."""
    return LawChanges(old=old.version, new=new.version, rules=tuple(_rule_changes(old, new)), clocks=tuple(moved))


def clock_changes(
    old: Law,
    new: Law,
    case: str,
    history: Sequence[PastAct],
    *,
    at: datetime,
    calendars: CalendarsOf,
) -> Iterator[ClockChange]:
    """What the new version does to a case with this history, as of an instant, clock by clock."""
    before, after = _running(old, history, at, calendars), _running(new, history, at, calendars)
    for key in sorted({*before, *after}):
        change = _moved(case, key, before.get(key), after.get(key))
        if change is not None:
            yield change


def opinion_changes(old: Opinion, new: Opinion) -> Iterator[OpinionChange]:
    """What the law of the second opinion tells otherwise about the same act: findings first, then grounds of refusal."""
    before, after = _told(old), _told(new)
    for key in dict.fromkeys((*before, *after)):
        told, weight = after.get(key) or before[key]
        was = before[key][1] if key in before else ""
        now = weight if key in after else ""
        if was != now:
            kind = ChangeKind.CHANGED if was and now else ChangeKind.ADDED if now else ChangeKind.REMOVED
            yield msgspec.structs.replace(told, kind=kind, before=was, after=now)


def _told(found: Opinion) -> Mapping[_Key, tuple[OpinionChange, str]]:
    """Each finding and ground of an opinion by what it is about, with its weight at the sides or its standing."""
    rows: dict[_Key, tuple[OpinionChange, str]] = {}
    for each in found.findings:
        told = OpinionChange(each.code, each.field, each.article, each.message, ChangeKind.CHANGED)
        weights = ", ".join(f"{side.value} {weight.value}" for side, weight in sorted(each.weights.items()))
        rows[each.code, each.field, each.message] = told, weights
    for ground in found.grounds:
        told = OpinionChange(ground.code, ground.country, ground.article, ground.text, ChangeKind.CHANGED)
        rows[ground.code, ground.country, ""] = told, ground.standing.value
    return rows


def _rule_changes(old: Law, new: Law) -> Iterator[RuleChange]:
    for name in sorted({*old.instruments, *new.instruments}):
        yield from _differing(name, _rows(old.instruments.get(name)), _rows(new.instruments.get(name)))
    for name in sorted({*old.offices, *new.offices}):
        yield from _differing(name, _own_rows(old.offices.get(name)), _own_rows(new.offices.get(name)))


def _differing(
    name: str, before: Mapping[tuple[str, str], Struct], after: Mapping[tuple[str, str], Struct]
) -> Iterator[RuleChange]:
    for table, key in sorted({*before, *after}):
        change = _change(name, table, key, before.get((table, key)), after.get((table, key)))
        if change:
            yield change


def _own_rows(office: OfficeFile | None) -> Mapping[tuple[str, str], Struct]:
    """Every rule of an office's own by its table and id."""
    if office is None:
        return {}
    kept: dict[tuple[str, str], Struct] = {("retention", row.id): row for row in office.retention}
    return kept | {("stay", row.id): row for row in office.stay}


def _rows(instrument: Instrument | None) -> Mapping[tuple[str, str], Struct]:
    """Every row of an instrument by its table and id."""
    if instrument is None:
        return {}
    file = instrument.file
    rows: dict[tuple[str, str], Struct] = {("instrument", file.instrument.id): file.instrument}
    rows |= {(str(where[0]), row.id): row for where, row in provisions(file)}
    rows |= {("counting", row.id): row for row in file.counting}
    rows |= {("party", row.iso): row for row in instrument.parties.values()}
    return rows


def _change(instrument: str, table: str, key: str, old: Struct | None, new: Struct | None) -> RuleChange | None:
    some = new or old
    article = str(getattr(some, "article", ""))
    if old is None or new is None:
        kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED
        return RuleChange(instrument=instrument, table=table, id=key, article=article, kind=kind)
    fields = tuple(name for name in new.__struct_fields__ if getattr(old, name, None) != getattr(new, name))
    if not fields:
        return None
    return RuleChange(
        instrument=instrument, table=table, id=key, article=article, kind=ChangeKind.CHANGED, fields=fields
    )


def _running(law: Law, history: Sequence[PastAct], at: datetime, calendars: CalendarsOf) -> Mapping[_Key, ClockState]:
    return {
        (state.instrument, state.id, state.started_by or ""): state
        for state in clocks(law, history, at=at, calendars=calendars)
    }


def _moved(case: str, key: _Key, before: ClockState | None, after: ClockState | None) -> ClockChange | None:
    if _same(before, after):
        return None
    kind = ChangeKind.CHANGED if before and after else ChangeKind.ADDED if after else ChangeKind.REMOVED
    change = ClockChange(case=case, instrument=key[0], clock=key[1], started_by=key[2], kind=kind)
    if before:
        change = msgspec.structs.replace(
            change, old_due=before.legal_due, old_state=before.state.value, old_consequence=before.consequence
        )
    if after:
        change = msgspec.structs.replace(
            change, new_due=after.legal_due, new_state=after.state.value, new_consequence=after.consequence
        )
    return change


def _same(before: ClockState | None, after: ClockState | None) -> bool:
    """Whether nobody would notice the difference: the same ends, state and consequence."""
    if before is None or after is None:
        return False
    seen = [
        (state.target_due, state.legal_due, state.state, state.settled_at, state.consequence)
        for state in (before, after)
    ]
    return seen[0] == seen[1]
