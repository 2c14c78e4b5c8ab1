"""Signed notes (C2SP signed-note): a text, a blank line, and lines that each carry one signature over the text.

Reading is strict: a note that was read encodes back to the same characters. A line by an unknown key is kept and means
nothing; a line by a known key must verify, or the note is refused. Who is known is said by the caller, never by the
note.
"""

import re
from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64, from_b64

NOTE_LIMIT = 128 << 10
"""Bytes of one note: room for sixteen post-quantum signatures of nearly 5 kB, which a reader has to accept."""

MAX_SIGNATURES = 32
"""Signature lines of one note; the specification asks for at least 16."""

ID_SIZE = 4
"""Bytes of a key's identifier."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_MARK = "\u2014"  # Every signature line begins with an em dash.
_PUBLIC_SIZE = 32
_PARTS = 3  # Of a signature line: dash, name, signature.

Signer = Callable[[bytes], bytes]
"""Gives the Ed25519 signature (RFC 8032, 64 bytes) of a message under a key that stays where it is."""


class KeyKind(IntEnum):
    """What a key signs: the signature type byte of signed-note. Append only, with bytes assigned there."""

    NOTE = 0x01
    COSIGNATURE = 0x04


class VerifierKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A name and an Ed25519 public key (32 bytes) whose signatures count. Two keys differ when any part does."""

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public) != _PUBLIC_SIZE:
            raise BrokenInputError(ErrorCode.MALFORMED, "an Ed25519 public key has another length")

    @property
    def key_id(self) -> bytes:
        """Four bytes that stand before the key's signatures (signed-note, Signatures)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_SIZE]


class NoteSignature(Struct, frozen=True, forbid_unknown_fields=True):
    """One signature line: the key's name and four-byte identifier, and what the key made."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.key_id) != ID_SIZE or not self.signature:
            raise BrokenInputError(ErrorCode.MALFORMED, "a signature line has no identifier or no signature")

    def line(self) -> str:
        """The line, its newline included."""
        return f"{_MARK} {self.name} {b64(self.key_id + self.signature)}\n"


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """A text that ends in a newline, and its signature lines in their order."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> str:
        """The whole signed note."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)


def read_note(note: str) -> Note:
    """The note's text and signature lines; nothing is verified yet.

    1. It is not larger than `NOTE_LIMIT`, has no control characters but newlines, and is valid Unicode.
    2. The last blank line ends the text.
    3. One to `MAX_SIGNATURES` signature lines follow, each whole.

    Raises:
        BrokenInputError: oversized or malformed.
    """
    # 1
    require_plain(note)
    # 2
    cut = note.rfind("\n\n")
    if cut < 1:
        raise BrokenInputError(ErrorCode.MALFORMED, "a note has a text, a blank line and signatures")
    # 3
    return Note(note[: cut + 1], read_signature_lines(note[cut + 2 :]))


def read_signature_lines(lines: str) -> tuple[NoteSignature, ...]:
    """Signature lines, one to `MAX_SIGNATURES`, each ending in a newline; also what a witness answers."""
    require_plain(lines)
    count = lines.count("\n")
    if not lines.endswith("\n") or count > MAX_SIGNATURES:
        raise BrokenInputError(
            ErrorCode.OVERSIZED if count > MAX_SIGNATURES else ErrorCode.MALFORMED,
            "signature lines are missing, cut or too many",
            found=f"{count} lines",
            expected=f"1 to {MAX_SIGNATURES} whole lines",
        )
    return tuple(_read_line(line) for line in lines[:-1].split("\n"))


def _read_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != _PARTS or parts[0] != _MARK:
        raise BrokenInputError(ErrorCode.MALFORMED, "a line after the blank line is no signature line")
    material = from_b64(parts[2])
    return NoteSignature(parts[1], material[:ID_SIZE], material[ID_SIZE:])


def signatures_by(note: Note, key: VerifierKey) -> list[bytes]:
    """What the lines with this key's name and identifier carry, in order; not verified."""
    wanted = (key.name, key.key_id)
    return [line.signature for line in note.signatures if (line.name, line.key_id) == wanted]


def verify_note(note: Note, key: VerifierKey) -> None:
    """Prove that the key signed the note's text.

    1. The key is one that signs notes.
    2. At least one line is by the key.
    3. Every line by the key verifies over the text.

    Raises:
        BrokenInputError: bad-checkpoint, with the step that decided.
    """
    # 1
    if key.kind is not KeyKind.NOTE:
        raise BrokenInputError(ErrorCode.BAD_CHECKPOINT, "step 1: the key does not sign notes", found=key.kind.name)
    # 2
    signatures = signatures_by(note, key)
    if not signatures:
        raise BrokenInputError(ErrorCode.BAD_CHECKPOINT, "step 2: the note has no signature by the key", found=key.name)
    # 3
    for signature in signatures:
        verify_ed25519(key, signature, note.text.encode(), "step 3: the signature on the note does not verify")


def sign_note(text: str, key: VerifierKey, sign: Signer) -> NoteSignature:
    """The key's signature line over the text, proven to verify: a broken key store must not leave its mark in a log."""
    signature = NoteSignature(key.name, key.key_id, sign(text.encode()))
    verify_note(Note(text, (signature,)), key)
    return signature


def verify_ed25519(key: VerifierKey, signature: bytes, message: bytes, what: str) -> None:
    """Raise `BrokenInputError` (bad-checkpoint) saying `what` unless the signature verifies (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BrokenInputError(ErrorCode.BAD_CHECKPOINT, what, found=key.name) from None


def require_name(name: str) -> None:
    """Raise `BrokenInputError` unless this can name a key: not empty, no spaces of any kind, no plus, no controls."""
    if not name or "+" in name or _CONTROL.search(name) or any(letter.isspace() for letter in name):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a key's name is empty or has a space, a plus or a control character"
        )


def require_plain(text: str) -> None:
    """Raise `BrokenInputError` unless the text is short enough, valid Unicode and free of controls but newlines."""
    if len(text) > NOTE_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "the note is too large",
            found=f"{len(text)} characters",
            expected=f"at most {NOTE_LIMIT}",
        )
    if _CONTROL.search(text) or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BrokenInputError(ErrorCode.MALFORMED, "a note has control characters or is not Unicode text")
