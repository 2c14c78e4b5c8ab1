import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from comity.ledger.checkpoints import (
    MAX_EXTENSIONS,
    Checkpoint,
    SignedCheckpoint,
    read_checkpoint,
    read_signed_checkpoint,
    read_size,
    sign_checkpoint,
    verify_checkpoint,
)
from comity.ledger.notes import KeyKind, VerifierKey
from comity.ledger.spans import MAX_SIZE
from comity.ledger.tree import EMPTY_ROOT
from comity.vocabulary.errors import BrokenInputError, ErrorCode

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
KEY = VerifierKey("pt.example/ledger", KeyKind.NOTE, PRIVATE.public_key().public_bytes_raw())
HEAD = Checkpoint(KEY.name, 20852163, bytes(range(32)))
ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SIGNED = sign_checkpoint(HEAD, KEY, PRIVATE.sign)
NOTE = SIGNED.encode()


def _refused(code, call, *arguments):
    with pytest.raises(BrokenInputError) as caught:
        call(*arguments)
    assert caught.value.code is code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "log\n1\n",
        f"log\n1\n{ROOT}",
        f"log\n1\n{ROOT}\n\n",
        f"log\n1\n{ROOT}\n\nmore\n",
        f"\n1\n{ROOT}\n",
        f"log\n\n{ROOT}\n",
        f"log\n01\n{ROOT}\n",
        f"log\n+1\n{ROOT}\n",
        f"log\n-1\n{ROOT}\n",
        f"log\n1 \n{ROOT}\n",
        f"log\n1_0\n{ROOT}\n",
        f"log\n1.0\n{ROOT}\n",
        f"log\n0x1\n{ROOT}\n",
        f"log\n\u0661\n{ROOT}\n",
        f"log\n9223372036854775808\n{ROOT}\n",
        f"log\n{'9' * 5000}\n{ROOT}\n",
        f"log\n1\n{ROOT[:-1]}\n",
        f"log\n1\n{ROOT[:-2]}9=\n",
        f"log\n1\n{ROOT[:-4]}\n",
        f"log\n1\n{ROOT}AAAA\n",
        f"log\n1\n{ROOT.lower().replace('=', '-')}\n",
        f"log\r\n1\r\n{ROOT}\r\n",
        f"log\n0\n{ROOT}\n",
        f"log\n1\n{ROOT}\n" + "extension\n" * (MAX_EXTENSIONS + 1),
    ],
)
def test_a_checkpoint_text_in_any_other_form_is_malformed(text):
    _refused(ErrorCode.MALFORMED, read_checkpoint, text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("", 1, bytes(32)),
        ("a\nb", 1, bytes(32)),
        ("log", -1, bytes(32)),
        ("log", MAX_SIZE + 1, bytes(32)),
        ("log", 1, bytes(31)),
        ("log", 0, bytes(32)),
        ("log", 1, bytes(32), ("",)),
        ("log", 1, bytes(32), ("a\nb",)),
        ("log", 1, bytes(32), ("a\x00b",)),
    ],
)
def test_a_checkpoint_that_has_no_text_cannot_be_made(arguments):
    _refused(ErrorCode.MALFORMED, Checkpoint, *arguments)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_signed_checkpoint_with_any_one_character_changed_is_refused(data):
    at = data.draw(st.integers(0, len(NOTE) - 1))
    kind = data.draw(st.sampled_from(["exchanged", "left out", "doubled"]))
    other = data.draw(st.characters(codec="utf-8"))
    put = {"exchanged": other, "left out": "", "doubled": NOTE[at] * 2}[kind]
    forged = NOTE[:at] + put + NOTE[at + 1 :]
    assume(forged != NOTE)
    with pytest.raises(BrokenInputError):
        verify_checkpoint(read_signed_checkpoint(forged), KEY)


@pytest.mark.parametrize(
    "forged",
    [
        Checkpoint("de.example/ledger", HEAD.size, HEAD.root),
        Checkpoint(HEAD.origin, HEAD.size + 1, HEAD.root),
        Checkpoint(HEAD.origin, HEAD.size, bytes(32)),
        Checkpoint(HEAD.origin, HEAD.size, HEAD.root, ("extension",)),
        Checkpoint(HEAD.origin, 0, EMPTY_ROOT),
    ],
    ids=["origin", "size", "root", "extension", "empty"],
)
def test_a_signature_moved_to_another_head_is_refused(forged):
    _refused(ErrorCode.BAD_CHECKPOINT, verify_checkpoint, SignedCheckpoint(forged, SIGNED.signatures), KEY)


def test_a_key_that_does_not_bear_the_logs_name_is_refused_although_it_signed():
    other = VerifierKey("de.example/ledger", KEY.kind, KEY.public)
    _refused(ErrorCode.BAD_CHECKPOINT, sign_checkpoint, HEAD, other, PRIVATE.sign)


@pytest.mark.parametrize("text", ["", "00", "01", " 1", "1 ", "1\n", "+1", "\u0661", "9223372036854775808"])
def test_a_size_in_any_other_spelling_is_malformed(text):
    _refused(ErrorCode.MALFORMED, read_size, text)


def test_the_largest_size_is_read():
    assert read_size(str(MAX_SIZE)) == MAX_SIZE


def test_the_text_is_that_of_the_specification():
    assert HEAD.text() == f"pt.example/ledger\n20852163\n{ROOT}\n"


def test_the_published_example_is_read_back_to_the_letter():
    """The example of tlog-cosignature, its cosignature included."""
    note = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    signed = read_signed_checkpoint(note)
    assert signed.checkpoint.size == 20852163
    assert signed.encode() == note


_LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@given(_LINES, st.integers(1, MAX_SIZE), st.binary(min_size=32, max_size=32), st.lists(_LINES, max_size=3))
def test_every_checkpoint_is_read_back_from_its_text(origin, size, root, extensions):
    head = Checkpoint(origin, size, root, tuple(extensions))
    assert read_checkpoint(head.text()) == head


@given(st.text(max_size=120))
def test_any_text_is_a_checkpoint_that_encodes_back_or_is_refused(text):
    for candidate in (text, f"log\n{text}\n{ROOT}\n", f"log\n1\n{ROOT}\n{text}"):
        try:
            head = read_checkpoint(candidate)
        except BrokenInputError:
            continue
        assert head.text() == candidate


def test_a_signed_checkpoint_is_read_back_and_verifies():
    assert read_signed_checkpoint(NOTE) == SIGNED
    assert verify_checkpoint(SIGNED, KEY) == HEAD


def test_a_line_is_added_once():
    assert SIGNED.with_signatures(SIGNED.signatures) == SIGNED
