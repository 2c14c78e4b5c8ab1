"""What the law says, asked and laid out for a terminal."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from comity.entrypoints.cli.pages import rows, say
from comity.law.explain import Explanation, Line, explain
from comity.law.packaged import packaged_law
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


def listed_instruments() -> tuple[ListedInstrument, ...]:
    """Every instrument that comes with this package."""
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
        for _, each in sorted(packaged_law().instruments.items())
    )


def explained(instrument: str, asked: str, at: datetime) -> Explanation:
    """The explanation. Raises `BrokenInputError(NOT_FOUND)` for an unknown instrument, and where nothing was found."""
    law = packaged_law()
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
    for each in found:
        say(f"{each.id}  {each.title}  (as of {each.as_of})")
        rows((f"    {one.id}", f"{one.article}: {one.title}") for one in each.measures)


def print_explanation(found: Explanation) -> None:
    """Each measure with its rules, and how much of it nobody has read."""
    say(f"{found.title} ({found.instrument}), as of {found.as_of}, on {found.at.date().isoformat()}")
    if not found.applies:
        say("It does not apply on that day.")
    for measure in found.measures:
        opened = f", opened by {measure.opened_by}" if measure.opened_by else ""
        say("", f"{measure.title} ({measure.id}{opened})")
        rows((f"  {line.kind.value}", _line(line)) for line in measure.lines)
    if found.unverified:
        say("", f"{found.unverified} of these rules rest on text that nobody has read yet: they say so.")


def _line(line: Line) -> str:
    standing = "" if line.in_force else " [not in force]"
    return f"{line.text}\n    {line.citation.in_words()}{standing}"
