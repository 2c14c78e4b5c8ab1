"""Cases and acts as read by use cases, and what is left of a case when it was cleared away."""

from datetime import timedelta

import msgspec
import pytest

from comity.cases.state import Direction, Phase
from comity.casework.ports.case import LimitDue, StoredExhibitKey, StoredView
from comity.casework.ports.delivery import Delivery, KeptReceipt


def put(records, *views, acts=(), tokens=(), waiting=()):
    with records.transaction() as change:
        change.lock([view.case for view in views])
        change.wait(waiting)
        change.write(acts, views, [], tokens)


def test_a_case_that_is_not_here_has_no_view_and_no_acts(records, make):
    case = make.case()
    assert records.cases.view(case) is None
    assert records.cases.acts(case) == []
    assert records.cases.act(make.digest()) is None
    assert list(records.cases.cases()) == []


def test_a_view_is_replaced_whole(records, make):
    case = make.case()
    put(records, make.view(case, 1, due=make.now, text=b"old"))
    new = StoredView(case, 2, b"new", Phase.CLOSED, None)
    put(records, new)
    assert records.cases.view(case) == new
    with records.transaction() as change:
        assert change.lock([case]) == {case: new}


def test_versions_of_many_cases_are_read_at_once_and_only_of_those_that_are_here(records, make):
    one, two, absent = (make.case() for _ in range(3))
    put(records, make.view(one, 3), make.view(two, 1))
    assert records.cases.versions([one, two, absent]) == {one: 3, two: 1}
    assert records.cases.versions([]) == {}


def test_of_disposed_cases_only_the_names_are_read(records, make):
    gone, here = make.case(), make.case()
    put(records, StoredView(gone, 2, b"tombstone", Phase.DISPOSED, None), make.view(here))
    assert records.cases.disposed() == [gone]


def test_cases_come_newest_change_first_and_in_portions(records, make):
    views = [make.view(make.case(), text=b"v%d" % number) for number in range(450)]
    put(records, *views)
    put(records, make.view(views[7].case, 2))
    listed = list(records.cases.cases())
    assert listed[0].case == views[7].case
    assert sorted(view.case for view in listed) == sorted(view.case for view in views)


def test_only_cases_whose_clock_is_due_are_due_and_the_longest_overdue_come_first(records, make):
    late, later, future, never = (make.case() for _ in range(4))
    hour = timedelta(hours=1)
    put(
        records,
        make.view(later, due=make.now),
        make.view(late, due=make.now - hour),
        make.view(future, due=make.now + hour),
        make.view(never),
    )
    assert records.cases.due(make.now) == [late, later]
    assert records.cases.due(make.now - 2 * hour) == []


def test_acts_come_in_the_order_of_the_ledger_whatever_the_order_of_their_rows(records, make):
    case = make.case()
    acts = [make.act(case) for _ in range(5)]
    order = [acts[3], acts[0], acts[4], acts[1], acts[2]]
    with records.transaction() as change:
        change.write(acts, [make.view(case)], [], [])
        change.append([make.entry(act.id) for act in order], make.sign)
    assert [act.id for act in records.cases.acts(case)] == [act.id for act in order]
    assert {act.index for act in records.cases.acts(case)} == set(range(5))


def test_many_acts_are_read_at_once_and_absent_ones_are_left_out(records, make):
    acts = [make.act(make.case()) for _ in range(3)]
    make.file(records, *acts)
    found = records.cases.many([acts[2].id, make.digest(), acts[0].id])
    assert set(found) == {acts[0].id, acts[2].id}
    assert found[acts[2].id] == records.cases.act(acts[2].id)


def test_a_token_finds_only_the_case_it_was_computed_for(records, make):
    one, two, three = (make.case() for _ in range(3))
    mark, other = b"m" * 16, b"o" * 16
    put(records, make.view(one), make.view(two), make.view(three), tokens=[(one, mark), (two, mark), (three, other)])
    assert records.cases.by_token({three: mark, two: mark, one: other}) == [two]
    assert records.cases.by_token({}) == []


def test_waiting_acts_are_found_by_what_they_miss_and_by_their_deadline(records, make):
    missing, case = make.digest(), make.case()
    soon = make.waiting(case, missing, deadline=make.now)
    late = make.waiting(case, make.digest(), deadline=make.now + timedelta(days=1))
    with records.transaction() as change:
        change.wait([late, soon])
    assert records.cases.waiting_for([missing, make.digest()]) == [soon]
    assert records.cases.overdue(make.now) == [soon]
    assert records.cases.overdue(make.now + timedelta(days=2)) == [soon, late]
    assert records.cases.waiting_for([]) == []
    assert sorted(each.id for each in records.cases.waiting_in(case)) == sorted([soon.id, late.id])
    assert records.cases.waiting_in(make.case()) == []


@pytest.fixture
def disposed(records, make):
    """A case with a row of every kind, and a second one that must not be touched; cleared once."""
    case, other = make.case(), make.case()
    secret = make.act(case, direction=Direction.RECEIVED)
    sent = make.act(case)
    certificate = make.act(case, sealed=b'{"payload":"certificate"}')
    foreign = make.act(other)
    for records_of in (case, other):
        records.drafts.keep(make.draft(records_of))
        records.exhibits.keep(StoredExhibitKey(make.case(), "held", records_of, b"k", (make.digest(), make.digest())))
    with records.transaction() as change:
        change.wait([make.waiting(case, make.digest()), make.waiting(other, make.digest())])
        change.write(
            [secret, sent, certificate, foreign],
            [make.view(case), make.view(other)],
            [Delivery(sent.id, "de"), Delivery(certificate.id, "de"), Delivery(foreign.id, "de")],
            [(case, b"t" * 16), (other, b"t" * 16)],
        )
        change.append([make.entry(act.id) for act in (secret, sent, certificate, foreign)], make.sign)
    shared = KeptReceipt(b"shared", (sent.id, foreign.id), "o", 0)
    records.outbox.delivered("de", [shared], make.now)
    return case, other, (secret, sent, certificate, foreign), records.dispose(case)


def test_clearing_a_case_counts_every_kind_of_row_once(records, disposed):
    case, _, _, counts = disposed
    assert counts == {
        "drafts": 1,
        "tokens": 1,
        "waiting": 1,
        "readings": 0,
        "approvals": 0,
        "objects": 2,
        "exhibits": 1,
        "deliveries": 1,
        "acts": 2,
        "receipts": 0,
    }
    assert set(records.dispose(case).values()) == {0}


def test_of_a_cleared_case_its_tombstone_and_its_certificate_are_left(records, make, disposed):
    case, _, (_, sent, certificate, _), _ = disposed
    assert records.cases.view(case) is not None
    assert [act.id for act in records.cases.acts(case)] == [certificate.id]
    assert [delivery.act for delivery in records.outbox.pending("de", 9, make.now)] == [certificate.id]
    assert records.exhibits.of_case(case) == []
    assert records.cases.by_token({case: b"t" * 16}) == []
    assert records.outbox.receipt(sent.id, "de") is None


def test_the_ledger_of_a_cleared_case_stands(records, disposed):
    _, _, acts, _ = disposed
    assert set(records.ledger.find([act.id for act in acts])) == {act.id for act in acts}


def test_clearing_a_case_touches_no_other(records, make, disposed):
    _, other, (*_, foreign), _ = disposed
    assert [act.id for act in records.cases.acts(other)] == [foreign.id]
    assert records.outbox.receipt(foreign.id, "de") == b"shared"
    assert len(records.exhibits.of_case(other)) == 1
    assert [draft.case for draft in records.drafts.open()] == [other]
    assert records.cases.by_token({other: b"t" * 16}) == [other]
    assert [waiting.case for waiting in records.cases.overdue(make.now)] == [other]


def test_a_receipt_goes_with_the_last_delivery_it_covers(records, disposed):
    from comity.adapters.postgres.models import Receipt

    _, other, _, _ = disposed
    assert Receipt.objects.count() == 1
    assert records.dispose(other)["receipts"] == 1
    assert Receipt.objects.count() == 0


def test_limits_that_people_are_told_of_are_found_by_their_first_end_with_all_of_their_case(records, make):
    def limit(clock, days, *, ahead):
        strict = make.now + timedelta(days=days)
        return LimitDue(make.digest(), clock, strict, strict + timedelta(days=1), "what-follows", ahead)

    here, there, none = make.case(), make.case(), make.case()
    both = (limit("one", 3, ahead=True), limit("two", 9, ahead=False))
    later = (limit("three", 3, ahead=False),)
    put(
        records,
        msgspec.structs.replace(make.view(here), limits=both),
        msgspec.structs.replace(make.view(there), limits=later),
        make.view(none),
    )
    found = records.cases.limited
    assert found(make.now + timedelta(days=2), 9) == []
    assert found(make.now + timedelta(days=3), 9) == [(here, both)]
    assert found(make.now + timedelta(days=4), 9) == [(here, both), (there, later)]
    assert found(make.now + timedelta(days=4), 1) == [(here, both)]
    assert records.cases.view(here).limits == both
    put(records, make.view(here, 2))
    assert found(make.now + timedelta(days=99), 9) == [(there, later)]
