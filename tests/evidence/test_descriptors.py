from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.evidence.items.descriptors import (
    MAX_FRAME,
    MAX_MEMBERS,
    MAX_NAME,
    MAX_SOURCE_NAME,
    MAX_TARGETS,
    MEMBER_NAME,
    ItemDescriptor,
    Member,
    Members,
    frame,
    is_source_name,
    item_name,
    raw_name,
    unframe,
)
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.targets import Target, TargetKind

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def descriptor(**changes: object) -> ItemDescriptor:
    plain = ItemDescriptor("a.eml", 3, bytes(32), "message/rfc822", DataCategory.CONTENT, NOON, NOON, "mail-store")
    return msgspec.structs.replace(plain, **changes)


HOSTILE_NAMES = [
    "../../etc/passwd",
    "a\nb\r\n\x00c",
    "x" * 4_000,
    "%00%FF",
    "\u202egpj.exe",
    "<script>alert(1)</script>",
    "-rf",
    " ",
    "\U0010ffff",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_pass_through_a_frame_unchanged(name):
    assert unframe(frame(descriptor(name=name))).name == name


@pytest.mark.parametrize("unpacked", [False, True])
@pytest.mark.parametrize(
    "members", [None, Members(1, 2, 0, 0, whole=True, out_of_proportion=False, listed=(Member("a", 2),))]
)
@pytest.mark.parametrize("out_of", [None, bytes(range(32))])
def test_what_an_archive_brings_passes_through_a_frame(unpacked, members, out_of):
    one = descriptor(unpacked=unpacked, members=members, out_of=out_of)
    assert unframe(frame(one)) == one


@given(st.binary(max_size=300))
def test_every_raw_name_becomes_text_without_loss(raw):
    name = item_name(raw)
    assert raw_name(name) == raw
    assert name.encode("utf-8").decode("utf-8") == name


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="%"), max_size=60))
def test_ordinary_names_stay_as_they_are(name):
    assert item_name(name.encode()) == name


def test_two_raw_names_that_look_alike_stay_two_names():
    assert item_name(b"a\xff") != item_name(b"a%FF")
    assert item_name(b"a%") == "a%"


@given(st.binary(max_size=400))
def test_no_bytes_make_the_frame_reader_raise_anything_else(data):
    with suppress(BrokenInputError):
        unframe(data)
    with suppress(BrokenInputError):
        unframe(len(data).to_bytes(4) + data)


@given(st.data())
def test_a_flipped_bit_never_gives_the_same_descriptor(data):
    original = descriptor(targets=(Target(TargetKind.EMAIL, "a@b.example"),))
    bits = bytearray(frame(original))
    at = data.draw(st.integers(0, len(bits) * 8 - 1))
    bits[at // 8] ^= 1 << at % 8
    with suppress(BrokenInputError):
        assert unframe(bytes(bits)) != original


@pytest.mark.parametrize("cut", [b"", b"\x00", b"\x00\x00\x00\x09123"])
def test_a_frame_of_another_length_than_it_says_is_refused(cut):
    with pytest.raises(BrokenInputError) as caught:
        unframe(cut)
    assert caught.value.code is ErrorCode.MALFORMED


def test_bytes_behind_a_frame_are_refused():
    with pytest.raises(BrokenInputError):
        unframe(frame(descriptor()) + b"x")


def test_a_field_more_than_known_is_refused():
    body = msgspec.msgpack.encode([*msgspec.to_builtins(descriptor(), builtin_types=(bytes, datetime)), "extra"])
    with pytest.raises(BrokenInputError) as caught:
        unframe(len(body).to_bytes(4) + body)
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * (MAX_NAME + 1)},
        {"size": -1},
        {"sha256": bytes(31)},
        {"category": "secret"},
        {"first": None},
        {"last": NOON - timedelta(seconds=1)},
        {"first": NOON.replace(tzinfo=None)},
        {"targets": [{"kind": "email", "value": "a@B.EXAMPLE"}]},
        {"targets": [{"kind": "ipv4", "value": "10.0.0.1"}] * 33},
    ],
)
def test_a_descriptor_that_breaks_a_rule_is_refused(changes):
    fields = msgspec.to_builtins(descriptor(), builtin_types=(bytes, datetime))
    names = list(ItemDescriptor.__struct_fields__)
    for name, value in changes.items():
        fields[names.index(name)] = value
    body = msgspec.msgpack.encode(fields)
    with pytest.raises(BrokenInputError) as caught:
        unframe(len(body).to_bytes(4) + body)
    assert caught.value.code is ErrorCode.MALFORMED


def test_an_oversized_frame_is_refused_before_it_is_read():
    with pytest.raises(BrokenInputError) as caught:
        unframe(bytes(MAX_FRAME + 1))
    assert caught.value.code is ErrorCode.OVERSIZED


MAIL = Target(TargetKind.EMAIL, "\U0001f600" * 64 + "@" + "\U0001f600" * 253)
LONGEST = descriptor(
    size=1 << 62,
    media_type="m" * 127,
    source="\U0001f600" * 256,
    targets=(MAIL,) * MAX_TARGETS,
    more_targets=True,
    members=Members(
        *(1 << 62,) * 4,
        whole=True,
        out_of_proportion=True,
        listed=(Member("\U0001f600" * MEMBER_NAME, 1 << 62),) * MAX_MEMBERS,
    ),
    unpacked=True,
    out_of=bytes(32),
    zone="America/Argentina/ComodRivadavia",
    first=NOON.replace(microsecond=1),
    last=NOON.replace(microsecond=1),
    file_time=NOON.replace(microsecond=1),
)


@given(st.characters(exclude_categories=("Cs",)), st.sampled_from([0, 1]))
def test_a_frame_has_room_for_every_name_that_a_source_may_have_beside_the_longest_of_everything(character, more):
    name = character * (MAX_SOURCE_NAME // len(character.encode()) + more)
    if is_source_name(name):
        one = msgspec.structs.replace(LONGEST, name=name + "/2026-11-02/" + "1" * 20)
        assert unframe(frame(one)) == one
    else:
        assert more


def test_an_error_carries_no_content():
    secret = "kept-from-logs"
    body = msgspec.msgpack.encode([secret])
    with pytest.raises(BrokenInputError) as caught:
        unframe(len(body).to_bytes(4) + body)
    assert secret not in f"{caught.value}{caught.value.found}{caught.value.expected}"


def test_the_encoding_is_frozen():
    assert frame(descriptor()).hex() == (
        "0000005f9fa5612e656d6c03c420" + "00" * 32 + "ae6d6573736167652f726663383232a7636f6e74656e74"
        "d6ff6ae9ccc0d6ff6ae9ccc0aa6d61696c2d73746f726590c2c0c2c0a0c0"
    )
