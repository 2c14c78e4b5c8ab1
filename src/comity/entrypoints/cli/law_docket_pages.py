"""Clocks laid out: where each stands, when it ends at both ends, and how it was counted."""

from collections.abc import Iterator
from datetime import UTC, datetime

from comity.entrypoints.cli.law_layout import STYLES, Sheet
from comity.law.calendars import day_in_words
from comity.law.clock_run import ClockStatus
from comity.law.docket import STOPPED, Docket, DocketLine
from comity.law.terms import Side


def print_docket(found: Docket, *, traced: bool) -> None:
    """Every clock, those that ask for something first."""
    sheet = Sheet()
    sheet.title(f"{found.name}: clocks as of {_instant(found.at)}")
    counts = ", ".join(f"{number} {state}" for state, number in _counts(found))
    sheet.line(f"{counts or 'no clock runs'}. Law {found.law[:12]}.")
    for line in found.lines:
        clock = line.clock
        sheet.line()
        sheet.line(f"{clock.state.value.upper()}  {clock.text}", style=STYLES.get(clock.state.value, "bold"))
        sheet.labelled(_facts(line))
        if traced:
            sheet.labelled(("counted", step) for step in clock.trace if not step.startswith("no number"))
    if any(not line.clock.verified for line in found.lines):
        sheet.line()
        sheet.line("UNVERIFIED: nobody has read that text yet; check it before you rely on it.")


def _counts(found: Docket) -> Iterator[tuple[str, int]]:
    for state in ClockStatus:
        number = sum(line.clock.state is state for line in found.lines)
        if number:
            yield state.value, number


def _facts(line: DocketLine) -> Iterator[tuple[str, str]]:
    clock = line.clock
    doubt = "" if clock.verified else " UNVERIFIED"
    yield "rule", f"{clock.id}: {clock.citation.cited_as}, {clock.citation.article}{doubt}"
    yield "must act", f"{clock.who_text} (the {clock.acting.value} side's calendar counts)"
    yield "due", "; ".join(dues_in_words(line)) or "no number: a duty, and none is made up"
    if clock.target_due and clock.target_due != clock.legal_due:
        yield "alarm", f"{_instant(clock.alarm_due)}: the strict reading, the earlier of the two"
    if clock.started_at:
        yield (
            "set going",
            f"{line.trigger} of {_instant(clock.started_at)} (act {(clock.started_by or '').lstrip('0')[:12]})",
        )
    if clock.only_if:
        yield "only if", clock.only_if
    if clock.settled_at:
        word = "since" if clock.state is ClockStatus.LAPSED else "stopped" if clock.state in STOPPED else "at"
        yield word, _instant(clock.settled_at)
    if clock.then:
        yield "then", clock.then
    if clock.consequence_text or clock.consequence:
        yield "otherwise", clock.consequence_text or clock.consequence


def dues_in_words(line: DocketLine) -> Iterator[str]:
    """The legal end on the clocks of both sides, once where they are alike."""
    seen = set()
    for side in Side:
        due, zone = line.due_in(side), line.zones[side]
        if due and zone not in seen:
            seen.add(zone)
            yield f"{day_in_words(due.date())} {due:%H:%M} {zone} ({side.value} side)"


def _instant(instant: datetime | None) -> str:
    if instant is None:
        return "not known"
    utc = instant.astimezone(UTC)
    return f"{day_in_words(utc.date())} {utc:%H:%M} UTC"
