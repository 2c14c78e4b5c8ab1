"""Compares the routes the law knows for a golden case with those its author expects."""

from collections.abc import Iterator

from comity.law.corpus import Law
from comity.law.golden_format import Case
from comity.law.questions import Question
from comity.law.routes import Routes, Way, routes


def route_differences(law: Law, case: Case, question: Question) -> Iterator[str]:
    """Every difference: open routes exactly and in order, uncertain ones among others, closed ones with their reasons."""
    found = routes(law, question)
    open_ids = tuple(way.id for way in found.open)
    if case.open is not None and open_ids != case.open:
        yield f"open: {', '.join(open_ids) or 'none'}; expected {', '.join(case.open) or 'none'}"
    uncertain = {way.id for way in found.uncertain}
    yield from (f"uncertain: expected {name}" for name in case.uncertain if name not in uncertain)
    yield from _closed_differences(case, found)
    yield from _taken_differences(case, found)
    known = {way.id for way in (*found.open, *found.uncertain, *found.closed)}
    yield from (f"nowhere: {name} is there" for name in case.nowhere if name in known)


def _closed_differences(case: Case, found: Routes) -> Iterator[str]:
    for name, expected in case.closed.items():
        ways = [way for way in found.closed if way.id == name]
        if not ways:
            yield f"closed: expected {name}"
        for way in ways:
            codes = {point.code for point in way.reasons()}
            missing = sorted(set(expected) - codes)
            if missing:
                yield f"closed: {name} for {', '.join(sorted(codes))}; expected {', '.join(missing)}"


def _taken_differences(case: Case, found: Routes) -> Iterator[str]:
    ways = {way.id: way for way in (*found.open, *found.uncertain, *found.closed)}
    for name in (*case.takes, *case.lacks):
        if name not in ways:
            yield f"takes: no route {name}"
            continue
        ids = _shown(ways[name])
        if missing := sorted(set(case.takes.get(name, ())) - ids):
            yield f"takes: {name} lacks {', '.join(missing)}"
        if more := sorted(set(case.lacks.get(name, ())) & ids):
            yield f"lacks: {name} shows {', '.join(more)}"


def _shown(way: Way) -> set[str]:
    """Every id that the route shows."""
    rows = (way.prerequisites, way.contents, way.clocks, way.refusals, way.safeguards, way.notes)
    return {row.id for kind in rows for row in kind} | {point.code for point in way.points}
