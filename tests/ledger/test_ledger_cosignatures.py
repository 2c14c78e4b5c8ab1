import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint, sign_checkpoint
from comity.ledger.cosignatures import Cosigned, cosign, cosigned_by, verify_cosignature
from comity.ledger.notes import KeyKind, NoteSignature, VerifierKey, read_signature_lines, verify_note
from comity.vocabulary.errors import BrokenInputError, ErrorCode

LOG_PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG = VerifierKey("pt.example/ledger", KeyKind.NOTE, LOG_PRIVATE.public_key().public_bytes_raw())
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
WITNESS = VerifierKey("oversight.example/witness", KeyKind.COSIGNATURE, PRIVATE.public_key().public_bytes_raw())
ABSENT = VerifierKey("de.example/witness", KeyKind.COSIGNATURE, LOG.public)
HEAD = Checkpoint(LOG.name, 7, bytes(range(32)))
AT = 1_679_315_147
LINE = cosign(HEAD, WITNESS, PRIVATE.sign, AT)
SIGNED = sign_checkpoint(HEAD, LOG, LOG_PRIVATE.sign).with_signatures((LINE,))


def _refused(code, call, *arguments):
    with pytest.raises(BrokenInputError) as caught:
        call(*arguments)
    assert caught.value.code is code


def _with(signature):
    return SignedCheckpoint(HEAD, (NoteSignature(WITNESS.name, WITNESS.key_id, signature),))


@given(st.integers(0, 71), st.integers(1, 255))
def test_a_cosignature_with_any_byte_changed_does_not_verify(at, change):
    signature = bytearray(LINE.signature)
    signature[at] ^= change
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, _with(bytes(signature)), WITNESS)


@pytest.mark.parametrize("length", [1, 8, 64, 71, 73])
def test_a_cosignature_of_another_length_does_not_verify(length):
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, _with(LINE.signature.ljust(73, b"\x00")[:length]), WITNESS)


def test_a_cosignature_for_another_time_does_not_verify():
    earlier = (AT - 1).to_bytes(8) + LINE.signature[8:]
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, _with(earlier), WITNESS)


@pytest.mark.parametrize(
    "other",
    [
        Checkpoint("de.example/ledger", 7, HEAD.root),
        Checkpoint(LOG.name, 8, HEAD.root),
        Checkpoint(LOG.name, 7, bytes(32)),
        Checkpoint(LOG.name, 7, HEAD.root, ("extension",)),
    ],
    ids=["origin", "size", "root", "extension"],
)
def test_a_cosignature_moved_to_another_head_does_not_verify(other):
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, SignedCheckpoint(other, (LINE,)), WITNESS)


def test_a_cosignature_from_the_future_is_refused():
    verify_cosignature(SIGNED, WITNESS, AT)
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, SIGNED, WITNESS, AT - 1)


def test_a_time_beyond_63_bits_is_refused():
    message = f"cosignature/v1\ntime {1 << 63}\n{HEAD.text()}".encode()
    _refused(
        ErrorCode.BAD_CHECKPOINT, verify_cosignature, _with((1 << 63).to_bytes(8) + PRIVATE.sign(message)), WITNESS
    )
    _refused(ErrorCode.MALFORMED, cosign, HEAD, WITNESS, PRIVATE.sign, 1 << 63)
    _refused(ErrorCode.MALFORMED, cosign, HEAD, WITNESS, PRIVATE.sign, -1)


def test_the_logs_own_signature_is_no_cosignature_even_under_the_same_key():
    as_witness = VerifierKey(LOG.name, KeyKind.COSIGNATURE, LOG.public)
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, SIGNED, as_witness)
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, SIGNED, LOG)


def test_what_one_kind_of_key_makes_does_not_count_for_the_other():
    """The identifier says how a key signs; a line that bears the wrong identifier proves nothing, true or not."""
    as_note = NoteSignature(WITNESS.name, WITNESS.key_id, PRIVATE.sign(HEAD.text().encode()))
    _refused(ErrorCode.BAD_CHECKPOINT, verify_note, SignedCheckpoint(HEAD, (as_note,)).note(), WITNESS)
    plain = VerifierKey(WITNESS.name, KeyKind.NOTE, WITNESS.public)
    as_cosignature = NoteSignature(plain.name, plain.key_id, LINE.signature)
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, SignedCheckpoint(HEAD, (as_cosignature,)), plain)


def test_a_witness_that_signs_with_another_key_is_found_out_at_once():
    _refused(ErrorCode.BAD_CHECKPOINT, cosign, HEAD, WITNESS, LOG_PRIVATE.sign, AT)


def test_a_false_line_of_one_witness_refuses_the_whole_and_is_not_taken_for_a_missing_one():
    forged = SIGNED.with_signatures((NoteSignature(ABSENT.name, ABSENT.key_id, bytes(72)),))
    _refused(ErrorCode.BAD_CHECKPOINT, cosigned_by, forged, [WITNESS, ABSENT])


def test_a_witness_that_did_not_cosign_is_left_out():
    assert cosigned_by(SIGNED, [ABSENT, WITNESS]) == (Cosigned(WITNESS.name, AT),)
    _refused(ErrorCode.BAD_CHECKPOINT, verify_cosignature, SIGNED, ABSENT)


def test_of_several_cosignatures_the_earliest_time_counts():
    later = cosign(HEAD, WITNESS, PRIVATE.sign, AT + 60)
    signed = SignedCheckpoint(HEAD, (later, LINE))
    assert verify_cosignature(signed, WITNESS) == Cosigned(WITNESS.name, AT)


def test_a_witness_answer_can_be_added_to_the_checkpoint():
    bare = sign_checkpoint(HEAD, LOG, LOG_PRIVATE.sign)
    answered = bare.with_signatures(read_signature_lines(LINE.line()))
    assert answered == SIGNED == read_signed_checkpoint(answered.encode())
