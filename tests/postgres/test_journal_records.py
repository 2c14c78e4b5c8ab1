"""The journals of a node's own officers, and pages of lists: nothing twice, nothing left out, nothing changed afterwards."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from comity.acts.seal_format import Approval
from comity.casework.ports.journal import Read, Reading
from comity.casework.ports.paging import Place
from comity.vocabulary.errors import BrokenInputError, ErrorCode

MINUTE = timedelta(minutes=1)


def reading(make, **changes) -> Reading:
    first = Reading(make.now, "pt.silva", "prosecutor", Read.ACT, make.case(), make.digest())
    return replace(first, **changes)


def without_numbers(found):
    return [replace(each, number=0) for each in found]


def test_a_reading_is_kept_once_a_minute_and_again_in_the_next(records, make):
    one = reading(make)
    for seconds in (0, 1, 47):
        records.readings.add([replace(one, at=one.at + timedelta(seconds=seconds))])
    records.readings.add([replace(one, at=one.at + MINUTE)])
    found = without_numbers(records.readings.before(None, 10))
    assert found == [replace(one, at=one.at + MINUTE), one]


def test_readings_of_others_and_of_other_things_are_kept_beside_each_other(records, make):
    one = reading(make)
    others = [replace(one, officer="pt.costa"), replace(one, what=Read.CASE), replace(one, subject=make.digest())]
    records.readings.add([one, *others])
    assert len(records.readings.before(None, 10)) == 4
    assert without_numbers(records.readings.before(None, 10, officer="pt.costa")) == [others[0]]
    assert records.readings.before(None, 10, case=make.case()) == []


def test_readings_are_paged_by_their_numbers(records, make):
    records.readings.add([reading(make) for _ in range(7)])
    seen, number = [], None
    while page := records.readings.before(number, 3):
        seen += page
        number = page[-1].number
    assert [each.number for each in seen] == sorted((each.number for each in seen), reverse=True)
    assert len(seen) == 7


@pytest.mark.parametrize(
    "statement",
    ["UPDATE comity_reading SET at = now()", "DELETE FROM comity_reading", "DELETE FROM comity_reading WHERE id > 0"],
)
def test_the_table_of_readings_refuses_to_be_changed_or_shortened(records, make, statement):
    from django.db import connection

    from comity.adapters.postgres.connection import operation

    records.readings.add([reading(make)])
    with pytest.raises(BrokenInputError) as refused, operation(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert refused.value.code is ErrorCode.OUT_OF_ORDER
    assert len(records.readings.before(None, 10)) == 1


def test_an_approval_is_found_by_its_officer_newest_first_page_by_page(records, make):
    def approval(officer: str) -> Approval:
        return Approval(officer, "judge", "approve", f"key of {officer}", "", "", "")

    acts = [
        replace(make.act(make.case()), approvals=(approval(who),), filed_at=make.now + number * MINUTE)
        for number, who in enumerate(["pt.silva", "pt.costa", "pt.silva", "pt.silva"])
    ]
    make.file(records, *acts)
    mine = [acts[3], acts[2], acts[0]]
    found = records.approvals.of("pt.silva", None, 10)
    assert [(each.act, each.credential) for each in found] == [(act.id, "key of pt.silva") for act in mine]
    rest = records.approvals.of("pt.silva", Place(found[0].at, found[0].act), 10)
    assert [each.act for each in rest] == [act.id for act in mine[1:]]
    assert records.approvals.of("pt.nobody", None, 10) == []


def test_cases_that_changed_at_one_instant_are_paged_without_a_gap_or_a_repetition(records, make):
    together = [make.case() for _ in range(23)]
    make.file(records, *(make.act(case) for case in together))
    seen, place = [], None
    while page := records.cases.recent(place, 4):
        seen += [each.row.case for each in page]
        place = page[-1].place
    assert seen == sorted(together, reverse=True)
    live, last = [], ""
    while found := records.cases.live(last, 4):
        live += found
        last = found[-1]
    assert live == sorted(together)


def test_drafts_made_at_one_instant_are_paged_without_a_gap_or_a_repetition(records, make):
    drafts = [make.draft(make.case()) for _ in range(11)]
    for draft in drafts:
        records.drafts.keep(draft)
    seen, place = [], None
    while page := records.drafts.open(place, 3):
        seen += [each.id for each in page]
        place = Place(page[-1].made_at, page[-1].id)
    assert seen == sorted(each.id for each in drafts)
    assert records.drafts.there([drafts[0].id, make.digest()]) == {drafts[0].id}


def test_the_last_attempt_of_a_delivery_is_told_with_its_code_and_its_time(records, make):
    act = make.act(make.case())
    make.file(records, act, to=("de", "provider"))
    records.outbox.failed("de", [act.id], "unavailable", make.now + MINUTE, at=make.now)
    first, second = records.outbox.progress([act.id])
    assert (first.peer, first.state, first.code, first.attempts) == ("de", "pending", "unavailable", 1)
    assert (first.tried_at, first.next_at, first.delivered_at) == (make.now, make.now + MINUTE, None)
    assert (second.peer, second.code, second.attempts, second.tried_at) == ("provider", "", 0, None)
