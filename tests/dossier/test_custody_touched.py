"""Custody of what was copied, given back, received again, or opened many items at once."""

from datetime import timedelta

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts import custody_bodies as c
from comity.acts.quarantine_bodies import QuarantineDecided
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier.custody import Ended, custody_of
from comity.ledger.tree import root_of
from comity.vocabulary.categories import FilterDecision, FilterPurpose, FilterReason


def touched(workshop, touch, issuer="pt", **about):
    """The custody at pt of the main case, and one more act; `touch` gets what was received by pt, and its exhibit."""
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    exhibit = next(iter(federation.exhibits))
    received = next(
        act.body for act in federation.on_file("pt") if isinstance(act.body, b.ExhibitReceived) and act.issuer == "pt"
    )
    federation.now += timedelta(hours=1)
    federation.act(issuer, touch(received), **{"re": (acts.passed_on,), **about})
    return federation, exhibit


def given_back(received, **changes):
    said = c.ExhibitReturned(
        received.exhibit, received.hand_over, received.objects_root, received.items, "no-longer-needed", 2
    )
    return msgspec.structs.replace(said, **changes)


def copied(received):
    return c.ItemCopied(received.exhibit, "1" * 64, "2" * 64, 7, "disk 4711", "laboratory")


def test_a_copy_given_out_by_a_holder_leaves_no_gap(workshop):
    federation, _ = touched(workshop, copied)
    assert custody_of(federation.on_file("pt"), "pt").gaps == ()
    assert federation.verify(federation.dossier()).verdict is Verdict.VALID


def let_go(received):
    decided = QuarantineDecided(received.exhibit, FilterDecision.RELEASE, FilterReason.NOT_PRIVILEGED, 1)
    return msgspec.structs.replace(decided, released="7" * 32, purpose=FilterPurpose.PRIVILEGE_REVIEW)


def test_what_a_filter_team_let_go_is_told_as_that_and_not_as_taken_in(workshop):
    federation, _ = touched(workshop, let_go)
    report = federation.verify(federation.dossier())
    told = [finding.what for finding in report.checks[9].detail if "77777777" in finding.what]
    assert [what.partition(" at ")[0] for what in told] == ["exhibit 77777777: pt let it out of quarantine"]
    assert "let it out of quarantine" in {row.what for row in federation.story().custody}


def test_what_was_given_back_is_held_by_its_giver_and_by_its_taker_no_more(workshop):
    federation, exhibit = touched(workshop, given_back, to=("de",))
    custody = custody_of(federation.on_file("pt"), "pt")
    assert custody.gaps == ()
    later = federation.now + timedelta(hours=1)
    assert custody.holder(exhibit, "de", later)
    assert custody.holder(exhibit, "pt", later) is None
    assert [(each.holder, each.ended) for each in custody.holdings if each.exhibit == exhibit] == [
        ("de", Ended.PASSED_ON),
        ("pt", Ended.RETURNED),
        ("de", None),
    ]
    assert [each.holder for each in custody.taken_in] == ["provider"]


def test_what_was_given_back_and_received_again_is_its_takers_until_it_is_given_back_again(workshop):
    federation, exhibit = touched(workshop, given_back, to=("de",))
    acts = federation.on_file("pt")
    given, first = next(
        (act, other)
        for act in acts
        for other in acts
        if getattr(other.body, "hand_over", "") == act.id and act.issuer == "de"
    )
    again = federation.act("de", given.body, to=("pt",), re=given.payload.re)
    receipt = msgspec.structs.replace(first.body, hand_over=again)
    federation.act("pt", receipt, to=("de",), re=(again,))
    leaf = next(federation.exhibits[exhibit].items()).leaf_hash().hex()
    federation.act("pt", c.ItemOpened(exhibit, leaf, "trial", ""), to=("de",), re=(again,))
    custody = custody_of(federation.on_file("pt"), "pt")
    assert custody.gaps == ()
    assert custody.holder(exhibit, "pt", federation.now + timedelta(hours=1))
    assert federation.verify(federation.dossier()).checks[9].outcome is Verdict.VALID
    federation.act("pt", given_back(receipt), to=("de",), re=(again,))
    custody = custody_of(federation.on_file("pt"), "pt")
    assert custody.holder(exhibit, "pt", federation.now + timedelta(hours=1)) is None
    assert custody.holder(exhibit, "de", federation.now + timedelta(hours=1))


def test_what_its_giver_destroyed_after_giving_it_is_not_held_by_it_again(workshop):
    federation, exhibit = touched(
        workshop, lambda received: b.ExhibitDestroyed(received.exhibit, "no-longer-needed", 2), "de", to=("pt",)
    )
    received = next(
        act.body for act in federation.on_file("pt") if isinstance(act.body, b.ExhibitReceived) and act.issuer == "pt"
    )
    federation.act("pt", given_back(received), to=("de",))
    custody = custody_of(federation.on_file("pt"), "pt")
    assert custody.holder(exhibit, "de", federation.now + timedelta(hours=1)) is None


def test_what_was_given_back_can_be_handed_over_again(workshop):
    federation, _ = touched(workshop, given_back, to=("de",))
    given = next(
        act for act in federation.on_file("pt") if act.issuer == "de" and isinstance(act.body, b.ExhibitHandedOver)
    )
    federation.now += timedelta(hours=1)
    federation.act("de", given.body, to=("oversight", "pt"), re=(given.id,))
    gaps = custody_of(federation.on_file("pt"), "pt").gaps
    assert [gap.open for gap in gaps] == [True]


@pytest.mark.parametrize("kind", ["copied", "opened"])
def test_10_whoever_gave_it_back_does_nothing_with_it_any_more(workshop, kind):
    federation, exhibit = touched(workshop, given_back, to=("de",))
    federation.now += timedelta(hours=1)
    after = {
        "copied": c.ItemCopied(exhibit, "1" * 64, "2" * 64, 7, "disk", "laboratory"),
        "opened": c.ItemOpened(exhibit, "1" * 64, "trial", ""),
    }
    act = federation.act("pt", after[kind], re=(next(iter(federation.nodes["pt"].lines)).act,))
    gaps = custody_of(federation.on_file("pt"), "pt").gaps
    assert [(gap.act, gap.open) for gap in gaps] == [(act, False)]
    assert federation.verify(federation.dossier()).decided_by == 10


def test_10_an_exhibit_given_back_to_another_than_it_came_from(workshop):
    federation, _ = touched(workshop, given_back, to=("provider",))
    report = federation.verify(federation.dossier())
    assert report.decided_by == 10
    assert any("to another than it is shown" in finding.what for finding in report.deciding.detail)


def test_10_an_exhibit_given_back_with_other_objects_than_came(workshop):
    federation, _ = touched(workshop, lambda received: given_back(received, objects_root="0" * 64), to=("de",))
    report = federation.verify(federation.dossier())
    assert report.decided_by == 10
    assert any("returned other objects" in finding.what for finding in report.deciding.detail)


def test_10_an_exhibit_given_back_by_a_hand_over_that_was_another(workshop):
    federation, _ = touched(workshop, lambda received: given_back(received, hand_over="0" * 64), to=("de",))
    assert federation.verify(federation.dossier()).decided_by == 10


@pytest.mark.parametrize("made", [copied, given_back])
def test_10_a_copy_or_a_return_by_somebody_who_never_held_it(workshop, made):
    federation, _ = touched(workshop, made, issuer="oversight", to=("pt",))
    gaps = custody_of(federation.on_file("pt"), "pt").gaps
    assert any("oversight" in gap.what for gap in gaps)
    assert federation.verify(federation.dossier()).decided_by == 10


LISTED = tuple(f"{digit}" * 64 for digit in (1, 2, 3))
ROOT = root_of([bytes.fromhex(leaf) for leaf in LISTED]).hex()


def together(received, root=ROOT):
    return c.ItemOpened(received.exhibit, root, "trial", "", listed=LISTED)


def test_many_items_opened_by_one_act_are_each_counted_and_leave_no_gap(workshop):
    federation, _ = touched(workshop, together)
    assert custody_of(federation.on_file("pt"), "pt").openings[-1].items == LISTED
    report = federation.verify(federation.dossier())
    assert report.verdict is Verdict.VALID, report.deciding
    assert any("opened 3 items" in remark.what for remark in report.checks[9].detail)


@pytest.mark.parametrize("root", ["0" * 64, LISTED[0]])
def test_10_an_opening_whose_root_binds_other_items_than_it_lists(workshop, root):
    federation, _ = touched(workshop, lambda received: together(received, root))
    assert "lists other items" in federation.verify(federation.dossier()).deciding.detail[0].what
