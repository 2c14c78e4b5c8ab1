import io
import os
import random
import shutil
import subprocess
from contextlib import suppress

import pyrage
import pytest

from comity.adapters.objects.age_cipher import AgeCipher, sealed_limit
from comity.adapters.objects.age_cipher import _recipient as key_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CIPHER = AgeCipher()
IDENTITY = CIPHER.new_identity()
RECIPIENT = CIPHER.recipient_of(IDENTITY)
PLAIN = os.urandom(150_000)
AGE = shutil.which("age") or ""


def code_of(action) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action()
    return caught.value.code


def streamed(sealed: bytes, identity: str = IDENTITY) -> bytes:
    out, at = bytearray(), [0]

    def read(size: int) -> bytes:
        at[0] += size
        return sealed[at[0] - size : at[0]]

    CIPHER.decrypt_to(read, identity, out.extend)
    return bytes(out)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 150_000])
def test_what_was_encrypted_comes_back_by_either_way(size):
    plain = PLAIN[:size]
    sealed = bytes(CIPHER.encrypt(plain, RECIPIENT))
    assert len(sealed) <= sealed_limit(size)
    assert CIPHER.decrypt(sealed, IDENTITY) == plain
    assert streamed(sealed) == plain
    pieces = bytearray()
    CIPHER.encrypt_from(iter([plain[:7], b"", plain[7:]]), RECIPIENT, pieces.extend)
    assert CIPHER.decrypt(bytes(pieces), IDENTITY) == plain


def test_the_library_alone_opens_what_we_wrote():
    sealed = bytes(CIPHER.encrypt(PLAIN, RECIPIENT))
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(IDENTITY)]) == PLAIN


def test_one_flipped_bit_anywhere_is_refused():
    sealed = bytes(CIPHER.encrypt(PLAIN[:70_000], RECIPIENT))
    chance = random.Random(1)
    places = [*range(400), *(chance.randrange(len(sealed)) for _ in range(100)), len(sealed) - 1]
    for at in places:
        altered = bytearray(sealed)
        altered[at] ^= 1 << chance.randrange(8)
        assert code_of(lambda altered=altered: CIPHER.decrypt(bytes(altered), IDENTITY)) is ErrorCode.CANNOT_DECRYPT
        assert code_of(lambda altered=altered: streamed(bytes(altered))) is ErrorCode.CANNOT_DECRYPT


@pytest.mark.parametrize("size", [0, 100, 65_536, 131_072])
def test_a_cut_or_lengthened_object_is_refused(size):
    sealed = bytes(CIPHER.encrypt(PLAIN[:size], RECIPIENT))
    for altered in (
        sealed[:-1],
        sealed[:-16],
        sealed[:-17],
        sealed[: len(sealed) // 2],
        b"",
        sealed + b"x",
        sealed * 2,
    ):
        assert code_of(lambda altered=altered: CIPHER.decrypt(altered, IDENTITY)) is ErrorCode.CANNOT_DECRYPT
        assert code_of(lambda altered=altered: streamed(altered)) is ErrorCode.CANNOT_DECRYPT


def test_an_object_cut_between_its_chunks_is_refused():
    sealed = bytes(CIPHER.encrypt(PLAIN[:131_072], RECIPIENT))
    assert code_of(lambda: CIPHER.decrypt(sealed[:-65_552], IDENTITY)) is ErrorCode.CANNOT_DECRYPT


def test_another_identity_opens_nothing():
    sealed = bytes(CIPHER.encrypt(PLAIN, RECIPIENT))
    other = CIPHER.new_identity()
    assert code_of(lambda: CIPHER.decrypt(sealed, other)) is ErrorCode.CANNOT_DECRYPT
    assert code_of(lambda: streamed(sealed, other)) is ErrorCode.CANNOT_DECRYPT


def test_a_passphrase_object_is_refused_without_its_work_being_done():
    sealed = pyrage.passphrase.encrypt(b"x", "secret")
    assert code_of(lambda: CIPHER.decrypt(sealed, IDENTITY)) is ErrorCode.CANNOT_DECRYPT


def test_an_object_for_two_recipients_is_refused():
    two = [pyrage.x25519.Recipient.from_str(RECIPIENT), pyrage.x25519.Identity.generate().to_public()]
    for recipients in (two, two[::-1]):
        sealed = pyrage.encrypt(b"x", recipients)
        assert code_of(lambda sealed=sealed: CIPHER.decrypt(sealed, IDENTITY)) is ErrorCode.CANNOT_DECRYPT


@pytest.mark.parametrize("text", ["", "x", RECIPIENT, "age1", IDENTITY.lower(), IDENTITY[:-1]])
def test_what_is_no_identity_is_an_error_with_a_code(text):
    sealed = bytes(CIPHER.encrypt(b"x", RECIPIENT))
    with suppress(BrokenInputError):
        CIPHER.recipient_of(text)
        assert text == IDENTITY.lower()
    if text != IDENTITY.lower():
        assert code_of(lambda: CIPHER.decrypt(sealed, text)) is ErrorCode.MALFORMED


def test_an_error_of_our_own_side_comes_out_as_it_went_in():
    class OwnError(Exception):
        pass

    def fail(*_):
        raise OwnError

    def pieces():
        yield b"x"
        raise OwnError

    sealed = bytes(CIPHER.encrypt(PLAIN, RECIPIENT))
    for action in (
        lambda: CIPHER.encrypt_from(iter([PLAIN]), RECIPIENT, fail),
        lambda: CIPHER.encrypt_from(pieces(), RECIPIENT, lambda _: None),
        lambda: CIPHER.decrypt_to(io.BytesIO(sealed).read, IDENTITY, fail),
        lambda: CIPHER.decrypt_to(fail, IDENTITY, lambda _: None),
    ):
        with pytest.raises(OwnError):
            action()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 150_000])
def test_what_the_library_wrote_opens(size):
    sealed = pyrage.encrypt(PLAIN[:size], [pyrage.x25519.Recipient.from_str(RECIPIENT)])
    assert CIPHER.decrypt(sealed, IDENTITY) == PLAIN[:size]
    assert streamed(sealed) == PLAIN[:size]


def test_every_kind_of_key_text_is_the_key_the_library_means():
    for _ in range(50):
        identity = CIPHER.new_identity()
        sealed = CIPHER.encrypt(b"x", CIPHER.recipient_of(identity))
        assert pyrage.decrypt(bytes(sealed), [pyrage.x25519.Identity.from_str(identity)]) == b"x"
        assert (
            CIPHER.decrypt(pyrage.encrypt(b"y", [pyrage.x25519.Identity.from_str(identity).to_public()]), identity)
            == b"y"
        )


def test_no_two_objects_share_a_key_or_a_nonce():
    heads = {bytes(CIPHER.encrypt(b"", RECIPIENT)) for _ in range(50)}
    assert len(heads) == 50


def test_a_stream_with_an_empty_last_chunk_behind_others_is_refused():
    """The format allows an empty chunk only where the whole content is empty."""
    from comity.evidence.age.stream import RANDOM_SIZE, begin

    raw = CIPHER.recipient_of(IDENTITY)
    head, cipher = begin(key_of(raw), os.urandom(RANDOM_SIZE))
    sealed = head + cipher.seal(0, bytes(65_536), last=False) + cipher.seal(1, b"", last=True)
    assert code_of(lambda: CIPHER.decrypt(sealed, IDENTITY)) is ErrorCode.CANNOT_DECRYPT
    assert code_of(lambda: streamed(sealed)) is ErrorCode.CANNOT_DECRYPT


@pytest.mark.skipif(not AGE, reason="the program age is not installed")
def test_the_age_program_opens_what_we_wrote(tmp_path):
    (tmp_path / "key").write_text(IDENTITY + "\n")
    for size in (0, 65_536, 150_000):
        (tmp_path / "sealed").write_bytes(bytes(CIPHER.encrypt(PLAIN[:size], RECIPIENT)))
        done = subprocess.run(
            [AGE, "-d", "-i", str(tmp_path / "key"), str(tmp_path / "sealed")], capture_output=True, check=True
        )
        assert done.stdout == PLAIN[:size]
