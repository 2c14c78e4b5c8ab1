"""What a filter team writes makes nobody an investigator; anything else does."""

from types import SimpleNamespace

import pytest

from comity.acts.classes import ActType
from comity.acts.custody_bodies import ItemOpened
from comity.cases.state import Direction
from comity.casework.custody import filtering
from comity.casework.ports.access import Action, OfficerRef
from comity.vocabulary.categories import OfficeKind

OFFICER = "pt.neves"


@pytest.fixture
def seen_as_investigator(monkeypatch):
    def ask(*, wrote=(), approved=(), names=False):
        acts = [act(kind, OFFICER, (), names=names) for kind in wrote] + [
            act(kind, "other", (OFFICER,)) for kind in approved
        ]
        monkeypatch.setattr(filtering, "read_sealed", lambda opened: opened)
        monkeypatch.setattr(filtering, "allowed", lambda _bench, _officer, _action, resource: resource.works_on_case)
        stored = [SimpleNamespace(direction=Direction.ISSUED, act=each) for each in acts]
        bench = SimpleNamespace(
            records=SimpleNamespace(cases=SimpleNamespace(acts=lambda _case: stored)),
            cipher=SimpleNamespace(open_act=lambda each: each.act),
        )
        officer = OfficerRef(OFFICER, "pt", {"filter": OfficeKind.FILTER_TEAM})
        return filtering.not_filtering(bench, officer, Action.OPEN_QUARANTINE, "filter", "c" * 32)

    return ask


def act(kind, author, approvers, *, names=False):
    body = ItemOpened("e" * 32, "1" * 64, "same-investigation", "", names=names)
    payload = SimpleNamespace(author=SimpleNamespace(officer=author), act=SimpleNamespace(type=kind), body=body)
    return SimpleNamespace(payload=payload, approvals=[SimpleNamespace(officer=each) for each in approvers])


@pytest.mark.parametrize(
    "kind", [ActType.ITEM_OPENED, ActType.DISCLOSURE_REQUESTED, ActType.EXHIBIT_RECEIVED, ActType.SCREEN_SET]
)
def test_who_wrote_or_approved_what_investigators_write_filters_no_more(seen_as_investigator, kind):
    assert seen_as_investigator(wrote=(ActType.ITEM_REDACTED, kind))
    assert seen_as_investigator(approved=(kind,))


@pytest.mark.parametrize(
    "kind", [ActType.ITEM_REDACTED, ActType.REDACTION_LIFTED, ActType.SCREEN_LIFTED, ActType.OPENING_REFUSED]
)
def test_redacting_leaves_a_filter_team_what_it_was(seen_as_investigator, kind):
    assert not seen_as_investigator(wrote=(kind,))


def test_so_does_opening_who_is_who_in_a_copy(seen_as_investigator):
    assert not seen_as_investigator(wrote=(ActType.ITEM_OPENED,), names=True)
