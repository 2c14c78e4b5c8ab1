import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.exchange.hpke import (
    OVERHEAD,
    PRIVATE_BYTES,
    PUBLIC_BYTES,
    HpkeCipher,
    HybridPrivateKey,
    HybridPublicKey,
    Purpose,
    binding,
    choose_key,
    key_id,
    key_ring,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode

KEY, OTHER = HybridPrivateKey(bytes(PRIVATE_BYTES)), HybridPrivateKey(bytes([1]) * PRIVATE_BYTES)
CIPHER = HpkeCipher()
CIPHERTEXT = CIPHER.encrypt(b"to be read by one", KEY.public, b"info")


def code_of(action, *arguments):
    with pytest.raises(BrokenInputError) as caught:
        action(*arguments)
    return caught.value.code


@settings(max_examples=150)
@given(st.integers(0, 8 * len(CIPHERTEXT) - 1))
def test_any_flipped_bit_is_refused(bit):
    flipped = bytearray(CIPHERTEXT)
    flipped[bit // 8] ^= 1 << bit % 8
    assert code_of(CIPHER.decrypt, bytes(flipped), KEY, b"info") is ErrorCode.CANNOT_DECRYPT


@given(st.integers(0, len(CIPHERTEXT) - 1))
def test_a_cut_ciphertext_is_refused(length):
    assert code_of(CIPHER.decrypt, CIPHERTEXT[:length], KEY, b"info") is ErrorCode.CANNOT_DECRYPT


def test_another_purpose_does_not_open_it():
    assert code_of(CIPHER.decrypt, CIPHERTEXT, KEY, b"other") is ErrorCode.CANNOT_DECRYPT


def test_another_own_key_does_not_open_it():
    assert code_of(CIPHER.decrypt, CIPHERTEXT, OTHER, b"info") is ErrorCode.CANNOT_DECRYPT


def test_a_key_that_is_not_there_is_named_in_the_refusal():
    with pytest.raises(BrokenInputError) as caught:
        choose_key(key_ring([OTHER]), KEY.public.key_id)
    assert caught.value.code is ErrorCode.CANNOT_DECRYPT
    assert caught.value.found == KEY.public.key_id.hex()
    assert OTHER.public.key_id.hex() in caught.value.expected


@pytest.mark.parametrize("length", [0, 32, 64, PRIVATE_BYTES - 1, PRIVATE_BYTES + 1])
def test_a_private_key_of_another_length_is_refused(length):
    assert code_of(HybridPrivateKey, bytes(length)) is ErrorCode.MALFORMED


@pytest.mark.parametrize("length", [0, 32, 1184, PUBLIC_BYTES - 1, PUBLIC_BYTES + 1])
def test_a_public_key_of_another_length_is_refused(length):
    assert code_of(HybridPublicKey, KEY.public.raw[:1184].ljust(length, b"\0")[:length]) is ErrorCode.MALFORMED


def test_a_lattice_key_that_is_not_reduced_is_refused():
    assert code_of(HybridPublicKey, b"\xff\xff\xff" + KEY.public.raw[3:]) is ErrorCode.MALFORMED


def test_a_curve_key_with_a_second_spelling_is_refused():
    share = KEY.public.raw[1184:]
    top_bit = share[:-1] + bytes([share[-1] | 0x80])
    assert code_of(HybridPublicKey, KEY.public.raw[:1184] + top_bit) is ErrorCode.MALFORMED
    above_prime = (2**255 - 19 + 9).to_bytes(32, "little")
    assert code_of(HybridPublicKey, KEY.public.raw[:1184] + above_prime) is ErrorCode.MALFORMED


def test_a_curve_key_of_low_order_is_not_encrypted_to():
    assert code_of(CIPHER.encrypt, b"", HybridPublicKey(KEY.public.raw[:1184] + bytes(32)), b"") is ErrorCode.MALFORMED


def test_the_id_of_a_key_is_the_same_for_ever():
    assert KEY.public.key_id.hex() == "2398cb970acd5465"


def test_a_private_key_is_known_by_its_raw_bytes():
    again = HybridPrivateKey(KEY.raw)
    assert again.public.raw == KEY.public.raw
    assert CIPHER.decrypt(CIPHERTEXT, again, b"info") == b"to be read by one"


def test_the_text_of_a_private_key_does_not_show_it():
    assert KEY.raw[:8].hex() not in repr(KEY)
    assert repr(KEY) == f"HybridPrivateKey({key_id(KEY.public.raw).hex()})"


def test_the_overhead_is_as_stated():
    assert len(CIPHERTEXT) == len(b"to be read by one") + OVERHEAD


def test_purposes_readers_keys_and_subjects_all_separate():
    infos = {
        binding(Purpose.ENVELOPE, "pt", KEY.public),
        binding(Purpose.EXHIBIT_KEY, "pt", KEY.public),
        binding(Purpose.ENVELOPE, "de", KEY.public),
        binding(Purpose.ENVELOPE, "pt", OTHER.public),
        binding(Purpose.ENVELOPE, "pt", KEY.public, b""),
        binding(Purpose.ENVELOPE, "pt", KEY.public, b"a", b"b"),
        binding(Purpose.ENVELOPE, "pt", KEY.public, b"ab"),
    }
    assert len(infos) == 7
