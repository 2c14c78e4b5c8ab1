"""What an instrument's minimum keeps: the side that it binds, for as long as it runs or is held, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from comity.acts import bodies as b
from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.matters import PartDecision, ScopePart
from comity.acts.payload import Payload, type_of
from comity.cases.evolve import admit, evolve
from comity.cases.state import CaseState, Direction, FiledAct
from comity.casework.bench.histories import observer
from comity.casework.bench.retention_standing import keeping, retention_clocks, too_early
from comity.law.calendars import Calendar, no_holidays
from comity.law.clocks import clocks, one_way
from comity.law.history import PastAct
from comity.law.packaged import packaged_law
from comity.law.retention import Origin
from comity.vocabulary.categories import DataCategory, Urgency
from comity.vocabulary.errors import Refusal

LAW = packaged_law()
CASE, EXHIBIT, ROOT = "c" * 32, "e" * 32, "a" * 64
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BUDAPEST = "CETS185"
NOWHERE = Calendar("UTC", no_holidays, "none")
PLACE = one_way(NOWHERE, NOWHERE)


class Case:
    """A case as one node has it: acts at instants that are said."""

    def __init__(self, me: str) -> None:
        self.me, self.state = me, CaseState(CASE)
        self.past: list[PastAct] = []

    def add(self, body: AnyBody, at: datetime, issuer: str, to: tuple[str, ...], re: tuple[str, ...] = ()) -> str:
        own = isinstance(body, b.CaseClosed)
        act = ActClass(type_of(body), "node" if own else BUDAPEST, Urgency.URGENT)
        number = len(self.state.steps) + 1
        payload = Payload(1, issuer, to, CASE, f"{number:032x}", at, 1, re, act, ("EdDSA",), None, body)
        assert admit(self.state, payload) is None
        direction = Direction.ISSUED if issuer == self.me else Direction.RECEIVED
        filed = FiledAct(f"{number:064x}", payload, direction, at)
        self.state = evolve(self.state, filed)
        self.past.append(observer(LAW, self.me)(filed))
        return filed.id

    def refused(self, at: datetime) -> Refusal | None:
        found = clocks(LAW, self.past, at=at, calendars=PLACE)
        return too_early(self.state, keeping(LAW, self.me, self.state, found, at), at)


@pytest.fixture(params=["de", "pt"])
def me(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def preserved(me: str) -> Case:
    """PT asks DE to preserve, DE confirms, and the case is closed at this node."""
    case = Case(me)
    asked = case.add(b.PreservationRequested(measure="expedited-preservation"), NOON, "pt", ("de",))
    case.add(b.PreservationConfirmed(EXHIBIT, ROOT, 3, 30, NOON, NOON + 60 * DAY), NOON, "de", ("pt",), (asked,))
    return case


def test_what_is_preserved_for_another_is_not_disposed_of_while_its_sixty_days_run() -> None:
    case = preserved("de")
    case.add(b.CaseClosed("over"), NOON + DAY, "de", ())
    for day in (1, 30, 59):
        refusal = case.refused(NOON + day * DAY)
        assert refusal is not None
        assert (refusal.code, [gap.code for gap in refusal.gaps]) == ("too-early", ["bc29.keep"])
        assert "Art 29(7)" in refusal.what
        assert "2027-01-2" in refusal.what
    assert case.refused(NOON + 61 * DAY) is None


def test_whoever_asked_for_it_is_not_bound_by_the_custodians_minimum() -> None:
    case = preserved("pt")
    case.add(b.CaseClosed("over"), NOON + DAY, "pt", ())
    assert case.refused(NOON + 2 * DAY) is None


def test_a_minimum_that_is_held_keeps_without_a_date_until_what_it_waits_for_is_decided() -> None:
    case = preserved("de")
    scope = (ScopePart("mails", (DataCategory.CONTENT,)),)
    asked = case.add(
        b.DisclosureRequested("stored-data-assistance", scope), NOON + DAY, "pt", ("de",), ("2".rjust(64, "0"),)
    )
    refusal = case.refused(NOON + 300 * DAY)
    assert refusal is not None
    assert "as long as it is held" in refusal.what
    case.add(b.DisclosureDecided((PartDecision("mails", granted=True),)), NOON + 301 * DAY, "de", ("pt",), (asked,))
    assert case.refused(NOON + 302 * DAY) is None


def test_a_minimum_by_law_is_shown_once_by_the_laws_own_clock(me: str) -> None:
    case = preserved(me)
    found = clocks(LAW, case.past, at=NOON, calendars=PLACE)
    kept = keeping(LAW, me, case.state, found, NOON)
    assert all(limit.origin is Origin.LAW for limit in kept.limits)
    assert list(retention_clocks(LAW, kept, NOON)) == []
