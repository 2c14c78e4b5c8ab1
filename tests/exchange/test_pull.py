from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.bodies import KeyRotated
from comity.acts.matters import StoredObject
from comity.acts.payload import act_id, write_payload
from comity.acts.receipt_format import Receipt
from comity.exchange.pull import (
    PullTicket,
    authorised,
    content_range,
    issue_ticket,
    next_byte,
    range_start,
    verify_ticket,
)
from comity.exchange.tickets import TICKET_LIMIT
from comity.trust.jws import make_signature
from comity.trust.keys import SealKey, seal_certificate
from comity.trust.receipts import seal_receipt
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, encode

HAND_OVER, WANTED = "ab" * 32, "cd" * 32


def ticket(world, sealer=None, **changed) -> str:
    fields = {"puller": "pt", "holder": "de", "hand_over": HAND_OVER, "wanted": WANTED, "at": world.at}
    return issue_ticket(sealer or world.pt.sealer, **(fields | changed))


def verify(world, text, **changed):
    known = {"directory": world.directory, "holder": "de", "wanted": WANTED, "at": world.at}
    return verify_ticket(text, **(known | changed))


def refused(action, *arguments, **named) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action(*arguments, **named)
    return caught.value.code


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 6))
def test_any_flipped_bit_is_refused(still_world, place, bit):
    data = bytearray(ticket(still_world).encode())
    data[place % len(data)] ^= 1 << bit
    refused(verify, still_world, data.decode())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_coded_refusal(still_world, noise):
    assert refused(verify, still_world, noise) in {ErrorCode.MALFORMED, ErrorCode.UNKNOWN_TYPE}


def test_a_ticket_above_the_limit_is_refused(world):
    assert refused(verify, world, "x" * (TICKET_LIMIT + 1)) is ErrorCode.OVERSIZED


def test_a_ticket_for_another_holder_is_refused(world):
    assert refused(verify, world, ticket(world, holder="provider")) is ErrorCode.NOT_ADDRESSED


def test_a_ticket_for_another_object_is_refused(world):
    assert refused(verify, world, ticket(world, wanted="ef" * 32)) is ErrorCode.NOT_ADDRESSED


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_ticket_of_another_time_is_refused(world, minutes):
    assert refused(verify, world, ticket(world), at=world.at + timedelta(minutes=minutes)) is ErrorCode.KEY_NOT_VALID


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_ticket_is_good_for_a_few_minutes_whichever_clock_is_ahead(world, minutes):
    assert verify(world, ticket(world), at=world.at + timedelta(minutes=minutes)).puller == "pt"


def test_a_ticket_sealed_by_another_node_is_refused(world):
    assert refused(verify, world, ticket(world, world.provider.sealer)) is ErrorCode.KEY_NOT_VALID


def test_a_puller_that_is_in_no_directory_is_refused(world):
    assert refused(verify, world, ticket(world, puller="nobody")) is ErrorCode.UNKNOWN_SENDER


def test_a_ticket_under_a_key_that_has_ended_is_refused(world):
    seed = b"n" * 32
    begins = world.at - timedelta(days=1)
    new = seal_certificate(seed, "pt", not_before=begins, not_after=begins.replace(year=2028), serial=8)
    public = b64url(SealKey(seed, new).public)
    rotated = KeyRotated(key="seal", public=public, valid_from=world.at + timedelta(minutes=1), certificate=b64url(new))
    directory = world.directory.with_rotation("pt", rotated, HAND_OVER, world.at)
    assert verify(world, ticket(world), directory=directory).puller == "pt"
    # The old key could still date a ticket back to when it was valid.
    late = world.at + timedelta(minutes=2)
    assert refused(verify, world, ticket(world), directory=directory, at=late) is ErrorCode.KEY_NOT_VALID


def test_a_receipt_under_the_same_key_is_no_ticket(world):
    receipt = seal_receipt(Receipt("pt", "de", world.at, 0, (), "", ()), world.pt.sealer, at=world.at)
    text = f"{receipt.protected}.{receipt.payload}.{receipt.signature}"
    assert refused(verify, world, text) is ErrorCode.MALFORMED


def test_a_statement_of_another_kind_is_no_ticket(world):
    payload = b64url(encode(PullTicket("comity-other-v1", "pt", "de", HAND_OVER, WANTED, world.at)))
    signature = make_signature(payload, world.pt.sealer, at=world.at)
    assert refused(verify, world, f"{signature.protected}.{payload}.{signature.signature}") is ErrorCode.MALFORMED


def test_a_ticket_with_approvals_is_refused(world):
    payload = b64url(encode(PullTicket("comity-pull-v1", "pt", "de", HAND_OVER, WANTED, world.at)))
    signature = make_signature(payload, world.pt.sealer, at=world.at, approvals=(world.approval(),))
    assert refused(verify, world, f"{signature.protected}.{payload}.{signature.signature}") is ErrorCode.MALFORMED


def test_a_ticket_says_what_it_was_issued_for(world):
    assert verify(world, ticket(world)) == PullTicket("comity-pull-v1", "pt", "de", HAND_OVER, WANTED, world.at)


class HandOver:
    """A hand-over of two objects by `de` to `pt`, and the ticket for one of them."""

    def __init__(self, world) -> None:
        self.objects = [StoredObject(world.noise(32).hex(), 5000 + n) for n in range(2)]
        self.body = world.hand_over(*self.objects)
        self.payload = world.payload("de", ("pt",), self.body)
        self.id = act_id(write_payload(self.payload))
        self.ticket = PullTicket("comity-pull-v1", "pt", "de", self.id, self.objects[1].digest, world.at)

    def asking(self, **changed) -> PullTicket:
        return msgspec.structs.replace(self.ticket, **changed)


def test_the_hand_over_gives_its_objects_and_its_manifest_to_its_addressee(world):
    given = HandOver(world)
    assert authorised(given.ticket, given.id, given.payload) == given.objects[1]
    assert authorised(given.asking(object=given.body.manifest.digest), given.id, given.payload) == given.body.manifest


@pytest.mark.parametrize(
    "changed", [{"puller": "provider"}, {"holder": "provider"}, {"object": WANTED}, {"hand_over": HAND_OVER}], ids=str
)
def test_nobody_else_gets_anything_else_under_a_hand_over(world, changed):
    given = HandOver(world)
    assert refused(authorised, given.asking(**changed), given.id, given.payload) is ErrorCode.NOT_ALLOWED


def test_an_act_that_gives_nothing_gives_nothing(world):
    given = HandOver(world)
    payload = world.payload("de", ("pt",), world.confirmation())
    assert refused(authorised, given.ticket, given.id, payload) is ErrorCode.NOT_ALLOWED


def test_openings_for_an_overseer_are_fetched_the_same_way(world):
    openings = StoredObject(WANTED, 900)
    payload = world.payload("de", ("pt",), world.review(openings))
    asked = PullTicket("comity-pull-v1", "pt", "de", HAND_OVER, WANTED, world.at)
    assert authorised(asked, HAND_OVER, payload) == openings


@pytest.mark.parametrize(
    "header",
    [
        *("", "bytes=", "bytes=-", "bytes=-5", "bytes=0-5", "bytes=0-,5-", "bytes=00-", "bytes=1 -", "Bytes=1-"),
        *("items=1-", "bytes=1-\n", "bytes=1-x", "bytes=+1-", "bytes=\u0661-", "bytes=" + "9" * 5000 + "-"),
    ],
    ids=lambda header: ascii(header)[:20],
)
def test_only_one_form_of_range_is_served(header):
    assert refused(range_start, header, 100) is ErrorCode.MALFORMED


@pytest.mark.parametrize("start", [100, 101, 10**18])
def test_a_range_that_starts_outside_is_not_found(start):
    assert refused(range_start, f"bytes={start}-", 100) is ErrorCode.NOT_FOUND


def test_no_range_means_the_whole_object():
    assert range_start(None, 100) == 0
    assert range_start("bytes=0-", 100) == 0
    assert range_start("bytes=99-", 100) == 99


def test_a_new_fetch_asks_for_everything_and_a_broken_one_for_the_rest():
    assert next_byte(0, 100) == 0
    assert next_byte(40, 100) == 40
    assert next_byte(100, 100) is None


def test_more_bytes_than_the_object_has_are_thrown_away():
    assert next_byte(101, 100) == 0


@given(st.integers(1, 1 << 50), st.data())
def test_a_connection_broken_anywhere_resumes_to_exactly_the_object(size, data):
    have = 0
    for _ in range(4):
        asked = next_byte(have, size)
        start = range_start(f"bytes={asked}-" if asked else None, size)
        assert content_range(start, size) == f"bytes {have}-{size - 1}/{size}"
        have = data.draw(st.integers(start, size))
        if have == size:
            break
    assert next_byte(size, size) is None
