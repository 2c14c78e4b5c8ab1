"""Redacting, reading a copy and reading who is who are openings: a purpose the case covers, an act before a byte, one path for all."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from comity.acts.bodies import ItemOpened, OpeningRefused
from comity.acts.classes import ActType
from comity.acts.matters import Condition, StoredObject
from comity.acts.quarantine_bodies import QuarantineOpened
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.adapters.access.cedar import CedarAccess, packaged_policies
from comity.cases.state import Aside, CaseState, CustodyState, Direction, Exhibit, Matter, Phase, Step
from comity.casework import consult, opening, quarantine, read_redacted, redactions
from comity.casework.access import Action, OfficerRef
from comity.casework.consult import ItemPaging, OpenItem, list_items, open_item
from comity.casework.opening import Sought, ask
from comity.casework.quarantine import LookAside, look_aside
from comity.casework.read_redacted import OpenDerived, open_derived, open_names
from comity.casework.redact import RedactItem, redact
from comity.evidence.redaction import Removal
from comity.law.packaged import packaged_law
from comity.vocabulary.categories import OfficeKind, RemovalReason, Urgency
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.procedures import Procedure, Stage

CASE, EXHIBIT, OTHER_EXHIBIT, DERIVED = "c" * 32, "e" * 32, "f" * 32, "d" * 32
ITEM, OTHER = "1" * 64, "2" * 64
HAND_OVER, REQUEST, MADE, LIFTED = "a" * 64, "b" * 64, "5" * 64, "6" * 64
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAW = packaged_law()
WORDS = (Removal(RemovalReason.PRESS, words=("secret",)),)
PURPOSE, FILTERING = "same-investigation", "privilege-review"


class OriginalReadError(Exception):
    """What is kept was reached for."""


def reached(*_):
    raise OriginalReadError


def step(act, kind):
    return Step(act, kind, "pt", (), Direction.ISSUED, NOON, NOON, "CETS185", Urgency.URGENT, "", (), REQUEST)


class Node:
    """The case of a test at a node whose policies and law are the real ones; what is filed is kept here."""

    def __init__(self, *, stage=Stage.RECEIVED, phase=Phase.OPEN, aside=None, conditions=(), made=None, lifted=False):
        self.filed = []
        self.acts = {}
        steps = [step(HAND_OVER, ActType.EXHIBIT_HANDED_OVER)]
        if made is not None:
            self.acts[MADE] = made
            steps.append(step(MADE, ActType.ITEM_REDACTED))
        if lifted:
            self.acts[LIFTED] = RedactionLifted(DERIVED, "12/26")
            steps.append(step(LIFTED, ActType.REDACTION_LIFTED))
        procedure = Procedure.PRODUCTION if stage is Stage.WITHDRAWN else Procedure.DISCLOSURE
        matter = Matter(
            REQUEST, procedure, stage, "CETS185", "stored-data-assistance", conditions=tuple(map(Condition, conditions))
        )
        exhibit = Exhibit(EXHIBIT, CustodyState.HELD, REQUEST, 3, "0" * 64, "de", HAND_OVER, aside=aside)
        self.state = CaseState(
            CASE,
            phase,
            tuple(steps),
            {REQUEST: matter},
            exhibits={EXHIBIT: exhibit, OTHER_EXHIBIT: replace(exhibit, exhibit=OTHER_EXHIBIT)},
        )
        self.bench = SimpleNamespace(
            me="pt",
            law=LAW,
            access=CedarAccess("pt", packaged_policies()),
            clock=SimpleNamespace(now=lambda: NOON),
            random=SimpleNamespace(take=bytes),
            directory=lambda: SimpleNamespace(version=1),
            records=SimpleNamespace(
                cases=SimpleNamespace(acts=lambda _case: ()), exhibits=SimpleNamespace(of_case=lambda _case: ())
            ),
        )

    @property
    def bodies(self):
        return [payload.body for payload in self.filed]


@pytest.fixture
def node(monkeypatch):
    def make(**how):
        made = Node(**how)

        def file_own(_bench, payload):
            made.filed.append(payload)
            return SimpleNamespace(indexes={"7" * 64: 0})

        monkeypatch.setattr(opening, "file_own", file_own)
        for module in (opening, read_redacted):
            monkeypatch.setattr(module, "state_of", lambda *_: made.state)
        monkeypatch.setattr(redactions, "payload_of", lambda _bench, act: SimpleNamespace(body=made.acts[act]))
        for module, name in ((consult, "_kept"), (quarantine, "kept_aside"), (read_redacted, "copy_of")):
            monkeypatch.setattr(module, name, reached)
        monkeypatch.setattr(read_redacted, "names_table", reached)
        return made

    return make


def officer(kind=OfficeKind.PROSECUTOR):
    return OfficerRef("pt.marques", "pt", {"desk": kind})


def copy(**changed):
    made = ItemRedacted(EXHIBIT, ITEM, ITEM, DERIVED, ITEM, 1, "text/plain", StoredObject(ITEM, 1), ())
    return replace(made, **changed)


def to_redact(item=ITEM, *, purpose=PURPOSE, office="desk", exhibit=EXHIBIT, aside=False):
    return RedactItem(CASE, exhibit, item, office, WORDS, purpose=purpose, aside=aside)


WAYS = {
    "look": lambda node, who, purpose: open_item(node.bench, who, OpenItem(CASE, EXHIBIT, ITEM, "desk", purpose)),
    "redact": lambda node, who, purpose: redact(node.bench, who, to_redact(purpose=purpose)),
    "copy": lambda node, who, purpose: open_derived(node.bench, who, OpenDerived(CASE, DERIVED, "desk", purpose)),
    "names": lambda node, who, purpose: open_names(node.bench, who, OpenDerived(CASE, DERIVED, "desk", purpose)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("purpose", ["", "curiosity", "other-investigation", FILTERING])
def test_no_way_leads_to_content_without_a_purpose_that_the_case_covers(node, way, purpose):
    at = node(made=copy(), conditions=("not-for-other-investigations",))
    refusal = WAYS[way](at, officer(), purpose)
    assert isinstance(refusal, Refusal)
    assert at.bodies == [OpeningRefused(EXHIBIT, purpose, refusal.code)]
    assert at.filed[0].author.officer == "pt.marques"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "kind", [OfficeKind.CONTACT_POINT, OfficeKind.JUDGE, OfficeKind.OVERSIGHT, OfficeKind.FILTER_TEAM]
)
def test_who_may_not_look_does_not_look_by_redacting_and_the_try_is_on_record(node, way, kind):
    at = node(made=copy())
    assert WAYS[way](at, officer(kind), PURPOSE).code in ("not-permitted", "quarantined")
    assert [type(body) for body in at.bodies] == [OpeningRefused]


@pytest.mark.parametrize("way", ["redact", "names"])
def test_the_police_may_look_and_yet_not_redact(node, way):
    at = node(made=copy())
    assert WAYS[way](at, officer(OfficeKind.POLICE), PURPOSE).code == "not-permitted"
    assert [type(body) for body in at.bodies] == [OpeningRefused]


@pytest.mark.parametrize("way", WAYS)
def test_an_office_that_is_not_held_opens_nothing_and_is_on_record_under_the_one_that_is(node, way):
    at = node(made=copy())
    stranger = OfficerRef("pt.marques", "pt", {"other": OfficeKind.PROSECUTOR})
    assert WAYS[way](at, stranger, PURPOSE).code == "office-not-held"
    assert at.filed[0].author.office == "other"


@pytest.mark.parametrize("way", WAYS)
def test_after_closing_nothing_is_opened_in_any_form(node, way):
    at = node(made=copy(), phase=Phase.CLOSED)
    assert WAYS[way](at, officer(), PURPOSE).code == "case-closed"
    assert at.bodies == [OpeningRefused(EXHIBIT, PURPOSE, "case-closed")]


@pytest.mark.parametrize("way", WAYS)
def test_what_came_under_an_order_that_was_taken_back_is_shown_in_no_form(node, way):
    at = node(made=copy(), stage=Stage.WITHDRAWN)
    assert WAYS[way](at, officer(), PURPOSE).code == "order-withdrawn"


@pytest.mark.parametrize(
    ("way", "derived", "names"), [("copy", DERIVED, False), ("names", DERIVED, True)], ids=["copy", "names"]
)
def test_reading_a_copy_is_first_an_act_that_names_it_and_the_supplier_is_told_where_the_instrument_wants_it(
    node, way, derived, names
):
    at = node(made=copy(), conditions=("account-of-use",))
    with pytest.raises(OriginalReadError):
        WAYS[way](at, officer(), PURPOSE)
    assert at.bodies == [ItemOpened(EXHIBIT, ITEM, PURPOSE, "", derived=derived, names=names)]
    assert at.filed[0].to == ("de",)


def test_without_such_a_condition_nobody_is_told(node):
    at = node()
    admitted = ask(at.bench, officer(), Sought(CASE, EXHIBIT, ITEM, "desk", PURPOSE, "", then=Action.REDACT))
    assert (admitted.supplier_told, admitted.payload.to) == (False, ())


@pytest.mark.parametrize(
    ("how", "restricted_by", "code"),
    [({"stage": Stage.WITHDRAWN}, "", "order-withdrawn"), ({}, "9" * 64, "use-restricted")],
    ids=["taken back", "restricted"],
)
def test_what_is_shown_to_nobody_is_not_listed_by_name_either(node, monkeypatch, how, restricted_by, code):
    at = node(**how)
    shut = replace(at.state.exhibits[EXHIBIT], restricted_by=restricted_by)
    monkeypatch.setattr(consult, "state_of", lambda *_: replace(at.state, exhibits={EXHIBIT: shut}))
    monkeypatch.setattr(consult, "case_right", lambda *_: "desk")
    assert list_items(at.bench, officer(), CASE, EXHIBIT, ItemPaging()).code == code


# Redactions that stand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exhibit", [EXHIBIT, OTHER_EXHIBIT])
@pytest.mark.parametrize("way", ["look", "redact"])
def test_a_provisional_redaction_hides_the_item_in_whatever_exhibit_it_came(node, way, exhibit):
    at = node(made=copy(provisional=True))
    looked = {
        "look": lambda: open_item(at.bench, officer(), OpenItem(CASE, exhibit, ITEM, "desk", PURPOSE)),
        "redact": lambda: redact(at.bench, officer(), to_redact(exhibit=exhibit)),
    }
    assert looked[way]().code == "redacted"


def test_nor_does_a_filter_team_get_around_it_by_redacting_again(node):
    at = node(made=copy(provisional=True, aside=True), aside=Aside(3, HAND_OVER))
    again = to_redact(purpose=FILTERING, aside=True)
    assert redact(at.bench, officer(OfficeKind.FILTER_TEAM), again).code == "redacted"


@pytest.mark.parametrize(
    ("item", "how"),
    [
        (ITEM, {"made": copy(provisional=True), "lifted": True}),
        (ITEM, {"made": copy()}),
        (OTHER, {"made": copy(provisional=True)}),
    ],
    ids=["lifted", "final", "another"],
)
def test_what_no_provisional_redaction_hides_can_be_redacted(node, item, how):
    at = node(**how)
    with pytest.raises(OriginalReadError):
        redact(at.bench, officer(), to_redact(item))


def test_nothing_is_opened_where_nothing_is_to_be_removed(node):
    at = node()
    command = RedactItem(CASE, EXHIBIT, ITEM, "desk", purpose=PURPOSE)
    assert redact(at.bench, officer(), command).code == "nothing-to-remove"
    assert at.filed == []


# Quarantine -----------------------------------------------------------------------------------------------------------


def test_a_filter_team_redacts_in_quarantine_for_a_purpose_of_its_own(node):
    at = node(aside=Aside(3, HAND_OVER))
    with pytest.raises(OriginalReadError):
        redact(at.bench, officer(OfficeKind.FILTER_TEAM), to_redact(purpose=FILTERING, aside=True))


@pytest.mark.parametrize("purpose", ["", PURPOSE])
def test_a_filter_team_without_one_redacts_nothing(node, purpose):
    at = node(aside=Aside(3, HAND_OVER))
    refusal = redact(at.bench, officer(OfficeKind.FILTER_TEAM), to_redact(purpose=purpose, aside=True))
    assert refusal.code == "no-purpose"
    assert at.bodies == [OpeningRefused(EXHIBIT, purpose, "no-purpose")]


def test_what_does_not_lie_aside_is_not_redacted_there(node):
    at = node()
    refusal = redact(at.bench, officer(OfficeKind.FILTER_TEAM), to_redact(purpose=FILTERING, aside=True))
    assert refusal.code == "nothing-aside"


@pytest.mark.parametrize("kind", [OfficeKind.PROSECUTOR, OfficeKind.POLICE, OfficeKind.JUDGE])
def test_nobody_else_redacts_in_quarantine(node, kind):
    at = node(aside=Aside(3, HAND_OVER))
    refusal = redact(at.bench, officer(kind), to_redact(purpose=FILTERING, aside=True))
    assert refusal.code in ("investigator", "not-permitted")


@pytest.mark.parametrize("reading", [open_derived, open_names])
def test_a_copy_of_what_lies_aside_is_the_filter_teams_alone_and_told_to_nobody(node, reading):
    at = node(made=copy(aside=True), aside=Aside(3, HAND_OVER), conditions=("account-of-use",))
    asked = OpenDerived(CASE, DERIVED, "desk", FILTERING)
    assert reading(at.bench, officer(), asked).code == "investigator"
    at.filed.clear()
    with pytest.raises(OriginalReadError):
        reading(at.bench, officer(OfficeKind.FILTER_TEAM), asked)
    (shown,) = at.bodies
    assert isinstance(shown, QuarantineOpened)
    assert (shown.item, shown.derived, shown.names) == (ITEM, DERIVED, reading is open_names)
    assert at.filed[0].to == ()


def test_a_closed_case_is_closed_to_the_filter_team_too(node):
    at = node(aside=Aside(3, HAND_OVER), phase=Phase.CLOSED)
    who = officer(OfficeKind.FILTER_TEAM)
    assert look_aside(at.bench, who, LookAside(CASE, EXHIBIT, "desk", FILTERING)).code == "case-closed"
    assert redact(at.bench, who, to_redact(purpose=FILTERING, aside=True)).code == "case-closed"


def test_an_exhibit_or_copy_that_is_not_in_the_case_is_not_found(node):
    at = node()
    for asked in (
        lambda: redact(at.bench, officer(), to_redact(exhibit="9" * 32)),
        lambda: open_derived(at.bench, officer(), OpenDerived(CASE, DERIVED, "desk", PURPOSE)),
    ):
        with pytest.raises(BrokenInputError):
            asked()
