"""A case is folded from its acts over one table: what may follow, what may not, and what a state remembers."""

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.conftest import CASE, NOON, Thread

from comity.acts import bodies as b
from comity.acts import custody_bodies as c
from comity.acts import order_bodies as o
from comity.acts import quarantine_bodies as q
from comity.acts.bodies import AnyBody
from comity.acts.care_bodies import FixityVerified, TimestampCameLate
from comity.acts.classes import ActType
from comity.acts.matters import Condition, DataSought, LapsedLimit, PartDecision, ScopePart, StoredObject
from comity.acts.paper_bodies import PaperAnswerRecorded, SentByHand
from comity.acts.payload import type_of
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.acts.retention_bodies import CopiesReported, RetentionExtended, RetentionReviewed, RetentionSet
from comity.acts.rules import RULES, Sayer
from comity.cases.duties import Destroy, TakeOver, Withdraw, duties
from comity.cases.evolve import admit, evolve
from comity.cases.parties import entitled, not_executing
from comity.cases.state import CaseState, CustodyState, Direction, FiledAct, Phase
from comity.vocabulary.categories import (
    CopiesStanding,
    DataCategory,
    FilterDecision,
    FilterPurpose,
    FilterReason,
    KeepingGround,
    LegalHoldReason,
    OfficeKind,
    PaperMeans,
    QuarantineCode,
)
from comity.vocabulary.procedures import Stage

EXHIBIT, HELD, ROOT = "e" * 32, "f" * 32, "a" * 64
LIMIT = LapsedLimit("tl-08", "Art 4(5)", NOON, ("48 hours",))
PT, DE, PROVIDER = "pt", "de", "provider"
SCOPE = (ScopePart("mails", (DataCategory.CONTENT,)), ScopePart("log", (DataCategory.TRAFFIC,)))


def requested() -> b.PreservationRequested:
    return b.PreservationRequested(measure="expedited-preservation")


def confirmed() -> b.PreservationConfirmed:
    return b.PreservationConfirmed(HELD, ROOT, 10, 100, NOON, NOON + timedelta(days=60))


def handed_over() -> b.ExhibitHandedOver:
    stored = StoredObject(ROOT, 10)
    return b.ExhibitHandedOver(EXHIBIT, HELD, ROOT, 3, 30, stored, (stored,), (), "key", ROOT)


def disclosed_to_pt() -> tuple[Thread, str]:
    thread = Thread(PT)
    request = thread.add(requested(), PT, (DE,))
    hold = thread.add(confirmed(), DE, (PT,), (request,))
    asked = thread.add(b.DisclosureRequested("stored-data-assistance", hold, scope=SCOPE), PT, (DE,), (hold,))
    parts = (PartDecision("mails", granted=True), PartDecision("log", granted=False, ground="g"))
    thread.add(b.DisclosureDecided(parts), DE, (PT,), (asked,))
    given_over = thread.add(handed_over(), DE, (PT,), (asked,))
    return thread, given_over


def test_a_preservation_goes_its_way_at_the_requesting_party_without_the_order_it_never_sees() -> None:
    thread = Thread(PT)
    request = thread.add(requested(), PT, (DE,))
    thread.add(confirmed(), DE, (PT,), (request,))
    assert thread.state.matters[request].stage is Stage.CONFIRMED
    assert thread.state.holds[HELD].custodian == DE


def test_an_answer_to_nothing_does_not_follow() -> None:
    assert Thread(PT).refused(confirmed(), DE, (PT,), ("9" * 64,)) == "out-of-order"


def test_a_request_cannot_be_confirmed_twice() -> None:
    thread = Thread(PT)
    request = thread.add(requested(), PT, (DE,))
    thread.add(confirmed(), DE, (PT,), (request,))
    assert thread.refused(confirmed(), DE, (PT,), (request,)) == "out-of-order"


def test_a_refused_request_takes_no_confirmation() -> None:
    thread = Thread(PT)
    request = thread.add(requested(), PT, (DE,))
    thread.add(b.RequestRefused("essential-interests", "reasons"), DE, (PT,), (request,))
    assert thread.refused(confirmed(), DE, (PT,), (request,)) == "out-of-order"


def test_what_was_decided_and_handed_over_is_remembered() -> None:
    thread, given_over = disclosed_to_pt()
    exhibit = thread.state.exhibits[EXHIBIT]
    assert (exhibit.state, exhibit.supplier, exhibit.hand_over) == (CustodyState.OFFERED, DE, given_over)
    assert [part.granted for part in thread.state.matters[exhibit.matter].decisions] == [True, False]


def test_an_offered_exhibit_is_a_duty_until_it_is_received() -> None:
    thread, given_over = disclosed_to_pt()
    assert duties(thread.state, ()) == (TakeOver(EXHIBIT, given_over),)
    thread.add(b.ExhibitReceived(EXHIBIT, given_over, ROOT, ROOT, 3, opened=True), PT, (DE,), (given_over,))
    assert duties(thread.state, ()) == ()


def test_quarantine_and_openings_are_counted_on_the_exhibit() -> None:
    thread, given_over = disclosed_to_pt()
    thread.add(b.ExhibitReceived(EXHIBIT, given_over, ROOT, ROOT, 2, opened=True), PT, (DE,), (given_over,))
    thread.add(b.ItemsQuarantined(EXHIBIT, 1, QuarantineCode.OUT_OF_SCOPE), PT, (DE,), (given_over,))
    thread.add(c.ItemOpened(EXHIBIT, ROOT, "same-investigation", ""), PT, (), (given_over,))
    exhibit = thread.state.exhibits[EXHIBIT]
    assert exhibit.quarantined == ((QuarantineCode.OUT_OF_SCOPE, 1),)
    assert exhibit.openings == 1


def production(me: str) -> tuple[Thread, str]:
    thread = Thread(me)
    order = thread.add(b.ProductionOrdered("production", OfficeKind.POLICE), PT, (PROVIDER,))
    thread.add(handed_over(), PROVIDER, (PT,), (order,))
    return thread, order


def test_a_lapsed_order_is_withdrawn_and_what_it_brought_is_destroyed() -> None:
    thread, order = production(PT)
    lapsed = Withdraw(order, "withdraw-and-delete", LIMIT)
    assert lapsed in duties(thread.state, [lapsed])
    thread.add(b.ProductionWithdrawn(order, "withdraw-and-delete"), PT, (PROVIDER,), (order,))
    assert duties(thread.state, [lapsed]) == (Destroy(EXHIBIT, "order-withdrawn"),)
    thread.add(b.ExhibitDestroyed(EXHIBIT, "order-withdrawn", 2), PT, (PROVIDER,), (order,))
    assert duties(thread.state, [lapsed]) == ()


@pytest.mark.parametrize("held", [True, False])
def test_a_preservation_order_that_was_never_validated_is_withdrawn_and_what_is_held_is_destroyed(held: bool) -> None:
    threads = [Thread(PT), Thread(PROVIDER)]
    for thread in threads:
        order = thread.add(preservation_order(), PT, (PROVIDER,))
        if held:
            thread.add(hold_confirmed(), PROVIDER, (PT,), (order,))
    lapsed = [Withdraw(order, "withdraw-and-delete", LIMIT)]
    assert [duties(thread.state, lapsed) for thread in threads] == [tuple(lapsed), ()]
    for thread in threads:
        thread.add(b.ProductionWithdrawn(order, "withdraw-and-delete"), PT, (PROVIDER,), (order,))
        assert lapsed[0] not in duties(thread.state, lapsed)
    destroyed = (Destroy(HELD, "order-withdrawn"),) if held else ()
    assert [duties(thread.state, lapsed) for thread in threads] == [(), destroyed]


def preservation_order() -> b.PreservationOrdered:
    return b.PreservationOrdered("preservation", DataSought((), ()), 60, "grounds", without_validation=True)


def hold_confirmed() -> b.HoldConfirmed:
    return b.HoldConfirmed(HELD, ROOT, 1, 10, 100, NOON, NOON + timedelta(days=60))


def test_only_the_issuer_of_an_order_withdraws_it_when_it_lapses() -> None:
    thread, order = production(PROVIDER)
    assert Withdraw(order, "lapsed", LIMIT) not in duties(thread.state, [Withdraw(order, "lapsed", LIMIT)])


def test_a_validated_order_is_not_withdrawn_by_its_clock() -> None:
    thread, order = production(PT)
    thread.add(b.ProductionValidated(order, OfficeKind.PROSECUTOR), PT, (PROVIDER,), (order,))
    assert Withdraw(order, "lapsed", LIMIT) not in duties(thread.state, [Withdraw(order, "lapsed", LIMIT)])


def test_a_closed_case_takes_winding_up_and_nothing_else() -> None:
    thread, _ = disclosed_to_pt()
    thread.add(b.CaseClosed("judgment is final"), PT)
    assert thread.refused(requested(), PT, (DE,)) == "case-closed"
    assert admit(thread.state, thread.payload(b.DossierExported(ROOT, "court"), PT, (), ())) is None


def test_a_disposed_case_is_a_tombstone_that_takes_nothing() -> None:
    thread, _ = disclosed_to_pt()
    thread.add(b.CaseClosed("final"), PT)
    thread.add(b.CaseDisposed("rule", 1, 6, 1, 2, ()), PT)
    assert thread.state.phase is Phase.DISPOSED
    assert [step.type for step in thread.state.steps] == [ActType.CASE_DISPOSED]
    assert not thread.state.holds
    assert not thread.state.exhibits
    assert thread.refused(requested(), PT, (DE,)) == "case-disposed"


def test_a_tombstone_rebuilds_from_its_certificate_alone() -> None:
    thread, _ = disclosed_to_pt()
    thread.add(b.CaseClosed("final"), PT)
    thread.add(b.CaseDisposed("rule", 1, 6, 1, 2, ()), PT)
    assert reduce(evolve, thread.filed[-1:], CaseState(CASE)) == thread.state


def test_an_enclosed_act_leaves_its_line_and_changes_nothing() -> None:
    thread = Thread(PT)
    request = thread.add(requested(), PT, (DE,))
    before = thread.state
    body = b.HoldConfirmed(HELD, ROOT, 1, 10, 100, NOON, NOON + timedelta(days=90))
    payload = thread.payload(body, PROVIDER, (DE,), (request,))
    after = evolve(before, FiledAct("7" * 64, payload, Direction.ENCLOSED, NOON))
    assert (after.matters, after.holds, after.exhibits) == (before.matters, before.holds, before.exhibits)
    assert len(after.steps) == len(before.steps) + 1


TO_ITSELF: tuple[AnyBody, ...] = (
    b.SegmentSealed(EXHIBIT, 0, ROOT, 1, 1, ROOT, 1),
    b.ExhibitTakenIn(EXHIBIT, ROOT, 1, 1, 1),
    b.OrderReasoned("necessary", "summary"),
    c.OpeningRefused(EXHIBIT, "", "no-purpose"),
    b.DestructionDecided(EXHIBIT, "order-withdrawn"),
    c.ItemCopied(EXHIBIT, ROOT, ROOT, 1, "disk 7", "the laboratory"),
    c.MatchReviewed(ROOT, EXHIBIT, ROOT, (ROOT,), None, "no journalist's after all"),
    b.CaseClosed("now"),
    b.CaseDisposed("r", 0, 0, 0, 0, ()),
    b.LegalHoldSet(LegalHoldReason.APPEAL_PENDING),
    b.LegalHoldLifted(ROOT, LegalHoldReason.PROCEEDINGS_OVER),
    b.DossierExported(ROOT, "court"),
    SentByHand(ROOT, DE, PaperMeans.E_MAIL, NOON, ROOT, 1),
    PaperAnswerRecorded(ROOT, DE, ActType.REQUEST_ACKNOWLEDGED, "X", NOON, ROOT, 1, EXHIBIT),
    b.DirectorySeen(1, ROOT),
    FixityVerified(1, 0, ROOT, 1, 1, last=True),
    TimestampCameLate("https://tsa.example", 1, ROOT, NOON, NOON, ROOT),
    q.ScreenSet(names=("letters",)),
    q.ScreenLifted(ROOT, "not needed"),
    q.QuarantineTermSet(EXHIBIT, NOON, 90),
    q.QuarantineOpened(EXHIBIT, FilterPurpose.SCOPE_REVIEW, ""),
    q.QuarantineDecided(EXHIBIT, FilterDecision.DESTROY, FilterReason.NOT_COVERED, 1),
    ItemRedacted(EXHIBIT, ROOT, ROOT, EXHIBIT, ROOT, 1, "text/plain", StoredObject(ROOT, 1), ()),
    RedactionLifted(EXHIBIT, "court"),
    RetentionSet("own-rule", "Archive Act, Section 3", at_most=NOON),
    RetentionExtended(KeepingGround.COURT_ORDER, NOON),
    RetentionReviewed(KeepingGround.COURT_ORDER, NOON),
)


def about_production(me: str) -> tuple[Thread, str]:
    """An order of PT to the provider, of which DE was notified."""
    thread = Thread(me)
    order = thread.add(b.ProductionOrdered("production", OfficeKind.JUDGE), PT, (PROVIDER,))
    return thread, order


def test_only_the_issuer_of_an_order_sets_its_time_accepts_its_failure_or_reviews_it() -> None:
    thread, order = about_production(PROVIDER)
    stated = thread.add(o.NonExecutionStated(order, ()), PROVIDER, (PT,), (order,))
    for body in (
        o.DeadlineSet(order, NOON),
        o.NonExecutionAccepted(order),
        o.OrderReviewed(order, "maintained"),
        o.PreservationReleased(order),
    ):
        assert entitled(thread.state, thread.payload(body, PT, (PROVIDER,), (stated,))) is None
        for liar in (DE, "stranger"):
            assert entitled(thread.state, thread.payload(body, liar, (PROVIDER,), (stated,))) is not None


def test_an_order_that_is_named_but_of_another_matter_gives_its_issuer_nothing_here() -> None:
    thread, order = about_production(PROVIDER)
    other = thread.add(b.ProductionOrdered("production", OfficeKind.JUDGE), PROVIDER, (PT,))
    for named in (other, "9" * 64):
        refusal = entitled(thread.state, thread.payload(b.ProductionWithdrawn(named, "r"), PT, (PROVIDER,), (order,)))
        assert refusal is not None
        assert refusal.code == "not-allowed"


def test_whoever_was_told_of_an_order_hears_of_its_withdrawal_from_who_told_it() -> None:
    thread = Thread(DE)
    order = "9" * 64
    notice = thread.add(o.AuthorityNotified("notification", order), PT, (DE,))
    withdrawal = b.ProductionWithdrawn(order, "r")
    assert entitled(thread.state, thread.payload(withdrawal, PT, (DE,), (notice,))) is None
    assert entitled(thread.state, thread.payload(withdrawal, PROVIDER, (DE,), (notice,))) is not None


def test_grounds_are_raised_by_the_authority_that_was_notified_and_by_no_other() -> None:
    thread, order = about_production(PT)
    notice = thread.add(o.AuthorityNotified("notification", order), PT, (DE,), (order,))
    for body in (o.NoGroundRaised(order), o.GroundsRaised(order, ("privilege",), "all")):
        assert entitled(thread.state, thread.payload(body, DE, (PT,), (notice,))) is None
        assert entitled(thread.state, thread.payload(body, PROVIDER, (PT,), (notice,))) is not None
        assert entitled(thread.state, thread.payload(body, DE, (PT,), (order,))) is not None


def notified(me: str) -> tuple[Thread, str]:
    """An order of PT to the provider that itself says that DE is notified."""
    thread = Thread(me)
    order = thread.add(b.ProductionOrdered("production", OfficeKind.JUDGE, notified=DE), PT, (PROVIDER,))
    return thread, order


EXECUTING = (
    o.NoGroundRaised("1" * 64),
    o.GroundsRaised("1" * 64, ("privilege",), "all"),
    o.EnforcementDecided("1" * 64, recognised=True),
    o.ComplianceRequired("1" * 64, 5),
)


@pytest.mark.parametrize("body", EXECUTING, ids=lambda body: type_of(body).value)
def test_the_authority_that_an_order_names_as_notified_reaches_its_addressee_with_what_is_its_to_say(
    body: o.OrderBody,
) -> None:
    thread, order = notified(PROVIDER)
    assert entitled(thread.state, thread.payload(body, DE, (PROVIDER,), (order, "2" * 64))) is None
    for liar in (PT, PROVIDER, "stranger"):
        refusal = entitled(thread.state, thread.payload(body, liar, (PROVIDER,), (order,)))
        assert refusal is not None, liar
        assert refusal.code == "not-allowed"


@pytest.mark.parametrize("body", EXECUTING, ids=lambda body: type_of(body).value)
def test_an_order_that_names_nobody_as_notified_gives_no_authority_a_say(body: o.OrderBody) -> None:
    thread, order = about_production(PROVIDER)
    assert entitled(thread.state, thread.payload(body, DE, (PROVIDER,), (order,))) is not None


def test_being_notified_of_an_order_makes_nobody_its_addressee_nor_its_issuer() -> None:
    for me in (PT, PROVIDER):
        thread, order = notified(me)
        for body in (
            o.NonExecutionStated(order, ()),
            handed_over(),
            o.ObjectionRaised(order, ("privilege",)),
            b.ProductionWithdrawn(order, "r"),
            o.DeadlineSet(order, NOON),
        ):
            assert entitled(thread.state, thread.payload(body, DE, (me,), (order,))) is not None, type_of(body)


def test_whoever_an_enforcement_request_names_speaks_as_the_enforcing_authority_and_nobody_it_was_only_shown_to() -> (
    None
):
    thread, order = about_production(PROVIDER)
    asked = thread.add(
        o.EnforcementRequested("enforcement-of-production", order, "not executed", enforcing=DE),
        PT,
        (DE, PROVIDER),
        (order,),
    )
    required = o.ComplianceRequired(order, 5)
    assert entitled(thread.state, thread.payload(required, DE, (PROVIDER,), (asked,))) is None
    for liar in (PT, PROVIDER):
        assert entitled(thread.state, thread.payload(required, liar, (PROVIDER,), (asked,))) is not None
    decided = thread.add(o.EnforcementDecided(order, recognised=True), DE, (PT, PROVIDER), (asked,))
    assert entitled(thread.state, thread.payload(required, DE, (PROVIDER,), (decided,))) is None
    assert entitled(thread.state, thread.payload(required, PT, (PROVIDER,), (decided,))) is not None


def test_a_node_says_itself_nothing_that_is_the_enforcing_authoritys() -> None:
    """A provider that could say that no ground is raised would open its own way to handing over."""
    for me in (PT, PROVIDER):
        thread, order = notified(me)
        for body in EXECUTING:
            assert not_executing(thread.state, thread.payload(body, me, (DE,), (order,))) is not None
    thread = Thread(DE)
    notice = thread.add(o.AuthorityNotified("notification", "9" * 64), PT, (DE,))
    assert (
        not_executing(thread.state, thread.payload(o.NoGroundRaised("9" * 64), DE, (PT,), ("9" * 64, notice))) is None
    )


LATE = Condition("own", "only for the offence of the order")


def test_conditions_of_the_notified_authority_bind_the_matter_and_none_is_lifted_by_another() -> None:
    thread, order = notified(PT)
    thread.add(handed_over(), PROVIDER, (PT,), (order,))
    thread.add(o.GroundsRaised(order, ("privilege",), "conditions", conditions=(LATE,)), DE, (PT, PROVIDER), (order,))
    assert thread.state.matters[order].conditions == (LATE,)
    other = Condition("report", "tell what it was used for")
    thread.add(o.UseRestricted(order, EXHIBIT, "conditions", (LATE, other)), PT, (DE,), (order,))
    assert thread.state.matters[order].conditions == (LATE, other)
    assert thread.state.exhibits[EXHIBIT].restricted_by == ""


def test_what_its_holder_restricts_is_restricted_until_conditions_for_its_use_are_recorded() -> None:
    thread, order = notified(PT)
    thread.add(handed_over(), PROVIDER, (PT,), (order,))
    restricted = thread.add(o.UseRestricted(order, EXHIBIT, "restricted"), PT, (DE,), (order,))
    assert thread.state.exhibits[EXHIBIT].restricted_by == restricted
    thread.add(o.UseRestricted(order, EXHIBIT, "conditions", (LATE,)), PT, (DE,), (order,))
    assert thread.state.exhibits[EXHIBIT].restricted_by == ""


def test_nobody_restricts_or_binds_what_another_holds_by_saying_so() -> None:
    thread, order = notified(PT)
    thread.add(handed_over(), PROVIDER, (PT,), (order,))
    before = thread.state.exhibits[EXHIBIT], thread.state.matters[order].conditions
    thread.add(o.UseRestricted(order, EXHIBIT, "restricted"), PROVIDER, (PT,), (order,))
    thread.add(o.UseRestricted(order, EXHIBIT, "conditions", (LATE,)), PROVIDER, (PT,), (order,))
    assert (thread.state.exhibits[EXHIBIT], thread.state.matters[order].conditions) == before


def test_only_the_addressee_of_an_order_states_why_it_is_not_executed() -> None:
    thread, order = about_production(PT)
    thread.add(o.AuthorityNotified("notification", order), PT, (DE,), (order,))
    stated = o.NonExecutionStated(order, ())
    assert entitled(thread.state, thread.payload(stated, PROVIDER, (PT,), (order,))) is None
    assert entitled(thread.state, thread.payload(stated, DE, (PT,), (order,))) is not None


def test_every_act_to_oneself_is_tried() -> None:
    never_sent = {kind for kind, rule in RULES.items() if rule.sayer is Sayer.ITSELF}
    assert {type_of(body) for body in TO_ITSELF} | {ActType.PADDING} == never_sent


@pytest.mark.parametrize("body", TO_ITSELF, ids=lambda body: type_of(body).value)
def test_what_a_node_says_to_itself_is_never_taken_from_another(body: AnyBody) -> None:
    thread = Thread(PT)
    thread.add(requested(), PT, (DE,))
    refusal = entitled(thread.state, thread.payload(body, DE, (PT,), ()))
    assert refusal is not None
    assert refusal.code == "not-allowed"


def test_a_stranger_adds_nothing_to_a_case_under_way() -> None:
    thread = Thread(PT)
    thread.add(requested(), PT, (DE,))
    payload = thread.payload(b.PreservationRequested(measure="x"), "stranger", (PT,), ())
    assert entitled(thread.state, payload) is not None


def test_nobody_answers_for_another() -> None:
    thread = Thread(PT)
    request = thread.add(requested(), PT, (DE, PROVIDER))
    assert entitled(thread.state, thread.payload(confirmed(), DE, (PT,), (request,))) is None
    assert entitled(thread.state, thread.payload(confirmed(), "other", (PT,), (request,))) is not None


def test_only_the_issuer_validates_or_withdraws() -> None:
    thread, order = production(PROVIDER)
    own = thread.payload(b.ProductionWithdrawn(order, "r"), PT, (PROVIDER,), (order,))
    others = thread.payload(b.ProductionWithdrawn(order, "r"), DE, (PROVIDER,), (order,))
    assert entitled(thread.state, own) is None
    assert entitled(thread.state, others) is not None


BODIES: tuple[AnyBody, ...] = (
    requested(),
    confirmed(),
    handed_over(),
    b.RequestRefused("g", "r"),
    b.DisclosureDecided(()),
    b.ExhibitReceived(EXHIBIT, ROOT, ROOT, ROOT, 1, opened=False),
    b.ItemsQuarantined(EXHIBIT, 1, QuarantineCode.OUT_OF_SCOPE),
    c.ItemOpened(EXHIBIT, ROOT, "p", ""),
    b.ExhibitDestroyed(EXHIBIT, "r", 1),
    b.ProductionOrdered("production", OfficeKind.POLICE),
    b.ProductionWithdrawn(ROOT, "r"),
    b.CaseClosed("r"),
    b.CaseDisposed("r", 0, 0, 0, 0, ()),
    RetentionSet("own-rule", "Archive Act, Section 3", at_least=NOON + timedelta(minutes=5), review_days=1),
    RetentionExtended(KeepingGround.COURT_ORDER, NOON + timedelta(minutes=3)),
    RetentionReviewed(KeepingGround.COURT_ORDER, NOON + timedelta(minutes=9)),
    CopiesReported(CASE, CopiesStanding.DESTROYED),
)


@given(st.lists(st.tuples(st.sampled_from(BODIES), st.sampled_from((PT, DE)), st.integers(0, 5)), max_size=14))
def test_whatever_is_admitted_can_be_folded_and_folds_again_to_the_same(steps: list[tuple[AnyBody, str, int]]) -> None:
    thread = Thread(PT)
    for body, issuer, answered in steps:
        re = (thread.filed[answered % len(thread.filed)].id,) if thread.filed else ()
        if admit(thread.state, thread.payload(body, issuer, (), re)) is None:
            thread.add(body, issuer, (), re)
            duties(thread.state, ())
    assert reduce(evolve, thread.filed, CaseState(CASE)) == thread.state
