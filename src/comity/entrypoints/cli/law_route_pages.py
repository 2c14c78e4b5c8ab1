"""Routes as a person reads them: the open ones ranked, what each takes, and why the others are closed."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from comity.entrypoints.cli.law_layout import Sheet
from comity.law.answers import Citation
from comity.law.calendars import day_in_words
from comity.law.questions import Question
from comity.law.route_standing import Point, Weight
from comity.law.routes import Content, Needed, Routes, Said, Way


class _Depth(Enum):
    """How much of a route is shown."""

    REASONS = auto()
    SHORT = auto()
    FULL = auto()
    WHOLE = auto()


_MET = {True: "[ok] ", False: "[NOT MET] ", None: ""}


def print_routes(found: Routes, show: Sequence[str], *, everything: bool) -> None:
    """The best route in full, the others in short unless they are asked for; closed ones with every reason."""
    sheet = Sheet()
    sheet.title(question_in_words(found.question))
    sheet.line(
        f"{len(found.open)} open, {len(found.uncertain)} with something to establish first, {len(found.closed)} closed. "
        f"Law {found.law[:12]}."
    )
    whole = {way.id for way in found.open + found.uncertain} if everything else set(show)
    first = {way.id: _Depth.FULL for way in found.open[:1]}
    for heading, ways, otherwise in (
        ("Open, the fastest by law first", found.open, _Depth.SHORT),
        ("Open once this is established", found.uncertain, _Depth.SHORT),
        ("Closed, and why", found.closed, _Depth.REASONS),
    ):
        if ways:
            sheet.heading(heading)
        for number, way in enumerate(ways, 1):
            mark = {_Depth.REASONS: "-  "}.get(otherwise, f"{number}. ")
            _print_way(sheet, mark, way, _Depth.WHOLE if way.id in whole else first.get(way.id, otherwise))
    if not (found.open or found.uncertain or found.closed):
        sheet.line("No instrument known here has a way for that aim. That is the answer: no other order implies it.")
    sheet.line()
    if not everything and len(found.open) + len(found.uncertain) > len(show):
        sheet.line("More of a route: --show ROUTE, or --all.")
    sheet.line("UNVERIFIED: nobody has read that text yet; check it before you rely on it.")


def question_in_words(question: Question) -> str:
    """E.g. `disclose subscriber data, PT to DE, ordinary, on 21 November 2026`."""
    data = f" {', '.join(question.categories)} data" if question.categories else ""
    offence = f", {question.offence}" if question.offence else ""
    years = f", up to {question.max_penalty_years} years" if question.max_penalty_years is not None else ""
    return (
        f"{question.aim.value}{data}: {question.requesting} to {question.requested}{offence}{years}, "
        f"{question.urgency.value}, on {day_in_words(question.on)}"
    )


def _print_way(sheet: Sheet, mark: str, way: Way, depth: _Depth) -> None:
    sheet.line()
    sheet.line(f"{mark}{way.title}", style="bold")
    sheet.labelled(_head(way))
    sheet.labelled((_label(point), _cited(point.message, point.citation, point.verified)) for point in way.points)
    if depth is _Depth.REASONS:
        return
    sheet.labelled(("needed", _needed(each)) for each in way.prerequisites)
    if depth is _Depth.SHORT:
        return
    whole = depth is _Depth.WHOLE
    sheet.labelled(("must say", _content(each)) for each in way.contents if whole or not each.conditional)
    for label, rows in (
        ("clock", way.clocks if whole else tuple(each for each in way.clocks if _has_number(each))),
        ("may refuse", way.refusals),
        ("safeguard", way.safeguards),
        ("bears on it", way.notes),
    ):
        sheet.labelled((label, _said(each)) for each in rows)
    if not whole:
        sheet.labelled(_left_out(way))


def _left_out(way: Way) -> Iterator[tuple[str, str]]:
    contents = sum(each.conditional for each in way.contents)
    clocks = sum(not _has_number(each) for each in way.clocks)
    if contents or clocks:
        yield (
            "and",
            f"{contents} more things to say where they apply, and {clocks} duties without a number: add --show {way.id}",
        )


def _has_number(clock: Said) -> bool:
    return "(no number)" not in clock.text


def _head(way: Way) -> Iterator[tuple[str, str]]:
    doubt = "" if way.verified else "; not all of this was read in the text: UNVERIFIED"
    yield "route", f"{way.id} ({way.citation.cited_as}, {way.citation.article}){doubt}"
    if way.reasons():
        return
    if way.by is not None:
        yield "ends by", f"{day_in_words(way.by.date())}, by the law's own limits"
    elif way.expeditious:
        yield "ends by", "at once: the law wants haste and states no number"
    else:
        yield "ends by", "no number: the law states no limit"
    opened = f", opened by the act {way.opened_by}" if way.opened_by else ""
    yield "goes", f"{way.channel.value}{opened}"


def _label(point: Point) -> str:
    return {Weight.CLOSES: "closed", Weight.TO_ESTABLISH: "establish", Weight.CAUTION: "caution"}[point.weight]


def _needed(each: Needed) -> str:
    return f"{_MET[each.met]}{each.kind.value}: {_said_in_words(each.text, each.citation)}"


def _content(each: Content) -> str:
    depends = " (where it applies)" if each.conditional else ""
    return _said_in_words(f"{each.field}: {each.text}{depends}", each.citation)


def _said(each: Said) -> str:
    return _said_in_words(each.text, each.citation)


def _said_in_words(text: str, citation: Citation) -> str:
    return _cited(text, citation, citation.verified)


def _cited(text: str, citation: Citation, verified: bool) -> str:
    return f"{text} [{citation.article}{'' if verified else ', UNVERIFIED'}]"
