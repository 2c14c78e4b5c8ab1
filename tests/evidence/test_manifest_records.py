from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.evidence.items.exhibit_seal import BoundSegment
from comity.evidence.items.manifest import (
    MAX_RECORD,
    VERSION,
    ManifestEnd,
    ManifestHeader,
    ManifestItem,
    ManifestReader,
    encode_record,
)
from comity.evidence.items.segment_index import ChunkReference, Span
from comity.vocabulary.errors import BrokenInputError, ErrorCode

HEADER = ManifestHeader(VERSION, "a" * 32, "b" * 32, (BoundSegment(bytes(32), 2),))
ITEM = ManifestItem(b"frame", bytes(32), 0, 1, (bytes(32),), (Span(0, 0, 5),))
END = ManifestEnd(1, 5, (ChunkReference(bytes(32), 300, 5),))
WHOLE = [encode_record(record) for record in (HEADER, ITEM, END)]


def read(data: bytes) -> list[object]:
    reader = ManifestReader()
    records = reader.feed(data)
    reader.finish()
    return records


@given(st.integers(1, 400))
def test_records_come_out_as_they_went_in_however_the_bytes_arrive(size):
    reader, data = ManifestReader(), b"".join(WHOLE)
    records = [record for at in range(0, len(data), size) for record in reader.feed(data[at : at + size])]
    reader.finish()
    assert records == [HEADER, ITEM, END]


@pytest.mark.parametrize(
    "records",
    [
        [],
        WHOLE[1:],
        WHOLE[:2],
        [*WHOLE, WHOLE[1]],
        [*WHOLE, WHOLE[2]],
        [WHOLE[0], *WHOLE],
        [WHOLE[0], WHOLE[2]],
        [WHOLE[0], WHOLE[1], WHOLE[1], WHOLE[2]],
        [*WHOLE, b"\x00"],
        [*WHOLE[:2], WHOLE[2][:-1]],
        [WHOLE[0], b"\x00\x00\x00\x01\xc0"],
        [encode_record(msgspec.structs.replace(HEADER, version=2)), *WHOLE[1:]],
    ],
)
def test_records_in_another_order_cut_short_or_miscounted_are_refused(records):
    with pytest.raises(BrokenInputError) as caught:
        read(b"".join(records))
    assert caught.value.code in {ErrorCode.MALFORMED, ErrorCode.UNKNOWN_TYPE}


def test_a_record_that_announces_too_much_is_refused_at_its_length():
    with pytest.raises(BrokenInputError) as caught:
        ManifestReader().feed((MAX_RECORD + 1).to_bytes(4))
    assert caught.value.code is ErrorCode.OVERSIZED


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise_anything_else(data):
    reader = ManifestReader()
    with suppress(BrokenInputError):
        reader.feed(WHOLE[0])
        reader.feed(len(data).to_bytes(4) + data)
        reader.finish()


@given(st.data())
def test_a_flipped_bit_is_refused_or_gives_another_record(data):
    bits = bytearray(b"".join(WHOLE))
    at = data.draw(st.integers(0, len(bits) * 8 - 1))
    bits[at // 8] ^= 1 << at % 8
    with suppress(BrokenInputError):
        assert read(bytes(bits)) != [HEADER, ITEM, END]
