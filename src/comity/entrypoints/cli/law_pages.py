"""What the law says, asked and laid out for a terminal."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from comity.entrypoints.cli.law_files import law_of
from comity.entrypoints.cli.law_layout import Sheet
from comity.law.explain import Explanation, Line, explain
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import InstrumentId, MeasureId


class ListedMeasure(Struct, frozen=True):
    """A measure, and the type of act that opens it."""

    id: MeasureId
    title: str
    article: str
    opened_by: str


class ListedInstrument(Struct, frozen=True):
    """An instrument with its measures."""

    id: InstrumentId
    title: str
    as_of: str
    measures: tuple[ListedMeasure, ...]


def listed_instruments(own: Path | None = None) -> tuple[ListedInstrument, ...]:
    """Every instrument that comes with this package, and those of an office's own folder."""
    return tuple(
        ListedInstrument(
            id=each.head.id,
            title=each.head.title,
            as_of=each.head.as_of.isoformat(),
            measures=tuple(
                ListedMeasure(
                    one.rule.id, one.rule.title, one.rule.article, one.rule.opens.value if one.rule.opens else ""
                )
                for one in each.measures.values()
            ),
        )
        for _, each in sorted(law_of(own).instruments.items())
    )


def explained(instrument: str, asked: str, at: datetime, own: Path | None = None) -> Explanation:
    """The explanation. Raises `BrokenInputError(NOT_FOUND)` for an unknown instrument, and where nothing was found."""
    law = law_of(own)
    found = explain(law, instrument, asked, at=at)
    if found is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is no such instrument",
            found=instrument,
            expected=", ".join(sorted(law.instruments)),
            do="comity law instruments",
        )
    if not found.measures:
        measures = ", ".join(law.instruments[instrument].measures)
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            f"nothing of {instrument} is known by that name",
            found=asked,
            expected=f'an article such as "29(7)", or a measure: {measures}',
        )
    return found


def print_instruments(found: Sequence[ListedInstrument]) -> None:
    """Each instrument with its measures."""
    sheet = Sheet()
    for each in found:
        sheet.line()
        sheet.line(f"{each.id}  {each.title} (as of {each.as_of})", style="bold")
        width = max((len(one.id) for one in each.measures), default=0)
        sheet.labelled(((one.id, f"{one.title} [{one.article}]") for one in each.measures), width=width)


def print_explanation(found: Explanation) -> None:
    """Each measure with its rules, and how much of it nobody has read."""
    sheet = Sheet()
    sheet.title(f"{found.title} ({found.instrument})")
    sheet.line(f"Facts as of {found.as_of}, by the law of {found.at.date().isoformat()}. Law {found.law[:12]}.")
    if not found.applies:
        sheet.line("It does not apply on that day.", style="bold red")
    for measure in found.measures:
        opened = f", opened by the act {measure.opened_by}" if measure.opened_by else ""
        sheet.heading(f"{measure.title} ({measure.id}{opened})")
        sheet.labelled((line.kind.value, _line(line)) for line in measure.lines)
    sheet.line()
    if found.unverified:
        sheet.line(f"{found.unverified} of these rules are UNVERIFIED: nobody has read their text yet.")


def _line(line: Line) -> str:
    doubt = "" if line.citation.verified else ", UNVERIFIED"
    standing = "" if line.in_force else ", not in force that day"
    return f"{line.text} [{line.citation.article}{doubt}{standing}]"
