import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.exchange.bundle import pack
from comity.exchange.envelope import ENVELOPE_LIMIT, HEADER_BYTES
from comity.exchange.hpke import OVERHEAD, Purpose, binding
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_SEALED: list = []


def sealed_once(world):
    if not _SEALED:
        _SEALED.append(world.post(world.bundle()))
    return _SEALED[0]


def refused(world, data, me="de") -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        world.arrive(data, me)
    return caught.value.code


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 7))
def test_any_flipped_bit_is_refused(still_world, place, bit):
    data = bytearray(sealed_once(still_world).data)
    data[place % len(data)] ^= 1 << bit
    code = refused(still_world, bytes(data))
    assert code in {ErrorCode.MALFORMED, ErrorCode.CANNOT_DECRYPT}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_an_envelope_cut_anywhere_is_refused(still_world, place):
    data = sealed_once(still_world).data
    assert refused(still_world, data[: place % len(data)]) in {ErrorCode.MALFORMED, ErrorCode.CANNOT_DECRYPT}


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=40))
def test_bytes_after_an_envelope_are_refused(still_world, more):
    assert refused(still_world, sealed_once(still_world).data + more) is ErrorCode.CANNOT_DECRYPT


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_give_a_coded_refusal(still_world, noise):
    assert refused(still_world, noise) is ErrorCode.MALFORMED
    assert refused(still_world, b"CMTY\x01" + noise) in {ErrorCode.MALFORMED, ErrorCode.CANNOT_DECRYPT}


def test_an_envelope_above_the_limit_is_refused_before_it_is_decrypted(world):
    assert refused(world, bytes(ENVELOPE_LIMIT + 1)) is ErrorCode.OVERSIZED


def test_a_bomb_inside_an_envelope_is_refused(world):
    import zlib

    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = press.compress(bytes(64 << 20)) + press.flush()
    assert refused(world, forged(world, bomb)) is ErrorCode.OVERSIZED


def forged(world, pressed, recipient="de", key=None):
    """An envelope around anything, as anybody can make one."""
    key = key or world.de.agreement.public
    info = binding(Purpose.ENVELOPE, recipient, key, b"CMTY\x01")
    return b"CMTY\x01" + key.key_id + world.cipher.encrypt(pressed, key, info)


def test_another_version_is_refused(world):
    data = world.post(world.bundle()).data
    assert refused(world, data[:4] + b"\x02" + data[5:]) is ErrorCode.MALFORMED


def test_an_envelope_replayed_to_another_node_does_not_open(world):
    assert refused(world, world.post(world.bundle()).data, me="provider") is ErrorCode.CANNOT_DECRYPT


def test_an_envelope_replayed_under_another_nodes_key_id_does_not_open(world):
    data = world.post(world.bundle()).data
    renamed = data[:5] + world.provider.agreement.public.key_id + data[HEADER_BYTES:]
    assert refused(world, renamed, me="provider") is ErrorCode.CANNOT_DECRYPT


def test_a_bundle_encrypted_anew_for_another_node_names_the_wrong_recipient(world):
    data = forged(world, pack(world.bundle()), "provider", world.provider.agreement.public)
    assert refused(world, data, me="provider") is ErrorCode.NOT_ADDRESSED


def test_an_envelope_bound_to_another_name_does_not_open(world):
    assert refused(world, forged(world, pack(world.bundle()), "provider")) is ErrorCode.CANNOT_DECRYPT


def test_a_wrapped_key_does_not_pass_for_an_envelope(world):
    key = world.de.agreement.public
    info = binding(Purpose.EXHIBIT_KEY, "de", key, b"CMTY\x01")
    data = b"CMTY\x01" + key.key_id + world.cipher.encrypt(pack(world.bundle()), key, info)
    assert refused(world, data) is ErrorCode.CANNOT_DECRYPT


def test_an_unknown_key_id_is_named_in_the_refusal(world):
    data = world.post(world.bundle()).data
    with pytest.raises(BrokenInputError) as caught:
        world.arrive(data[:5] + b"whatkey?" + data[13:])
    assert caught.value.code is ErrorCode.CANNOT_DECRYPT
    assert caught.value.found == b"whatkey?".hex()
    assert caught.value.expected == world.de.agreement.public.key_id.hex()


def test_a_bundle_from_the_node_itself_is_refused(world):
    assert refused(world, forged(world, pack(world.bundle(sender="de")))) is ErrorCode.NOT_ADDRESSED


def test_an_act_of_another_issuer_is_set_aside_and_the_rest_goes_through(world):
    foreign, own = world.act("provider", ("de",)), world.act()
    opened = world.arrive(world.post(world.bundle(foreign, own)).data)
    assert opened.bundle.acts == (own,)
    assert [(each.act, each.code, each.retry) for each in opened.rejected] == [
        (world.id_of(foreign), ErrorCode.UNKNOWN_SENDER, False)
    ]


def test_an_act_that_is_addressed_to_others_is_set_aside(world):
    elsewhere, own = world.act("pt", ("provider",)), world.act("pt", ("provider", "de"))
    opened = world.arrive(world.post(world.bundle(elsewhere, own)).data)
    assert opened.bundle.acts == (own,)
    assert [(each.act, each.code) for each in opened.rejected] == [(world.id_of(elsewhere), ErrorCode.NOT_ADDRESSED)]


def test_many_acts_arrive_as_they_were_sent(world):
    inner = world.act("provider", ("de",))
    acts = [world.act(body=world.confirmation(world.id_of(inner))), *(world.act() for _ in range(40))]
    bundle = world.bundle(*acts, enclosed=(inner,))
    envelope = world.post(bundle)
    opened = world.arrive(envelope.data)
    assert opened.bundle == bundle
    assert opened.digest == envelope.digest
    assert opened.rejected == ()


def test_an_old_key_of_the_node_still_opens(world):
    keys = {**world.provider.keys, **world.de.keys}
    world.de.keys = keys
    assert world.arrive(world.post(world.bundle()).data).bundle.sender == "pt"


def test_two_envelopes_of_one_bundle_share_no_ciphertext(world):
    bundle = world.bundle()
    first, second = world.post(bundle).data, world.post(bundle).data
    assert first[HEADER_BYTES:][:32] != second[HEADER_BYTES:][:32]
    assert first[-32:] != second[-32:]
    assert len(first) == len(second) == HEADER_BYTES + OVERHEAD + len(pack(bundle))
