from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.notes import (
    MAX_SIGNATURES,
    NOTE_LIMIT,
    KeyKind,
    Note,
    NoteSignature,
    VerifierKey,
    read_note,
    read_signature_lines,
    sign_note,
    verify_note,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import from_b64

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()
KEY = VerifierKey("pt.example/ledger", KeyKind.NOTE, PUBLIC)
TEXT = "one line\nanother\n"
SIGNED = Note(TEXT, (sign_note(TEXT, KEY, PRIVATE.sign),))
LINE = SIGNED.signatures[0].line()


def _refused(code, call, *arguments):
    with pytest.raises(BrokenInputError) as caught:
        call(*arguments)
    assert caught.value.code is code


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        "\n\n" + LINE,
        TEXT + LINE,
        TEXT + "\n" + LINE[:-1],
        TEXT + "\n" + LINE + "\n",
        TEXT + "\n" + LINE + "more",
        TEXT + "\n" + LINE + "more\n",
        TEXT + "\n" + LINE.replace("\u2014", "-"),
        TEXT + "\n" + LINE.replace(" ", "  ", 1),
        TEXT + "\n" + LINE.replace(" ", "\u00a0", 1),
        TEXT + "\n" + LINE.replace("pt.", "p t."),
        TEXT + "\n" + LINE.replace("pt.", "p+t."),
        TEXT + "\n" + LINE.replace("pt.", "p\u2003t."),
        TEXT + "\n" + LINE.replace("pt.", "p\u0085t."),
        TEXT + "\n\u2014  AAAAAAA=\n",
        TEXT + "\n\u2014 name AAAAAA==\n",
        TEXT + "\n\u2014 name \n",
        TEXT + "\n" + LINE.replace("=", ""),
        TEXT + "\n" + LINE.rstrip("\n") + "=\n",
        TEXT + "\n" + LINE.replace("\n", "\r\n"),
        "a\tb\n\n" + LINE,
        "a\x00b\n\n" + LINE,
        "a\ud800b\n\n" + LINE,
    ],
)
def test_a_note_in_any_other_form_is_malformed(note):
    _refused(ErrorCode.MALFORMED, read_note, note)


def test_base64_with_loose_last_bits_is_malformed():
    assert b64encode(b"abcd!").decode() == "YWJjZCE="
    read_signature_lines("\u2014 name YWJjZCE=\n")
    _refused(ErrorCode.MALFORMED, read_signature_lines, "\u2014 name YWJjZCF=\n")


def test_too_many_signatures_or_too_large_a_note_is_oversized():
    read_note(TEXT + "\n" + LINE * MAX_SIGNATURES)
    _refused(ErrorCode.OVERSIZED, read_note, TEXT + "\n" + LINE * (MAX_SIGNATURES + 1))
    _refused(ErrorCode.OVERSIZED, read_note, "x" * NOTE_LIMIT + "\n\n" + LINE)


@given(st.text(max_size=200))
def test_any_text_is_a_note_that_encodes_back_or_is_refused(text):
    for candidate in (text, text + "\n\n" + LINE):
        try:
            note = read_note(candidate)
        except BrokenInputError:
            continue
        assert note.encode() == candidate


@given(st.integers(0, len(TEXT.encode()) - 1), st.integers(1, 255))
def test_a_changed_text_does_not_verify(at, change):
    text = bytearray(TEXT.encode())
    text[at] ^= change
    forged = Note(text.decode("latin-1"), SIGNED.signatures)
    _refused(ErrorCode.BAD_CHECKPOINT, verify_note, forged, KEY)


@given(st.integers(0, 63), st.integers(1, 255))
def test_a_changed_signature_does_not_verify(at, change):
    signature = bytearray(SIGNED.signatures[0].signature)
    signature[at] ^= change
    _refused(
        ErrorCode.BAD_CHECKPOINT, verify_note, Note(TEXT, (NoteSignature(KEY.name, KEY.key_id, bytes(signature)),)), KEY
    )


@pytest.mark.parametrize("length", [1, 63, 65, 200])
def test_a_signature_of_another_length_does_not_verify(length):
    note = Note(TEXT, (NoteSignature(KEY.name, KEY.key_id, bytes(length)),))
    _refused(ErrorCode.BAD_CHECKPOINT, verify_note, note, KEY)


def test_one_false_line_by_the_key_refuses_the_note_even_beside_a_true_one():
    false = NoteSignature(KEY.name, KEY.key_id, bytes(64))
    _refused(ErrorCode.BAD_CHECKPOINT, verify_note, Note(TEXT, (*SIGNED.signatures, false)), KEY)


@pytest.mark.parametrize(
    "other",
    [
        VerifierKey("de.example/ledger", KeyKind.NOTE, PUBLIC),
        VerifierKey(
            KEY.name, KeyKind.NOTE, Ed25519PrivateKey.from_private_bytes(b"\x02" * 32).public_key().public_bytes_raw()
        ),
        VerifierKey(KEY.name, KeyKind.COSIGNATURE, PUBLIC),
    ],
    ids=["name", "public key", "kind"],
)
def test_another_key_did_not_sign(other):
    _refused(ErrorCode.BAD_CHECKPOINT, verify_note, SIGNED, other)


def test_lines_by_unknown_keys_are_ignored():
    stranger = NoteSignature("elsewhere", b"\x00\x01\x02\x03", b"whatever they make")
    same_name = NoteSignature(KEY.name, b"\x00\x01\x02\x03", bytes(64))
    same_id = NoteSignature("elsewhere", KEY.key_id, bytes(64))
    note = Note(TEXT, (stranger, same_name, *SIGNED.signatures, same_id))
    verify_note(read_note(note.encode()), KEY)


def test_a_signer_that_signs_with_another_key_is_found_out_at_once():
    other = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    _refused(ErrorCode.BAD_CHECKPOINT, sign_note, TEXT, KEY, other.sign)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x01b"])
def test_a_name_no_signature_line_could_carry_is_refused(name):
    _refused(ErrorCode.MALFORMED, VerifierKey, name, KeyKind.NOTE, PUBLIC)


def test_a_published_key_has_its_published_identifier():
    """The key of the Go checksum database, which every Go tool carries: sum.golang.org+033de0ae+Ac4zct…"""
    public = from_b64("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")[1:]
    assert VerifierKey("sum.golang.org", KeyKind.NOTE, public).key_id.hex() == "033de0ae"
