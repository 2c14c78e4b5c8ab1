"""Statistics: the figures of a year that an instrument asks for, from everything this node has filed.

They are for whoever answers for cases here, and count every case, also those that the officer may not read: numbers, codes, and
the names of authorities and addressees leave, and nothing of what a case says.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from comity.acts.classes import ActType
from comity.cases.state import CaseState, FiledAct, Phase
from comity.cases.statistics import Figure, Span, figures
from comity.casework.bench.places import calendar_at
from comity.casework.bench.reading import filed_acts
from comity.casework.bench.reading_rights import right
from comity.casework.bench.secrecy import unless_disposed
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.law.corpus import Instrument
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import AuthorityId, CaseId


class OfYear(Struct, frozen=True, forbid_unknown_fields=True):
    """Which calendar year, in the time of the node's own place."""

    year: Annotated[int, Meta(ge=2000, le=9998)]


class Statistics(Struct, frozen=True):
    """The figures of a year as of an instant. `zone` is where the year begins and ends.

    `disposed` are cases of which nothing is left to count, disposed of since the year began: whether any of them had an order of that year
    is not known any more.
    """

    year: int
    zone: str
    as_of: datetime
    disposed: int
    figures: tuple[Figure, ...]


def statistics(bench: Workbench, officer: OfficerRef, asked: OfYear) -> Statistics | Refusal:
    """Every figure of every instrument that asks for some."""
    office = right(bench, officer, Action.READ_STATISTICS, Resource(""))
    if isinstance(office, Refusal):
        return office
    zone = calendar_at(bench.directory(), bench.me).zone
    begins, ends = (datetime(year, 1, 1, tzinfo=ZoneInfo(zone)) for year in (asked.year, asked.year + 1))
    year, as_of = Span(begins, ends), bench.clock.now()
    found = [
        figure
        for instrument in bench.law.instruments.values()
        if instrument.file.figure
        for figure in figures(instrument, _cases(bench, instrument), year, partial(_country, bench))
    ]
    return Statistics(asked.year, zone, as_of, _disposed_since(bench, begins), tuple(found))


def _cases(bench: Workbench, instrument: Instrument) -> Iterator[Sequence[FiledAct]]:
    """The acts of every case with something under the instrument; one case at a time is in memory."""
    for row in bench.records.cases.cases():
        if row.phase is Phase.DISPOSED:
            continue
        view = unless_disposed(partial(open_view, bench.cipher, row))
        if view is not None and any(step.instrument == instrument.head.id for step in view.state.steps):
            acts = unless_disposed(partial(_acts, bench, row.case))
            if acts is not None:
                yield acts


def _acts(bench: Workbench, case: CaseId) -> Sequence[FiledAct]:
    return tuple(filed_acts(bench, case))


def _disposed_since(bench: Workbench, begins: datetime) -> int:
    """A disposed case's view is its tombstone, and in the clear."""
    rows = (row for row in bench.records.cases.cases() if row.phase is Phase.DISPOSED)
    return sum(_disposed_at(open_view(bench.cipher, row).state) >= begins for row in rows)


def _disposed_at(state: CaseState) -> datetime:
    return max(step.filed_at for step in state.steps if step.type is ActType.CASE_DISPOSED)


def _country(bench: Workbench, authority: AuthorityId) -> str:
    directory = bench.directory()
    return directory.authority(authority).country if directory.knows(authority) else ""
