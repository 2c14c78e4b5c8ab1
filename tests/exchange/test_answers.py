from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.receipt_format import ActRejected, GivenReceipt, SealedReceipt
from comity.exchange.answers import (
    ANSWER_LIMIT,
    HEADER_BYTES,
    REPLY_KEY_LIFE,
    _answer_key,
    open_answer,
    seal_answer,
)
from comity.exchange.compression import deflate
from comity.exchange.dictionaries import ANSWER_DICTIONARY
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Posted:
    """One envelope that was sent and arrived."""

    def __init__(self, world) -> None:
        self.bundle = world.bundle()
        self.envelope = world.post(self.bundle)
        self.arrived = world.arrive(self.envelope.data)
        self.at = world.at

    def seal(self, answer, salt=b"s" * 32) -> bytes:
        return seal_answer(answer, envelope=self.arrived, salt=salt)

    def open(self, data, *, bundle=None, envelope=None, at=None):
        return open_answer(data, bundle=bundle or self.bundle, envelope=envelope or self.envelope, at=at or self.at)

    def refused(self, data, **changed) -> ErrorCode:
        with pytest.raises(BrokenInputError) as caught:
            self.open(data, **changed)
        return caught.value.code


_POSTED: list[Posted] = []


def posted_once(world) -> Posted:
    if not _POSTED:
        _POSTED.append(Posted(world))
    return _POSTED[0]


@pytest.fixture
def posted(world) -> Posted:
    return Posted(world)


def some_answer(world):
    receipt = GivenReceipt(SealedReceipt("cGF5bG9hZA", "cHJvdGVjdGVk", "c2ln"), ("ef" * 32,))
    rejected = ActRejected("cd" * 32, ErrorCode.BAD_SEAL, "a seal does not verify", retry=False)
    return world.answer(receipt, waiting=("ab" * 32,), rejected=(rejected,))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 7))
def test_any_flipped_bit_is_refused(still_world, place, bit):
    posted = posted_once(still_world)
    data = bytearray(posted.seal(some_answer(still_world)))
    data[place % len(data)] ^= 1 << bit
    assert posted.refused(bytes(data)) in {ErrorCode.MALFORMED, ErrorCode.CANNOT_DECRYPT}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.binary(max_size=9))
def test_an_answer_cut_or_lengthened_is_refused(still_world, place, more):
    posted = posted_once(still_world)
    data = posted.seal(some_answer(still_world))
    assert posted.refused(data[: place % len(data)] + more) in {ErrorCode.MALFORMED, ErrorCode.CANNOT_DECRYPT}


def test_the_answer_to_another_envelope_with_the_same_reply_key_does_not_open(world, posted):
    twin = world.post(posted.bundle)
    elsewhere = seal_answer(some_answer(world), envelope=world.arrive(twin.data), salt=b"s" * 32)
    assert posted.refused(elsewhere) is ErrorCode.CANNOT_DECRYPT
    assert posted.open(elsewhere, envelope=twin) == some_answer(world)


def test_another_reply_key_does_not_open_it(world, posted):
    other = msgspec.structs.replace(posted.bundle, reply_key=bytes(32))
    assert posted.refused(posted.seal(some_answer(world)), bundle=other) is ErrorCode.CANNOT_DECRYPT


def test_an_answer_turned_round_does_not_open(world, posted):
    # What `de` answered `pt` must not pass for what `pt` answered `de`.
    turned = msgspec.structs.replace(posted.bundle, sender="de", recipient="pt")
    assert posted.refused(posted.seal(some_answer(world)), bundle=turned) is ErrorCode.CANNOT_DECRYPT


def test_an_answer_after_the_reply_key_has_expired_is_refused(world, posted):
    data = posted.seal(some_answer(world))
    late = posted.at + REPLY_KEY_LIFE
    assert posted.open(data, at=late) == some_answer(world)
    assert posted.refused(data, at=late + timedelta(microseconds=1)) is ErrorCode.KEY_NOT_VALID


def test_two_answers_to_one_envelope_share_no_keystream(world, posted):
    # The envelope delivered twice: with one keystream the difference of the answers would be that of their words.
    one, other = posted.seal(some_answer(world), b"1" * 32), posted.seal(some_answer(world), b"2" * 32)
    assert posted.open(one) == posted.open(other)
    same = sum(a == b for a, b in zip(one[HEADER_BYTES:], other[HEADER_BYTES:], strict=True))
    assert same < len(one) // 8


@pytest.mark.parametrize("length", [0, 12, 31, 33])
def test_a_salt_of_another_length_is_refused(world, posted, length):
    with pytest.raises(BrokenInputError):
        posted.seal(some_answer(world), bytes(length))


def test_an_answer_above_the_limit_is_refused_before_it_is_decrypted(posted):
    assert posted.refused(bytes(ANSWER_LIMIT + 1)) is ErrorCode.OVERSIZED


def forged(posted, pressed) -> bytes:
    """What a hostile peer, who has the reply key, can put into an answer."""
    salt = b"s" * 32
    derived = _answer_key(posted.bundle, posted.envelope.digest, salt)
    header = b"CMTA\x01" + salt
    return header + ChaCha20Poly1305(derived.key).encrypt(derived.nonce, pressed, header)


def test_a_bomb_in_an_answer_is_refused(posted):
    assert posted.refused(forged(posted, deflate(bytes(64 << 20), b""))) is ErrorCode.OVERSIZED


SPOILED_ANSWERS = {
    "a field too few": [[], []],
    "a field too many": [[], [], [], []],
    "a short id": [[], [b"short"], []],
    "too many": [[], [b"x" * 32] * 513, []],
    "no code": [[], [], [[b"x" * 32, "Not a code", "", False]]],
    "too many words": [[], [], [[b"x" * 32, "bad-seal", "w" * 501, False]]],
    "a number for a truth value": [[], [], [[b"x" * 32, "bad-seal", "", 0]]],
    "no list": {"receipts": []},
}


@pytest.mark.parametrize("spoiled", SPOILED_ANSWERS.values(), ids=SPOILED_ANSWERS)
def test_an_answer_of_another_form_is_refused(posted, spoiled):
    data = deflate(msgspec.msgpack.encode(spoiled), ANSWER_DICTIONARY)
    assert posted.refused(forged(posted, data)) is ErrorCode.MALFORMED


def test_a_code_of_a_newer_peer_is_told_and_the_answer_is_still_read(posted):
    data = deflate(msgspec.msgpack.encode([[], [], [[b"x" * 32, "never-heard-of", "why", True]]]), ANSWER_DICTIONARY)
    (rejected,) = posted.open(forged(posted, data)).rejected
    assert rejected.code is ErrorCode.UNKNOWN_TYPE
    assert not rejected.retry
    assert "never-heard-of" in rejected.what


def test_an_answer_comes_back_as_it_was_given(world, posted):
    assert posted.open(posted.seal(some_answer(world))) == some_answer(world)
    assert posted.open(posted.seal(world.answer())) == world.answer()


def test_every_error_code_can_be_carried(world, posted):
    rejected = tuple(ActRejected(f"{n:064x}", code, "", retry=True) for n, code in enumerate(ErrorCode))
    assert posted.open(posted.seal(world.answer(rejected=rejected))).rejected == rejected


def test_a_long_explanation_is_cut_rather_than_the_answer_lost(world, posted):
    rejected = ActRejected("cd" * 32, ErrorCode.LAW_UNMET, "w" * 2000, retry=False)
    (carried,) = posted.open(posted.seal(world.answer(rejected=(rejected,)))).rejected
    assert carried.what == "w" * 500
