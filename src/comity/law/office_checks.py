"""Whether rules on keeping can be applied: an instrument's, and an office's own in a file of their own."""

from collections.abc import Iterator

from comity.law.durations import parse_duration
from comity.law.instruments import InstrumentFile
from comity.law.positions import Where
from comity.law.retention_rows import OfficeFile, OfficeRow, OwnRetention, RetentionKind
from comity.law.shapes import Fault
from comity.law.terms import ClockKind


def retention_faults(file: InstrumentFile) -> Iterator[Fault]:
    """A rule that keeps names a clock of the file; one that keeps at least a minimum or a wait; a review names none."""
    clocks = {clock.id: clock.kind for clock in file.clock}
    for position, rule in enumerate(file.retention):
        where: Where = ("retention", position, "clock")
        if rule.kind is RetentionKind.REVIEW:
            if rule.clock:
                yield where, "a review has no clock: the law states no number for it, and the office says when"
        elif rule.clock not in clocks:
            yield where, f"the file has no clock {rule.clock!r}"
        elif rule.kind is RetentionKind.AT_LEAST and clocks[rule.clock] is not ClockKind.MIN:
            yield where, "what is kept at least is kept by a clock of kind min"


def office_faults(office: OfficeFile) -> Iterator[Fault]:
    """Everything that is wrong with an office's own file that has the right shape."""
    seen: set[str] = set()
    rows: list[tuple[Where, OfficeRow]] = [(("retention", i), row) for i, row in enumerate(office.retention)]
    rows += [(("stay", i), row) for i, row in enumerate(office.stay)]
    for where, row in rows:
        if row.source not in office.sources:
            yield (*where, "source"), f"the file has no source {row.source!r}"
        if row.id in seen:
            yield (*where, "id"), f"the id {row.id!r} is used twice"
        seen.add(row.id)
        if row.since and row.until and row.until <= row.since:
            yield (*where, "until"), "ends before it begins"
        if isinstance(row, OwnRetention):
            yield from _length_faults(row, where)


def _length_faults(row: OwnRetention, where: Where) -> Iterator[Fault]:
    try:
        parse_duration(row.length)
    except ValueError as error:
        yield (*where, "length"), str(error)
