"""Redacting, reading a copy, reading who is who and opening many together are openings: a purpose the case covers, an act before a byte, one path for all."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.acts.custody_bodies import ItemOpened, OpeningRefused
from comity.acts.matters import Condition, StoredObject
from comity.acts.payload import Author
from comity.acts.quarantine_bodies import QuarantineOpened
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.adapters.access.cedar import CedarAccess, packaged_policies
from comity.cases.evolve import admit
from comity.cases.state import Aside, CaseState, CustodyState, Direction, Exhibit, Matter, Phase, Step
from comity.casework.bench.sequencer import RefusedError
from comity.casework.custody import consult, opening, quarantine, read_redacted, redactions
from comity.casework.custody.consult import ItemPaging, OpenItem, OpenItems, list_items, open_item, open_items
from comity.casework.custody.opening import Sought, ask
from comity.casework.custody.quarantine import LookAside, look_aside
from comity.casework.custody.read_redacted import OpenDerived, open_derived, open_names
from comity.casework.custody.redact import RedactItem, redact
from comity.casework.ports.access import Action, OfficerRef
from comity.evidence.redaction.redact import Removal
from comity.law.packaged import packaged_law
from comity.ledger.tree import root_of
from comity.vocabulary.categories import OfficeKind, RemovalReason, Urgency
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.procedures import Procedure, Stage
from comity.vocabulary.wire import encode

CASE, EXHIBIT, OTHER_EXHIBIT, DERIVED = "c" * 32, "e" * 32, "f" * 32, "d" * 32
ITEM, OTHER = "1" * 64, "2" * 64
HAND_OVER, REQUEST, MADE, LIFTED = "a" * 64, "b" * 64, "5" * 64, "6" * 64
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAW = packaged_law()
WORDS = (Removal(RemovalReason.PRESS, words=("secret",)),)
PURPOSE, FILTERING = "same-investigation", "privilege-review"


MAKER = "pt.alves"


class OriginalReadError(Exception):
    """What is kept was reached for."""


def by(author, body):
    return SimpleNamespace(author=Author(author, "desk"), body=body)


def reached(*_):
    raise OriginalReadError


def step(act, kind):
    return Step(act, kind, "pt", (), Direction.ISSUED, NOON, NOON, "CETS185", Urgency.URGENT, "", (), REQUEST)


class Node:
    """The case of a test at a node whose policies and law are the real ones; what is filed is kept here."""

    def __init__(self, *, stage=Stage.RECEIVED, phase=Phase.OPEN, aside=None, conditions=(), made=None, lifted=False):
        self.filed = []
        self.by_then = None
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

        def file_own(_bench, payload, done=lambda _now: False):
            now = made.by_then or made.state
            if done(now):
                return SimpleNamespace(indexes={})
            if (refusal := admit(now, payload)) is not None:
                raise RefusedError(refusal)
            made.filed.append(payload)
            return SimpleNamespace(indexes={"7" * 64: 0})

        monkeypatch.setattr(opening, "file_own", file_own)
        for module in (opening, read_redacted):
            monkeypatch.setattr(module, "state_of", lambda *_: made.state)
        monkeypatch.setattr(redactions, "payload_of", lambda _bench, act: by(MAKER, made.acts[act]))
        for module, name in ((consult, "_kept"), (quarantine, "kept_aside"), (read_redacted, "copy_of")):
            monkeypatch.setattr(module, name, reached)
        monkeypatch.setattr(read_redacted, "names_table", reached)
        return made

    return make


def officer(kind=OfficeKind.PROSECUTOR, name="pt.marques"):
    return OfficerRef(name, "pt", {"desk": kind})


def who_may(way):
    """An officer who may go that way: who is who is not for whoever looks, but for a filter team."""
    return officer(OfficeKind.FILTER_TEAM if way == "names" else OfficeKind.PROSECUTOR)


def copy(**changed):
    made = ItemRedacted(EXHIBIT, ITEM, ITEM, DERIVED, ITEM, 1, "text/plain", StoredObject(ITEM, 1), ())
    return replace(made, **changed)


def to_redact(item=ITEM, *, purpose=PURPOSE, office="desk", exhibit=EXHIBIT, aside=False):
    return RedactItem(CASE, exhibit, item, office, WORDS, purpose=purpose, aside=aside)


def together(items=(OTHER, ITEM), purpose=PURPOSE, exhibit=EXHIBIT):
    return OpenItems(CASE, exhibit, tuple(items), "desk", purpose)


WAYS = {
    "together": lambda node, who, purpose: open_items(node.bench, who, together(purpose=purpose)),
    "look": lambda node, who, purpose: open_item(node.bench, who, OpenItem(CASE, EXHIBIT, ITEM, "desk", purpose)),
    "redact": lambda node, who, purpose: redact(node.bench, who, to_redact(purpose=purpose)),
    "copy": lambda node, who, purpose: open_derived(node.bench, who, OpenDerived(CASE, DERIVED, "desk", purpose)),
    "names": lambda node, who, purpose: open_names(node.bench, who, OpenDerived(CASE, DERIVED, "desk", purpose)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("purpose", ["", "curiosity", "other-investigation", FILTERING])
def test_no_way_leads_to_content_without_a_purpose_that_the_case_covers(node, way, purpose):
    at = node(made=copy(), conditions=("not-for-other-investigations",))
    refusal = WAYS[way](at, who_may(way), purpose)
    assert isinstance(refusal, Refusal)
    assert at.bodies == [OpeningRefused(EXHIBIT, purpose, refusal.code)]
    assert at.filed[0].author.officer == "pt.marques"


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"names"}))
@pytest.mark.parametrize(
    "kind", [OfficeKind.CONTACT_POINT, OfficeKind.JUDGE, OfficeKind.OVERSIGHT, OfficeKind.FILTER_TEAM]
)
def test_who_may_not_look_does_not_look_by_redacting_and_the_try_is_on_record(node, way, kind):
    at = node(made=copy())
    assert WAYS[way](at, officer(kind), PURPOSE).code in ("not-permitted", "quarantined")
    assert [type(body) for body in at.bodies] == [OpeningRefused]


def test_the_police_may_look_and_yet_not_redact(node):
    at = node(made=copy())
    assert WAYS["redact"](at, officer(OfficeKind.POLICE), PURPOSE).code == "not-permitted"
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
    assert WAYS[way](at, who_may(way), PURPOSE).code == "case-closed"
    assert at.bodies == [OpeningRefused(EXHIBIT, PURPOSE, "case-closed")]


@pytest.mark.parametrize("way", WAYS)
def test_what_came_under_an_order_that_was_taken_back_is_shown_in_no_form(node, way):
    at = node(made=copy(), stage=Stage.WITHDRAWN)
    assert WAYS[way](at, who_may(way), PURPOSE).code == "order-withdrawn"


@pytest.mark.parametrize(
    ("way", "derived", "names"), [("copy", DERIVED, False), ("names", DERIVED, True)], ids=["copy", "names"]
)
def test_reading_a_copy_is_first_an_act_that_names_it_and_the_supplier_is_told_where_the_instrument_wants_it(
    node, way, derived, names
):
    at = node(made=copy(), conditions=("account-of-use",))
    with pytest.raises(OriginalReadError):
        WAYS[way](at, who_may(way), PURPOSE)
    assert at.bodies == [ItemOpened(EXHIBIT, ITEM, PURPOSE, "", derived=derived, names=names)]
    assert at.filed[0].to == ("de",)


def test_without_such_a_condition_nobody_is_told(node):
    at = node()
    admitted = ask(at.bench, officer(), Sought(CASE, EXHIBIT, (ITEM,), "desk", PURPOSE, "", then=Action.REDACT))
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


# Who is who -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", set(OfficeKind) - {OfficeKind.JUDGE, OfficeKind.FILTER_TEAM})
@pytest.mark.parametrize("lifted", [False, True])
def test_who_is_who_is_for_a_court_and_the_filter_team_alone_and_the_try_is_on_record(node, kind, lifted):
    at = node(made=copy(persons=1), lifted=lifted)
    assert WAYS["names"](at, officer(kind), PURPOSE).code == "court-needed"
    assert at.bodies == [OpeningRefused(EXHIBIT, PURPOSE, "court-needed")]


def test_a_judge_does_not_see_it_either_before_a_court_has_lifted_the_redaction(node):
    at = node(made=copy(persons=1))
    assert WAYS["names"](at, officer(OfficeKind.JUDGE), PURPOSE).code == "court-needed"
    assert [type(body) for body in at.bodies] == [OpeningRefused]


@pytest.mark.parametrize(("kind", "lifted"), [(OfficeKind.JUDGE, True), (OfficeKind.FILTER_TEAM, False)])
def test_a_judge_after_that_and_a_filter_team_do_and_the_act_comes_first(node, kind, lifted):
    at = node(made=copy(persons=1), lifted=lifted)
    with pytest.raises(OriginalReadError):
        WAYS["names"](at, officer(kind), PURPOSE)
    assert at.bodies == [ItemOpened(EXHIBIT, ITEM, PURPOSE, "", derived=DERIVED, names=True)]


@pytest.mark.parametrize("kind", [OfficeKind.JUDGE, OfficeKind.FILTER_TEAM])
@pytest.mark.parametrize("aside", [None, Aside(3, HAND_OVER)])
def test_whoever_made_the_copy_does_not_in_whatever_office(node, kind, aside):
    at = node(made=copy(persons=1, aside=aside is not None), lifted=True, aside=aside)
    refusal = WAYS["names"](at, officer(kind, MAKER), FILTERING if aside else PURPOSE)
    assert refusal.code in ("own-redaction", "not-permitted")
    assert [type(body) for body in at.bodies] == [OpeningRefused]


@pytest.mark.parametrize("kind", [OfficeKind.JUDGE, OfficeKind.FILTER_TEAM])
@pytest.mark.parametrize("other", [OfficeKind.POLICE, OfficeKind.PROSECUTOR])
def test_neither_of_them_does_who_investigates_in_another_office(node, kind, other):
    at = node(made=copy(persons=1), lifted=True)
    both = OfficerRef("pt.marques", "pt", {"desk": kind, "other": other})
    assert WAYS["names"](at, both, PURPOSE).code == "investigator"


# Many together --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stocked(node, monkeypatch):
    """A node at which the exhibit has these items, in this order; what is read of which is kept."""

    def make(*items, **how):
        at = node(**how)
        at.read = []

        def read(item):
            at.read.append((item.item, len(at.bodies)))
            yield item.item.encode()

        listed = [SimpleNamespace(item=item, descriptor=item[0]) for item in items]
        at.bench.evidence = SimpleNamespace(
            each_item=lambda *_: iter(listed), reader=lambda *_: SimpleNamespace(read=read)
        )
        monkeypatch.setattr(consult, "_kept", lambda *_: SimpleNamespace(packed=None, identity=""))
        return at

    return make


def test_many_items_are_opened_by_one_act_that_lists_them_by_root_before_any_is_read(stocked):
    at = stocked(OTHER, "3" * 64, ITEM, conditions=("account-of-use",))
    opened = open_items(at.bench, officer(), together())
    root = root_of([bytes.fromhex(ITEM), bytes.fromhex(OTHER)]).hex()
    assert at.bodies == [ItemOpened(EXHIBIT, root, PURPOSE, "", listed=(ITEM, OTHER))]
    assert (at.filed[0].to, opened.number, opened.supplier_told, at.read) == (("de",), 2, True, [])
    assert [(line.item, b"".join(content)) for line, content in opened.contents] == [
        (OTHER, OTHER.encode()),
        (ITEM, ITEM.encode()),
    ]
    assert at.read == [(OTHER, 1), (ITEM, 1)]


def test_of_one_alone_the_act_is_that_of_one(stocked):
    at = stocked(ITEM)
    at.bench.evidence.find_item = lambda *_: next(at.bench.evidence.each_item())
    open_items(at.bench, officer(), together([ITEM]))
    assert at.bodies == [ItemOpened(EXHIBIT, ITEM, PURPOSE, "")]
    assert b"listed" not in encode(at.bodies[0])


def test_one_that_a_redaction_hides_keeps_all_of_them_closed_and_is_not_named(stocked):
    at = stocked(ITEM, OTHER, made=copy(provisional=True))
    refusal = open_items(at.bench, officer(), together())
    assert refusal.code == "redacted"
    assert at.bodies == [OpeningRefused(EXHIBIT, PURPOSE, "redacted")]
    assert not any(each in repr(refusal) for each in (ITEM, OTHER, DERIVED))


def test_one_that_the_exhibit_does_not_have_keeps_all_of_them_closed_and_is_not_named(stocked):
    """An item of another exhibit is none of this one, and neither is one that lies aside."""
    at = stocked(OTHER, "3" * 64, aside=Aside(3, HAND_OVER))
    with pytest.raises(BrokenInputError) as caught:
        open_items(at.bench, officer(), together())
    assert ITEM not in repr(caught.value)
    assert (at.bodies, at.read) == ([], [])


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


# The same instant ---------------------------------------------------------------------------------------------------


DECIDED = {
    "taken back": lambda was: replace(was, matters={REQUEST: replace(was.matters[REQUEST], stage=Stage.WITHDRAWN)}),
    "restricted": lambda was: replace(was, exhibits={EXHIBIT: replace(was.exhibits[EXHIBIT], restricted_by=MADE)}),
    "redacted": lambda was: replace(was, steps=(*was.steps, step(MADE, ActType.ITEM_REDACTED))),
    "closed": lambda was: replace(was, phase=Phase.CLOSED),
}


@pytest.mark.parametrize("decided", DECIDED)
def test_what_is_decided_between_the_question_and_the_act_is_heeded_nothing_is_read_and_the_try_is_an_act(
    stocked, decided
):
    at = stocked(ITEM, OTHER)
    at.by_then = DECIDED[decided](at.state)
    with pytest.raises(RefusedError) as caught:
        open_items(at.bench, officer(), together())
    code = "case-closed" if decided == "closed" else "changed-meanwhile"
    assert (caught.value.refusal.code, at.read) == (code, [])
    assert at.bodies == [OpeningRefused(EXHIBIT, PURPOSE, code)]
    assert (at.filed[0].author, at.filed[0].to) == (Author("pt.marques", "desk"), ())


def test_a_case_that_is_disposed_of_in_that_instant_takes_no_act_and_nothing_is_read(stocked):
    at = stocked(ITEM, OTHER)
    at.by_then = CaseState(CASE, Phase.DISPOSED)
    with pytest.raises(RefusedError) as caught:
        open_items(at.bench, officer(), together())
    assert (caught.value.refusal.code, at.bodies, at.read) == ("case-disposed", [], [])


def test_that_others_opened_it_meanwhile_keeps_nobody_from_opening_it(stocked):
    at = stocked(ITEM, OTHER)
    opened = replace(at.state.exhibits[EXHIBIT], openings=3)
    at.by_then = replace(at.state, exhibits={EXHIBIT: opened})
    assert open_items(at.bench, officer(), together()).number == 2
