"""Drafts, exhibit keys, witnessed logs and officers' tokens."""

import hashlib
import threading
from datetime import timedelta

import pytest
from django.db import connection

from comity.casework.ports.case import StoredDraft, StoredExhibitKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode

HOUR = timedelta(hours=1)


def test_drafts_come_back_whole_and_oldest_first(records, make):
    case = make.case()
    young = StoredDraft(make.digest(), case, b"\x01young", "pt.costa", make.now + timedelta(hours=1))
    old = make.draft(case)
    for draft in (young, old, old):
        records.drafts.keep(draft)
    assert records.drafts.open() == [old, young]
    assert records.drafts.many([young.id, make.digest()]) == [young]
    assert records.drafts.get(old.id) == old
    records.drafts.drop([old.id, make.digest()])
    assert records.drafts.get(old.id) is None
    assert records.drafts.open() == [young]


def test_an_exhibits_key_is_kept_by_role_and_replaced_whole(records, make):
    case, exhibit = make.case(), make.case()
    objects = tuple(make.digest() for _ in range(3))
    held = StoredExhibitKey(exhibit, "held", case, b"wrapped", objects, b"index")
    received = StoredExhibitKey(exhibit, "received", case, b"other", objects[:1])
    records.exhibits.keep(StoredExhibitKey(exhibit, "held", case, b"old", (make.digest(),), b"old"))
    records.exhibits.keep(held)
    records.exhibits.keep(received)
    assert records.exhibits.get(exhibit, "held") == held
    assert records.exhibits.get(exhibit, "quarantine") is None
    assert records.exhibits.of_case(case) == [held, received]
    assert records.exhibits.referred() == set(objects)


def test_objects_come_behind_those_listed_and_none_is_written_again(records, make):
    case, exhibit = make.case(), make.case()
    digests = tuple(make.digest() for _ in range(5))

    def key(wrapped: bytes, objects) -> StoredExhibitKey:
        return StoredExhibitKey(exhibit, "held", case, wrapped, tuple(objects))

    records.exhibits.extend(key(b"1", ()), None)
    records.exhibits.extend(key(b"2", digests[:2]), 0)
    written = _versions(exhibit)
    records.exhibits.extend(key(b"3", digests[2:]), 2)
    records.exhibits.extend(key(b"4", ()), 5)
    assert records.exhibits.get(exhibit, "held") == key(b"4", digests)
    assert _versions(exhibit)[:2] == written
    for listed in (None, 0, 2, 4, 6):
        with pytest.raises(BrokenInputError) as caught:
            records.exhibits.extend(key(b"5", (make.digest(),)), listed)
        assert caught.value.code is ErrorCode.OUT_OF_ORDER
    with pytest.raises(BrokenInputError):
        records.exhibits.extend(StoredExhibitKey(exhibit, "held", make.case(), b"5"), 5)
    with pytest.raises(BrokenInputError):
        records.exhibits.extend(StoredExhibitKey(make.case(), "held", case, b"5"), 0)
    assert records.exhibits.get(exhibit, "held") == key(b"4", digests)


def _versions(exhibit: str) -> list[tuple[int, str]]:
    """Each row of an exhibit's objects, and the transaction that wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT object.place, object.xmin::text FROM comity_exhibitobject object"
            " JOIN comity_exhibitkey key ON key.id = object.key_id WHERE key.exhibit = %s ORDER BY place",
            [bytes.fromhex(exhibit)],
        )
        return cursor.fetchall()


def test_objects_keep_their_order_and_may_stand_twice(records, make):
    one, two = make.digest(), make.digest()
    key = StoredExhibitKey(make.case(), "held", make.case(), b"k", (two, one, two))
    records.exhibits.keep(key)
    assert records.exhibits.get(key.exhibit, "held") == key


def test_dropping_an_exhibit_names_the_objects_nobody_refers_to_any_more(records, make):
    case = make.case()
    shared, own, also_own = sorted(make.digest() for _ in range(3))
    first = StoredExhibitKey(make.case(), "held", case, b"k", (shared, own))
    records.exhibits.keep(first)
    records.exhibits.keep(StoredExhibitKey(first.exhibit, "quarantine", case, b"k", (own, also_own)))
    records.exhibits.keep(StoredExhibitKey(make.case(), "held", case, b"k", (shared,)))
    assert records.exhibits.drop(first.exhibit) == [own, also_own]
    assert records.exhibits.get(first.exhibit, "held") is None
    assert records.exhibits.referred() == {shared}
    assert records.exhibits.drop(first.exhibit) == []


def test_a_witnessed_log_changes_only_as_the_change_says(records):
    logs = records.witnessed_logs
    seen = []
    logs.update("comity/de", lambda old: seen.append(old) or (5, b"r" * 32, "note"))
    logs.update("comity/de", seen.append)
    assert seen == [None, (5, b"r" * 32, "note")]
    assert logs.get("comity/de") == (5, b"r" * 32, "note")
    assert logs.get("comity/provider") is None

    def refuse(_):
        raise BrokenInputError(ErrorCode.FORK, "two histories")

    with pytest.raises(BrokenInputError):
        logs.update("comity/de", refuse)
    assert logs.get("comity/de") == (5, b"r" * 32, "note")


def test_two_witnessings_of_one_new_log_see_each_other(records):
    from django.db import connection

    inside, go = threading.Event(), threading.Event()

    def slow(old):
        inside.set()
        go.wait(0.3)
        return ((old[0] if old else 0) + 1, b"r" * 32, "note")

    def other():
        inside.wait(60)
        records.witnessed_logs.update("comity/de", lambda old: ((old[0] if old else 0) + 1, b"r" * 32, "note"))
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    records.witnessed_logs.update("comity/de", slow)
    thread.join(60)
    assert records.witnessed_logs.get("comity/de")[0] == 2


def test_an_officers_token_counts_until_it_is_revoked(records, make):
    tokens, until = records.officer_tokens, make.now + HOUR
    one, two = (hashlib.sha256(text).hexdigest() for text in (b"one", b"two"))
    tokens.add("pt.costa", one, make.now, until)
    tokens.add("pt.silva", two, make.now, until)
    found = [tokens.find(each, make.now) for each in (one, two, make.digest())]
    assert found == ["pt.costa", "pt.silva", None]
    assert tokens.revoke("pt.costa", make.now) == 1
    assert [tokens.find(each, make.now) for each in (one, two)] == [None, "pt.silva"]
    assert tokens.revoke("pt.costa", make.now) == 0


def test_an_officers_token_ends_by_itself_at_its_instant(records, make):
    one = hashlib.sha256(b"one").hexdigest()
    records.officer_tokens.add("pt.costa", one, make.now, make.now + HOUR)
    assert records.officer_tokens.find(one, make.now + HOUR - timedelta(microseconds=1)) == "pt.costa"
    assert records.officer_tokens.find(one, make.now + HOUR) is None
    assert records.officer_tokens.revoke(None, make.now + HOUR) == 0


def test_all_tokens_are_revoked_at_once(records, make):
    hashes = [make.digest() for _ in range(3)]
    for number, each in enumerate(hashes):
        records.officer_tokens.add(f"pt.o{number}", each, make.now, make.now + HOUR)
    assert records.officer_tokens.revoke(None, make.now) == 3
    assert [records.officer_tokens.find(each, make.now) for each in hashes] == [None] * 3


def test_the_same_token_cannot_be_given_to_another_officer(records, make):
    one = hashlib.sha256(b"one").hexdigest()
    records.officer_tokens.add("pt.costa", one, make.now, make.now + HOUR)
    with pytest.raises(BrokenInputError) as refused:
        records.officer_tokens.add("pt.silva", one, make.now, make.now + HOUR)
    assert refused.value.code is ErrorCode.OUT_OF_ORDER
    assert records.officer_tokens.find(one, make.now) == "pt.costa"
