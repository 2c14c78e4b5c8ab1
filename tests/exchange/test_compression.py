import hashlib
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.exchange.compression import deflate, inflate
from comity.exchange.dictionaries import ANSWER_DICTIONARY, BUNDLE_DICTIONARY
from comity.vocabulary.errors import BrokenInputError, ErrorCode

WORDS = b'"type":"hold-confirmed","exhibit":"'


def refused(pressed, limit=1 << 20, dictionary=b"words"):
    with pytest.raises(BrokenInputError) as caught:
        inflate(pressed, dictionary, limit=limit)
    return caught.value.code


def test_a_bomb_costs_no_more_memory_than_the_limit():
    bomb = deflate(bytes(256 << 20), b"")
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    try:
        assert refused(bomb, 1 << 20, b"") is ErrorCode.OVERSIZED
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_the_limit_itself_is_allowed_and_one_byte_more_is_not():
    assert inflate(deflate(bytes(1000), b""), b"", limit=1000) == bytes(1000)
    assert refused(deflate(bytes(1001), b""), 1000, b"") is ErrorCode.OVERSIZED


@given(st.integers(0, 200))
def test_a_stream_cut_anywhere_is_refused(cut):
    pressed = deflate(bytes(range(256)), b"words")
    assert refused(pressed[: min(cut, len(pressed) - 1)]) is ErrorCode.MALFORMED


def test_bytes_after_the_stream_are_refused():
    assert refused(deflate(b"one message", b"words") + b"\x00") is ErrorCode.MALFORMED


def test_a_second_stream_after_the_first_is_refused():
    assert refused(deflate(b"one", b"words") * 2) is ErrorCode.MALFORMED


@given(st.binary(max_size=60))
def test_any_bytes_give_a_result_within_the_limit_or_a_coded_refusal(noise):
    try:
        found = inflate(noise, b"words", limit=50)
    except BrokenInputError as error:
        found = error.code
    assert found in {ErrorCode.MALFORMED, ErrorCode.OVERSIZED} or len(found) <= 50


def test_a_stream_that_needs_the_dictionary_is_refused_without_it():
    assert refused(deflate(WORDS, BUNDLE_DICTIONARY), dictionary=b"") is ErrorCode.MALFORMED


def test_a_zlib_or_gzip_wrapper_is_not_a_raw_stream():
    assert refused(zlib.compress(b"wrapped")) is ErrorCode.MALFORMED


@given(st.binary(max_size=3000))
def test_what_was_deflated_inflates_to_the_same(plain):
    assert inflate(deflate(plain, BUNDLE_DICTIONARY), BUNDLE_DICTIONARY, limit=3000) == plain


def test_the_dictionaries_of_version_1_never_change():
    # A changed dictionary makes every message of every peer unreadable: add another with a new envelope version.
    digests = [hashlib.sha256(words).hexdigest() for words in (BUNDLE_DICTIONARY, ANSWER_DICTIONARY)]
    assert digests == [
        "d21c75ce6c8d7ebd28d830a2514a2ac814f08162b058d2d8a3954803cb859397",
        "f27d65a6b2eec1accd254840e657792e0db56dc499bccc08998867f89c3a46ea",
    ]
