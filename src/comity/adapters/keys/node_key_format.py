"""What the file with a node's own private keys holds, and the same keys in memory; never shown in either form."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Meta, Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Hex64
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import decode

GRACE = timedelta(days=14)
"""How long a retired agreement key still opens envelopes: longer than any sender goes on trying to deliver."""

SIGNING_GRACE = timedelta(minutes=10)
"""How long a retired signing key is kept: the new one counts from an instant shortly after the act that names it."""

AGREEMENT_KEY = 96
_ML_KEM_SEED = 64
SEED = 32
FORMAT = "comity-node-keys-v1"
LIMIT = 1 << 20

AgreementHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{192}\Z")]


class _Hidden(Struct, frozen=True):
    """A struct of secrets: no repr, log line or traceback shows them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(not shown)"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        """What a traceback printed in colour shows: the same nothing."""
        return [("keys", "not shown")]


class KeyKind(StrEnum):
    """The keys peers know the public half of; the same words as in the act `KeyRotated`."""

    SEAL = "seal"
    LEDGER = "ledger"
    WITNESS = "witness"
    AGREEMENT = "agreement"


class Retired(_Hidden, frozen=True, forbid_unknown_fields=True):
    """A key that was replaced, and since when."""

    kind: KeyKind
    private: str
    at: Instant

    def over(self, at: datetime) -> bool:
        """Whether its grace has passed at that instant."""
        return at - self.at >= (GRACE if self.kind is KeyKind.AGREEMENT else SIGNING_GRACE)


class KeyFile(_Hidden, frozen=True, forbid_unknown_fields=True):
    """The file. Append only: a field that is added has a default, so that an older file still loads."""

    format: str
    seal: Hex64
    ledger: Hex64
    witness: Hex64
    agreement: AgreementHex
    box: Hex64
    wrapping: Hex64
    next: dict[KeyKind, str] = {}
    retired: tuple[Retired, ...] = ()


class NodeKeys(_Hidden, frozen=True):
    """The private keys in memory. Its repr never shows them.

    `seal`, `ledger`, `witness`: Ed25519 seeds (RFC 8032, 32 bytes). `agreement`: ML-KEM-768 seed d and z (FIPS 203, 64
    bytes), then the X25519 private key (RFC 7748, 32 bytes). `retired`: earlier agreement keys, newest first, same form.
    `box` encrypts what belongs to no case; `wrapping` wraps the keys of cases; 32 bytes each.
    """

    seal: bytes
    ledger: bytes
    witness: bytes
    agreement: bytes
    box: bytes
    wrapping: bytes
    retired: tuple[bytes, ...] = ()

    def public(self, kind: KeyKind) -> bytes:
        """The raw public key: 32 bytes of Ed25519, or 1,184 of ML-KEM-768 followed by 32 of X25519."""
        return public_of(kind, getattr(self, kind.value))


def public_of(kind: KeyKind, private: bytes) -> bytes:
    """The raw public key of a raw private key; lengths as in `NodeKeys`."""
    if kind is not KeyKind.AGREEMENT:
        return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    lattice = MLKEM768PrivateKey.from_seed_bytes(private[:_ML_KEM_SEED]).public_key().public_bytes_raw()
    return lattice + X25519PrivateKey.from_private_bytes(private[_ML_KEM_SEED:]).public_key().public_bytes_raw()


def parse(content: bytes) -> KeyFile:
    """The file's content, strictly. Raises `BrokenInputError`, whose text shows no key."""
    file = decode(content, KeyFile, limit=LIMIT)
    others = [*file.next.items(), *((key.kind, key.private) for key in file.retired)]
    wrong = [kind for kind, private in others if not _fits(kind, private)]
    if file.format != FORMAT or wrong:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the key file is not of this version",
            found=f"format {file.format!r}" if file.format != FORMAT else f"a successor or retired key, {wrong[0]}",
            expected=FORMAT if file.format != FORMAT else "lower-case hexadecimal of the kind's length",
        )
    return file


def all_of(file: KeyFile, kind: KeyKind) -> Iterator[bytes]:
    """Every private key of the kind, newest first."""
    if kind in file.next:
        yield bytes.fromhex(file.next[kind])
    yield bytes.fromhex(getattr(file, kind.value))
    yield from (bytes.fromhex(key.private) for key in file.retired if key.kind is kind)


def _fits(kind: KeyKind, private: str) -> bool:
    length = AGREEMENT_KEY if kind is KeyKind.AGREEMENT else SEED
    return len(private) == 2 * length and not set(private) - set("0123456789abcdef")


def in_memory(file: KeyFile) -> NodeKeys:
    """The keys in use, as raw bytes."""
    return NodeKeys(
        seal=bytes.fromhex(file.seal),
        ledger=bytes.fromhex(file.ledger),
        witness=bytes.fromhex(file.witness),
        agreement=bytes.fromhex(file.agreement),
        box=bytes.fromhex(file.box),
        wrapping=bytes.fromhex(file.wrapping),
        retired=tuple(bytes.fromhex(key.private) for key in file.retired if key.kind is KeyKind.AGREEMENT),
    )
