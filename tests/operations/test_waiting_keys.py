"""An act that waits is readable while it waits and never after: filed, given up or disposed of, its copies open no more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from comity.acts.bodies import ProductionWithdrawn
from comity.acts.classes import ActClass
from comity.acts.payload import Payload, type_of
from comity.adapters.keys.case_keys import FileCaseKeys
from comity.adapters.randomness import SystemRandomness
from comity.cases.house import house_case
from comity.casework.bench.secrecy import CaseCipher
from comity.casework.bench.sequencer import Decision, Intent
from comity.casework.bench.waiting import (
    forget_key,
    forget_waiting,
    give_up_waiting,
    keep_waiting,
    open_waiting,
    own_key,
)
from comity.casework.ports.case import WaitingAct
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode

ME, CASE, ACT, MISSING = "de", "c" * 32, "a" * 64, "b" * 64
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
NEEDLE = b"a-name-that-nobody-may-find"
SEALED = b'{"payload":"' + NEEDLE + b'"}'


class Cases:
    """Rows that wait, as the database has them."""

    def __init__(self) -> None:
        self.rows: dict[str, WaitingAct] = {}

    def waiting_for(self, acts: list[str]) -> list[WaitingAct]:
        return [each for each in self.rows.values() if each.missing in acts]

    def waiting_in(self, case: str) -> list[WaitingAct]:
        return [each for each in self.rows.values() if each.case == case]

    def overdue(self, at: datetime) -> list[WaitingAct]:
        return [each for each in self.rows.values() if each.deadline <= at]


class Node:
    """A workbench with a real key store, and a clock that is set."""

    def __init__(self, folder: Path) -> None:
        random = SystemRandomness()
        self.file = folder / "keys"
        self.keys = FileCaseKeys(self.file, bytes(32), random)
        self.keys.ensure([house_case(ME)])
        self.cases = Cases()
        self.at = NOON
        self.bench: Any = SimpleNamespace(
            me=ME,
            case_keys=self.keys,
            cipher=CaseCipher(self.keys, random),
            records=SimpleNamespace(cases=self.cases),
            clock=SimpleNamespace(now=lambda: self.at),
            sequencer=SimpleNamespace(submit=self._submit),
        )

    def _submit(self, intent: Intent) -> None:
        decision: Decision = intent.decide(None)  # type: ignore[arg-type]
        for act in decision.resolved:
            del self.cases.rows[act]

    def wait(self, *, known: bool, until: datetime = NOON + DAY) -> WaitingAct:
        body = ProductionWithdrawn(MISSING, "r")
        act_class = ActClass(type_of(body), "eu-2023-1543", Urgency.URGENT)
        payload = Payload(1, "pt", (ME,), CASE, "0" * 32, NOON, 1, (MISSING,), act_class, ("EdDSA",), None, body)
        if known:
            self.keys.ensure([CASE])
        row = keep_waiting(self.bench, ACT, payload, SEALED, known=known, sender="pt", until=until)
        self.cases.rows[ACT] = row
        return row

    def opens(self, copy: WaitingAct) -> bool:
        """Whether a copy of the row, as the write-ahead log or a base backup keeps it, can still be read here."""
        try:
            return open_waiting(self.bench, copy) == SEALED
        except BrokenInputError:
            return False


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.mark.parametrize("known", [False, True])
def test_what_waits_opens_and_its_row_shows_nothing(node: Node, known: bool) -> None:
    row = node.wait(known=known)
    assert node.opens(row)
    assert NEEDLE not in row.sealed
    assert not any(NEEDLE in path.read_bytes() for path in node.file.rglob("*") if path.is_file())


def test_nothing_waits_under_the_key_of_the_node_itself(node: Node) -> None:
    for known in (False, True):
        row = node.wait(known=known)
        node.cases.rows.clear()
        with pytest.raises(BrokenInputError):
            node.bench.cipher.decrypt(house_case(ME), f"waiting:{ACT}", row.sealed)


def test_what_was_given_up_is_gone_from_every_copy(node: Node) -> None:
    copy = node.wait(known=False)
    node.at = NOON + DAY
    assert [each.id for each in give_up_waiting(node.bench)] == [ACT]
    assert not node.cases.rows
    assert not node.opens(copy)
    with pytest.raises(BrokenInputError) as caught:
        node.keys.key(own_key(ACT, copy.deadline))
    assert caught.value.code is ErrorCode.KEY_DESTROYED


def test_giving_up_that_was_cut_short_before_the_row_went_is_finished_the_next_time(node: Node) -> None:
    copy = node.wait(known=False)
    forget_key(node.bench, copy)
    node.at = NOON + DAY
    give_up_waiting(node.bench)
    assert not node.cases.rows
    assert not node.opens(copy)


def test_what_was_filed_leaves_no_copy_that_opens_under_a_key_of_its_own(node: Node) -> None:
    copy = node.wait(known=False)
    forget_key(node.bench, copy)
    assert not node.opens(copy)


@pytest.mark.parametrize("known", [False, True])
def test_a_disposal_reaches_what_waits_in_its_case(node: Node, known: bool) -> None:
    copy = node.wait(known=known)
    node.keys.ensure([CASE])  # the case came to be meanwhile
    forget_waiting(node.bench, CASE)
    node.keys.destroy(CASE)
    assert not node.opens(copy)


def test_a_disposal_of_another_case_leaves_what_waits_alone(node: Node) -> None:
    copy = node.wait(known=False)
    forget_waiting(node.bench, "d" * 32)
    assert node.opens(copy)


def test_sent_again_while_it_waits_it_keeps_its_row_its_key_and_its_deadline(node: Node) -> None:
    first = node.wait(known=False)
    assert node.wait(known=False, until=NOON + 2 * DAY) == first


def test_sent_again_after_it_was_given_up_it_waits_and_opens_under_a_new_key(node: Node) -> None:
    first = node.wait(known=False)
    node.at = NOON + DAY
    give_up_waiting(node.bench)
    second = node.wait(known=False, until=NOON + 3 * DAY)
    assert node.opens(second)
    assert not node.opens(first)


def test_a_case_that_never_came_to_be_gets_no_key_and_can_still_come_to_be(node: Node) -> None:
    node.wait(known=False)
    with pytest.raises(BrokenInputError) as caught:
        node.keys.key(CASE)
    assert caught.value.code is ErrorCode.NOT_FOUND
    node.at = NOON + DAY
    give_up_waiting(node.bench)
    node.keys.ensure([CASE])


def test_an_act_of_a_known_case_takes_no_room_in_the_key_store(node: Node) -> None:
    node.keys.ensure([CASE])
    before = sum(path.stat().st_size for path in node.file.rglob("*") if path.is_file())
    row = node.wait(known=True)
    forget_key(node.bench, row)
    assert sum(path.stat().st_size for path in node.file.rglob("*") if path.is_file()) == before
    assert node.opens(row)
