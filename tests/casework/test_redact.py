"""While a provisional redaction of an item stands, nobody makes another copy of the original."""

from types import SimpleNamespace

import pytest

from comity.acts.classes import ActType
from comity.acts.matters import StoredObject
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.casework import redact as redacting
from comity.casework import redactions
from comity.casework.access import OfficerRef
from comity.evidence.redaction import Removal
from comity.vocabulary.categories import OfficeKind, RemovalReason
from comity.vocabulary.procedures import Stage

CASE, EXHIBIT, DERIVED, ITEM, OTHER = "c" * 32, "e" * 32, "d" * 32, "1" * 64, "2" * 64


class OriginalReadError(Exception):
    """The original was reached for."""


@pytest.fixture
def redact(monkeypatch):
    def ask(item, *, provisional=True, lifted=False, stage=Stage.ORDERED):
        bodies = {"made": ItemRedacted(EXHIBIT, ITEM, ITEM, DERIVED, ITEM, 1, "text/plain", StoredObject(ITEM, 1), ())}
        bodies["made"] = redacting.replace(bodies["made"], provisional=provisional)
        steps = [SimpleNamespace(act="made", type=ActType.ITEM_REDACTED)]
        if lifted:
            bodies["lifted"] = RedactionLifted(DERIVED, "12/26")
            steps.append(SimpleNamespace(act="lifted", type=ActType.REDACTION_LIFTED))
        monkeypatch.setattr(redacting, "allowed", lambda *_: None)
        exhibits, matters = {EXHIBIT: SimpleNamespace(matter="m")}, {"m": SimpleNamespace(stage=stage)}
        state = SimpleNamespace(steps=steps, exhibits=exhibits, matters=matters)
        monkeypatch.setattr(redacting, "state_of", lambda *_: state)
        monkeypatch.setattr(redactions, "payload_of", lambda _bench, act: SimpleNamespace(body=bodies[act]))
        monkeypatch.setattr(redacting, "_original", reached)
        removal = Removal(RemovalReason.PRESS, words=("secret",))
        command = redacting.RedactItem(CASE, EXHIBIT, item, "desk", (removal,))
        officer = OfficerRef("pt.marques", "pt", {"desk": OfficeKind.PROSECUTOR})
        return redacting.redact(SimpleNamespace(), officer, command)

    return ask


def reached(*_):
    raise OriginalReadError


def test_what_came_under_an_order_that_was_taken_back_is_shown_in_no_form(redact):
    assert redact(OTHER, stage=Stage.WITHDRAWN).code == "order-withdrawn"


def test_a_second_redaction_does_not_get_around_a_provisional_one(redact):
    assert redact(ITEM).code == "redacted"


@pytest.mark.parametrize(
    ("item", "how"), [(ITEM, {"lifted": True}), (ITEM, {"provisional": False}), (OTHER, {})], ids=str
)
def test_what_no_provisional_redaction_hides_can_be_redacted(redact, item, how):
    with pytest.raises(OriginalReadError):
        redact(item, **how)
