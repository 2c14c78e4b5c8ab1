"""Measures the law on this machine: routes for one question, and every open clock of many cases after a law change.

Used by `tools/bench.py`; alone: `python tools/bench_law.py [--clocks N]`. No database and no keys: what is measured is the
law itself, from the small values that a node keeps of each case.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from comity.acts.classes import ActType
from comity.law.calendars import calendar_of
from comity.law.changes import clock_changes
from comity.law.clock_run import OPEN
from comity.law.clocks import CalendarsOf, clocks, one_way
from comity.law.corpus import Law
from comity.law.history import PastAct
from comity.law.matters import FactValue
from comity.law.packaged import packaged_files, packaged_law
from comity.law.questions import Question
from comity.law.routes import routes
from comity.law.terms import Aim
from comity.vocabulary.categories import DataCategory

ROUTES_MS, CLOCKS_SECONDS = 20, 300
MILLION = 1_000_000
_CHANGED, _OLD_LIMIT, _NEW_LIMIT = "eu-2023-1543.toml", 'limit = "P10D"', 'limit = "P12D"'
_BEGINNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_PORTION = 250
"""Cases that a process takes at a time."""

_HOUR = timedelta(hours=1)
_FACTS: dict[str, FactValue] = {
    "data.categories": ("subscriber",),
    "notified": None,
    "without_validation": False,
    "emergency": None,
    "offence_here": False,
    "resident_here": False,
    "reasons[].code": ("incomplete",),
}
"""What clocks look at in these acts."""

_STATES = ("PT", "DE", "DK", "IE", "JP", "US", "FR", "IT")


def milliseconds_for_routes(law: Law, questions: int) -> list[float]:
    """Milliseconds of each of so many different questions."""
    spent = []
    for number in range(questions):
        question = _question(number)
        begun = time.perf_counter()
        routes(law, question)
        spent.append((time.perf_counter() - begun) * 1e3)
    return sorted(spent)


def _question(number: int) -> Question:
    here, there = _STATES[number % 8], _STATES[(number // 8 + 1 + number) % 8]
    return Question(
        aim=(Aim.DISCLOSE, Aim.PRESERVE)[number % 2],
        requesting=here,
        requested=there,
        on=date(2026, 11, 1) + timedelta(days=number % 28),
        categories=(tuple(DataCategory)[number % 4],),
        max_penalty_years=number % 6,
        data_in=(there,),
        provider_in=(there,),
    )


def case(number: int) -> list[PastAct]:
    """What a node keeps of a case: a hold under the Convention, or an order under the Regulation with doubts about it."""
    at = _BEGINNING + timedelta(minutes=7 * number % (14 * 24 * 60))
    return _held(number, at) if number % 2 else _ordered(number, at)


def _held(number: int, at: datetime) -> list[PastAct]:
    asked = _past(number, 0, _Said(ActType.PRESERVATION_REQUESTED, "CETS185", "expedited-preservation", at))
    order = _past(number, 1, _Said(ActType.PRESERVATION_ORDERED, "CETS185", "custodian-preservation", at + _HOUR))
    confirmed = _past(number, 2, _Said(ActType.PRESERVATION_CONFIRMED, "CETS185", None, at + 9 * _HOUR), asked.act)
    return [asked, order, confirmed]


def _ordered(number: int, at: datetime) -> list[PastAct]:
    order = _past(number, 0, _Said(ActType.PRODUCTION_ORDERED, "EU-2023-1543", "production", at))
    doubts = _past(number, 1, _Said(ActType.NON_EXECUTION_STATED, "EU-2023-1543", None, at + 24 * _HOUR), order.act)
    given = _past(number, 2, _Said(ActType.CLARIFICATION_GIVEN, "EU-2023-1543", None, at + 72 * _HOUR), doubts.act)
    return [order, doubts, given]


class _Said(msgspec.Struct):
    """One act of a case: what, under which instrument and measure, when."""

    kind: ActType
    instrument: str
    measure: str | None
    at: datetime


def _past(number: int, place: int, said: _Said, answered: str = "") -> PastAct:
    name, received = f"{number:060x}{place:04x}", said.at + timedelta(minutes=2)
    re = (answered,) if answered else ()
    return PastAct(
        name, said.kind, said.instrument, said.measure, said.at, received, re, {**_FACTS, "effected_at": said.at}
    )


class _Place:
    """What every process has: both laws, and where the sides work."""

    old: Law
    new: Law
    calendars: CalendarsOf


def _prepare() -> None:
    text = packaged_files()[_CHANGED].decode()
    _Place.old = packaged_law()
    _Place.new = packaged_law({_CHANGED: text.replace(_OLD_LIMIT, _NEW_LIMIT).encode()})
    _Place.calendars = one_way(calendar_of("PT", "Europe/Lisbon"), calendar_of("DE", "Europe/Berlin"))


def _reevaluate(first: int) -> int:
    """Clocks that change in a portion of cases, both laws asked for every one of them."""
    return sum(
        1
        for number in range(first, first + _PORTION)
        for _ in clock_changes(_Place.old, _Place.new, str(number), case(number), at=_NOW, calendars=_Place.calendars)
    )


def open_clocks_of_a_pair() -> int:
    """How many clocks are open in one case of each kind, by the law as it is."""
    return sum(
        state.state in OPEN
        for number in (0, 1)
        for state in clocks(_Place.old, case(number), at=_NOW, calendars=_Place.calendars)
    )


def seconds_for_clocks(wanted: int, processes: int) -> tuple[float, int, int, int]:
    """Seconds, and how many open clocks in how many cases were re-evaluated, of which so many changed."""
    _prepare()
    cases = -(-2 * wanted // open_clocks_of_a_pair())
    portions = range(0, cases, _PORTION)
    begun = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        changed = sum(pool.imap_unordered(_reevaluate, portions))
    spent = time.perf_counter() - begun
    looked_at = len(portions) * _PORTION
    return spent, looked_at * open_clocks_of_a_pair() // 2, looked_at, changed


def measure(wanted: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of the bench's table: name, measured, at least, heading for, how."""
    law = packaged_law()
    spent = milliseconds_for_routes(law, 400)
    yield (
        "routes for one question, all instruments",
        f"{statistics.median(spent):.1f} ms",
        f"{ROUTES_MS} ms",
        "5 ms",
        f"median of {len(spent)} questions between {len(_STATES)} states; 99 in 100 within {spent[len(spent) * 99 // 100]:.1f} ms",
    )
    processes = min(2, len(os.sched_getaffinity(0)))
    seconds, open_clocks, cases, changed = seconds_for_clocks(wanted, processes)
    whole = wanted == MILLION
    how = (
        f"{cases:,} cases of three acts under the old law and the new, {processes} processes, {changed:,} clocks change; "
        "from what is kept of a case: database and decryption are not counted"
    )
    yield (
        f"{open_clocks:,} open clocks re-evaluated after a law change",
        f"{seconds:.0f} s",
        f"{CLOCKS_SECONDS} s" if whole else "",
        "100 s" if whole else "",
        how,
    )


def main() -> None:
    """Prints the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clocks", type=int, default=MILLION)
    for name, measured, least, heading, how in measure(parser.parse_args().clocks):
        print(f"{name}: {measured} (at least {least or 'n/a'}, heading for {heading or 'n/a'})\n  {how}")


if __name__ == "__main__":
    main()
