"""Strict decoding: what is well formed comes back, and no way of naming a key twice passes."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode, encode


class Inner(Struct, frozen=True, forbid_unknown_fields=True):
    number: int = 0
    words: dict[str, str] = {}


class Outer(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()


inners = st.builds(Inner, st.integers(-(2**53), 2**53), st.dictionaries(st.text(), st.text(), max_size=3))
outers = st.builds(Outer, st.text(), inners, st.lists(inners, max_size=3).map(tuple))
spaces = st.text(" \n\t\r", max_size=2)


@given(outers)
def test_what_was_encoded_is_decoded(value) -> None:
    assert decode(encode(value), Outer, limit=1 << 20) == value


@given(outers)
def test_another_encoding_of_the_same_value_is_decoded_too(value) -> None:
    pretty = json.dumps(msgspec.to_builtins(value), indent=1, sort_keys=True).encode()
    assert decode(pretty, Outer, limit=1 << 20) == value


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"a","name":"a"}',
        '{"name":"a","name":"b"}',
        '{"name":"b","n\\u0061me":"a"}',
        '{"name":"a","inner":{"number":1,"number":1}}',
        '{"name":"a","inner":{"words":{"x":"1","x":"2"}}}',
        '{"name":"a","inner":{"words":{"x":"1","x":"1"}}}',
        '{"name":"a","many":[{"number":1},{"number":2,"number":2}]}',
        '{"name":"a","inner":{"number":2},"inner":{"number":2}}',
    ],
)
@given(space=spaces)
def test_a_key_that_stands_twice_is_refused_whatever_its_values_and_spaces(text, space) -> None:
    for data in (text, text.replace(",", space + "," + space), space + text + space):
        with pytest.raises(BrokenInputError) as refused:
            decode(data.encode(), Outer, limit=1 << 20)
        assert refused.value.code is ErrorCode.DUPLICATE_KEY


@given(st.binary(max_size=200))
def test_bytes_that_are_no_such_value_are_refused_with_a_code(data) -> None:
    with pytest.raises(BrokenInputError) as refused:
        decode(data, Outer, limit=1 << 20)
    assert refused.value.code in {ErrorCode.MALFORMED, ErrorCode.DUPLICATE_KEY, ErrorCode.UNKNOWN_TYPE}
