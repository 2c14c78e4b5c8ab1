"""What lies in quarantine, by the acts of a case: how many items, until when, and what was decided about them."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts import quarantine_bodies as q
from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.matters import PartDecision, ScopePart, StoredObject
from comity.acts.payload import Payload, type_of
from comity.cases.duties import ClearQuarantine, Duty, being_destroyed, duties
from comity.cases.evolve import admit, evolve
from comity.cases.state import Aside, CaseState, CustodyState, Direction, FiledAct
from comity.vocabulary.categories import (
    DataCategory,
    FilterDecision,
    FilterPurpose,
    FilterReason,
    LegalHoldReason,
    QuarantineCode,
    Urgency,
)

CASE = "c" * 32
EXHIBIT, HELD, FREED = "e" * 32, "f" * 32, "1" * 32
ROOT = "a" * 64
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=90)
PT, DE = "pt", "de"
PART = ScopePart("mails", (DataCategory.CONTENT,))


class Node:
    """The case at PT, or at DE."""

    def __init__(self, me: str = PT) -> None:
        self.me = me
        self.filed: list[FiledAct] = []
        self.state = CaseState(CASE)

    def payload(self, body: AnyBody, issuer: str, re: tuple[str, ...]) -> Payload:
        to = {PT: (DE,), DE: (PT,)}[issuer]
        act_class = ActClass(type_of(body), "budapest", Urgency.URGENT)
        return Payload(1, issuer, to, CASE, f"{len(self.filed):032x}", NOON, 1, re, act_class, ("EdDSA",), None, body)

    def add(self, body: AnyBody, issuer: str, *re: str) -> str:
        payload = self.payload(body, issuer, re)
        refusal = admit(self.state, payload)
        assert refusal is None, refusal
        direction = Direction.ISSUED if issuer == self.me else Direction.RECEIVED
        filed = FiledAct(f"{len(self.filed) + 1:064x}", payload, direction, NOON)
        self.filed.append(filed)
        self.state = evolve(self.state, filed)
        return filed.id

    def code(self, body: AnyBody, *re: str) -> str | None:
        refusal = admit(self.state, self.payload(body, self.me, re))
        return refusal and refusal.code

    @property
    def aside(self) -> Aside | None:
        return self.state.exhibits[EXHIBIT].aside

    def owed(self, at: datetime) -> tuple[Duty, ...]:
        return tuple(duty for duty in duties(self.state, (), at) if isinstance(duty, ClearQuarantine))


def with_aside(me: str = PT, *, term: bool = True) -> tuple[Node, str, str]:
    """Of ten items received three were put aside; then a second request was granted."""
    node = Node(me)
    asked = node.add(b.DisclosureRequested("m", scope=(PART,)), PT)
    node.add(b.DisclosureDecided((PartDecision("mails", granted=True),)), DE, asked)
    stored = StoredObject(ROOT, 10)
    handed = b.ExhibitHandedOver(EXHIBIT, HELD, ROOT, 10, 30, stored, (stored,), (), "key", ROOT)
    given = node.add(handed, DE, asked)
    node.add(b.ExhibitReceived(EXHIBIT, given, ROOT, ROOT, 7, opened=True), PT, given)
    node.add(b.ItemsQuarantined(EXHIBIT, 1, QuarantineCode.OUT_OF_SCOPE), PT, given)
    node.add(b.ItemsQuarantined(EXHIBIT, 2, QuarantineCode.DESCRIPTOR_DIFFERS), PT, given)
    if term and me == PT:
        node.add(q.QuarantineTermSet(EXHIBIT, LATER, 90), PT, given)
    more = node.add(b.DisclosureRequested("m", scope=(PART,)), PT)
    grant = node.add(b.DisclosureDecided((PartDecision("mails", granted=True),)), DE, more)
    return node, given, grant


def release(grant: str | None, items: int = 1, name: str | None = FREED) -> q.QuarantineDecided:
    reason = FilterReason.SUPPLEMENTARY_GRANT
    return q.QuarantineDecided(EXHIBIT, FilterDecision.RELEASE, reason, items, "", grant, name)


def destroyed() -> q.QuarantineDecided:
    return q.QuarantineDecided(EXHIBIT, FilterDecision.DESTROY, FilterReason.NOT_COVERED, 3)


def certificate() -> q.QuarantineResolved:
    return q.QuarantineResolved(EXHIBIT, FilterDecision.DESTROY, FilterReason.NOT_COVERED, 3, 2)


def test_what_was_put_aside_is_counted_under_the_hand_over_it_came_with() -> None:
    node, given, _ = with_aside()
    assert node.aside == Aside(3, given, LATER)


def test_the_supplier_of_what_was_put_aside_has_no_quarantine_of_its_own() -> None:
    node, _, _ = with_aside(DE)
    assert node.aside is None


def test_the_term_of_the_office_makes_a_duty_and_without_a_term_there_is_none() -> None:
    node, _, _ = with_aside()
    assert node.owed(LATER - timedelta(seconds=1)) == ()
    assert node.owed(LATER) == (ClearQuarantine(EXHIBIT, FilterReason.TERM_OVER),)
    unset, _, _ = with_aside(term=False)
    assert unset.owed(LATER + timedelta(days=9999)) == ()


def test_a_release_makes_an_exhibit_in_the_matter_of_the_grant_and_leaves_the_rest_aside() -> None:
    node, given, grant = with_aside()
    decided = node.add(release(grant), PT, given)
    assert node.aside == Aside(2, grant, LATER)
    freed = node.state.exhibits[FREED]
    assert (freed.state, freed.items, freed.received_by) == (CustodyState.HELD, 1, decided)
    assert freed.matter == node.state.matter_of(grant) != node.state.exhibits[EXHIBIT].matter


def test_when_all_is_released_nothing_lies_aside() -> None:
    node, given, grant = with_aside()
    node.add(release(grant, items=3), PT, given)
    assert node.aside is None
    assert node.owed(LATER) == ()


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda _: release(None), "no-grant"),
        (lambda _: release("9" * 64), "no-grant"),
        (lambda grant: release(grant, name=None), "no-grant"),
        (lambda grant: release(grant, name=EXHIBIT), "exhibit-known"),
        (lambda grant: release(grant, items=4), "not-to-release"),
        (lambda grant: release(grant, items=0), "not-to-release"),
    ],
    ids=("no act", "an act of nobody", "no name", "a name that is taken", "more than there is", "nothing"),
)
def test_a_release_without_a_grant_a_name_or_items_that_are_there_is_refused(made, code: str) -> None:
    node, given, grant = with_aside()
    assert node.code(made(grant), given) == code


def cleared(items: int = 2, name: str | None = FREED, grant: str | None = None) -> q.QuarantineDecided:
    return q.QuarantineDecided(
        EXHIBIT,
        FilterDecision.RELEASE,
        FilterReason.NOT_PRIVILEGED,
        items,
        "",
        grant,
        name,
        FilterPurpose.PRIVILEGE_REVIEW,
    )


@pytest.mark.parametrize("granted", [True, False])
def test_what_a_further_grant_releases_is_not_told_apart_by_labels_of_the_order_that_it_came_under(
    granted: bool,
) -> None:
    node, given, grant = with_aside()
    known = replace(node.state.exhibits[EXHIBIT], held_up=("mails",))
    node.state = replace(node.state, exhibits={**node.state.exhibits, EXHIBIT: known})
    node.add(release(grant) if granted else cleared(), PT, given)
    assert node.state.exhibits[FREED].held_up == (() if granted else ("mails",))


def test_what_was_found_not_privileged_needs_no_grant_and_stays_in_the_matter_that_it_came_in() -> None:
    node, given, _ = with_aside()
    node.add(cleared(), PT, given)
    assert node.aside == Aside(1, FREED, LATER)
    assert node.state.exhibits[FREED].matter == node.state.exhibits[EXHIBIT].matter
    node.add(cleared(1, "2" * 32), PT, given)
    assert node.aside is None


def test_not_privileged_is_no_reason_beside_a_grant_nor_a_way_around_a_name_or_what_is_there() -> None:
    node, given, grant = with_aside()
    for wrong, code in (
        (cleared(grant=grant), "no-grant"),
        (cleared(name=None), "no-grant"),
        (cleared(name=EXHIBIT), "exhibit-known"),
        (cleared(4), "not-to-release"),
    ):
        assert node.code(wrong, given) == code


def test_a_screen_stands_until_it_is_lifted_by_its_name_and_others_stay() -> None:
    node = Node()
    first, second = (node.add(q.ScreenSet(names=(name,)), PT) for name in ("letters", "notes"))
    assert node.state.screens == (first, second)
    node.add(q.ScreenLifted(first, "not counsel"), PT)
    assert node.state.screens == (second,)
    for gone in (first, "9" * 64):
        assert node.code(q.ScreenLifted(gone, "again")) == "no-such-screen"


@pytest.mark.parametrize("names", [(), ("",), ("/", "")])
def test_a_screen_that_lists_nothing_is_none(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="lists identifiers"):
        q.ScreenSet(names=names)


def test_nothing_is_released_in_a_closed_case_but_it_can_still_be_destroyed() -> None:
    node, given, grant = with_aside()
    node.add(b.CaseClosed("over"), PT)
    assert node.code(release(grant), given) == "not-to-release"
    assert node.code(q.QuarantineOpened(EXHIBIT, FilterPurpose.SCOPE_REVIEW, ""), given) == "case-closed"
    assert node.code(destroyed(), given) is None


def test_destruction_once_decided_is_owed_until_it_is_certified_and_lets_no_release_in() -> None:
    node, given, grant = with_aside()
    node.add(destroyed(), PT, given)
    assert node.owed(NOON) == (ClearQuarantine(EXHIBIT, FilterReason.NOT_COVERED),)
    assert node.code(release(grant), given) == "decided-before"
    assert node.code(destroyed(), given) == "decided-before"
    node.add(certificate(), PT, given)
    assert node.aside is None
    assert node.owed(LATER) == ()
    assert node.code(destroyed(), given) == "nothing-aside"


def test_of_a_legal_hold_and_a_decided_destruction_the_first_in_the_ledger_wins() -> None:
    node, given, _ = with_aside()
    hold = node.add(b.LegalHoldSet(LegalHoldReason.APPEAL_PENDING), PT)
    assert node.code(destroyed(), given) == "legal-hold"
    assert node.owed(LATER) == ()
    node.add(b.LegalHoldLifted(hold, LegalHoldReason.PROCEEDINGS_OVER), PT)
    node.add(destroyed(), PT, given)
    node.add(b.LegalHoldSet(LegalHoldReason.APPEAL_PENDING), PT)
    assert node.owed(NOON) == (ClearQuarantine(EXHIBIT, FilterReason.NOT_COVERED),)
    assert being_destroyed(node.state) == (EXHIBIT,)
    node.add(certificate(), PT, given)
    assert being_destroyed(node.state) == ()


def test_an_exhibit_whose_destruction_is_decided_is_destroyed_to_the_end_also_under_a_later_hold() -> None:
    node, given, _ = with_aside()
    node.add(b.DestructionDecided(EXHIBIT, "order-withdrawn"), PT, given)
    assert being_destroyed(node.state) == (EXHIBIT,)
    node.add(b.ExhibitDestroyed(EXHIBIT, "order-withdrawn", 2), PT, given)
    assert being_destroyed(node.state) == ()
    assert node.code(b.DestructionDecided(EXHIBIT, "order-withdrawn"), given) == "nothing-kept"
    assert node.code(b.DestructionDecided(FREED, "order-withdrawn"), given) == "nothing-kept"


def test_a_supplier_that_says_its_items_were_destroyed_changes_nothing_here() -> None:
    node, given, _ = with_aside()
    before = node.aside
    forged = FiledAct("9" * 64, node.payload(certificate(), DE, (given,)), Direction.RECEIVED, NOON)
    assert evolve(node.state, forged).exhibits[EXHIBIT].aside == before


def test_the_state_of_a_quarantine_is_rebuilt_from_the_acts() -> None:
    node, given, grant = with_aside()
    node.add(release(grant), PT, given)
    node.add(destroyed(), PT, given)
    assert reduce(evolve, node.filed, CaseState(CASE)) == node.state
