"""The custodian's review: what of a match it withholds stays, is counted by its reason alone, and can be opened later."""

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts.custody_bodies import MatchReviewed
from comity.acts.matters import ScopePart, Withheld
from comity.acts.payload import Author
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.sequencer import RefusedError
from comity.casework.custody.hand_over import Release, release
from comity.casework.custody.review_match import MatchAsked, ReviewMatch, Standing, list_match, review_match
from comity.casework.dossier.certify_custody import CertifyCustody, certify
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.paging import number_of
from comity.vocabulary.categories import REVIEWED, DataCategory, OfficeKind, WithheldReason

CASE = "b2" * 16
DESK = "provider-desk"
PRESS, HEALTH, THIRD = WithheldReason.PRESS, WithheldReason.HEALTH, WithheldReason.THIRD_PARTY
LETTER, LEDGER, PHOTO = "letter.txt", "ledger.csv", "photo.bin"


@pytest.fixture(autouse=True)
def hold(world) -> str:
    """A hold of three items, of which nothing was handed over yet."""
    world.known = {**world.known, "hold": world.hold(world.order(CASE, "reviewed@mail.example")).act}
    return world.known["hold"]


def ordered(world, *parts) -> str:
    """`de` orders a disclosure of these parts, each named after the one item that it is of; without any, of everything."""
    hold = world.known["hold"]
    every = tuple(DataCategory)
    scope = tuple(ScopePart(name, every, None, (name,)) for name in parts) or (ScopePart("everything", every),)
    body = b.DisclosureOrdered("production-order", hold, scope)
    return world.deliver_to_us("de", CASE, body, approver="de.richter", re=[hold])


def review(world, order, *names, reason=PRESS, officer=None):
    command = ReviewMatch(order, DESK, names, reason, "A journalist's notes.")
    return review_match(world.node.bench, officer or world.officer, command)


def listed(world, order, **asked):
    return list_match(world.node.bench, world.officer, order, MatchAsked(**asked))


def standings(world, order):
    return {line.descriptor.name: (line.standing, line.reason) for line in listed(world, order).lines}


def handed(world, order, *parts):
    return release(world.node.bench, world.officer, Release(order, DESK, parts=parts))


def body_of(world, act):
    return payload_of(world.node.bench, act).body


def total(body) -> int:
    elsewhere = body.portion.before + body.portion.later if body.portion else 0
    return body.items + elsewhere + sum(each.items for each in body.withheld)


def reviews(world) -> int:
    return sum(step.type == "match-reviewed" for step in state_of(world.node.bench, CASE).steps)


# What is refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("nobody.txt",), "not-in-match"),
        ((LETTER, "nobody.txt"), "not-in-match"),
        (("letter",), "not-in-match"),
        (("",), "not-in-match"),
        (("/",), "not-in-match"),
        ((LETTER, LETTER), "named-twice"),
        ((LETTER, LETTER + "/"), "named-twice"),
        ((PHOTO,), "not-in-match"),
    ],
    ids=["nobody", "one nobody", "a part of a name", "no name", "a slash", "twice", "twice by slash", "not ordered"],
)
def test_a_review_of_what_the_order_does_not_match_or_of_one_item_twice_is_no_act(world, names, code):
    order = ordered(world, LETTER, LEDGER)
    assert review(world, order, *names).code == code
    assert reviews(world) == 0


def test_what_is_withheld_already_is_not_withheld_again_and_what_is_not_withheld_is_not_let_go(world):
    order = ordered(world)
    review(world, order, LETTER)
    assert review(world, order, LETTER, reason=HEALTH).code == "withheld-before"
    assert review(world, order, LEDGER, reason=None).code == "not-withheld"
    assert reviews(world) == 1


@pytest.mark.parametrize("reason", [WithheldReason.OUT_OF_SCOPE, WithheldReason.REFUSED])
def test_what_follows_from_the_order_is_no_custodians_reason(world, reason):
    assert review(world, ordered(world), LETTER, reason=reason).code == "no-such-reason"


def test_a_reason_that_nobody_knows_is_no_command():
    words = {"order": "1" * 64, "office": DESK, "names": [LETTER], "reason": "because", "reasons": ""}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(words, ReviewMatch)


def test_what_was_handed_over_is_withheld_no_more(world):
    order = ordered(world, LETTER, LEDGER)
    handed(world, order, LETTER)
    assert review(world, order, LETTER).code == "handed-over"
    assert review(world, order, LEDGER).withheld == (Withheld(PRESS, 1),)


@pytest.mark.parametrize("kind", [OfficeKind.POLICE, OfficeKind.FILTER_TEAM, OfficeKind.OVERSIGHT])
def test_who_hands_nothing_over_neither_sees_the_match_nor_reviews_it(world, kind):
    stranger = OfficerRef("provider.lee", "provider", {DESK: kind})
    order = ordered(world)
    assert review(world, order, LETTER, officer=stranger).code == "not-permitted"
    assert list_match(world.node.bench, stranger, order, MatchAsked()).code == "not-permitted"
    elsewhere = msgspec.structs.replace(world.officer, offices={"another": OfficeKind.PROVIDER_DESK})
    assert review(world, order, LETTER, officer=elsewhere).code == "office-not-held"
    assert reviews(world) == 0


def test_an_act_that_orders_nothing_of_what_is_held_has_no_match(world):
    assert review(world, world.known["hold"], LETTER).code == "no-order"
    assert listed(world, world.known["hold"]).code == "no-order"


# What it does -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(REVIEWED))
def test_what_is_withheld_stays_is_counted_by_its_reason_and_is_opened_under_a_further_order(world, reason):
    order = ordered(world)
    reviewed = review(world, order, LETTER, reason=WithheldReason(reason))
    assert (reviewed.items, reviewed.withheld) == (1, (Withheld(reason, 1),))
    assert standings(world, order)[LETTER] == (Standing.WITHHELD, reason)
    first = handed(world, order)
    given = body_of(world, first.act)
    assert (given.items, given.withheld, total(given)) == (2, (Withheld(reason, 1),), 3)
    further = handed(world, ordered(world, LETTER))
    opened = body_of(world, further.act)
    assert opened.items == 1
    assert opened.portion.reopened.hand_over == first.act
    assert opened.portion.reopened.items == (Withheld(reason, 1),)
    assert opened.hold_root == given.hold_root


def test_the_parts_of_an_order_add_up_whatever_is_withheld_between_them(world):
    order = ordered(world, LETTER, LEDGER, PHOTO)
    review(world, order, LEDGER, reason=THIRD)
    one = body_of(world, handed(world, order, LETTER).act)
    assert (one.items, one.portion.later, one.withheld) == (1, 1, (Withheld(THIRD, 1),))
    review(world, order, PHOTO, reason=HEALTH)
    review(world, order, LEDGER, reason=None)
    two = body_of(world, handed(world, order, LEDGER).act)
    assert (two.items, two.portion.before, two.portion.later, two.withheld) == (1, 1, 0, (Withheld(HEALTH, 1),))
    three = body_of(world, handed(world, order).act)
    assert (three.items, three.portion.before, three.withheld) == (0, 2, (Withheld(HEALTH, 1),))
    assert [total(body) for body in (one, two, three)] == [3, 3, 3]


def test_what_was_withheld_when_its_part_went_is_let_go_no_more_and_opens_under_a_further_order(world, found):
    order = ordered(world, LETTER, LEDGER)
    review(world, order, LETTER)
    handed(world, order, LETTER)
    assert review(world, order, LETTER, reason=None).code == "handed-over"
    assert reviews(world) == 1
    assert standings(world, order)[LETTER] == (Standing.WITHHELD, PRESS)
    last = handed(world, order)
    rest = body_of(world, last.act)
    assert (rest.items, rest.portion.before, total(rest)) == (1, 0, 3)
    assert Withheld(PRESS, 1) in rest.withheld
    opened = body_of(world, handed(world, ordered(world, LETTER)).act)
    assert (opened.items, opened.portion.reopened.hand_over) == (1, last.act)
    assert found(None) == set()


def test_what_a_further_order_gave_is_not_told_as_opened_again(world):
    first = ordered(world, LETTER)
    review(world, first, LETTER)
    handed(world, first)
    handed(world, ordered(world, LETTER))
    again = body_of(world, handed(world, ordered(world, LETTER)).act)
    assert (again.items, again.portion) == (1, None)


def test_the_act_lists_the_items_by_root_and_its_words_go_to_nobody(world):
    order = ordered(world)
    act = review(world, order, LETTER, PHOTO).act
    payload = payload_of(world.node.bench, act)
    assert (payload.to, payload.author.officer) == ((), "provider.lee")
    leaves = {line.item for line in listed(world, order).lines if line.standing is Standing.WITHHELD}
    assert set(payload.body.listed) == leaves
    given = handed(world, order)
    assert act not in body_of(world, given.act).encloses
    for text in ("journalist", *leaves):
        assert text.encode() not in msgspec.json.encode(payload_of(world.node.bench, given.act))


def test_what_was_assembled_before_a_review_is_assembled_anew(world, monkeypatch):
    """The node dies after it assembled; then the custodian withholds an item of that."""
    order = ordered(world)

    def die(*_, **__):
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr("comity.casework.custody.hand_over.file_own", die)
        with pytest.raises(RuntimeError, match="killed"):
            handed(world, order)
    review(world, order, LETTER)
    given = handed(world, order)
    assert (given.items, given.withheld) == (2, 1)


def test_a_review_that_comes_while_a_hand_over_is_assembled_holds_it_up(world, monkeypatch):
    """What was assembled without looking at it is not filed; the next hand-over heeds it."""
    order, bench = ordered(world), world.node.bench
    disclose = bench.evidence.disclose

    def reviewed_meanwhile(*what, **more):
        found = disclose(*what, **more)
        monkeypatch.undo()
        assert review(world, order, LETTER).items == 1
        return found

    monkeypatch.setattr(bench.evidence, "disclose", reviewed_meanwhile)
    assert handed(world, order).code == "changed-meanwhile"
    given = handed(world, order)
    assert (given.items, given.withheld) == (2, 1)


def test_of_two_hand_overs_of_one_part_at_once_one_is_filed_and_the_next_part_counts_it_once(world, monkeypatch, found):
    order, bench = ordered(world, LETTER, LEDGER), world.node.bench
    disclose = bench.evidence.disclose

    def handed_over_meanwhile(*what, **more):
        assembled = disclose(*what, **more)
        monkeypatch.undo()
        assert handed(world, order, LETTER).code == "release-under-way"
        return assembled

    monkeypatch.setattr(bench.evidence, "disclose", handed_over_meanwhile)
    assert handed(world, order, LETTER).items == 1
    kept = {each.exhibit for each in bench.records.exhibits.of_case(CASE)}
    assert kept == state_of(bench, CASE).exhibits.keys()
    rest = body_of(world, handed(world, order).act)
    assert (rest.items, rest.portion.number, rest.portion.before, total(rest)) == (1, 2, 1, 3)
    assert found(None) == set()


def test_the_match_is_listed_page_by_page_and_that_is_on_record(world):
    order = ordered(world, LETTER, PHOTO)
    first = listed(world, order, limit=1)
    rest = listed(world, order, limit=1, after=first.next)
    assert {line.descriptor.name for page in (first, rest) for line in page.lines} == {LETTER, PHOTO}
    assert (number_of(first.next) is not None, rest.next) == (True, None)
    (reading,) = [
        each for each in world.node.bench.records.readings.before(None, 10, case=CASE) if each.what == "items"
    ]
    assert reading.officer == "provider.lee"


def test_an_act_whose_root_binds_other_items_is_not_filed(world):
    order = ordered(world)
    (line, *_) = listed(world, order).lines
    exhibit = body_of(world, world.known["hold"]).exhibit
    body = MatchReviewed(order, exhibit, "0" * 64, (line.item,), PRESS, "")
    author = Author("provider.lee", DESK)
    payload = compose(world.node.bench, case=CASE, body=body, instrument=NODE, re=[order], author=author)
    with pytest.raises(RefusedError) as caught:
        file_own(world.node.bench, payload)
    assert caught.value.refusal.code == "root-differs"


def test_a_node_that_reviewed_and_handed_over_is_sound_and_its_certificate_tells_the_review(world, found):
    order = ordered(world)
    review(world, order, LETTER, PHOTO)
    review(world, order, PHOTO, reason=None)
    handed(world, order)
    assert found(None) == set()
    touches = certified(world, body_of(world, world.known["hold"]).exhibit)
    assert [what for kind, what in touches if kind == "reviewed"] == [
        "withheld 2 items from an order (press)",
        "let 1 item go under an order after all",
    ]


def certified(world, exhibit) -> list[tuple[str, str]]:
    """The touches of the exhibit's page in its custody certificate."""
    found = certify(world.node.bench, world.officer, CertifyCustody(exhibit))
    return [(touch.kind, touch.what) for page in found.pages for touch in page.touches]
