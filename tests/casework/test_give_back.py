"""Giving back: only what the officer's own decision says is destroyed here, and only as it says."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from comity.acts.bodies import ExhibitReceived
from comity.cases.state import CaseState, CustodyState, Exhibit
from comity.casework.custody import give_back as giving
from comity.casework.custody.give_back import ReturnExhibit, give_back
from comity.casework.ports.access import OfficerRef
from comity.vocabulary.categories import OfficeKind

CASE, EXHIBIT, HAND_OVER, RECEIVED, ACT, ROOT = "c" * 32, "e" * 32, "a" * 64, "b" * 64, "d" * 64, "f" * 64
HELD = Exhibit(EXHIBIT, CustodyState.HELD, HAND_OVER, 3, ROOT, "de", HAND_OVER, RECEIVED)
OFFICER = OfficerRef("pt.silva", "pt", {"desk": OfficeKind.PROSECUTOR})


@pytest.fixture
def ask(monkeypatch):
    """Gives the exhibit back at a node at which it is this by the time that the decision is to be filed."""

    def make(by_then):
        gone = []

        def file_own(_bench, _payload, done):
            filed = not done(CaseState(CASE, exhibits={EXHIBIT: by_then}))
            return SimpleNamespace(indexes={ACT: 0} if filed else {})

        def destroy_exhibit(_bench, _case, exhibit, reason):
            gone.append((exhibit, reason))
            return ACT

        received = ExhibitReceived(EXHIBIT, HAND_OVER, ROOT, ROOT, 3, opened=True)
        monkeypatch.setattr(giving, "allowed", lambda *_: None)
        monkeypatch.setattr(giving, "state_of", lambda *_: CaseState(CASE, exhibits={EXHIBIT: HELD}))
        monkeypatch.setattr(giving, "payload_of", lambda *_: SimpleNamespace(body=received))
        monkeypatch.setattr(giving, "compose", lambda *_, **words: words)
        monkeypatch.setattr(giving, "file_own", file_own)
        monkeypatch.setattr(giving, "destroy_exhibit", destroy_exhibit)
        return give_back(None, OFFICER, ReturnExhibit(CASE, EXHIBIT, "desk", "no-longer-needed")), gone

    return make


@pytest.mark.parametrize(
    "by_then",
    [
        replace(HELD, state=CustodyState.PASSED_ON),
        replace(HELD, destroying="order-withdrawn"),
        replace(HELD, openings=1),
    ],
    ids=["handed on", "to be destroyed", "looked at"],
)
def test_what_changed_since_it_was_looked_at_is_not_touched_and_the_officer_is_told(ask, by_then):
    refusal, gone = ask(by_then)
    assert (refusal.code, gone) == ("changed-meanwhile", [])


def test_what_is_as_it_was_is_given_back(ask):
    assert ask(HELD) == (ACT, [(EXHIBIT, "no-longer-needed")])
