"""The chain of custody: who held the data when, and every way it can break."""

from datetime import timedelta

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts import custody_bodies as c
from comity.acts.matters import Withheld
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.custody import SKEW, Ended, custody_of
from comity.ledger.tree import root_of
from comity.trust.seals import read_sealed
from comity.vocabulary.categories import WithheldReason

INVALID, OPEN = Verdict.INVALID, Verdict.INDETERMINATE


def twisted(make_workshop, workshop, body, **changes):
    """A case in which every act with such a body says something else than it should."""
    federation = workshop.new_federation()
    honest = federation.act

    def act(issuer, said, **about):
        if isinstance(said, body) and (not changes.get("by") or issuer == changes["by"]):
            said = msgspec.structs.replace(said, **{key: value for key, value in changes.items() if key != "by"})
        return honest(issuer, said, **about)

    federation.act = act
    return make_workshop(federation)


def test_the_chain_names_every_holder_and_every_event(workshop):
    custody = custody_of(workshop.federation.on_file("pt"), "pt")
    assert [each.holder for each in custody.holdings] == ["provider", "de", "pt"]
    assert [(each.giver, each.taker) for each in custody.hand_overs] == [("provider", "de"), ("de", "pt")]
    assert len(custody.openings) == 1
    assert [each.items for each in custody.quarantines] == [1]
    assert custody.gaps == ()


@pytest.mark.parametrize("exporter", ["pt", "de", "provider"])
def test_every_party_to_the_case_can_export_a_valid_dossier_of_its_own(workshop, exporter):
    federation = workshop.new_federation()
    workshop.play(federation)
    assert federation.verify(federation.dossier(exporter)).verdict is Verdict.VALID


def test_10_a_hand_over_without_a_takers_act(workshop):
    report = workshop.federation.verify(workshop.altered(workshop.without(workshop.acts.received)))
    assert report.decided_by == 10
    assert any("no taker's act" in finding.what for finding in report.deciding.detail)
    assert any("is not shown to have held" in finding.what for finding in report.deciding.detail)


def test_10_a_gap_because_an_earlier_takers_act_is_missing(workshop):
    dossier = workshop.altered(workshop.without(workshop.acts.taken))
    assert workshop.failing(dossier) == {10: INVALID}


def test_10_a_gap_because_the_first_hand_over_is_missing(workshop):
    dossier = workshop.altered(workshop.without(workshop.acts.given, workshop.acts.taken))
    report = workshop.federation.verify(dossier)
    assert report.decided_by == 10
    assert any("is not shown to have held" in finding.what for finding in report.deciding.detail)


def test_10_a_gap_because_nobody_is_shown_to_have_taken_the_data_in(workshop):
    assert workshop.failing(workshop.altered(workshop.without(workshop.acts.held))) == {10: INVALID}


def test_10_a_takers_act_without_a_givers_act(workshop):
    failing = workshop.failing(workshop.altered(workshop.without(workshop.acts.passed_on)))
    assert failing[10] is INVALID


@pytest.mark.parametrize("field", ["manifest", "objects_root"])
def test_10_a_taker_with_other_hashes_than_the_giver(make_workshop, workshop, field):
    other = twisted(make_workshop, workshop, b.ExhibitReceived, **{field: "0" * 64})
    assert other.failing(other.dossier) == {10: INVALID}


def test_10_a_taker_with_another_number_of_items(make_workshop, workshop):
    other = twisted(make_workshop, workshop, b.ExhibitReceived, items=3)
    assert other.failing(other.dossier) == {10: INVALID}


def test_10_an_exhibit_destroyed_while_it_was_on_its_way(make_workshop, workshop):
    federation = workshop.new_federation()
    honest = federation.act

    def act(issuer, said, **about):
        if isinstance(said, b.ExhibitReceived) and issuer == "pt":
            honest("de", b.ExhibitDestroyed(said.exhibit, "by mistake", 3), to=("pt",), re=about["re"])
        return honest(issuer, said, **about)

    federation.act = act
    other = make_workshop(federation)
    report = other.federation.verify(other.dossier)
    assert report.decided_by == 10
    assert "before pt had received it" in report.deciding.what


def test_10_an_exhibit_that_the_exporter_had_destroyed(workshop):
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    exhibit = next(iter(federation.exhibits))
    federation.act("pt", b.ExhibitDestroyed(exhibit, "withdrawn", 3), to=("de",), re=(acts.received,))
    report = federation.verify(federation.dossier())
    assert report.decided_by == 10
    assert "not shown to have held" in report.deciding.what


def test_10_an_opening_before_the_exhibit_was_there(make_workshop, workshop):
    federation = workshop.new_federation()
    honest, leaf = federation.act, "1" * 64

    def act(issuer, said, **about):
        if isinstance(said, b.DisclosureDecided):
            opened = c.ItemOpened(workshop.exhibit("mail", 12, 7, content=bytes).exhibit, leaf, "curiosity", "")
            honest("pt", opened, re=about["re"])
            federation.now += timedelta(hours=1)
        return honest(issuer, said, **about)

    federation.act = act
    other = make_workshop(federation)
    assert other.failing(other.dossier) == {10: INVALID}


def test_10_a_hand_over_between_others_without_a_takers_act(make_workshop, workshop):
    federation = workshop.new_federation()
    honest = federation.act

    def act(issuer, said, **about):
        if isinstance(said, b.ExhibitReceived) and issuer == "de":
            return honest("de", c.ItemOpened(said.exhibit, "2" * 64, "", ""), **about)
        return honest(issuer, said, **about)

    federation.act = act
    other = make_workshop(federation)
    assert other.failing(other.dossier) == {10: INVALID}


def test_10_a_hand_over_to_the_exporter_that_it_has_not_confirmed_yet_is_open(workshop):
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    given = read_sealed(federation.sealed[acts.given]).payload.body
    federation.act("provider", msgspec.structs.replace(given, exhibit="e7" * 16), to=("pt",), re=(acts.held,))
    assert {check.number: check.outcome for check in federation.verify(federation.dossier()).checks}[10] is OPEN


def test_10_a_hand_over_by_the_exporter_that_is_not_confirmed_yet_is_open(workshop):
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    given = read_sealed(federation.sealed[acts.passed_on]).payload.body
    onward = msgspec.structs.replace(given, encloses=())
    federation.act("pt", onward, to=("oversight",), re=(acts.received,))
    assert {check.number: check.outcome for check in federation.verify(federation.dossier()).checks}[10] is OPEN


def test_custody_is_followed_from_holder_to_holder_even_where_clocks_disagree(workshop):
    acts = workshop.federation.on_file("pt")
    slow = [
        msgspec.structs.replace(
            act, payload=msgspec.structs.replace(act.payload, at=act.payload.at - timedelta(minutes=4))
        )
        if act.issuer == "de"
        else act
        for act in acts
    ]
    assert custody_of(slow, "pt").gaps == ()


# Responsibility moves ---------------------------------------------------------------------------------------------------


def test_the_givers_holding_of_what_was_handed_over_closes_at_the_takers_act(workshop):
    acts = workshop.federation.on_file("pt")
    custody, exhibit = custody_of(acts, "pt"), next(iter(workshop.federation.exhibits))
    received = next(act for act in acts if act.id == workshop.acts.received)
    given_at = next(act for act in acts if act.id == workshop.acts.passed_on).payload.at
    assert custody.holder(exhibit, "de", given_at)
    assert custody.holder(exhibit, "pt", given_at - SKEW - timedelta(seconds=1)) is None
    giver = next(each for each in custody.holdings if each.holder == "de")
    assert (giver.until, giver.ended, giver.ended_by) == (received.payload.at, Ended.PASSED_ON, received.id)
    later = received.payload.at + timedelta(hours=1)
    assert custody.holder(exhibit, "de", later) is None
    assert custody.holder(exhibit, "pt", later)


def test_the_custodian_keeps_its_hold_whatever_is_handed_over_from_it(workshop):
    custody = custody_of(workshop.federation.on_file("pt"), "pt")
    hold = next(each for each in custody.holdings if each.holder == "provider")
    assert (hold.until, hold.ended) == (None, None)


def test_of_what_was_handed_over_nobody_but_one_is_the_holder_at_the_end(workshop):
    custody = custody_of(workshop.federation.on_file("pt"), "pt")
    exhibit = next(iter(workshop.federation.exhibits))
    assert [each.holder for each in custody.holdings if each.exhibit == exhibit and each.until is None] == ["pt"]


def test_what_nobody_has_received_is_still_its_givers(workshop):
    acts = [act for act in workshop.federation.on_file("pt") if act.id != workshop.acts.received]
    custody = custody_of(acts, "pt")
    assert custody.holder(next(iter(workshop.federation.exhibits)), "de", acts[-1].payload.at + timedelta(days=9))


@pytest.mark.parametrize("body", ["opened", "handed over again"])
def test_10_whoever_handed_it_over_does_nothing_with_it_any_more(workshop, body):
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    federation.now += timedelta(hours=1)
    given = read_sealed(federation.sealed[acts.passed_on]).payload.body
    said = c.ItemOpened(given.exhibit, "1" * 64, "trial", "") if body == "opened" else given
    act = federation.act("de", said, to=("pt",), re=(acts.passed_on,))
    gaps = custody_of(federation.on_file("pt"), "pt").gaps
    assert [(gap.act, gap.open) for gap in gaps] == [(act, False)]
    assert federation.verify(federation.dossier()).decided_by == 10


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_takers_clock_that_differs_a_little_closes_no_holding_too_early(workshop, minutes):
    def set_clock(act):
        at = act.payload.at + timedelta(minutes=minutes)
        return msgspec.structs.replace(act, payload=msgspec.structs.replace(act.payload, at=at))

    acts = [set_clock(act) if act.issuer == "pt" else act for act in workshop.federation.on_file("pt")]
    custody = custody_of(acts, "pt")
    assert custody.gaps == ()
    exhibit = next(iter(workshop.federation.exhibits))
    giver = next(each for each in custody.holdings if (each.exhibit, each.holder) == (exhibit, "de"))
    assert giver.since <= giver.until


def test_11_withheld_items_that_do_not_add_up(make_workshop, workshop):
    other = twisted(make_workshop, workshop, b.ExhibitHandedOver, withheld=())
    assert other.failing(other.dossier) == {11: INVALID}


def test_11_a_hold_confirmed_with_another_number_of_items(make_workshop, workshop):
    federation = workshop.new_federation()
    honest = federation.act

    def act(issuer, said, **about):
        if isinstance(said, b.HoldConfirmed | b.PreservationConfirmed):
            said = msgspec.structs.replace(said, items=13)
        return honest(issuer, said, **about)

    federation.act = act
    other = make_workshop(federation)
    assert other.failing(other.dossier) == {11: INVALID}


def test_11_an_item_left_out_of_the_dossier(workshop):
    exhibit = next(iter(workshop.federation.exhibits))
    lines = workshop.files[layout.items_path(exhibit)].splitlines(keepends=True)

    def shrink(seal):
        last = workshop.files[layout.content_path(exhibit, len(lines) - 1)]
        return msgspec.structs.replace(seal, items=seal.items - 1, size=seal.size - len(last))

    changed = {
        layout.items_path(exhibit): b"".join(lines[:-1]),
        layout.content_path(exhibit, len(lines) - 1): None,
        **workshop.rewritten(layout.seal_path(exhibit), layout.ExhibitSeal, shrink),
    }
    assert workshop.failing(workshop.altered(changed)) == {11: INVALID}


def test_11_says_that_counts_of_withheld_items_are_only_asserted(workshop):
    report = workshop.federation.verify(workshop.dossier)
    assert any("its word" in finding.what for finding in report.checks[10].detail)


# Reviewed ---------------------------------------------------------------------------------------------------------------


def reviewed(workshop, root=None, issuer="provider"):
    """The custodian withholds two items of what is ordered; `root` is another than theirs, if given."""
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    given = next(act.body for act in federation.on_file("provider") if act.id == acts.given)
    leaves = [bytes([digit]) * 32 for digit in (1, 2)]
    body = c.MatchReviewed(
        order=given.order,
        exhibit=given.hold_exhibit,
        root=root or root_of(leaves).hex(),
        listed=tuple(leaf.hex() for leaf in leaves),
        reason=WithheldReason.PRESS,
        reasons="a journalist's notes",
    )
    federation.now += timedelta(hours=1)
    federation.act(issuer, body, re=(acts.held,))
    return federation


def test_a_review_is_told_and_leaves_no_gap(workshop):
    federation = reviewed(workshop)
    report = federation.verify(federation.dossier("provider"))
    assert report.verdict is Verdict.VALID, report.deciding


@pytest.mark.parametrize("root", ["0" * 64, "1" * 64])
def test_10_a_review_whose_root_binds_other_items_than_it_lists(workshop, root):
    federation = reviewed(workshop, root)
    report = federation.verify(federation.dossier("provider"))
    assert report.decided_by == 10
    assert any("lists other items" in finding.what for finding in report.deciding.detail)


def test_10_a_review_by_who_does_not_hold_what_is_reviewed(workshop):
    federation = reviewed(workshop, issuer="pt")
    assert federation.verify(federation.dossier()).decided_by == 10


def counting(workshop, *reviews, said):
    """A hand-over that says `said` of a custodian's reasons, after `reviews`: of which items, and why or why no more."""
    federation = workshop.new_federation()
    honest = federation.act

    def act(issuer, body, **about):
        if issuer == "provider" and isinstance(body, b.ExhibitHandedOver):
            for digits, reason in reviews:
                leaves = [bytes([digit]) * 32 for digit in digits]
                listed = tuple(leaf.hex() for leaf in leaves)
                review = c.MatchReviewed(body.order, body.hold_exhibit, root_of(leaves).hex(), listed, reason, "")
                honest("provider", review, re=about["re"])
            beyond, *rest = body.withheld
            left = msgspec.structs.replace(beyond, items=beyond.items - sum(each.items for each in said))
            body = msgspec.structs.replace(body, withheld=(left, *rest, *said))
        return honest(issuer, body, **about)

    federation.act = act
    workshop.play(federation)
    return federation.verify(federation.dossier("provider"))


PRESS, HEALTH = WithheldReason.PRESS, WithheldReason.HEALTH


@pytest.mark.parametrize(
    ("reviews", "said"),
    [
        ((((1, 2), PRESS),), (Withheld(PRESS, 2),)),
        ((((1, 2), PRESS), ((2,), None)), (Withheld(PRESS, 1),)),
        ((((1, 2), PRESS), ((2,), None), ((2,), HEALTH)), (Withheld(PRESS, 1), Withheld(HEALTH, 1))),
        ((((1,), PRESS), ((1,), None)), ()),
    ],
)
def test_what_reviews_withhold_is_what_the_hand_over_counts(workshop, reviews, said):
    report = counting(workshop, *reviews, said=said)
    assert report.verdict is Verdict.VALID, report.deciding


@pytest.mark.parametrize(
    "said",
    [
        (),
        (Withheld(PRESS, 1),),
        (Withheld(PRESS, 3),),
        (Withheld(HEALTH, 2),),
        (Withheld(PRESS, 2), Withheld(HEALTH, 1)),
    ],
    ids=["none", "fewer", "more", "another reason", "another reason too"],
)
def test_11_a_hand_over_that_counts_something_else_than_its_givers_reviews(workshop, said):
    report = counting(workshop, ((1, 2), PRESS), said=said)
    assert report.decided_by == 11
    assert any("reviews list" in finding.what for finding in report.deciding.detail)
