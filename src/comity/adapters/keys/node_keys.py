"""The node's own private keys: one file in a closed folder, replaced whole, so that no two keys of it are ever out of step.

Rotation has two halves, because the act that announces a new key is sealed with the old one and a crash may come between:
`prepare` makes the successor durable and names its public key; once the act is in the ledger, `activate` takes it into use.
A node that starts and finds a successor whose act it has filed activates it; one whose act it has not filed, it keeps.

Retired agreement keys stay for a grace period: envelopes on their way were encrypted to them. Retired signing keys do not
stay: what they signed verifies with the public key, and nothing is to be signed with them again.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Meta, Struct

from comity.adapters.keys.private_files import exclusive, open_folder, read_private, replace_private
from comity.casework.ports import Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Hex64
from comity.vocabulary.instants import Instant, to_utc
from comity.vocabulary.wire import decode

GRACE = timedelta(days=14)
"""How long a retired agreement key still opens envelopes: longer than any sender goes on trying to deliver."""

AGREEMENT_KEY = 96
_ML_KEM_SEED = 64
_SEED = 32
_FORMAT = "comity-node-keys-v1"
_LIMIT = 1 << 20

AgreementHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{192}\Z")]


class KeyKind(StrEnum):
    """The keys peers know the public half of; the same words as in the act `KeyRotated`."""

    SEAL = "seal"
    LEDGER = "ledger"
    WITNESS = "witness"
    AGREEMENT = "agreement"


class Retired(Struct, frozen=True, forbid_unknown_fields=True):
    """An agreement key that is not announced any more, and since when."""

    private: AgreementHex
    at: Instant


class _KeyFile(Struct, frozen=True, forbid_unknown_fields=True):
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


class NodeKeys(Struct, frozen=True):
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

    def __repr__(self) -> str:
        return "NodeKeys(not shown)"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        """What a traceback printed in colour shows: the same nothing."""
        return [("keys", "not shown")]

    def public(self, kind: KeyKind) -> bytes:
        """The raw public key: 32 bytes of Ed25519, or 1,184 of ML-KEM-768 followed by 32 of X25519."""
        return public_of(kind, getattr(self, kind.value))


class FileNodeKeys:
    """The folder the keys lie in. Safe for several processes; each sees a rotation when it loads again."""

    def __init__(self, folder: Path) -> None:
        """The folder need not exist yet."""
        self._folder = folder
        self._path = folder / "node-keys.json"

    def generate(self, random: Randomness) -> NodeKeys:
        """New keys, durable when it returns. Raises `BrokenInputError(NOT_ALLOWED)` where there are keys already."""
        open_folder(self._folder)
        with self._locked():
            if self._path.exists():
                raise BrokenInputError(
                    ErrorCode.NOT_ALLOWED,
                    f"{self._folder} holds a node's keys already",
                    expected="an empty folder",
                    do="choose another folder, or rotate the keys that are there",
                )
            self._save(
                _KeyFile(
                    format=_FORMAT,
                    seal=random.take(_SEED).hex(),
                    ledger=random.take(_SEED).hex(),
                    witness=random.take(_SEED).hex(),
                    agreement=random.take(AGREEMENT_KEY).hex(),
                    box=random.take(_SEED).hex(),
                    wrapping=random.take(_SEED).hex(),
                )
            )
        return self.load()

    def load(self) -> NodeKeys:
        """The keys in use.

        Raises `BrokenInputError`: NOT_FOUND, NOT_ALLOWED when other users can read them, MALFORMED when the file is not
        exactly of this form.
        """
        return _in_memory(self._read())

    def prepare(self, kind: KeyKind, random: Randomness) -> bytes:
        """The public key of the successor, which is durable when this returns; the same one until it is activated."""
        with self._locked():
            file = self._read()
            if kind not in file.next:
                fresh = random.take(AGREEMENT_KEY if kind is KeyKind.AGREEMENT else _SEED)
                file = msgspec.structs.replace(file, next={**file.next, kind: fresh.hex()})
                self._save(file)
            return public_of(kind, bytes.fromhex(file.next[kind]))

    def prepared(self) -> dict[KeyKind, bytes]:
        """Public keys of the successors that wait for their act."""
        return {kind: public_of(kind, bytes.fromhex(private)) for kind, private in self._read().next.items()}

    def activate(self, kind: KeyKind, at: datetime) -> NodeKeys:
        """The successor is in use, durably; a retired agreement key still opens envelopes for `GRACE` after `at`.

        Raises `BrokenInputError(NOT_FOUND)` when no successor was prepared.
        """
        with self._locked():
            file = self._read()
            if kind not in file.next:
                raise BrokenInputError(
                    ErrorCode.NOT_FOUND, f"no successor of the {kind} key was prepared", do="prepare one first"
                )
            retired = tuple(key for key in file.retired if key.at > at - GRACE)
            if kind is KeyKind.AGREEMENT:
                retired = (Retired(file.agreement, to_utc(at)), *retired)
            waiting = {other: private for other, private in file.next.items() if other is not kind}
            changed = {kind.value: file.next[kind], "next": waiting, "retired": retired}
            self._save(msgspec.structs.replace(file, **changed))
        return self.load()

    def rotate(self, kind: KeyKind, random: Randomness, at: datetime) -> bytes:
        """Prepares and activates at once and returns the new public key.

        For a replacement that peers learn from a directory version, not from an act sealed with the key replaced.
        """
        public = self.prepare(kind, random)
        self.activate(kind, at)
        return public

    def forget_retired(self, at: datetime) -> int:
        """Agreement keys whose grace has passed are gone, durably; how many they were."""
        with self._locked():
            file = self._read()
            kept = tuple(key for key in file.retired if key.at > at - GRACE)
            if len(kept) != len(file.retired):
                self._save(msgspec.structs.replace(file, retired=kept))
            return len(file.retired) - len(kept)

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self._folder / "node-keys.lock")

    def _read(self) -> _KeyFile:
        file = decode(read_private(self._path, limit=_LIMIT), _KeyFile, limit=_LIMIT)
        wrong = [kind for kind, private in file.next.items() if not _fits(kind, private)]
        if file.format != _FORMAT or wrong:
            raise BrokenInputError(
                ErrorCode.MALFORMED,
                "the key file is not of this version",
                found=f"format {file.format!r}" if file.format != _FORMAT else f"a successor of the {wrong[0]} key",
                expected=_FORMAT if file.format != _FORMAT else "lower-case hexadecimal of the kind's length",
            )
        return file

    def _save(self, file: _KeyFile) -> None:
        replace_private(self._path, msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")


def public_of(kind: KeyKind, private: bytes) -> bytes:
    """The raw public key of a raw private key; lengths as in `NodeKeys`."""
    if kind is not KeyKind.AGREEMENT:
        return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    lattice = MLKEM768PrivateKey.from_seed_bytes(private[:_ML_KEM_SEED]).public_key().public_bytes_raw()
    return lattice + X25519PrivateKey.from_private_bytes(private[_ML_KEM_SEED:]).public_key().public_bytes_raw()


def _fits(kind: KeyKind, private: str) -> bool:
    length = AGREEMENT_KEY if kind is KeyKind.AGREEMENT else _SEED
    return len(private) == 2 * length and not set(private) - set("0123456789abcdef")


def _in_memory(file: _KeyFile) -> NodeKeys:
    return NodeKeys(
        seal=bytes.fromhex(file.seal),
        ledger=bytes.fromhex(file.ledger),
        witness=bytes.fromhex(file.witness),
        agreement=bytes.fromhex(file.agreement),
        box=bytes.fromhex(file.box),
        wrapping=bytes.fromhex(file.wrapping),
        retired=tuple(bytes.fromhex(key.private) for key in file.retired),
    )
