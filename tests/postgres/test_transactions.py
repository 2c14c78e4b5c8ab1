"""One change of the records: all of it or nothing, whoever dies in the middle, and whoever else is at work."""
# ruff: noqa: PT012 - what must fail here is a whole change, and only its end says so

import os
import signal
import threading
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from comity.cases.state import Direction, Phase
from comity.casework.ports.case import StoredAct, StoredView
from comity.casework.ports.delivery import Delivery
from comity.ledger.origins import log_origin
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class AbandonedError(Exception):
    pass


def counts(url: str) -> dict[str, int]:
    kinds = ("act", "case", "token", "ledgerentry", "delivery", "waitingact")
    tables = {kind: f"comity_{kind}" for kind in kinds} | {"jobs": "procrastinate_jobs"}
    count = sql.SQL("SELECT count(*) FROM {}")
    with psycopg.connect(url) as connection:
        rows = {kind: connection.execute(count.format(sql.Identifier(table))) for kind, table in tables.items()}
        return {kind: row.fetchone()[0] for kind, row in rows.items()}


def write_everything(make, change) -> None:
    case = make.case()
    act = make.act(case)
    change.lock([case])
    change.wait([make.waiting(case, make.digest())])
    change.write([act], [make.view(case)], [Delivery(act.id, "de")], [(case, b"t" * 16)])
    change.append([make.entry(act.id)], make.sign)


def test_what_was_written_is_what_is_read(records, make):
    case, peer_act = make.case(), make.digest()
    due = make.now + timedelta(days=60)
    acts = [make.act(case, sealed=os.urandom(5_000)), make.act(case, direction=Direction.RECEIVED, sealed=b"\x01")]
    view = StoredView(case, 7, os.urandom(20_000), Phase.OPEN, due)
    entries = [make.entry(act.id) for act in acts]
    waiting = make.waiting(case, peer_act)
    with records.transaction() as change:
        assert change.lock([case]) == {}
        change.write(acts, [view], [Delivery(acts[0].id, "de", 0, (acts[1].id, peer_act))], [(case, b"t" * 16)])
        change.wait([waiting])
        head = change.append(entries, make.sign)
    assert (head.first, head.size, head.origin) == (0, 2, log_origin("pt"))
    assert records.cases.view(case) == view
    assert [StoredAct(a.id, a.case, a.direction, a.filed_at, a.sealed) for a in records.cases.acts(case)] == acts
    assert [act.index for act in records.cases.acts(case)] == [0, 1]
    assert records.outbox.pending("de", 9, make.now) == [Delivery(acts[0].id, "de", 0, (acts[1].id, peer_act))]
    assert records.cases.by_token({case: b"t" * 16}) == [case]
    assert records.cases.waiting_for([peer_act]) == [waiting]
    assert list(records.ledger.entries(0, 2)) == entries


def test_a_change_that_is_abandoned_leaves_nothing(records, make, node_url):
    before = counts(node_url)
    with pytest.raises(AbandonedError), records.transaction() as change:
        write_everything(make, change)
        raise AbandonedError
    assert counts(node_url) == before
    assert records.ledger.head().size == 0


def test_nobody_sees_a_change_before_its_commit(records, make, node_url):
    before = counts(node_url)
    with records.transaction() as change:
        write_everything(make, change)
        assert counts(node_url) == before
        assert _in_thread(lambda: records.ledger.head().size) == 0
    assert counts(node_url) != before
    assert _in_thread(lambda: records.ledger.head().size) == 1


@pytest.mark.parametrize("step", ["begin", "lock", "wait", "write", "append"])
def test_a_server_killed_between_any_two_steps_leaves_all_or_nothing(records, make, node_url, cluster, step):
    make.file(records, make.act(make.case()))
    before = counts(node_url)

    def kill_after(done: str) -> None:
        if done == step:
            os.kill(cluster.pid(), signal.SIGKILL)
            cluster.start()

    with pytest.raises(BrokenInputError) as broken, records.transaction() as change:
        kill_after("begin")
        case = make.case()
        act = make.act(case)
        change.lock([case])
        kill_after("lock")
        change.wait([make.waiting(case, make.digest())])
        kill_after("wait")
        change.write([act], [make.view(case)], [Delivery(act.id, "de")], [(case, b"t" * 16)])
        kill_after("write")
        change.append([make.entry(act.id)], make.sign)
        kill_after("append")
    assert broken.value.code is ErrorCode.UNAVAILABLE
    assert counts(node_url) == before
    # Nothing was restarted but the server: the same thread goes on.
    make.file(records, act)
    assert records.ledger.head().size == 2


def test_a_server_killed_after_the_commit_has_kept_it(records, make, cluster):
    act = make.act(make.case())
    head = make.file(records, act, to=("de",))
    os.kill(cluster.pid(), signal.SIGKILL)
    cluster.start()
    assert records.ledger.head() == head
    assert records.cases.act(act.id) is not None
    assert len(records.outbox.pending("de", 9, make.now)) == 1


def test_reading_after_the_server_came_back_needs_no_restart(records, make, cluster):
    make.file(records, make.act(make.case()))
    for read in (records.ledger.head, lambda: list(records.cases.cases()), records.drafts.open):
        read()
        os.kill(cluster.pid(), signal.SIGKILL)
        cluster.start()
        read()


def test_while_the_server_is_down_every_operation_says_so(records, make, cluster):
    cluster.stop()
    try:
        for operation in (
            records.ledger.head,
            records.drafts.open,
            lambda: make.file(records, make.act(make.case())),
            lambda: records.outbox.pending("de", 1, make.now),
            lambda: records.dispose(make.case()),
        ):
            with pytest.raises(BrokenInputError) as broken:
                operation()
            assert broken.value.code is ErrorCode.UNAVAILABLE
    finally:
        cluster.start()
    assert records.ledger.head().size == 0


def test_two_changes_that_open_the_same_new_case_come_one_after_the_other(records, make):
    case = make.case()
    first_has_it, second_waits = threading.Event(), threading.Event()
    seen = []

    def second() -> None:
        first_has_it.wait(60)
        with records.transaction() as change:
            second_waits.set()
            seen.extend(change.lock([case]).values())

    other = threading.Thread(target=_closing(second))
    other.start()
    with records.transaction() as change:
        assert change.lock([case]) == {}
        first_has_it.set()
        second_waits.wait(60)
        change.write([], [make.view(case, 1)], [], [])
    other.join(60)
    assert [view.version for view in seen] == [1]


def test_cases_asked_for_in_any_order_are_locked_in_one(records, make):
    cases = [make.case() for _ in range(20)]
    failures: list[BaseException] = []

    def change_all(order: list[str]) -> None:
        try:
            for _ in range(10):
                with records.transaction() as change:
                    held = change.lock(order)
                    views = [make.view(case, held[case].version + 1 if case in held else 1) for case in order]
                    change.write([], views, [], [])
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread
            failures.append(error)

    threads = [threading.Thread(target=_closing(change_all), args=(order,)) for order in (cases, cases[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert {view.version for view in records.cases.cases()} == {20}


def test_an_act_is_known_once_its_entry_is_there_and_stays_known_after_disposal(records, make):
    act, other = make.act(make.case()), make.digest()
    with records.transaction() as change:
        assert set(change.known([act.id, other])) == set()
    make.file(records, act)
    records.dispose(act.case)
    assert records.cases.act(act.id) is None
    with records.transaction() as change:
        assert set(change.known([act.id, other])) == {act.id}


@pytest.mark.parametrize("what", ["act", "entry"])
def test_the_same_act_or_entry_twice_is_refused_whole(records, make, node_url, what):
    act = make.act(make.case())
    make.file(records, act)
    before = counts(node_url)
    with pytest.raises(BrokenInputError) as broken, records.transaction() as change:
        other = make.act(act.case)
        change.write([act if what == "act" else other], [], [], [])
        change.append([make.entry(act.id)], make.sign)
    assert broken.value.code is ErrorCode.OUT_OF_ORDER
    assert act.id not in broken.value.found
    assert counts(node_url) == before


def test_an_act_without_its_cases_row_is_refused(records, make, node_url):
    with pytest.raises(BrokenInputError) as broken, records.transaction() as change:
        act = make.act(make.case())
        change.write([act], [], [], [])
        change.append([make.entry(act.id)], make.sign)
    assert broken.value.code is ErrorCode.OUT_OF_ORDER
    assert counts(node_url)["act"] == 0


def test_changes_of_one_thread_do_not_nest(records):
    with records.transaction(), pytest.raises(RuntimeError), records.transaction():
        pass


def test_tokens_and_waiting_acts_given_twice_are_kept_once(records, make, node_url):
    case = make.case()
    waiting = make.waiting(case, make.digest())
    for _ in range(2):
        with records.transaction() as change:
            change.write([], [make.view(case)], [], [(case, b"t" * 16), (case, b"t" * 16)])
            change.wait([waiting])
    assert counts(node_url)["token"] == 1
    assert counts(node_url)["waitingact"] == 1
    with records.transaction() as change:
        change.forget_waiting([waiting.id])
    assert records.cases.overdue(make.now) == []


def test_a_batch_of_many_acts_takes_a_handful_of_statements(records, make):
    from django.db import connection

    acts = [make.act(make.case()) for _ in range(256)]
    sent = _count_statements(connection, lambda: make.file(records, *acts, to=("de", "provider")))
    assert 10 <= sent <= 25
    assert records.ledger.head().size == 256


def _count_statements(connection, action) -> int:
    """Statements that psycopg sends during the action, by any cursor and by COPY."""
    connection.ensure_connection()
    sent = []
    original = psycopg.Cursor._start_query, psycopg.Cursor._start_copy_gen

    def counted(function):
        def call(self, *arguments, **keywords):
            sent.append(1)
            return function(self, *arguments, **keywords)

        return call

    psycopg.Cursor._start_query, psycopg.Cursor._start_copy_gen = map(counted, original)
    try:
        action()
    finally:
        psycopg.Cursor._start_query, psycopg.Cursor._start_copy_gen = original
    return len(sent)


def _closing(function):
    def call(*arguments):
        from django.db import connection

        try:
            function(*arguments)
        finally:
            connection.close()

    return call


def _in_thread(function):
    answers = []
    thread = threading.Thread(target=_closing(lambda: answers.append(function())))
    thread.start()
    thread.join(60)
    return answers[0]
