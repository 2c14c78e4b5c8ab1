"""Material of another State goes on to a third one only with the consent its instrument asks for; gaps are told beforehand."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from comity.acts.matters import Condition
from comity.cases.state import CaseState, CustodyState, Exhibit, Matter
from comity.casework.dossier import leaving
from comity.law.packaged import packaged_law
from comity.vocabulary.procedures import Procedure, Stage

LAW = packaged_law({"courts.toml": (Path(__file__).resolve().parents[2] / "law/template/courts.toml").read_bytes()})
COUNTRIES = {"pt": "PT", "de": "DE", "provider": "DE", "gb": "GB"}
EXHIBIT, ACT = "e" * 32, "a" * 64


class Directory:
    """Says where authorities are, and no more."""

    def knows(self, authority):
        return authority in COUNTRIES

    def authority(self, authority):
        return SimpleNamespace(country=COUNTRIES[authority])


def node(me):
    clock = SimpleNamespace(now=lambda: datetime(2026, 11, 21, tzinfo=UTC))
    return SimpleNamespace(me=me, law=LAW, directory=Directory, clock=clock)


def case(instrument, measure, supplier, *conditions):
    matter = Matter(
        ACT, Procedure.DISCLOSURE, Stage.RECEIVED, instrument, measure, conditions=tuple(map(Condition, conditions))
    )
    exhibit = Exhibit(EXHIBIT, CustodyState.HELD, ACT, 1, "0" * 64, supplier=supplier)
    return CaseState("c" * 32, matters={ACT: matter}, exhibits={EXHIBIT: exhibit})


@pytest.fixture
def judged(monkeypatch):
    def judge(state, country, me="pt", *, despite_gaps=False):
        monkeypatch.setattr(leaving, "state_of", lambda _bench, _case: state)
        return leaving.against_leaving(node(me), state.case, country, despite_gaps=despite_gaps)

    return judge


def test_what_needs_consent_does_not_go_on_to_a_third_state_without_it(judged):
    refusal = judged(case("UNCC", "stored-data-assistance", "de"), "FR")
    assert refusal.code == "passing-on"
    assert [gap.code for gap in refusal.gaps] == ["purpose.needs-consent"]
    assert "Art 36" in refusal.gaps[0].citation


def test_accepting_gaps_accepts_nothing_that_the_law_forbids(judged):
    assert judged(case("UNCC", "stored-data-assistance", "de"), "FR", despite_gaps=True).code == "passing-on"


def test_with_the_consent_as_a_condition_it_may_go(judged):
    assert judged(case("UNCC", "stored-data-assistance", "de", "consent-given"), "FR") is None


@pytest.mark.parametrize("country", ["PT", "DE"])
def test_at_home_and_where_it_came_from_nothing_is_passed_on(judged, country):
    assert judged(case("UNCC", "stored-data-assistance", "de"), country) is None


def test_material_of_ones_own_state_is_not_passed_on(judged):
    assert judged(case("UNCC", "stored-data-assistance", "provider"), "FR", me="de") is None


def test_where_no_rule_is_known_it_may_go_and_that_is_said():
    state = case("CETS185", "stored-data-assistance", "de")
    found = leaving._judged(node("pt"), state, "FR")
    assert found.may_leave
    assert [gap.code for gap in found.passing_on] == ["purpose.onward-unknown"]
    assert not found.passing_on[0].verified


def test_what_the_courts_there_would_miss_is_told_before_and_may_be_accepted(judged, monkeypatch):
    monkeypatch.setattr(leaving, "sealed_acts", lambda _bench, _acts: {})
    monkeypatch.setattr(leaving, "_all_qualified", lambda _bench, _state: False)
    state = case("CETS185", "stored-data-assistance", "de")
    refusal = judged(state, "XB")
    assert refusal.code == "not-admissible"
    assert [gap.code for gap in refusal.gaps] == ["xb.seal"]
    assert judged(state, "XB", despite_gaps=True) is None


def test_for_nobody_in_particular_nothing_is_asked(judged):
    assert judged(case("UNCC", "stored-data-assistance", "de"), "") is None
