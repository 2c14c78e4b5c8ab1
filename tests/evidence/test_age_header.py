import base64
from contextlib import suppress

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.evidence.age.header import HEADER_LIMIT, check_object, read_header
from comity.vocabulary.errors import BrokenInputError, ErrorCode

IDENTITY = pyrage.x25519.Identity.generate()
SHARE = base64.b64encode(bytes(range(32))).rstrip(b"=")
GOOD = b"age-encryption.org/v1\n-> X25519 " + SHARE + b"\n" + SHARE + b"\n--- " + SHARE + b"\n"
NOISE = b"-> k3-grease x y\nYWJj\n"


def with_noise(noise: bytes) -> bytes:
    return GOOD.replace(b"--- ", noise + b"--- ")


def test_a_header_for_one_recipient_is_read():
    assert read_header(GOOD + b"payload").size == len(GOOD)


def test_what_the_library_writes_is_read():
    for _ in range(300):
        sealed = pyrage.encrypt(b"x", [IDENTITY.to_public()])
        header = read_header(sealed)
        check_object(len(sealed), header)
        assert len(sealed) - header.size == 16 + 1 + 16


@pytest.mark.parametrize(
    ("header", "step"),
    [
        (b"", 1),
        (b"age-encryption.org/v2" + GOOD[21:], 1),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", 1),
        (b"\n" + GOOD, 1),
        (GOOD.replace(b"\n", b"\r\n"), 1),
        (GOOD.replace(b"X25519", b"scrypt"), 2),
        (GOOD.replace(b"X25519 ", b"X25519  "), 2),
        (GOOD.replace(b"X25519", b"x25519"), 2),
        (GOOD.replace(SHARE + b"\n" + SHARE, SHARE + b" extra\n" + SHARE), 2),
        (GOOD.replace(SHARE + b"\n---", SHARE[:-1] + b"9\n---"), 2),
        (GOOD.replace(SHARE + b"\n---", SHARE + b"=\n---"), 2),
        (GOOD.replace(SHARE + b"\n---", SHARE[:-4] + b"\n---"), 2),
        (with_noise(b"-> X25519 " + SHARE + b"\n" + SHARE + b"\n"), 4),
        (with_noise(b"-> scrypt c2FsdHNhbHRzYWx0c2E 22\n" + SHARE + b"\n"), 4),
        (with_noise(b"-> piv-p256 abcd\n" + SHARE + b"\n"), 4),
        (with_noise(NOISE + NOISE), 4),
        (NOISE + GOOD, 1),
        (with_noise(b"-> k3-grease\n" + (b"A" * 64 + b"\n") * 40), 3),
        (with_noise(b"-> k3-grease\nnot base64!\n"), 3),
        (GOOD[:-1], 4),
        (GOOD[: -len(SHARE) - 1] + SHARE[:-1] + b"9\n", 4),
        (GOOD.replace(b"--- ", b"---"), 4),
        (with_noise(b"-> " + b"A" * HEADER_LIMIT + b"-grease\n\n"), 4),
    ],
)
def test_any_other_header_is_refused_at_its_step(header, step):
    with pytest.raises(BrokenInputError) as caught:
        read_header(header + b"payload")
    assert caught.value.code is ErrorCode.CANNOT_DECRYPT
    assert caught.value.what.startswith(f"step {step}:")


def test_one_stanza_of_noise_is_let_pass():
    assert read_header(with_noise(NOISE) + b"x").size == len(GOOD) + len(NOISE)


@given(st.binary(max_size=600))
def test_no_bytes_make_the_reader_raise_anything_else(data):
    for start in (b"", GOOD[:22], GOOD[:80], with_noise(NOISE)[:140]):
        with suppress(BrokenInputError):
            read_header(start + data)


@pytest.mark.parametrize("payload", [0, 15, 31, 16 + 65_552 + 1, 16 + 65_552 + 16])
def test_a_length_that_no_payload_has_is_refused(payload):
    with pytest.raises(BrokenInputError):
        check_object(len(GOOD) + payload, read_header(GOOD))


@pytest.mark.parametrize("payload", [32, 33, 16 + 65_552, 16 + 65_552 + 17])
def test_a_length_that_a_payload_can_have_passes(payload):
    check_object(len(GOOD) + payload, read_header(GOOD))
