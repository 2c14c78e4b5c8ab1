"""What witnesses sign (C2SP tlog-cosignature, version 1, Ed25519).

A cosignature says: at this time, this was the largest tree of that log the witness had seen, and it is consistent with
every one before. It covers the time and the whole text of the checkpoint.
"""

from collections.abc import Iterable

from msgspec import Struct

from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint
from comity.ledger.notes import KeyKind, NoteSignature, Signer, VerifierKey, signatures_by, verify_ed25519
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_TIME_SIZE = 8
_SIGNATURE_SIZE = 64
_MAX_TIME = (1 << 63) - 1


class Cosigned(Struct, frozen=True, forbid_unknown_fields=True):
    """The witness `witness` saw the checkpoint at `at` (seconds since 1970, UTC).

    Where a note carries several cosignatures of one witness, `at` is the earliest: since then the log is bound to it.
    """

    witness: str
    at: int


def cosign(checkpoint: Checkpoint, key: VerifierKey, sign: Signer, at: int) -> NoteSignature:
    """The witness's signature line over the checkpoint, made at `at` seconds and proven to verify.

    Only for a checkpoint that `comity.ledger.witness.consider` accepted, and after its new state is durable.
    """
    if not 0 <= at <= _MAX_TIME:
        raise BrokenInputError(ErrorCode.MALFORMED, "a cosignature's time is out of bounds", found=str(at))
    line = NoteSignature(key.name, key.key_id, at.to_bytes(_TIME_SIZE) + sign(_message(checkpoint, at)))
    verify_cosignature(SignedCheckpoint(checkpoint, (line,)), key)
    return line


def verify_cosignature(signed: SignedCheckpoint, key: VerifierKey, latest: int = _MAX_TIME) -> Cosigned:
    """Prove that the witness cosigned the checkpoint, and tell when.

    1. The key is one that cosigns.
    2. At least one line is by the key.
    3. Each of them is a time and a signature, and not from after `latest` (seconds; the caller's now, with its skew).
    4. Each verifies over its time and the checkpoint's text.

    Raises:
        BrokenInputError: bad-checkpoint, with the step that decided.
    """
    # 1
    if key.kind is not KeyKind.COSIGNATURE:
        raise BrokenInputError(ErrorCode.BAD_CHECKPOINT, "step 1: the key does not cosign", found=key.kind.name)
    # 2
    lines = signatures_by(signed.note(), key)
    if not lines:
        raise BrokenInputError(ErrorCode.BAD_CHECKPOINT, "step 2: no cosignature by the witness", found=key.name)
    # 3, 4
    return Cosigned(key.name, min(_verified_time(signed.checkpoint, key, line, latest) for line in lines))


def cosigned_by(
    signed: SignedCheckpoint, witnesses: Iterable[VerifierKey], latest: int = _MAX_TIME
) -> tuple[Cosigned, ...]:
    """Those of the witnesses that cosigned, in the order given; a missing one is left out, a false line is an error."""
    note = signed.note()
    return tuple(verify_cosignature(signed, key, latest) for key in witnesses if signatures_by(note, key))


def _verified_time(checkpoint: Checkpoint, key: VerifierKey, line: bytes, latest: int) -> int:
    if len(line) != _TIME_SIZE + _SIGNATURE_SIZE:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT, "step 3: a cosignature is no time and signature", found=f"{len(line)} bytes"
        )
    at = int.from_bytes(line[:_TIME_SIZE])
    if at > latest:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT,
            "step 3: a cosignature is from the future",
            found=str(at),
            expected=f"up to {latest}",
        )
    message = _message(checkpoint, at)
    verify_ed25519(key, line[_TIME_SIZE:], message, "step 4: the cosignature does not verify")
    return at


def _message(checkpoint: Checkpoint, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{checkpoint.text()}".encode()
