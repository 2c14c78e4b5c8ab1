import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.exchange.hpke import Purpose
from comity.exchange.wrapped_keys import SECRET_LIMIT, unwrap_key, wrap_key
from comity.vocabulary.errors import BrokenInputError, ErrorCode

SECRET = b"AGE-SECRET-KEY-1 and so on"


def wrapped(world, secret=SECRET, **changed) -> str:
    fields = {
        "purpose": Purpose.EXHIBIT_KEY,
        "recipient": "de",
        "recipient_key": world.de.agreement.public,
        "subject": b"exhibit 1",
    }
    return wrap_key(secret, cipher=world.cipher, **(fields | changed))


def unwrapped(world, text, **changed) -> bytes:
    fields = {"purpose": Purpose.EXHIBIT_KEY, "recipient": "de", "keys": world.de.keys, "subject": b"exhibit 1"}
    return unwrap_key(text, cipher=world.cipher, **(fields | changed))


def refused(world, text, **changed) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        unwrapped(world, text, **changed)
    return caught.value.code


_WRAPPED: list[str] = []


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 6))
def test_any_flipped_bit_is_refused(still_world, place, bit):
    if not _WRAPPED:
        _WRAPPED.append(wrapped(still_world))
    data = bytearray(_WRAPPED[0].encode())
    data[place % len(data)] ^= 1 << bit
    assert refused(still_world, data.decode()) in {ErrorCode.MALFORMED, ErrorCode.CANNOT_DECRYPT}


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 1500, "not base64!"], ids=len)
def test_what_is_too_short_or_no_base64_is_malformed(world, text):
    assert refused(world, text) is ErrorCode.MALFORMED


def test_what_is_too_long_is_oversized(world):
    assert refused(world, "A" * 4000) is ErrorCode.OVERSIZED
    with pytest.raises(BrokenInputError):
        wrapped(world, bytes(SECRET_LIMIT + 1))


@pytest.mark.parametrize(
    "changed", [{"subject": b"exhibit 2"}, {"purpose": Purpose.REVIEW_KEY}, {"recipient": "provider"}], ids=str
)
def test_a_key_copied_to_another_subject_purpose_or_reader_does_not_open(world, changed):
    assert refused(world, wrapped(world), **changed) is ErrorCode.CANNOT_DECRYPT


def test_another_node_cannot_open_it(world):
    assert refused(world, wrapped(world), keys=world.provider.keys, recipient="provider") is ErrorCode.CANNOT_DECRYPT


def test_the_recipient_gets_the_secret(world):
    assert unwrapped(world, wrapped(world)) == SECRET
    assert unwrapped(world, wrapped(world, bytes(SECRET_LIMIT))) == bytes(SECRET_LIMIT)
