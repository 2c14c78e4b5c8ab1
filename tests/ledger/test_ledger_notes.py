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
    read_verifier_key,
    sign_note,
    verify_note,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode

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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ErrorCode.MALFORMED),
        ("a+b", ErrorCode.MALFORMED),
        (KEY.text().replace("pt.", "de."), ErrorCode.MALFORMED),
        (KEY.text().replace("+", "+0", 1), ErrorCode.MALFORMED),
        (KEY.text()[:-4], ErrorCode.MALFORMED),
        (KEY.text() + "\n", ErrorCode.MALFORMED),
        ("a+00000000+/w==", ErrorCode.UNKNOWN_TYPE),
        ("a+00000000+", ErrorCode.UNKNOWN_TYPE),
        ("a+00000000+AQ==", ErrorCode.MALFORMED),
        ("a+" + "0" * NOTE_LIMIT, ErrorCode.MALFORMED),
    ],
    ids=["empty", "parts", "name", "id", "cut", "newline", "type", "no type", "no key", "long"],
)
def test_a_verifier_key_in_any_other_form_is_refused(text, code):
    _refused(code, read_verifier_key, text)


def test_a_verifier_key_is_read_back_from_its_line():
    assert read_verifier_key(KEY.text()) == KEY


def test_the_published_example_of_a_verifier_key_is_read():
    """The key of the Go checksum database, which every Go tool carries."""
    key = read_verifier_key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert (key.name, key.kind, key.key_id.hex()) == ("sum.golang.org", KeyKind.NOTE, "033de0ae")
