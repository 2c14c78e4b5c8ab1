import json
import tracemalloc

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.payload import act_id
from comity.exchange.bundle import ACTS_LIMIT, BUNDLE_LIMIT, Bundle, class_of, head, pack, sealed_payload, unpack
from comity.exchange.compression import deflate, inflate
from comity.exchange.dictionaries import BUNDLE_DICTIONARY
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def plain_of(bundle) -> list:
    """The carried form as plain lists, to be spoiled."""
    return msgspec.msgpack.decode(inflate(pack(bundle), BUNDLE_DICTIONARY, limit=BUNDLE_LIMIT))


def pressed(value) -> bytes:
    return deflate(value if isinstance(value, bytes) else msgspec.msgpack.encode(value), BUNDLE_DICTIONARY)


def refused(data) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        unpack(data)
    return caught.value.code


def test_bytes_after_the_bundle_are_refused(world):
    data = msgspec.msgpack.encode(plain_of(world.bundle()))
    assert refused(pressed(data + b"\xc0")) is ErrorCode.MALFORMED
    assert refused(pressed(data) + b"\x00") is ErrorCode.MALFORMED


def test_a_field_too_many_is_refused(world):
    assert refused(pressed([*plain_of(world.bundle()), 1])) is ErrorCode.MALFORMED


def test_a_field_too_few_is_refused(world):
    assert refused(pressed(plain_of(world.bundle())[:-1])) is ErrorCode.MALFORMED


def test_another_encoding_of_the_same_bundle_is_refused(world):
    # msgpack lets a short text be written with a long head; two encodings would be two bundles that read alike.
    data = msgspec.msgpack.encode(plain_of(world.bundle()))
    assert data[1:4] == b"\xa2pt"
    assert refused(pressed(data[:1] + b"\xd9\x02pt" + data[4:])) is ErrorCode.MALFORMED


def test_more_acts_than_the_limit_are_refused_before_they_are_built(world):
    plain = plain_of(world.bundle())
    plain[4] = [[b"", []]] * 2_000_000
    data = pressed(plain)
    assert len(data) < 100_000
    del plain
    tracemalloc.start()
    try:
        assert refused(data) is ErrorCode.MALFORMED
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The inflated bytes themselves (6 MB) and nothing near the 200 MB that so many acts would take.
    assert peak < 4 * BUNDLE_LIMIT


def test_a_bundle_that_inflates_beyond_the_limit_is_refused():
    assert refused(pressed(bytes(BUNDLE_LIMIT + 1))) is ErrorCode.OVERSIZED


def test_a_bundle_without_acts_is_refused(world):
    plain = plain_of(world.bundle())
    plain[4] = []
    assert refused(pressed(plain)) is ErrorCode.MALFORMED


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_reply_key_of_another_length_is_refused(world, length):
    with pytest.raises(BrokenInputError) as caught:
        pack(world.bundle(reply_key=bytes(length)))
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize("name", ["", "PT", "p t", "x" * 64, "de\n"])
def test_a_sender_that_is_no_name_is_refused(world, name):
    with pytest.raises(BrokenInputError) as caught:
        pack(world.bundle(sender=name))
    assert caught.value.code is ErrorCode.MALFORMED


def test_a_time_without_a_zone_is_refused(world):
    with pytest.raises(BrokenInputError) as caught:
        pack(world.bundle(sent_at=world.at.replace(tzinfo=None)))
    assert caught.value.code is ErrorCode.MALFORMED


def test_more_acts_than_the_limit_are_not_sent(world):
    with pytest.raises(BrokenInputError):
        pack(world.bundle(*(world.act() for _ in range(ACTS_LIMIT + 1))))


def test_more_bytes_than_the_limit_are_not_sent(world):
    acts = [world.act(body=msgspec.structs.replace(world.request_body(), facts="x" * 1_000_000)) for _ in range(9)]
    with pytest.raises(BrokenInputError) as caught:
        pack(world.bundle(*acts))
    assert caught.value.code is ErrorCode.OVERSIZED


SPOILED_ACTS = {
    "a space behind": lambda act: act + b" ",
    "written anew": lambda act: json.dumps(json.loads(act)).encode(),
    "cut": lambda act: act[:-1],
    "a key twice": lambda act: act.replace(b'{"payload":', b'{"payload":"","payload":', 1),
    "an unknown field": lambda act: act.replace(b'{"payload":', b'{"more":1,"payload":', 1),
    "padded base64": lambda act: act.replace(b'","signatures', b'=","signatures', 1),
    "nested deep": lambda _: b"[" * 100_000,
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("spoil", SPOILED_ACTS.values(), ids=SPOILED_ACTS)
def test_an_act_in_another_form_than_nodes_keep_is_not_sent(world, spoil):
    with pytest.raises(BrokenInputError) as caught:
        pack(world.bundle(spoil(world.act())))
    assert caught.value.code is ErrorCode.MALFORMED


def test_an_enclosed_act_that_no_act_names_is_refused_at_both_ends(world):
    stranger = world.act("provider", ("de",))
    with pytest.raises(BrokenInputError) as caught:
        pack(world.bundle(enclosed=(stranger,)))
    assert caught.value.code is ErrorCode.MALFORMED
    plain = plain_of(world.bundle(world.act(body=world.confirmation(world.id_of(stranger))), enclosed=(stranger,)))
    plain[4] = plain_of(world.bundle())[4]
    assert refused(pressed(plain)) is ErrorCode.MALFORMED


def test_an_enclosed_act_cannot_name_further_ones(world):
    inner = world.act("provider", ("de",))
    outer = world.act("provider", ("de",), world.confirmation(world.id_of(inner)))
    naming = world.act(body=world.confirmation(world.id_of(outer)))
    with pytest.raises(BrokenInputError):
        pack(world.bundle(naming, enclosed=(outer, inner)))


def test_a_named_act_travels_along(world):
    inner = world.act("provider", ("de",))
    bundle = world.bundle(world.act(body=world.confirmation(world.id_of(inner))), enclosed=(inner,))
    assert unpack(pack(bundle)) == bundle


def test_an_act_of_a_kind_not_known_here_can_still_name_what_it_encloses():
    # A newer peer's act is rejected alone; it must not take down the envelope it came in.
    payload = b'{"issuer":"pt","to":["de"],"new":1,"body":{"type":"future","encloses":["ab"]}}'
    assert head(payload).encloses == {"ab"}
    assert head(payload).issuer == "pt"


@given(st.binary(max_size=200))
def test_the_head_of_any_bytes_has_their_id_and_never_raises(noise):
    assert head(noise).act == act_id(noise)


def test_the_same_act_twice_is_kept_once(world):
    one, other = world.act(), world.act()
    plain = plain_of(world.bundle(one, other))
    plain[4] = [plain[4][0], plain[4][1], plain[4][0]]
    assert unpack(pressed(plain)).acts == (one, other)
    assert unpack(pack(world.bundle(one, one))).acts == (one,)


def test_of_two_seals_over_one_payload_the_first_is_kept(world):
    one = world.act()
    plain = plain_of(world.bundle(one))
    again = [plain[4][0][0], [[b"{}", b"another"]]]
    plain[4] = [plain[4][0], again]
    assert unpack(pressed(plain)).acts == (one,)


def test_an_act_that_is_sent_is_not_also_enclosed(world):
    inner = world.act()
    naming = world.act(body=world.confirmation(world.id_of(inner)))
    assert unpack(pack(world.bundle(naming, inner, enclosed=(inner,)))).enclosed == ()


def test_the_order_of_the_acts_is_kept(world):
    acts = tuple(world.act() for _ in range(20))
    assert unpack(pack(world.bundle(*acts))).acts == acts


def test_times_arrive_in_utc_to_the_microsecond(world):
    at = world.at.replace(microsecond=123456)
    assert unpack(pack(world.bundle(sent_at=at))).sent_at == at


def test_the_payload_of_a_sealed_act_comes_back_as_it_is(world):
    act = world.act()
    assert act_id(sealed_payload(act)) == world.id_of(act)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 7))
def test_any_flipped_bit_gives_a_bundle_or_a_coded_refusal(still_world, place, bit):
    data = bytearray(plain_bytes(still_world))
    data[place % len(data)] ^= 1 << bit
    try:
        found = unpack(pressed(bytes(data)))
    except BrokenInputError as error:
        found = error.code
    assert isinstance(found, Bundle) or found is ErrorCode.MALFORMED


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_coded_refusal(noise):
    assert refused(noise) in {ErrorCode.MALFORMED, ErrorCode.OVERSIZED}
    assert refused(pressed(noise)) is ErrorCode.MALFORMED


_PLAIN: list[bytes] = []


def plain_bytes(world) -> bytes:
    if not _PLAIN:
        _PLAIN.append(msgspec.msgpack.encode(plain_of(world.bundle())))
    return _PLAIN[0]


def test_the_class_read_for_receipts_is_that_of_the_act_and_nonsense_has_none(world):
    assert class_of(sealed_payload(world.act())) == world.act_class
    with pytest.raises(BrokenInputError):
        class_of(b"{}")
