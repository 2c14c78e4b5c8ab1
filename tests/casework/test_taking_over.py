"""What an exhibit is examined for: what was ordered, but for what its giver says is not in it. One at a time is at it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from comity.acts.bodies import ExhibitHandedOver, ProductionOrdered
from comity.acts.classes import ActType
from comity.acts.matters import DataSought, RequestedItem, StoredObject
from comity.adapters.intakes import FileIntakes
from comity.cases.state import CaseState, CustodyState, Direction, Exhibit, Matter, Step
from comity.casework.custody import take_over
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency
from comity.vocabulary.procedures import Procedure, Stage
from comity.vocabulary.targets import Target, TargetKind

ORDER, EXHIBIT, NOON = "a" * 64, "e" * 32, datetime(2026, 11, 22, 12, tzinfo=UTC)
HERS, HIS = (Target(TargetKind.EMAIL, f"{name}@mail.example") for name in ("hers", "his"))
MAILS = RequestedItem("mails", HERS, (DataCategory.CONTENT,))
LOG = RequestedItem("log", HIS, (DataCategory.TRAFFIC,))
BODY = ProductionOrdered(
    measure="production",
    issuing_kind=OfficeKind.JUDGE,
    data=DataSought((HERS, HIS), (DataCategory.CONTENT, DataCategory.TRAFFIC)),
    items=(MAILS, LOG),
)


@pytest.mark.parametrize("held_up", [(), ("mails",), ("mails", "log")])
def test_nothing_passes_of_what_the_giver_of_a_production_says_is_held_up(monkeypatch, held_up):
    monkeypatch.setattr(take_over, "payload_of", lambda *_: SimpleNamespace(body=BODY))
    ordered = Step(
        ORDER, ActType.PRODUCTION_ORDERED, "pt", (), Direction.ISSUED, NOON, NOON, "EU", Urgency.URGENT, "", (), ORDER
    )
    matter = Matter(ORDER, Procedure.PRODUCTION, Stage.ORDERED, "EU", "production")
    known = Exhibit(EXHIBIT, CustodyState.OFFERED, ORDER, 2, "0" * 64, held_up=held_up)
    state = CaseState("c" * 32, steps=(ordered,), matters={ORDER: matter}, exhibits={EXHIBIT: known})
    terms = take_over.handed_terms(None, state, known)
    assert [part.label for part in terms.scope] == ["mails", "log"]
    assert tuple(part.label for part in terms.held_up.parts) == held_up
    assert (HERS in terms.held_up.targets, HERS in terms.held_up.free) == ("mails" in held_up, "mails" not in held_up)


@pytest.fixture
def bench(monkeypatch, tmp_path):
    body = ExhibitHandedOver(EXHIBIT, EXHIBIT, ORDER, 1, 1, StoredObject(ORDER, 1), (), (), "", ORDER)
    monkeypatch.setattr(take_over, "payload_of", lambda *_: SimpleNamespace(body=body))
    return SimpleNamespace(intakes=FileIntakes(tmp_path))


def test_who_comes_second_to_a_hand_over_leaves_it_to_the_first(monkeypatch, bench):
    """A slow worker counts as dead and its job is given to another: what either keeps, the other would clear away."""
    begun = []

    def once(*_):
        begun.append(ORDER)
        if len(begun) == 1:
            take_over.take_over(bench, ORDER)
        return True

    monkeypatch.setattr(take_over, "_taken_over", once)
    take_over.take_over(bench, ORDER)
    assert begun == [ORDER]
    take_over.take_over(bench, ORDER)
    assert begun == [ORDER, ORDER]


def test_what_was_examined_with_other_screens_than_stand_is_examined_anew(monkeypatch, bench):
    filed = iter([False, False, True])
    monkeypatch.setattr(take_over, "_taken_over", lambda *_: next(filed))
    take_over.take_over(bench, ORDER)
    assert next(filed, None) is None
