from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acts.receipt_format import ActRejected
from comity.exchange.bundle import ACTS_LIMIT
from comity.exchange.delivery import (
    RULES,
    QueuedAct,
    Remedy,
    alarm,
    clock_skew,
    given_up,
    next_attempt,
    next_batch,
    pause_after,
    rejection,
    remedy,
    retryable,
    waiting_deadline,
)
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
ACT, OTHER = "ab" * 32, "cd" * 32


def queued(size=3000, enclosed=0, urgency=Urgency.ORDINARY, number=0):
    return QueuedAct(f"{number:064x}", size, urgency, AT, enclosed)


def test_a_batch_has_no_more_acts_than_an_envelope_takes():
    assert len(next_batch([queued(10)] * 2000)) == ACTS_LIMIT


def test_a_batch_has_no_more_bytes_than_an_envelope_takes():
    batch = next_batch([queued(1 << 20)] * 100)
    assert sum(each.size for each in batch) <= RULES.bytes_per_envelope < sum(each.size for each in batch) + (1 << 20)


def test_enclosed_acts_count_against_their_own_limit():
    assert len(next_batch([queued(10, enclosed=200)] * 10)) == 2


def test_an_act_too_large_for_a_batch_goes_alone():
    large = queued(RULES.bytes_per_envelope + 1)
    assert next_batch([large, queued()]) == (large,)


def test_an_empty_outbox_gives_an_empty_batch():
    assert next_batch([]) == ()


@given(
    st.lists(st.builds(queued, size=st.integers(1, 1 << 21), number=st.integers(0, 99)), min_size=1), st.integers(0, 40)
)
def test_a_batch_is_a_prefix_of_the_outbox_and_never_empty(outbox, refusals):
    batch = next_batch(outbox, refusals=refusals)
    assert batch == tuple(outbox[: len(batch)])
    assert batch


def test_an_act_that_spoils_its_envelope_soon_stands_alone():
    sizes = [len(next_batch([queued(10)] * 2000, refusals=refusals)) for refusals in range(11)]
    assert sizes == [512, 256, 128, 64, 32, 16, 8, 4, 2, 1, 1]


def test_an_outbox_is_emptied_in_order_and_nothing_is_lost():
    outbox = [queued(5000, number=number) for number in range(1500)]
    sent = []
    while outbox:
        batch = next_batch(outbox)
        sent += batch
        outbox = outbox[len(batch) :]
    assert [int(each.act, 16) for each in sent] == list(range(1500))


def test_pauses_double_up_to_the_longest_of_the_urgency():
    pauses = [pause_after(n, Urgency.ORDINARY, jitter=0).total_seconds() for n in range(1, 12)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert pause_after(50, Urgency.EMERGENCY, jitter=0) == timedelta(seconds=15)


@given(st.integers(1, 10**9), st.sampled_from(Urgency), st.floats(0, 1))
def test_every_pause_lies_between_half_a_second_and_the_longest(failures, urgency, jitter):
    pause = pause_after(failures, urgency, jitter=jitter)
    assert timedelta(seconds=0.5) <= pause <= RULES.for_urgency(urgency).longest_pause


def test_a_peer_that_was_down_for_an_hour_is_tried_again_within_five_minutes_of_its_return():
    at, failures = AT, 0
    while at < AT + timedelta(hours=1):
        failures += 1
        at = next_attempt(failures, at, jitter=0.5)
    assert at - (AT + timedelta(hours=1)) < timedelta(minutes=5)
    assert failures < 40


@pytest.mark.parametrize(("failures", "jitter"), [(0, 0.5), (-1, 0.5), (1, -0.1), (1, 1.1)])
def test_a_pause_is_asked_for_with_sense(failures, jitter):
    with pytest.raises(ValueError, match="count from 1"):
        pause_after(failures, Urgency.URGENT, jitter=jitter)


@pytest.mark.parametrize(
    ("urgency", "after"),
    [
        (Urgency.ORDINARY, timedelta(hours=4)),
        (Urgency.URGENT, timedelta(minutes=30)),
        (Urgency.EMERGENCY, timedelta(minutes=2)),
    ],
)
def test_an_undelivered_act_becomes_an_alarm_when_its_urgency_says_so(urgency, after):
    act = queued(urgency=urgency)
    assert alarm(act, AT + after - timedelta(microseconds=1)) is None
    found = alarm(act, AT + after + timedelta(minutes=1))
    assert (found.act, found.overdue) == (act.act, timedelta(minutes=1))


def test_an_act_waits_a_day_for_its_predecessor_and_is_then_rejected_for_now():
    deadline = waiting_deadline(AT)
    assert deadline == AT + timedelta(hours=24)
    assert given_up(ACT, OTHER, deadline=deadline, at=deadline - timedelta(microseconds=1)) is None
    rejected = given_up(ACT, OTHER, deadline=deadline, at=deadline)
    assert (rejected.act, rejected.code, rejected.retry) == (ACT, ErrorCode.PREDECESSOR_MISSING, True)
    assert OTHER in rejected.what
    assert remedy(rejected) is Remedy.SEND_AGAIN


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_clocks_five_minutes_apart_are_no_finding(minutes):
    assert clock_skew("pt", AT, AT + timedelta(minutes=minutes)) is None


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_clocks_further_apart_are_a_finding_with_its_sign(minutes):
    found = clock_skew("pt", AT, AT + timedelta(minutes=minutes))
    assert found.skew == timedelta(minutes=minutes)
    assert found.sender == "pt"


def test_every_error_code_has_a_remedy():
    for code in ErrorCode:
        assert remedy(ActRejected(ACT, code, "", retry=True)) in Remedy


def test_codes_that_a_second_attempt_can_mend_are_those_where_something_is_still_to_come():
    assert {code for code in ErrorCode if retryable(code)} >= {
        ErrorCode.DIRECTORY_UNKNOWN,
        ErrorCode.PREDECESSOR_MISSING,
        ErrorCode.STORE_FULL,
        ErrorCode.UNAVAILABLE,
    }
    assert not any(
        map(retryable, (ErrorCode.BAD_SEAL, ErrorCode.MALFORMED, ErrorCode.LAW_UNMET, ErrorCode.NOT_COMPETENT))
    )


def test_a_peer_cannot_have_a_broken_act_sent_for_ever():
    assert remedy(ActRejected(ACT, ErrorCode.BAD_SEAL, "", retry=True)) is Remedy.TELL_OPERATOR


def test_a_peer_that_gives_up_is_believed():
    assert remedy(ActRejected(ACT, ErrorCode.STORE_FULL, "", retry=False)) is Remedy.TELL_OPERATOR


def test_what_the_law_refuses_goes_to_an_officer():
    assert remedy(ActRejected(ACT, ErrorCode.LAW_UNMET, "", retry=False)) is Remedy.TELL_OFFICER


def test_a_rejection_says_what_was_wrong_and_not_what_was_found():
    error = BrokenInputError(ErrorCode.BAD_SEAL, "a seal does not verify", found="secret words")
    assert rejection(ACT, error) == ActRejected(ACT, ErrorCode.BAD_SEAL, "a seal does not verify", retry=False)
