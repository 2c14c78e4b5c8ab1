"""Persons in redacted copies: one name for each in the whole case, also of copies that are made at the same time."""

from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace

import pytest

from comity.acts.classes import ActType
from comity.acts.matters import StoredObject
from comity.cases.state import CaseState, Direction, Step
from comity.casework.custody import redact as redacting
from comity.casework.custody.exhibits import Role
from comity.casework.custody.redact import RedactItem, names_table, redact
from comity.casework.ports.access import OfficerRef
from comity.vocabulary.categories import OfficeKind, Urgency

CASE, EXHIBIT, ITEM, OPENING = "c" * 32, "e" * 32, "1" * 64, "a" * 64
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = redacting._names
OFFICER = OfficerRef("pt.marques", "pt", {"desk": OfficeKind.PROSECUTOR})


class Desk:
    """A case at a node: the acts of redaction in it, the tables of names that are kept, and what happens once they were looked at."""

    def __init__(self):
        self.steps = ()
        self.text = b"Alice called Bob.\n"
        self.tables = {}
        self.copies = {}
        self.meanwhile = []
        self.numbers = count(1)
        kept = SimpleNamespace(
            of_case=lambda _case: [SimpleNamespace(exhibit=each, role=Role.NAMES) for each in self.tables]
        )
        self.bench = SimpleNamespace(
            random=SimpleNamespace(take=self.take),
            imaging=None,
            records=SimpleNamespace(exhibits=kept),
            evidence=SimpleNamespace(read_alone=lambda name, _identity: self.tables[name]),
        )

    def take(self, size):
        return next(self.numbers).to_bytes(size, "big")

    def keep(self, _bench, _command, name, role, content):
        if role is Role.NAMES:
            self.tables[name] = content
        else:
            self.copies[name] = content
        return StoredObject(ITEM, len(content))

    def destroy(self, _bench, name):
        self.tables.pop(name, None)
        del self.copies[name]

    def names(self, bench, case):
        found = NAMES(bench, case)
        if self.meanwhile:
            self.meanwhile.pop()()
        return found

    def state(self, *_):
        return CaseState(CASE, steps=self.steps)

    def file(self, _bench, _body, done):
        if done(self.state()):
            return SimpleNamespace(indexes={})
        act = self.take(32).hex()
        kind, direction = ActType.ITEM_REDACTED, Direction.ISSUED
        self.steps += (Step(act, kind, "pt", (), direction, NOON, NOON, "node", Urgency.ORDINARY, "", (), OPENING),)
        return SimpleNamespace(indexes={act: 0})

    def redact(self, *persons):
        """Each person is one spelling, or several."""
        words = tuple((each,) if isinstance(each, str) else each for each in persons)
        return redact(self.bench, OFFICER, RedactItem(CASE, EXHIBIT, ITEM, "desk", persons=words))

    def shown(self, made):
        return {person.alias: person.spellings for person in names_table(self.bench, made.derived).persons}


@pytest.fixture
def desk(monkeypatch):
    made = Desk()
    descriptor = SimpleNamespace(media_type="text/plain", sha256=bytes(32))
    for name, instead in {
        "_open": lambda *_: SimpleNamespace(opening=OPENING, descriptor=descriptor, content=made.text),
        "_keep_alone": made.keep,
        "_names": made.names,
        "opened": lambda _bench, derived, *_: SimpleNamespace(packed=SimpleNamespace(manifest=derived), identity=""),
        "destroy": made.destroy,
        "state_of": made.state,
        "compose": lambda *_, **words: words["body"],
        "file_own": made.file,
    }.items():
        monkeypatch.setattr(redacting, name, instead)
    return made


def test_two_persons_who_are_named_at_the_same_time_do_not_bear_one_name(desk):
    desk.meanwhile.append(lambda: desk.redact("Bob"))
    late = desk.redact("Alice")
    assert {person.alias: person.spellings for person in desk.names(desk.bench, CASE).persons} == {
        "person-1": ("Bob",),
        "person-2": ("Alice",),
    }
    assert desk.copies[late.derived] == b"[person-2] called Bob.\n"
    assert (len(desk.steps), len(desk.copies), len(desk.tables)) == (2, 2, 2)


def test_one_person_who_is_named_twice_at_the_same_time_bears_one_name(desk):
    desk.meanwhile.append(lambda: desk.redact("Alice"))
    desk.redact("Alice")
    assert set(desk.copies.values()) == {b"[person-1] called Bob.\n"}


def test_a_spelling_that_a_known_person_was_given_later_is_theirs_in_every_copy_after_it(desk):
    for spellings in ("Alice", ("Alice", "Bob"), "Bob"):
        desk.redact(spellings)
    assert [(person.alias, person.spellings) for person in desk.names(desk.bench, CASE).persons] == [
        ("person-1", ("Alice", "Bob"))
    ]
    assert list(desk.copies.values())[1:] == [b"[person-1] called [person-1].\n"] * 2


def test_who_is_who_in_one_copy_says_nothing_of_persons_in_another(desk):
    first = desk.redact(("Alice", "her street"))
    desk.text = b"[person-1] and person-1 were there with Carol.\n"
    second = desk.redact("Carol")
    assert desk.copies[second.derived] == b"[person-1] and person-1 were there with [person-2].\n"
    assert desk.shown(second) == {"person-2": ("Carol",)}
    assert desk.shown(first) == {"person-1": ("Alice", "her street")}


def test_who_is_asked_for_in_a_copy_and_does_not_stand_in_it_is_not_shown_with_it(desk):
    desk.redact("Alice")
    desk.text = b"Carol was there alone.\n"
    second = desk.redact("Alice", "Carol")
    assert (desk.shown(second), second.persons) == ({"person-2": ("Carol",)}, 1)
