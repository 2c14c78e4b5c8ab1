"""The signed head of a log (C2SP tlog-checkpoint): which log, how many leaves, which root.

A checkpoint that was read encodes back to the same text: there is one spelling for each, so the text that was signed
need not be kept beside the value.
"""

import re

from msgspec import Struct

from comity.ledger.notes import (
    Note,
    NoteSignature,
    Signer,
    VerifierKey,
    read_note,
    require_plain,
    sign_note,
    verify_note,
)
from comity.ledger.spans import MAX_SIZE
from comity.ledger.tree import EMPTY_ROOT, HASH_SIZE
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64, from_b64

MAX_EXTENSIONS = 16
"""Extension lines read in a checkpoint of another log; this project writes none."""

_SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_FIXED_LINES = 3


class Checkpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """The tree of the log `origin` with `size` leaves has the root `root`.

    `extensions` are opaque lines that some logs add: they are signed with the rest and mean nothing here.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            require_plain(line)
            if not line or "\n" in line:
                raise BrokenInputError(ErrorCode.MALFORMED, "a line of a checkpoint is empty or is two lines")
        if len(self.extensions) > MAX_EXTENSIONS or not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise BrokenInputError(
                ErrorCode.MALFORMED,
                "a checkpoint's size, root or extension lines are out of bounds",
                found=f"size {self.size}, root of {len(self.root)} bytes, {len(self.extensions)} extensions",
            )
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise BrokenInputError(
                ErrorCode.MALFORMED, "a checkpoint of no leaves has another root than the empty tree"
            )

    def text(self) -> str:
        """The text that is signed (tlog-checkpoint, Note text)."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, b64(self.root), *self.extensions))


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint with this note text.

    1. Every line ends in a newline; there are at least three.
    2. The size is a decimal number without leading zeroes, at most 2**63 - 1.
    3. The root is 32 bytes in base64 with the one spelling they have.
    4. No line is empty; a tree without leaves has the empty root (see `Checkpoint`).

    Raises:
        BrokenInputError: malformed or oversized.
    """
    # 1
    lines = text.split("\n")
    if len(lines) <= _FIXED_LINES or lines.pop():
        raise BrokenInputError(ErrorCode.MALFORMED, "a checkpoint has at least three whole lines")
    origin, size, root, *extensions = lines
    # 2, 3, 4
    return Checkpoint(origin, read_size(size), from_b64(root), tuple(extensions))


def read_size(text: str) -> int:
    """A number of leaves in its one spelling; raises `BrokenInputError` (malformed) for any other."""
    if not _SIZE.match(text) or int(text) > MAX_SIZE:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a number of leaves is not written as one", expected="decimal, < 2**63"
        )
    return int(text)


class SignedCheckpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint with its signature lines: the log's own, cosignatures of witnesses, and lines nobody here knows."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def note(self) -> Note:
        """The same as a note."""
        return Note(self.checkpoint.text(), self.signatures)

    def encode(self) -> str:
        """The whole signed note, as receipts carry it and `<prefix>/checkpoint` serves it."""
        return self.note().encode()

    def with_signatures(self, lines: tuple[NoteSignature, ...]) -> "SignedCheckpoint":
        """The same checkpoint with these lines added behind, each line once."""
        return SignedCheckpoint(self.checkpoint, tuple(dict.fromkeys((*self.signatures, *lines))))


def read_signed_checkpoint(note: str) -> SignedCheckpoint:
    """The checkpoint in a signed note; no signature is verified yet. Raises `BrokenInputError` (malformed, oversized)."""
    read = read_note(note)
    return SignedCheckpoint(read_checkpoint(read.text), read.signatures)


def verify_checkpoint(signed: SignedCheckpoint, key: VerifierKey) -> Checkpoint:
    """The checkpoint, proven to be signed by the log.

    1. The key bears the name of the log that the checkpoint speaks for.
    2. The key signed it (see `verify_note`).

    Raises:
        BrokenInputError: bad-checkpoint.
    """
    # 1
    if signed.checkpoint.origin != key.name:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT,
            "the checkpoint is of another log",
            found=signed.checkpoint.origin,
            expected=key.name,
        )
    # 2
    verify_note(signed.note(), key)
    return signed.checkpoint


def sign_checkpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Signer) -> SignedCheckpoint:
    """The checkpoint under the log's own signature.

    The caller answers for the one rule no function can check: a log never signs two checkpoints that are inconsistent.
    """
    signed = SignedCheckpoint(checkpoint, (sign_note(checkpoint.text(), key, sign),))
    verify_checkpoint(signed, key)
    return signed
